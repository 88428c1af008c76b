/** The built `lanpair` at a terminal of its own, which `script` (util-linux) makes; what it is typed, and what it shows. */
import { spawn, spawnSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { cli } from './program.ts';

/** Elsewhere `script` is another program, or none. */
export const hasTerminal: boolean = String(spawnSync('script', ['--version']).stdout ?? '').includes('util-linux');

export interface Terminal {
  /** All of it, redrawn lines included. */
  readonly shown: () => string;
  /** Waits for it to be shown, after what was last waited for. */
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly type: (keys: string) => void;
  /** The window is closed. What it shows from then on is lost. */
  readonly hangUp: () => void;
  readonly exit: Promise<number | null>;
}

export const keys = { enter: '\r', interrupt: '\u0003', end: '\u0004' } as const;

/** `more`: parameters, and redirections as a shell reads them. Ended with the test. */
export function lanpairAtTerminal(t: ExecutionContext, home: string, more: string): Terminal {
  const child = spawn('script', ['-qec', `exec ${process.execPath} ${cli} ${more}`, '/dev/null'], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, TERM: 'xterm', NO_COLOR: '1', SHELL: '/bin/sh' },
  });
  t.teardown(() => {
    if (child.exitCode === null) child.kill('SIGKILL');
  });
  let shown = '';
  let seen = 0;
  let ended = false;
  let look: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    look();
  });
  child.stdin.on('error', () => undefined);
  const exit = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      ended = true;
      look();
      resolve(code);
    });
  });
  return {
    shown: () => shown,
    type: (typed) => void child.stdin.write(typed),
    hangUp: () => void child.kill('SIGKILL'),
    exit,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          const found = pattern.exec(shown.slice(seen));
          if (found !== null) {
            seen += found.index + found[0].length;
            look = () => undefined;
            resolve(found);
          } else if (ended) reject(new Error(`ended without ${pattern}: ${shown}`));
        };
        look();
      }),
  };
}
