/**
 * From a run that fails to the smallest scenario that fails in the same way.
 *
 * First luck is made explicit (luck.ts), so that each loss, delay and copy can go by itself; then delta debugging takes away
 * machines and items of the script, many at once; then single steps (atoms.ts) go on until none is left that keeps the
 * failure: the result is 1-minimal. What it ends with is written as a file, read again and run again before it is reported.
 *
 * Pure: the same failure shrinks in the same way, on any machine; it is bounded by runs and events, not by a clock.
 */
import type { RunEvent, Watch } from '../events.ts';
import { oracles } from '../oracles/index.ts';
import { vocabulary } from '../protocols.ts';
import { type RunResult, runScenario } from '../run.ts';
import { meaningOf } from '../scenario/meaning.ts';
import type { RawScenario, RawScriptItem } from '../scenario/raw.ts';
import { readScenario } from '../scenario/read.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';
import { limitsMet } from '../sweep/limits.ts';
import { atomsOf, harmless, withoutMachine } from './atoms.ts';
import { ddmin } from './ddmin.ts';
import { type Failure, failuresOf, failureText, sameFailure } from './failure.ts';
import { luckMax, readLuck } from './luck.ts';
import { scenarioText } from './write.ts';

export interface ShrinkOptions {
  readonly raw: RawScenario;
  /** `family/name` of the scenario. */
  readonly name: string;
  readonly subject: Subject;
  readonly seed: number;
  /** Which of its failures; the worst by default. */
  readonly failure?: Failure;
  /** For specimens: a sound subject that must not fail so, or the search may wander off to another cause. */
  readonly sound?: Subject;
  readonly runsMax?: number;
  readonly eventsMax?: number;
}

export type ShrinkResult =
  | {
      readonly ok: true;
      readonly raw: RawScenario;
      /** The file. */
      readonly text: string;
      readonly failure: Failure;
      /** Of the last run, which was read from `text`. */
      readonly result: RunResult;
      /** Machines, items of the script and pieces of luck, before and after. */
      readonly sizeBefore: number;
      readonly size: number;
      readonly runs: number;
      /** False: the search was ended before every single step was tried. */
      readonly minimal: boolean;
    }
  | { readonly ok: false; readonly why: string };

/** Runs of one search. Most need fewer than 500. */
const runsMaxDefault = 3000;
/** Events of one search: about a minute. */
const eventsMaxDefault = 40_000_000;

export function shrink(options: ShrinkOptions): ShrinkResult {
  const { raw, subject, seed } = options;
  const first = { ...forOne(raw, subject.name), seed };
  const scenario = meant(first, options.name);
  if (scenario === null) return { ok: false, why: 'the scenario cannot be read in its short form' };
  const found = failuresOf(runScenario(scenario, subject, seed));
  const failure = options.failure ?? found[0];
  if (failure === undefined || !found.some((one) => sameFailure(one, failure)))
    return { ok: false, why: 'the run does not fail' };
  const search = new Search(options, failure);
  if (!search.fails(first)) return { ok: false, why: 'it fails for the sound protocol as well' };
  const explicit = search.explicit(first);
  let best = search.expectLess(explicit.raw);
  for (let before = ''; before !== JSON.stringify(best); ) {
    before = JSON.stringify(best);
    best = search.atoms(search.items(search.machines(best)));
    if (isChancy(best)) best = search.explicit(best).raw;
  }
  best = search.asPeopleWrite(search.named(best));
  const minimal = search.isMinimal(best);
  return report({ ...options, failure }, best, { sizeBefore: explicit.size, runs: search.runs, minimal });
}

/** Writes it down, reads it, and runs it again. */
function report(
  { raw, name, subject, failure }: ShrinkOptions & { readonly failure: Failure },
  best: RawScenario,
  counts: { readonly sizeBefore: number; readonly runs: number; readonly minimal: boolean },
): ShrinkResult {
  const title = `${raw.title.slice(0, 900)}, shrunk: ${failureText(failure).slice(0, 100)}`;
  const file = { ...best, title };
  const text = scenarioText(file, `Shrunk from ${name}: ${failureText(failure)}.`);
  const read = readScenario(text, { file: 'shrunk.yaml', name: `shrunk/${name.replaceAll('/', '-')}`, vocabulary });
  if (!read.ok) return { ok: false, why: `what came out cannot be read: ${read.problems[0]?.what ?? ''}` };
  const result = runScenario(read.scenario, subject);
  if (!failuresOf(result).some((one) => sameFailure(one, failure)))
    return { ok: false, why: 'what came out does not fail when it is read from its file' };
  return { ok: true, raw: file, text, failure, result, size: sizeOf(file), ...counts };
}

/** One search: the failure it keeps, and what it may cost. */
class Search {
  runs = 0;
  private events = 0;
  private readonly options: ShrinkOptions;
  private readonly failure: Failure;
  /** Who was up at the end of the first run: a failure by mere absence is another failure. */
  private up: string | null = null;
  /** Whether the first run was more than a known limit: what is left must be so, too, or it would tell of something else. */
  private isFind: boolean | null = null;

  constructor(options: ShrinkOptions, failure: Failure) {
    this.options = options;
    this.failure = failure;
  }

  /** What is not done in time may be no failure at all if somebody took away what helps. */
  private get isLate(): boolean {
    const { of, name } = this.failure;
    return of === 'expectation' || name === 'fair-loss';
  }

  private get isSpent(): boolean {
    const { runsMax = runsMaxDefault, eventsMax = eventsMaxDefault } = this.options;
    return this.runs >= runsMax || this.events >= eventsMax;
  }

  /** Whether this scenario still fails in the same way. */
  fails(raw: RawScenario, watch?: Watch): boolean {
    const { subject, name, sound } = this.options;
    if (this.isSpent) return false;
    const scenario = meant(raw, name);
    if (scenario === null) return false;
    const up = new Set<string>();
    const result = this.run(scenario, subject, (event) => {
      if (event.type === 'booted') up.add(event.host);
      if (event.type === 'crashed') up.delete(event.host);
      watch?.(event);
    });
    if (!failuresOf(result).some((one) => sameFailure(one, this.failure))) return false;
    const isFind = limitsMet(result, this.failure, raw) === null;
    this.isFind ??= isFind;
    if (this.isFind && !isFind) return false;
    if (this.isLate) {
      const down = scenario.hosts.filter((host) => !up.has(host.name)).map((host) => host.name);
      this.up ??= down.join();
      if (down.some((one) => !(this.up ?? '').split(',').includes(one))) return false;
    }
    return sound === undefined || !failuresOf(this.run(scenario, sound)).some((one) => sameFailure(one, this.failure));
  }

  private run(scenario: Scenario, subject: Subject, watch?: (event: RunEvent) => void): RunResult {
    // Only the oracle that speaks of the failure: others cost as much as the run, or more.
    const only = oracles.filter(({ name }) => this.failure.of === 'oracle' && this.failure.name === name);
    const result = runScenario(scenario, subject, scenario.seed, {
      oracles: only,
      ...(watch === undefined ? {} : { watch }),
    });
    this.runs++;
    this.events += result.events;
    return result;
  }

  /** A calm network and explicit luck, if it still fails so; otherwise as it was. `size` counts what there was to take. */
  explicit(raw: RawScenario): { readonly raw: RawScenario; readonly size: number } {
    if (!isChancy(raw)) return { raw, size: sizeOf(raw) };
    const reader = readLuck(this.options.subject.protocol);
    this.fails(raw, reader.watch);
    const calm = calmed(raw, false);
    const all = sizeOf(calm) + reader.luck(false).length;
    if (this.fails(calm)) return { raw: calm, size: all };
    for (const [delays, fixed] of [
      [false, true],
      [true, true],
      [false, false],
    ] as const) {
      const luck = reader.luck(delays);
      if (luck.length > luckMax) continue;
      const candidate = calmed(raw, !fixed);
      const scripted = { ...candidate, script: [...(candidate.script ?? []), ...luck] };
      if (this.fails(scripted)) return { raw: scripted, size: sizeOf(scripted) };
    }
    return { raw, size: all };
  }

  /** Only what failed is expected; nothing, if an oracle is broken. */
  expectLess(raw: RawScenario): RawScenario {
    const host = Object.keys(raw.hosts)[0] ?? '';
    const bare = { ...raw, expect: [harmless(host)] };
    if (this.failure.of !== 'expectation' && this.fails(bare)) return bare;
    const expect = ddmin(raw.expect, (left) => left.length > 0 && this.fails({ ...raw, expect: left }));
    return { ...raw, expect };
  }

  machines(raw: RawScenario): RawScenario {
    const names = [...Object.keys(raw.adversaries ?? {}), ...Object.keys(raw.hosts)];
    const keeping = (left: readonly string[]): RawScenario =>
      names.filter((name) => !left.includes(name)).reduce(withoutMachine, raw);
    const left = ddmin(names, (some) => keeping(some).expect.length > 0 && this.fails(keeping(some)));
    return keeping(left);
  }

  items(raw: RawScenario): RawScenario {
    const script = ddmin(raw.script ?? [], (left) => this.keepsHelp(raw, left) && this.fails({ ...raw, script: left }));
    return { ...raw, script };
  }

  /** Single steps, again and again, until none keeps the failure. */
  atoms(raw: RawScenario): RawScenario {
    let best = raw;
    for (let found = true; found; ) {
      found = false;
      for (const candidate of this.steps(best)) {
        if (!this.fails(candidate)) continue;
        best = candidate;
        found = true;
        break;
      }
    }
    return best;
  }

  isMinimal(raw: RawScenario): boolean {
    return !this.steps(raw).some((candidate) => this.fails(candidate)) && !this.isSpent;
  }

  private steps(raw: RawScenario): readonly RawScenario[] {
    return atomsOf(raw)
      .filter(({ helps }) => !(helps && this.isLate))
      .map((step) => step.apply(raw))
      .filter((candidate) => this.keepsHelp(raw, candidate.script ?? []));
  }

  /** Where the failure is that something is not done, nobody takes away the help: a phrase typed, a healed network. */
  private keepsHelp(raw: RawScenario, script: readonly RawScriptItem[]): boolean {
    if (!this.isLate) return true;
    const hurts = (items: readonly RawScriptItem[]): boolean =>
      items.some(({ network }) => network === 'cut' || network === 'change');
    const count = (items: readonly RawScriptItem[]): number =>
      items.filter(({ types, chooses, network, do: deed }) => {
        if (deed === 'grant' || deed === 'nudge') return true;
        return types !== undefined || chooses !== undefined || (network === 'heal' && hurts(script));
      }).length;
    return count(script) >= count(raw.script ?? []);
  }

  /** That two do not pair says more than that an oracle breaks. */
  asPeopleWrite(raw: RawScenario): RawScenario {
    const hosts = Object.keys(raw.hosts);
    if (this.failure.name !== 'fair-loss' || hosts.length !== 2) return raw;
    const plain = { ...raw, expect: [{ paired: hosts }] };
    return this.fails(plain) ? plain : raw;
  }

  /** Drops named by the situation of who should have heard, and neighbours as one range; if it still fails so. */
  named(raw: RawScenario): RawScenario {
    const drops = (raw.script ?? []).filter((item) => item.drop !== undefined);
    if (drops.length === 0) return raw;
    const reader = readLuck(this.options.subject.protocol);
    if (!this.fails(raw, reader.watch)) return raw;
    const others = (raw.script ?? []).filter((item) => item.drop === undefined);
    const taken = reader.taken();
    // A drop for everybody is told for each of them, which is longer.
    if (taken.length > drops.length) return raw;
    const named = { ...raw, script: [...joined(taken), ...others] };
    return this.fails(named) ? named : raw;
  }
}

/** Drops that follow each other as one with a range. */
function joined(items: readonly RawScriptItem[]): readonly RawScriptItem[] {
  const ranges: { item: RawScriptItem; first: number; last: number }[] = [];
  for (const item of items) {
    const nth = Number(item.nth ?? 1);
    const same = ranges.find(
      (one) => one.last === nth - 1 && JSON.stringify({ ...one.item, nth }) === JSON.stringify(item),
    );
    if (same === undefined) ranges.push({ item, first: nth, last: nth });
    else same.last = nth;
  }
  return ranges.map(({ item, first, last }) => ({ ...item, nth: first === last ? first : `${first}..${last}` }));
}

function forOne(raw: RawScenario, protocol: string): RawScenario {
  const mine = (names: RawScriptItem['for']): boolean =>
    names === undefined || (typeof names === 'string' ? names === protocol : names.includes(protocol));
  const { covers: _, ...rest } = raw;
  const expect = raw.expect.filter((one) => mine(one.for));
  return {
    ...rest,
    protocols: { [protocol]: 'pass' },
    script: (raw.script ?? []).filter((item) => mine(item.for)),
    expect: expect.length > 0 ? expect : [harmless(Object.keys(raw.hosts)[0] ?? '')],
  };
}

/** The scenario, or null where a step took away what something else names. */
function meant(raw: RawScenario, name: string): Scenario | null {
  let problems = 0;
  const scenario = meaningOf(raw, name, vocabulary, { found: [], add: () => void problems++ });
  return problems === 0 ? scenario : null;
}

/** Rules in which chance has a say; a preset may have some. */
const chances = [
  'preset',
  'loss',
  'burst',
  'duplicate',
  'copies',
  'duplicateAfterMs',
  'reorder',
  'reorderByMs',
  'rate',
  'queueBytes',
  'corrupt',
  'truncate',
  'multicastLoss',
  'forgetsMs',
] as const;

function isChancy({ network, links, script }: RawScenario): boolean {
  const rules = [...Object.values(network), ...(links ?? [])];
  // Rules that change in the middle are left to chance.
  if (script?.some((item) => item.network === 'change') === true) return false;
  return rules.some((one) => chances.some((key) => one[key] !== undefined && one[key] !== 0));
}

/** Nothing is lost, doubled or held back; delays are a millisecond, unless they stay. */
function calmed(raw: RawScenario, keepDelays: boolean): RawScenario {
  const gone: readonly string[] = keepDelays ? chances : [...chances, 'delayMs'];
  const calm = <R extends object>(rules: R): R =>
    Object.fromEntries(Object.entries(rules).filter(([key]) => !gone.includes(key))) as R;
  return {
    ...raw,
    network: Object.fromEntries(Object.entries(raw.network).map(([name, rules]) => [name, calm(rules)])),
    ...(raw.links === undefined ? {} : { links: raw.links.map(calm) }),
  };
}

function sizeOf({ hosts, adversaries, script }: RawScenario): number {
  return Object.keys(hosts).length + Object.keys(adversaries ?? {}).length + (script ?? []).length;
}
