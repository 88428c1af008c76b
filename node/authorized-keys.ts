/**
 * ~/.ssh/authorized_keys: one line for a record, added and taken away, everything else byte for byte as it was.
 *
 *     restrict,command="<node> <cli> shell <record id>" ssh-ed25519 AAAA... lanpair:<record id>
 *
 * (and `--state <directory>` where XDG_STATE_HOME is set, which sshd would not know).
 *
 * The key is parsed and rebuilt, never copied text. The file is replaced atomically; owner, mode and a symbolic link to
 * it stay. sshd takes the *first* line of a key, so a new line of a key that has one of ours already goes before that
 * one: a second pairing serves its own directory, and when it is taken back the first one's line still stands.
 */
import type { Stats } from 'node:fs';
import { readFile, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Grant } from '../protocol/contract.ts';
import { parseSshKey } from '../protocol/ssh-key.ts';
import { codeOf } from './complaint.ts';
import { makePrivateDirectory, sweepTemporaries, writeDurably } from './durable-file.ts';
import { lockWithin } from './lock.ts';
import { isRecordId } from './records.ts';

export interface Gate {
  /** The person's `.ssh` directory. */
  readonly ssh: string;
  /** Absolute paths of the node binary and of our own command-line program. */
  readonly program: readonly string[];
  /** Our state directory, when it is not the one that a program started by sshd would look in. */
  readonly state: string | null;
}

/** Authorise. Doing it twice is doing it once. Throws an Error whose message can be shown. */
export async function provision(gate: Gate, grant: Grant): Promise<void> {
  const line = Buffer.from(lineOf(gate, grant));
  const keyText = Buffer.from(` ${grant.key} lanpair:`);
  await edit(gate.ssh, (lines) => {
    const mine = lines.filter((entry) => isOurs(entry, grant.record));
    if (mine.length === 1 && mine[0] !== undefined && withoutEnd(mine[0]).equals(line)) return lines;
    const others = lines.filter((entry) => !mine.includes(entry));
    const sameKey = others.findIndex((entry) => entry.includes(keyText) && entry.subarray(0, mark.length).equals(mark));
    return insert(others, sameKey === -1 ? others.length : sameKey, line);
  });
}

/** Take every line of that record away. An absent file or line is no error. */
export async function unprovision(gate: Gate, record: string): Promise<void> {
  if (!isRecordId(record)) throw new Error(`no such record id: ${JSON.stringify(record)}`);
  await edit(gate.ssh, (lines) => {
    const rest = lines.filter((entry) => !isOurs(entry, record));
    return rest.length === lines.length ? lines : rest;
  });
}

/** The line, without its end. Throws where it cannot be written safely. */
export function lineOf(gate: Gate, { record, key }: Grant): string {
  if (!isRecordId(record)) throw new Error(`no such record id: ${JSON.stringify(record)}`);
  for (const path of gate.state === null ? gate.program : [...gate.program, gate.state]) {
    // sshd gives command= to the login shell, whatever that is: only paths that need no quoting in any of them.
    if (!/^\/[A-Za-z0-9_@%+=:,./-]+$/.test(path)) {
      throw new Error(
        `the path ${JSON.stringify(path)} cannot stand unquoted in authorized_keys; use a path without spaces and signs for it`,
      );
    }
  }
  const parsed = parseSshKey(key);
  if (!parsed.ok || parsed.key.text !== key)
    throw new Error('the key of the peer is not `type base64` of a kind we take');
  const where = gate.state === null ? '' : ` --state ${gate.state}`;
  return `${mark.toString()}${gate.program.join(' ')} shell ${record}${where}" ${parsed.key.text} lanpair:${record}`;
}

/** `lines` keep their ends; returning the same array means that nothing changes. */
async function edit(ssh: string, change: (lines: readonly Buffer[]) => readonly Buffer[]): Promise<void> {
  await makePrivateDirectory(ssh);
  const outcome = await lockWithin(join(ssh, '.lanpair-lock'), lockWaitMs);
  if (!outcome.ok) {
    const who = outcome.holder === null ? 'another program' : `process ${outcome.holder.pid}`;
    throw new Error(`${join(ssh, '.lanpair-lock')} is held by ${who}; try again when it is done`);
  }
  try {
    await sweepTemporaries(ssh);
    for (let attempt = 0; attempt < attemptsMax; attempt++) if (await tryEdit(ssh, change)) return;
    throw new Error('authorized_keys keeps changing under our hands; try again');
  } finally {
    outcome.lock.release();
  }
}

/** False: somebody else wrote the file meanwhile; read it anew. */
async function tryEdit(ssh: string, change: (lines: readonly Buffer[]) => readonly Buffer[]): Promise<boolean> {
  const path = await resolved(join(ssh, 'authorized_keys'));
  const before = await statOrNull(path);
  if (before !== null && !before.isFile()) throw new Error(`${path} is not a file`);
  if (before !== null && before.size > fileMax) throw new Error(`${path} is larger than ${fileMax / 1024 / 1024} MiB`);
  const lines = before === null ? [] : split(await readFile(path));
  const changed = change(lines);
  if (changed === lines) return true;
  if (before === null && changed.length === 0) return true;
  const ownership = before === null ? { mode: 0o600 } : { mode: before.mode, uid: before.uid, gid: before.gid };
  try {
    await writeDurably(path, Buffer.concat(changed), ownership, async () => {
      const now = await statOrNull(path);
      const isSame = now?.ino === before?.ino && now?.mtimeMs === before?.mtimeMs && now?.size === before?.size;
      if (!isSame) throw new Changed();
    });
  } catch (thrown) {
    if (thrown instanceof Changed) return false;
    throw thrown;
  }
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

function split(content: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < content.length; ) {
    const end = content.indexOf(0x0a, at);
    const next = end === -1 ? content.length : end + 1;
    lines.push(content.subarray(at, next));
    at = next;
  }
  return lines;
}

/** The new line ends as its neighbours do; a last line without an end gets one first, or sshd would read both as one. */
function insert(lines: readonly Buffer[], at: number, line: Buffer): Buffer[] {
  const isCrLf = lines.length > 0 && lines.every((entry) => entry.subarray(-2).toString('latin1') === '\r\n');
  const end = Buffer.from(isCrLf ? '\r\n' : '\n');
  const before = lines.slice(0, at);
  const last = before.at(-1);
  if (last !== undefined && last.at(-1) !== 0x0a) before.push(end);
  return [...before, Buffer.concat([line, end]), ...lines.slice(at)];
}

function isOurs(entry: Buffer, record: string): boolean {
  const line = withoutEnd(entry);
  return line.subarray(0, mark.length).equals(mark) && line.toString('latin1').endsWith(` lanpair:${record}`);
}

function withoutEnd(entry: Buffer): Buffer {
  let length = entry.length;
  while (length > 0 && (entry[length - 1] === 0x0a || entry[length - 1] === 0x0d)) length--;
  return entry.subarray(0, length);
}

/** How each of our lines begins. */
const mark = Buffer.from('restrict,command="');
/** Longer than any list of keys; a limit, so that a wrong file cannot eat the memory. */
const fileMax = 16 * 1024 * 1024;
const lockWaitMs = 5000;
const attemptsMax = 5;
