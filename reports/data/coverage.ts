/**
 * Protocol coverage: which cells of the transition tables the runs went through. The unit is the cell, a situation and what
 * happened in it; a role is part of the situation. Pure: the same entries give the same coverage, in any order.
 */
import type { TableRow } from '../../protocol/contract.ts';
import type { Entry, Report, Walk } from './report.ts';

/**
 * `covered`: a run went through it, of a scenario or of a sweep. `tested`: only tests of the core did, whose properties put
 * states and inputs together that perhaps no run has. `impossible`: the table says so, with a reason, and no run disagrees. `contradicted`: the table says so, and a run was
 * there all the same, which is a bug of the protocol or of its table.
 */
export type CellState = 'covered' | 'tested' | 'uncovered' | 'impossible' | 'contradicted';

export interface CoveredCell extends TableRow {
  readonly state: CellState;
  /** Steps of runs of scenarios. */
  readonly count: number;
  /** Scenarios that went through it, sorted. */
  readonly by: readonly string[];
  /** Steps in sweeps. */
  readonly swept: number;
  /** Tests of the core that went through it. */
  readonly tests: readonly string[];
  /** How often it led where. */
  readonly led: { readonly [situation: string]: number };
}

export interface Coverage {
  readonly protocol: string;
  /** In the order of the table. */
  readonly cells: readonly CoveredCell[];
  /** Cells that a run reports and the table does not have, as `situation event`: a bug. */
  readonly unknown: readonly string[];
}

type Counts = Map<string, Map<string, number>>;

function add(counts: Counts, key: string, of: string, times: number): void {
  const row = counts.get(key) ?? new Map<string, number>();
  row.set(of, (row.get(of) ?? 0) + times);
  counts.set(key, row);
}

/** Of every table, in the order of the report. */
export function coverageOf({ tables, runs, walks }: Pick<Report, 'tables' | 'runs' | 'walks'>): readonly Coverage[] {
  return Object.entries(tables).map(([protocol, table]) => {
    const [reached, led] = reachedIn(
      table,
      runs.filter((run) => run.protocol === protocol),
    );
    const walked = walkedIn(protocol, walks);
    const names = new Set(table.map(nameOf));
    return {
      protocol,
      cells: table.map((row): CoveredCell => {
        const { count = 0, by = [] } = reached.get(nameOf(row)) ?? {};
        const { swept = 0, tests = [] } = walked.get(nameOf(row)) ?? {};
        return {
          ...row,
          state: stateOf(row, count + swept, tests.length),
          count,
          by: [...by].sort(),
          swept,
          tests,
          led: Object.fromEntries(led.get(nameOf(row)) ?? []),
        };
      }),
      unknown: [...new Set([...reached.keys(), ...walked.keys()])].filter((name) => !names.has(name)).sort(),
    };
  });
}

interface Reached {
  count: number;
  readonly by: Set<string>;
}

/** What runs of scenarios went through, and how often that led where. */
function reachedIn(
  table: readonly TableRow[],
  runs: readonly Entry[],
): readonly [reached: ReadonlyMap<string, Reached>, led: Counts] {
  const reached = new Map<string, Reached>();
  const note = (cell: string, count: number, scenario: string): void => {
    const known = reached.get(cell) ?? { count: 0, by: new Set<string>() };
    known.count += count;
    known.by.add(scenario);
    reached.set(cell, known);
  };
  const refusals = new Map(
    table.filter(({ kind }) => kind === 'impossible').map((row) => [refusalText(row), nameOf(row)]),
  );
  for (const { scenario, cells, threw } of runs) {
    for (const [situation, events] of Object.entries(cells))
      for (const [event, count] of Object.entries(events)) note(nameOf({ situation, event }), count, scenario);
    for (const { message } of threw) {
      const cell = refusals.get(message);
      if (cell !== undefined) note(cell, 1, scenario);
    }
  }
  const led: Counts = new Map();
  for (const { moves } of runs)
    for (const [situation, events] of Object.entries(moves))
      for (const [event, targets] of Object.entries(events))
        for (const [to, times] of Object.entries(targets)) add(led, nameOf({ situation, event }), to, times);
  return [reached, led];
}

/** What sweeps and tests went through, by cell. */
function walkedIn(
  protocol: string,
  walks: readonly Walk[],
): ReadonlyMap<string, { readonly swept: number; readonly tests: readonly string[] }> {
  const walked = new Map<string, { swept: number; readonly tests: string[] }>();
  for (const { of, name, cells } of walks)
    for (const [situation, events] of Object.entries(cells[protocol] ?? {}))
      for (const [event, times] of Object.entries(events)) {
        const cell = nameOf({ situation, event });
        const known = walked.get(cell) ?? { swept: 0, tests: [] };
        if (of === 'sweep') known.swept += times;
        else known.tests.push(name);
        walked.set(cell, known);
      }
  return walked;
}

function stateOf({ kind }: TableRow, steps: number, tests: number): CellState {
  if (kind === 'impossible') return steps + tests > 0 ? 'contradicted' : 'impossible';
  if (steps > 0) return 'covered';
  return tests > 0 ? 'tested' : 'uncovered';
}

/** As a person names a cell, in `--require` for one. */
export function nameOf({ situation, event }: { readonly situation: string; readonly event: string }): string {
  return `${situation} ${event}`;
}

/** What `take` in protocol/table.ts says when it throws. The step was not taken, so no event tells of the cell. */
function refusalText({ situation, event, why }: TableRow): string {
  return `${situation} cannot hear ${event}: ${why}`;
}

export interface CoverageTotals {
  readonly cells: number;
  readonly possible: number;
  /** By runs: of these so many by scenarios, so many by sweeps, and many by both. */
  readonly covered: number;
  readonly byScenarios: number;
  readonly bySweeps: number;
  /** By tests of the core; and by these alone. */
  readonly byTests: number;
  readonly tested: number;
  readonly uncovered: number;
  readonly impossible: number;
  readonly contradicted: number;
}

export function totalsOf(cells: readonly CoveredCell[]): CoverageTotals {
  const of = (wanted: CellState): number => cells.filter(({ state }) => state === wanted).length;
  const [covered, tested, uncovered] = [of('covered'), of('tested'), of('uncovered')];
  const possible = cells.filter(({ kind }) => kind !== 'impossible');
  const by = (holds: (cell: CoveredCell) => boolean): number => possible.filter(holds).length;
  return {
    cells: cells.length,
    possible: covered + tested + uncovered,
    covered,
    byScenarios: by(({ count }) => count > 0),
    bySweeps: by(({ swept }) => swept > 0),
    byTests: by(({ tests }) => tests.length > 0),
    tested,
    uncovered,
    impossible: of('impossible'),
    contradicted: of('contradicted'),
  };
}
