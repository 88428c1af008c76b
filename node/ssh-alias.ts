/**
 * What ssh is told of the peers, so that `git clone darkstar.lanpair:annex` just works: two files of our own in the state
 * directory, and one `Include` line at the top of ~/.ssh/config.
 *
 *     ssh/known_hosts   lanpair-<record id> ssh-ed25519 AAAA...     the host keys that came with the phrase
 *     ssh/config        Host darkstar.lanpair, HostKeyAlias lanpair-<record id>, ProxyCommand ... connect <record id>
 *
 * Both are made of the records as a whole, each time: what a crash left half done is right after the next start, and
 * nothing of a peer that was forgotten stays. Of the peer's fields nothing is copied: a host name and a user pass a
 * strict rule or there is no alias, keys are parsed and rebuilt. No value holds a sign that ssh or a shell would read.
 * ssh never trusts on first use: a peer whose host key is not known gets no alias. So an address can decide only
 * whether one gets through, never to whom.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Json, StoredRecord } from '../protocol/contract.ts';
import { hostNameOk } from '../protocol/display.ts';
import { parseSshKey } from '../protocol/ssh-key.ts';
import type { Gate } from './authorized-keys.ts';
import { codeOf } from './complaint.ts';
import { makePrivateDirectory, removeDurably, writeDurably } from './durable-file.ts';
import { editFile, insertLine, withoutEnd } from './edited-file.ts';
import type { Places } from './places.ts';
import { field, loadRecords } from './records.ts';

/** Of the pairing that is being made: with which key ssh goes there. Other pairings keep theirs. */
export interface Current {
  readonly record: string;
  readonly identityFile: string;
}

/** A peer that ssh can be told of; every field passed its rule. */
interface Known {
  readonly record: string;
  readonly label: string;
  readonly user: string;
  readonly sshKey: string;
  readonly hostKeys: readonly string[];
}

interface Alias {
  readonly name: string;
  readonly identityFile: string;
}

/** The alias of each record. Throws an Error whose message can be shown. Only for who holds the lock of the records. */
export async function writeAliases(
  gate: Gate,
  places: Places,
  current: Current | null,
): Promise<ReadonlyMap<string, string>> {
  const { records } = await loadRecords(places.peers);
  const peers = records.flatMap((record) => knownOf(record) ?? []);
  const before = await textOf(places.sshConfig);
  if (peers.length === 0) {
    // The line first: ssh complains of no file that is not there, but nothing should point to nowhere.
    if (before !== null) await includeLine(gate.ssh, places.sshConfig, false);
    for (const path of [places.sshConfig, places.knownHosts])
      if ((await textOf(path)) !== null) await removeDurably(path);
    return new Map();
  }
  for (const path of [...gate.program, places.sshConfig]) plain(path);
  const aliases = aliasesOf(peers, keptOf(before ?? ''), current, places.key);
  const entries = peers.flatMap((peer) => {
    const alias = aliases.get(peer.record);
    return alias === undefined ? [] : [entryOf(peer, alias, gate, places)];
  });
  const hosts = peers.flatMap(({ record, hostKeys }) => hostKeys.map((key) => `lanpair-${record} ${key}\n`));
  await makePrivateDirectory(dirname(places.sshConfig));
  await keep(places.knownHosts, hosts.join(''));
  await keep(places.sshConfig, `${heading}\n${entries.join('')}`);
  await includeLine(gate.ssh, places.sshConfig, true);
  return new Map([...aliases].map(([record, { name }]) => [record, name]));
}

/** Null: nothing of it is for ssh, it is taken back, or a field of it does not pass. */
export function knownOf({ id, protocol, body }: StoredRecord): Known | null {
  const peer = field(body, 'peer');
  const step = field(body, 'step');
  const text = (name: string): string => {
    const value = field(peer, name);
    return typeof value === 'string' ? value : '';
  };
  const [label = ''] = text('hostName').toLowerCase().split('.', 1);
  const user = text('userName');
  const hostKeys = keysOf(field(peer, 'hostKeys'));
  if (protocol !== 'lp1' || typeof step !== 'string' || step === 'revoked') return null;
  if (!hostNameOk(label) || !/^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$/.test(user) || hostKeys.length === 0) return null;
  return { record: id, label, user, sshKey: text('sshKey'), hostKeys };
}

function keysOf(value: Json): readonly string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).flatMap((text) => {
    const parsed = typeof text === 'string' ? parseSshKey(text) : null;
    return parsed?.ok === true ? [parsed.key.text] : [];
  });
}

/** Who has a name keeps it; but a machine that pairs anew takes over the name of its older pairing. */
function aliasesOf(
  peers: readonly Known[],
  kept: ReadonlyMap<string, Alias>,
  current: Current | null,
  ownKey: string,
): ReadonlyMap<string, Alias> {
  const aliases = new Map<string, Alias>();
  const taken = new Set<string>();
  const newcomer = peers.find(({ record }) => record === current?.record && !kept.has(record));
  const isHeir = ({ record, sshKey, label }: Known): boolean =>
    newcomer !== undefined && record !== newcomer.record && sshKey === newcomer.sshKey && label === newcomer.label;
  const give = (peer: Known, wanted: readonly string[]): void => {
    const name = wanted.find((each) => !taken.has(each));
    if (name === undefined) return;
    const isCurrent = current !== null && peer.record === current.record;
    aliases.set(peer.record, {
      name,
      identityFile: isCurrent ? plain(current.identityFile) : (kept.get(peer.record)?.identityFile ?? plain(ownKey)),
    });
    taken.add(name);
  };
  const staying = peers.filter((peer) => kept.has(peer.record) && !isHeir(peer));
  for (const peer of staying) give(peer, [kept.get(peer.record)?.name ?? '']);
  const rest = peers.filter((peer) => !staying.includes(peer) && peer !== newcomer);
  for (const peer of newcomer === undefined ? rest : [newcomer, ...rest]) {
    const { label, record } = peer;
    give(
      peer,
      [label, `${label}-${record.slice(0, 4)}`, `${label}-${record}`].map((each) => `${each}.lanpair`),
    );
  }
  return aliases;
}

function entryOf({ record, user }: Known, { name, identityFile }: Alias, gate: Gate, places: Places): string {
  const state = gate.state === null ? '' : ` --state ${plain(gate.state)}`;
  return [
    '',
    `Host ${name}`,
    `  # record ${record}`,
    `  IdentityFile ${identityFile}`,
    '  IdentitiesOnly yes',
    `  User ${user}`,
    `  HostKeyAlias lanpair-${record}`,
    `  UserKnownHostsFile ${plain(places.knownHosts)}`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  CheckHostIP no',
    '  UpdateHostKeys no',
    `  ProxyCommand ${gate.program.map(plain).join(' ')} connect ${record}${state}`,
    '',
  ].join('\n');
}

/** Names and keys as we wrote them the last time. */
function keptOf(config: string): ReadonlyMap<string, Alias> {
  const entries = config.matchAll(
    /^Host ([a-z0-9.-]+\.lanpair)\n {2}# record ([a-z0-9]{16})\n {2}IdentityFile (\/[A-Za-z0-9_@+:,./-]+)$/gm,
  );
  return new Map([...entries].map(([, name = '', record = '', identityFile = '']) => [record, { name, identityFile }]));
}

/** ssh reads quotes, tokens and patterns in its own ways, in different versions: only what needs none of them. */
function plain(path: string): string {
  if (/^\/[A-Za-z0-9_@+:,./-]+$/.test(path)) return path;
  throw new Error(`the path ${JSON.stringify(path)} cannot stand unquoted in ssh's configuration; use one without it`);
}

async function includeLine(ssh: string, config: string, isWanted: boolean): Promise<void> {
  const line = Buffer.from(`Include ${config}`);
  await editFile({
    ssh,
    name: 'config',
    backup: { name: 'config.before-lanpair', isWanted },
    change: (lines) => {
      const rest = lines.filter((entry) => !withoutEnd(entry).equals(line));
      if (isWanted) return rest.length === lines.length ? insertLine(lines, 0, line) : lines;
      return rest.length === lines.length ? lines : rest;
    },
  });
}

async function keep(path: string, text: string): Promise<void> {
  if ((await textOf(path)) !== text) await writeDurably(path, text, { mode: 0o600 });
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}

const heading = '# Written by lanpair, anew at each pairing: what is changed here is lost.';
