/**
 * ~/.ssh/authorized_keys: one line for a record, added and taken away, everything else byte for byte as it was.
 *
 *     restrict,command="<node> <cli> shell <record id>" ssh-ed25519 AAAA... lanpair:<record id>
 *
 * (and `--state <directory>` where XDG_STATE_HOME is set, which sshd would not know). Where a person gave that peer a whole shell the
 * line begins with `restrict,pty,command="` and the command ends with `--whole`: the line itself is where that is written down.
 *
 * The key is parsed and rebuilt, never copied text. The file is replaced atomically; owner, mode and a symbolic link to
 * it stay. sshd takes the *first* line of a key, so a new line of a key that has one of ours already goes before that
 * one: a second pairing serves its own directory, and when it is taken back the first one's line still stands.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Grant } from '../protocol/contract.ts';
import { parseSshKey } from '../protocol/ssh-key.ts';
import { codeOf } from './complaint.ts';
import { editFile, insertLine, splitLines, withoutEnd } from './edited-file.ts';
import { isRecordId } from './records.ts';

export interface Gate {
  /** The person's `.ssh` directory. */
  readonly ssh: string;
  /** Absolute paths of the node binary and of our own command-line program. */
  readonly program: readonly string[];
  /** Our state directory, when it is not the one that a program started by sshd would look in. */
  readonly state: string | null;
}

/** What the key of a peer may do here: git and git-annex in the one directory, or whatever the person may who gave that. */
export type Access = 'git' | 'shell';

/** Authorise. Doing it twice is doing it once. Throws an Error whose message can be shown. */
export async function provision(gate: Gate, grant: Grant): Promise<void> {
  const line = Buffer.from(lineOf(gate, grant));
  const whole = Buffer.from(lineOf(gate, grant, 'shell'));
  const keyText = Buffer.from(` ${grant.key} lanpair:`);
  await edit(gate, (lines) => {
    const mine = lines.filter((entry) => isOurs(entry, grant.record));
    const [only, ...more] = mine;
    const isThere = only !== undefined && [line, whole].some((one) => one.equals(withoutEnd(only)));
    if (isThere && more.length === 0) return lines;
    const others = lines.filter((entry) => !mine.includes(entry));
    const sameKey = others.findIndex((entry) => entry.includes(keyText) && markOf(entry) !== null);
    return insertLine(others, sameKey === -1 ? others.length : sameKey, line);
  });
}

/** Take every line of that record away. An absent file or line is no error. True: there was one. */
export async function unprovision(gate: Gate, record: string): Promise<boolean> {
  if (!isRecordId(record)) throw new Error(`no such record id: ${JSON.stringify(record)}`);
  let found = false;
  await edit(gate, (lines) => {
    const rest = lines.filter((entry) => !isOurs(entry, record));
    found = rest.length < lines.length;
    return found ? rest : lines;
  });
  return found;
}

/** Only a person asks for that. False: the record has no line here. */
export async function setAccess(gate: Gate, grant: Grant, access: Access): Promise<boolean> {
  const line = Buffer.from(lineOf(gate, grant, access));
  let found = false;
  await edit(gate, (lines) => {
    const at = lines.findIndex((entry) => isOurs(entry, grant.record));
    found = at >= 0;
    const before = lines[at];
    if (before === undefined || withoutEnd(before).equals(line)) return lines;
    return lines.with(at, Buffer.concat([line, before.subarray(withoutEnd(before).length)]));
  });
  return found;
}

/** What the record's key may do, as authorized_keys has it; null: it has no line. */
export async function accessOf({ ssh }: Gate, record: string): Promise<Access | null> {
  const path = join(ssh, 'authorized_keys');
  const text = await readFile(path).catch((thrown: unknown) => {
    if (codeOf(thrown) === 'ENOENT') return Buffer.alloc(0);
    throw thrown;
  });
  const line = splitLines(text).find((entry) => isOurs(entry, record));
  return line === undefined ? null : markOf(line);
}

function edit({ ssh }: Gate, change: (lines: readonly Buffer[]) => readonly Buffer[]): Promise<void> {
  return editFile({ ssh, name: 'authorized_keys', change });
}

/** The line, without its end. Throws where it cannot be written safely. */
export function lineOf(gate: Gate, { record, key }: Grant, access: Access = 'git'): string {
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
  const whole = access === 'shell' ? ' --whole' : '';
  const command = `${gate.program.join(' ')} shell ${record}${whole}${where}`;
  return `${marks[access].toString()}${command}" ${parsed.key.text} lanpair:${record}`;
}

function isOurs(entry: Buffer, record: string): boolean {
  return markOf(entry) !== null && withoutEnd(entry).toString('latin1').endsWith(` lanpair:${record}`);
}

/** By how the line begins; null: it is none of ours. */
function markOf(entry: Buffer): Access | null {
  const begins = (mark: Buffer): boolean => entry.subarray(0, mark.length).equals(mark);
  return begins(marks.git) ? 'git' : begins(marks.shell) ? 'shell' : null;
}

/** How each of our lines begins. */
const marks: Readonly<Record<Access, Buffer>> = {
  git: Buffer.from('restrict,command="'),
  shell: Buffer.from('restrict,pty,command="'),
};
