/** Time, datagrams and bytes of pairings, side by side. */
import type { Sent } from './traffic.ts';

export interface Figures extends Sent {
  /** From the second phrase until both are paired; null: they never were. */
  readonly ms: number | null;
}

export interface Table {
  readonly rows: number;
  /** `loss` in percent. */
  add(who: string, loss: number, figures: Figures, note?: string): void;
  text(): string;
}

/** Rows in the order of their names; to about a tenth of a second where a git-annex takes part: that often the tests look. */
export function makeTable(): Table {
  const rows: (readonly string[])[] = [];
  return {
    get rows(): number {
      return rows.length;
    },
    add(who, loss, { ms, datagrams, bytes }, note = ''): void {
      rows.push([who, `${loss} %`, ms === null ? 'never' : `${Math.round(ms)} ms`, `${datagrams}`, `${bytes}`, note]);
    },
    text(): string {
      const all = [['', 'lost', 'paired after', 'datagrams', 'bytes', ''], ...rows.toSorted(byName)];
      const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
      return all
        .map(([who = '', ...cells]) =>
          [who.padEnd(widths[0] ?? 0), ...cells.map((cell, at) => cell.padStart(widths[at + 1] ?? 0))]
            .join('  ')
            .trimEnd(),
        )
        .join('\n');
    },
  };
}

function byName([one = '']: readonly string[], [two = '']: readonly string[]): number {
  return one < two ? -1 : one > two ? 1 : 0;
}

/** Of each figure by itself. */
export function median(runs: readonly Figures[]): Figures {
  const middle = (of: (run: Figures) => number): number =>
    runs.map(of).toSorted((a, b) => a - b)[Math.floor(runs.length / 2)] ?? Number.NaN;
  return {
    ms: middle(({ ms }) => ms ?? Infinity),
    datagrams: middle((run) => run.datagrams),
    bytes: middle((run) => run.bytes),
  };
}
