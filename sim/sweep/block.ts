/** One block of a sweep: each of its seeds, with each protocol. Pure, so it is the same on any worker. */
import type { Watch } from '../events.ts';
import { subjects, vocabulary } from '../protocols.ts';
import { type RunResult, runScenario } from '../run.ts';
import { meaningOf } from '../scenario/meaning.ts';
import { onSuite, type Subject } from '../subject.ts';
import { countCells } from '../trace/cells.ts';
import { watchPair } from './pairs.ts';
import { type Case, caseOf, type NamedScenario, type Plan, seedsOf } from './plan.ts';
import { add, nothing, type Tally, tallyOf } from './tally.ts';

/** Events in one run of a sweep; the longest of the catalogue has a tenth of it. */
export const sweepEventsMax = 500_000;

export function runBlock(plan: Plan, scenarios: readonly NamedScenario[], block: number): Tally {
  let tally = nothing;
  for (const seed of seedsOf(plan, block)) {
    const one = caseOf(plan, scenarios, seed);
    for (const protocol of Object.keys(one.raw.protocols)) {
      const subject = subjects.get(protocol);
      if (subject === undefined || !plan.protocols.includes(protocol)) continue;
      const { watch, cells, threw } = countCells(Object.keys(one.raw.hosts));
      const pair = watchPair(one.raw, protocol);
      const result = runCase(one, onSuite(subject, plan.suite), (event) => {
        watch(event);
        pair.watch(event);
      });
      tally = add(tally, tallyOf(result, { cells: cells(), threw, ...pair.tally() }, one.raw, sweepEventsMax));
    }
  }
  return tally;
}

/** Runs a case. Throws RangeError where a variation is no scenario, which is a mistake in swarm.ts. */
export function runCase({ raw, name, seed }: Case, subject: Subject, watch?: Watch): RunResult {
  const problems: string[] = [];
  const add = (path: readonly (string | number)[], what: string): void =>
    void problems.push(`${path.join('.')}: ${what}`);
  const scenario = meaningOf(raw, name, vocabulary, { found: [], add });
  if (problems.length > 0) throw new RangeError(`seed ${seed} of ${name} makes no scenario: ${problems.join('; ')}`);
  return runScenario(scenario, subject, seed, { eventsMax: sweepEventsMax, ...(watch === undefined ? {} : { watch }) });
}
