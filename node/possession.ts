/**
 * Possession of the ssh key that we offer: an SSHSIG over what the core asks for. Our own key signs in this process; one
 * that the person named signs through `ssh-keygen -Y sign`, which asks the agent first. The bytes go by pipes: no shell, no
 * file. ssh-keygen must not ask for a passphrase in the middle of ours, so a locked key is refused with what to do.
 */
import { execFile } from 'node:child_process';
import { codeOf, reasonOf } from './complaint.ts';
import { type OwnKey, sshSignature } from './keys.ts';

/** A security key waits to be touched, an agent to be allowed; then it is over. */
const signMaxMs = 60_000;
const outputMax = 64 * 1024;

export interface Statement {
  readonly namespace: string;
  readonly bytes: Uint8Array;
}

/** The binary signature; rejects with a reason for people. */
export async function signWith(
  key: OwnKey,
  { namespace, bytes }: Statement,
  { hash, signal }: { readonly hash: (bytes: Uint8Array) => Uint8Array; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const own = sshSignature(key, namespace, hash(bytes));
  if (own !== null) return own;
  if (key.file === null) throw new Error('there is no private key at hand');
  return dearmoured(await askSshKeygen(key.file, { namespace, bytes }, signal));
}

function askSshKeygen(file: string, { namespace, bytes }: Statement, signal: AbortSignal): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C', SSH_ASKPASS: 'false', SSH_ASKPASS_REQUIRE: 'force' };
  const options = { env, signal, timeout: signMaxMs, maxBuffer: outputMax, encoding: 'utf8' as const };
  return new Promise((resolve, reject) => {
    const child = execFile('ssh-keygen', ['-Y', 'sign', '-n', namespace, '-f', file], options, (error, out, said) => {
      if (error === null) return resolve(out);
      if (codeOf(error) === 'ENOENT') return reject(new Error('ssh-keygen is not installed'));
      const why = error.killed === true ? 'it took longer than a minute' : lastLine(said) || reasonOf(error);
      reject(new Error(`ssh-keygen: ${why}; load the private half into the agent (ssh-add), or leave --key away`));
    });
    // It may end before it has read: the callback says why.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(bytes);
  });
}

function dearmoured(text: string): Uint8Array {
  const body = /-----BEGIN SSH SIGNATURE-----([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----/.exec(text)?.[1];
  if (body === undefined) throw new Error('ssh-keygen gave no signature');
  return Buffer.from(body, 'base64');
}

function lastLine(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('Signing '));
  return (lines.at(-1) ?? '').slice(0, 200);
}
