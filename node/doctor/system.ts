/** Asks other programs, which change nothing: each for a few seconds, a bounded answer, in English, and never by a shell. */
import { execFile } from 'node:child_process';
import { codeOf, reasonOf } from '../complaint.ts';
import type { Reading } from './facts.ts';

/** ufw and firewall-cmd are programs in Python, which take seconds where much else runs. */
const patienceMs = 10_000;
const answerMax = 8 * 1024 * 1024;
/** What a person without root has on no path. */
const systemPath = '/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin';

export function ask(program: string, parameters: readonly string[]): Promise<Reading> {
  const environment = { PATH: systemPath, LC_ALL: 'C', LANG: 'C' };
  return new Promise((resolve) => {
    execFile(
      program,
      [...parameters],
      { env: environment, timeout: patienceMs, killSignal: 'SIGKILL', maxBuffer: answerMax, encoding: 'utf8' },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ outcome: 'read', text: stdout });
        if (codeOf(error) === 'ENOENT') return resolve({ outcome: 'absent', text: '' });
        if (error.killed === true) return resolve({ outcome: 'failed', text: `no answer in ${patienceMs / 1000} s` });
        const said = `${stdout}\n${stderr}`;
        const isRefused = /permitted|permission|denied|must be root|need to be root|not authorized/i.test(said);
        const [line = ''] = said.trim().split('\n');
        resolve({
          outcome: isRefused ? 'refused' : 'failed',
          text: line === '' ? reasonOf(error) : line.slice(0, 200),
        });
      },
    ).stdin?.end();
  });
}
