/**
 * What a report is made of, and what `report.json` holds: the runs, and the transition tables that they are counted on.
 * Everything else that a report shows (totals, coverage, matrices) is computed from these, so that reports of shards can be
 * laid together. REPORT.md describes the file for those who read it with a program.
 */
import type { TableRow } from '../../protocol/contract.ts';
import type { Cells, ExpectationResult, OracleResult, Verdict } from '../../sim/index.ts';
import type { PairTally } from '../../sim/sweep/pairs.ts';
import type { Figures } from './figures.ts';
import type { FlawedRun } from './flaws.ts';

/** Goes up when an older program would misread the file. */
export const reportVersion = 1;

export interface Report {
  readonly lanpair: 'report';
  readonly version: typeof reportVersion;
  /** The program that made it: `lanpair 0.1.0`. */
  readonly program: string;
  /** When the first of its runs began, as ISO 8601 in UTC. */
  readonly made: string;
  /** How long the runs took on the clock of a wall; of merged reports the sum. */
  readonly seconds: number;
  /** By conversation, in the order in which they are written. */
  readonly tables: { readonly [protocol: string]: readonly TableRow[] };
  /** Sorted by scenario, conversation, suite and seed; none twice. */
  readonly runs: readonly Entry[];
  /** Runs of specimens, sorted by specimen and scenario; empty unless asked for. */
  readonly specimens: readonly FlawedRun[];
  /** Null where they were left out. */
  readonly figures: Figures | null;
  /** Of sweeps and of tests, where their files were given; sorted by what they are of and their name. */
  readonly walks: readonly Walk[];
}

/** Steps that were counted elsewhere. Which scenario or input made one is no longer known. */
export interface Walk {
  /** `sweep`: runs with faults of their own for each seed. `tests`: the core's own, properties above all. */
  readonly of: 'sweep' | 'tests';
  readonly name: string;
  /** By conversation, situation and event. */
  readonly cells: { readonly [protocol: string]: Cells };
  /** Of sweeps: how pairs fared by conversation and twentieths lost, and guesses by entropy (sim/sweep/pairs.ts). */
  readonly pairs?: PairTally['pairs'];
  readonly guesses?: PairTally['guesses'];
  /** Of sweeps: what broke that is neither stated nor a known limit. */
  readonly found?: readonly Found[];
}

/** One kind of break that a sweep found. */
export interface Found {
  readonly protocol: string;
  /** In words: `oracle fair-loss is broken`. */
  readonly what: string;
  /** Runs that had it. */
  readonly count: number;
  /** Those with the smallest seeds. */
  readonly first: readonly FoundRun[];
}

export interface FoundRun {
  readonly seed: number;
  /** For which the faults were drawn. */
  readonly scenario: string;
  /** The cryptography, where it was not the symbolic one. */
  readonly suite?: string;
  readonly why: string;
  /** The command that makes it again and shrinks it. */
  readonly again: string;
  /** The scenario file with the faults of this seed. Null where lanpair's scenarios are others than the sweep's. */
  readonly text: string | null;
}

export function foundOf(walks: readonly Walk[]): readonly Found[] {
  return walks.flatMap(({ found = [] }) => found);
}

/** One run. All but `tookMs` is the same on any machine. */
export interface Entry {
  /** `family/name`. */
  readonly scenario: string;
  readonly title: string;
  /** The scenario's file, as a person would name it. */
  readonly file: string;
  /** Rows of the catalogue of attacks. */
  readonly covers: readonly string[];
  readonly protocol: string;
  readonly suite: string;
  readonly seed: number;
  /** Of the trace: 16 hexadecimal digits. */
  readonly hash: string;
  /** `pass`: what the scenario states came out, a stated break included. */
  readonly verdict: Verdict;
  /** The oracle that breaks here, as the scenario states. */
  readonly breaks: string | null;
  readonly virtualMs: number;
  /** On the clock of a wall. */
  readonly tookMs: number;
  readonly events: number;
  readonly deliveries: number;
  readonly steps: number;
  readonly oracles: readonly OracleResult[];
  readonly expectations: readonly ExpectationResult[];
  /** Why the verdict is no pass, one sentence each. */
  readonly failures: readonly string[];
  /** The core threw: always a bug. */
  readonly threw: readonly { readonly host: string; readonly message: string }[];
  /** Steps of the scenario's hosts, by situation and event. */
  readonly cells: Cells;
  /** Of those steps the ones that led elsewhere, by situation, event and the situation that they led to. */
  readonly moves: { readonly [situation: string]: Cells };
}

/** What a run is, whoever made it. */
export function keyOf({ scenario, protocol, suite, seed }: Entry): string {
  return `${scenario} (${protocol}, ${suite}, seed ${seed})`;
}

export function byKey(a: Entry, b: Entry): number {
  const [x, y] = [a, b].map(({ scenario, protocol, suite }) => `${scenario} ${protocol} ${suite}`);
  return x === y ? a.seed - b.seed : (x ?? '') < (y ?? '') ? -1 : 1;
}
