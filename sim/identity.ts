/** Who a simulated machine is: everything follows from its name, so that the same host is the same in every run. */
import { sha256 } from '@noble/hashes/sha2.js';
import { encodeBase64 } from '../protocol/base64.ts';
import { concat, utf8 } from '../protocol/bytes.ts';
import type { Identity, Suite } from '../protocol/contract.ts';

/** An ed25519 key pair of the suite (a real one of the real suite); `line` as in a .pub file without comment. */
export interface SshKey {
  readonly seed: Uint8Array;
  readonly line: string;
}

/** Keys are costly to make and depend on nothing but the suite and the name: they are kept, up to this many. */
const keysMax = 4096;
const keys: Map<string, SshKey> = new Map();

export function sshKeyOf(name: string, suite: Suite): SshKey {
  const id = `${suite.name} ${name}`;
  const known = keys.get(id);
  if (known !== undefined) return known;
  const seed = sha256(utf8(`lanpair simulated ssh key of ${name}`));
  const blob = concat(sshString(utf8('ssh-ed25519')), sshString(suite.signatures.publicKey(seed)));
  const key = { seed, line: `ssh-ed25519 ${encodeBase64(blob)}` };
  if (keys.size < keysMax) keys.set(id, key);
  return key;
}

export function identityOf(name: string, suite: Suite, changes: Partial<Identity> = {}): Identity {
  return {
    hostName: name,
    userName: name,
    directory: '~/annex',
    sshKey: sshKeyOf(name, suite).line,
    hostKeys: [sshKeyOf(`${name} host`, suite).line],
    displayName: name,
    repository: '',
    program: 'lanpair simulator',
    ...changes,
  };
}

/** RFC 4251 string: its length in four bytes, then the bytes. */
function sshString(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  return concat(Uint8Array.of(length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255), bytes);
}
