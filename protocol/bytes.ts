/** Bytes and text, without anything of a platform (the core's world has no TextEncoder, Buffer or atob). */
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * So many zeros, to be written to by who asks for them and by nobody later. V8 keeps up to 64 bytes in the object itself; of
 * what is longer it asks the system for memory of its own, at ten times the price of a part of a larger piece: some 2 us for the
 * bytes of a datagram, ninety times in a pairing. So they are such parts, as of Node's `Buffer.allocUnsafe`. Their `buffer` is
 * therefore not theirs alone.
 */
export function fresh(length: number): Uint8Array<ArrayBuffer> {
  if (length <= inObject || length > shareMax) return new Uint8Array(length);
  if (taken + length > shared.byteLength) [shared, taken] = [new ArrayBuffer(sharedBytes), 0];
  const part = new Uint8Array(shared, taken, length);
  // Who reads words from it needs them where words can be.
  taken += (length + 7) & ~7;
  return part;
}

/** Bytes that V8 keeps in the object of a typed array. */
export const inObject = 64;
/** A piece is kept for as long as any of its parts, so it is not large; and what would fill most of one is alone. */
const sharedBytes = 16_384;
const shareMax = 2048;
let shared: ArrayBuffer = new ArrayBuffer(0);
let taken = 0;

/** Codes of the sixteen digits. */
const digits: readonly number[] = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** By code; -1 where it is no digit. Upper case counts as well. */
const values: Int8Array = new Int8Array(128).fill(-1);
for (const [value, code] of digits.entries()) {
  values[code] = value;
  values[String.fromCharCode(code).toUpperCase().charCodeAt(0)] = value;
}

/** A text is made of so many bytes or units at once. */
const piece = 64;

/** Lower case. Made in few pieces: a text that grows by two digits is a long chain to whoever reads it. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  const codes = Array<number>(2 * Math.min(piece, bytes.length));
  for (let start = 0; start < bytes.length; start += piece) {
    const length = Math.min(piece, bytes.length - start);
    codes.length = 2 * length;
    for (let i = 0; i < length; i++) {
      const byte = bytes[start + i] as number;
      codes[2 * i] = digits[byte >> 4] as number;
      codes[2 * i + 1] = digits[byte & 15] as number;
    }
    text += String.fromCharCode(...codes);
  }
  return text;
}

/** Throws where the text is not of pairs of hexadecimal digits. */
export function fromHex(text: string): Uint8Array {
  const bytes = fresh(text.length >> 1);
  let all = text.length & 1 ? -1 : 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = (valueOf(text.charCodeAt(2 * i)) << 4) | valueOf(text.charCodeAt(2 * i + 1));
    all |= byte;
    bytes[i] = byte;
  }
  return all < 0 ? hexToBytes(text) : bytes;
}

function valueOf(code: number): number {
  return code < 128 ? (values[code] as number) : -1;
}

function ofUnits(units: readonly number[]): string {
  if (units.length <= piece) return String.fromCharCode(...units);
  let text = '';
  for (let at = 0; at < units.length; at += piece) text += String.fromCharCode(...units.slice(at, at + piece));
  return text;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = fresh(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Text in UTF-8; a lone surrogate becomes U+FFFD. Most of our texts are short and ASCII, and written without a call. */
export function utf8(text: string): Uint8Array {
  const bytes = fresh(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return utf8ToBytes(text);
    bytes[i] = unit;
  }
  return bytes;
}

/** How many bytes `utf8` makes of it. */
export function utf8Length(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return utf8ToBytes(text).length;
  return text.length;
}

/**
 * The text that these bytes (or those from `start` to `end`) are in UTF-8 (RFC 3629: shortest forms, no surrogates), or
 * null where they are none.
 */
export function fromUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string | null {
  const units: number[] = [];
  for (let i = start; i < end; ) {
    const first = bytes[i++] ?? 0;
    if (first < 0x80) {
      units.push(first);
      continue;
    }
    const more = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let point = first & (0x3f >> more);
    for (let left = more; left > 0; left--) {
      const next = i < end ? (bytes[i++] ?? 0) : 0;
      if (next >> 6 !== 2) return null;
      point = (point << 6) | (next & 0x3f);
    }
    const least = more === 2 ? 0x800 : 0x1_0000;
    const short = more === 0 || (more > 1 && point < least);
    if (short || point > 0x10_ffff || (point >= 0xd800 && point < 0xe000)) return null;
    if (point < 0x1_0000) units.push(point);
    else units.push(0xd7c0 + (point >> 10), 0xdc00 | (point & 0x3ff));
  }
  return ofUnits(units);
}

/** Equality whose time depends on the lengths alone. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Order of byte strings: bytewise, a prefix first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
