/**
 * Everything that a pairing gives and takes on this machine: the peer's key in authorized_keys, and for us its alias for
 * ssh and a git remote. The key decides whether it worked; what is for our own comfort is told when it fails.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Grant, Notice } from '../protocol/contract.ts';
import { type Gate, provision, unprovision } from './authorized-keys.ts';
import { reasonOf } from './complaint.ts';
import { addRemote, removeRemotes } from './git-remote.ts';
import type { Places } from './places.ts';
import { field, readRecordById } from './records.ts';
import { writeAliases } from './ssh-alias.ts';

export interface Provisioning {
  /** Rejects when the key could not be installed. */
  give(grant: Grant): Promise<void>;
  take(record: string): Promise<void>;
  /** What ssh knows is made what the records say. Never rejects. */
  refresh(): Promise<void>;
  /** The name of that peer for ssh; null where there is none. */
  alias(record: string): string | null;
  /** A key was there, and was taken back by us: true once for each time. */
  hasTaken(record: string): boolean;
}

export interface ProvisioningOptions {
  /** Null: nothing is ever written (`--no-ssh`). */
  readonly gate: Gate | null;
  readonly places: Places;
  /** With which key ssh goes to whom is paired now; null: those who are paired keep theirs. */
  readonly identityFile: string | null;
  readonly remote: string | null;
  readonly notify: (notice: Notice) => void;
}

export function makeProvisioning({ gate, places, identityFile, remote, notify }: ProvisioningOptions): Provisioning {
  let aliases: ReadonlyMap<string, string> = new Map();
  const taken = new Set<string>();
  const trouble = (what: string, thrown: unknown): void => notify({ event: 'trouble', what, reason: reasonOf(thrown) });
  const refresh = async (record: string | null): Promise<void> => {
    if (gate === null) return;
    const current = record === null || identityFile === null ? null : { record, identityFile };
    try {
      aliases = await writeAliases(gate, places, current);
    } catch (thrown) {
      trouble('the ssh alias', thrown);
    }
  };
  const offered = async (record: string): Promise<{ readonly here: string; readonly there: string } | null> => {
    const found = await readRecordById(places.peers, record);
    if (!found.ok) return null;
    const here = field(field(found.record.body, 'self'), 'directory');
    const there = field(field(found.record.body, 'peer'), 'directory');
    if (typeof here !== 'string' || typeof there !== 'string') return null;
    return { here: here.startsWith('~') ? join(places.home || homedir(), here.slice(1)) : here, there };
  };
  return {
    alias: (record) => aliases.get(record) ?? null,
    hasTaken: (record) => taken.delete(record),
    refresh: () => refresh(null),
    async give(grant): Promise<void> {
      if (gate === null) return;
      await provision(gate, grant);
      await refresh(grant.record);
      if (remote === null) return;
      const [directories, alias] = [await offered(grant.record), aliases.get(grant.record)];
      try {
        if (directories === null || alias === undefined) throw new Error('there is no ssh alias that it could use');
        const url = remoteUrl(alias, directories.there);
        await addRemote(directories.here, { name: remote, url, record: grant.record });
      } catch (thrown) {
        trouble(`the git remote ${remote}`, thrown);
      }
    },
    async take(record): Promise<void> {
      if (gate === null) return;
      if (await unprovision(gate, record)) taken.add(record);
      const directories = await offered(record);
      if (directories !== null) {
        await removeRemotes(directories.here, record).catch((thrown) => trouble('the git remote', thrown));
      }
      await refresh(null);
    },
  };
}

/**
 * `darkstar.lanpair:annex`: what is in the home directory over there is named from there. Git reads some paths in its own
 * way: `x::y` names a program of git's, a `://` anywhere ends the name of a transport, of `x:a~y` it leaves the `a` out, a dash in
 * front is an option. Those are written with a `.` where it changes nothing. What stands between `@[` and `]` is a host to it
 * wherever it stands, which nothing can be written for: throws an Error whose message can be shown.
 */
export function remoteUrl(alias: string, directory: string): string {
  if (/@\[.*\]/s.test(directory))
    throw new Error('git reads @[...] in a path as a host, so that it cannot name that directory');
  const path = (directory.startsWith('~/') ? directory.slice(2) : directory).replaceAll('://', ':/./');
  if (path.startsWith('/')) return `${alias}:${/^\/[/~]/.test(path) ? '/.' : ''}${path}`;
  return `${alias}:${/^[\p{L}\p{N}_.](?!~)/u.test(path) ? '' : './'}${path}`;
}
