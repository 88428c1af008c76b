/**
 * lp1 in figures: pairings a second beside the bound of its own group operations and signatures, and how surely it pairs
 * on a bad network.
 */
import type { Group, Signatures, Suite } from '../../protocol/contract.ts';
import { onBadNetwork, pairRun, quantile, wilson } from '../measure/pairing.ts';
import { runScenario } from '../run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';
import { ratesOf } from './rates.ts';

export interface SpeedFigures {
  /** Without oracles: the world, the core and the hash. */
  readonly perSecond: number;
  /** The group operations and signatures of those same pairings, alone. */
  readonly boundPerSecond: number;
  readonly operationsEach: number;
  readonly stepsEach: number;
}

/** Short ones, and many: among them are some that nobody disturbed. */
const turns = 40;

export function speedBench(scenario: Scenario, subject: Subject, pairings: number): SpeedFigures {
  const { calls, steps } = costlyCalls(scenario, subject);
  const pair = (seed: number): void => {
    const { verdict, failures } = runScenario(scenario, subject, seed, { oracles: [] });
    if (verdict !== 'pass') throw new Error(`seed ${seed}: ${failures.join('; ')}`);
  };
  const operations = (): void => calls.forEach((call) => void call());
  const rates = ratesOf({ pair: { each: pairings, once: pair }, bound: { each: pairings, once: operations } }, turns);
  return {
    perSecond: rates.pair,
    boundPerSecond: rates.bound,
    operationsEach: calls.length,
    stepsEach: steps,
  };
}

type Call = () => unknown;

/** One pairing's group operations and signatures, both sides', as calls that can be made again. */
function costlyCalls(
  scenario: Scenario,
  subject: Subject,
): { readonly calls: readonly Call[]; readonly steps: number } {
  const calls: Call[] = [];
  const noted =
    <A extends readonly unknown[], R>(call: (...given: A) => R): ((...given: A) => R) =>
    (...given) => {
      calls.push(() => call(...given));
      return call(...given);
    };
  const { group, signatures } = subject.suite;
  const notedGroup: Group = {
    ...group,
    element: noted((uniform: Uint8Array) => group.element(uniform)),
    multiply: noted((scalar: Uint8Array, element: Uint8Array) => group.multiply(scalar, element)),
  };
  const notedSignatures: Signatures = {
    publicKey: noted((seed: Uint8Array) => signatures.publicKey(seed)),
    sign: noted((seed: Uint8Array, bytes: Uint8Array) => signatures.sign(seed, bytes)),
    verify: noted((key: Uint8Array, bytes: Uint8Array, signature: Uint8Array) =>
      signatures.verify(key, bytes, signature),
    ),
  };
  const suite: Suite = { ...subject.suite, group: notedGroup, signatures: notedSignatures };
  const { steps } = runScenario(scenario, { ...subject, suite }, 1, { oracles: [] });
  return { calls, steps };
}

export interface SuccessFigures {
  readonly withinMs: number;
  readonly runs: number;
  readonly successes: number;
  /** 95 %, as fractions. */
  readonly interval: readonly [low: number, high: number];
  /** The time that half of the runs, and that 95 of 100, need at most, in ms. */
  readonly medianMs: number;
  readonly p95Ms: number;
}

/** How many of the seeds 0 to `runs` - 1 pair within `withinMs` of the second start, at `loss` of ten datagrams. */
export function successBench(subject: Subject, loss: number, withinMs: number, runs: number): SuccessFigures {
  const times = onBadNetwork(subject, loss, runs).map(({ pairedMs }) => pairedMs);
  const successes = times.filter((ms) => ms !== null && ms <= withinMs).length;
  return {
    withinMs,
    runs,
    successes,
    interval: wilson(successes, runs),
    medianMs: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
  };
}

export interface CleanFigures {
  readonly runs: number;
  /** Of all runs, in ms after the second start; null where the conversation has no such moment. */
  readonly provenMs: Spread | null;
  readonly pairedMs: Spread;
  /** The same number in every run, or the mean. */
  readonly untilPaired: { readonly datagrams: number; readonly bytes: number };
  readonly traffic: { readonly datagrams: number; readonly bytes: number };
}

export interface Spread {
  readonly median: number;
  readonly most: number;
}

/** Times and traffic of a pairing on a clean network, over the seeds 0 to `runs` - 1. */
export function cleanBench(scenario: Scenario, subject: Subject, runs: number): CleanFigures {
  const all = Array.from({ length: runs }, (_, seed) => pairRun(scenario, subject, seed));
  const spread = (values: readonly (number | null)[]): Spread => ({
    median: quantile(values, 0.5),
    most: quantile(values, 1),
  });
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / runs;
  const proven = all.map(({ provenMs }) => provenMs);
  return {
    runs,
    provenMs: proven.every((ms) => ms === null) ? null : spread(proven),
    pairedMs: spread(all.map(({ pairedMs }) => pairedMs)),
    untilPaired: {
      datagrams: mean(all.map(({ untilPaired }) => untilPaired.datagrams)),
      bytes: mean(all.map(({ untilPaired }) => untilPaired.bytes)),
    },
    traffic: {
      datagrams: mean(all.map(({ traffic }) => traffic.datagrams)),
      bytes: mean(all.map(({ traffic }) => traffic.bytes)),
    },
  };
}
