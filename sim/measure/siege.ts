/** What strangers' guesses cost an honest pair, beside the bounds of oracles 4 and 5. */
import type { RunEvent } from '../events.ts';
import { countGuesses, type GuessCount, noGuesses } from '../oracles/guesses.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';
import { pairRun, scenarioFrom } from './pairing.ts';

export interface GuesserFigures {
  readonly runs: number;
  /** The most that any run paired later than the same run without strangers, in ms, of those that paired. */
  readonly delayMs: number;
  /** (n + 1) / 6 s and the network's own time, ten legs of 5 ms; n: strangers' addresses that returned a cookie, the most. */
  readonly boundMs: number;
  readonly unpaired: number;
  /** Iids that did not prove the phrase for which one machine computed K: the most; and its budget, floor(2^(bits - 21)). */
  readonly keyed: number;
  readonly budget: number;
}

/**
 * `strangers` guessers of that kind, each with an address and a phrase of its own, from 0 s on; alice is there, bob comes at
 * 10 s. Over the seeds 1 to `runs`.
 */
export function guesserBench(
  subject: Subject,
  { kind, bits, strangers, runs }: { kind: string; bits: number; strangers: number; runs: number },
): GuesserFigures {
  const scenario = besieged(kind, bits, strangers);
  let [delayMs, unpaired, keyed, returned] = [0, 0, 0, 0];
  for (let seed = 1; seed <= runs; seed++) {
    const { watch, result } = siege(scenario, subject);
    const there = pairRun(scenario, subject, seed, watch);
    const alone = pairRun({ ...scenario, adversaries: [] }, subject, seed);
    if (there.pairedMs === null || alone.pairedMs === null) unpaired++;
    else delayMs = Math.max(delayMs, there.pairedMs - alone.pairedMs);
    const seen = result();
    keyed = Math.max(keyed, seen.keyed);
    returned = Math.max(returned, seen.returned);
  }
  const boundMs = ((returned + 1) / 6) * 1000 + legs * delayMaxMs;
  return { runs, delayMs, boundMs, unpaired, keyed, budget: budgetOf(bits) };
}

const legs = 10;
const delayMaxMs = 5;

/**
 * Of the same runs only `keyed`, at half the price: nobody runs beside who would be delayed, and no cookie is looked for.
 */
export function guessesReleased(
  subject: Subject,
  { kind, bits, strangers, runs }: { kind: string; bits: number; strangers: number; runs: number },
): Pick<GuesserFigures, 'runs' | 'keyed' | 'budget'> {
  const scenario = besieged(kind, bits, strangers);
  let keyed = 0;
  for (let seed = 1; seed <= runs; seed++) {
    const guesses = guessesIn();
    pairRun(scenario, subject, seed, guesses.watch);
    keyed = Math.max(keyed, guesses.keyed());
  }
  return { runs, keyed, budget: budgetOf(bits) };
}

function budgetOf(bits: number): number {
  return Math.floor(2 ** (bits - 21));
}

/** What one machine computed K for without a proof: the most of all. */
function guessesIn(): { readonly watch: (event: RunEvent) => void; readonly keyed: () => number } {
  const counts = new Map<string, GuessCount>();
  return {
    watch(event) {
      if (event.type !== 'step') return;
      const count = counts.get(event.host) ?? noGuesses();
      counts.set(event.host, count);
      countGuesses(count, event);
    },
    keyed: () => Math.max(...[...counts.values()].map((count) => count.keyed.size - count.proven)),
  };
}

function besieged(kind: string, bits: number, strangers: number): Scenario {
  const lines = Array.from(
    { length: strangers },
    (_, i) => `  m${i}: {on: lan, is: ${kind}, everyMs: 500, times: 120}`,
  );
  return scenarioFrom(`
title: a pair besieged by guessers
protocols: {lp1: pass}
network: {lan: {delayMs: 1..${delayMaxMs}}}
hosts:
  alice: {on: lan, phrase: this parrot is no more, phraseBits: ${bits}, accepts: [weak]}
  bob: {on: lan, phrase: this parrot is no more, phraseBits: ${bits}, accepts: [weak], startsMs: 10000}
adversaries:
${lines.join('\n')}
expect:
  - {paired: [alice, bob]}
endsMs: 60000
`);
}

/** Counts a run's guesses and the strangers' addresses that returned a cookie. */
function siege(
  { hosts }: Scenario,
  { protocol }: Subject,
): { readonly watch: (event: RunEvent) => void; readonly result: () => { keyed: number; returned: number } } {
  const honest = new Set(hosts.map(({ name }) => name));
  const cookies = new Set<string>();
  const returned = new Set<string>();
  const guesses = guessesIn();
  return {
    watch(event) {
      guesses.watch(event);
      if (event.type === 'sent' && honest.has(event.datagram.sender.host)) {
        const { cookie } = protocol.describe(event.datagram.bytes).fields;
        if (typeof cookie === 'string') cookies.add(cookie);
      }
      if (event.type !== 'step') return;
      if (event.heard !== null && !honest.has(event.heard.sender.host)) {
        const back = protocol.describe(event.heard.bytes).fields['returned'];
        if (typeof back === 'string' && cookies.has(back)) returned.add(event.heard.source.address);
      }
    },
    result: () => ({ keyed: guesses.keyed(), returned: returned.size }),
  };
}
