/**
 * The identity: who one side says it is, as it travels inside the box of a CONFIRM (SPEC.md §5). 1,024 bytes always: two
 * bytes of length, canonical CBOR, zeros.
 *
 * All of it comes from somebody who proved the phrase and may still be hostile: every field has a rule, a flawed one is
 * refused by the rule's name, and nothing is repaired. ssh keys are parsed and rebuilt.
 */
import { formatAddress, parseAddress, usablePeerAddress } from '../address.ts';
import { encodeBase64 } from '../base64.ts';
import { concat, fresh, utf8 } from '../bytes.ts';
import { type Cbor, CborMap, decodeMap, encode, encodedLength } from '../cbor.ts';
import type { Identity, Interface, Refusal, Suite } from '../contract.ts';
import { hostNameOk } from '../display.ts';
import { parseSshKey } from '../ssh-key.ts';
import { assignedIn15 } from '../unicode15.ts';
import { possessionMessage } from './keys.ts';
import { identityBytes } from './messages.ts';
import { verifyPossession } from './sshsig.ts';

/** What a peer said, every field checked. Texts are safe in a file and a terminal; paths still need quoting in a shell. */
export interface PeerIdentity {
  /** `ssh-ed25519 base64`. */
  readonly sshKey: string;
  /** `type base64`, best first. */
  readonly hostKeys: readonly string[];
  readonly userName: string;
  readonly hostName: string;
  readonly directory: string;
  readonly repository: string;
  readonly displayName: string;
  readonly addresses: readonly string[];
  readonly sshPort: number;
  readonly program: string;
}

type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

const key = {
  sshKey: 1,
  possession: 2,
  hostKeys: 3,
  userName: 4,
  hostName: 5,
  directory: 6,
  repository: 7,
  displayName: 8,
  addresses: 9,
  sshPort: 10,
  program: 11,
} as const;

const addressesMax = 8;
const hostKeysMax = 3;
const edPrefix = 'ssh-ed25519 ';

// --------------------------------------------------------------------------------------------------------------- write

/** The 32 bytes of our ssh-ed25519 key; null for any other, which lp1 does not take. */
export function edKeyOf(sshKey: string): Uint8Array | null {
  const parsed = parseSshKey(sshKey);
  return parsed.ok && parsed.key.type === 'ssh-ed25519' ? parsed.key.blob.slice(-32) : null;
}

const notEd25519: Refusal = flawed('identity-key', 'lp1 takes ssh-ed25519 keys; lanpair makes one by itself');

/** Why no peer would take our own identity; null where all is well. */
export function identityFlaw(self: Identity): Refusal | null {
  return edKeyOf(self.sshKey) === null ? notEd25519 : textFlaw(self);
}

/**
 * Our own identity, padded; refused, by the same rules as a peer's, where a peer would refuse it. Host keys and
 * addresses are put in while they fit, the best first.
 */
export function writeIdentity(
  self: Identity,
  interfaces: readonly Interface[],
  possession: Uint8Array,
): Checked<Uint8Array> {
  const sshKey = edKeyOf(self.sshKey);
  if (sshKey === null) return { ok: false, refusal: notEd25519 };
  const flaw = textFlaw(self);
  if (flaw !== null) return { ok: false, refusal: flaw };
  const hostKeys: Uint8Array[] = [];
  const addresses: Uint8Array[] = [];
  const content: CborMap = new CborMap([
    [key.sshKey, sshKey],
    [key.possession, possession],
    [key.hostKeys, hostKeys],
    [key.userName, self.userName],
    [key.hostName, self.hostName],
    [key.directory, self.directory],
    [key.repository, self.repository],
    [key.displayName, self.displayName],
    [key.addresses, addresses],
    [key.sshPort, 22],
    [key.program, self.program],
  ]);
  // The two arrays never need more than a byte of head, so an item takes what its own encoding takes.
  let room = identityBytes - 2 - encodedLength(content);
  const addWhileItFits = (list: Uint8Array[], more: readonly Uint8Array[], max: number): void => {
    for (const item of more) {
      const size = encodedLength(item);
      if (list.length >= max || size > room) continue;
      list.push(item);
      room -= size;
    }
  };
  addWhileItFits(hostKeys, hostKeyBlobs(self.hostKeys.slice(0, 1)), 1);
  addWhileItFits(addresses, interfaces.flatMap(addressesOf), addressesMax);
  addWhileItFits(hostKeys, hostKeyBlobs(self.hostKeys.slice(1)), hostKeysMax);
  const bytes = encode(content);
  const padded = fresh(identityBytes);
  padded[0] = bytes.length >> 8;
  padded[1] = bytes.length & 0xff;
  padded.set(bytes, 2);
  return { ok: true, value: padded };
}

function hostKeyBlobs(lines: readonly string[]): readonly Uint8Array[] {
  return lines.flatMap((line) => {
    const parsed = parseSshKey(line);
    return parsed.ok ? [parsed.key.blob] : [];
  });
}

function addressesOf({ addresses }: Interface): readonly Uint8Array[] {
  return addresses.flatMap(({ address }) => {
    const parsed = parseAddress(address);
    return parsed === null || usablePeerAddress(address) !== null ? [] : [parsed.bytes];
  });
}

// ---------------------------------------------------------------------------------------------------------------- read

/** The peer's identity, whose possession signature must be over `vk`; one Ed25519 verification. Never throws. */
export function readIdentity(suite: Suite, padded: Uint8Array, vk: Uint8Array): Checked<PeerIdentity> {
  const length = ((padded[0] ?? 0) << 8) | (padded[1] ?? 0);
  if (padded.length !== identityBytes || length > identityBytes - 2)
    return refuse('identity-size', 'a length that fits');
  if (!zerosFrom(padded, 2 + length)) return refuse('identity-padding', 'zeros after the content');
  const decoded = decodeMap(padded.subarray(2, 2 + length));
  if (!decoded.ok) return refuse('identity-cbor', decoded.refusal.detail);
  const map = decoded.value;
  const sshKey = map.get(key.sshKey);
  const possession = map.get(key.possession);
  if (!(sshKey instanceof Uint8Array) || sshKey.length !== 32)
    return refuse('identity-key', 'an ed25519 key of 32 bytes');
  const signed = possession instanceof Uint8Array && possession.length === 64;
  if (!signed || !verifyPossession(suite, sshKey, possessionMessage(vk), possession)) {
    return refuse('identity-possession', "the ssh key's signature over this session's vk");
  }
  const texts = readTexts(map);
  if (texts === null) return refuse('identity-fields', 'six texts');
  const flaw = textFlaw(texts);
  if (flaw !== null) return { ok: false, refusal: flaw };
  const hostKeys = readHostKeys(map.get(key.hostKeys));
  if (hostKeys === null) return refuse('identity-host-key', `at most ${hostKeysMax} host keys, ssh-ed25519 or ssh-rsa`);
  const addresses = readAddresses(map.get(key.addresses));
  if (addresses === null) return refuse('identity-address', `at most ${addressesMax} addresses that a peer can have`);
  const sshPort = map.get(key.sshPort);
  if (typeof sshPort !== 'number' || sshPort < 1 || sshPort > 65_535) return refuse('identity-port', 'a port');
  return { ok: true, value: { ...texts, sshKey: edLine(sshKey), hostKeys, addresses, sshPort } };
}

function zerosFrom(bytes: Uint8Array, start: number): boolean {
  for (let at = start; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}

export function edLine(raw: Uint8Array): string {
  const blob = concat(Uint8Array.of(0, 0, 0, 11), utf8('ssh-ed25519'), Uint8Array.of(0, 0, 0, 32), raw);
  return `${edPrefix}${encodeBase64(blob)}`;
}

type Texts = Pick<PeerIdentity, 'userName' | 'hostName' | 'directory' | 'repository' | 'displayName' | 'program'>;

function readTexts(map: CborMap): Texts | null {
  const text = (at: number): string | null => {
    const value = map.get(at);
    return typeof value === 'string' ? value : null;
  };
  const [userName, hostName, directory] = [text(key.userName), text(key.hostName), text(key.directory)];
  const [repository, displayName, program] = [text(key.repository), text(key.displayName), text(key.program)];
  if (userName === null || hostName === null || directory === null) return null;
  if (repository === null || displayName === null || program === null) return null;
  return { userName, hostName, directory, repository, displayName, program };
}

function readHostKeys(value: Cbor | undefined): readonly string[] | null {
  if (!Array.isArray(value) || value.length > hostKeysMax) return null;
  const lines: string[] = [];
  for (const blob of value as readonly Cbor[]) {
    if (!(blob instanceof Uint8Array)) return null;
    const parsed = parseSshKey(`${typeInside(blob)} ${encodeBase64(blob)}`);
    if (!parsed.ok) return null;
    lines.push(parsed.key.text);
  }
  return lines;
}

/** The type that a key blob says it has: its first field. The parser checks the rest. */
function typeInside(blob: Uint8Array): string {
  return String.fromCharCode(...blob.subarray(4, 4 + Math.min(32, blob[3] ?? 0)));
}

function readAddresses(value: Cbor | undefined): readonly string[] | null {
  if (!Array.isArray(value) || value.length > addressesMax) return null;
  const texts: string[] = [];
  for (const bytes of value as readonly Cbor[]) {
    if (!(bytes instanceof Uint8Array) || (bytes.length !== 4 && bytes.length !== 16)) return null;
    const text = formatAddress({ family: bytes.length === 4 ? 4 : 6, bytes, zone: null });
    if (usablePeerAddress(text) !== null) return null;
    texts.push(text);
  }
  return texts;
}

// --------------------------------------------------------------------------------------------------------------- texts

/** The rule that a text breaks; null where all are in order. Lengths are of UTF-8. */
function textFlaw(texts: Texts): Refusal | null {
  const tooLong = (text: string, max: number): boolean => utf8(text).length > max;
  const { userName, hostName, directory, repository, displayName, program } = texts;
  if (tooLong(userName, 64) || !clean(userName) || !/^[\p{L}\p{N}_.][\p{L}\p{M}\p{N}_.@+-]*$/u.test(userName)) {
    return flawed('identity-user', 'a user name of letters, numbers and _ . @ + -, at most 64 bytes');
  }
  if (tooLong(hostName, 128) || !hostNameOk(hostName)) {
    return flawed(
      'identity-host',
      'a host name of letters, numbers, dots and dashes, no label with a dash first, at most 128 bytes',
    );
  }
  if (tooLong(directory, 128) || !clean(directory) || !directoryOk(directory)) {
    return flawed(
      'identity-directory',
      'a path from / or ~/, without .. and without signs that a shell reads, at most 128 bytes',
    );
  }
  if (!/^[A-Za-z0-9-]{0,64}$/.test(repository)) {
    return flawed('identity-repository', 'an id of letters, numbers and dashes, at most 64 bytes');
  }
  if (tooLong(displayName, 64) || !clean(displayName)) {
    return flawed('identity-display', 'a name without invisible or turning characters, NFC, at most 64 bytes');
  }
  if (!/^[\x20-\x7e]{0,32}$/.test(program)) return flawed('identity-program', 'printable ASCII, at most 32 bytes');
  return null;
}

/** Nothing that a person cannot see, or that turns the text round; composed, so that equal looks are equal bytes. */
function clean(text: string): boolean {
  if (/^[\x20-\x7e]*$/.test(text)) return true;
  if (text !== text.normalize('NFC') || /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(text)) return false;
  return Array.from(text).every((character) => assignedIn15(character.codePointAt(0) ?? 0));
}

function directoryOk(directory: string): boolean {
  if (!/^(~|~\/.*|\/.*)$/u.test(directory) || /[`$;&|<>*?"\\]/.test(directory)) return false;
  return !directory.split('/').includes('..');
}

function refuse(rule: string, expected: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: flawed(rule, expected) };
}

function flawed(rule: string, expected: string): Refusal {
  return { fault: 'misbehaved', rule, detail: `expected ${expected}` };
}
