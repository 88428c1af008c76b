/** What a guess on a recording costs; what strangers' guesses cost an honest pair is in ../measure/siege.ts. */
import { annexTrial } from '../adversaries/eavesdropper-annex.ts';
import type { Datagram } from '../network.ts';
import { runScenario } from '../run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';

/** Guesses a second on one recorded annex pairing, on one core. */
export function offlineRate(scenario: Scenario, annex: Subject): number {
  const heard: Datagram[] = [];
  runScenario(scenario, annex, 1, {
    oracles: [],
    watch: (event) => {
      if (event.type === 'sent') heard.push(event.datagram);
    },
  });
  const trial = annexTrial(heard, annex.suite);
  const tries = 50_000;
  const started = performance.now();
  for (let i = 0; i < tries; i++) if (trial.confirms(`purple banana ${i}`) !== null) throw new Error('a guess fitted');
  return (tries / (performance.now() - started)) * 1000;
}
