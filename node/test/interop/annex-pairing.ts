/**
 * What the tests with a real git-annex have in common: the `annex` of lanpair, datagrams that are lost by their name or at
 * random, and the judge of a pairing, which is not what anybody says but what ssh then lets through.
 */
import type { ExecutionContext } from 'ava';
import { type Assistant, keyLines, pairingPort } from './assistant.ts';
import type { Host } from './lab.ts';
import { keyFile, type Pairing, startPair } from './lanpair.ts';
import { until } from './until.ts';

/** The repository of the person at our side. */
export const directory = 'Bücher';

export interface Annex {
  /** Null: typed later. */
  readonly phrase: string | null;
  readonly seconds?: number;
}

export function startAnnex(host: Host, user: string, how: Annex): Pairing {
  return startPair(host, user, { directory, ...how, more: ['--protocol', 'annex'] });
}

export async function must(host: Host, command: string): Promise<string> {
  const { code, stdout, stderr } = await host.run(null, ['sh', '-c', command]);
  if (code !== 0) throw new Error(`${command} on ${host.hostName}: ${stderr}`);
  return stdout;
}

export async function flush(hosts: readonly Host[]): Promise<void> {
  for (const host of hosts) await must(host, 'iptables -F; ip6tables -F');
}

/** Match of iptables for the PairDones of that host, where they come in. */
export const pairDoneOf = (from: Host): string =>
  `-p udp --dport ${pairingPort} -s ${from.address} -m string --algo bm --string PairDone`;

/** Datagrams that the rules about PairDone met at this host: `all` of them by ACCEPT, DROP or, without a target, counting. */
export async function pairDonesMet(host: Host, target: 'ACCEPT' | 'DROP' | 'count'): Promise<number> {
  const listed = await must(host, 'iptables -L INPUT -v -n -x');
  const rules = [...listed.matchAll(/^\s*(\d+)\s+\d+\s+(ACCEPT|DROP)?\s.*PairDone/gm)];
  return Number(rules.find(([, , said = 'count']) => said === target)?.[1] ?? Number.NaN);
}

/** Both say that they are paired, each has the other's key once, and each key opens the other's repository. */
export async function assertPaired(
  t: ExecutionContext,
  pairing: Pairing,
  ours: Host,
  user: string,
  theirs: Assistant,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<void> {
  await pairing.event('paired');
  await until(`${theirs.host.hostName} to have a remote for ${user}`, 120, async () =>
    (await theirs.remotes()).some((remote) => remote.includes(`ssh://${user}@`)),
  );
  await meanwhile();
  const end = await pairing.end();
  t.is(end.code, 0, end.stderr);

  const ourKey = keyText(ours.read(`${keyFile(user)}.pub`));
  t.is(theirs.authorizedKeys().filter((line) => line.includes(ourKey)).length, 1, 'our key stands once at theirs');
  const ourLines = keyLines(ours.read(`/home/${user}/.ssh/authorized_keys`));
  const theirKeys = (await theirPublicKeys(theirs)).filter((key) => ourLines.some((line) => line.includes(key)));
  t.is(theirKeys.length, 1, 'one key of theirs stands at ours');
  t.is(ourLines.length, 1, 'and it stands there once');

  const options = ['IdentitiesOnly=yes', 'BatchMode=yes', 'StrictHostKeyChecking=accept-new'];
  const reached = await ours.run(user, [
    'ssh',
    '-i',
    keyFile(user),
    ...options.flatMap((option) => ['-o', option]),
    `${theirs.user}@${theirs.host.address}`,
    `git-annex-shell configlist '/~/${theirs.directory}'`,
  ]);
  t.true(reached.stdout.includes(`annex.uuid=${theirs.uuid}`), `ssh with our key: ${reached.stdout}${reached.stderr}`);

  const remote = (await theirs.remotes()).find((line) => line.includes(`ssh://${user}@`))?.split('\t')[0] ?? '';
  const listed = await theirs.host.run(theirs.user, ['git', '-C', theirs.directory, 'ls-remote', remote]);
  t.is(listed.code, 0, `git with their key: ${listed.stderr}`);
}

const keyText = (file: string): string => file.trim().split(' ').slice(0, 2).join(' ');

/** Every public key that a git-annex's person has made for pairings. */
async function theirPublicKeys({ host, user }: Assistant): Promise<readonly string[]> {
  const { stdout } = await host.run(user, ['sh', '-c', 'cat ~/.ssh/git-annex/*.pub']);
  return keyLines(stdout).map(keyText);
}
