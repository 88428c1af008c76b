/** Which cells of the transition tables a run goes through. Protocol coverage, of reports and of sweeps, is made of these. */
import type { Cell } from '../../protocol/contract.ts';
import type { Watch } from '../events.ts';

/** Steps by situation and event, both in the order of their names. */
export interface Cells {
  readonly [situation: string]: { readonly [event: string]: number };
}

/** What the core of a host threw; the cell is null where it threw before it had read its input. */
export interface Threw {
  readonly host: string;
  readonly message: string;
  readonly cell: Cell | null;
}

/**
 * Counts the steps of these machines, and keeps what their core threw. Machines of adversaries may speak the protocol with
 * the same core: what they go through proves nothing of it, so only the scenario's own hosts are counted.
 */
export function countCells(hosts: readonly string[]): {
  readonly watch: Watch;
  /** Of steps that were taken. */
  readonly cells: () => Cells;
  /** Of those the ones that led elsewhere, by situation, event and the situation that they led to. */
  readonly moves: () => { readonly [situation: string]: Cells };
  readonly threw: readonly Threw[];
} {
  const honest = new Set(hosts);
  const counts: Counts = new Map();
  const moved = new Map<string, Counts>();
  const threw: Threw[] = [];
  const watch: Watch = (event) => {
    if (event.type === 'threw') threw.push({ host: event.host, message: event.message, cell: event.cell });
    if (event.type !== 'step' || !honest.has(event.host)) return;
    const { situation, event: happened } = event.cell;
    note(counts, situation, happened);
    const to = event.state.situation;
    if (to === situation) return;
    const own: Counts = moved.get(situation) ?? new Map();
    note(own, happened, to);
    moved.set(situation, own);
  };
  const moves = (): { readonly [situation: string]: Cells } =>
    Object.fromEntries(inOrder(moved).map(([situation, own]) => [situation, plain(own)]));
  return { watch, cells: () => plain(counts), moves, threw };
}

type Counts = Map<string, Map<string, number>>;

function note(counts: Counts, key: string, of: string): void {
  const row = counts.get(key) ?? new Map<string, number>();
  row.set(of, (row.get(of) ?? 0) + 1);
  counts.set(key, row);
}

function plain(counts: Counts): Cells {
  return Object.fromEntries(inOrder(counts).map(([key, row]) => [key, Object.fromEntries(inOrder(row))]));
}

function inOrder<V>(map: ReadonlyMap<string, V>): readonly (readonly [string, V])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
