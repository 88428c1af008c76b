/** Who a simulated machine is: everything follows from its name, so that the same host is the same in every run. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { encodeBase64 } from '../protocol/base64.ts';
import { concat, utf8 } from '../protocol/bytes.ts';
import type { Identity } from '../protocol/contract.ts';

/** A real ed25519 key pair, `line` as in a .pub file without comment. */
export interface SshKey {
  readonly secret: Uint8Array;
  readonly public: Uint8Array;
  readonly line: string;
}

/** Keys are costly to make and depend on nothing but the name: they are kept, up to this many. */
const keysMax = 4096;
const keys: Map<string, SshKey> = new Map();

export function sshKeyOf(name: string): SshKey {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const secret = sha256(utf8(`lanpair simulated ssh key of ${name}`));
  const publicKey = ed25519.getPublicKey(secret);
  const blob = concat(sshString(utf8('ssh-ed25519')), sshString(publicKey));
  const key = { secret, public: publicKey, line: `ssh-ed25519 ${encodeBase64(blob)}` };
  if (keys.size < keysMax) keys.set(name, key);
  return key;
}

export function identityOf(name: string, changes: Partial<Identity> = {}): Identity {
  return {
    hostName: name,
    userName: name,
    directory: '~/annex',
    sshKey: sshKeyOf(name).line,
    hostKeys: [sshKeyOf(`${name} host`).line],
    displayName: name,
    repository: '',
    program: 'lanpair simulator',
    ...changes,
  };
}

/** RFC 4251 string: its length in four bytes, then the bytes. */
export function sshString(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  return concat(Uint8Array.of(length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255), bytes);
}
