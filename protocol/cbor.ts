/**
 * Canonical CBOR (RFC 8949 §4.2.1), strictly: one value has one encoding, and any other bytes are refused.
 *
 * Of CBOR only what the messages need: unsigned integers, byte strings, text, arrays, and maps whose keys are unsigned
 * integers. Definite lengths, shortest heads, keys sorted and unique, at most 4 deep. cborg does the work; what it would
 * let through (a depth of 1,189, unsorted keys, tags) is caught by a scan before it and by re-encoding after it. Maps are
 * `Map`s, so a key is never a property name.
 */
import { decode as cborgDecode, encode as cborgEncode } from 'cborg';
import { equalBytes } from './bytes.ts';
import type { Refusal } from './contract.ts';

/** Arrays and maps may be nested this deep, the outermost counted. */
export const depthMax = 4;

export type Cbor = number | string | Uint8Array | readonly Cbor[] | CborMap;
export type CborMap = ReadonlyMap<number, Cbor>;

export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** Throws for what has no place in it (a negative number): only our own code can ask for that. */
export function encode(value: Cbor): Uint8Array {
  // A copy: on Node cborg hands out a Buffer of a shared pool, and what is in a state must be plain bytes.
  return new Uint8Array(cborgEncode(value, { typeEncoders: {} }));
}

/** The one value that these bytes encode, all of them. Never throws. */
export function decode(bytes: Uint8Array): Decoded<Cbor> {
  const flaw = scan(bytes);
  if (flaw !== null) return refused('cbor', flaw);
  try {
    const value = cborgDecode(bytes, {
      useMaps: true,
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      rejectDuplicateMapKeys: true,
    }) as Cbor;
    return equalBytes(encode(value), bytes) ? { ok: true, value } : refused('cbor', 'not the canonical encoding');
  } catch (error) {
    return refused('cbor', error instanceof Error ? error.message : 'undecodable');
  }
}

/** As `decode`, where the outermost value must be a map. */
export function decodeMap(bytes: Uint8Array): Decoded<CborMap> {
  const decoded = decode(bytes);
  if (!decoded.ok) return decoded;
  return decoded.value instanceof Map
    ? { ok: true, value: decoded.value as CborMap }
    : refused('cbor', 'a map was expected outermost');
}

function refused(rule: string, detail: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { fault: 'malformed', rule, detail } };
}

/** Walks the heads without recursion. Null where types, lengths and depth are as they must be; else what is not. */
function scan(bytes: Uint8Array): string | null {
  /** How many items each open array or map still wants; of a map, keys are the even counts. */
  const open: { left: number; map: boolean }[] = [];
  let at = 0;
  do {
    const head = readHead(bytes, at);
    if (typeof head === 'string') return head;
    const top = open.at(-1);
    if (top?.map === true && top.left % 2 === 0 && head.major !== 0) return 'a map key that is not an unsigned integer';
    if (top !== undefined) top.left--;
    at = head.end;
    if (head.major === 2 || head.major === 3) at += head.value;
    if (at > bytes.length) return 'cut off';
    if (head.major === 4 || head.major === 5) {
      open.push({ left: head.major === 5 ? head.value * 2 : head.value, map: head.major === 5 });
      if (open.length > depthMax) return `nested deeper than ${depthMax}`;
    }
    while (open.at(-1)?.left === 0) open.pop();
  } while (open.length > 0);
  return at === bytes.length ? null : 'bytes after the end';
}

/** Unsigned integers, byte strings, text, arrays and maps are the major types 0, 2, 3, 4 and 5. */
function readHead(bytes: Uint8Array, at: number): string | { major: number; value: number; end: number } {
  const first = bytes[at];
  if (first === undefined) return 'cut off';
  const major = first >> 5;
  const short = first & 31;
  if (major === 1 || major > 5) return 'a negative number, tag, float or simple value';
  if (short > 27) return 'an indefinite or reserved length';
  const size = short < 24 ? 0 : 1 << (short - 24);
  if (at + 1 + size > bytes.length) return 'cut off';
  let value = short;
  if (size > 0) value = bytes.subarray(at + 1, at + 1 + size).reduce((sum, byte) => sum * 256 + byte, 0);
  if (!Number.isSafeInteger(value)) return 'an integer beyond 2^53';
  return { major, value, end: at + 1 + size };
}
