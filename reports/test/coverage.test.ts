/** Coverage of transition tables, and the gate on it: what is counted, what is not, and that the gate can be shut. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import type { TableRow } from '../../protocol/contract.ts';
import { realSuite } from '../../protocol/suite.ts';
import { impossible, type Matrix, stays, take } from '../../protocol/table.ts';
import { suspects } from '../../sim/audit/corpus.ts';
import { readScenarioFiles } from '../../sim/cli/files.ts';
import { countCells, type RunEvent, runScenario, subjects } from '../../sim/index.ts';
import { compare } from '../data/compare.ts';
import { coverageOf, nameOf, totalsOf } from '../data/coverage.ts';
import { entryOf } from '../data/entry.ts';
import { mergeWalks } from '../data/file.ts';
import { cellsIn, grown, percent, unmet } from '../data/gate.ts';
import type { Walk } from '../data/report.ts';
import { entry, on, table } from './entries.ts';

const clock = (): number => 0;
const catalogue = new Map(readScenarioFiles([]).scenarios.map((file) => [file.scenario.name, file]));

test('a cell is covered, not covered, impossible, or reached though it is impossible', (t) => {
  const [coverage] = coverageOf(
    on([
      entry({ scenario: 'a/one', cells: { Asking: { answer: 2 } } }),
      entry({ scenario: 'a/two', cells: { Asking: { answer: 3 }, Idle: { answer: 1 } } }),
    ]),
  );
  t.deepEqual(
    coverage?.cells.map(({ situation, event, state, count, by }) => [situation, event, state, count, by]),
    [
      ['Idle', 'begin', 'uncovered', 0, []],
      ['Idle', 'answer', 'contradicted', 1, ['a/two']],
      ['Asking', 'begin', 'impossible', 0, []],
      ['Asking', 'answer', 'covered', 5, ['a/one', 'a/two']],
    ],
  );
  t.deepEqual(totalsOf(coverage?.cells ?? []), {
    cells: 4,
    possible: 2,
    covered: 1,
    uncovered: 1,
    impossible: 1,
    contradicted: 1,
    byScenarios: 1,
    bySweeps: 0,
    byTests: 0,
    tested: 0,
  });
});

test('sweeps and tests count beside scenarios: a cell says who met it, and tests alone open no gate', (t) => {
  const walks: readonly Walk[] = [
    { of: 'sweep', name: 'seeds 1..10', cells: { lp1: { Asking: { answer: 70 } }, annex: { Idle: { begin: 9 } } } },
    { of: 'tests', name: 'a-contract', cells: { lp1: { Idle: { begin: 5 }, Asking: { answer: 2 } } } },
    { of: 'tests', name: 'a-walk', cells: { lp1: { Idle: { begin: 1 } } } },
  ];
  const coverage = coverageOf({ ...on([entry({ cells: {} })]), walks });
  const told = coverage[0]?.cells.map(({ situation, event, state, count, swept, tests }) => [
    `${situation} ${event}`,
    state,
    count,
    swept,
    tests,
  ]);
  t.deepEqual(told, [
    ['Idle begin', 'tested', 0, 0, ['a-contract', 'a-walk']],
    ['Idle answer', 'impossible', 0, 0, []],
    ['Asking begin', 'impossible', 0, 0, []],
    ['Asking answer', 'covered', 0, 70, ['a-contract']],
  ]);
  t.like(totalsOf(coverage[0]?.cells ?? []), {
    possible: 2,
    covered: 1,
    byScenarios: 0,
    bySweeps: 1,
    byTests: 2,
    tested: 1,
    uncovered: 0,
  });
  t.deepEqual(unmet({ of: 'cells', cells: ['lp1 Idle begin', 'lp1 Asking answer'] }, coverage), [
    'lp1 Idle begin: no run went through it',
  ]);
  const sweep = {
    of: 'sweep',
    name: 'seeds 1..10',
    cells: { lp1: { Asking: { begin: 1 }, Gone: { answer: 1 } } },
  } as const;
  const [wrong] = coverageOf({ ...on([]), walks: [sweep] });
  t.is(wrong?.cells.find((cell) => nameOf(cell) === 'Asking begin')?.state, 'contradicted');
  t.deepEqual(wrong?.unknown, ['Gone answer']);
});

test('walks laid together: the same one counts once, two of one name add up', (t) => {
  const walk = (answers: number): Walk => ({ of: 'tests', name: 'x', cells: { lp1: { Asking: { answer: answers } } } });
  t.deepEqual(mergeWalks([walk(1), walk(1)]), [walk(1)]);
  t.deepEqual(mergeWalks([walk(1), walk(2), { ...walk(1), of: 'sweep' }]), [{ ...walk(1), of: 'sweep' }, walk(3)]);
});

test('a core that throws because a cell is impossible has reached that cell', (t) => {
  interface State {
    readonly situation: 'Idle';
    readonly secrets: null;
  }
  const matrix: Matrix<State, { readonly type: 'begin' | 'answer' }> = {
    Idle: { begin: stays('it begins'), answer: impossible('nobody was asked') },
  };
  const state: State = { situation: 'Idle', secrets: null };
  const error = t.throws(() => take(matrix, state, { type: 'answer' }, realSuite));
  const threw = [{ host: 'alice', message: error?.message ?? '' }];
  const [coverage] = coverageOf(on([entry({ threw })]));
  t.deepEqual(coverage?.cells.filter(({ state }) => state === 'contradicted').map(nameOf), ['Idle answer']);
});

test('a cell that no table has is said, and covers nothing', (t) => {
  const [coverage] = coverageOf(on([entry({ cells: { Asking: { ignored: 7 } } })]));
  t.deepEqual(coverage?.unknown, ['Asking ignored']);
  t.is(totalsOf(coverage?.cells ?? []).covered, 0);
});

test('machines of adversaries do not count', (t) => {
  const step = (host: string, to = 'Asking'): RunEvent => ({
    type: 'step',
    atUs: 0,
    host,
    boot: 1,
    input: { type: 'timer', name: 'x' },
    effects: [],
    state: { situation: to, secrets: null },
    cell: { situation: 'Asking', event: 'answer' },
    calls: [],
    heard: null,
  });
  const { watch, cells, moves } = countCells(['alice', 'bob']);
  for (const host of ['alice', 'mallory', 'bob', 'mallory']) watch(step(host));
  watch(step('alice', 'Idle'));
  t.deepEqual(cells(), { Asking: { answer: 3 } });
  t.deepEqual(moves(), { Asking: { answer: { Idle: 1 } } });
});

test('every step of a run is counted once, and what oracles run again is not', (t) => {
  // The strangers oracle runs this one a second time, with mallory silent.
  const { scenario, file } = catalogue.get('crypto/imposter-answers-first') ?? {};
  const subject = subjects.get('lp1');
  if (scenario === undefined || file === undefined || subject === undefined) return t.fail('no such scenario');
  const made = entryOf(scenario, subject, { file, seed: 1 }, clock);
  const counted = Object.values(made.cells).flatMap((events) => Object.values(events));
  t.is(
    counted.reduce((sum, count) => sum + count, 0),
    runScenario(scenario, subject, 1).steps,
  );
});

test('what a scenario of locate goes through is counted on the table of locate', (t) => {
  const { scenario, file } = catalogue.get('network/moved-and-found-again') ?? {};
  const subject = subjects.get('locate');
  if (scenario === undefined || file === undefined || subject === undefined) return t.fail('no such scenario');
  const made = entryOf(scenario, subject, { file, seed: 1 }, clock);
  const all = coverageOf({ tables: { locate: subject.protocol.table, lp1: [] }, runs: [made], walks: [] });
  const [locate, lp1] = all;
  t.deepEqual(locate?.unknown, []);
  t.true(totalsOf(locate?.cells ?? []).covered > 10);
  t.is(totalsOf(lp1?.cells ?? []).covered, 0);
});

test('a specimen is held to the table as well: a step that is none of its cells is told', (t) => {
  const suspect = suspects.find(({ specimen }) => specimen.name === 'stops-at-bad-digest');
  const { scenario, file } = catalogue.get('crypto/spoofed-digest') ?? {};
  if (scenario === undefined || file === undefined || suspect === undefined) return t.fail('no such specimen');
  const made = entryOf(scenario, suspect.specimen.subject, { file, seed: 1 }, clock);
  const [coverage] = coverageOf({ tables: { annex: suspect.sound.protocol.table }, runs: [made], walks: [] });
  t.true((coverage?.unknown ?? []).some((cell) => cell.endsWith(' ignored')));
});

test('the gate of cells opens for what is covered, and names each that is not', (t) => {
  const coverage = coverageOf(on([entry({ cells: { Asking: { answer: 1 } } })]));
  const cells = cellsIn(
    '# for CI\nlp1 Asking answer   # the one that matters\r\n\n  lp1   Idle\tbegin\nlp1 Idle answer\nlp1 No such\n',
  );
  t.deepEqual(cells, ['lp1 Asking answer', 'lp1 Idle begin', 'lp1 Idle answer', 'lp1 No such']);
  t.deepEqual(unmet({ of: 'cells', cells: cells.slice(0, 1) }, coverage), []);
  t.deepEqual(unmet({ of: 'cells', cells }, coverage), [
    'lp1 Idle begin: no run went through it',
    'lp1 Idle answer: its table declares it impossible',
    'lp1 No such: no table has this cell',
  ]);
});

test('the gate of a share counts what is possible, in each conversation, and 0 of 0 is not enough', (t) => {
  const coverage = coverageOf(on([entry({ cells: { Asking: { answer: 1 } } })]));
  t.deepEqual(unmet({ of: 'share', share: 0.5 }, coverage), []);
  t.deepEqual(unmet({ of: 'share', share: 0.51 }, coverage), [
    'lp1: 50.0 % of its cells are covered, 51.0 % are required',
  ]);
  t.is(unmet({ of: 'share', share: 0.1 }, coverageOf({ tables: { lp1: [] }, runs: [], walks: [] })).length, 1);
  t.is(percent(0.9999), '99.9 %');
});

test('a comparison names what was won and lost, and tells it from cells that came and went', (t) => {
  const before = coverageOf(on([entry({ cells: { Asking: { answer: 1 } } })]));
  const row: TableRow = { situation: 'Idle', event: 'nudge', kind: 'stays', to: ['Idle'], why: 'new' };
  const after = coverageOf({
    tables: { lp1: [...table.filter(({ situation, event }) => nameOf({ situation, event }) !== 'Asking begin'), row] },
    runs: [entry({ cells: { Idle: { begin: 1, nudge: 1 } } })],
    walks: [],
  });
  t.deepEqual(compare(before, after), {
    gained: ['lp1 Idle begin'],
    lost: ['lp1 Asking answer'],
    added: ['lp1 Idle nudge'],
    removed: ['lp1 Asking begin'],
  });
  t.deepEqual(compare(before, before), { gained: [], lost: [], added: [], removed: [] });
});

test('the list of required cells grows by what enough scenarios go through, and loses nothing that stands in it', (t) => {
  const coverage = coverageOf(
    on([
      entry({ scenario: 'a/one', cells: { Idle: { begin: 1 }, Asking: { answer: 1 } } }),
      entry({ scenario: 'a/two', cells: { Asking: { answer: 9 } } }),
    ]),
  );
  const list = '# a head\nlp1 Gone answer # of an old table\nlp1 Idle begin   # by hand\n';
  t.is(
    grown(list, coverage, 2),
    '# a head\nlp1 Idle begin   # by hand\nlp1 Asking answer\nlp1 Gone answer # of an old table\n',
  );
  t.is(grown('', coverage, 3), '\n');
});

test('what CI requires are cells that can be', (t) => {
  const required = cellsIn(readFileSync(new URL('../../../reports/required-cells.txt', import.meta.url), 'utf8'));
  const possible = [...subjects].flatMap(([name, { protocol }]) =>
    protocol.table.filter(({ kind }) => kind !== 'impossible').map((row) => `${name} ${nameOf(row)}`),
  );
  t.true(required.length > 100);
  t.deepEqual(
    required.filter((cell) => !possible.includes(cell)),
    [],
  );
});
