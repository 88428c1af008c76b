/** Specimens, each with one planted flaw, in the scenarios of the catalogue: what the flaw gives away, attack by attack. */

import { suspects } from '../../sim/audit/corpus.ts';
import { runScenario, vocabulary } from '../../sim/index.ts';
import { meaningOf } from '../../sim/scenario/meaning.ts';
import type { RawScenario } from '../../sim/scenario/raw.ts';
import type { Attack, Judgement } from './catalogue.ts';
import { proofs } from './proofs.ts';

/** A run of a specimen. What the sound protocol does in the same run is among the report's runs. */
export interface FlawedRun {
  readonly specimen: string;
  readonly protocol: string;
  readonly scenario: string;
  readonly covers: readonly string[];
  readonly seed: number;
  /** Oracles that broke, those aside that break for the sound protocol as well. */
  readonly oracles: readonly string[];
  /** Why it is no pass, in a sentence; null: it came out as if there were no flaw. */
  readonly why: string | null;
}

/** Plain data, because it goes to another thread. */
export interface FlawTask {
  readonly of: 'flaw';
  readonly specimen: string;
  readonly raw: RawScenario;
  readonly name: string;
  readonly protocol: string;
  readonly seed: number;
}

/** A classroom takes its seconds, and shows no flaw that a couple does not. */
const hostsMax = 4;
const eventsMax = 20_000;

interface Played {
  readonly raw: RawScenario;
  readonly name: string;
  readonly seed: number;
}

/**
 * How much of the catalogue a specimen goes through: the one scenario that convicts it (proofs.ts), as many beside it as play
 * all of its conversation's attacks once, or every one. What is too large is left out.
 */
export type Extent = 'proof' | 'attacks' | 'all';

/** Of all specimens, or of those that are named. */
export function flawTasks(
  scenarios: readonly Played[],
  extent: Extent,
  named: readonly string[] | null = null,
): readonly FlawTask[] {
  return suspects
    .filter(({ specimen }) => named === null || named.includes(specimen.name))
    .flatMap(({ specimen, sound }) => {
      const own = scenarios.filter(
        ({ raw }) => raw.protocols[sound.name] !== undefined && Object.keys(raw.hosts).length <= hostsMax,
      );
      const proof = own.filter(({ name }) => name === proofs[specimen.name]);
      const chosen = { proof: () => proof, attacks: () => new Set([...proof, ...enough(own)]), all: () => own };
      return [...chosen[extent]()].map(
        ({ raw, name, seed }): FlawTask => ({
          of: 'flaw',
          specimen: specimen.name,
          raw,
          name,
          protocol: sound.name,
          seed,
        }),
      );
    });
}

/** Again and again the one that plays most attacks which none before it does; of equals the smallest. */
function enough(scenarios: readonly Played[]): readonly Played[] {
  const size = ({ raw }: Played): number => Object.keys(raw.hosts).length + Object.keys(raw.adversaries ?? {}).length;
  const left = new Set(scenarios.flatMap(({ raw }) => raw.covers ?? []));
  const chosen: Played[] = [];
  while (left.size > 0) {
    const fresh = ({ raw }: Played): number => (raw.covers ?? []).filter((row) => left.has(row)).length;
    const [best] = [...scenarios].sort(
      (a, b) => fresh(b) - fresh(a) || size(a) - size(b) || (a.name < b.name ? -1 : 1),
    );
    if (best === undefined) break;
    chosen.push(best);
    for (const row of best.raw.covers ?? []) left.delete(row);
  }
  return chosen;
}

export function flawedRun({ specimen: name, raw, name: scenarioName, protocol, seed }: FlawTask): FlawedRun {
  const suspect = suspects.find(({ specimen, sound }) => specimen.name === name && sound.name === protocol);
  if (suspect === undefined) throw new RangeError(`there is no specimen ${name} of ${protocol}`);
  const scenario = meaningOf(raw, scenarioName, vocabulary, { found: [], add: () => undefined });
  const { verdict, failures, oracles, expected } = runScenario(scenario, suspect.specimen.subject, seed, { eventsMax });
  const stated = expected === 'pass' ? null : expected.breaks;
  const broken = oracles.filter((one) => one.verdict === 'fail' && one.name !== stated).map((one) => one.name);
  return {
    specimen: name,
    protocol,
    scenario: scenarioName,
    covers: scenario.covers,
    seed,
    oracles: broken,
    why: verdict === 'fail' ? (failures[0] ?? '') : null,
  };
}

export interface Flaw {
  readonly name: string;
  readonly protocol: string;
  readonly flaw: string;
  /** The oracle that must convict it. */
  readonly breaks: string;
}

export const flaws: readonly Flaw[] = suspects.map(({ specimen, sound }) => ({
  name: specimen.name,
  protocol: sound.name,
  flaw: specimen.flaw,
  breaks: specimen.breaks,
}));

/** Those that were run. */
export function flawsIn(runs: readonly FlawedRun[]): readonly Flaw[] {
  return flaws.filter(({ name, protocol }) => runs.some((run) => isOf({ name, protocol }, run)));
}

export function isOf({ name, protocol }: Pick<Flaw, 'name' | 'protocol'>, run: FlawedRun): boolean {
  return run.specimen === name && run.protocol === protocol;
}

/** Runs in which the oracle that is meant for it broke. */
export function convictions(flaw: Flaw, runs: readonly FlawedRun[]): readonly FlawedRun[] {
  return runs.filter((run) => isOf(flaw, run) && run.oracles.includes(flaw.breaks));
}

/** Those that went through the scenario that convicts them, and were not convicted there: an oracle or a scenario lost its teeth. */
export function acquitted(runs: readonly FlawedRun[]): readonly Flaw[] {
  return flaws.filter((flaw) =>
    runs.some((run) => isOf(flaw, run) && run.scenario === proofs[flaw.name] && !run.oracles.includes(flaw.breaks)),
  );
}

/** What became of an attack on a specimen. */
export function judgeFlawed({ id, instead }: Attack, flaw: Flaw, runs: readonly FlawedRun[]): Omit<Judgement, 'runs'> {
  const { name, protocol } = flaw;
  const own = runs.filter((run) => isOf(flaw, run) && run.covers.includes(id));
  const broken = own.find(({ why }) => why !== null);
  if (broken !== undefined) return { outcome: 'broken', why: `${broken.scenario}: ${broken.why ?? ''}` };
  if (own.length > 0)
    return { outcome: 'held', why: `as without the flaw, in ${own.map(({ scenario }) => scenario).join(', ')}` };
  if (instead !== undefined) return { outcome: 'none', why: instead.why };
  const isProofAlone = runs.every((run) => !isOf(flaw, run) || run.scenario === proofs[name]);
  return isProofAlone
    ? { outcome: 'unrun', why: '--specimens runs it' }
    : { outcome: 'none', why: `no scenario of at most ${hostsMax} machines plays it with ${protocol}` };
}
