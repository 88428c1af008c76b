/** Failures are made small: delta debugging, luck made explicit, selectors by meaning, and files that say `stale`. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import fc from 'fast-check';
import { readScenarioFiles } from '../cli/files.ts';
import { oracles, runScenario, vocabulary } from '../index.ts';
import type { RawScenario } from '../scenario/raw.ts';
import { readScenario } from '../scenario/read.ts';
import { ddmin } from '../shrink/ddmin.ts';
import { type ShrinkOptions, type ShrinkResult, shrink } from '../shrink/shrink.ts';
import { scenarioText } from '../shrink/write.ts';
import { annexSpecimens } from '../specimens/annex.ts';
import type { Subject } from '../subject.ts';
import { annexSubject, couple, play, scenarioOf } from './play.ts';

const sound = annexSubject();

function specimen(name: string): Subject {
  const found = annexSpecimens(sound).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no specimen ${name}`);
  return found.subject;
}

function rawOf(text: string): RawScenario {
  const read = readScenario(text, { file: 'x', name: 'test/test', vocabulary });
  if (!read.ok) throw new Error(read.problems[0]?.what);
  return read.raw;
}

function shrunk(text: string, options: Omit<ShrinkOptions, 'raw' | 'name'>): Extract<ShrinkResult, { ok: true }> {
  const result = shrink({ raw: rawOf(text), name: 'test/test', ...options });
  if (!result.ok) throw new Error(result.why);
  return result;
}

test('ddmin finds exactly what is needed, whatever that is', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200), { maxLength: 80 }), fc.func(fc.boolean()), (parts, needed) => {
      const wanted = parts.filter((part) => needed(part));
      const found = ddmin(parts, (left) => wanted.every((part) => left.includes(part)));
      t.deepEqual(found, wanted);
    }),
  );
});

test('ddmin ends 1-minimal where parts depend on each other', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 12 }), fc.func(fc.boolean()), (parts, decide) => {
      const fails = (left: readonly number[]): boolean =>
        left.length === parts.length || decide(left.toSorted((a, b) => a - b).join());
      const found = ddmin(parts, fails);
      for (const part of found) t.false(found.length > 0 && fails(found.filter((one) => one !== part)));
    }),
  );
});

test('every scenario of the catalogue is the same when it is written down and read again', (t) => {
  for (const { scenario, raw, file } of readScenarioFiles([]).scenarios) {
    const read = readScenario(scenarioText(raw, 'a comment\nof two lines'), { file, name: scenario.name, vocabulary });
    t.deepEqual(read.ok ? read.scenario : read.problems, scenario, file);
  }
});

const storm = couple(
  `
adversaries:
  mallory: {on: lan, is: imposter, phrase: a wrong guess, racesAheadMs: 0}
  echo: {on: lan, is: replayer, startsMs: 5000, everyMs: 700, times: 30}
script:
  - {atMs: 2500, host: bob, change: address, to: 10.0.0.99}
expect:
  - {paired: [alice, bob]}`,
  '{loss: 3/10, delayMs: 1..40, duplicate: 1/4, reorder: 1/4}',
);

function seedThatBreaks(text: string, subject: Subject, oracle: string): number {
  const only = oracles.filter(({ name }) => name === oracle);
  const breaks = (seed: number): boolean =>
    play(text, { subject, seed, oracles: only }).oracles.some(({ verdict }) => verdict === 'fail');
  for (let seed = 1; seed <= 60; seed++) if (breaks(seed)) return seed;
  throw new Error(`${oracle} holds with every seed`);
}

test('one lost datagram is left of bad weather, named by meaning; without the bug the file passes', (t) => {
  const subject = specimen('pair-done-once');
  const weather = couple(
    'expect:\n  - {paired: [alice, bob]}',
    '{loss: 2/5, delayMs: 1..40, duplicate: 1/4}',
    ', windowMs: 60000',
  ).replace('alice: {', 'alice: {windowMs: 60000, ');
  const seed = seedThatBreaks(weather, subject, 'fair-loss');
  const { text, failure, raw, sizeBefore, size, minimal, result } = shrunk(weather, { subject, seed });
  t.deepEqual(failure, { of: 'oracle', name: 'fair-loss' });
  t.true(sizeBefore > 10);
  t.is(size, 3);
  t.true(minimal);
  t.regex(
    text,
    /^ {2}- \{drop: PairDone, from: (alice, to: bob|bob, to: alice), nth: 1, while: \{host: (bob|alice), situation: Answering\}\}$/m,
  );
  t.is(result.verdict, 'fail');
  t.deepEqual(Object.keys(raw.network['lan'] ?? {}), []);
  t.is(runScenario(scenarioOf(text), sound).verdict, 'pass');
});

test('an expectation that is not met is made small without taking away what would have helped', (t) => {
  const text = couple(
    `
adversaries:
  mallory: {on: lan, is: imposter, phrase: a wrong guess}
script:
  - {atMs: 100, network: cut, between: alice, and: bob}
  - {atMs: 60000, network: heal}
  - {atMs: 70000, host: bob, do: crash}
  - {atMs: 80000, host: bob, do: restart}
expect:
  - {paired: [alice, bob], withinMs: 30000}
  - {unpaired: bob}`,
  );
  const { raw, failure } = shrunk(text, { subject: sound, seed: 1 });
  t.is(failure.name, 'alice and bob paired within 30000 ms');
  t.is(raw.expect.length, 1);
  t.deepEqual(raw.adversaries ?? {}, {});
  // The network that is cut is the cause; that it heals again must stay, or nobody could have paired.
  t.deepEqual(
    (raw.script ?? []).map(({ network }) => network),
    ['cut', 'heal'],
  );
});

test('a search that is cut short says that its result may not be minimal', (t) => {
  const subject = specimen('key-in-record');
  const whole = shrunk(storm, { subject, seed: 1 });
  t.is(shrunk(storm, { subject, seed: 1 }).text, whole.text, 'the same again');
  const short = shrunk(storm, { subject, seed: 1, runsMax: 5 });
  t.true(whole.minimal);
  t.false(short.minimal);
  t.true(short.size > whole.size);
});

test('what does not fail is not shrunk', (t) => {
  const calm = rawOf(couple('expect:\n  - {paired: [alice, bob]}'));
  t.deepEqual(shrink({ raw: calm, name: 'test/test', subject: sound, seed: 1 }), {
    ok: false,
    why: 'the run does not fail',
  });
});

const dropped = (selector: string): string => couple(`script:\n  - {${selector}}\nexpect:\n  - {paired: [alice, bob]}`);

test('a drop can be counted while somebody is in a situation, and is stale where nobody ever is', (t) => {
  const there = play(dropped('drop: PairDone, from: alice, nth: 1..2, while: {host: bob, situation: Answering}'), {
    trace: true,
  });
  t.is(there.verdict, 'pass');
  t.is(there.trace.filter((line) => line['event'] === 'dropped').length, 2);
  const nowhere = play(dropped('drop: PairDone, from: alice, to: bob, nth: 2, while: {host: bob, situation: Seeking}'));
  t.is(nowhere.verdict, 'inconclusive');
  t.deepEqual(nowhere.failures, [
    'stale: the script waited in vain for: PairDone number 2 from alice to bob while bob is Seeking (seen 0)',
  ]);
});

test('a datagram can be held back, and can arrive twice, by meaning', (t) => {
  const times = (text: string): readonly unknown[] =>
    play(text, { trace: true })
      .trace.filter((line) => line['event'] === 'delivered' && line['kind'] === 'PairAck' && line['to'] === 'alice')
      .map((line) => line['atUs']);
  const [usual] = times(dropped('drop: PairDone, from: alice, nth: 99'));
  t.deepEqual(times(dropped('delay: PairAck, from: bob, to: alice, nth: 1, byMs: 300'))[0], Number(usual) + 300_000);
  t.deepEqual(times(dropped('repeat: PairAck, from: bob, to: alice, byMs: 40')).slice(0, 2), [
    usual,
    Number(usual) + 40_000,
  ]);
});

const program = fileURLToPath(new URL('../../cli.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'lanpair-shrink-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

function sim(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'sim', ...args], { cwd: directory }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

/** Expects what cannot be, among much that does not matter. */
const wrong = join(directory, 'wrong.yaml');
writeFileSync(wrong, storm.replace('{paired: [alice, bob]}', '{unpaired: alice}'));
const right = join(directory, 'right.yaml');
writeFileSync(right, couple('expect:\n  - {paired: [alice, bob]}'));

test('a failing run shrinks itself: a file that fails alike, its story beside it, and words for people', async (t) => {
  const { code, out } = await sim('run', wrong, '--shrunk', 'small');
  t.is(code, 1);
  t.regex(out, /expected, and not so: alice unpaired\n {2}so: expected: alice unpaired; saw: paired: alice\n/);
  const [, file] = /again with: lanpair sim run (\S+)/.exec(out) ?? [];
  t.truthy(file);
  t.regex(readFileSync(join(directory, (file ?? '').replace('.yaml', '.txt')), 'utf8'), /alice starts/);
  const again = await sim('run', file ?? '', '--no-shrink', '--shrunk', 'none');
  t.is(again.code, 1);
  t.regex(again.out, /1 FAILED/);
  t.false(existsSync(join(directory, 'none')));
});

test('sim shrink exits with 1 when it shrank a failure, with 0 when there is none', async (t) => {
  const bad = await sim('shrink', wrong, '--seed', '3');
  t.is(bad.code, 1);
  t.regex(bad.out, /shrunk from \d+ parts to \d in \d+ runs; none of them can go/);
  const good = await sim('shrink', right);
  t.deepEqual([good.code, good.out], [0, good.out]);
  t.regex(good.out, /is not shrunk: the run does not fail/);
  t.is((await sim('shrink', right, '--protocol', 'lp1')).code, 66);
  t.is((await sim('shrink', directory)).code, 64);
});
