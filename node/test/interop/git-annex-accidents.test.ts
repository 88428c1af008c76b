/**
 * lanpair and a real git-annex assistant on a LAN of their own, and the accidents that git-annex does not survive among its own
 * kind: exactly chosen datagrams are lost, and a stranger forges others.
 */
import test, { type ExecutionContext } from 'ava';
import {
  type Annex,
  assertPaired,
  directory,
  flush,
  must,
  pairDoneOf,
  pairDonesMet,
  startAnnex,
} from './annex-pairing.ts';
import { type Assistant, keyLines, startAssistant } from './assistant.ts';
import { type Host, inside, type Lab, openLab } from './lab.ts';
import { makeRepository, type Pairing } from './lanpair.ts';
import { annexThatPairs, skipReason } from './needs.ts';
import { loseThirtyPercent } from './traffic.ts';
import { until } from './until.ts';

interface World {
  readonly lab: Lab;
  /** Where lanpair runs: one user for each test, since a second pairing of one user is another story. */
  readonly ours: Host;
  readonly stranger: Host;
  readonly asker: Assistant;
  readonly answerer: Assistant;
}

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
    if (world === undefined) return;
    await flush([world.ours, world.asker.host, world.answerer.host]);
    await world.asker.cancel();
  });
  test.after.always(() => world?.lab.close());
}

story('the first PairDone of lanpair is lost: they pair all the same, as two git-annexes never do', async (t) => {
  const { ours, answerer } = world;
  const first = '-m statistic --mode nth --every 1000000 --packet 0 -j DROP';
  await must(answerer.host, `iptables -A INPUT ${pairDoneOf(ours)} ${first}`);
  const pairing = start(ours, 'bo');
  await answerer.respond(phrase, 'bo@');
  await assertPaired(t, pairing, ours, 'bo', answerer);
  t.is(await pairDonesMet(answerer.host, 'DROP'), 1, 'the datagram that was to be lost was lost');
});

story('a stranger answers our request with bad digests: we report it, and pair', async (t) => {
  const { ours, answerer, stranger } = world;
  const spoofing = await spoof(world, answerer, ['PairReq', 'PairAck']);
  const pairing = start(ours, 'cy');
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
  const pairing = start(ours, 'dee');
  await assertPaired(t, pairing, ours, 'dee', asker);
  await spoofing.done;
  assertReported(t, pairing, stranger);
  await spoofing.stop();
});

story('three of ten are lost, but not the one PairDone: lanpair, which answered, is paired', async (t) => {
  const { ours, asker } = world;
  await must(ours, `iptables -A INPUT ${pairDoneOf(asker.host)} -j ACCEPT`);
  for (const host of [ours, asker.host]) await loseThirtyPercent(host);
  await asker.ask(phrase);
  const pairing = start(ours, 'fay');
  await assertPaired(t, pairing, ours, 'fay', asker, () => flush([ours, asker.host]));
});

story(
  'the one PairDone is lost: lanpair, which answered, says that it is half a pairing, and what that is',
  async (t) => {
    const { ours, asker } = world;
    await must(ours, `iptables -A INPUT ${pairDoneOf(asker.host)} -j DROP`);
    for (const host of [ours, asker.host]) await loseThirtyPercent(host);
    await asker.ask(phrase);
    const pairing = start(ours, 'gus', { phrase, seconds: 60 });
    t.regex(String((await pairing.event('half'))['why']), /never said that ours is installed there/);
    const end = await pairing.end();
    t.is(end.code, 2, end.stdout + end.stderr);
    t.false(pairing.events.some(({ event }) => event === 'paired'));
    t.is(await pairDonesMet(ours, 'DROP'), 1, 'it was sent once, and lost');
    // git-annex is paired, and says nothing more: what is half here works both ways.
    t.is((await asker.remotes()).filter((remote) => remote.includes('ssh://gus@')).length, 1);
    t.is(keyLines(ours.read('/home/gus/.ssh/authorized_keys')).length, 1);
    t.regex((await ours.run('gus', [inside.node, inside.cli, 'peers'])).stdout, /^jörg@asker\s+half\s/m);
  },
);

async function openWorld(): Promise<World> {
  const lab = await openLab(process.cwd());
  const users = ['bo', 'cy', 'dee', 'fay', 'gus'];
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

function start(host: Host, user: string, how: Annex = { phrase }): Pairing {
  const pairing = startAnnex(host, user, how);
  started.push(pairing);
  return pairing;
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
