/**
 * Everything that is drawn in a run, from one seed: integers only.
 *
 * A stream belongs to a purpose (`link alice bob`, `timers alice`): its state is made by hashing the seed and the names,
 * so that one draw never shifts another stream, and a host that is taken away leaves the luck of the others as it was.
 * Probabilities are ratios of integers, written "1/5". No floating point, no Math.log and kin: they differ between engines.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** A probability: `numerator` in `denominator`, both integers, 0 <= numerator <= denominator. */
export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

/** Integers from `min` to `max`, both included. The unit is in the name of the field that holds it. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export const never: Ratio = { numerator: 0, denominator: 1 };

/** Largest denominator: a draw is one 32-bit number. */
export const denominatorMax = 1_000_000_000;

/** Reads "1/5", "0" or "1"; null when the text is no ratio from 0 to 1. */
export function parseRatio(text: string): Ratio | null {
  const match = /^(\d{1,10})(?:\/(\d{1,10}))?$/.exec(text.trim());
  if (match === null) return null;
  const numerator = Number(match[1]);
  const denominator = Number(match[2] ?? '1');
  if (denominator < 1 || denominator > denominatorMax || numerator > denominator) return null;
  return { numerator, denominator };
}

/** Reads "1..20" or "5" (which is 5..5); null when the text is no range of integers from 0 on. */
export function parseRange(text: string): Range | null {
  const match = /^(\d{1,15})(?:\.\.(\d{1,15}))?$/.exec(text.trim());
  if (match === null) return null;
  const min = Number(match[1]);
  const max = Number(match[2] ?? match[1]);
  return min <= max ? { min, max } : null;
}

/** One sequence of draws. */
export class Stream {
  private readonly generator: RandomGenerator;

  constructor(state: readonly number[]) {
    this.generator = xoroshiro128plusFromState(state);
  }

  /** What another stream that goes on like this one is made of. */
  get state(): readonly number[] {
    return this.generator.getState();
  }

  /** An integer from `min` to `max`, both included and equally likely. */
  integer(min: number, max: number): number {
    return min === max ? min : uniformInt(this.generator, min, max);
  }

  within(range: Range): number {
    return this.integer(range.min, range.max);
  }

  /** True `numerator` times in `denominator`. Draws nothing when the answer is certain. */
  chance(ratio: Ratio): boolean {
    if (ratio.numerator === 0) return false;
    if (ratio.numerator === ratio.denominator) return true;
    return uniformInt(this.generator, 1, ratio.denominator) <= ratio.numerator;
  }
}

/** Lanes of a stream's state. */
const lanes = 4;

/**
 * Streams by number whose states lie side by side, 16 bytes each: a thousand hosts on one segment have a million links.
 * One that is taken out and drawn from has to be put back.
 */
export class StreamRow {
  private states: Int32Array = new Int32Array(0);

  /** What was put back there; null where nothing was. A state is never all zeros. */
  take(number: number): Stream | null {
    const at = number * lanes;
    const word = (lane: number): number => this.states[at + lane] ?? 0;
    const state = [word(0), word(1), word(2), word(3)] as const;
    return state.every((lane) => lane === 0) ? null : new Stream(state);
  }

  /** The row grows to `numbers` streams, should it be shorter. */
  put(number: number, stream: Stream, numbers: number): void {
    const length = Math.max(number + 1, numbers) * lanes;
    if (this.states.length < (number + 1) * lanes) {
      const longer = new Int32Array(length);
      longer.set(this.states);
      this.states = longer;
    }
    const { state } = stream;
    for (let lane = 0; lane < lanes; lane++) this.states[number * lanes + lane] = state[lane] ?? 0;
  }
}

/** The stream of one purpose: equal seed and names give equal draws, on any machine. */
export function streamOf(seed: number, ...names: readonly string[]): Stream {
  return new Stream(mix(`${seed}\u0000${names.join('\u0000')}`));
}

/** 128 bits of a text in four lanes, each finished as MurmurHash3 does: for seeding, not for secrecy. */
function mix(text: string): readonly number[] {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let d = 0x6a09e667;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ unit, 0x85ebca6b);
    b = c ^ Math.imul(b ^ unit, 0xc2b2ae35);
    c = d ^ Math.imul(c ^ unit, 0x27d4eb2f);
    d = a ^ Math.imul(d ^ unit, 0x165667b1);
  }
  return [finish(a ^ (d >>> 3)), finish(b ^ (a >>> 5)), finish(c ^ (b >>> 7)), finish(d ^ (c >>> 11)) | 1];
}

function finish(lane: number): number {
  let h = lane;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
