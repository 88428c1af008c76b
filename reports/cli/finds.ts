/** What a sweep found, for a report: each kind of break with its first seeds, and the scenario that such a seed makes. */
import { readScenarioFiles } from '../../sim/cli/files.ts';
import type { SweepResults } from '../../sim/cli/sweep-file.ts';
import { subjects } from '../../sim/index.ts';
import { failureText } from '../../sim/shrink/failure.ts';
import { scenarioText } from '../../sim/shrink/write.ts';
import { caseOf, catalogueHash, type NamedScenario, type Plan } from '../../sim/sweep/plan.ts';
import type { Find, Tally } from '../../sim/sweep/tally.ts';
import type { Found, FoundRun } from '../data/report.ts';

/** `paths` are the scenarios that were named beside the sweep. */
export function foundIn(plan: SweepResults['plan'], { found }: Tally, paths: readonly string[]): readonly Found[] {
  const kinds = Object.values(found).flatMap(({ count, first }) => {
    const [one] = first;
    return one === undefined ? [] : [{ protocol: one.protocol, what: failureText(one.failure), count, first }];
  });
  if (kinds.length === 0) return [];
  const scenarios = scenariosOf(plan, paths);
  return kinds.map(({ first, ...kind }) => ({ ...kind, first: first.map((find) => runOf(plan, scenarios, find)) }));
}

/** Those that the sweep drew from: the catalogue, or what is named here. Null where neither is what it was. */
function scenariosOf(plan: Plan, paths: readonly string[]): readonly NamedScenario[] | null {
  for (const files of paths.length === 0 ? [[]] : [paths, []]) {
    const named = readScenarioFiles(files).scenarios.map(({ scenario, raw }) => ({ name: scenario.name, raw }));
    if (catalogueHash(named) === plan.catalogue) return named;
  }
  return null;
}

function runOf(plan: Plan, scenarios: readonly NamedScenario[] | null, { seed, scenario, why }: Find): FoundRun {
  return {
    seed,
    scenario,
    ...(plan.suite === 'symbolic' ? {} : { suite: plan.suite }),
    why,
    again: againWith(plan, seed),
    text: scenarios === null ? null : textOf(plan, scenarios, seed),
  };
}

/** The whole of it, with all faults of its seed: `sim sweep` makes it small. */
function textOf(plan: Plan, scenarios: readonly NamedScenario[], seed: number): string {
  const { raw, name } = caseOf(plan, scenarios, seed);
  return scenarioText(
    { ...raw, title: `${raw.title}, with the faults of seed ${seed}` },
    `Drawn from ${name} by a sweep.`,
  );
}

function againWith({ madeUp, protocols, suite }: Plan, seed: number): string {
  // Whoever sweeps some scenarios makes none up; which files those were the sweep does not know.
  const files = madeUp === 0 ? ' FILES' : '';
  const protocol = protocols.length === subjects.size ? '' : ` --protocol ${protocols.join(' ')}`;
  return `lanpair sim sweep${files} --seeds ${seed}..${seed}${protocol}${suite === 'symbolic' ? '' : ` --suite ${suite}`}`;
}
