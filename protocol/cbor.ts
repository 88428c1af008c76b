/**
 * Canonical CBOR (RFC 8949 §4.2.1), strictly: one value has one encoding, and any other bytes are refused.
 *
 * Of CBOR only what the messages need: unsigned integers below 2^53, byte strings, text, arrays, and maps whose keys are
 * unsigned integers. Definite lengths, shortest heads, keys in ascending order, at most 4 deep. One pass over the bytes,
 * for every datagram of a stranger comes through here.
 */
import { fresh, fromUtf8, inObject, utf8, utf8Length } from './bytes.ts';
import type { Refusal } from './contract.ts';

/** Arrays and maps may be nested this deep, the outermost counted. */
export const depthMax = 4;

export type Cbor = number | string | Uint8Array | readonly Cbor[] | CborMap;

/**
 * A map in the order of its keys, which are never property names. Two short lists: a message has some ten keys, and of all
 * that is made for a datagram a `Map` would be the largest part.
 */
export class CborMap {
  private readonly keys: number[] = [];
  private readonly values: Cbor[] = [];

  constructor(entries: Iterable<readonly [number, Cbor]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.keys.length;
  }

  get(key: number): Cbor | undefined {
    return this.values[this.keys.indexOf(key)];
  }

  has(key: number): boolean {
    return this.keys.includes(key);
  }

  set(key: number, value: Cbor): this {
    const { keys, values } = this;
    let at = keys.length;
    while (at > 0 && (keys[at - 1] as number) >= key) at--;
    const isThere = keys[at] === key;
    if (at === keys.length) {
      keys.push(key);
      values.push(value);
    } else {
      keys.splice(at, isThere ? 1 : 0, key);
      values.splice(at, isThere ? 1 : 0, value);
    }
    return this;
  }

  keyAt(place: number): number {
    return this.keys[place] as number;
  }

  valueAt(place: number): Cbor {
    return this.values[place] as Cbor;
  }

  *[Symbol.iterator](): Generator<readonly [number, Cbor]> {
    for (let place = 0; place < this.size; place++) yield [this.keyAt(place), this.valueAt(place)];
  }
}

export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** Major types, already in the place that they have in a head. */
const major = { unsigned: 0x00, bytes: 0x40, text: 0x60, array: 0x80, map: 0xa0 } as const;

// -------------------------------------------------------------------------------------------------------------- encode

/**
 * With `prefix` before it. Throws RangeError for what has no place in it (a negative number): only our own code can ask for
 * that.
 */
export function encode(value: Cbor, prefix: Uint8Array = nothing): Uint8Array {
  const bytes = fresh(prefix.length + encodedLength(value));
  bytes.set(prefix);
  put(bytes, prefix.length, value);
  return bytes;
}

const nothing: Uint8Array = new Uint8Array(0);

/**
 * `encode` of a map without one of its keys, made from the bytes that encode the map, from `start` to their end: what is
 * canonical stays so.
 */
export function encodedWithout(map: CborMap, key: number, bytes: Uint8Array, start: number): Uint8Array {
  // From the end: what is taken out is a proof, which stands last or nearly so.
  let rest = bytes.length;
  let place = map.size - 1;
  for (; place >= 0 && map.keyAt(place) > key; place--) rest -= entryLength(map, place);
  const isThere = place >= 0 && map.keyAt(place) === key;
  const at = isThere ? rest - entryLength(map, place) : rest;
  const from = start + headLength(map.size);
  const size = isThere ? map.size - 1 : map.size;
  const head = headLength(size);
  const out = fresh(head + at - from + bytes.length - rest);
  putHead(out, 0, major.map, size);
  out.set(bytes.subarray(from, at), head);
  out.set(bytes.subarray(rest), head + at - from);
  return out;
}

function entryLength(map: CborMap, place: number): number {
  return headLength(map.keyAt(place)) + encodedLength(map.valueAt(place));
}

/** How many bytes `encode` makes of it. */
export function encodedLength(value: Cbor): number {
  if (typeof value === 'number') return headLength(value);
  if (typeof value === 'string') {
    const length = utf8Length(value);
    return headLength(length) + length;
  }
  if (value instanceof Uint8Array) return headLength(value.length) + value.length;
  if (!(value instanceof CborMap)) {
    let length = headLength(value.length);
    for (const item of value) length += encodedLength(item);
    return length;
  }
  let length = headLength(value.size);
  for (let place = 0; place < value.size; place++) length += entryLength(value, place);
  return length;
}

/** Writes it at `at`, and answers where it ends. */
function put(out: Uint8Array, at: number, value: Cbor): number {
  if (typeof value === 'number') return putHead(out, at, major.unsigned, value);
  if (typeof value === 'string') return putString(out, at, major.text, utf8(value));
  if (value instanceof Uint8Array) return putString(out, at, major.bytes, value);
  let end = at;
  if (!(value instanceof CborMap)) {
    end = putHead(out, end, major.array, value.length);
    for (const item of value) end = put(out, end, item);
    return end;
  }
  end = putHead(out, end, major.map, value.size);
  for (let place = 0; place < value.size; place++) {
    end = put(out, putHead(out, end, major.unsigned, value.keyAt(place)), value.valueAt(place));
  }
  return end;
}

function putString(out: Uint8Array, at: number, type: number, bytes: Uint8Array): number {
  const start = putHead(out, at, type, bytes.length);
  out.set(bytes, start);
  return start + bytes.length;
}

function headLength(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`CBOR: ${value} is no unsigned integer`);
  return value < 24 ? 1 : value < 0x100 ? 2 : value < 0x1_0000 ? 3 : value < 0x1_0000_0000 ? 5 : 9;
}

function putHead(out: Uint8Array, at: number, type: number, value: number): number {
  const length = headLength(value);
  out[at] = type | (length === 1 ? value : length === 2 ? 24 : length === 3 ? 25 : length === 5 ? 26 : 27);
  let rest = value;
  for (let last = at + length - 1; last > at; last--) {
    out[last] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return at + length;
}

// -------------------------------------------------------------------------------------------------------------- decode

/**
 * The one value that these bytes encode, all of them from `start` on. Byte strings of more than 64 bytes are views of them:
 * they are not to be changed. Never throws.
 */
export function decode(bytes: Uint8Array, start = 0): Decoded<Cbor> {
  const reader: Reader = { bytes, at: start, flaw: null };
  const value = readItem(reader, depthMax);
  const flaw = reader.flaw ?? (reader.at === bytes.length ? null : 'bytes after the end');
  return flaw === null && value !== null
    ? { ok: true, value }
    : { ok: false, refusal: { fault: 'malformed', rule: 'cbor', detail: flaw ?? 'undecodable' } };
}

/** As `decode`, where the outermost value must be a map. */
export function decodeMap(bytes: Uint8Array, start = 0): Decoded<CborMap> {
  const decoded = decode(bytes, start);
  if (!decoded.ok) return decoded;
  return decoded.value instanceof CborMap
    ? { ok: true, value: decoded.value }
    : {
        ok: false,
        refusal: { fault: 'malformed', rule: 'cbor', detail: 'a map was expected outermost' },
      };
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
  /** What was wrong first; nothing is read after it. */
  flaw: string | null;
}

function fail(reader: Reader, flaw: string): null {
  reader.flaw ??= flaw;
  return null;
}

/** The next item, in which arrays and maps may be nested `depth` deep; null with a flaw. */
function readItem(reader: Reader, depth: number): Cbor | null {
  const { bytes, at } = reader;
  const type = (bytes[at] ?? 0) & 0xe0;
  const value = readHead(reader);
  if (value === null) return null;
  switch (type) {
    case major.unsigned:
      return value;
    case major.bytes:
    case major.text: {
      const start = reader.at;
      if (value > bytes.length - start) return fail(reader, 'cut off');
      const end = start + value;
      reader.at = end;
      if (type === major.bytes) return stringAt(bytes, start, end);
      return fromUtf8(bytes, start, end) ?? fail(reader, 'text that is no UTF-8');
    }
    default: {
      if (depth === 0) return fail(reader, `nested deeper than ${depthMax}`);
      // Each item takes a byte: a count beyond what is left is refused before anything is made for it.
      if (value > bytes.length - reader.at) return fail(reader, 'cut off');
      return type === major.array ? readArray(reader, value, depth - 1) : readMap(reader, value, depth - 1);
    }
  }
}

/**
 * A copy of what is short, made by hand, so that it does not hold the whole datagram; a view of what is most of it anyway.
 * What has no room in an object of the engine costs ten times as much to make. (`slice` of a Node Buffer would be no copy.)
 */
function stringAt(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length > inObject) return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
  const copy = new Uint8Array(length);
  for (let i = 0; i < length; i++) copy[i] = bytes[start + i] as number;
  return copy;
}

function readArray(reader: Reader, count: number, depth: number): readonly Cbor[] | null {
  const items: Cbor[] = [];
  for (let i = 0; i < count; i++) {
    const item = readItem(reader, depth);
    if (item === null) return null;
    items.push(item);
  }
  return items;
}

function readMap(reader: Reader, count: number, depth: number): CborMap | null {
  const map = new CborMap();
  let before = -1;
  for (let i = 0; i < count; i++) {
    const type = (reader.bytes[reader.at] ?? 0) & 0xe0;
    const key = readHead(reader);
    if (key === null) return null;
    if (type !== major.unsigned) return fail(reader, 'a map key that is not an unsigned integer');
    if (key <= before) return fail(reader, key === before ? 'a key repeated' : 'not canonical: keys out of order');
    before = key;
    const item = readItem(reader, depth);
    if (item === null) return null;
    map.set(key, item);
  }
  return map;
}

/** The number in the next head, which must be of a type that we know and no longer than it has to be. */
function readHead(reader: Reader): number | null {
  const { bytes, at } = reader;
  const first = bytes[at];
  if (first === undefined) return fail(reader, 'cut off');
  const type = first >> 5;
  const short = first & 31;
  if (type === 1 || type > 5) return fail(reader, 'a negative number, tag, float or simple value');
  if (short > 27) return fail(reader, 'an indefinite or reserved length');
  if (short < 24) {
    reader.at = at + 1;
    return short;
  }
  const size = 1 << (short - 24);
  const end = at + 1 + size;
  if (end > bytes.length) return fail(reader, 'cut off');
  let value = 0;
  for (let i = at + 1; i < end; i++) value = value * 256 + (bytes[i] ?? 0);
  if (!Number.isSafeInteger(value)) return fail(reader, 'an integer beyond 2^53');
  if (value < (size === 1 ? 24 : 2 ** (4 * size)))
    return fail(reader, 'not canonical: a head longer than it has to be');
  reader.at = end;
  return value;
}
