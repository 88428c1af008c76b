/**
 * Protocol coverage: which cells of the transition tables the runs went through. The unit is the cell, a situation and what
 * happened in it; a role is part of the situation. Pure: the same entries give the same coverage, in any order.
 */
import type { TableRow } from '../../protocol/contract.ts';
import type { Entry, Report } from './report.ts';

/**
 * `impossible`: the table says so, with a reason, and no run disagrees. `contradicted`: the table says so, and a run was
 * there all the same, which is a bug of the protocol or of its table.
 */
export type CellState = 'covered' | 'uncovered' | 'impossible' | 'contradicted';

export interface CoveredCell extends TableRow {
  readonly state: CellState;
  /** Steps. */
  readonly count: number;
  /** Scenarios that went through it, sorted. */
  readonly by: readonly string[];
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
export function coverageOf({ tables, runs }: Pick<Report, 'tables' | 'runs'>): readonly Coverage[] {
  return Object.entries(tables).map(([protocol, table]) =>
    coverageOn(
      protocol,
      table,
      runs.filter((run) => run.protocol === protocol),
    ),
  );
}

function coverageOn(protocol: string, table: readonly TableRow[], runs: readonly Entry[]): Coverage {
  const reached = new Map<string, { count: number; readonly by: Set<string> }>();
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
  const names = new Set(table.map(nameOf));
  return {
    protocol,
    cells: table.map((row): CoveredCell => {
      const { count = 0, by = [] } = reached.get(nameOf(row)) ?? {};
      return {
        ...row,
        state: stateOf(row, count),
        count,
        by: [...by].sort(),
        led: Object.fromEntries(led.get(nameOf(row)) ?? []),
      };
    }),
    unknown: [...reached.keys()].filter((name) => !names.has(name)).sort(),
  };
}

function stateOf({ kind }: TableRow, count: number): CellState {
  if (kind === 'impossible') return count > 0 ? 'contradicted' : 'impossible';
  return count > 0 ? 'covered' : 'uncovered';
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
  readonly covered: number;
  readonly uncovered: number;
  readonly impossible: number;
  readonly contradicted: number;
}

export function totalsOf(cells: readonly CoveredCell[]): CoverageTotals {
  const of = (wanted: CellState): number => cells.filter(({ state }) => state === wanted).length;
  const [covered, uncovered] = [of('covered'), of('uncovered')];
  return {
    cells: cells.length,
    possible: covered + uncovered,
    covered,
    uncovered,
    impossible: of('impossible'),
    contradicted: of('contradicted'),
  };
}
