/** How often something is done in a second of CPU time. */

/** Turns before the first one that counts: engines compile what was called some hundred times. */
const warmTurns = 10;

/** Work whose rate is wanted. Each turn makes the same `each` calls, `seed` from 0 on. */
export interface Work {
  readonly each: number;
  readonly once: (seed: number) => void;
}

/**
 * Calls in a second of this process's CPU time, for each work its best turn; the works take turns, after some to
 * warm up. What else runs on the machine takes time from a turn, and its caches, so the best one says most.
 */
export function ratesOf<Name extends string>(
  works: { readonly [name in Name]: Work },
  turns: number,
): { readonly [name in Name]: number } {
  const named = Object.entries<Work>(works);
  const turn = ({ each, once }: Work): number => {
    const started = process.cpuUsage();
    for (let seed = 0; seed < each; seed++) once(seed);
    return (each / process.cpuUsage(started).user) * 1_000_000;
  };
  for (const [, work] of named) for (let i = 0; i < warmTurns; i++) turn(work);
  const best = new Map<string, number>();
  for (let i = 0; i < turns; i++) {
    for (const [name, work] of named) best.set(name, Math.max(best.get(name) ?? 0, turn(work)));
  }
  return Object.fromEntries(best) as { readonly [name in Name]: number };
}
