/** Sweeps: what a seed draws, that totals depend on nothing but the plan, and the command that runs them. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import fc from 'fast-check';
import { impossible, type Matrix, take } from '../../protocol/table.ts';
import { WrongUse } from '../cli/complaint.ts';
import { readScenarioFiles } from '../cli/files.ts';
import { readResults } from '../cli/sweep-file.ts';
import { progressText } from '../cli/sweep-table.ts';
import { type Cells, countCells, type Subject, subjects, vocabulary } from '../index.ts';
import { meaningOf } from '../scenario/meaning.ts';
import type { RawScenario } from '../scenario/raw.ts';
import { scenarioText } from '../shrink/write.ts';
import { lp1Specimens } from '../specimens/lp1.ts';
import { runBlock, runCase, sweepEventsMax } from '../sweep/block.ts';
import {
  blockCount,
  blockSizeOf,
  blocksOf,
  type Case,
  caseOf,
  catalogueHash,
  type Plan,
  seedsOf,
  timesRarer,
} from '../sweep/plan.ts';
import { add, nothing, type Tally, tallyOf } from '../sweep/tally.ts';
import { annexSubject, couple, lp1Subject, play } from './play.ts';

const catalogue = readScenarioFiles([]).scenarios.map(({ scenario, raw }) => ({ name: scenario.name, raw }));
const plan: Plan = {
  seeds: { first: 1, last: 400 },
  protocols: [...subjects.keys()],
  suite: 'symbolic',
  madeUp: 4,
  catalogue: catalogueHash(catalogue),
};
const cases = Array.from({ length: 400 }, (_, index) => caseOf(plan, catalogue, index + 1));

test('whatever a seed draws is a scenario that can be written down', (t) => {
  for (const { raw, name, seed } of cases) {
    const problems: string[] = [];
    const collect = (path: readonly unknown[], what: string): void => void problems.push(`${path.join('.')}: ${what}`);
    meaningOf(raw, name, vocabulary, { found: [], add: collect });
    t.deepEqual(problems, [], `${name}, seed ${seed}`);
    t.notThrows(() => scenarioText(raw, ''));
  }
});

test('a seed draws the same again, and another seed something else', (t) => {
  t.deepEqual(caseOf(plan, catalogue, 7), cases[6]);
  t.is(new Set(cases.map(({ raw }) => JSON.stringify(raw))).size, cases.length);
});

test('a scenario that is added changes only the seeds that go to it, and their share is fair', (t) => {
  const [first, ...others] = catalogue;
  if (first === undefined) return t.fail();
  const added = { ...first, name: 'test/added' };
  const at = Math.floor(others.length / 2);
  const more = [...others.slice(0, at), added, ...others.slice(at)].toReversed();
  const wholePlan = { ...plan, madeUp: 0 };
  let taken = 0;
  for (let seed = 1; seed <= 3000; seed++) {
    const after = caseOf(wholePlan, more, seed);
    if (after.name === added.name) taken++;
    else t.deepEqual(after, caseOf(wholePlan, others, seed), `seed ${seed}`);
  }
  // About eighteen; a third or three times of it is more than three standard deviations away.
  const share = 3000 / more.length;
  t.true(taken > share / 3 && taken < share * 3, `${taken} of ${share}`);
});

test('a scenario with many hosts is drawn a twentieth as often as another', (t) => {
  const [one] = catalogue.filter(({ raw }) => Object.keys(raw.hosts).length === 2);
  const [many] = catalogue.filter(({ raw }) => Object.keys(raw.hosts).length > 8);
  if (one === undefined || many === undefined) return t.fail();
  const seeds = Array.from({ length: 4200 }, (_, index) => index + 1);
  const drawn = seeds.filter((seed) => caseOf({ ...plan, madeUp: 0 }, [many, one], seed).name === many.name).length;
  // 200 are expected, 14 is their standard deviation.
  t.true(drawn > 130 && drawn < 270, `${drawn}`);
});

test('a scenario in which an adversary speaks from many places at once is drawn a fifth as often', (t) => {
  const quiet = catalogue.find(({ name }) => name === 'crypto/imposter-asks-first');
  const loud = catalogue.find(({ name }) => name === 'crypto/crowd-of-strangers');
  if (quiet === undefined || loud === undefined) return t.fail();
  t.is(timesRarer(quiet.raw), 1);
  const seeds = Array.from({ length: 1200 }, (_, index) => index + 1);
  const drawn = seeds.filter((seed) => caseOf({ ...plan, madeUp: 0 }, [loud, quiet], seed).name === loud.name).length;
  // 200 are expected, 13 is their standard deviation.
  t.true(drawn > 140 && drawn < 260, `${drawn}`);
});

test('a run ends no sooner than the windows of those who are in it', (t) => {
  const short = catalogue.filter(({ raw }) => raw.endsMs !== undefined);
  t.true(short.length > 0);
  for (const [index, one] of short.entries()) {
    const { raw } = caseOf({ ...plan, madeUp: 0 }, [one], 900 + index);
    const windows = Object.values(raw.hosts).map(({ startsMs = 0, windowMs = 0 }) => startsMs + windowMs);
    t.true((raw.endsMs ?? 0) >= Math.max(...windows), one.name);
  }
});

test('every fault turns up, and in no run all of them', (t) => {
  const drawn = (raw: RawScenario): readonly string[] => [
    ...new Set([
      ...Object.values(raw.network).flatMap((rules) => Object.keys(rules)),
      ...(raw.script ?? []).flatMap((item) => [item.do ?? item.network ?? item.change ?? '']),
      ...(['trudy', 'oscar'].some((name) => raw.adversaries?.[name] !== undefined) ? ['stranger'] : []),
    ]),
  ];
  const all = new Set(cases.flatMap(({ raw }) => drawn(raw)));
  for (const one of [
    'loss',
    'delayMs',
    'duplicate',
    'reorder',
    'cut',
    'crash',
    'restart',
    'address',
    'resume',
    'stranger',
  ])
    t.true(all.has(one), one);
  for (const { raw, seed } of cases) t.true(drawn(raw).length < all.size, `seed ${seed}`);
  t.true(cases.some(({ name }) => name.startsWith('random/')));
});

test('after the adverse phase all heals: strangers are silent, and who crashed by chance is started again', (t) => {
  for (const { raw, name, seed } of cases) {
    const script = raw.script ?? [];
    const heal = script.at(-1);
    t.is(heal?.network, 'heal', `${name}, seed ${seed}`);
    for (const { untilMs = Number.POSITIVE_INFINITY } of Object.values(raw.adversaries ?? {}))
      t.true(untilMs <= (heal?.atMs ?? 0));
    const last = Math.max(
      ...Object.values(raw.hosts).flatMap(({ startsMs = 0, typesMs = 0 }) => [startsMs, typesMs]),
      ...script.slice(0, -1).map(({ atMs = 0 }) => atMs),
    );
    for (const { windowMs = 0 } of Object.values(raw.hosts)) {
      t.true(windowMs >= 4 * (heal?.atMs ?? 0));
      t.true(windowMs >= last + 120_000, `${name}, seed ${seed}: nobody has ended before the last one comes`);
    }
    if (!name.startsWith('random/')) continue;
    script.forEach((item, index) => {
      if (item.do === 'crash') t.like(script[index + 1], { host: item.host, do: 'restart' });
    });
  }
});

test('who does not converge when all has healed is found, in scenarios of the catalogue and in made up ones', (t) => {
  const sound = lp1Subject();
  const flawed = lp1Specimens(sound).find(({ name }) => name === 'done-once')?.subject;
  if (flawed === undefined) return t.fail();
  const verdict = (one: Case, subject: Subject): string | undefined =>
    runCase(one, subject).oracles.find(({ name }) => name === 'fair-loss')?.verdict;
  const isSmall = ({ raw }: Case): boolean =>
    raw.protocols['lp1'] !== undefined &&
    Object.keys(raw.hosts).length < 4 &&
    (raw.script ?? []).some(({ network }) => network === 'cut' || network === 'clog');
  for (const scenarios of [catalogue, []]) {
    const some = Array.from({ length: 300 }, (_, index) => caseOf(plan, scenarios, index + 1)).filter(isSmall);
    const convicting = some.find((one) => verdict(one, flawed) === 'fail');
    if (convicting === undefined) return t.fail(`none of ${some.length} cases finds it`);
    t.is(verdict(convicting, sound), 'pass', `seed ${convicting.seed}`);
    // A network that never heals owes nobody a pairing: only the second phase lets the oracle ask for it.
    const { raw } = convicting;
    const unhealed = { ...convicting, raw: { ...raw, script: (raw.script ?? []).slice(0, -1) } };
    t.is(verdict(unhealed, flawed), 'inconclusive', `seed ${convicting.seed}`);
  }
});

test('long sweeps have larger blocks, so that their files stay short', (t) => {
  const sized = (seeds: number): readonly number[] => {
    const some = { ...plan, seeds: { first: 1, last: seeds } };
    return [blockSizeOf(some), blockCount(some)];
  };
  t.deepEqual([15, 10_000, 25_000, 100_000].map(sized), [
    [10, 2],
    [10, 1000],
    [25, 1000],
    [100, 1000],
  ]);
  t.deepEqual(sized(1_000_000), [100, 10_000]);
});

test('blocks and shards hold each seed once', (t) => {
  fc.assert(
    fc.property(
      fc.nat(5000),
      fc.integer({ min: 0, max: 30_000 }),
      fc.integer({ min: 1, max: 9 }),
      (first, more, count) => {
        const some = { ...plan, seeds: { first, last: first + more } };
        const blocks = Array.from({ length: count }, (_, index) => blocksOf(some, index + 1, count)).flat();
        t.is(blocks.length, blockCount(some));
        const seeds = blocks.flatMap((block) => seedsOf(some, block)).sort((a, b) => a - b);
        t.deepEqual(
          seeds,
          Array.from({ length: more + 1 }, (_, index) => first + index),
        );
      },
    ),
  );
});

/** Real tallies of short runs, some of which fail. */
const tallies: readonly Tally[] = [1, 2, 3, 4, 5, 6].map((seed) => {
  const raw = catalogue[0]?.raw;
  if (raw === undefined) throw new Error('no catalogue');
  const text = couple(`expect:\n  - {${seed % 2 === 0 ? 'un' : ''}paired: [alice, bob]}`);
  const { watch, cells, threw } = countCells(['alice', 'bob']);
  const result = play(text, { seed, watch });
  return tallyOf(result, { cells: cells(), threw }, raw, sweepEventsMax);
});

const stepsIn = (cells: Cells): number =>
  Object.values(cells)
    .flatMap((events) => Object.values(events))
    .reduce((sum, count) => sum + count, 0);

test('tallies count each step of the hosts in its cell, and every cell is one of the table', (t) => {
  const { cells, steps } = tallies.reduce(add, nothing);
  t.deepEqual(Object.keys(cells), ['annex']);
  t.is(stepsIn(cells['annex'] ?? {}), steps);
  const table = annexSubject().protocol.table.map(({ situation, event }) => `${situation} ${event}`);
  for (const [situation, events] of Object.entries(cells['annex'] ?? {}))
    for (const event of Object.keys(events)) t.true(table.includes(`${situation} ${event}`), `${situation} ${event}`);
});

test('a step that the table forbids is counted in its cell, and is a find', (t) => {
  const sound = annexSubject();
  const { protocol } = sound;
  const matrix = { Requesting: { never: impossible('it is said to be impossible') } } as unknown as Matrix<
    ReturnType<typeof protocol.initial>,
    { readonly type: 'never' }
  >;
  const step: typeof protocol.step = (state, input, suite) =>
    state.situation === 'Requesting'
      ? take(matrix, state, { type: 'never' }, suite)
      : protocol.step(state, input, suite);
  const subject = { ...sound, protocol: { ...protocol, step } };
  const { watch, cells, threw } = countCells(['alice', 'bob']);
  const result = play(couple('expect:\n  - {paired: [alice, bob]}'), { subject, watch });
  const tally = tallyOf(result, { cells: cells(), threw }, cases[0]?.raw as RawScenario, sweepEventsMax);
  t.is(tally.cells['annex']?.['Requesting']?.['never'], threw.length);
  t.true(threw.length > 0);
  t.is(tally.found['annex core threw']?.count, 1);
});

test('a tally stays small, however many runs it is of and whatever they say', (t) => {
  const [failing] = tallies.filter(({ found }) => Object.keys(found).length > 0);
  if (failing === undefined) return t.fail();
  const long = play(couple('expect:\n  - {paired: [alice, bob]}'));
  const [oracle] = long.oracles;
  if (oracle === undefined) return t.fail();
  const noisy = { ...long, oracles: [{ ...oracle, verdict: 'fail' as const, why: 'x'.repeat(1_000_000) }] };
  const raw = cases[0]?.raw as RawScenario;
  const one = tallyOf(noisy, { cells: {}, threw: [] }, raw, sweepEventsMax);
  t.true(JSON.stringify(one).length < 2000);
  const many = Array.from({ length: 1000 }, () => failing).reduce(add, one);
  t.true(JSON.stringify(many).length < 12_000, `${JSON.stringify(many).length}`);
});

test('tallies add up to the same in any order and in any groups', (t) => {
  const total = tallies.reduce(add, nothing);
  t.is(total.runs, 6);
  t.deepEqual(
    Object.values(total.found).map(({ count }) => count),
    [3],
  );
  fc.assert(
    fc.property(fc.shuffledSubarray([...tallies], { minLength: 6 }), fc.nat(6), (order, cut) => {
      const left = order.slice(0, cut).reduce(add, nothing);
      const right = order.slice(cut).reduce(add, nothing);
      t.is(JSON.stringify(add(left, right)), JSON.stringify(total));
    }),
  );
});

test('of what is found those with the smallest seeds are kept, and all are counted', (t) => {
  const [failing] = tallies.filter(({ found }) => Object.keys(found).length > 0);
  if (failing === undefined) return t.fail();
  const [[kind, { first }] = ['', { first: [] }]] = Object.entries(failing.found);
  const many = Array.from({ length: 30 }, (_, index) => ({
    ...failing,
    found: { [kind]: { count: 1, first: first.map((find) => ({ ...find, seed: 100 - index })) } },
  }));
  const found = many.reduce<Tally>(add, nothing).found[kind];
  t.is(found?.count, 30);
  t.deepEqual(
    found?.first.map(({ seed }) => seed),
    [71, 72, 73, 74, 75, 76, 77, 78, 79, 80],
  );
});

test('a variation that is no scenario is a mistake of ours, and told as one', (t) => {
  const [one] = cases;
  if (one === undefined) return t.fail();
  const broken = { ...one, raw: { ...one.raw, script: [{ atMs: 1, host: 'nobody', do: 'crash' }] } as RawScenario };
  t.throws(() => runCase(broken, annexSubject()), { message: /seed 1 of .* makes no scenario: script\.0\.host: / });
});

test('the bar says how much is done, how fast, what was found and how long it will take', (t) => {
  const tally = tallies.reduce(add, nothing);
  t.is(progressText(30, 120, tally, 3), '[######..................] 30/120 blocks  6 runs  2/s  3 found  0:09 left');
});

const program = fileURLToPath(new URL('../../cli.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'lanpair-sweep-'));
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

const small = join(directory, 'small.yaml');
writeFileSync(small, couple('expect:\n  - {paired: [alice, bob]}').replace('annex: pass', 'annex: pass, lp1: pass'));
const sweepSmall = ['sweep', 'small.yaml', '--seeds', '15', '--no-shrink'] as const;

test('totals are the same with one worker, with two, in this process, and from merged shards', async (t) => {
  const [one, two, ...shards] = await Promise.all([
    sim(...sweepSmall, '--jobs', '1', '--out', 'one.ndjson'),
    sim(...sweepSmall, '--jobs', '2'),
    sim(...sweepSmall, '--shard', '1/2', '--out', 'first.ndjson'),
    sim(...sweepSmall, '--shard', '2/2', '--out', 'second.ndjson'),
  ]);
  t.regex(one.out, /^seeds 1 to 15, symbolic: 30 runs, /);
  t.regex(one.out, /^ {2}annex {2}went through [1-9]\d* of \d+ cells of its table$/m);
  t.is(two.out, one.out);
  for (const { out } of shards) t.not(out, one.out);
  const merged = await sim('merge', 'second.ndjson', 'first.ndjson', '--out', 'merged.ndjson');
  t.is(merged.out, one.out);
  t.is(merged.code, one.code);
  const byBlock = (name: string): readonly string[] => readFileSync(join(directory, name), 'utf8').split('\n').sort();
  t.deepEqual(byBlock('merged.ndjson'), byBlock('one.ndjson'));
  const named = [
    {
      name: `${basename(directory)}/small`,
      raw: readScenarioFiles([small]).scenarios[0]?.raw as RawScenario,
    },
  ];
  const here = { ...plan, seeds: { first: 1, last: 15 }, madeUp: 0, catalogue: catalogueHash(named) };
  const tally = runBlock(here, named, 1);
  t.true(byBlock('one.ndjson').includes(JSON.stringify({ block: 1, tally })));
});

test('a sweep in which nothing ran has not passed', async (t) => {
  const { code, out } = await sim('sweep', 'small.yaml', '--seeds', '3', '--protocol', 'locate', '--jobs', '1');
  t.is(code, 2, out);
  t.regex(out, /^NOTHING RAN: /m);
  t.notRegex(out, /nothing found/);
});

test('an interrupted sweep goes on where it was, and a half written line is run again', async (t) => {
  const whole = await sim(...sweepSmall, '--protocol', 'annex', '--out', 'cut.ndjson');
  const lines = readFileSync(join(directory, 'cut.ndjson'), 'utf8').split('\n');
  writeFileSync(join(directory, 'cut.ndjson'), `${lines.slice(0, 2).join('\n')}\n${(lines[2] ?? '').slice(0, 40)}`);
  const part = await sim('merge', 'cut.ndjson');
  t.deepEqual([part.code, /INCOMPLETE: 1 block of seeds is not there yet/.test(part.out)], [2, true]);
  const again = await sim(...sweepSmall, '--protocol', 'annex', '--out', 'cut.ndjson');
  t.regex(again.err, /^(5|10) runs in /);
  t.is(again.out, whole.out);
  const idle = await sim(...sweepSmall, '--protocol', 'annex', '--out', 'cut.ndjson');
  t.deepEqual([idle.err, idle.out], ['', whole.out]);
  const other = await sim('sweep', 'small.yaml', '--seeds', '20', '--out', 'cut.ndjson');
  t.is(other.code, 65);
  t.regex(other.err, /cut\.ndjson holds another sweep/);
});

test('a result file of another version, and a broken one, are refused by name; nothing is lost', async (t) => {
  const whole = await sim(...sweepSmall, '--protocol', 'annex', '--out', 'sound.ndjson');
  t.is(whole.code, 0);
  const [head = '', ...lines] = readFileSync(join(directory, 'sound.ndjson'), 'utf8').split('\n');
  const old = head.replace(/"format":\d+,/, '');
  t.not(old, head);
  for (const [text, message] of [
    [[old, ...lines], /broken\.ndjson was written by another version of lanpair/],
    [[head.replace('"madeUp":0', '"madeUp":-1'), ...lines], /broken\.ndjson is broken in line 1/],
    [[head, '{"block":0,"tally":{"runs":1}}', ...lines], /broken\.ndjson is broken in line 2/],
    [[head, lines[0]?.replace('"block":', '"block":9'), ...lines.slice(1)], /broken\.ndjson is broken in line 2/],
    [[head, lines[0]?.replace('"annex":{', '"annex":{"Zzz":{"x":"9"},'), ''], /broken\.ndjson is broken in line 2/],
    [[head, lines[0]?.slice(0, 30), lines[1], ''], /broken\.ndjson is broken in line 2/],
  ] as const) {
    writeFileSync(join(directory, 'broken.ndjson'), text.join('\n'));
    t.throws(() => readResults(join(directory, 'broken.ndjson')), { instanceOf: WrongUse, message });
  }
  const content = readFileSync(join(directory, 'broken.ndjson'), 'utf8');
  const { code, err } = await sim(...sweepSmall, '--protocol', 'annex', '--out', 'broken.ndjson');
  t.is(code, 65);
  t.regex(err, /broken\.ndjson is broken in line 2\n/);
  t.is(readFileSync(join(directory, 'broken.ndjson'), 'utf8'), content);
});

test('what is found is shrunk, and the exit code says so', async (t) => {
  // The phrase is the name of a directory as well, which annex tells everybody.
  const said = couple('expect:\n  - {paired: [alice, bob]}', '{}', ', directory: "~/my hovercraft is full of eels"');
  writeFileSync(join(directory, 'said.yaml'), said);
  const { code, out } = await sim('sweep', 'said.yaml', '--seeds', '5', '--jobs', '1', '--shrunk', 'found');
  t.is(code, 1);
  t.regex(out, /^FOUND {2}annex: oracle secrets is broken, 5 times: seeds 1, 2, 3, 4, 5$/m);
  t.regex(out, /again with: lanpair sim run found\/\S+-annex-secrets\.yaml/);
});

test('wrong use is told with the next step', async (t) => {
  for (const [args, code, message] of [
    [['sweep', '--seeds', 'x'], 64, /--seeds x is no range of seeds\nWrite 1000, or 1001\.\.2000/],
    [['sweep', '--seeds', '100000001'], 64, /more than one sweep can have\nTake at most 100,000,000/],
    [['sweep', '--shard', '3/2'], 64, /--shard 3\/2 is no shard/],
    [['sweep', 'small.yaml', '--jobs', '0'], 64, /--jobs "0" is not a whole number from 1 to 1024/],
    [['merge', 'nowhere.ndjson'], 66, /nowhere\.ndjson is not there/],
    [['merge', 'small.yaml'], 65, /small\.yaml is no result of a sweep/],
  ] as const) {
    const ended = await sim(...args);
    t.is(ended.code, code, args.join(' '));
    t.regex(ended.err, message);
  }
});
