/**
 * ssh public keys, parsed and rebuilt: what goes into authorized_keys is never a text that somebody sent.
 *
 * Two types are taken: `ssh-ed25519` (RFC 8709 section 4) and `ssh-rsa` (RFC 4253 section 6.6). git-annex takes exactly
 * these of the common ones; an ecdsa key makes it answer 500, or ends its listener. Options are the danger: a line of
 * authorized_keys may begin with them, and `command="..."` or a second line would grant what nobody agreed to.
 *
 * Deliberately does not check that an ed25519 point or an RSA modulus is a good one: whoever owns the phrase could as
 * well give away his private key.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { decodeBase64, encodeBase64 } from './base64.ts';
import type { Refusal } from './contract.ts';

export interface SshKey {
  readonly type: 'ssh-ed25519' | 'ssh-rsa';
  /** The key as it goes over ssh's wire, with its type inside. */
  readonly blob: Uint8Array;
  /** `type base64`, rebuilt from the blob: one text per key, safe in any file. */
  readonly text: string;
}

export type ParsedSshKey =
  | { readonly ok: true; readonly key: SshKey }
  | { readonly ok: false; readonly refusal: Refusal };

/** Longest text that is looked at, in characters: an RSA key of 8192 bits is 1,400, the rest is room for a comment. */
const keyTextMax = 4096;

/** Below 2048 bits OpenSSH 9 and NIST SP 800-131A refuse; above 8192 a key no longer fits any datagram of ours. */
const modulusBitsMin = 2048;
const modulusBitsMax = 8192;

/** OpenSSL (`OPENSSL_RSA_MAX_PUBEXP_BITS`) takes no longer exponent with large moduli. */
const exponentBitsMax = 64;

/**
 * The key of one line `type base64 [comment]`, as a `.pub` file or a message has it; the end of the line may be there or
 * not. Refuses with one rule: `key-too-long`, `key-lines`, `key-options`, `key-ecdsa`, `key-dss`, `key-type`,
 * `key-base64`, `key-inner-type`, `key-length`, `key-modulus`, `key-exponent`. Never throws.
 */
export function parseSshKey(text: string): ParsedSshKey {
  if (text.length > keyTextMax) return refuse('key-too-long', `at most ${keyTextMax} characters, not ${text.length}`);
  const line = text.endsWith('\n') ? text.slice(0, -1) : text;
  if (/[\p{Cc}\u2028\u2029]/u.test(line)) return refuse('key-lines', 'exactly one line, without control characters');
  const [type = '', base64 = ''] = line.split(' ');
  if (type !== 'ssh-ed25519' && type !== 'ssh-rsa') return refuseType(type, line);
  const blob = decodeBase64(base64);
  if (blob === null || blob.length === 0) {
    return refuse('key-base64', 'after the type and one space, base64 without errors and with its padding');
  }
  const fields = splitFields(blob);
  if (fields === null) return refuse('key-length', 'fields that fill the key exactly');
  if (ascii(fields[0]) !== type) return refuse('key-inner-type', `a key that says inside that it is ${type}`);
  const refusal = type === 'ssh-rsa' ? checkRsa(fields) : checkEd25519(fields);
  return refusal ?? { ok: true, key: { type, blob, text: `${type} ${encodeBase64(blob)}` } };
}

/** As `ssh-keygen -l` shows it: `SHA256:` and base64 without padding. */
export function fingerprint(key: SshKey): string {
  return `SHA256:${encodeBase64(sha256(key.blob)).replace(/=+$/, '')}`;
}

function refuseType(type: string, line: string): ParsedSshKey {
  if (/^(sk-)?ecdsa-/.test(type)) return refuse('key-ecdsa', 'ssh-ed25519 or ssh-rsa: git-annex fails on ecdsa keys');
  if (type.startsWith('ssh-dss')) return refuse('key-dss', 'ssh-ed25519 or ssh-rsa: DSA is broken');
  if (/[ ,"=](ssh-|ecdsa-|sk-)/.test(line)) return refuse('key-options', 'a key without options before it');
  return refuse('key-type', 'a line that begins with ssh-ed25519 or ssh-rsa');
}

function checkEd25519(fields: readonly Uint8Array[]): ParsedSshKey | null {
  if (fields.length === 2 && fields[1]?.length === 32) return null;
  return refuse('key-length', 'an ed25519 key of one field of 32 bytes');
}

function checkRsa(fields: readonly Uint8Array[]): ParsedSshKey | null {
  const [, exponent, modulus] = fields;
  if (fields.length !== 3 || exponent === undefined || modulus === undefined) {
    return refuse('key-length', 'an RSA key of two numbers');
  }
  const exponentBits = oddBits(exponent);
  if (exponentBits < 2 || exponentBits > exponentBitsMax) {
    return refuse('key-exponent', `an odd exponent from 3, of at most ${exponentBitsMax} bits`);
  }
  const bits = oddBits(modulus);
  if (bits >= modulusBitsMin && bits <= modulusBitsMax) return null;
  return refuse('key-modulus', `an odd RSA modulus of ${modulusBitsMin} to ${modulusBitsMax} bits, not ${bits} bits`);
}

/** Length in bits of an mpint (RFC 4251 section 5) that is positive, odd and as short as can be; 0 for any other. */
function oddBits(mpint: Uint8Array): number {
  const [first = 0, second = 0] = mpint;
  const padded = first === 0;
  if (mpint.length === 0 || first > 127 || (padded && second < 128)) return 0;
  if ((mpint[mpint.length - 1] ?? 0) % 2 === 0) return 0;
  const top = padded ? second : first;
  return 8 * (mpint.length - (padded ? 2 : 1)) + (32 - Math.clz32(top));
}

/** The fields of a blob, each a 32-bit length and as many bytes; null unless they fill it exactly. */
function splitFields(blob: Uint8Array): Uint8Array[] | null {
  const fields: Uint8Array[] = [];
  let at = 0;
  while (at < blob.length) {
    if (blob.length - at < 4) return null;
    const end = at + 4 + lengthAt(blob, at);
    if (end > blob.length) return null;
    fields.push(blob.slice(at + 4, end));
    at = end;
  }
  return fields;
}

/** By hand: a view of a short array takes longer to make than to read. */
function lengthAt(blob: Uint8Array, at: number): number {
  let length = 0;
  for (let i = 0; i < 4; i++) length = length * 256 + (blob[at + i] ?? 0);
  return length;
}

function ascii(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : String.fromCharCode(...bytes);
}

/** `expected` says what would have been right; the key itself is not quoted. */
function refuse(rule: string, expected: string): ParsedSshKey {
  const foreign = rule === 'key-ecdsa' || rule === 'key-dss' || rule === 'key-type';
  return {
    ok: false,
    refusal: { fault: foreign ? 'incompatible' : 'malformed', rule, detail: `expected ${expected}` },
  };
}
