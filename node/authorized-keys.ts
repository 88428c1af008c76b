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
import type { Grant } from '../protocol/contract.ts';
import { parseSshKey } from '../protocol/ssh-key.ts';
import { editFile, insertLine, withoutEnd } from './edited-file.ts';
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
  await edit(gate, (lines) => {
    const mine = lines.filter((entry) => isOurs(entry, grant.record));
    if (mine.length === 1 && mine[0] !== undefined && withoutEnd(mine[0]).equals(line)) return lines;
    const others = lines.filter((entry) => !mine.includes(entry));
    const sameKey = others.findIndex((entry) => entry.includes(keyText) && entry.subarray(0, mark.length).equals(mark));
    return insertLine(others, sameKey === -1 ? others.length : sameKey, line);
  });
}

/** Take every line of that record away. An absent file or line is no error. */
export async function unprovision(gate: Gate, record: string): Promise<void> {
  if (!isRecordId(record)) throw new Error(`no such record id: ${JSON.stringify(record)}`);
  await edit(gate, (lines) => {
    const rest = lines.filter((entry) => !isOurs(entry, record));
    return rest.length === lines.length ? lines : rest;
  });
}

function edit({ ssh }: Gate, change: (lines: readonly Buffer[]) => readonly Buffer[]): Promise<void> {
  return editFile({ ssh, name: 'authorized_keys', change });
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

function isOurs(entry: Buffer, record: string): boolean {
  const line = withoutEnd(entry);
  return line.subarray(0, mark.length).equals(mark) && line.toString('latin1').endsWith(` lanpair:${record}`);
}

/** How each of our lines begins. */
const mark = Buffer.from('restrict,command="');
