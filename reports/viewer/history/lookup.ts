/** What a history is asked again and again, worked out once: steps and situations by lane, and what comes next. */
import type { Moment, RunHistory } from './history.ts';

export interface Ribbon {
  readonly from: number;
  /** Index of the moment that ends it; null: it lasts to the end. */
  readonly to: number | null;
  /** Empty: the machine is down. */
  readonly situation: string;
}

export interface HistoryIndex {
  /** By lane: indexes of moments, in order. */
  readonly ofLane: readonly (readonly number[])[];
  readonly ribbons: readonly (readonly Ribbon[])[];
}

export function indexOf({ lanes, moments }: RunHistory): HistoryIndex {
  const ofLane: number[][] = lanes.map(() => []);
  const ribbons: { from: number; to: number | null; situation: string }[][] = lanes.map(() => []);
  for (const { index, lane, situation } of moments) {
    if (lane === null) continue;
    ofLane[lane]?.push(index);
    if (situation === null) continue;
    const own = ribbons[lane] ?? [];
    const last = own.at(-1);
    if (last?.situation === situation[1]) continue;
    if (last !== undefined) last.to = index;
    own.push({ from: index, to: null, situation: situation[1] });
  }
  return { ofLane, ribbons };
}

/** The situation of a lane when this moment is over; null: it is no host, or has not begun; empty: down. */
export function situationAt({ ribbons }: HistoryIndex, lane: number, moment: number): string | null {
  return ribbons[lane]?.findLast(({ from }) => from <= moment)?.situation ?? null;
}

/** The last two steps of a lane up to this moment, the later one first. */
export function stepsBefore(
  { moments }: RunHistory,
  { ofLane }: HistoryIndex,
  lane: number,
  moment: number,
): readonly Moment[] {
  const found: Moment[] = [];
  const own = ofLane[lane] ?? [];
  for (let at = own.length - 1; at >= 0 && found.length < 2; at--) {
    const one = moments[own[at] ?? -1];
    if (one !== undefined && one.index <= moment && one.step !== null) found.push(one);
  }
  return found;
}

/** The next moment in that direction which is wanted; null: there is none. */
export function nextMoment(
  moments: readonly Moment[],
  from: number,
  way: 1 | -1,
  wanted: (moment: Moment) => boolean,
): number | null {
  for (let at = from + way; at >= 0 && at < moments.length; at += way) {
    const moment = moments[at];
    if (moment !== undefined && wanted(moment)) return at;
  }
  return null;
}

/** The moment that holds event `n`: the last one that began by then. */
export function momentOf(moments: readonly Moment[], n: number): number {
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((moments[middle]?.n ?? 0) <= n) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** A timer that runs at a moment. */
export interface Pending {
  readonly name: string;
  readonly minMs: number;
  readonly maxMs: number;
  readonly setUs: number;
}

/** Timers of a lane that were set by this moment, and neither rang nor were stopped; none where states are not known. */
export function timersAt(
  { moments }: RunHistory,
  { ofLane }: HistoryIndex,
  lane: number,
  moment: number,
): readonly Pending[] {
  const pending = new Map<string, Pending>();
  for (const at of ofLane[lane] ?? []) {
    if (at > moment) break;
    const { step, situation, atUs } = moments[at] ?? {};
    // It starts, or goes down: its timers are gone.
    if (step === null && situation !== null) pending.clear();
    if (step === undefined || step === null || atUs === undefined) continue;
    if (step.rang !== null) pending.delete(step.rang);
    for (const effect of step.timers) {
      if (effect.type === 'cancelTimer') pending.delete(effect.name);
      else pending.set(effect.name, { name: effect.name, minMs: effect.minMs, maxMs: effect.maxMs, setUs: atUs });
    }
  }
  return [...pending.values()];
}
