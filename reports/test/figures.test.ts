/** Plots and planted flaws: that they show what the runs did. */
import test from 'ava';
import { readScenarioFiles } from '../../sim/cli/files.ts';
import { pairedWithinMs } from '../../sim/sweep/pairs.ts';
import type { Attack } from '../data/catalogue.ts';
import { figurePoint, figuresOf, figureTasks, shareOf } from '../data/figures.ts';
import {
  acquitted,
  convictions,
  type FlawedRun,
  flawedRun,
  flaws,
  flawsIn,
  flawTasks,
  judgeFlawed,
} from '../data/flaws.ts';
import { proofs } from '../data/proofs.ts';
import { sweptIn } from '../data/swept.ts';
import { plotFigure, roundTicks } from '../page/plot.ts';
import { findings } from '../summary.ts';

const catalogue = readScenarioFiles([]).scenarios.map(({ raw, scenario: { name, seed, covers } }) => ({
  raw,
  name,
  seed,
  covers,
}));

test('on a network that loses nothing all pair, and the interval says how sure that is', (t) => {
  const one = figurePoint({ of: 'loss', protocol: 'lp1', loss: 0, runs: 3 });
  if (one.of !== 'loss') return t.fail();
  t.like(one.point, { protocol: 'lp1', loss: 0, runs: 3, paired: 3 });
  t.true((one.point.medianMs ?? 0) > 0 && one.point.datagrams > 4);
  const { share, low, high } = shareOf(one.point);
  t.is(share, 1);
  t.is(high, 1);
  // Wilson: 3 of 3 are no more than 44 % for sure.
  t.true(Math.abs(low - 0.4385) < 0.001, String(low));
});

test('where everything is lost nobody pairs, and no time is made up', (t) => {
  const one = figurePoint({ of: 'loss', protocol: 'annex', loss: 10, runs: 2 });
  if (one.of !== 'loss') return t.fail();
  t.like(one.point, { paired: 0, medianMs: null, p95Ms: null });
  t.is(shareOf(one.point).low, 0);
});

test('besieged lp1 releases guesses, and no more than its budget', (t) => {
  const one = figurePoint({ of: 'guesses', bits: 23, runs: 1 });
  if (one.of !== 'guesses') return t.fail();
  t.is(one.point.budget, 4);
  t.true(one.point.released >= 1 && one.point.released <= one.point.budget, String(one.point.released));
});

test('the points of the plots are in one order, whoever ended first; without runs there are none', (t) => {
  t.deepEqual(figureTasks(0), []);
  t.is(figuresOf([]), null);
  const times = { runs: 1, paired: 1, withinMs: 1, medianMs: 1, p95Ms: 1, datagrams: 1 };
  const of = (protocol: string, loss: number) => ({ of: 'loss' as const, point: { protocol, loss, ...times } });
  const figures = figuresOf([of('lp1', 3), of('annex', 1), of('lp1', 0)]);
  t.deepEqual(
    figures?.loss.map(({ protocol, loss }) => `${protocol} ${loss}`),
    ['annex 1', 'lp1 0', 'lp1 3'],
  );
});

test('a plot has a line for each series, its name at its end, and nothing outside of its axes', (t) => {
  const axis = { label: 'x', max: 1, ticks: [0, 1], text: String };
  const point = (x: number, y: number) => ({ x, y, low: y / 2, high: y });
  const { markup } = plotFigure({
    title: '<title>',
    x: axis,
    y: axis,
    series: [
      { name: 'one & two', kind: 'a', points: [point(0, 0), point(1, 5)] },
      { name: 'none', kind: 'b', points: [] },
    ],
  });
  t.true(markup.includes('class="line a" d="M52 254L420 14"'));
  t.true(markup.includes('class="band a"'));
  t.true(markup.includes('>one &amp; two</text>') && markup.includes('&lt;title&gt;'));
  t.false(markup.includes('none'));
});

test('ticks are round numbers, and reach as far as the values do', (t) => {
  t.deepEqual(roundTicks(87), [0, 20, 40, 60, 80, 100]);
  t.deepEqual(roundTicks(5), [0, 1, 2, 3, 4, 5]);
  t.deepEqual(roundTicks(0.3), [0, 0.1, 0.2, 0.3]);
  t.true((roundTicks(0).at(-1) ?? 0) > 0);
});

test('a planted flaw shows in the scenario that is made for it, and in no other row of the catalogue than its own', (t) => {
  const digest = catalogue.filter(({ name }) => name === 'crypto/spoofed-digest' || name === 'crypto/both-ask');
  const tasks = flawTasks(digest, 'attacks').filter(({ specimen }) => specimen === 'stops-at-bad-digest');
  const runs = tasks.map(flawedRun);
  const found = runs.find(({ scenario }) => scenario === 'crypto/spoofed-digest');
  t.deepEqual(found?.oracles, ['fair-loss']);
  t.regex(found?.why ?? '', /not paired/);
  t.is(runs.find(({ scenario }) => scenario === 'crypto/both-ask')?.why, null);
  const flaw = flaws.find(({ name }) => name === 'stops-at-bad-digest');
  if (flaw === undefined) return t.fail('no such specimen');
  const attack = (id: string): Attack => ({
    id,
    family: '',
    scenario: '',
    power: [],
    broken: '',
    right: '',
    source: '',
  });
  const outcome = (id: string): string => judgeFlawed(attack(id), flaw, runs).outcome;
  t.is(outcome(digest.find(({ name }) => name === 'crypto/spoofed-digest')?.covers[0] ?? ''), 'broken');
  t.is(outcome('D22'), 'none');
});

test('each specimen is convicted by the oracle that is meant for it, in the scenario that is written down for it', (t) => {
  t.deepEqual(Object.keys(proofs).sort(), flaws.map(({ name }) => name).sort());
  const runs = flawTasks(catalogue, 'proof').map(flawedRun);
  t.is(runs.length, flaws.length);
  for (const flaw of flaws) t.is(convictions(flaw, runs).length, 1, flaw.name);
  t.deepEqual(flawsIn(runs), flaws);
  t.deepEqual(findings([], [], runs), []);
  // What the report would say if that oracle slept.
  const [first] = runs;
  if (first === undefined) return t.fail('no specimen');
  const blind = runs.map((run) => (run === first ? { ...run, oracles: [], why: null } : run));
  t.deepEqual(
    acquitted(blind).map(({ name }) => name),
    [first.specimen],
  );
  t.true(findings([], [], blind).join('\n').includes(`UNNOTICED  ${first.specimen} (${first.protocol})`));
});

test('an attack that a specimen was not taken through is told apart from one that no scenario plays', (t) => {
  const [flaw] = flaws;
  if (flaw === undefined) return t.fail('no specimen');
  const attack = { id: 'Z99', family: '', scenario: '', power: [], broken: '', right: '', source: '' };
  const { name: specimen, protocol } = flaw;
  const run = (scenario: string): FlawedRun => ({
    specimen,
    protocol,
    scenario,
    covers: [],
    seed: 1,
    oracles: [],
    why: null,
  });
  const proof = run(proofs[specimen] ?? '');
  t.is(judgeFlawed(attack, flaw, [proof]).outcome, 'unrun');
  t.is(judgeFlawed(attack, flaw, [proof, run('crypto/other')]).outcome, 'none');
  const unplayable = { ...attack, instead: { why: 'there is no clock', test: null } };
  t.deepEqual(judgeFlawed(unplayable, flaw, [proof]), { outcome: 'none', why: 'there is no clock' });
});

test('every specimen is run, in scenarios of its own conversation alone, and in none with a crowd', (t) => {
  const tasks = flawTasks(catalogue, 'attacks');
  t.deepEqual(
    [...new Set(tasks.map(({ specimen }) => specimen))].sort(),
    [...new Set(flaws.map(({ name }) => name))].sort(),
  );
  for (const { raw, protocol } of tasks) {
    t.true(raw.protocols[protocol] !== undefined);
    t.true(Object.keys(raw.hosts).length <= 4);
  }
});

test('every specimen meets every attack that small scenarios play; one that is named meets every scenario', (t) => {
  const all = flawTasks(catalogue, 'attacks');
  const named = flawTasks(catalogue, 'all', ['shouts', 'done-once']);
  const rowsOf = (tasks: typeof all, name: string): readonly string[] =>
    [...new Set(tasks.filter(({ specimen }) => specimen === name).flatMap(({ raw }) => raw.covers ?? []))].sort();
  t.deepEqual(rowsOf(all, 'shouts'), rowsOf(named, 'shouts'));
  t.true(rowsOf(all, 'shouts').length > 50);
  const own = (tasks: typeof all): number => tasks.filter(({ specimen }) => specimen === 'shouts').length;
  t.true(own(all) < own(named) / 2, `${own(all)} of ${own(named)}`);
  t.deepEqual([...new Set(named.map(({ specimen }) => specimen))].sort(), ['done-once', 'shouts']);
});

test('sweeps are drawn from their counts: shares in time, and times as bounds, never better than they were', (t) => {
  const paired = (counts: Readonly<Record<number, number>>): readonly number[] =>
    pairedWithinMs.map((ms) => counts[ms] ?? 0);
  const walk = { of: 'sweep', name: 'x', cells: {} } as const;
  const { loss, guesses } = sweptIn([
    { ...walk, pairs: { 'lp1 7': { runs: 10, paired: paired({ 1000: 5, 20_000: 2, 25_000: 1 }), datagrams: 160 } } },
    {
      ...walk,
      pairs: { 'annex 0': { runs: 2, paired: paired({}), datagrams: 0 } },
      guesses: { 22: { runs: 3, released: 1 } },
    },
    {
      ...walk,
      pairs: { 'lp1 7': { runs: 10, paired: paired({ 1000: 10 }), datagrams: 200 } },
      guesses: { 22: { runs: 1, released: 2 } },
    },
    { of: 'tests', name: 'a-contract', cells: {} },
  ]);
  t.deepEqual(loss, [
    { protocol: 'annex', loss: 0, runs: 2, paired: 0, withinMs: 20_000, medianMs: null, p95Ms: null, datagrams: 0 },
    { protocol: 'lp1', loss: 3.5, runs: 20, paired: 17, withinMs: 20_000, medianMs: 1000, p95Ms: null, datagrams: 20 },
  ]);
  t.deepEqual(guesses, [{ bits: 22, budget: 2, released: 2, runs: 4 }]);
  t.deepEqual(sweptIn([]), { loss: [], guesses: [] });
});
