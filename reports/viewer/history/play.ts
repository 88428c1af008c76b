/** Plays a scenario in the page: the same core and simulator as everywhere else, so the same run. */
import {
  type OracleResult,
  problemText,
  type RunResult,
  readScenario,
  runScenario,
  subjects,
  vocabulary,
} from '../../../sim/index.ts';
import type { Scenario } from '../../../sim/scenario/scenario.ts';
import type { Subject } from '../../../sim/subject.ts';
import type { RunHistory } from './history.ts';
import { createTeller } from './teller.ts';

export interface Play {
  readonly scenario: Scenario;
  readonly subject: Subject;
  readonly seed: number;
  readonly history: RunHistory;
  /** Without the word of the oracles: they repeat the run, and are asked by `verdictOf`. */
  readonly result: RunResult;
  /** Milliseconds of this machine that the run took. */
  readonly tookMs: number;
}

export type Played = { readonly ok: true; readonly play: Play } | { readonly ok: false; readonly why: string };

/** `name` is `family/name`; without a protocol the scenario's first, without a seed its own. */
export function play(text: string, name: string, protocol: string | null, seed: number | null): Played {
  const read = readScenario(text, { file: `${name}.yaml`, name, vocabulary });
  if (!read.ok) return { ok: false, why: read.problems.map(problemText).join('\n') };
  const { scenario } = read;
  const known = Object.keys(scenario.protocols).filter((one) => subjects.has(one));
  const chosen = protocol ?? known[0] ?? '';
  const subject = subjects.get(chosen);
  if (subject === undefined || !known.includes(chosen))
    return { ok: false, why: `This scenario is not for "${chosen}". It is for ${known.join(', ')}.` };
  return { ok: true, play: replay(scenario, subject, seed ?? scenario.seed) };
}

export function replay(scenario: Scenario, subject: Subject, seed: number): Play {
  const began = performance.now();
  const teller = createTeller(scenario, subject);
  const result = runScenario(scenario, subject, seed, { oracles: [], watch: teller.watch });
  return { scenario, subject, seed, history: teller.history(), result, tookMs: performance.now() - began };
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
