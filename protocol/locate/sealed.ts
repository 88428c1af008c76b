/**
 * WHERE and HERE as bytes: keys from the pair key, sealed contents of one size (SPEC.md §3 and §4).
 *
 * To anybody without the pair key each datagram is a fresh nonce and random-looking bytes: no name, no id, nothing that
 * two of them have in common. Each direction has its own keys, so that what one side said cannot be sent back to it.
 */
import { compareBytes, concat, equalBytes, fresh, fromHex, utf8 } from '../bytes.ts';
import { type Cbor, CborMap, decodeMap, encode } from '../cbor.ts';
import type { Suite } from '../contract.ts';
import { hereBoxBytes, type Message, types, whereBoxBytes, writeSealed } from '../lp1/messages.ts';

export type Sealed = Extract<Message, { kind: 'WHERE' | 'HERE' }>;

/** What a side holds of the pairing: a record; a record, and the peer's key is installed; it has taken the pairing back. */
export const standings = { stored: 1, installed: 2, revoked: 3 } as const;
export type Standing = keyof typeof standings;

/** A place in the order of everything that one side asks: WHEREs before it are over. */
export interface Place {
  readonly epoch: number;
  readonly n: number;
}

export interface Where extends Place {
  /** The asker has another address than before. */
  readonly moved: boolean;
  readonly standing: Standing;
}

export interface Here extends Place {
  /** Nonce of the WHERE that it answers. */
  readonly asked: Uint8Array;
  /** 4 or 16 bytes each. */
  readonly addresses: readonly Uint8Array[];
  readonly standing: Standing;
}

/** Keys of one direction, 32 bytes each: `id` makes tags, `q` seals WHEREs, `a` HEREs. */
export interface SealKeys {
  readonly id: Uint8Array;
  readonly q: Uint8Array;
  readonly a: Uint8Array;
}

/** Twelve IPv6 addresses fill the box. */
export const addressesMax = 12;
/** Far beyond what one step a second would reach, and exact in a double. */
export const epochMax: number = 2 ** 48;
export const nMax: number = 2 ** 32 - 1;

/** One meaning each, over both messages. */
const key = { asked: 1, addresses: 2, epoch: 3, n: 4, standing: 5, flags: 6 } as const;

// ---------------------------------------------------------------------------------------------------------------- keys

/** `mine` and `theirs` are the iids of the pairing (hex): the lower one's side is `lo`. */
export function sealKeys(
  suite: Suite,
  pair: Uint8Array,
  mine: string,
  theirs: string,
): { readonly mine: SealKeys; readonly theirs: SealKeys } {
  const direction = (side: 'lo' | 'hi'): SealKeys => {
    const keyOf = (name: string): Uint8Array =>
      suite.expand(pair, new Uint8Array(0), utf8(`lanpair/1 ${name} ${side}`), 32);
    return { id: keyOf('id'), q: keyOf('q'), a: keyOf('a') };
  };
  const low = compareBytes(fromHex(mine), fromHex(theirs)) < 0;
  return { mine: direction(low ? 'lo' : 'hi'), theirs: direction(low ? 'hi' : 'lo') };
}

/** Whose it is, for the one who knows the key: 8 bytes, checked before anything is decrypted. */
export function tagOf(suite: Suite, { id }: SealKeys, kind: Sealed['kind'], nonce: Uint8Array): Uint8Array {
  return suite.hmac(id, concat(Uint8Array.of(types[kind]), nonce)).slice(0, 8);
}

// --------------------------------------------------------------------------------------------------------------- write

export function writeWhere(suite: Suite, keys: SealKeys, nonce: Uint8Array, where: Where): Uint8Array {
  const content = new CborMap([
    [key.epoch, where.epoch],
    [key.n, where.n],
    [key.standing, standings[where.standing]],
    [key.flags, where.moved ? 1 : 0],
  ]);
  return seal(suite, keys, { kind: 'WHERE', nonce, content });
}

export function writeHere(suite: Suite, keys: SealKeys, nonce: Uint8Array, here: Here): Uint8Array {
  const content = new CborMap([
    [key.asked, here.asked],
    [key.addresses, here.addresses.slice(0, addressesMax)],
    [key.epoch, here.epoch],
    [key.n, here.n],
    [key.standing, standings[here.standing]],
  ]);
  return seal(suite, keys, { kind: 'HERE', nonce, content });
}

/** What is inside a box before it is sealed: two bytes of length, canonical CBOR, zeros. */
export function padded(kind: Sealed['kind'], content: CborMap): Uint8Array {
  const bytes = encode(content);
  const room = fresh((kind === 'WHERE' ? whereBoxBytes : hereBoxBytes) - 16);
  room.set([bytes.length >> 8, bytes.length & 0xff]);
  room.set(bytes, 2);
  return room;
}

function seal(
  suite: Suite,
  keys: SealKeys,
  { kind, nonce, content }: { kind: Sealed['kind']; nonce: Uint8Array; content: CborMap },
): Uint8Array {
  const tag = tagOf(suite, keys, kind, nonce);
  const box = suite.aead.seal(kind === 'WHERE' ? keys.q : keys.a, nonce, padded(kind, content), tag);
  return writeSealed(kind, nonce, tag, box);
}

// ---------------------------------------------------------------------------------------------------------------- read

/** `foreign`: none of this direction's. `garbled`: sealed with its keys, and yet not what the specification says. */
export type Opened<T> = T | 'foreign' | 'garbled';

export function readWhere(suite: Suite, keys: SealKeys, message: Sealed): Opened<Where> {
  const map = open(suite, keys, message);
  if (map === 'foreign' || map === 'garbled') return map;
  const place = placeIn(map);
  const standing = standingIn(map);
  const flags = map.get(key.flags);
  if (place === null || standing === null || typeof flags !== 'number') return 'garbled';
  return { ...place, moved: flags % 2 === 1, standing };
}

export function readHere(suite: Suite, keys: SealKeys, message: Sealed): Opened<Here> {
  const map = open(suite, keys, message);
  if (map === 'foreign' || map === 'garbled') return map;
  const place = placeIn(map);
  const standing = standingIn(map);
  const asked = map.get(key.asked);
  const addresses = addressesIn(map.get(key.addresses));
  if (place === null || standing === null || addresses === null) return 'garbled';
  if (!(asked instanceof Uint8Array) || asked.length !== 24) return 'garbled';
  return { ...place, asked: new Uint8Array(asked), addresses, standing };
}

function open(suite: Suite, keys: SealKeys, message: Sealed): Opened<CborMap> {
  const { kind, nonce, tag, box } = message;
  if (!equalBytes(tagOf(suite, keys, kind, nonce), tag)) return 'foreign';
  const content = suite.aead.open(kind === 'WHERE' ? keys.q : keys.a, nonce, box, tag);
  if (content === null) return 'foreign';
  const length = ((content[0] ?? 0) << 8) | (content[1] ?? 0);
  if (length > content.length - 2 || content.subarray(2 + length).some((byte) => byte !== 0)) return 'garbled';
  const decoded = decodeMap(content.subarray(2, 2 + length));
  return decoded.ok ? decoded.value : 'garbled';
}

function placeIn(map: CborMap): Place | null {
  const [epoch, n] = [map.get(key.epoch), map.get(key.n)];
  if (typeof epoch !== 'number' || typeof n !== 'number') return null;
  return epoch <= epochMax && n <= nMax ? { epoch, n } : null;
}

function standingIn(map: CborMap): Standing | null {
  const code = map.get(key.standing);
  const found = Object.entries(standings).find(([, known]) => known === code);
  return found === undefined ? null : (found[0] as Standing);
}

function addressesIn(value: Cbor | undefined): readonly Uint8Array[] | null {
  if (!Array.isArray(value) || value.length > addressesMax) return null;
  const addresses: Uint8Array[] = [];
  for (const item of value as readonly Cbor[]) {
    if (!(item instanceof Uint8Array) || (item.length !== 4 && item.length !== 16)) return null;
    addresses.push(new Uint8Array(item));
  }
  return addresses;
}
