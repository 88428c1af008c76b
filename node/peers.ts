/** `lanpair peers`: whom this machine is paired with, and how to take that back. */
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Json, Notice, StoredRecord } from '../protocol/contract.ts';
import { printable } from '../protocol/display.ts';
import { type Access, accessOf, type Gate, setAccess } from './authorized-keys.ts';
import { Complaint, type ExitCode, exitCode, reasonOf } from './complaint.ts';
import { nobody } from './identity.ts';
import { noKey } from './keys.ts';
import { jsonLine, print } from './narrator.ts';
import { type PairingName, pairingNames } from './pairing-names.ts';
import { type Places, placesOf } from './places.ts';
import { ownProgram } from './program.ts';
import { pairings } from './protocols.ts';
import { discardRecord, field, loadRecords as loadAll } from './records.ts';
import { openSession } from './session.ts';

/** What a record says, whatever the protocol: fields that are not there are empty. */
export interface Peer {
  readonly id: string;
  readonly protocol: string;
  readonly step: string;
  readonly hostName: string;
  readonly userName: string;
  readonly directory: string;
  readonly key: string;
  readonly host: string;
  readonly offered: string;
}

export async function listPeers(json: boolean): Promise<ExitCode> {
  const places = placesOf(process.env);
  const { records, problems } = await loadRecords(places.peers);
  for (const peer of records.map(peerOf)) {
    const access = await accessIn(places, peer);
    // Nobody is to overlook in a list who may do everything.
    const shell = access === 'shell' ? '  a whole shell' : '';
    const line = `${nameOf(peer).padEnd(32)}  ${printable(peer.step, 40).padEnd(8)}  ${peer.id}${byWhich(peer)}${shell}`;
    say(json, { ...peer, access }, line);
  }
  if (records.length === 0 && problems.length === 0 && !json) {
    process.stdout.write('No machine is paired with this one yet. Next: lanpair pair\n');
  }
  for (const problem of problems) process.stderr.write(`lanpair: ${printable(problem, 400)}\n`);
  return problems.length > 0 ? exitCode.data : exitCode.done;
}

export async function showPeer(wanted: string, json: boolean): Promise<ExitCode> {
  const places = placesOf(process.env);
  const { records } = await loadRecords(places.peers);
  const peer = peerOf(theOne(records, wanted));
  const access = await accessIn(places, peer);
  const may = {
    git: 'git and git-annex, in the directory offered',
    shell: 'a whole shell (lanpair peers shell)',
    unknown: '(~/.ssh/authorized_keys cannot be read)',
  };
  const lines = [
    nameOf(peer),
    `  directory there   ${printable(peer.directory)}`,
    `  its key           ${print(peer.key)}`,
    `  last reached as   ${peer.host === '' ? '(not known)' : printable(peer.host)}`,
    `  offered from here ${printable(peer.offered)}`,
    `  its key may       ${access === null ? 'nothing here: it is not in authorized_keys' : may[access]}`,
    `  conversation      ${printable(peer.protocol)}, ${printable(peer.step)}`,
    `  record            ${peer.id}`,
  ];
  say(json, { ...peer, access }, lines.join('\n'));
  return exitCode.done;
}

/** A peer's key may do git alone until its person asks for more here, and the other side cannot ask. */
export async function giveShell(wanted: string, access: Access, json: boolean): Promise<ExitCode> {
  const places = placesOf(process.env);
  const { records } = await loadRecords(places.peers);
  const peer = peerOf(theOne(records, wanted));
  const isThere = await setAccess(gateOf(places), { record: peer.id, key: peer.key }, access).catch(
    (thrown: unknown) => {
      throw new Complaint(
        `What the key of ${nameOf(peer)} may do could not be changed: ${printable(reasonOf(thrown))}.`,
        'Next: make ~/.ssh writable, with space for it, and try again.',
        exitCode.cannotCreate,
      );
    },
  );
  if (!isThere) {
    throw new Complaint(
      `The key of ${nameOf(peer)} is not in ~/.ssh/authorized_keys: it cannot log in here at all.`,
      'Next: pair with it, without --no-ssh.',
      exitCode.failed,
    );
  }
  const said =
    access === 'shell'
      ? `Whoever has the key of ${nameOf(peer)} can now open a shell here and run anything as ${printable(userInfo().username)}.\nTake it back with: lanpair peers shell ${printable(wanted, 80)} --off`
      : `The key of ${nameOf(peer)} is for git and git-annex alone again.`;
  say(json, { ...peer, access }, said);
  return exitCode.done;
}

/** What is known of a peer is shown whatever became of ~/.ssh. */
function accessIn(places: Places, { id }: Peer): Promise<Access | 'unknown' | null> {
  return accessOf(gateOf(places), id).catch(() => 'unknown' as const);
}

function gateOf(places: Places): Gate {
  return { ssh: places.ssh, program: ownProgram, state: places.unusualState };
}

/** Through the core, so that the key goes before the record, and a crash between the two leaves it visible. */
export async function forgetPeer(wanted: string, json: boolean): Promise<ExitCode> {
  const places = placesOf(process.env);
  const { records } = await loadRecords(places.peers);
  const record = theOne(records, wanted);
  const peer = peerOf(record);
  const name = pairingNames.find((each) => each === record.protocol);
  if (name === undefined) {
    throw new Complaint(
      `This lanpair does not know the conversation ${printable(record.protocol)} of that record.`,
      'Next: use the lanpair that made it.',
      exitCode.data,
    );
  }
  const notices = await forget(name, record.id, peer.step === forgotten);
  // That nothing can be sent to the peer from here is known.
  const troubles = notices.flatMap((notice) =>
    notice.event === 'trouble' && !notice.what.startsWith('send ') ? [notice] : [],
  );
  if (troubles.some(({ what }) => what === 'forget')) {
    throw new Complaint(
      `The record ${record.id} is damaged, so that lanpair cannot tell what belongs to it.`,
      `Next: delete the line that ends with lanpair:${record.id} from ~/.ssh/authorized_keys, if it is there, and ${join(places.peers, `${record.id}.json`)}.`,
      exitCode.data,
    );
  }
  const { records: left } = await loadRecords(places.peers);
  const still = left.find(({ id }) => id === record.id);
  if (still !== undefined && peerOf(still).step !== forgotten) {
    throw new Complaint(
      `${nameOf(peer)} could not be forgotten: ${printable(troubles[0]?.reason ?? 'its record is still there')}.`,
      'Next: look at ~/.ssh/authorized_keys and the state directory, and try again.',
      exitCode.failed,
    );
  }
  const keptWhy = troubles.find(({ what }) => what === 'unprovision')?.reason;
  const access = await accessIn(places, peer);
  if (access !== null && (access !== 'unknown' || keptWhy !== undefined)) {
    throw new Complaint(
      `The key of ${nameOf(peer)} could not be taken out of ~/.ssh/authorized_keys: ${printable(keptWhy ?? 'it is still there')}. lanpair turns it away from now on, but sshd still knows it.`,
      `Next: make ~/.ssh writable, and forget it again; or delete the line there that ends with lanpair:${record.id}.`,
      exitCode.cannotCreate,
    );
  }
  const owed =
    still === undefined
      ? ''
      : '\nIt has not heard of it yet: it is told as soon as both run lanpair pair, or lanpair serve. Forget it once more to leave it untold.';
  say(
    json,
    { ...peer, forgotten: true, told: still === undefined },
    `Forgot ${nameOf(peer)}; its key can no longer log in here.${owed}`,
  );
  return exitCode.done;
}

async function forget(name: PairingName, record: string, isTombstone: boolean): Promise<readonly Notice[]> {
  const places = placesOf(process.env);
  const notices: Notice[] = [];
  const session = await openSession({
    protocol: pairings[name].protocol,
    places,
    gate: gateOf(places),
    key: noKey,
    self: nobody,
    network: null,
    peers: [],
    phrase: null,
    windowMs: 60_000,
    notify: (notice) => notices.push(notice),
  });
  try {
    session.start();
    session.command({ name: 'forget', record });
    await session.quiet();
    // The key has gone before, or now; what is left is what is owed to the peer, and the person says that nothing is.
    const isKept = notices.some((notice) => notice.event === 'trouble' && notice.what === 'unprovision');
    if (isTombstone && !isKept) await discardRecord(places.peers, record);
  } finally {
    await session.close();
  }
  return notices;
}

/** What locate remembers of a peer lies beside that peer's record and is none of its own. */
async function loadRecords(directory: string): ReturnType<typeof loadAll> {
  const { records, problems } = await loadAll(directory);
  return { records: records.filter(({ protocol }) => protocol !== 'locate'), problems };
}

/** What a person calls each of them, by the ids of their records. */
export async function namesIn(directory: string): Promise<ReadonlyMap<string, string>> {
  const { records } = await loadRecords(directory);
  return new Map(records.map((record) => [record.id, nameOf(peerOf(record))]));
}

/** By its id, its host name, its alias, or `user@host`. */
export function theOne(records: readonly StoredRecord[], wanted: string): StoredRecord {
  const found = called(records, wanted);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const known = records.map((record) => nameOf(peerOf(record))).join(', ');
  if (first === undefined) {
    throw new Complaint(
      `No paired machine is called ${printable(wanted)}.`,
      known === '' ? 'Next: none is paired yet; lanpair pair makes the first.' : `Next: name one of these: ${known}.`,
      exitCode.noInput,
    );
  }
  throw new Complaint(
    `${found.length} paired machines are called ${printable(wanted)}.`,
    `Next: name the record: ${found.map((record) => `${record.id}${byWhich(record)}`).join(' or ')}.`,
    exitCode.usage,
  );
}

/** Of those that can be asked where they are. */
export function theOneToAsk(records: readonly StoredRecord[], wanted: string): StoredRecord {
  const askable = records.filter(({ protocol }) => protocol === 'lp1');
  const others = records.filter(({ protocol }) => protocol === 'annex');
  if (called(askable, wanted).length === 0 && called(others, wanted).length > 0) {
    throw new Complaint(
      `${printable(wanted, 80)} is paired by git-annex's conversation alone, in which nobody can ask where a machine is.`,
      'Next: run lanpair pair on both, without --protocol annex.',
      exitCode.noInput,
    );
  }
  return theOne(askable, wanted);
}

function called(records: readonly StoredRecord[], wanted: string): readonly StoredRecord[] {
  return records.filter((record) => {
    const { id, hostName, userName, host } = peerOf(record);
    const [label = ''] = hostName.split('.', 1);
    return [id, hostName, host, label, `${label}.lanpair`.toLowerCase(), `${userName}@${hostName}`].includes(wanted);
  });
}

/** What tells two pairings with one machine apart. */
function byWhich({ protocol }: { readonly protocol: string }): string {
  return protocol === 'annex' ? ' (by annex)' : '';
}

export function peerOf({ id, protocol, body }: StoredRecord): Peer {
  const peer = field(body, 'peer');
  return {
    id,
    protocol,
    step: stepOf(text(field(body, 'step')), text(field(body, 'heard'))),
    hostName: text(field(peer, 'hostName')),
    userName: text(field(peer, 'userName')),
    directory: text(field(peer, 'directory')),
    key: text(field(peer, 'sshKey')),
    host: text(field(body, 'host')) || text(field(body, 'address')),
    offered: text(field(field(body, 'self'), 'directory')),
  };
}

/** What a person calls it: half, as long as not both are known to have the other's key. */
function stepOf(step: string, heard: string): string {
  if (step === 'revoked') return forgotten;
  if (step === 'installed') return heard === 'done' ? 'paired' : 'half';
  return ['pairing', 'storing', 'stored', 'installing', 'failed'].includes(step) ? 'half' : step;
}

/** Taken back here; the peer has not heard of it. */
export const forgotten = 'forgotten';

function text(value: Json): string {
  return typeof value === 'string' ? value : '';
}

function nameOf({ step, userName, hostName, id }: Peer): string {
  if (step === '') return `(damaged, ${id})`;
  return hostName === '' ? `(nobody yet, ${id})` : printable(`${userName}@${hostName}`, 80);
}

function say(json: boolean, value: object, lines: string): void {
  process.stdout.write(`${json ? jsonLine(value) : lines}\n`);
}
