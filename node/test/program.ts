/** The built `lanpair` as a child process under a home of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

export const cli: string = fileURLToPath(new URL('../../cli.js', import.meta.url));

export interface Program {
  readonly child: ChildProcess;
  /** Objects of `--json`, as they come. */
  readonly events: readonly Told[];
  readonly output: () => string;
  readonly errors: () => string;
  /** Resolves when such an event came; rejects when the program ended without it. */
  event(name: string, is?: (told: Told) => boolean): Promise<Told>;
  readonly exit: Promise<number | null>;
  say(phrase: string): void;
}

export interface Told {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A home with an (empty) repository to offer. */
export async function homeWithRepository(home: string): Promise<string> {
  await mkdir(join(home, 'annex', '.git'), { recursive: true });
  return home;
}

/** A program that two signals did not end by then is killed. */
const lastMs = 8000;

/** `phrase-fd 3` is a pipe; standard input is closed. `before`: what runs it, in a namespace for one. Ended with the test. */
export function lanpair(
  t: ExecutionContext,
  home: string,
  parameters: readonly string[],
  environment: { readonly [name: string]: string } = {},
  before: readonly string[] = [],
): Program {
  const [file = '', ...words] = [...before, process.execPath, cli, ...parameters];
  const child = spawn(file, words, {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const events: Told[] = [];
  const waiting: {
    name: string;
    is: (told: Told) => boolean;
    resolve: (told: Told) => void;
    reject: (error: Error) => void;
  }[] = [];
  let [output, errors, rest] = ['', '', ''];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter((each) => each.startsWith('{'))) {
      const told = JSON.parse(line) as Told;
      events.push(told);
      for (const each of waiting) if (each.name === told.event && each.is(told)) each.resolve(told);
    }
  });
  // A program that ends without reading its phrase resets the pipe.
  child.stdio[3]?.on('error', () => undefined);
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      for (const { name, reject: fail } of waiting) fail(new Error(`ended before ${name}: ${output}${errors}`));
      resolve(code);
    });
  });
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    // Whoever is ending by himself is writing down what he covered: half of that file would spoil the report.
    const goodbyes = before.length > 0 ? [] : [0, 500].map((ms) => setTimeout(() => child.kill('SIGTERM'), ms));
    const last = setTimeout(() => child.kill('SIGKILL'), before.length > 0 ? 0 : lastMs);
    await exit.catch(() => null);
    for (const timer of [...goodbyes, last]) clearTimeout(timer);
  });
  return {
    child,
    events,
    output: () => output,
    errors: () => errors,
    event: (name, is = () => true) =>
      new Promise((resolve, reject) => {
        const told = events.find((each) => each.event === name && is(each));
        if (told !== undefined) resolve(told);
        else if (child.exitCode !== null) reject(new Error(`ended without ${name}: ${output}${errors}`));
        else waiting.push({ name, is, resolve, reject });
      }),
    exit,
    say: (phrase) => {
      const pipe = child.stdio[3];
      if (pipe !== null && pipe !== undefined && 'end' in pipe) pipe.end(`${phrase}\n`);
    },
  };
}
