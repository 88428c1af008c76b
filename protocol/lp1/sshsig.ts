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

/** What the key signs: `SSHSIG`, namespace, reserved, hash name, SHA-512 of the message. */
export function signedData(suite: Suite, message: Uint8Array): Uint8Array {
  return concat(magic, scope, field(suite.hash(message)));
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
  const key = concat(keyType, field(suite.signatures.publicKey(seed)));
  const signed = concat(keyType, field(suite.signatures.sign(seed, signedData(suite, message))));
  return concat(magic, version, field(key), scope, field(signed));
}

/** The 64 bytes of the signature in a blob that is for this key and this namespace; null for any other bytes. */
export function signatureIn(blob: Uint8Array, publicKey: Uint8Array): Uint8Array | null {
  const head = concat(magic, version, field(concat(keyType, field(publicKey))), scope);
  const tail = concat(keyType, Uint8Array.of(0, 0, 0, 64));
  const whole = concat(head, Uint8Array.of(0, 0, 0, tail.length + 64), tail);
  if (blob.length !== whole.length + 64 || !equalBytes(blob.subarray(0, whole.length), whole)) return null;
  return blob.slice(whole.length);
}

/** An ssh `string`: 32 bits of length, then the bytes. */
function field(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const out = new Uint8Array(4 + length);
  for (let i = 0; i < 4; i++) out[i] = length >>> (24 - 8 * i);
  out.set(bytes, 4);
  return out;
}
