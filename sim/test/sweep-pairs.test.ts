/** What a sweep tells of pairing and of guesses: of which runs, and that the numbers are those of the run. */
import test from 'ava';
import { readScenarioFiles } from '../cli/files.ts';
import { onSuite, subjects, vocabulary } from '../index.ts';
import { runScenario } from '../run.ts';
import { meaningOf } from '../scenario/meaning.ts';
import type { RawScenario } from '../scenario/raw.ts';
import { addPairs, noPairs, type PairTally, pairedWithinMs, watchPair } from '../sweep/pairs.ts';

const raws = new Map(readScenarioFiles([]).scenarios.map(({ scenario, raw }) => [scenario.name, raw]));
const phrase = 'my hovercraft is full of eels';
const two: RawScenario = {
  title: 'two',
  protocols: { lp1: 'pass', annex: 'pass' },
  network: { lan: { loss: '3/10', delayMs: '1..5' } },
  hosts: { alice: { on: 'lan', phrase }, bob: { on: 'lan', phrase, startsMs: 2000, typesMs: 3000 } },
  expect: [{ paired: ['alice', 'bob'] }],
};

function told(raw: RawScenario, protocol: string, seed = 1): PairTally {
  const subject = subjects.get(protocol);
  if (subject === undefined) throw new RangeError(`there is no ${protocol}`);
  const { watch, tally } = watchPair(raw, protocol);
  const scenario = meaningOf(raw, 'a/b', vocabulary, { found: [], add: () => undefined });
  runScenario(scenario, onSuite(subject, 'symbolic'), seed, { watch, oracles: [] });
  return tally();
}

test('a pair counts where its network loses what it loses, with the time since both had typed, and its datagrams', (t) => {
  for (const protocol of ['lp1', 'annex']) {
    const { pairs } = told(two, protocol);
    t.deepEqual(Object.keys(pairs), [`${protocol} 6`]);
    const [own] = Object.values(pairs);
    t.is(own?.runs, 1);
    t.is(own?.paired.length, pairedWithinMs.length);
    t.is(
      own?.paired.reduce((a, b) => a + b),
      1,
    );
    t.true((own?.datagrams ?? 0) > 2);
  }
});

test('who never pairs counts as a run, and as nothing else', (t) => {
  const { pairs } = told({ ...two, network: { lan: { loss: 1 } }, endsMs: 20_000 }, 'lp1');
  t.like(pairs['lp1 20'], { runs: 1, datagrams: 0 });
  t.true(pairs['lp1 20']?.paired.every((many) => many === 0));
});

test('runs that are about something else count nothing: another wish, a third one, a phrase overheard, two networks', (t) => {
  const others: readonly Partial<RawScenario>[] = [
    { script: [{ atMs: 500, host: 'alice', do: 'cancel' }] },
    { script: [{ atMs: 500, host: 'alice', fails: ['store'] }] },
    { hosts: { ...two.hosts, carol: { on: 'lan', phrase } } },
    { hosts: { ...two.hosts, bob: { on: 'lan', phrase, fails: ['provision'] } } },
    { hosts: { ...two.hosts, bob: { on: 'lan', phrase: 'another one' } } },
    { adversaries: { mallory: { on: 'lan', is: 'imposter', phrase } } },
    { network: { lan: {}, wlan: {} } },
    { network: { lan: { preset: 'lossy-wifi' } } },
    { links: [{ from: 'alice', to: 'bob', loss: '1/2' }] },
  ];
  for (const changes of others) t.deepEqual(watchPair({ ...two, ...changes }, 'lp1').tally(), noPairs);
  const weather = { script: [{ atMs: 500, host: 'bob', do: 'crash' as const }], adversaries: {} };
  t.not(watchPair({ ...two, ...weather }, 'lp1').tally().pairs['lp1 6'], undefined);
});

test('guesses count where the phrase is weak, for lp1, and stay within what its entropy allows', (t) => {
  const raw = raws.get('crypto/guesser-21-bits-stalls');
  if (raw === undefined) return t.fail('no such scenario');
  const { guesses } = told(raw, 'lp1');
  t.deepEqual(guesses, { 21: { runs: 1, released: 1 } });
  t.deepEqual(told(two, 'lp1').guesses, {});
});

test('two counts add up to the count of both', (t) => {
  const [a, b] = [told(two, 'lp1', 1).pairs['lp1 6'], told(two, 'lp1', 2).pairs['lp1 6']];
  if (a === undefined || b === undefined) return t.fail();
  const sum = addPairs(a, b);
  t.is(sum.runs, 2);
  t.is(sum.datagrams, a.datagrams + b.datagrams);
  t.is(
    sum.paired.reduce((x, y) => x + y),
    2,
  );
  t.deepEqual(addPairs(b, a), sum);
});
