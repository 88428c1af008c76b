/** Base64 of RFC 4648 section 4, strictly: one text for each byte string, and nothing else is read. */
import { fresh } from './bytes.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** By character code: the six bits of a digit. */
const values: Uint8Array = new Uint8Array(128);
for (let value = 0; value < 64; value++) values[alphabet.charCodeAt(value)] = value;

/** By their value. */
const codes: readonly number[] = Array.from(alphabet, (digit) => digit.charCodeAt(0));

/** A text is made of so many bytes at once: one that grows by single digits is a long chain to whoever reads it. */
const piece = 96;

/** With padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += piece) {
    const end = Math.min(start + piece, bytes.length);
    const units: number[] = [];
    for (let i = start; i < end; i += 3) {
      const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
      units.push(codes[group >> 18] ?? 0, codes[(group >> 12) & 63] ?? 0);
      units.push(codes[(group >> 6) & 63] ?? 0, codes[group & 63] ?? 0);
    }
    text += String.fromCharCode(...units);
  }
  const padding = (3 - (bytes.length % 3)) % 3;
  return padding === 0 ? text : text.slice(0, text.length - padding) + '='.repeat(padding);
}

/** null for other characters, white space, missing or extra padding, and bits set that stand for nothing. */
export function decodeBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const digits = text.length - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);
  const bytes = fresh(Math.floor((digits * 3) / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < digits; i++) {
    held = ((held << 6) | (values[text.charCodeAt(i)] ?? 0)) & 0xff_ff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 0xff;
    }
  }
  return (held & (2 ** bits - 1)) === 0 ? bytes : null;
}
