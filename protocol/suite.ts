/** The real cryptography: @noble, synchronous and pure. */
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, utf8 } from './bytes.ts';
import type { Aead, Group, Signatures, Suite } from './contract.ts';

const separator = Uint8Array.of(0);
const { Point } = ristretto255;

/** ristretto255 (RFC 9496). `multiply` takes secret scalars: noble's `multiply` has no scalar-dependent branches. */
const ristretto: Group = {
  element: (uniform) => {
    if (ristretto255_hasher.deriveToCurve === undefined) throw new Error('@noble/curves lacks the ristretto255 map');
    return ristretto255_hasher.deriveToCurve(uniform).toBytes();
  },
  scalar: (uniform) => numberToBytesLE(bytesToNumberLE(uniform) % Point.Fn.ORDER, 32),
  multiply: (scalar, element) => {
    const factor = bytesToNumberLE(scalar) % Point.Fn.ORDER;
    const point = decode(element);
    if (point === null || point.is0() || factor === 0n) return null;
    return point.multiply(factor).toBytes();
  },
};

function decode(element: Uint8Array): InstanceType<typeof Point> | null {
  try {
    return Point.fromBytes(element);
  } catch {
    return null;
  }
}

/** `zip215: false` is RFC 8032's strict verification: one signature, one verdict, on every implementation. */
const ed25519Strict: Signatures = {
  publicKey: (seed) => ed25519.getPublicKey(seed),
  sign: (seed, bytes) => ed25519.sign(bytes, seed),
  verify: (publicKey, bytes, signature) => {
    try {
      return ed25519.verify(signature, bytes, publicKey, { zip215: false });
    } catch {
      return false;
    }
  },
};

const chacha: Aead = {
  seal: (key, nonce, plaintext, associated) => cipher(nonce)(key, nonce, associated).encrypt(plaintext),
  open: (key, nonce, ciphertext, associated) => {
    try {
      return cipher(nonce)(key, nonce, associated).decrypt(ciphertext);
    } catch {
      return null;
    }
  },
};

function cipher(nonce: Uint8Array): typeof chacha20poly1305 {
  return nonce.length === 24 ? xchacha20poly1305 : chacha20poly1305;
}

export const realSuite: Suite = {
  name: 'real',
  hash: (bytes) => sha512(bytes),
  hmacSha1: (key, bytes) => hmac(sha1, key, bytes),
  derive: (entropy, label, context, length) =>
    hkdf(sha512, entropy, undefined, concat(utf8(label), separator, context), length),
  hmac: (key, bytes) => hmac(sha512, key, bytes),
  expand: (key, salt, info, length) => hkdf(sha512, key, salt, info, length),
  group: ristretto,
  signatures: ed25519Strict,
  aead: chacha,
};
