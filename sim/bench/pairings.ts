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
import { ratesOf, type Work } from './rates.ts';

/** Short ones, and many: among them are some that nobody disturbed. */
const turns = 40;

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
  const pairing = (watching: readonly Oracle[]): Work => ({
    each: pairings,
    once: (seed) => {
      const { verdict, failures } = runScenario(scenario, subject, seed, { oracles: watching });
      if (verdict !== 'pass') throw new Error(`seed ${seed}: ${failures.join('; ')}`);
    },
  });
  const hmac: Work = { each: pairings * hmacs, once: () => void subject.suite.hmacSha1(key, bytes) };
  const rates = ratesOf({ bare: pairing([]), watched: pairing(oracles), hmac }, turns);
  return {
    barePerSecond: rates.bare,
    watchedPerSecond: rates.watched,
    hmacsEach: hmacs,
    hmacBoundPerSecond: rates.hmac / hmacs,
    stepsEach: steps,
  };
}
