/** The real cryptography: @noble, synchronous and pure. */
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, utf8 } from './bytes.ts';
import type { Suite } from './contract.ts';

const separator = Uint8Array.of(0);

export const realSuite: Suite = {
  name: 'real',
  hash: (bytes) => sha512(bytes),
  hmacSha1: (key, bytes) => hmac(sha1, key, bytes),
  derive: (entropy, label, context, length) =>
    hkdf(sha512, entropy, undefined, concat(utf8(label), separator, context), length),
};
