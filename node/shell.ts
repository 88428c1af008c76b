/**
 * `lanpair shell <record id>`: the forced command of a peer's key. sshd runs it whatever the peer asked for; what that
 * was is in SSH_ORIGINAL_COMMAND. It allows git's own commands and git-annex-shell, in the one directory that this
 * machine offered in that pairing, and nothing else: no shell ever sees a word of the peer's.
 *
 * With `--whole`, which stands in authorized_keys where the person gave that peer a whole shell, it is what sshd does without a forced
 * command: the login shell runs what was asked for, or is the person's at a terminal. The record is asked for all the same.
 *
 * git-shell alone would not do: it confines nobody to a directory. git-annex-shell does, by GIT_ANNEX_SHELL_DIRECTORY.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { constants, userInfo } from 'node:os';
import { basename, delimiter, join, resolve } from 'node:path';
import { Complaint, codeOf, exitCode } from './complaint.ts';
import { placesIn, placesOf } from './places.ts';
import { field, readRecordById } from './records.ts';

export interface Allowed {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const gitCommands: readonly string[] = ['git-upload-pack', 'git-receive-pack', 'git-upload-archive'];

/** Runs what the peer asked for, if it may, and returns its exit code. */
export async function shell(record: string, state: string | undefined, isWhole: boolean): Promise<number> {
  const usual = placesOf(process.env);
  const places = state === undefined ? usual : placesIn(usual.home, state);
  const outcome = await readRecordById(places.peers, record);
  if (!outcome.ok) {
    throw new Complaint(
      outcome.absent
        ? 'This machine no longer knows your pairing.'
        : `The record of your pairing on this machine ${outcome.problem}.`,
      'Next: pair again, with `lanpair pair` on both machines.',
      exitCode.failed,
    );
  }
  // Where ~/.ssh cannot be written its line outlives the pairing.
  if (field(outcome.record.body, 'step') === 'revoked') {
    throw new Complaint(
      'This machine has taken your pairing back.',
      'Next: pair again, with `lanpair pair` on both machines, if its person agrees.',
      exitCode.failed,
    );
  }
  if (isWhole) return runWhole(process.env['SSH_ORIGINAL_COMMAND']);
  const offered = field(field(outcome.record.body, 'self'), 'directory');
  const allowed = allow({
    original: process.env['SSH_ORIGINAL_COMMAND'] ?? '',
    offered: typeof offered === 'string' ? offered : '',
    home: places.home,
    hasAnnexShell: isOnPath('git-annex-shell', process.env['PATH'] ?? ''),
  });
  return run(allowed);
}

/** What is run for this request, or a Complaint that the peer's git shows. Looks at the file system, runs nothing. */
export function allow(request: {
  readonly original: string;
  readonly offered: string;
  readonly home: string;
  readonly hasAnnexShell: boolean;
}): Allowed {
  const { original, offered, home, hasAnnexShell } = request;
  if (original === '') throw refused('This key is for git alone; there is no login with it.');
  const words = wordsOf(original);
  const [name = '', ...parameters] = words ?? [];
  if (words === null || !(gitCommands.includes(name) || name === 'git-annex-shell')) {
    throw refused('This key may run git-upload-pack, git-receive-pack, git-upload-archive and git-annex-shell alone.');
  }
  const directory = offered === '' ? null : realOrNull(absolute(offered, home));
  if (directory === null || !statSync(directory).isDirectory()) {
    throw refused('The directory that was offered in this pairing is not there any more.');
  }
  // git-annex-shell names the directory second, git's commands name it last.
  const at = name === 'git-annex-shell' ? 1 : parameters.length - 1;
  const wanted = parameters[at];
  const isNamed = name !== 'git-annex-shell' || /^[a-z0-9]+$/.test(parameters[0] ?? '');
  const isInside =
    isNamed && wanted !== undefined && !wanted.startsWith('-') && isSame(absolute(wanted, home), directory);
  if (!isInside || (name !== 'git-annex-shell' && parameters.length > 2)) {
    throw refused('This key may use the one repository of its pairing alone.');
  }
  if (name !== 'git-annex-shell') {
    return {
      program: 'git-shell',
      parameters: ['-c', `${name} ${quoted(gitDirectoryOf(directory))}`],
      environment: {},
    };
  }
  if (!hasAnnexShell) throw refused('git-annex is not installed on this machine; plain git works with this key.');
  // The name of the command stays bare: neither git-annex-shell nor git-shell knows it in quotes.
  const rebuilt = [name, ...parameters.with(at, directory).map(quoted)].join(' ');
  return {
    program: name,
    parameters: ['-c', rebuilt],
    environment: { GIT_ANNEX_SHELL_DIRECTORY: directory },
  };
}

/**
 * The words of a command as git and git-annex quote them: '...' and a backslash outside of it, nothing that a shell
 * would expand. Null for anything else.
 */
export function wordsOf(command: string): readonly string[] | null {
  if (command.length > commandMax || /\p{Cc}/u.test(command)) return null;
  const words: string[] = [];
  const piece = /\s+|'([^']*)'|\\(.)|([A-Za-z0-9_@%+=:,./~-]+)|(.)/gsu;
  let word: string | null = null;
  for (const [whole, single, escaped, plain, other] of command.matchAll(piece)) {
    if (other !== undefined) return null;
    const part = single ?? escaped ?? plain;
    if (part === undefined) {
      if (word !== null) words.push(word);
      word = null;
    } else word = `${word ?? ''}${part}`;
    if (whole === '') return null;
  }
  if (word !== null) words.push(word);
  return words;
}

function refused(message: string): Complaint {
  return new Complaint(
    message,
    'Next: lanpair peers show, on that machine, says which directory it is.',
    exitCode.failed,
  );
}

/** As git and git-annex-shell read it: `~/x` and the URL's `/~/x` from the home directory, as is a relative one. */
function absolute(path: string, home: string): string {
  const tilde = /^\/?~(?:\/(.*))?$/s.exec(path);
  return resolve(home, tilde === null ? path : (tilde[1] ?? '') || '.');
}

function isSame(path: string, directory: string): boolean {
  const real = realOrNull(path);
  return real !== null && (real === directory || real === realOrNull(join(directory, '.git')));
}

function realOrNull(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/** The very directory, so that git's own guessing (`x`, `x.git`, ...) has nothing left to guess. */
function gitDirectoryOf(directory: string): string {
  const inside = join(directory, '.git');
  return existsSync(inside) && statSync(inside).isDirectory() ? inside : directory;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some((directory) => directory.startsWith('/') && existsSync(join(directory, program)));
}

/** What is handed on to git of what sshd gave us. */
export function environmentFor(
  allowed: Allowed,
  given: NodeJS.ProcessEnv,
): Readonly<Record<string, string | undefined>> {
  // Of GIT_* only the protocol version comes from a peer by right; others could name another repository or program.
  const kept = Object.entries(given).filter(([name]) => !name.startsWith('GIT_') || name === 'GIT_PROTOCOL');
  return { ...Object.fromEntries(kept), ...(readsNames(given) ? {} : { LC_ALL: 'C.UTF-8' }), ...allowed.environment };
}

/** An sshd without PAM says no language, and git-annex cannot read a path like `Bücher` then: its data base crashes. */
function readsNames(given: NodeJS.ProcessEnv): boolean {
  return !['C', 'POSIX'].includes(given['LC_ALL'] || given['LC_CTYPE'] || given['LANG'] || 'C');
}

async function run(allowed: Allowed): Promise<number> {
  const { program, parameters } = allowed;
  return ended(program, spawn(program, parameters, { stdio: 'inherit', env: environmentFor(allowed, process.env) }));
}

/** As sshd runs it: the login shell by its name with a dash where nothing was asked for, with `-c` otherwise. */
function runWhole(original: string | undefined): Promise<number> {
  const program = userInfo().shell ?? '/bin/sh';
  const { SSH_ORIGINAL_COMMAND: _, ...given } = process.env;
  // What the person's own profile says of the language counts; this is for where nothing does.
  const env = readsNames(given) ? given : { ...given, LC_CTYPE: 'C.UTF-8' };
  return ended(
    program,
    original === undefined
      ? spawn(program, [], { stdio: 'inherit', env, argv0: `-${basename(program)}` })
      : spawn(program, ['-c', original], { stdio: 'inherit', env }),
  );
}

function ended(program: string, child: ChildProcess): Promise<number> {
  return new Promise((done, fail) => {
    child.once('error', (error) =>
      fail(
        codeOf(error) === 'ENOENT'
          ? new Complaint(
              `${program} is not installed on that machine.`,
              'Next: install it there.',
              exitCode.unavailable,
            )
          : error,
      ),
    );
    child.once('close', (code, signal) => done(code ?? 128 + (signal === null ? 0 : (constants.signals[signal] ?? 0))));
  });
}

/** Longer than any path that a file system takes, with its quotes. */
const commandMax = 16_384;
