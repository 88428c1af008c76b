/**
 * lanpair and a real git-annex assistant on a LAN of their own, in each role, with nothing lost and with three of ten
 * datagrams lost both ways. Beside them two lanpairs and two git-annexes, and at the end the figures of all.
 */
import test, { type ExecutionContext } from 'ava';
import { assertPaired, directory, flush, must, pairDoneOf, pairDonesMet, startAnnex } from './annex-pairing.ts';
import { type Assistant, startAssistant } from './assistant.ts';
import { type Figures, makeTable, median } from './figures.ts';
import { type Host, type Lab, openLab } from './lab.ts';
import { bothPaired, makeRepository, type Pairing, startPair } from './lanpair.ts';
import { annexThatPairs, skipReason } from './needs.ts';
import { countSent, loseThirtyPercent, type Sent, total } from './traffic.ts';
import { until } from './until.ts';

interface World {
  readonly lab: Lab;
  /** Where lanpair runs: one user for each test, since a second pairing of one user is another story. */
  readonly ours: Host;
  readonly mate: Host;
  /** In pairs, since who has paired has heard of the other: one for what is clean, one for what is lost. */
  readonly asker: Assistant;
  readonly answerer: Assistant;
  readonly lossyAsker: Assistant;
  readonly lossyAnswerer: Assistant;
}

type Loss = 0 | 30;
const losses: readonly Loss[] = [0, 30];
/** How often two lanpairs pair: they are quick. */
const times = 3;
/** More than a git-annex needs to make a remote of a PairDone that it heard. */
const pairDoneSeconds = 10;
/** lanpair, which answered, waits so long for a PairDone: git-annex sends it 0.6 s after it heard the PairAck. */
const answeringSeconds = 60;

const reason = skipReason({ script: 'interop:git-annex', programs: ['git-annex'], also: annexThatPairs });
const story = (title: string, tell: (t: ExecutionContext) => Promise<void>): void =>
  reason === null ? test.serial(title, tell) : test.serial.skip(`${title} (skipped: ${reason})`, tell);

let world: World;
const started: Pairing[] = [];
const table = makeTable();

if (reason === null) {
  test.before('four git-annexes start', async (t) => {
    t.timeout(150_000);
    world = await openWorld();
  });
  test.afterEach.always(async () => {
    // What a failed story leaves would be in the way of the next one's.
    for (const pairing of started.splice(0)) pairing.signal('SIGKILL');
    if (world === undefined) return;
    const { ours, mate, ...four } = world;
    await flush([ours, mate, ...assistants().map(({ host }) => host)]);
    for (const asker of [four.asker, four.lossyAsker]) await asker.cancel();
  });
  test.after.always(() => world?.lab.close());
}

// These first: the git-annexes are deaf for a minute.
for (const protocol of ['lp1', 'annex'] as const) {
  for (const loss of losses) {
    story(`${lost(loss)}: two lanpairs pair by ${protocol}`, async (t) => {
      const { ours, mate } = world;
      const runs: Figures[] = [];
      await lossy(loss, [ours, mate]);
      for (let run = 0; run < times; run++) {
        const user = lanpairUser(protocol, loss, run);
        const phrase = `73-ladder-acid-hope-rabbit-${protocol}-${loss}-${run}`;
        const start = (host: Host, typed: string | null): Pairing =>
          begin(
            startPair(host, user, {
              directory,
              phrase: typed,
              more: ['--protocol', protocol, '--as-typed', '--weak-phrase'],
            }),
          );
        const first = start(ours, phrase);
        const second = start(mate, null);
        await until('the first one to ask', 60, () =>
          first.events.some(({ event, role }) => event === 'seeking' && role === 'asking'),
        );
        await second.event(protocol === 'annex' ? 'request' : 'seeking');
        const sent = await metered([ours, mate]);
        const sinceMs = performance.now();
        second.type(phrase);
        const paired = await Promise.all([first.event('paired'), second.event('paired')]);
        runs.push({ ms: Math.max(...paired.map(({ heardMs }) => heardMs)) - sinceMs, ...(await sent()) });
        await bothPaired(t, [first, second]);
      }
      table.add(`lanpair and lanpair, ${protocol}`, loss, median(runs), `median of ${times}`);
    });
  }
}

for (const loss of losses) {
  story(`${lost(loss)}: two git-annexes, as they happen to fare`, async (t) => {
    const [asker, answerer] = assistantsAt(loss);
    await Promise.all(assistants().map((assistant) => assistant.listening()));
    // They go on for ever when they have not paired, so nobody else is told this one.
    const phrase = `two git-annexes at ${loss}`;
    await lossy(loss, [asker.host, answerer.host]);
    const sent = await metered([asker.host, answerer.host]);
    await asker.ask(phrase);
    const since = await answerer.respond(phrase, `${asker.user}@`);
    // Who asks hears one of many PairAcks; whether the one PairDone is heard is chance, where any are lost.
    await until('who asked to have a remote', 120, async () => (await asker.remotes()).length === 1);
    const patience = loss === 0 ? 120 : pairDoneSeconds;
    const isPaired = await until('both', patience, async () => (await answerer.remotes()).length === 1).catch(
      () => false,
    );
    const ms = performance.now() - since;
    if (loss === 0) t.true(isPaired, 'the lab is sound: two real git-annexes pair in it');
    else t.is((await asker.remotes()).length, 1);
    table.add(
      'git-annex and git-annex',
      loss,
      { ms: isPaired ? ms : null, ...(await sent()) },
      isPaired ? '' : 'one of them only',
    );
  });

  story(`${lost(loss)}: lanpair asks and git-annex's person responds: they pair`, async (t) => {
    const { ours } = world;
    const [, answerer] = assistantsAt(loss);
    const phrase = `Übern Öresund, ${loss} ΟΔΥΣΣΕΥΣ`;
    const user = `asks${loss}`;
    await lossy(loss, [ours, answerer.host]);
    const sent = await metered([ours, answerer.host]);
    const pairing = begin(startAnnex(ours, user, { phrase }));
    const since = await answerer.respond(phrase, `${user}@`);
    await assertPaired(t, pairing, ours, user, answerer, async () => {
      table.add('lanpair asks git-annex', loss, { ms: performance.now() - since, ...(await sent()) });
      await flush([ours, answerer.host]);
    });
  });

  story(
    `${lost(loss)}: git-annex asks and lanpair answers: paired, or half with notice when the PairDone was lost`,
    async (t) => {
      const { ours } = world;
      const [asker] = assistantsAt(loss);
      const phrase = `Öresund über, ${loss} ΟΔΥΣΣΕΥΣ`;
      const user = `answers${loss}`;
      // Counted before chance, and once more behind it.
      await must(ours, `iptables -A INPUT ${pairDoneOf(asker.host)}`);
      await lossy(loss, [ours, asker.host]);
      await must(ours, `iptables -A INPUT ${pairDoneOf(asker.host)} -j ACCEPT`);
      const sent = await metered([ours, asker.host]);
      const pairing = begin(startAnnex(ours, user, { phrase: null, seconds: loss === 0 ? 180 : answeringSeconds }));
      await pairing.event('seeking');
      await asker.ask(phrase);
      await pairing.event('request');
      const since = performance.now();
      pairing.type(phrase);
      const end = await until(
        'paired or half',
        180,
        () => pairing.events.find(({ event }) => event === 'paired' || event === 'half') ?? null,
      );
      const half = end.event === 'half' ? end : null;
      const ms = performance.now() - since;
      const figures = await sent();
      t.is(await pairDonesMet(ours, 'count'), 1, 'git-annex says it once');
      t.is(await pairDonesMet(ours, 'ACCEPT'), half === null ? 1 : 0);
      if (loss === 0) t.is(half, null);
      table.add(
        'git-annex asks lanpair',
        loss,
        { ms: half === null ? ms : null, ...figures },
        half === null ? '' : 'half, and said so',
      );
      await flush([ours, asker.host]);
      if (half === null) return assertPaired(t, pairing, ours, user, asker);
      t.regex(String(half['why']), /never said that ours is installed there/);
      t.is((await pairing.end()).code, 2);
    },
  );
}

story('the figures of all, from the second phrase to both paired', async (t) => {
  t.is(table.rows, 10);
  t.log(`\n${table.text()}`);
});

async function openWorld(): Promise<World> {
  const lab = await openLab(process.cwd());
  const quick = (['lp1', 'annex'] as const).flatMap((protocol) =>
    losses.flatMap((loss) => Array.from({ length: times }, (_, run) => lanpairUser(protocol, loss, run))),
  );
  const slow = losses.flatMap((loss) => [`asks${loss}`, `answers${loss}`]);
  const annexHost = (hostName: string, address: string, user: string, at: string): Promise<Assistant> =>
    lab.host({ hostName, address, users: [user] }).then((host) => startAssistant(host, user, at));
  const [ours, mate, asker, answerer, lossyAsker, lossyAnswerer] = await Promise.all([
    lab.host({ hostName: 'home', address: '10.86.0.1', users: [...quick, ...slow] }),
    lab.host({ hostName: 'mate', address: '10.86.0.2', users: quick }),
    annexHost('asker', '10.86.0.3', 'jörg', directory),
    annexHost('answerer', '10.86.0.4', 'bob', 'annex'),
    annexHost('asker2', '10.86.0.5', 'kim', 'annex'),
    annexHost('answerer2', '10.86.0.6', 'lee', directory),
  ]);
  for (const user of quick) for (const host of [ours, mate]) await makeRepository(host, user, directory, 'git');
  for (const user of slow) await makeRepository(ours, user, directory, 'annex');
  return { lab, ours, mate, asker, answerer, lossyAsker, lossyAnswerer };
}

function assistants(): readonly Assistant[] {
  return losses.flatMap(assistantsAt);
}

/** Who asks, and who answers. */
function assistantsAt(loss: Loss): readonly [Assistant, Assistant] {
  return loss === 0 ? [world.asker, world.answerer] : [world.lossyAsker, world.lossyAnswerer];
}

function begin(pairing: Pairing): Pairing {
  started.push(pairing);
  return pairing;
}

function lanpairUser(protocol: 'lp1' | 'annex', loss: Loss, run: number): string {
  return `${protocol}-${loss}-${run}`;
}

function lost(loss: Loss): string {
  return loss === 0 ? 'nothing is lost' : 'three of ten datagrams are lost, both ways';
}

async function lossy(loss: Loss, hosts: readonly Host[]): Promise<void> {
  if (loss > 0) for (const host of hosts) await loseThirtyPercent(host);
}

async function metered(hosts: readonly Host[]): Promise<() => Promise<Sent>> {
  const counts = await Promise.all(hosts.map(countSent));
  return async () => total(await Promise.all(counts.map((count) => count())));
}
