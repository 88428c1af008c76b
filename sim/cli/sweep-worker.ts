/** A worker of `lanpair sim sweep`: is given the number of a block, and answers with its tally. */
import { workerData } from 'node:worker_threads';
import { runBlock } from '../sweep/block.ts';
import type { NamedScenario, Plan } from '../sweep/plan.ts';
import type { Tally } from '../sweep/tally.ts';

export interface SweepWork {
  readonly plan: Plan;
  readonly scenarios: readonly NamedScenario[];
}

const { plan, scenarios } = workOf(workerData);

export default function run(block: number): Tally {
  return runBlock(plan, scenarios, block);
}

/** tinypool gives a worker what its pool was made with, behind its own. */
function workOf(data: unknown): SweepWork {
  return (Array.isArray(data) ? data.at(-1) : data) as SweepWork;
}
