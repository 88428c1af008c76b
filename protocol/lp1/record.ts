/**
 * The durable record of a pairing: what must survive a crash, and nothing of the session's secrets. It alone holds the fin
 * and pair keys (the file is 0600). Bytes are hex.
 */
import { isLinkLocal } from '../address.ts';
import { fromHex, toHex } from '../bytes.ts';
import type { Endpoint, Json, StoredRecord } from '../contract.ts';
import type { PeerIdentity } from './identity.ts';
import { type Bond, type BondKeys, port as groupPort, type Route } from './state.ts';

export const recordVersion = 1;

export function writeRecord(bond: Bond, keys: BondKeys): StoredRecord {
  const { peer } = bond;
  const route = homeOf(bond);
  const body: Json = {
    version: recordVersion,
    step: bond.step,
    heard: bond.heard,
    reason: bond.reason,
    mine: bond.mine,
    theirs: bond.theirs,
    th: bond.th,
    confirm: bond.confirmHex,
    finMine: toHex(keys.mine),
    finTheirs: toHex(keys.theirs),
    pair: toHex(keys.pair),
    peer: { ...peer },
    self: { directory: bond.offered },
    address: route.endpoint.address,
    port: route.endpoint.port,
    from: route.from,
  };
  return { id: bond.record, protocol: 'lp1', body };
}

/** Where the peer is looked for first in another session: a link-local place is one only while its zone has the same name. */
export function homeOf({ route, also }: Bond): Route {
  return [route, ...also].find(({ endpoint }) => !isLinkLocal(endpoint.address)) ?? route;
}

/** Null for a record that is not one of ours, or damaged: it is left alone. */
export function readRecord(record: StoredRecord): { readonly bond: Bond; readonly keys: BondKeys } | null {
  const body = record.body;
  if (record.protocol !== 'lp1' || !isObject(body) || body['version'] !== recordVersion) return null;
  const text = (name: string, shape: RegExp): string | null => {
    const value = body[name];
    return typeof value === 'string' && shape.test(value) ? value : null;
  };
  const [mine, theirs] = [text('mine', /^[0-9a-f]{32}$/), text('theirs', /^[0-9a-f]{32}$/)];
  const [finMine, finTheirs, pair] = ['finMine', 'finTheirs', 'pair'].map((name) => text(name, /^[0-9a-f]{64}$/));
  const [th, confirm] = [text('th', /^[0-9a-f]{128}$/), text('confirm', /^([0-9a-f]{2})+$/)];
  const [step, heard] = [
    steps.find((known) => known === body['step']),
    heards.find((known) => known === body['heard']),
  ];
  const [address, port, reason] = [text('address', /^[0-9A-Za-z.:%_-]{1,80}$/), body['port'], body['reason']];
  const peer = readPeer(body['peer']);
  const self = body['self'];
  const offered = self !== undefined && isObject(self) ? self['directory'] : null;
  if (typeof offered !== 'string') return null;
  if (mine === null || theirs === null || th === null || confirm === null || peer === null) return null;
  if (finMine == null || finTheirs == null || pair == null || step === undefined || heard === undefined) return null;
  if (address === null || typeof port !== 'number' || typeof reason !== 'number') return null;
  const endpoint: Endpoint = { address, port };
  const bond: Bond = {
    record: record.id,
    mine,
    theirs,
    peer,
    offered,
    th,
    confirm: fromHex(confirm),
    confirmHex: confirm,
    // What was being installed is installed again when the peer says READY: installing twice is installing once.
    step: step === 'storing' || step === 'installing' || step === 'failed' ? 'stored' : step,
    heard,
    known: false,
    reason,
    route: { endpoint, interface: null, from: body['from'] === 'group' ? 'group' : 'unicast' },
    // The port is that of a program which has ended; whoever runs there now listens at the group's.
    also: port === groupPort ? [] : [{ endpoint: { address, port: groupPort }, interface: null, from: 'group' }],
    seen: null,
    owes: false,
    firm: '',
    repeats: 0,
    answered: false,
    old: true,
    given: true,
    challenge: '',
    anew: false,
    proved: false,
    echo: '',
  };
  return { bond, keys: { record: record.id, mine: fromHex(finMine), theirs: fromHex(finTheirs), pair: fromHex(pair) } };
}

const steps = ['storing', 'stored', 'installing', 'installed', 'failed', 'revoked'] as const;
const heards = ['nothing', 'ready', 'done', 'failed', 'cancel'] as const;

function readPeer(value: Json | undefined): PeerIdentity | null {
  if (value === undefined || !isObject(value)) return null;
  const text = (name: string): string | null => {
    const field = value[name];
    return typeof field === 'string' ? field : null;
  };
  const texts = (name: string): readonly string[] | null => {
    const field = value[name];
    if (!Array.isArray(field)) return null;
    const strings = (field as readonly Json[]).filter((item) => typeof item === 'string');
    return strings.length === field.length ? strings : null;
  };
  const [sshKey, userName, hostName, directory] = ['sshKey', 'userName', 'hostName', 'directory'].map(text);
  const [repository, displayName, program] = ['repository', 'displayName', 'program'].map(text);
  const [hostKeys, addresses, sshPort] = [texts('hostKeys'), texts('addresses'), value['sshPort']];
  if (sshKey == null || userName == null || hostName == null || directory == null) return null;
  if (repository == null || displayName == null || program == null) return null;
  if (hostKeys === null || addresses === null || typeof sshPort !== 'number') return null;
  return { sshKey, hostKeys, userName, hostName, directory, repository, displayName, addresses, sshPort, program };
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
