/** A worker of the bench: is given a time in ms, and answers with how many pairings it made a second of that time, by the clock. */
import { workerData } from 'node:worker_threads';
import { subjects } from '../protocols.ts';
import { runScenario } from '../run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { onSuite } from '../subject.ts';

export interface PairingWork {
  readonly scenario: Scenario;
  /** Names, because what a protocol is cannot be sent to another thread. */
  readonly protocol: string;
  readonly suite: string;
}

const { scenario, protocol, suite } = workOf(workerData);
const known = subjects.get(protocol);
if (known === undefined) throw new RangeError(`no protocol ${protocol}`);
const subject = onSuite(known, suite);
let seed = 0;

export default function run(ms: number): number {
  const started = performance.now();
  let pairings = 0;
  for (; performance.now() - started < ms; pairings++) {
    const { verdict, failures } = runScenario(scenario, subject, seed, { oracles: [] });
    if (verdict !== 'pass') throw new Error(`seed ${seed}: ${failures.join('; ')}`);
    seed = (seed + 1) % 50;
  }
  return (pairings / (performance.now() - started)) * 1000;
}

/** tinypool gives a worker what its pool was made with, behind its own. */
function workOf(data: unknown): PairingWork {
  return (Array.isArray(data) ? data.at(-1) : data) as PairingWork;
}
