/** What only many seeds can tell: how surely and how soon two machines pair as a network gets worse, and what guesses cost. */

import { subjects } from '../../sim/index.ts';
import { onBadNetwork, quantile, wilson } from '../../sim/measure/pairing.ts';
import { guessesReleased } from '../../sim/measure/siege.ts';

export interface LossPoint {
  readonly protocol: string;
  /** Of ten datagrams. */
  readonly loss: number;
  readonly runs: number;
  /** Of those: paired on both sides within `withinMs` of the second start. */
  readonly paired: number;
  readonly withinMs: number;
  /** Until both are paired; null where that many runs never came to it. */
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  /** Of both machines until both are paired, a mean over the runs. */
  readonly datagrams: number;
}

export interface GuessPoint {
  /** Entropy of the phrase. */
  readonly bits: number;
  /** What may be released: a guess for each 2^21 phrases. */
  readonly budget: number;
  /** Guesses that one machine let strangers have: the most of all runs. */
  readonly released: number;
  readonly runs: number;
}

export interface Figures {
  readonly loss: readonly LossPoint[];
  readonly guesses: readonly GuessPoint[];
}

/** Plain data, because it goes to another thread. */
export type FigureTask =
  | { readonly of: 'loss'; readonly protocol: string; readonly loss: number; readonly runs: number }
  | { readonly of: 'guesses'; readonly bits: number; readonly runs: number };

export type FigurePoint =
  | { readonly of: 'loss'; readonly point: LossPoint }
  | { readonly of: 'guesses'; readonly point: GuessPoint };

const losses = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
const guessedBits = [21, 22, 23, 24, 25, 26, 27, 28] as const;
/** A person waits about so long before he asks what is wrong. */
export const withinMs = 20_000;
/** Besieged runs are long, and say the same with every seed. */
const siegesMax = 2;

/** `runs` seeds for each point. */
export function figureTasks(runs: number): readonly FigureTask[] {
  if (runs === 0) return [];
  return [
    ...['annex', 'lp1'].flatMap((protocol) => losses.map((loss): FigureTask => ({ of: 'loss', protocol, loss, runs }))),
    ...guessedBits.map((bits): FigureTask => ({ of: 'guesses', bits, runs: Math.min(runs, siegesMax) })),
  ];
}

export function figurePoint(task: FigureTask): FigurePoint {
  return task.of === 'loss' ? { of: 'loss', point: lossPoint(task) } : { of: 'guesses', point: guessPoint(task) };
}

export function figuresOf(points: readonly FigurePoint[]): Figures | null {
  if (points.length === 0) return null;
  const loss = points.flatMap((one) => (one.of === 'loss' ? [one.point] : []));
  const guesses = points.flatMap((one) => (one.of === 'guesses' ? [one.point] : []));
  return {
    loss: loss.sort((a, b) => (a.protocol === b.protocol ? a.loss - b.loss : a.protocol < b.protocol ? -1 : 1)),
    guesses: guesses.sort((a, b) => a.bits - b.bits),
  };
}

function lossPoint({ protocol, loss, runs }: Extract<FigureTask, { of: 'loss' }>): LossPoint {
  const subject = subjects.get(protocol);
  if (subject === undefined) throw new RangeError(`there is no protocol ${protocol}`);
  const all = onBadNetwork(subject, loss, runs);
  const times = all.map(({ pairedMs }) => pairedMs);
  const within = (fraction: number): number | null => {
    const ms = quantile(times, fraction);
    return Number.isFinite(ms) ? Math.round(ms) : null;
  };
  return {
    protocol,
    loss,
    runs,
    paired: times.filter((ms) => ms !== null && ms <= withinMs).length,
    withinMs,
    medianMs: within(0.5),
    p95Ms: within(0.95),
    datagrams: Math.round((10 * all.reduce((sum, { untilPaired }) => sum + untilPaired.datagrams, 0)) / runs) / 10,
  };
}

function guessPoint({ bits, runs }: Extract<FigureTask, { of: 'guesses' }>): GuessPoint {
  const lp1 = subjects.get('lp1');
  if (lp1 === undefined) throw new RangeError('there is no lp1');
  const { keyed, budget } = guessesReleased(lp1, { kind: 'guesser', bits, strangers: 2, runs });
  return { bits, budget, released: keyed, runs };
}

/** Share of runs that paired in time, and where it lies with 95 % certainty (Wilson). */
export function shareOf({ paired, runs }: LossPoint): {
  readonly share: number;
  readonly low: number;
  readonly high: number;
} {
  const [low, high] = wilson(paired, runs);
  return { share: paired / runs, low: Math.max(0, low), high: Math.min(1, high) };
}
