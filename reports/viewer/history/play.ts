/** Plays a scenario in the browser: the same core and simulator as everywhere else, so the same run. */
import type { PlainState } from '../../../protocol/contract.ts';
import { printable } from '../../../protocol/display.ts';
import type { RunEvent } from '../../../sim/index.ts';
import {
  type OracleResult,
  onSuite,
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
  /** Null: what the conversation is simulated with. */
  readonly suite: 'real' | null;
  readonly edits: Edits;
  /** Of the simulator's queue: where the run is cut off. */
  readonly eventsMax: number;
}

/** A run that can be made again: a scenario file, changes and all, and with what. */
export interface WhichRun {
  /** `family/name`. */
  readonly name: string;
  readonly text: string;
  readonly protocol: string;
  readonly suite: 'real' | null;
  readonly seed: number;
}

/** Plain data: it is made in a worker. */
export interface Play extends WhichRun {
  readonly scenario: Scenario;
  /** What was asked for: with the scenario's own text it makes the same run. */
  readonly order: Order;
  /** The scenario's own. */
  readonly ownSeed: number;
  readonly history: RunHistory;
  /** Without the word of the oracles: they repeat the run, and are asked by `judged`. */
  readonly result: RunResult;
  readonly cutOff: boolean;
  /** Milliseconds of this machine that the run took. */
  readonly tookMs: number;
}

/** By the index of a step's moment: the state after it, without what is secret. */
export type States = ReadonlyMap<number, PlainState>;

export type Played = { readonly ok: true; readonly play: Play } | { readonly ok: false; readonly why: string };

/** Enough for almost all of the catalogue, and on the screen in some seconds; about 100,000 events of a trace. */
export const firstEventsMax = 60_000;

/** Told now and then while it runs. */
export type OnEvents = (events: number, atUs: number) => void;

export function play(text: string, order: Order, onEvents: OnEvents): Played & { readonly states: States } {
  const chosen = choose(text, order);
  if (!chosen.ok) return { ...chosen, states: new Map() };
  const { states, ...ran } = run(chosen.play, order.eventsMax, onEvents);
  return { ok: true, play: { ...chosen.play, ...ran, order }, states };
}

type Chosen = Omit<Play, 'order' | 'history' | 'result' | 'cutOff' | 'tookMs'>;

/** The scenario with the changes that are asked for, or what is wrong with it. */
function choose(
  text: string,
  order: Order,
): { readonly ok: true; readonly play: Chosen } | { readonly ok: false; readonly why: string } {
  const { name, edits, suite } = order;
  const options = { file: `${name}.yaml`, name, vocabulary };
  const read = readScenario(text, options);
  if (!read.ok) return { ok: false, why: whyOf(read.problems) };
  const known = Object.keys(read.scenario.protocols).filter((one) => subjects.has(one));
  const protocol = order.protocol ?? known[0] ?? '';
  if (!known.includes(protocol))
    return { ok: false, why: `This scenario is not for "${printable(protocol, 40)}". It is for ${known.join(', ')}.` };
  const ownSeed = read.scenario.seed;
  const seed = order.seed ?? ownSeed;
  const changed = isEdited(edits) ? editedText(read.raw, edits, protocol, seed) : text;
  const edited = isEdited(edits) ? readScenario(changed, options) : read;
  if (!edited.ok) return { ok: false, why: whyOf(edited.problems) };
  return { ok: true, play: { name, text: changed, protocol, suite, seed, ownSeed, scenario: edited.scenario } };
}

/** The conversation of a run, as the simulator takes it. */
export function subjectOf(protocol: string, suite: Order['suite'] = null): Subject {
  const subject = subjects.get(protocol);
  if (subject === undefined) throw new Error(`no conversation ${protocol}`);
  return suite === null ? subject : onSuite(subject, suite);
}

function whyOf(problems: readonly Problem[]): string {
  const lines = problems.flatMap((problem) => problemText(problem).split('\n'));
  return lines.map((line) => printable(line, 600)).join('\n');
}

/** Events between two looks at the clock, and milliseconds between two tellings. */
const lookEvents = 512;
const tellMs = 80;

function run(
  { scenario, protocol, suite, seed }: Chosen,
  eventsMax: number,
  onEvents: OnEvents,
): Pick<Play, 'history' | 'result' | 'cutOff' | 'tookMs'> & { readonly states: States } {
  const began = performance.now();
  const subject = readingOnce(subjectOf(protocol, suite));
  const teller = createTeller(scenario, subject);
  let [events, told] = [0, began];
  const watch = (event: RunEvent): void => {
    teller.watch(event);
    if (++events % lookEvents !== 0 || performance.now() - told < tellMs) return;
    told = performance.now();
    onEvents(events, event.atUs);
  };
  const result = runScenario(scenario, subject, seed, { oracles: [], watch, eventsMax });
  const tookMs = performance.now() - began;
  const { states } = teller;
  return { history: teller.history(), states, result, cutOff: result.events >= eventsMax, tookMs };
}

export interface Judged {
  readonly result: RunResult;
  readonly oracles: readonly OracleResult[];
}

/** The run once more, held against every oracle; some repeat it without its adversaries. */
export function judged({ name, text, protocol, suite, seed }: WhichRun): Judged {
  const read = readScenario(text, { file: `${name}.yaml`, name, vocabulary });
  if (!read.ok) throw new Error(whyOf(read.problems));
  const result = runScenario(read.scenario, subjectOf(protocol, suite), seed);
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
