/** The plots that sweeps make: pairing in all kinds of weather by how much of it is loss, and guesses against their budget. */
import { addGuesses, addPairs, type Guesses, type Pairs, pairedWithinMs } from '../../sim/sweep/pairs.ts';
import { type GuessPoint, type LossPoint, withinMs } from './figures.ts';
import type { Walk } from './report.ts';

export interface Swept {
  /** Times are bounds: as long at most. */
  readonly loss: readonly LossPoint[];
  readonly guesses: readonly GuessPoint[];
}

export function sweptIn(walks: readonly Walk[]): Swept {
  const pairs = new Map<string, Pairs>();
  const guesses = new Map<string, Guesses>();
  for (const walk of walks) {
    for (const [weather, own] of Object.entries(walk.pairs ?? {})) put(pairs, weather, own, addPairs);
    for (const [bits, own] of Object.entries(walk.guesses ?? {})) put(guesses, bits, own, addGuesses);
  }
  return {
    loss: [...pairs]
      .map(([weather, own]) => lossPoint(weather, own))
      .sort((a, b) => (a.protocol === b.protocol ? a.loss - b.loss : a.protocol < b.protocol ? -1 : 1)),
    guesses: [...guesses]
      .map(([bits, { runs, released }]) => ({
        bits: Number(bits),
        budget: Math.floor(2 ** (Number(bits) - 21)),
        released,
        runs,
      }))
      .sort((a, b) => a.bits - b.bits),
  };
}

function put<V>(into: Map<string, V>, key: string, value: V, join: (a: V, b: V) => V): void {
  const known = into.get(key);
  into.set(key, known === undefined ? value : join(known, value));
}

function lossPoint(weather: string, { runs, paired, datagrams }: Pairs): LossPoint {
  const [protocol = '', twentieths = '0'] = weather.split(' ');
  const all = paired.reduce((sum, many) => sum + many, 0);
  const upTo = (ms: number): number =>
    paired.reduce(
      (sum, many, index) => sum + ((pairedWithinMs[index] ?? Number.POSITIVE_INFINITY) <= ms ? many : 0),
      0,
    );
  const within = (fraction: number): number | null => pairedWithinMs.find((ms) => upTo(ms) >= runs * fraction) ?? null;
  return {
    protocol,
    loss: Number(twentieths) / 2,
    runs,
    paired: upTo(withinMs),
    withinMs,
    medianMs: within(0.5),
    p95Ms: within(0.95),
    datagrams: all === 0 ? 0 : Math.round((10 * datagrams) / all) / 10,
  };
}
