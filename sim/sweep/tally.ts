/**
 * What came out of some runs, as sums: adding two tallies is commutative and associative, so totals do not depend on who ran
 * what. Of what was found, those with the smallest seeds are kept for each kind, and all are counted.
 *
 * A tally is bounded, however many runs it is of: by the cells of the tables, the names of the oracles, the known limits, and
 * ten finds of each kind with clipped words.
 */
import type { RunResult } from '../run.ts';
import type { RawScenario } from '../scenario/raw.ts';
import { type Failure, failuresOf } from '../shrink/failure.ts';
import type { Cells, Threw } from '../trace/cells.ts';
import { limitsMet } from './limits.ts';
import { addGuesses, addPairs, noPairs, type PairTally } from './pairs.ts';
import { madeUpFamily } from './plan.ts';

/** What files of an earlier day do not count of pairs and guesses is missing there, and nothing. */
export interface Tally extends Partial<PairTally> {
  readonly runs: number;
  readonly events: number;
  readonly steps: number;
  readonly deliveries: number;
  readonly virtualMs: number;
  /** How many of the runs were of each scenario, and their events; those made up as one. */
  readonly scenarios: { readonly [name: string]: readonly [runs: number, events: number] };
  /** Runs that were given up because they did not end. */
  readonly cutOff: number;
  /** Sum of all hashes of runs, modulo 2^64, in 16 hexadecimal digits. */
  readonly hash: string;
  /** `protocol oracle`: how often it passed, failed, and saw nothing to judge. */
  readonly oracles: { readonly [oracle: string]: readonly [pass: number, fail: number, inconclusive: number] };
  /** Known limits that were met, by protocol and reason. */
  readonly limits: { readonly [limit: string]: number };
  /**
   * By protocol, and there by situation and event: how many steps the scenarios' own hosts took there. A step that its
   * table forbids was not taken, and is counted all the same: an impossible cell that has a number was reached.
   */
  readonly cells: { readonly [protocol: string]: Cells };
  readonly found: { readonly [kind: string]: { readonly count: number; readonly first: readonly Find[] } };
}

/** A run that failed. */
export interface Find {
  readonly seed: number;
  readonly scenario: string;
  readonly protocol: string;
  readonly failure: Failure;
  /** In words, clipped. */
  readonly why: string;
  readonly events: number;
}

/** Where a run went on the transition tables, which `countCells` counts, and how its pair fared. */
export interface Visited extends Partial<PairTally> {
  readonly cells: Cells;
  readonly threw: readonly Threw[];
}

/** Finds kept of one kind. */
const keptMax = 10;
/** Of one find, characters. */
const wordsMax = 500;

export const nothing: Tally = {
  runs: 0,
  events: 0,
  steps: 0,
  deliveries: 0,
  virtualMs: 0,
  scenarios: {},
  cutOff: 0,
  hash: '0'.repeat(16),
  oracles: {},
  limits: {},
  cells: {},
  ...noPairs,
  found: {},
};

/** Of one run of this scenario. A break that its scenario states, or a known limit, is no find. */
export function tallyOf(result: RunResult, visited: Visited, raw: RawScenario, eventsMax: number): Tally {
  const { protocol, seed, scenario, events, steps, deliveries, virtualMs, hash } = result;
  const all = failuresOf(result).map((failure) => ({ failure, met: limitsMet(result, failure, raw) }));
  const failure = all.find(({ met }) => met === null)?.failure;
  const met = all.flatMap(({ met }) => (met ?? []).map((limit) => `${protocol}: ${limit.why}`));
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
    scenarios: { [scenario.startsWith(madeUpFamily) ? madeUpFamily : scenario]: [1, events] },
    cutOff: Number(events >= eventsMax),
    hash,
    oracles: Object.fromEntries(judged),
    limits: Object.fromEntries(met.map((limit) => [limit, 1])),
    cells: { [protocol]: allCells(visited) },
    pairs: visited.pairs ?? {},
    guesses: visited.guesses ?? {},
    found: Object.fromEntries(find.map((one) => [kindOf(one), { count: 1, first: [one] }])),
  };
}

function whyOf({ oracles, failures }: RunResult, { of, name }: Failure): string {
  const why = (of === 'oracle' ? oracles.find((oracle) => oracle.name === name)?.why : null) ?? failures[0] ?? '';
  return why.length <= wordsMax ? why : `${why.slice(0, wordsMax)} ...`;
}

function allCells({ cells, threw }: Visited): Cells {
  return threw.reduce<Cells>(
    (sum, { cell }) => (cell === null ? sum : addCells(sum, { [cell.situation]: { [cell.event]: 1 } })),
    cells,
  );
}

function addCells(a: Cells, b: Cells): Cells {
  return joined(a, b, (x, y) => joined(x, y, (many, more) => many + more));
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
    scenarios: joined(a.scenarios, b.scenarios, (x, y) => [x[0] + y[0], x[1] + y[1]]),
    cutOff: a.cutOff + b.cutOff,
    hash: BigInt.asUintN(64, BigInt(`0x${a.hash}`) + BigInt(`0x${b.hash}`))
      .toString(16)
      .padStart(16, '0'),
    oracles: joined(a.oracles, b.oracles, (x, y) => [x[0] + y[0], x[1] + y[1], x[2] + y[2]]),
    limits: joined(a.limits, b.limits, (x, y) => x + y),
    cells: joined(a.cells, b.cells, addCells),
    pairs: joined(a.pairs ?? {}, b.pairs ?? {}, addPairs),
    guesses: joined(a.guesses ?? {}, b.guesses ?? {}, addGuesses),
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
