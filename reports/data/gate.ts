/**
 * Whether coverage is as good as somebody wants it: cells that must be covered, or a share of them. Runs open the gate, of
 * scenarios and of sweeps; tests of the core do not, or nobody would see that a story is no longer told.
 */
import { type CellState, type Coverage, nameOf, totalsOf } from './coverage.ts';

/** `share` is in parts of one, of the cells that are possible, in each conversation. */
export type Requirement =
  | { readonly of: 'share'; readonly share: number }
  | { readonly of: 'cells'; readonly cells: readonly string[] };

/** `lp1 Seeking beaconTimer` in a line; empty lines and what follows a `#` are for people. */
export function cellsIn(content: string): readonly string[] {
  return content
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim().replaceAll(/\s+/g, ' '))
    .filter((line) => line !== '');
}

/**
 * A list that grows and never shrinks: its own lines as they are, with what people wrote behind them, and every cell that at
 * least so many scenarios go through now, in the order of the tables. What no table has any more stays at the end, for a person to judge.
 */
export function grown(content: string, coverage: readonly Coverage[], scenariosMin: number): string {
  const lines = content.split(/\r?\n/).filter((line) => line.trim() !== '');
  const head = lines.filter((line) => line.startsWith('#'));
  const kept = new Map(lines.flatMap((line) => cellsIn(line).map((cell) => [cell, line] as const)));
  const cells = coverage.flatMap(({ protocol, cells: all }) =>
    all.map((cell) => ({ name: `${protocol} ${nameOf(cell)}`, isCommon: cell.by.length >= scenariosMin })),
  );
  const listed = cells.flatMap(({ name, isCommon }) => kept.get(name) ?? (isCommon ? [name] : []));
  const names = new Set(cells.map(({ name }) => name));
  const strange = [...kept].flatMap(([cell, line]) => (names.has(cell) ? [] : [line]));
  return `${[...head, ...listed, ...strange].join('\n')}\n`;
}

/** What is missing, one sentence each; empty: the gate is open. */
export function unmet(requirement: Requirement, coverage: readonly Coverage[]): readonly string[] {
  if (requirement.of === 'share')
    return coverage.flatMap(({ protocol, cells }) => {
      const { covered, possible } = totalsOf(cells);
      // Without a run nothing was shown: 0 of 0 is not enough of anything.
      const share = possible === 0 ? 0 : covered / possible;
      if (share >= requirement.share) return [];
      return [`${protocol}: ${percent(share)} of its cells are covered, ${percent(requirement.share)} are required`];
    });
  const states = new Map<string, CellState>(
    coverage.flatMap(({ protocol, cells }) =>
      cells.map((cell) => [`${protocol} ${nameOf(cell)}`, cell.state] as const),
    ),
  );
  return requirement.cells.flatMap((cell) => {
    const state = states.get(cell);
    if (state === 'covered') return [];
    if (state === undefined) return [`${cell}: no table has this cell`];
    const isOpen = state === 'uncovered' || state === 'tested';
    return [`${cell}: ${isOpen ? 'no run went through it' : 'its table declares it impossible'}`];
  });
}

/** Rounded down: 99.96 % is not 100 %. */
export function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
}
