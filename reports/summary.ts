/** A report for people at a terminal, good without the page: results, coverage, what was slow, what no run went through. */
import { printable } from '../protocol/display.ts';
import type { Comparison } from './data/compare.ts';
import { type Coverage, type CoverageTotals, type CoveredCell, nameOf, totalsOf } from './data/coverage.ts';
import { acquitted, convictions, type FlawedRun, flawsIn } from './data/flaws.ts';
import { percent } from './data/gate.ts';
import { proofs } from './data/proofs.ts';
import { type Entry, foundOf, type Report, type Walk } from './data/report.ts';
import { columns, count, type Run, resultTable } from './terminal.ts';

/** Where the page and the data are, and what somebody asked for. */
export interface SummaryOptions {
  readonly files: readonly string[];
  /** Which of the cells that no run went through are named: those alone that would lead elsewhere, or all, or none. */
  readonly cells: 'moves' | 'all' | 'none';
  readonly comparison: Comparison | null;
  /** What the gate misses. */
  readonly unmet: readonly string[];
}

const slowestShown = 3;
/** Of a list that may be as long as a table. */
const shownMax = 40;
const lineLength = 80;

export function summaryText(report: Report, coverage: readonly Coverage[], options: SummaryOptions): string {
  const { runs, seconds, specimens } = report;
  return `${[
    resultTable(runs.map(asRun), seconds).trimEnd(),
    '',
    'slowest',
    ...slowest(runs).map(
      ({ tookMs, scenario, protocol, seed }) =>
        `  ${(tookMs / 1000).toFixed(1).padStart(5)} s  ${printable(scenario)} (${printable(protocol)}, seed ${seed})`,
    ),
    '',
    ...specimenLines(specimens),
    ...coverageLines(coverage, report.walks),
    ...(options.cells === 'none' ? [] : coverage.flatMap((one) => neverLines(one, options.cells === 'all'))),
    ...findings(coverage, runs, specimens),
    ...foundLines(report.walks),
    ...(options.comparison === null ? [] : comparisonLines(options.comparison)),
    ...(options.unmet.length === 0
      ? []
      : ['', `REQUIRED, and not there: ${options.unmet.length}`, ...shortened(options.unmet)]),
    '',
    ...options.files.map((file) => `report: ${file}`),
  ].join('\n')}\n`;
}

export function slowest(runs: readonly Entry[]): readonly Entry[] {
  return [...runs].sort((a, b) => b.tookMs - a.tookMs).slice(0, slowestShown);
}

/**
 * What must not be, one sentence each: the core threw, a run was where its table says that none can be, or a planted flaw
 * went through the scenario that convicts it, and nobody noticed.
 */
export function findings(
  coverage: readonly Coverage[],
  runs: readonly Entry[],
  specimens: readonly FlawedRun[],
): readonly string[] {
  const threw = runs.flatMap((run) =>
    run.threw.map(
      ({ host, message }) =>
        `  THREW  ${run.scenario} (${run.protocol}, seed ${run.seed}): the core of ${host}: ${message}`,
    ),
  );
  const cells = coverage.flatMap(({ protocol, cells: all, unknown }) => [
    ...all
      .filter(({ state }) => state === 'contradicted')
      .map(
        (cell) =>
          `  REACHED  ${protocol} ${nameOf(cell)}, "${cell.why}": ${count(cell.count, 'time')}, by ${cell.by.join(', ')}`,
      ),
    ...unknown.map((cell) => `  UNKNOWN  ${protocol} ${cell}: its table has no such cell`),
  ]);
  const unnoticed = acquitted(specimens).map(
    ({ name, protocol, flaw, breaks }) =>
      `  UNNOTICED  ${name} (${protocol}), in which ${flaw}: ${breaks} did not break in ${proofs[name]}`,
  );
  const all = [...threw, ...cells, ...unnoticed];
  return all.length === 0 ? [] : ['', 'what must not be', ...all.map((text) => printable(text, 1_000))];
}

/** What sweeps found, with the way to the first run of each kind. */
function foundLines(walks: readonly Walk[]): readonly string[] {
  const lines = foundOf(walks).flatMap(({ protocol, what, count: times, first }) => [
    `  FOUND  ${protocol}: ${what}, in ${count(times, 'run')}`,
    ...first
      .slice(0, 1)
      .flatMap(({ seed, scenario, why, again }) => [
        `    seed ${seed}, ${scenario}: ${why}`,
        `    again, and smaller: ${again}`,
      ]),
  ]);
  return lines.length === 0 ? [] : ['', 'what sweeps found', ...lines.map((text) => printable(text, 1_000))];
}

/** As the table of results wants it. */
function asRun({ file, breaks, ...entry }: Entry): Run {
  return { file, result: { ...entry, expected: breaks === null ? 'pass' : { breaks }, trace: [] } };
}

/** How many planted flaws were found by the oracle that is meant for each. */
function specimenLines(runs: readonly FlawedRun[]): readonly string[] {
  const known = flawsIn(runs);
  if (known.length === 0) return [];
  const convicted = known.filter((flaw) => convictions(flaw, runs).length > 0).length;
  return [
    `planted flaws: ${convicted} of ${known.length} noticed by the oracle that is meant for them, in ${count(runs.length, 'run')}`,
    '',
  ];
}

type Part = readonly [head: string, value: (totals: CoverageTotals) => string];

function coverageLines(coverage: readonly Coverage[], walks: readonly Walk[]): readonly string[] {
  const has = (of: Walk['of']): boolean => walks.some((walk) => walk.of === of);
  const sweeps: readonly Part[] = [
    ['by scenarios', ({ byScenarios }) => String(byScenarios)],
    ['by sweeps', ({ bySweeps }) => String(bySweeps)],
  ];
  const tests: readonly Part[] = [
    ['by tests', ({ byTests }) => String(byTests)],
    ['by tests only', ({ tested }) => String(tested)],
  ];
  const parts: readonly Part[] = [
    ['cells', ({ cells }) => String(cells)],
    ['covered', ({ covered, possible }) => `${covered} (${possible === 0 ? '-' : percent(covered / possible)})`],
    ...(has('sweep') ? sweeps : []),
    ...(has('tests') ? tests : []),
    ['never', ({ uncovered }) => String(uncovered)],
    ['impossible', ({ impossible }) => String(impossible)],
    ['yet reached', ({ contradicted }) => String(contradicted)],
  ];
  const head = ['coverage of', ...parts.map(([name]) => name)];
  const rows = coverage.map(({ protocol, cells }) => {
    const totals = totalsOf(cells);
    return [printable(protocol), ...parts.map(([, value]) => value(totals))];
  });
  return ['cells of the transition tables', ...columns([head, ...rows]).map((line) => `  ${line}`)];
}

/** Cells that would lead elsewhere one by one; of the others, where nothing moves, the number for each situation. */
function neverLines({ protocol, cells }: Coverage, all: boolean): readonly string[] {
  const never = cells.filter(({ state }) => state === 'uncovered');
  if (never.length === 0) return [];
  const moves = never.filter(({ kind }) => all || kind === 'moves');
  const stays = all ? [] : never.filter(({ kind }) => kind === 'stays');
  const numbers = [...bySituation(stays)].map(([situation, own]) => `${situation} ${own.length}`);
  return [
    '',
    `never covered, ${printable(protocol)}`,
    ...[...bySituation(moves)].flatMap(([situation, own]) =>
      wrapped(
        `  ${printable(situation)}: `,
        own.map(({ event }) => printable(event)),
      ),
    ),
    ...(numbers.length === 0
      ? []
      : wrapped(
          '  and where the situation stays (--cells names them): ',
          numbers.map((text) => printable(text)),
        )),
  ];
}

function bySituation(cells: readonly CoveredCell[]): ReadonlyMap<string, readonly CoveredCell[]> {
  const groups = new Map<string, CoveredCell[]>();
  for (const cell of cells) groups.set(cell.situation, [...(groups.get(cell.situation) ?? []), cell]);
  return groups;
}

function comparisonLines({ gained, lost, added, removed }: Comparison): readonly string[] {
  const part = (head: string, names: readonly string[]): readonly string[] =>
    names.length === 0 ? [] : [`  ${head}: ${names.length}`, ...shortened(names).map((line) => `  ${line}`)];
  const parts = [
    ...part('newly covered', gained),
    ...part('LOST: covered then, and not now', lost),
    ...part('cells that the tables had not then', added),
    ...part('cells that are no longer in the tables', removed),
  ];
  return ['', 'since the baseline', ...(parts.length === 0 ? ['  nothing changed'] : parts)];
}

function shortened(texts: readonly string[]): readonly string[] {
  const shown = texts.slice(0, shownMax).map((text) => `  ${printable(text, 400)}`);
  return texts.length > shownMax ? [...shown, `  and ${texts.length - shownMax} more`] : shown;
}

/** `head` and the words behind it, on lines of a readable length, the later ones indented. */
function wrapped(head: string, words: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let line = head;
  for (const [index, word] of words.entries()) {
    const piece = index === words.length - 1 ? word : `${word}, `;
    if (line.length + piece.trimEnd().length > lineLength && line.trim() !== '' && line !== head) {
      lines.push(line.trimEnd());
      line = '      ';
    }
    line += piece;
  }
  return [...lines, line.trimEnd()];
}
