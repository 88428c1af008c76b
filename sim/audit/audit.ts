/**
 * The audit: is a flaw that was planted found, by which oracle, after how many runs, and how short is what is shown for it?
 * A testbed that convicts nobody proves nothing.
 *
 * Each specimen is run with cases that seeds draw (sweep/), as any protocol would be, and every other one with a scenario
 * of the catalogue in its own weather. It is convicted when an oracle breaks for it and holds for the sound protocol in the
 * same case; cases in which the sound one breaks as well (known limits) convict nobody.
 */
import { oracles } from '../oracles/index.ts';
import { vocabulary } from '../protocols.ts';
import { runScenario } from '../run.ts';
import { meaningOf } from '../scenario/meaning.ts';
import { shrink } from '../shrink/shrink.ts';
import type { Specimen } from '../specimens/specimen.ts';
import type { Subject } from '../subject.ts';
import { sweepEventsMax } from '../sweep/block.ts';
import { byHeight, type Case, caseOf, type NamedScenario, type Plan } from '../sweep/plan.ts';
import { bearsOn } from './bearing.ts';

export interface AuditOptions {
  readonly specimen: Specimen;
  /** The same protocol without the flaw. */
  readonly sound: Subject;
  readonly scenarios: readonly NamedScenario[];
  /** Times that the search is begun anew, with other seeds. */
  readonly times: number;
  /** Runs of one search before it is given up. */
  readonly runsMax: number;
}

export interface SpecimenReport {
  readonly name: string;
  readonly protocol: string;
  readonly flaw: string;
  /** The oracle that must convict it. */
  readonly breaks: string;
  /** Runs until that oracle convicted it, one number for each search; null: it survived. */
  readonly runs: readonly (number | null)[];
  /** Every oracle that convicted it in a run that its own convicted, and in how many searches. */
  readonly killedBy: { readonly [oracle: string]: number };
  /** Of the conviction that took the fewest events: machines and items of the script that are left, and what shrinking took. */
  readonly shrunk: {
    readonly size: number;
    readonly from: number;
    readonly runs: number;
    readonly text: string;
  } | null;
}

/** A median with a survivor above it counts as a survivor. */
export function median(runs: readonly (number | null)[]): number | null {
  const sorted = runs.map((one) => one ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.POSITIVE_INFINITY;
  return Number.isFinite(middle) ? middle : null;
}

export function survives({ runs }: SpecimenReport): boolean {
  return runs.every((one) => one === null);
}

/** Seeds of one search; the next one begins above them. */
const searchSeeds = 100_000;

export function auditSpecimen(options: AuditOptions): SpecimenReport {
  const { specimen, times } = options;
  const killedBy = new Map<string, number>();
  const searches = Array.from({ length: times }, (_, index) => search(options, index * searchSeeds));
  for (const { killers } of searches) for (const one of killers) killedBy.set(one, (killedBy.get(one) ?? 0) + 1);
  // Of what convicted it the shortest run: it is the quickest to shrink.
  const [best] = searches.flatMap(({ convicted }) => convicted ?? []).sort((a, b) => a.events - b.events);
  return {
    name: specimen.name,
    protocol: specimen.subject.name,
    flaw: specimen.flaw,
    breaks: specimen.breaks,
    runs: searches.map(({ convicted }) => convicted?.runs ?? null),
    killedBy: Object.fromEntries([...killedBy].sort(([a], [b]) => (a < b ? -1 : 1))),
    shrunk: best === undefined ? null : shrinkCase(best.found, options),
  };
}

interface Search {
  readonly convicted: { readonly found: Case; readonly runs: number; readonly events: number } | null;
  readonly killers: ReadonlySet<string>;
}

function search({ specimen, sound, scenarios, runsMax }: AuditOptions, base: number): Search {
  const able = scenarios.filter(({ raw }) => raw.protocols[sound.name] !== undefined);
  const order = inOrder(byHeight(able, base), specimen.breaks);
  for (let runs = 1; runs <= runsMax; runs++) {
    const found = drawn(order, sound.name, base, runs);
    const { broken, events } = brokenIn(found, specimen.subject, sound, [specimen.breaks]);
    if (broken.length === 0) continue;
    // The others are asked once it is found: some of them run the whole run again.
    const others = oracles.map(({ name }) => name).filter((name) => name !== specimen.breaks);
    const killers = new Set([...broken, ...brokenIn(found, specimen.subject, sound, others).broken]);
    return { convicted: { found, runs, events }, killers };
  }
  return { convicted: null, killers: new Set() };
}

interface Order {
  /** Those that bear upon the claim first. */
  readonly all: readonly NamedScenario[];
  /** What weather is drawn for: they alone, where there are any. */
  readonly bearing: readonly NamedScenario[];
}

function inOrder(scenarios: readonly NamedScenario[], claim: string): Order {
  const bearing = scenarios.filter(({ raw }) => bearsOn(claim, raw));
  const all = [...bearing, ...scenarios.filter((one) => !bearing.includes(one))];
  return { all, bearing: bearing.length > 0 ? bearing : all };
}

/**
 * Odd runs: what a sweep would draw of scenarios that bear upon the claim. Even ones: the catalogue as it stands, each once,
 * those that bear upon it first; then what a sweep would draw as well.
 */
function drawn({ all, bearing }: Order, protocol: string, base: number, run: number): Case {
  const seed = base + run;
  const plan: Plan = { seeds: { first: 1, last: seed }, protocols: [protocol], suite: '', madeUp: 4, catalogue: '' };
  const plain = run % 2 === 0 ? all[run / 2 - 1] : undefined;
  return plain === undefined ? caseOf(plan, bearing, seed) : { seed, name: plain.name, raw: plain.raw };
}

/** Which of these oracles break for the specimen and hold for the sound one. */
function brokenIn(
  { raw, name, seed }: Case,
  specimen: Subject,
  sound: Subject,
  among: readonly string[],
): { readonly broken: readonly string[]; readonly events: number } {
  const scenario = meaningOf(raw, name, vocabulary, { found: [], add: () => undefined });
  const judged = (subject: Subject, names: readonly string[]): ReturnType<typeof brokenIn> => {
    const result = runScenario(scenario, subject, seed, {
      eventsMax: sweepEventsMax,
      oracles: oracles.filter((oracle) => names.includes(oracle.name)),
    });
    const broken = result.oracles.filter(({ verdict }) => verdict === 'fail').map((oracle) => oracle.name);
    return { broken, events: result.events };
  };
  const found = judged(specimen, among);
  if (found.broken.length === 0) return found;
  const excused = judged(sound, found.broken).broken;
  return { ...found, broken: found.broken.filter((one) => !excused.includes(one)) };
}

function shrinkCase({ raw, name, seed }: Case, { specimen, sound }: AuditOptions): SpecimenReport['shrunk'] {
  const failure = { of: 'oracle', name: specimen.breaks } as const;
  const result = shrink({ raw, name, seed, subject: specimen.subject, sound, failure });
  if (!result.ok) return null;
  return { size: result.size, from: result.sizeBefore, runs: result.runs, text: result.text };
}
