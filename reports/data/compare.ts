/** What changed since a report that was kept: cells that are covered now, and cells that are so no longer. */
import { type Coverage, type CoveredCell, nameOf } from './coverage.ts';

export interface Comparison {
  /** As `protocol situation event`, in the order of the tables. */
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  /** Cells that the table had not then, or has no longer. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export function compare(before: readonly Coverage[], now: readonly Coverage[]): Comparison {
  const [then, today] = [statesOf(before), statesOf(now)];
  const covered = (states: typeof then, name: string): boolean => states.get(name) === 'covered';
  const names = [...today.keys()];
  const formerly = [...then.keys()];
  return {
    gained: names.filter((name) => covered(today, name) && then.has(name) && !covered(then, name)),
    lost: formerly.filter((name) => covered(then, name) && today.has(name) && !covered(today, name)),
    added: names.filter((name) => !then.has(name)),
    removed: formerly.filter((name) => !today.has(name)),
  };
}

function statesOf(coverage: readonly Coverage[]): ReadonlyMap<string, CoveredCell['state']> {
  return new Map(
    coverage.flatMap(({ protocol, cells }) =>
      cells.map((cell) => [`${protocol} ${nameOf(cell)}`, cell.state] as const),
    ),
  );
}
