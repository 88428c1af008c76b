/**
 * An ideal suite for mass runs: the same interface and sizes as the real one, at a hundredth of its cost.
 *
 * Every value is a term written as bytes. A hash is a 128-bit mix stretched to its length; a group element is the pair
 * (generator, exponent) hidden by a fixed permutation, so that products commute; a signature and a ciphertext carry a mix
 * that only this module can make. Nothing is secure against somebody who reads this file: the model is that adversaries
 * in a simulation compute through the `Suite` interface alone, and through it nobody can do what the rules of the ideal
 * objects forbid: no discrete logarithms, no forged signatures, no opening without the key, no collisions by luck
 * (2^-64 or so a pair). There is no registry and no state, so equal inputs give equal bytes anywhere.
 */
import { concat, equalBytes, fresh, utf8 } from './bytes.ts';
import type { Aead, Group, Signatures, Suite } from './contract.ts';

/** Exponents live modulo this prime, 2^61 - 1. */
const prime = (1n << 61n) - 1n;

/** 64 bytes that depend on every byte given, and on the label. Four lanes of 32-bit multiply and rotate, then stretched. */
function mix(label: number, parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  let a = 0x9e3779b9 ^ label;
  let b = 0x85ebca6b ^ (label << 8);
  let c = 0xc2b2ae35 ^ length;
  let d = 0x27d4eb2f;
  for (const part of parts) {
    a = Math.imul(a ^ part.length, 0x2c1b3c6d);
    const { length: size } = part;
    // Eight bytes a round. The two words go into lanes that do not wait for each other, and then each into another one.
    for (let i = 0; i < size; i += 8) {
      const x = i + 4 <= size ? wordAt(part, i) : lastWord(part, i);
      const y = i + 8 <= size ? wordAt(part, i + 4) : lastWord(part, i + 4);
      a = Math.imul((a ^ x) + d, 0xcc9e2d51);
      c = Math.imul((c ^ y) + b, 0x297a2d39);
      a ^= a >>> 15;
      c ^= c >>> 16;
      b = Math.imul((b + y) ^ a, 0x1b873593);
      d = Math.imul((d + x) ^ c, 0x165667b1);
      b ^= b >>> 13;
      d ^= d >>> 14;
    }
  }
  const out = fresh(length);
  for (let at = 0; at < length; at += 4) {
    a = Math.imul(a ^ (d >>> 12) ^ at, 0x85ebca77);
    b = Math.imul(b + a, 0xc2b2ae3d) ^ (b >>> 17);
    c = Math.imul(c ^ b, 0x27d4eb2f) + a;
    d = Math.imul(d + c, 0x9e3779b1) ^ (c >>> 11);
    const word = a ^ (b >>> 3) ^ c ^ (d << 5);
    out[at] = word;
    out[at + 1] = word >>> 8;
    out[at + 2] = word >>> 16;
    out[at + 3] = word >>> 24;
  }
  return out;
}

/** Four bytes, little endian. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** The one to three bytes at the end, and zeros. */
function lastWord(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
}

/** Hides a 32-byte term: a Feistel network of four rounds on its halves. Its own inverse is `reveal`. */
function hide(term: Uint8Array): Uint8Array {
  return feistel(term, [0, 1, 2, 3]);
}

function reveal(element: Uint8Array): Uint8Array {
  return feistel(element, [3, 2, 1, 0]);
}

function feistel(block: Uint8Array, rounds: readonly number[]): Uint8Array {
  let left = block.slice(0, 16);
  let right = block.slice(16, 32);
  for (const round of rounds) {
    const next = mix(64 + round, [right], 16);
    for (let i = 0; i < 16; i++) next[i] = (next[i] as number) ^ (left[i] as number);
    left = right;
    right = next;
  }
  return concat(right, left);
}

/** Hides bytes in a pad that is as long, which becomes them. */
function hideIn(pad: Uint8Array<ArrayBuffer>, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  for (let i = 0; i < pad.length; i++) pad[i] = (pad[i] as number) ^ (bytes[i] as number);
  return pad;
}

/** Little endian, the bytes from `start` to `end`; four divides how many they are. */
function toInteger(bytes: Uint8Array, start = 0, end: number = bytes.length): bigint {
  let sum = 0n;
  for (let at = end - 4; at >= start; at -= 4) sum = (sum << 32n) | BigInt(wordAt(bytes, at) >>> 0);
  return sum;
}

/** Of an integer below 2^64, in `length` bytes, at least 8. */
function fromInteger(integer: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const [low, high] = [Number(integer & 0xffff_ffffn), Number(integer >> 32n)];
  for (let i = 0; i < 4; i++) {
    bytes[i] = low >>> (8 * i);
    bytes[4 + i] = high >>> (8 * i);
  }
  return bytes;
}

/** Term of an element: 16 bytes of generator, 8 of exponent, 8 of check (else any bytes would decode). */
function elementOf(generator: Uint8Array, exponent: bigint): Uint8Array {
  const core = concat(generator, fromInteger(exponent, 8));
  return hide(concat(core, mix(5, [core], 8)));
}

const group: Group = {
  element: (uniform) => elementOf(mix(6, [uniform], 16), 1n),
  scalar: (uniform) => fromInteger(toInteger(mix(7, [uniform], 8)) % prime, 32),
  multiply: (scalar, element) => {
    if (element.length !== 32) return null;
    const term = reveal(element);
    if (!equalBytes(mix(5, [term.slice(0, 24)], 8), term.slice(24))) return null;
    const product = (toInteger(term, 16, 24) * toInteger(scalar)) % prime;
    return product === 0n ? null : elementOf(term.slice(0, 16), product);
  },
};

const signatures: Signatures = {
  publicKey: (seed) => mix(8, [seed], 32),
  sign: (seed, bytes) => mix(9, [mix(8, [seed], 32), bytes], 64),
  verify: (publicKey, bytes, signature) => equalBytes(mix(9, [publicKey, bytes], 64), signature),
};

const aead: Aead = {
  seal: (key, nonce, plaintext, associated) => {
    const hidden = hideIn(mix(10, [key, nonce], plaintext.length), plaintext);
    return concat(hidden, mix(11, [key, nonce, hidden, associated], 16));
  },
  open: (key, nonce, ciphertext, associated) => {
    if (ciphertext.length < 16) return null;
    const hidden = ciphertext.subarray(0, -16);
    if (!equalBytes(mix(11, [key, nonce, hidden, associated], 16), ciphertext.subarray(-16))) return null;
    return hideIn(mix(10, [key, nonce], hidden.length), hidden);
  },
};

export const symbolicSuite: Suite = {
  name: 'symbolic',
  hash: (bytes) => mix(1, [bytes], 64),
  hmacSha1: (key, bytes) => mix(2, [key, bytes], 20),
  derive: (entropy, label, context, length) => mix(3, [entropy, utf8(label), context], length),
  hmac: (key, bytes) => mix(4, [key, bytes], 64),
  expand: (key, salt, info, length) => mix(12, [key, salt, info], length),
  group,
  signatures,
  aead,
};
