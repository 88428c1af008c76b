/**
 * Possession of an ssh key: OpenSSH's signature format (PROTOCOL.sshsig), for ssh-ed25519 alone.
 *
 * The signing is an effect (`ssh-keygen -Y sign`, the agent, or our own key). What comes back is the binary blob that
 * ssh-keygen puts between its armour lines; of it 64 bytes travel, because all the rest is known to who verifies.
 */
import { concat, equalBytes, utf8 } from '../bytes.ts';
import type { Suite } from '../contract.ts';

export const namespace = 'lanpair';

const magic: Uint8Array = utf8('SSHSIG');
const version: Uint8Array = Uint8Array.of(0, 0, 0, 1);
const keyType: Uint8Array = field(utf8('ssh-ed25519'));
/** Namespace, reserved, name of the hash. */
const scope: Uint8Array = concat(field(utf8(namespace)), field(utf8('')), field(utf8('sha512')));

// All lengths are known: a blob is the key and the signature between what is always the same.
const beforeHash: Uint8Array = concat(magic, scope, lengthField(64));
const beforeKey: Uint8Array = concat(magic, version, lengthField(keyType.length + 4 + 32), keyType, lengthField(32));
const beforeSignature: Uint8Array = concat(scope, lengthField(keyType.length + 4 + 64), keyType, lengthField(64));

/** What the key signs: `SSHSIG`, namespace, reserved, hash name, SHA-512 of the message. */
export function signedData(suite: Suite, message: Uint8Array): Uint8Array {
  return concat(beforeHash, suite.hash(message));
}

export function verifyPossession(
  suite: Suite,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return suite.signatures.verify(publicKey, signedData(suite, message), signature);
}

/** The blob `ssh-keygen -Y sign` would write for this ed25519 key: for simulators and tests. */
export function sshsigBlob(suite: Suite, seed: Uint8Array, message: Uint8Array): Uint8Array {
  const { signatures } = suite;
  const signature = signatures.sign(seed, signedData(suite, message));
  return concat(beforeKey, signatures.publicKey(seed), beforeSignature, signature);
}

/** The 64 bytes of the signature in a blob that is for this key (32 B) and this namespace; null for any other bytes. */
export function signatureIn(blob: Uint8Array, publicKey: Uint8Array): Uint8Array | null {
  const keyAt = beforeKey.length;
  const scopeAt = keyAt + publicKey.length;
  const signatureAt = scopeAt + beforeSignature.length;
  const isIts =
    blob.length === signatureAt + 64 &&
    equalBytes(blob.subarray(0, keyAt), beforeKey) &&
    equalBytes(blob.subarray(keyAt, scopeAt), publicKey) &&
    equalBytes(blob.subarray(scopeAt, signatureAt), beforeSignature);
  return isIts ? blob.slice(signatureAt) : null;
}

/** An ssh `string`: 32 bits of length, then the bytes. */
function field(bytes: Uint8Array): Uint8Array {
  return concat(lengthField(bytes.length), bytes);
}

/** Of less than 256 bytes. */
function lengthField(length: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, length);
}
