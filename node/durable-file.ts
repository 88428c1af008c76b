/**
 * Files that are either wholly the old or wholly the new ones, whenever the power goes: written beside the target under
 * a temporary name, fsynced, renamed over it, and the directory fsynced. (The usual packages for this do not fsync the
 * directory; these are thirty lines.)
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from './complaint.ts';

export interface Ownership {
  readonly mode: number;
  /** Kept from the file that is replaced. Absent: ours. */
  readonly uid?: number;
  readonly gid?: number;
}

/** Temporary files that a crash left behind are recognised by this ending. */
const temporarySuffix = '.lanpair-tmp';

/** A name in the same directory that nothing has. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${randomBytes(6).toString('hex')}${temporarySuffix}`);
}

/**
 * Removes what a crash left: a record that was never stored, a copy of a file that has changed since. Only for who holds
 * the lock under which that directory is written. What cannot be removed stays.
 */
export async function sweepTemporaries(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((each) => each.startsWith('.') && each.endsWith(temporarySuffix))) {
    await rm(join(directory, name), { force: true }).catch(() => undefined);
  }
}

/** Replace `path` by `content`. `beforeRename` may throw to leave everything as it was. */
export async function writeDurably(
  path: string,
  content: Uint8Array | string,
  ownership: Ownership,
  beforeRename?: () => Promise<void>,
): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await own(file, ownership);
      await file.sync();
    } finally {
      await file.close();
    }
    await beforeRename?.();
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw thrown;
  }
  await syncDirectory(dirname(path));
}

/** Delete `path`, durably. It is no error if it is gone already. */
export async function removeDurably(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncDirectory(dirname(path));
}

/**
 * The directory and those above it; only for us where we make it. One by one: Node's own way of making all of them says of a
 * read-only disk that something is not there, and asks for ever where the system says that of a new one, as /proc does.
 */
export async function makePrivateDirectory(path: string): Promise<void> {
  if (await isDirectory(path)) return;
  if (dirname(path) !== path) await makePrivateDirectory(dirname(path));
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (thrown) {
    // Somebody else may have made it meanwhile.
    if (!(await isDirectory(path))) throw thrown;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function own(file: FileHandle, { mode, uid, gid }: Ownership): Promise<void> {
  if (uid !== undefined && gid !== undefined) {
    const is = await file.stat();
    if (is.uid !== uid || is.gid !== gid) await file.chown(uid, gid);
  }
  await file.chmod(mode & 0o7777);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (thrown) {
    // Some file systems cannot sync a directory; the rename is then as durable as it gets there.
    if (codeOf(thrown) !== 'EINVAL' && codeOf(thrown) !== 'ENOTSUP') throw thrown;
  } finally {
    await directory.close();
  }
}
