/** Who we say we are: from the system, the environment, and the repository that is offered. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import type { Identity } from '../protocol/contract.ts';
import { parseSshKey } from '../protocol/ssh-key.ts';
import { Complaint, exitCode } from './complaint.ts';
import { program } from './program.ts';

const run = promisify(execFile);

export interface IdentityOptions {
  readonly home: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Absolute path of the repository that is offered. */
  readonly directory: string;
  readonly sshKey: string;
  /** Where sshd's keys are. Null: none, for one of several hosts on one machine would look like a copy of the others. */
  readonly hostKeyDirectory: string | null;
  /** In place of the system's, for several hosts on one machine. */
  readonly hostName?: string;
  readonly userName?: string;
}

export async function identityOf(options: IdentityOptions): Promise<Identity> {
  const { home, environment, directory, sshKey } = options;
  const hostName = options.hostName ?? plainHostName(hostname());
  const userName = options.userName ?? (environment['USER'] || environment['LOGNAME'] || userInfo().username);
  return {
    hostName,
    userName,
    directory: underTilde(home, directory),
    sshKey,
    hostKeys: options.hostKeyDirectory === null ? [] : hostKeysOf(options.hostKeyDirectory),
    displayName: Buffer.from(`${userName}@${hostName}`)
      .subarray(0, 64)
      .toString('utf8')
      .replace(/\ufffd$/, ''),
    repository: await annexUuid(directory),
    program,
  };
}

/** For who has nothing to say of himself. */
export const nobody: Identity = {
  hostName: '',
  userName: '',
  directory: '',
  sshKey: '',
  hostKeys: [],
  displayName: '',
  repository: '',
  program: '',
};

/** As Avahi makes a `.local` name of it: what a host name cannot hold (`_`, for one) is left out. */
export function plainHostName(name: string): string {
  const labels = name.split('.').map((label) => label.replace(/[^A-Za-z0-9-]/g, '').replace(/^-+|-+$/g, ''));
  return labels.filter((label) => label !== '').join('.');
}

/** `--dir`, or the repository around the present directory. */
export function offeredDirectory(named: string | undefined, here: string): { path: string; isRepository: boolean } {
  if (named === undefined) {
    for (let path = resolve(here); ; path = dirname(path)) {
      if (isRepository(path)) return { path, isRepository: true };
      if (path === dirname(path)) break;
    }
    throw new Complaint(
      `${here} is in no git repository, and pairing is for one.`,
      'Next: go into the repository, or name it with --dir DIR, or make one with `git init`.',
      exitCode.noInput,
    );
  }
  const path = resolve(here, named);
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new Complaint(
      `There is no directory ${path}.`,
      'Next: name the repository that you want to share with --dir DIR.',
      exitCode.noInput,
    );
  }
  return { path, isRepository: isRepository(path) };
}

/** A worktree, or a bare repository. */
export function isRepository(path: string): boolean {
  return existsSync(join(path, '.git')) || (existsSync(join(path, 'HEAD')) && existsSync(join(path, 'objects')));
}

/** As git-annex writes it: `~/relative` inside the home directory, else absolute; no slash at the end. */
export function underTilde(home: string, path: string): string {
  const inside = relative(home, path);
  if (inside === '') return '~';
  return inside === '..' || inside.startsWith(`..${sep}`) ? path : `~/${inside.split(sep).join('/')}`;
}

async function annexUuid(directory: string): Promise<string> {
  try {
    const { stdout } = await run('git', ['-C', directory, 'config', '--get', 'annex.uuid'], { timeout: 5000 });
    return stdout.trim().slice(0, 64);
  } catch {
    return '';
  }
}

/** The machine's own ssh host keys, ed25519 first; none where sshd is not installed. */
function hostKeysOf(directory: string): readonly string[] {
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => /^ssh_host_.*_key\.pub$/.test(name));
  } catch {
    return [];
  }
  const keys = names.sort().flatMap((name) => {
    try {
      const parsed = parseSshKey(readFileSync(join(directory, name), 'utf8'));
      return parsed.ok ? [parsed.key.text] : [];
    } catch {
      return [];
    }
  });
  return keys.sort((a, b) => Number(b.startsWith('ssh-ed25519')) - Number(a.startsWith('ssh-ed25519')));
}
