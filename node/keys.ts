/**
 * The ssh key that we offer: one ed25519 key of lanpair's own, made on first use, in OpenSSH's format
 * (PROTOCOL.key of OpenSSH, "openssh-key-v1", unencrypted, mode 0600), or another public key that the person names.
 * Made here rather than by ssh-keygen, so that pairing needs no program of the system.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseSshKey } from '../protocol/ssh-key.ts';
import { Complaint, codeOf, exitCode, reasonOf } from './complaint.ts';
import { makePrivateDirectory, writeDurably } from './durable-file.ts';
import { lockWithin } from './lock.ts';
import { cannotUse } from './records.ts';
import { ed25519Blob, sshReader, sshString, uint32 } from './ssh-wire.ts';

export interface OwnKey {
  /** `ssh-ed25519 AAAA...`, without a comment. */
  readonly publicKey: string;
  /** Null for a key that the person named: we do not hold its private half. */
  readonly privateKey: KeyObject | null;
  /** Of a key that the person named, its public half: `ssh-keygen` finds the private one, or the agent. */
  readonly file: string | null;
}

/** For who signs nothing. */
export const noKey: OwnKey = { publicKey: '', privateKey: null, file: null };

/** The key at `path`, made if it is not there. */
export async function ownKey(path: string, comment: string): Promise<OwnKey> {
  return (await storedKey(path)) ?? makeOnce(path, comment);
}

/** Two that start at once must not make two keys: one of them would offer a key that is on no disk. */
async function makeOnce(path: string, comment: string): Promise<OwnKey> {
  const lock = `${path}.lock`;
  const outcome = await makePrivateDirectory(dirname(path))
    .then(() => lockWithin(lock, lockWaitMs))
    .catch((thrown: unknown) => {
      throw cannotUse(dirname(path), thrown);
    });
  if (!outcome.ok) {
    throw new Complaint(
      'Another lanpair is making a key for this user, and does not come to an end.',
      `Next: let it finish or end it. If none is running, delete ${lock}.`,
      exitCode.busy,
    );
  }
  try {
    return (await storedKey(path)) ?? (await makeKey(path, comment));
  } finally {
    outcome.lock.release();
  }
}

async function storedKey(path: string): Promise<OwnKey | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw cannotUse(path, thrown);
    return null;
  }
  const key = readPrivateKey(text);
  if (key === null) {
    throw new Complaint(
      `${path} is not an unencrypted ssh-ed25519 key in OpenSSH's format.`,
      'Next: move it away and lanpair makes a new one, or name a key of yours with --key FILE.pub.',
      exitCode.data,
    );
  }
  return key;
}

/** A public key from a file that the person named. git-annex takes some old types that lp1 does not: there, ed25519 alone. */
export async function namedKey(path: string, only: 'ssh-ed25519' | null): Promise<OwnKey> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw new Complaint(
      `Cannot read the key ${path}: ${reasonOf(thrown)}.`,
      'Next: name the public half of a key, usually ~/.ssh/id_ed25519.pub, or leave --key away for a key of lanpair itself.',
      exitCode.noInput,
    );
  }
  const parsed = parseSshKey(text.trimEnd());
  if (!parsed.ok) {
    const isPrivate = text.includes('PRIVATE KEY');
    const problem = isPrivate
      ? 'it is a private key, and only a public one is ever sent'
      : `expected ${parsed.refusal.detail.replace(/^expected /, '')}`;
    throw new Complaint(
      `The key in ${path} cannot be used: ${problem}.`,
      isPrivate
        ? `Next: name its public half, usually ${path}.pub.`
        : 'Next: make one with `ssh-keygen -t ed25519`, or leave --key away for a key of lanpair itself.',
      exitCode.data,
    );
  }
  if (only !== null && parsed.key.type !== only) {
    throw new Complaint(
      `The key in ${path} is ${parsed.key.type}, and this conversation takes ${only} alone.`,
      'Next: make one with `ssh-keygen -t ed25519`, or leave --key away for a key of lanpair itself.',
      exitCode.data,
    );
  }
  return { publicKey: parsed.key.text, privateKey: null, file: resolve(path) };
}

/** SSHSIG (PROTOCOL.sshsig of OpenSSH), version 1 with SHA-512: what `ssh-keygen -Y verify` reads, before its armour. */
export function sshSignature(key: OwnKey, namespace: string, hash: Uint8Array): Buffer | null {
  if (key.privateKey === null) return null;
  const scope = [sshString(namespace), sshString(''), sshString('sha512')];
  const signature = sign(null, Buffer.concat([Buffer.from('SSHSIG'), ...scope, sshString(hash)]), key.privateKey);
  const blob = Buffer.from(key.publicKey.split(' ')[1] ?? '', 'base64');
  const signed = Buffer.concat([sshString('ssh-ed25519'), sshString(signature)]);
  return Buffer.concat([Buffer.from('SSHSIG'), uint32(1), sshString(blob), ...scope, sshString(signed)]);
}

async function makeKey(path: string, comment: string): Promise<OwnKey> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const { d = '' } = privateKey.export({ format: 'jwk' });
  const point = Buffer.from(x, 'base64url');
  const line = `ssh-ed25519 ${ed25519Blob(point).toString('base64')}`;
  try {
    // The public half first: if we die between the two, the next start makes both anew.
    await writeDurably(`${path}.pub`, `${line} ${comment}\n`, { mode: 0o644 });
    await writeDurably(path, openSshPrivateKey(point, Buffer.from(d, 'base64url'), comment), { mode: 0o600 });
  } catch (thrown) {
    throw cannotUse(dirname(path), thrown);
  }
  return { publicKey: line, privateKey, file: null };
}

function openSshPrivateKey(point: Buffer, seed: Buffer, comment: string): string {
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    ed25519Blob(point),
    sshString(Buffer.concat([seed, point])),
    sshString(comment),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  const whole = Buffer.concat([
    magic,
    sshString('none'),
    sshString('none'),
    sshString(''),
    uint32(1),
    sshString(ed25519Blob(point)),
    sshString(Buffer.concat([secret, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return [begin, ...lines, end, ''].join('\n');
}

function readPrivateKey(text: string): OwnKey | null {
  const body = text.trim();
  if (!body.startsWith(begin) || !body.endsWith(end)) return null;
  const bytes = Buffer.from(body.slice(begin.length, -end.length), 'base64');
  if (!bytes.subarray(0, magic.length).equals(magic)) return null;
  try {
    const outer = sshReader(bytes.subarray(magic.length));
    if (outer.string().toString() !== 'none' || outer.string().toString() !== 'none') return null;
    outer.string();
    if (outer.uint32() !== 1) return null;
    outer.string();
    const inner = sshReader(outer.string());
    if (inner.uint32() !== inner.uint32() || inner.string().toString() !== 'ssh-ed25519') return null;
    inner.string();
    return fromSeed(inner.string().subarray(0, 32));
  } catch {
    return null;
  }
}

function fromSeed(seed: Buffer): OwnKey {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Ed25519, seed]), format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return {
    publicKey: `ssh-ed25519 ${ed25519Blob(Buffer.from(x, 'base64url')).toString('base64')}`,
    privateKey,
    file: null,
  };
}

/** Making a key takes milliseconds. */
const lockWaitMs = 5000;
const magic = Buffer.from('openssh-key-v1\0');
const begin = '-----BEGIN OPENSSH PRIVATE KEY-----';
const end = '-----END OPENSSH PRIVATE KEY-----';
/** RFC 8410: the fixed front of a PKCS #8 ed25519 key, before its 32-byte seed. */
const pkcs8Ed25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
