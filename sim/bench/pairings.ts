/**
 * How many pairings a second the simulator makes, with real cryptography, beside the bound that the HMACs alone set.
 *
 * One pairing: two hosts, no loss, the whole conversation to the quiet end; every one with another seed.
 */
import { oracles } from '../oracles/index.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { runScenario } from '../run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';

export interface PairingFigures {
  /** Without oracles: the world, the core and the hash. */
  readonly barePerSecond: number;
  readonly watchedPerSecond: number;
  /** HMACs that one pairing makes and checks, and how many pairings those alone would allow in a second. */
  readonly hmacsEach: number;
  readonly hmacBoundPerSecond: number;
  readonly stepsEach: number;
}

export function pairingBench(scenario: Scenario, subject: Subject, pairings: number): PairingFigures {
  let hmacs = 0;
  let bytes = new Uint8Array(0);
  let key = new Uint8Array(0);
  const counting: Subject = {
    ...subject,
    suite: {
      ...subject.suite,
      hmacSha1: (hmacKey, text) => {
        hmacs++;
        bytes = new Uint8Array(text);
        key = new Uint8Array(hmacKey);
        return subject.suite.hmacSha1(hmacKey, text);
      },
    },
  };
  const { steps } = runScenario(scenario, counting, 1, { oracles: [] });
  const perSecond = (watching: readonly Oracle[]): number => {
    const started = performance.now();
    for (let seed = 0; seed < pairings; seed++) {
      const { verdict, failures } = runScenario(scenario, subject, seed, { oracles: watching });
      if (verdict !== 'pass') throw new Error(`seed ${seed}: ${failures.join('; ')}`);
    }
    return (pairings / (performance.now() - started)) * 1000;
  };
  const hmacPerSecond = (): number => {
    const started = performance.now();
    for (let i = 0; i < 20_000; i++) subject.suite.hmacSha1(key, bytes);
    return (20_000 / (performance.now() - started)) * 1000;
  };
  perSecond(oracles);
  return {
    barePerSecond: Math.max(perSecond([]), perSecond([]), perSecond([])),
    watchedPerSecond: Math.max(perSecond(oracles), perSecond(oracles), perSecond(oracles)),
    hmacsEach: hmacs,
    hmacBoundPerSecond: Math.max(hmacPerSecond(), hmacPerSecond(), hmacPerSecond()) / hmacs,
    stepsEach: steps,
  };
}
