/**
 * What came out of some runs, as sums: adding two tallies is commutative and associative, so totals do not depend on who ran
 * what. Of what was found, those with the smallest seeds are kept for each kind, and all are counted.
 */
import type { RunResult } from '../run.ts';
import type { RawScenario } from '../scenario/raw.ts';
import { type Failure, failuresOf } from '../shrink/failure.ts';
import { limitOf } from './limits.ts';

export interface Tally {
  readonly runs: number;
  readonly events: number;
  readonly steps: number;
  readonly deliveries: number;
  readonly virtualMs: number;
  /** Runs that were given up because they did not end. */
  readonly cutOff: number;
  /** Sum of all hashes of runs, modulo 2^64, in 16 hexadecimal digits. */
  readonly hash: string;
  /** `protocol oracle`: how often it passed, failed, and saw nothing to judge. */
  readonly oracles: { readonly [oracle: string]: readonly [pass: number, fail: number, inconclusive: number] };
  /** Known limits that were met, by protocol and reason. */
  readonly limits: { readonly [limit: string]: number };
  readonly found: { readonly [kind: string]: { readonly count: number; readonly first: readonly Find[] } };
}

/** A run that failed. */
export interface Find {
  readonly seed: number;
  readonly scenario: string;
  readonly protocol: string;
  readonly failure: Failure;
  readonly why: string;
  readonly events: number;
}

/** Finds kept of one kind. */
const keptMax = 10;

export const nothing: Tally = {
  runs: 0,
  events: 0,
  steps: 0,
  deliveries: 0,
  virtualMs: 0,
  cutOff: 0,
  hash: '0'.repeat(16),
  oracles: {},
  limits: {},
  found: {},
};

/** Of one run of this scenario. A break that its scenario states, or a known limit, is no find. */
export function tallyOf(result: RunResult, raw: RawScenario, eventsMax: number): Tally {
  const { protocol, seed, scenario, events, steps, deliveries, virtualMs, hash } = result;
  const all = failuresOf(result).map((failure) => ({ failure, limit: limitOf(protocol, failure.name, raw) }));
  const failure = all.find(({ limit }) => limit === null)?.failure;
  const met = all.flatMap(({ limit }) => (limit === null ? [] : [`${protocol}: ${limit.why}`]));
  const find =
    failure === undefined ? [] : [{ seed, scenario, protocol, failure, why: whyOf(result, failure), events }];
  const judged = result.oracles.map(
    ({ name, verdict }) =>
      [
        `${protocol} ${name}`,
        [Number(verdict === 'pass'), Number(verdict === 'fail'), Number(verdict === 'inconclusive')] as const,
      ] as const,
  );
  return {
    runs: 1,
    events,
    steps,
    deliveries,
    virtualMs,
    cutOff: Number(events >= eventsMax),
    hash,
    oracles: Object.fromEntries(judged),
    limits: Object.fromEntries(met.map((limit) => [limit, 1])),
    found: Object.fromEntries(find.map((one) => [kindOf(one), { count: 1, first: [one] }])),
  };
}

function whyOf({ oracles, failures }: RunResult, { of, name }: Failure): string {
  return (of === 'oracle' ? oracles.find((oracle) => oracle.name === name)?.why : null) ?? failures[0] ?? '';
}

export function kindOf({ protocol, failure }: Find): string {
  return `${protocol} ${failure.of} ${failure.name}`;
}

export function add(a: Tally, b: Tally): Tally {
  return {
    runs: a.runs + b.runs,
    events: a.events + b.events,
    steps: a.steps + b.steps,
    deliveries: a.deliveries + b.deliveries,
    virtualMs: a.virtualMs + b.virtualMs,
    cutOff: a.cutOff + b.cutOff,
    hash: BigInt.asUintN(64, BigInt(`0x${a.hash}`) + BigInt(`0x${b.hash}`))
      .toString(16)
      .padStart(16, '0'),
    oracles: joined(a.oracles, b.oracles, (x, y) => [x[0] + y[0], x[1] + y[1], x[2] + y[2]]),
    limits: joined(a.limits, b.limits, (x, y) => x + y),
    found: joined(a.found, b.found, (x, y) => ({
      count: x.count + y.count,
      first: [...x.first, ...y.first].sort(bySeed).slice(0, keptMax),
    })),
  };
}

/** In the order of keys, so that equal tallies are equal texts. */
function joined<V>(
  a: { readonly [key: string]: V },
  b: { readonly [key: string]: V },
  join: (x: V, y: V) => V,
): { readonly [key: string]: V } {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(
    keys.map((key) => {
      const [x, y] = [a[key], b[key]];
      return [key, x === undefined ? (y as V) : y === undefined ? x : join(x, y)];
    }),
  );
}

function bySeed(a: Find, b: Find): number {
  return a.seed - b.seed || (a.scenario < b.scenario ? -1 : 1);
}
