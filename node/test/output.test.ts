/** What a person hears where the program cannot say what it has to: a full disk, a reader who has gone. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { throwAwayHome } from './home.ts';
import { cli } from './program.ts';

const full = '/dev/full';
const onFull = existsSync(full) ? test : test.skip;

interface Ended {
  readonly code: number | null;
  readonly errors: string;
}

/** With these descriptors for its output and its errors. */
async function run(
  t: ExecutionContext,
  words: string,
  output: number | 'pipe',
  errors: number | 'pipe',
): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...words.split(' ')], {
    env: {
      PATH: process.env['PATH'],
      HOME: await throwAwayHome(t),
      NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'],
    },
    stdio: ['ignore', output, errors],
  });
  let told = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  child.stdout?.resume();
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, errors: told })));
}

for (const words of ['phrase', 'peers', 'serve --systemd', '--help', 'sim replay --help']) {
  onFull(`lanpair ${words}, written to a full disk, says so and does not claim to be done`, async (t) => {
    const fd = openSync(full, 'w');
    const { code, errors } = await run(t, words, fd, 'pipe');
    closeSync(fd);
    t.is(code, 73, errors);
    t.regex(errors, /^lanpair: what there is to say could not be written: ENOSPC.*\nNext: free some space/m);
    t.notRegex(errors, /of our own/);
  });
}

onFull('who cannot even be told what went wrong gets the exit code', async (t) => {
  const fd = openSync(full, 'w');
  t.is((await run(t, 'find nobody', 'pipe', fd)).code, 66);
  t.is((await run(t, 'serve --systemd', 'pipe', fd)).code, 0);
  closeSync(fd);
});
