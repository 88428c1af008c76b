/** One run: a scenario, a protocol and a seed make a result. Pure: the same three give the same result on any machine. */
import type { Moments } from './cues.ts';
import type { RunEvent, Watch } from './events.ts';
import { checkExpectations, type ExpectationResult } from './expectation.ts';
import { sshKeyOf } from './identity.ts';
import { oracles } from './oracles/index.ts';
import { type Ending, type Finding, hexOf, type Oracle, type Setting, showing } from './oracles/oracle.ts';
import { disksOf } from './pairings.ts';
import type { Expected, Scenario } from './scenario/scenario.ts';
import type { Contents } from './storage.ts';
import { readingOnce, type Subject } from './subject.ts';
import { type Summary, summarize } from './summary.ts';
import { createRecorder, type TraceLine } from './trace/recorder.ts';
import { createWorld } from './world.ts';

export interface RunOptions {
  /** Keep the lines of the trace. */
  readonly trace?: boolean;
  /** Oracles to hold against the run; all by default. */
  readonly oracles?: readonly Oracle[];
  /** Somebody else who wants to see every event. */
  readonly watch?: Watch;
  readonly eventsMax?: number;
}

export interface OracleResult extends Finding {
  readonly number: number;
  readonly name: string;
}

/** `pass`: what the scenario states came out, a break included. */
export type Verdict = 'pass' | 'fail' | 'inconclusive';

export interface RunResult {
  readonly scenario: string;
  readonly title: string;
  readonly protocol: string;
  readonly seed: number;
  /** 16 hexadecimal digits over everything that happened. */
  readonly hash: string;
  readonly verdict: Verdict;
  readonly expected: Expected;
  readonly virtualMs: number;
  readonly events: number;
  readonly deliveries: number;
  readonly steps: number;
  readonly oracles: readonly OracleResult[];
  readonly expectations: readonly ExpectationResult[];
  /** Why the verdict is no pass, one sentence each. */
  readonly failures: readonly string[];
  /** Empty unless asked for. */
  readonly trace: readonly TraceLine[];
}

/** Events in one run before it is given up: an hour of a busy network. */
export const eventsMax = 5_000_000;

export function runScenario(
  scenario: Scenario,
  given: Subject,
  seed: number = scenario.seed,
  options: RunOptions = {},
): RunResult {
  const subject = readingOnce(given);
  const machines = [...scenario.hosts, ...scenario.adversaries].map(({ name }) => name);
  const originals = new Map(scenario.hosts.map(({ name, cloneOf }) => [name, cloneOf ?? name]));
  const keys = new Map(machines.map((name) => [name, sshKeyOf(originals.get(name) ?? name, subject.suite).line]));
  const setting: Setting = { scenario, subject, keys, owners: ownersOf(keys) };
  const watched = (options.oracles ?? oracles)
    .filter((oracle) => !subject.exempt.includes(oracle.name))
    .map((oracle) => ({ oracle, watcher: oracle.watch(setting) }));
  const show = showing(watched.map(({ watcher }) => watcher));
  const recorder = createRecorder(subject.protocol, options.trace ?? false);
  const { summary, watch: note } = summarize(scenario, subject, keys);
  const watch = (event: RunEvent): void => {
    recorder.watch(event);
    note(event);
    show(event);
    options.watch?.(event);
  };
  const disks = disksOf(scenario, subject);
  const world = createWorld({ scenario, subject, seed, watch, silent: [], disks });
  const most = options.eventsMax ?? eventsMax;
  const { events, virtualUs, stopped } = world.run(most);
  const making = { scenario, subject, seed, keys, disks, most, moments: world.stage.moments() };
  const again = sharingRuns((changes) => runAgain(making, changes));
  const ending: Ending = { summary, stopped, virtualUs, again };
  const findings = watched.map(({ oracle, watcher }) => ({
    number: oracle.number,
    name: oracle.name,
    ...watcher.finish(ending),
  }));
  const expectations = checkExpectations(scenario.expect, subject.name, {
    summary,
    keys,
    attackOf: world.attackOf,
    isTyped: (phrase) => isTypedIn(summary, hexOf(subject, phrase)),
  });
  const expected = scenario.protocols[subject.name] ?? 'pass';
  return {
    scenario: scenario.name,
    title: scenario.title,
    protocol: subject.name,
    seed,
    hash: recorder.digest,
    ...judge({ expected, findings, expectations, summary, stopped, stale: world.stage.stale() }),
    expected,
    virtualMs: Math.round(virtualUs / 1000),
    events,
    deliveries: summary.deliveries,
    steps: summary.steps,
    oracles: findings,
    expectations,
    trace: recorder.lines,
  };
}

function isTypedIn({ hosts }: Summary, wanted: string): boolean {
  return [...hosts.values()].some(({ typed }) => typed.some(({ phraseKey }) => phraseKey === wanted));
}

/** Of a key that two have, because one was cloned, the first. */
function ownersOf(keys: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...keys].toReversed().map(([name, key]) => [key, name]));
}

interface Evidence {
  readonly expected: Expected;
  readonly findings: readonly OracleResult[];
  readonly expectations: readonly ExpectationResult[];
  readonly summary: Summary;
  readonly stopped: Ending['stopped'];
  readonly stale: readonly string[];
}

function judge({ expected, findings, expectations, summary, stopped, stale }: Evidence): {
  readonly verdict: Verdict;
  readonly failures: readonly string[];
} {
  const stated = expected === 'pass' ? null : expected.breaks;
  const failures = [
    ...summary.threw.map(({ host, message }) => `the core of ${host} threw: ${message}`),
    ...findings
      .filter(({ verdict, name }) => verdict === 'fail' && name !== stated)
      .map(({ number, name, why }) => `oracle ${number} (${name}): ${why ?? ''}`),
    ...expectations.filter(({ held }) => !held).map(({ what, saw }) => `expected: ${what}; saw: ${saw}`),
  ];
  const broken = findings.find(({ name }) => name === stated);
  if (stated !== null && broken?.verdict !== 'fail')
    failures.push(`oracle ${stated} should break here and does not: ${broken?.saw ?? 'it did not watch'}`);
  if (failures.length > 0) return { verdict: 'fail', failures };
  // A script that waited in vain has not made the run that its scenario tells of.
  const doubts = [
    ...(stopped === 'events' ? ['the run was cut off: too many events'] : []),
    ...stale.map((what) => `stale: the script waited in vain for: ${what}`),
  ];
  return { verdict: doubts.length > 0 ? 'inconclusive' : 'pass', failures: doubts };
}

/** Oracles that ask for the same silence, and watch nothing of the run, share one. */
function sharingRuns(again: Ending['again']): Ending['again'] {
  const made = new Map<string, Summary>();
  return (changes) => {
    const { silent = [], lateOnly = false, soonerUs, scenario, watch } = changes;
    if (scenario !== undefined || watch !== undefined || lateOnly) return again(changes);
    const name = `${silent.join()} ${soonerUs}`;
    const summary = made.get(name) ?? again(changes);
    made.set(name, summary);
    return summary;
  };
}

/** What a run is made of; a second one is given up where the first one is. */
interface Making {
  readonly scenario: Scenario;
  readonly subject: Subject;
  readonly seed: number;
  readonly keys: ReadonlyMap<string, string>;
  readonly disks: ReadonlyMap<string, Contents>;
  /** Events. */
  readonly most: number;
  readonly moments: Moments;
}

function runAgain(
  { scenario: sound, subject, seed, keys, disks: found, most, moments }: Making,
  { silent = [], lateOnly = false, soonerUs, scenario = sound, watch }: Parameters<Ending['again']>[0],
): Summary {
  const { summary, watch: note } = summarize(scenario, subject, keys);
  const both: Watch = (event) => {
    note(event);
    watch?.(event);
  };
  // What is on disks comes of whole pairings, made before the run: who holds the same needs no others.
  const same = scenario.hosts.every(({ holds }, index) => holds === sound.hosts[index]?.holds);
  const disks = same ? found : disksOf(scenario, subject);
  const made = { scenario, subject, seed, watch: both, silent, lateOnly, disks };
  createWorld(soonerUs === undefined ? made : { ...made, schedule: { moments, soonerUs } }).run(most);
  return summary;
}
