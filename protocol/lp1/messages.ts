/**
 * The datagrams of lp1 and locate: `L P 0x01 type`, then one canonical CBOR map with small integers as keys (SPEC.md §4).
 *
 * Every message has one size, whatever the phrase, names and keys are. What has a proof (SHARE's signature, CONFIRM's tag,
 * the mac of READY, DONE and CANCEL) has it over `body`: the canonical encoding of the map without the proof, so keys that
 * this version does not know are ignored and yet protected.
 */
import { toHex, utf8 } from '../bytes.ts';
import { type Cbor, CborMap, decodeMap, encode, encodedLength, encodedWithout } from '../cbor.ts';
import type { Description, Json, Refusal } from '../contract.ts';

/** Fits one Ethernet frame and every tunnel; IPv6 guarantees 1280 with its headers. */
export const datagramMax = 1200;
/** BEACONs are padded to this: an answer is never longer than what it answers, and the channel's length does not show. */
export const beaconBytes = 96;
export const iidBytes = 16;
/** The identity, padded, and Poly1305's tag. */
export const identityBytes = 1024;
export const boxBytes: number = identityBytes + 16;

/** Of WHERE and HERE (../locate): sealed content, padded, with its tag of 16 bytes. A HERE is 318 B, not three WHEREs of 109. */
export const whereBoxBytes = 64;
export const hereBoxBytes = 272;

export type Message =
  | {
      readonly kind: 'BEACON';
      readonly from: Uint8Array;
      readonly channel: string;
      readonly version: number;
      /** For the one who is addressed to return; null in a BEACON to everybody. */
      readonly cookie: Uint8Array | null;
      readonly returned: Uint8Array | null;
    }
  | Share
  | Confirm
  | Fin
  | { readonly kind: 'HINT'; readonly from: Uint8Array; readonly to: Uint8Array; readonly versions: readonly number[] }
  | {
      readonly kind: 'WHERE' | 'HERE';
      readonly nonce: Uint8Array;
      readonly tag: Uint8Array;
      readonly box: Uint8Array;
    };

export interface Share {
  readonly kind: 'SHARE';
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly vk: Uint8Array;
  readonly y: Uint8Array;
  readonly ad: Uint8Array;
  readonly cookie: Uint8Array;
  readonly returned: Uint8Array;
  /** The address that it is sent to, as 16 bytes: who finds another one than its own there was sent it by somebody in between. */
  readonly sentTo: Uint8Array;
  readonly sig: Uint8Array;
  readonly body: Uint8Array;
}

export interface Confirm {
  readonly kind: 'CONFIRM';
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly y: Uint8Array;
  readonly ad: Uint8Array;
  readonly box: Uint8Array;
  readonly tag: Uint8Array;
  readonly body: Uint8Array;
}

/** READY, DONE and CANCEL: the end of a conversation, from the record alone. */
export interface Fin {
  readonly kind: 'READY' | 'DONE' | 'CANCEL';
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly status: number;
  readonly reason: number;
  /** First 8 bytes of the TH of the older record that holds the sender back; zeros otherwise. */
  readonly held: Uint8Array;
  readonly mac: Uint8Array;
  readonly body: Uint8Array;
}

export type ReadMessage =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly refusal: Refusal };

export const types = {
  BEACON: 1,
  SHARE: 2,
  CONFIRM: 3,
  READY: 4,
  DONE: 5,
  CANCEL: 6,
  HINT: 7,
  WHERE: 8,
  HERE: 9,
} as const;
export type Kind = keyof typeof types;
const headBytes = 4;
const heads = Object.fromEntries(
  Object.entries(types).map(([kind, type]) => [kind, Uint8Array.of(0x4c, 0x50, 1, type)]),
) as { readonly [kind in Kind]: Uint8Array };
const kinds = new Map<number, Kind>(Object.entries(types).map(([kind, type]) => [type, kind as Kind]));

const nothing: Uint8Array = new Uint8Array(0);
const zeros: Uint8Array = new Uint8Array(beaconBytes);

/** Keys of the maps: one meaning each, over all messages. */
const key = {
  padding: 0,
  from: 1,
  to: 2,
  channel: 3,
  version: 4,
  cookie: 5,
  returned: 6,
  vk: 7,
  y: 8,
  ad: 9,
  sig: 10,
  box: 11,
  tag: 12,
  status: 13,
  reason: 14,
  mac: 15,
  versions: 16,
  nonce: 17,
  held: 18,
  sentTo: 19,
} as const;

// --------------------------------------------------------------------------------------------------------------- write

export function writeBeacon(given: {
  from: Uint8Array;
  channel: string;
  cookie: Uint8Array | null;
  returned: Uint8Array | null;
}): Uint8Array {
  const map = new CborMap([
    [key.padding, nothing],
    [key.from, given.from],
    [key.channel, given.channel],
    [key.version, 1],
  ]);
  if (given.cookie !== null) map.set(key.cookie, given.cookie);
  if (given.returned !== null) map.set(key.returned, given.returned);
  // The padding has two bytes of length, where an empty one has one: it is always longer than 23 bytes and shorter than 256.
  map.set(key.padding, zeros.subarray(0, beaconBytes - headBytes - encodedLength(map) - 1));
  return frame('BEACON', map);
}

/** What SHARE's signature is over, with `shareDomain` before it. */
export function shareBody(share: Omit<Share, 'kind' | 'sig' | 'body'>): Uint8Array {
  return encode(shareMap(share));
}

export function writeShare(share: Omit<Share, 'kind' | 'body'>): Uint8Array {
  return frame('SHARE', shareMap(share, share.sig));
}

export function confirmBody(confirm: Omit<Confirm, 'kind' | 'tag' | 'body'>): Uint8Array {
  return encode(confirmMap(confirm));
}

export function writeConfirm(confirm: Omit<Confirm, 'kind' | 'body'>): Uint8Array {
  return frame('CONFIRM', confirmMap(confirm).set(key.tag, confirm.tag));
}

export function finBody(fin: Omit<Fin, 'kind' | 'mac' | 'body'>): Uint8Array {
  return encode(finMap(fin));
}

export function writeFin(fin: Omit<Fin, 'body'>): Uint8Array {
  return frame(fin.kind, finMap(fin, fin.mac));
}

export function writeHint(hint: { from: Uint8Array; to: Uint8Array; versions: readonly number[] }): Uint8Array {
  return frame(
    'HINT',
    new CborMap([
      [key.from, hint.from],
      [key.to, hint.to],
      [key.versions, hint.versions],
    ]),
  );
}

export function writeSealed(kind: 'WHERE' | 'HERE', nonce: Uint8Array, tag: Uint8Array, box: Uint8Array): Uint8Array {
  return frame(
    kind,
    new CborMap([
      [key.nonce, nonce],
      [key.tag, tag],
      [key.box, box],
    ]),
  );
}

function frame(kind: Kind, map: CborMap): Uint8Array {
  return encode(map, heads[kind]);
}

// Maps are filled in the order of their keys, which is the shortest way.

type Content<T> = Omit<T, 'kind' | 'body' | 'sig' | 'tag' | 'mac'>;

function shareMap(share: Content<Share>, sig: Uint8Array | null = null): CborMap {
  const map = betweenTwo(share)
    .set(key.cookie, share.cookie)
    .set(key.returned, share.returned)
    .set(key.vk, share.vk)
    .set(key.y, share.y)
    .set(key.ad, share.ad);
  if (sig !== null) map.set(key.sig, sig);
  return map.set(key.sentTo, share.sentTo);
}

function confirmMap(confirm: Content<Confirm>): CborMap {
  return betweenTwo(confirm).set(key.y, confirm.y).set(key.ad, confirm.ad).set(key.box, confirm.box);
}

function finMap(fin: Content<Fin>, mac: Uint8Array | null = null): CborMap {
  const map = betweenTwo(fin).set(key.status, fin.status).set(key.reason, fin.reason);
  if (mac !== null) map.set(key.mac, mac);
  return map.set(key.held, fin.held);
}

function betweenTwo({ from, to }: { readonly from: Uint8Array; readonly to: Uint8Array }): CborMap {
  return new CborMap().set(key.from, from).set(key.to, to);
}

// ---------------------------------------------------------------------------------------------------------------- read

/** Reads a datagram. Never throws. Foreign traffic is `not-lanpair`; another major version is `version`. */
export function read(bytes: Uint8Array): ReadMessage {
  if (bytes.length > datagramMax) return malformed('size', `at most ${datagramMax} bytes, not ${bytes.length}`);
  if (bytes[0] !== 0x4c || bytes[1] !== 0x50) return malformed('not-lanpair', 'it does not begin with LP');
  const version = bytes[2] ?? 0;
  if (version !== 1) return refuse('incompatible', 'version', `version 1, not ${version}`);
  const kind = kinds.get(bytes[3] ?? 0);
  if (kind === undefined) return malformed('type', `a type of 1 to 9, not ${bytes[3] ?? 'nothing'}`);
  if (kind === 'BEACON' && bytes.length !== beaconBytes) return malformed('size', `a BEACON of ${beaconBytes} bytes`);
  const decoded = decodeMap(bytes, headBytes);
  if (!decoded.ok) return decoded;
  const message = readers[kind](decoded.value, kind, bytes);
  return message === null ? malformed('fields', `a ${kind} with its fields, each of its size`) : { ok: true, message };
}

const readers: { readonly [kind in Kind]: (map: CborMap, kind: Kind, bytes: Uint8Array) => Message | null } = {
  BEACON: readBeacon,
  SHARE: readShare,
  CONFIRM: readConfirm,
  READY: readFin,
  DONE: readFin,
  CANCEL: readFin,
  HINT: readHint,
  WHERE: readSealed,
  HERE: readSealed,
};

function readBeacon(map: CborMap): Message | null {
  const from = blob(map, key.from, iidBytes);
  const channel = map.get(key.channel);
  const version = map.get(key.version);
  const cookie = map.has(key.cookie) ? blob(map, key.cookie, 8) : null;
  const returned = map.has(key.returned) ? blob(map, key.returned, 8) : null;
  if (from === null || typeof channel !== 'string' || !/^[0-9]{0,3}$/.test(channel)) return null;
  if (typeof version !== 'number' || version < 1) return null;
  if ((map.has(key.cookie) && cookie === null) || (map.has(key.returned) && returned === null)) return null;
  return { kind: 'BEACON', from, channel, version, cookie, returned };
}

function readShare(map: CborMap, _: Kind, bytes: Uint8Array): Message | null {
  const from = blob(map, key.from, iidBytes);
  const to = blob(map, key.to, iidBytes);
  const cookie = blob(map, key.cookie, 8);
  const returned = blob(map, key.returned, 8);
  const vk = blob(map, key.vk, 32);
  const y = blob(map, key.y, 32);
  const sig = blob(map, key.sig, 64);
  const ad = blob(map, key.ad, null);
  const sentTo = blob(map, key.sentTo, 16);
  if (from === null || to === null || cookie === null || returned === null || sentTo === null) return null;
  if (vk === null || y === null || sig === null || ad === null) return null;
  const body = without(map, key.sig, bytes);
  return { kind: 'SHARE', from, to, vk, y, ad, cookie, returned, sentTo, sig, body };
}

function readConfirm(map: CborMap, _: Kind, bytes: Uint8Array): Message | null {
  const from = blob(map, key.from, iidBytes);
  const to = blob(map, key.to, iidBytes);
  const y = blob(map, key.y, 32);
  const box = blob(map, key.box, boxBytes);
  const tag = blob(map, key.tag, 32);
  const ad = blob(map, key.ad, null);
  if (from === null || to === null || y === null || box === null || tag === null || ad === null) return null;
  return { kind: 'CONFIRM', from, to, y, ad, box, tag, body: without(map, key.tag, bytes) };
}

function readFin(map: CborMap, kind: Kind, bytes: Uint8Array): Message | null {
  if (kind !== 'READY' && kind !== 'DONE' && kind !== 'CANCEL') return null;
  const from = blob(map, key.from, iidBytes);
  const to = blob(map, key.to, iidBytes);
  const mac = blob(map, key.mac, 32);
  const held = blob(map, key.held, 8);
  const status = map.get(key.status);
  const reason = map.get(key.reason);
  if (from === null || to === null || mac === null || held === null) return null;
  if (typeof status !== 'number' || typeof reason !== 'number' || status > 23 || reason > 23) return null;
  return { kind, from, to, status, reason, held, mac, body: without(map, key.mac, bytes) };
}

function readHint(map: CborMap): Message | null {
  const [from, to, versions] = [blob(map, key.from, iidBytes), blob(map, key.to, iidBytes), map.get(key.versions)];
  if (from === null || to === null || !Array.isArray(versions) || versions.length > 8) return null;
  const numbers = (versions as readonly Cbor[]).filter((version) => typeof version === 'number');
  return numbers.length === versions.length ? { kind: 'HINT', from, to, versions: numbers } : null;
}

function readSealed(map: CborMap, kind: Kind): Message | null {
  if (kind !== 'WHERE' && kind !== 'HERE') return null;
  const [nonce, tag] = [blob(map, key.nonce, 24), blob(map, key.tag, 8)];
  const box = blob(map, key.box, kind === 'WHERE' ? whereBoxBytes : hereBoxBytes);
  return nonce === null || tag === null || box === null ? null : { kind, nonce, tag, box };
}

/** Bytes of the longest AD: a CONFIRM with it fills a datagram. */
const adMax = 42;

/** The byte string under a key, of that length (null: as an AD has); null where it is not there. */
function blob(map: CborMap, at: number, length: number | null): Uint8Array | null {
  const value = map.get(at);
  if (!(value instanceof Uint8Array)) return null;
  const fits = length === null ? value.length > 0 && value.length <= adMax : value.length === length;
  return fits ? value : null;
}

function without(map: CborMap, proof: number, bytes: Uint8Array): Uint8Array {
  return encodedWithout(map, proof, bytes, headBytes);
}

/** For traces and viewers: what a datagram says. */
export function describe(bytes: Uint8Array): Description {
  const reading = read(bytes);
  if (!reading.ok) return { kind: 'foreign', fields: { rule: reading.refusal.rule, bytes: bytes.length } };
  const message = reading.message as unknown as { readonly [name: string]: unknown };
  const fields: Record<string, Json> = {};
  // Oracles ask it of every datagram: no list of its fields is made for it.
  for (const name in message) {
    if (name === 'kind' || name === 'body' || name === 'box') continue;
    const value = message[name];
    fields[name] = value instanceof Uint8Array ? toHex(value) : (value as Json);
  }
  return { kind: reading.message.kind, fields };
}

function malformed(rule: string, expected: string): ReadMessage {
  return refuse('malformed', rule, expected);
}

function refuse(fault: Refusal['fault'], rule: string, expected: string): ReadMessage {
  return { ok: false, refusal: { fault, rule, detail: `expected ${expected}` } };
}

/** Domain separation of the proofs. */
export const shareDomain: Uint8Array = utf8('lanpair/1 share');
