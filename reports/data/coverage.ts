/**
 * Protocol coverage: which cells of the transition tables the runs went through. The unit is the cell, a situation and what
 * happened in it; a role is part of the situation. Pure: the same entries give the same coverage, in any order.
 */
import type { TableRow } from '../../protocol/contract.ts';
import type { RunEvent, Watch } from '../../sim/index.ts';
import type { Cells, Entry, Report } from './report.ts';

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
}

export interface Coverage {
  readonly protocol: string;
  /** In the order of the table. */
  readonly cells: readonly CoveredCell[];
  /** Cells that a run reports and the table does not have, as `situation event`: a bug. */
  readonly unknown: readonly string[];
}

/**
 * Counts the steps of these machines, and keeps what their core threw. Machines of adversaries may speak the protocol with
 * the same core: what they go through proves nothing of it, so only the scenario's own hosts are counted.
 */
export function countCells(hosts: readonly string[]): {
  readonly watch: Watch;
  readonly cells: () => Cells;
  readonly threw: readonly { readonly host: string; readonly message: string }[];
} {
  const honest = new Set(hosts);
  const counts = new Map<string, Map<string, number>>();
  const threw: { readonly host: string; readonly message: string }[] = [];
  const watch = (event: RunEvent): void => {
    if (event.type === 'threw') threw.push({ host: event.host, message: event.message });
    if (event.type !== 'step' || !honest.has(event.host)) return;
    const { situation, event: happened } = event.cell;
    const row = counts.get(situation) ?? new Map<string, number>();
    row.set(happened, (row.get(happened) ?? 0) + 1);
    counts.set(situation, row);
  };
  const cells = (): Cells =>
    Object.fromEntries(inOrder(counts).map(([situation, row]) => [situation, Object.fromEntries(inOrder(row))]));
  return { watch, cells, threw };
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
  const names = new Set(table.map(nameOf));
  return {
    protocol,
    cells: table.map((row): CoveredCell => {
      const { count = 0, by = [] } = reached.get(nameOf(row)) ?? {};
      return { ...row, state: stateOf(row, count), count, by: [...by].sort() };
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

function inOrder<V>(map: ReadonlyMap<string, V>): readonly (readonly [string, V])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
