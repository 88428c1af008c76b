/**
 * Files in ~/.ssh that belong to the person and of which we own single lines: read, changed and replaced atomically under
 * our lock, with owner, mode and a symbolic link to the file kept, and every other line byte for byte as it was.
 */
import type { Stats } from 'node:fs';
import { readFile, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { codeOf } from './complaint.ts';
import { makePrivateDirectory, removeDurably, sweepTemporaries, writeDurably } from './durable-file.ts';
import { lockWithin } from './lock.ts';

export interface Edited {
  /** The person's `.ssh` directory. */
  readonly ssh: string;
  readonly name: string;
  /** `lines` keep their ends; returning the same array means that nothing changes. */
  readonly change: (lines: readonly Buffer[]) => readonly Buffer[];
  readonly backup?: Backup;
}

/** A file of ours beside it that holds it as it was before our lines came, while they are in it. */
export interface Backup {
  readonly name: string;
  /** After this change lines of ours are in the file. */
  readonly isWanted: boolean;
}

/** Throws an Error whose message can be shown. */
export async function editFile(edited: Edited): Promise<void> {
  const { ssh, name } = edited;
  await makePrivateDirectory(ssh);
  const outcome = await lockWithin(join(ssh, '.lanpair-lock'), lockWaitMs);
  if (!outcome.ok) {
    const who = outcome.holder === null ? 'another program' : `process ${outcome.holder.pid}`;
    throw new Error(`${join(ssh, '.lanpair-lock')} is held by ${who}; try again when it is done`);
  }
  try {
    await sweepTemporaries(ssh);
    for (let attempt = 0; attempt < attemptsMax; attempt++) if (await tryEdit(edited)) return;
    throw new Error(`${name} keeps changing under our hands; try again`);
  } finally {
    outcome.lock.release();
  }
}

/** False: somebody else wrote the file meanwhile; read it anew. */
async function tryEdit({ ssh, name, change, backup }: Edited): Promise<boolean> {
  const path = await resolved(join(ssh, name));
  const before = await statOrNull(path);
  if (before !== null && !before.isFile()) throw new Error(`${path} is not a file`);
  if (before !== null && before.size > fileMax) throw new Error(`${path} is larger than ${fileMax / 1024 / 1024} MiB`);
  const lines = before === null ? [] : splitLines(await readFile(path));
  const changed = change(lines);
  const copy = backup === undefined ? null : join(ssh, backup.name);
  const isCopied = copy !== null && (await statOrNull(copy)) !== null;
  if (changed === lines || (before === null && changed.length === 0)) {
    // Whoever was killed after our lines went left it behind.
    if (copy !== null && isCopied && backup?.isWanted === false) await removeDurably(copy);
    return true;
  }
  if (copy !== null && backup?.isWanted === true) {
    // One of before a kill would be older than the person's last change.
    if (before !== null) await writeDurably(copy, Buffer.concat(lines), { mode: before.mode & 0o600 });
    else if (isCopied) await removeDurably(copy);
  }
  const ownership = before === null ? { mode: 0o600 } : { mode: before.mode, uid: before.uid, gid: before.gid };
  const unchanged = async (): Promise<void> => {
    const now = await statOrNull(path);
    const isSame = now?.ino === before?.ino && now?.mtimeMs === before?.mtimeMs && now?.size === before?.size;
    if (!isSame) throw new Changed();
  };
  try {
    // With neither content nor a copy from before us, it was made by us.
    if (copy !== null && changed.length === 0 && !isCopied) {
      await unchanged();
      await removeDurably(path);
    } else await writeDurably(path, Buffer.concat(changed), ownership, unchanged);
  } catch (thrown) {
    if (thrown instanceof Changed) return false;
    throw thrown;
  }
  if (copy !== null && backup?.isWanted === false) await removeDurably(copy);
  return true;
}

class Changed extends Error {
  override readonly name = 'Changed';
}

/** The file itself where `path` is a symbolic link, even one to a file that is not there yet. */
async function resolved(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw thrown;
  }
  try {
    return resolve(dirname(path), await readlink(path));
  } catch {
    return path;
  }
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}

export function splitLines(content: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < content.length; ) {
    const end = content.indexOf(0x0a, at);
    const next = end === -1 ? content.length : end + 1;
    lines.push(content.subarray(at, next));
    at = next;
  }
  return lines;
}

/** The new line ends as its neighbours do; a last line without an end gets one first, or both would be read as one. */
export function insertLine(lines: readonly Buffer[], at: number, line: Buffer): Buffer[] {
  const isCrLf = lines.length > 0 && lines.every((entry) => entry.subarray(-2).toString('latin1') === '\r\n');
  const end = Buffer.from(isCrLf ? '\r\n' : '\n');
  const before = lines.slice(0, at);
  const last = before.at(-1);
  if (last !== undefined && last.at(-1) !== 0x0a) before.push(end);
  return [...before, Buffer.concat([line, end]), ...lines.slice(at)];
}

export function withoutEnd(entry: Buffer): Buffer {
  let length = entry.length;
  while (length > 0 && (entry[length - 1] === 0x0a || entry[length - 1] === 0x0d)) length--;
  return entry.subarray(0, length);
}

/** Longer than any list of keys; a limit, so that a wrong file cannot eat the memory. */
const fileMax = 16 * 1024 * 1024;
const lockWaitMs = 5000;
const attemptsMax = 5;
