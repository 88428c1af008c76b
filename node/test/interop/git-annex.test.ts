/**
 * lanpair and a real git-annex assistant, on a LAN of their own: each role, and the two accidents that git-annex does
 * not survive among its own kind. The judge of a pairing is not what anybody says but what ssh then lets through.
 */
import test, { type ExecutionContext } from 'ava';
import { type Assistant, keyLines, startAssistant } from './assistant.ts';
import { type Host, inside, type Lab, openLab } from './lab.ts';
import { keyFile, makeRepository, type Pairing, startPair } from './lanpair.ts';
import { annexThatPairs, skipReason } from './needs.ts';
import { countSent, loseThirtyPercent, type Sent, total } from './traffic.ts';
import { until } from './until.ts';

interface World {
  readonly lab: Lab;
  /** Where lanpair runs: one user for each test, since a second pairing of one user is another story. */
  readonly ours: Host;
  readonly stranger: Host;
  readonly asker: Assistant;
  readonly answerer: Assistant;
}

const directory = 'Bücher';
const phrase = 'Übern Öresund, 7 ΟΔΥΣΣΕΥΣ';

const reason = skipReason({ script: 'interop:git-annex', programs: ['git-annex'], also: annexThatPairs });
const story = (title: string, tell: (t: ExecutionContext) => Promise<void>): void =>
  reason === null ? test.serial(title, tell) : test.serial.skip(`${title} (skipped: ${reason})`, tell);

let world: World;
const started: Pairing[] = [];

if (reason === null) {
  test.before('two git-annexes start, and are deaf for a minute', async (t) => {
    t.timeout(150_000);
    world = await openWorld();
  });
  test.afterEach.always(async () => {
    // What a failed story leaves would be in the way of the next one's.
    for (const pairing of started.splice(0)) pairing.signal('SIGKILL');
    if (world !== undefined) await flush([world.ours, world.asker.host, world.answerer.host]);
  });
  test.after.always(() => world?.lab.close());
}

story('the lab is sound: two real git-annexes pair in it', async (t) => {
  const { asker, answerer } = world;
  const sent = await metered([asker.host, answerer.host]);
  await asker.ask(phrase);
  const since = await answerer.respond(phrase, `${asker.user}@`);
  await until('both git-annexes to pair', 120, async () => (await remotesOf(asker, answerer)) === 2);
  t.log(`git-annex and git-annex: ${await figures(since, sent)}`);
  t.is(asker.authorizedKeys().length, 1);
  t.is(answerer.authorizedKeys().length, 1);
});

story("lanpair asks and git-annex's person responds", async (t) => {
  const { ours, answerer } = world;
  const sent = await metered([ours, answerer.host]);
  const pairing = startAnnex(ours, 'zoë');
  const since = await answerer.respond(phrase, 'zoë@');
  await assertPaired(t, pairing, ours, 'zoë', answerer, async () => {
    t.log(`lanpair asks git-annex: ${await figures(since, sent)}`);
  });
});

story('git-annex asks and lanpair, told the same phrase, answers', async (t) => {
  const { ours, asker } = world;
  const sent = await metered([ours, asker.host]);
  await asker.ask(phrase);
  const since = performance.now();
  const pairing = startAnnex(ours, 'ann');
  await assertPaired(t, pairing, ours, 'ann', asker, async () => {
    t.log(`git-annex asks lanpair, from the start of lanpair: ${await figures(since, sent)}`);
  });
  await asker.cancel();
});

story('the first PairDone is lost: they pair all the same, as two git-annexes never do', async (t) => {
  const { ours, answerer } = world;
  const rule = [
    'INPUT',
    '-p',
    'udp',
    '--dport',
    '55556',
    '-s',
    ours.address,
    '-m',
    'string',
    '--algo',
    'bm',
    '--string',
    'PairDone',
  ];
  const first = ['-m', 'statistic', '--mode', 'nth', '--every', '1000000', '--packet', '0', '-j', 'DROP'];
  t.is((await answerer.host.run(null, ['iptables', '-A', ...rule, ...first])).code, 0);
  const pairing = startAnnex(ours, 'bo');
  await answerer.respond(phrase, 'bo@');
  await assertPaired(t, pairing, ours, 'bo', answerer);
  const counted = await answerer.host.run(null, ['iptables', '-L', 'INPUT', '-v', '-n', '-x']);
  t.regex(counted.stdout, /^\s*1 .*PairDone/m, 'the datagram that was to be lost was lost');
  await answerer.host.run(null, ['iptables', '-F']);
});

story('a stranger answers our request with bad digests: we report it, and pair', async (t) => {
  const { ours, answerer, stranger } = world;
  const spoofing = await spoof(world, answerer, ['PairReq', 'PairAck']);
  const pairing = startAnnex(ours, 'cy');
  await spoofing.done;
  await answerer.respond(phrase, 'cy@');
  await assertPaired(t, pairing, ours, 'cy', answerer);
  assertReported(t, pairing, stranger);
  await spoofing.stop();
});

story('a stranger repeats our answer with a bad digest as a PairDone: we report it, and pair', async (t) => {
  const { ours, asker, stranger } = world;
  const spoofing = await spoof(world, asker, ['PairAck', 'PairDone']);
  await asker.ask(phrase);
  const pairing = startAnnex(ours, 'dee');
  await assertPaired(t, pairing, ours, 'dee', asker);
  await spoofing.done;
  assertReported(t, pairing, stranger);
  await spoofing.stop();
  await asker.cancel();
});

story('three of ten datagrams are lost, both ways, and lanpair asks: they pair', async (t) => {
  const { ours, answerer } = world;
  await lossy([ours, answerer.host]);
  const sent = await metered([ours, answerer.host]);
  const pairing = startAnnex(ours, 'eva');
  const since = await answerer.respond(phrase, 'eva@');
  await assertPaired(t, pairing, ours, 'eva', answerer, async () => {
    t.log(`lanpair asks git-annex, 30 % lost: ${await figures(since, sent)}`);
    await flush([ours, answerer.host]);
  });
});

async function openWorld(): Promise<World> {
  const lab = await openLab(process.cwd());
  const users = ['zoë', 'ann', 'bo', 'cy', 'dee', 'eva'];
  const [ours, stranger, one, two] = await Promise.all([
    lab.host({ hostName: 'home', address: '10.86.0.1', users }),
    lab.host({ hostName: 'stranger', address: '10.86.0.2', users: [] }),
    lab.host({ hostName: 'asker', address: '10.86.0.3', users: ['jörg'] }),
    lab.host({ hostName: 'answerer', address: '10.86.0.4', users: ['bob'] }),
  ]);
  const [asker, answerer] = await Promise.all([
    startAssistant(one, 'jörg', directory),
    startAssistant(two, 'bob', 'annex'),
    ...users.map((user) => makeRepository(ours, user, directory, 'annex')),
  ]);
  await Promise.all([asker, answerer].map((assistant) => assistant.listening()));
  return { lab, ours, stranger, asker, answerer };
}

function startAnnex(host: Host, user: string): Pairing {
  const pairing = startPair(host, user, { directory, phrase, more: ['--protocol', 'annex'] });
  started.push(pairing);
  return pairing;
}

const remotesOf = async (one: Assistant, two: Assistant): Promise<number> =>
  (await one.remotes()).length + (await two.remotes()).length;

async function lossy(hosts: readonly Host[]): Promise<void> {
  for (const host of hosts) await loseThirtyPercent(host);
}

async function flush(hosts: readonly Host[]): Promise<void> {
  for (const host of hosts) await host.run(null, ['sh', '-c', 'iptables -F; ip6tables -F']);
}

async function metered(hosts: readonly Host[]): Promise<() => Promise<Sent>> {
  const counts = await Promise.all(hosts.map(countSent));
  return async () => total(await Promise.all(counts.map((count) => count())));
}

/** To about a tenth of a second: that often the tests look. */
async function figures(sinceMs: number, sent: () => Promise<Sent>): Promise<string> {
  const ms = Math.round(performance.now() - sinceMs);
  const { datagrams, bytes } = await sent();
  return `${ms} ms from the second phrase, ${datagrams} datagrams, ${bytes} bytes`;
}

/** Both say that they are paired, each has the other's key once, and each key opens the other's repository. */
async function assertPaired(
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

/** The stranger at work, unheard by the git-annex: that one would give its pairing up at once. */
async function spoof(
  { ours, stranger }: World,
  deaf: Assistant,
  words: readonly [string, string],
): Promise<{ done: Promise<void>; stop(): Promise<void> }> {
  await deaf.host.run(null, ['iptables', '-A', 'INPUT', '-s', stranger.address, '-j', 'DROP']);
  const child = stranger.spawn(null, [
    inside.node,
    `${inside.dist}/node/test/interop/spoofer.js`,
    ours.address,
    stranger.address,
    ...words,
  ]);
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const heard = async (word: string): Promise<void> => {
    await until(`the stranger to be ${word}`, 60, () => said.includes(word));
  };
  await heard('listening');
  return {
    done: heard('spoofed'),
    stop: async () => {
      child.stdin.end();
      await deaf.host.run(null, ['iptables', '-F']);
    },
  };
}

function assertReported(t: ExecutionContext, pairing: Pairing, stranger: Host): void {
  const reports = pairing.events.filter(({ event }) => event === 'refused' || event === 'alarm');
  t.true(
    reports.some((report) => JSON.stringify(report).includes(stranger.address)),
    JSON.stringify(reports),
  );
}
