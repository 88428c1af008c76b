/** Plays a scenario in the page: the same core and simulator as everywhere else, so the same run. */

import { printable } from '../../../protocol/display.ts';
import {
  type OracleResult,
  type Problem,
  problemText,
  type RunResult,
  readScenario,
  runScenario,
  subjects,
  vocabulary,
} from '../../../sim/index.ts';
import type { Scenario } from '../../../sim/scenario/scenario.ts';
import { readingOnce, type Subject } from '../../../sim/subject.ts';
import { type Edits, editedText, isEdited } from './edits.ts';
import type { RunHistory } from './history.ts';
import { createTeller } from './teller.ts';

/** What is to be run. */
export interface Order {
  /** `family/name`. */
  readonly name: string;
  /** Null: the scenario's first. */
  readonly protocol: string | null;
  /** Null: the scenario's own. */
  readonly seed: number | null;
  readonly edits: Edits;
  /** Of the simulator's queue: where the run is cut off. */
  readonly eventsMax: number;
}

export interface Play {
  readonly scenario: Scenario;
  readonly subject: Subject;
  readonly seed: number;
  /** The scenario's own. */
  readonly ownSeed: number;
  /** The file as it was run, changes and all. */
  readonly text: string;
  readonly history: RunHistory;
  /** Without the word of the oracles: they repeat the run, and are asked by `judged`. */
  readonly result: RunResult;
  readonly cutOff: boolean;
  /** Milliseconds of this machine that the run took. */
  readonly tookMs: number;
}

export type Played = { readonly ok: true; readonly play: Play } | { readonly ok: false; readonly why: string };

/** Enough for almost all of the catalogue, and on the screen in some seconds; about 100,000 events of a trace. */
export const firstEventsMax = 60_000;

export function play(text: string, order: Order): Played {
  const { name, protocol, edits } = order;
  const options = { file: `${name}.yaml`, name, vocabulary };
  const read = readScenario(text, options);
  if (!read.ok) return { ok: false, why: whyOf(read.problems) };
  const known = Object.keys(read.scenario.protocols).filter((one) => subjects.has(one));
  const chosen = protocol ?? known[0] ?? '';
  const subject = subjects.get(chosen);
  if (subject === undefined || !known.includes(chosen))
    return { ok: false, why: `This scenario is not for "${printable(chosen, 40)}". It is for ${known.join(', ')}.` };
  const ownSeed = read.scenario.seed;
  const seed = order.seed ?? ownSeed;
  const changed = isEdited(edits) ? editedText(read.raw, edits, chosen, seed) : text;
  const edited = isEdited(edits) ? readScenario(changed, options) : read;
  if (!edited.ok) return { ok: false, why: whyOf(edited.problems) };
  const { scenario } = edited;
  return { ok: true, play: { ...run(scenario, subject, seed, order.eventsMax), ownSeed, text: changed } };
}

function whyOf(problems: readonly Problem[]): string {
  const lines = problems.flatMap((problem) => problemText(problem).split('\n'));
  return lines.map((line) => printable(line, 600)).join('\n');
}

function run(scenario: Scenario, given: Subject, seed: number, eventsMax: number): Omit<Play, 'ownSeed' | 'text'> {
  const began = performance.now();
  const subject = readingOnce(given);
  const teller = createTeller(scenario, subject);
  const result = runScenario(scenario, subject, seed, { oracles: [], watch: teller.watch, eventsMax });
  const tookMs = performance.now() - began;
  return { scenario, subject, seed, history: teller.history(), result, cutOff: result.events >= eventsMax, tookMs };
}

export interface Judged {
  readonly result: RunResult;
  readonly oracles: readonly OracleResult[];
}

/** The run once more, held against every oracle; some repeat it without its adversaries. */
export function judged({ scenario, subject, seed }: Play): Judged {
  const result = runScenario(scenario, subject, seed);
  return { result, oracles: result.oracles };
}

/** What differs between what came of two runs, in words: `alice and bob paired: at 1320 ms, now at 2210 ms`. */
export function differing(before: RunResult, after: RunResult): readonly Differing[] {
  const expectations = after.expectations.flatMap(({ what, saw, held }, at) => {
    const old = before.expectations[at];
    return old === undefined || old.saw === saw
      ? []
      : [{ what, before: old.saw, after: saw, worse: old.held && !held }];
  });
  const oracles = after.oracles.flatMap(({ name, verdict, saw, why }) => {
    const old = before.oracles.find((one) => one.name === name);
    if (old === undefined || old.verdict === verdict) return [];
    return [
      {
        what: `oracle ${name}`,
        before: `${old.verdict}, ${old.why ?? old.saw}`,
        after: `${verdict}, ${why ?? saw}`,
        worse: verdict === 'fail',
      },
    ];
  });
  return [...expectations, ...oracles];
}

export interface Differing {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly worse: boolean;
}
