/**
 * A git remote for a peer, in the repository that was offered to it. It carries the record's id in its own configuration
 * (`remote.<name>.lanpair`), so that what is forgotten is found again, and nothing that the person made is ever touched.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { reasonOf } from './complaint.ts';

const run = promisify(execFile);

/** `[A-Za-z0-9]`, then also `._-`: needs no quoting anywhere, and git takes it. */
export function isRemoteName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) && !name.includes('..') && !/(\.lock|\.)$/.test(name);
}

/** Whose it is: a record's id, '' for one of the person's own, null where there is none of that name. */
export async function remoteOwner(directory: string, name: string): Promise<string | null> {
  if ((await config(directory, ['--get', `remote.${name}.url`])) === '') return null;
  return config(directory, ['--get', `remote.${name}.lanpair`]);
}

/** Throws an Error whose message can be shown. Doing it twice is doing it once. */
export async function addRemote(
  directory: string,
  { name, url, record }: { readonly name: string; readonly url: string; readonly record: string },
): Promise<void> {
  const owner = await remoteOwner(directory, name);
  if (owner !== null && owner !== record) throw new Error(`there is a remote ${name} already`);
  // The mark first: a remote of ours without it would stay for ever.
  await git(directory, ['config', `remote.${name}.lanpair`, record]);
  await git(directory, ['config', `remote.${name}.url`, url]);
  await git(directory, ['config', `remote.${name}.fetch`, `+refs/heads/*:refs/remotes/${name}/*`]);
}

/** Removes every remote of that record. A repository that is gone has none. */
export async function removeRemotes(directory: string, record: string): Promise<void> {
  const marks = await config(directory, ['--get-regexp', '^remote\\..*\\.lanpair$']);
  for (const line of marks.split('\n')) {
    const [, name = '', of = ''] = /^remote\.(.+)\.lanpair (\S+)$/.exec(line) ?? [];
    if (of === record && isRemoteName(name)) await git(directory, ['remote', 'remove', name]);
  }
}

/** Empty where there is none. */
async function config(directory: string, parameters: readonly string[]): Promise<string> {
  try {
    return (await git(directory, ['config', '--local', ...parameters])).trim();
  } catch {
    return '';
  }
}

async function git(directory: string, parameters: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run('git', ['-C', directory, ...parameters], { timeout: 10_000 });
    return stdout;
  } catch (thrown) {
    throw new Error(`git ${parameters[0]}: ${reasonOf(thrown)}`);
  }
}
