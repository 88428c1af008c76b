/** The user's ssh agent of a simulated host: signs as `ssh-keygen -Y sign` does (OpenSSH PROTOCOL.sshsig), unarmoured. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, utf8 } from '../protocol/bytes.ts';
import { type SshKey, sshString } from './identity.ts';

const magic = utf8('SSHSIG');
const version1 = Uint8Array.of(0, 0, 0, 1);
const empty = new Uint8Array(0);

export function sshSignature(key: SshKey, namespace: string, bytes: Uint8Array): Uint8Array {
  const keyType = sshString(utf8('ssh-ed25519'));
  const frame = concat(sshString(utf8(namespace)), sshString(empty), sshString(utf8('sha512')));
  const signature = ed25519.sign(concat(magic, frame, sshString(sha512(bytes))), key.secret);
  const blob = concat(keyType, sshString(signature));
  return concat(magic, version1, sshString(concat(keyType, sshString(key.public))), frame, sshString(blob));
}
