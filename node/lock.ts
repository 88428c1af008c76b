/**
 * A lock file against two writers: `{pid, started, token}` as JSON, linked into its place. A lock whose process is gone is
 * stale and taken over; `started` tells a process from a later one with the same pid (Linux, from /proc).
 *
 * proper-lockfile was looked at: it decides by the file's age (a suspended laptop loses its lock) and keeps a timer
 * running. Whoever takes over a stale lock first renames it away, so that of two that try at once only one goes on.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { codeOf } from './complaint.ts';
import { temporaryBeside } from './durable-file.ts';

export interface Lock {
  release(): void;
}

export interface Holder {
  readonly pid: number;
  readonly started: string;
}

/** The lock, or who holds it. Throws what the file system throws (a read-only directory, for one). */
export function tryLock(path: string): { ok: true; lock: Lock } | { ok: false; holder: Holder | null } {
  const mine = JSON.stringify({
    pid: process.pid,
    started: startOf(process.pid),
    token: randomBytes(8).toString('hex'),
  });
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (isMade(path, mine)) return { ok: true, lock: { release: () => releaseOwn(path, mine) } };
    const holder = holderOf(path);
    if (holder === 'gone') continue;
    if (holder === null ? !isAbandoned(path) : isAlive(holder)) return { ok: false, holder };
    takeAway(path, holder);
  }
  return { ok: false, holder: null };
}

/** As `tryLock`, trying again for at most `waitMs`. */
export async function lockWithin(path: string, waitMs: number): Promise<ReturnType<typeof tryLock>> {
  const tries = Math.max(1, Math.ceil(waitMs / retryMs));
  for (let left = tries; ; left--) {
    const outcome = tryLock(path);
    if (outcome.ok || left <= 1) return outcome;
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

/**
 * Written beside it and linked: nobody ever meets an empty one, wherever we are killed, nor on a full disk. False: another one
 * is there, or the holder swept ours away as what a crash had left.
 */
function isMade(path: string, content: string): boolean {
  const temporary = temporaryBeside(path);
  try {
    writeFileSync(temporary, content, { flag: 'wx', mode: 0o600 });
    linkSync(temporary, path);
    return true;
  } catch (thrown) {
    const code = codeOf(thrown) ?? '';
    if (code === 'EEXIST') return false;
    if (!isCallOf(thrown, 'link')) throw thrown;
    if (code === 'ENOENT') return false;
    return isMadeInPlace(path, content);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Where the file system has no links. What cannot be written goes again, or nobody would ever get past it. */
function isMadeInPlace(path: string, content: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
  try {
    writeFileSync(path, content);
    return true;
  } catch (thrown) {
    rmSync(path, { force: true });
    throw thrown;
  }
}

function isCallOf(thrown: unknown, call: string): boolean {
  return thrown instanceof Error && 'syscall' in thrown && thrown.syscall === call;
}

/** Empty for longer than anybody takes to write it: left by a machine that lost its power. */
function isAbandoned(path: string): boolean {
  try {
    const { size, mtimeMs } = statSync(path);
    return size === 0 && Date.now() - mtimeMs > emptyMs;
  } catch {
    return false;
  }
}

function holderOf(path: string): Holder | 'gone' | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return 'gone';
    throw thrown;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value)) return null;
    const { pid, started } = value;
    return Number.isSafeInteger(pid) && typeof pid === 'number' && pid > 0 && typeof started === 'string'
      ? { pid, started }
      : null;
  } catch {
    return null;
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if (codeOf(thrown) === 'ESRCH') return false;
  }
  return startOf(pid) === started;
}

/** Since when that process runs, in the kernel's own ticks; empty where /proc does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything, so count from the last one: `state` is field 3, `starttime` 22.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** `stale`: null where the file is empty. */
function takeAway(path: string, stale: Holder | null): void {
  const aside = `${path}.stale-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return;
    throw thrown;
  }
  const taken = holderOf(aside);
  if (taken !== 'gone' && taken !== null && (taken.pid !== stale?.pid || taken.started !== stale.started)) {
    // Somebody took it over between our look and our rename: give it back, if nobody has made a new one.
    try {
      renameSync(aside, path);
      return;
    } catch {
      // Fall through: the file goes.
    }
  }
  rmSync(aside, { force: true });
}

function releaseOwn(path: string, mine: string): void {
  try {
    if (readFileSync(path, 'utf8') === mine) unlinkSync(path);
  } catch {
    // Gone already, or not to be read: nothing of ours is left to remove.
  }
}

/** Takeovers that may collide before we give up. */
const attemptsMax = 5;
const retryMs = 50;
const emptyMs = 10_000;
