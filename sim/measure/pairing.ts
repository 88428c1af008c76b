/** What one run says about a pair: when it was proven and paired, and what it sent. And what many runs say together. */
import type { Watch } from '../events.ts';
import { vocabulary } from '../protocols.ts';
import { runScenario } from '../run.ts';
import { readScenario } from '../scenario/read.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';

/** Times are virtual, from the start of the host that starts last; null where it never came to that on both sides. */
export interface PairRun {
  /** The phrase is proven: lp1 says so, annex does not. */
  readonly provenMs: number | null;
  readonly pairedMs: number | null;
  /** Of the hosts, until both are paired, and to the quiet end. */
  readonly untilPaired: Traffic;
  readonly traffic: Traffic;
}

export interface Traffic {
  readonly datagrams: number;
  readonly bytes: number;
}

export function pairRun(scenario: Scenario, subject: Subject, seed: number, also?: Watch): PairRun {
  const names = new Set(scenario.hosts.map(({ name }) => name));
  const startsUs = Math.max(...scenario.hosts.map((host) => host.startsUs));
  const said = { proven: new Map<string, number>(), paired: new Map<string, number>() };
  let traffic: Traffic = { datagrams: 0, bytes: 0 };
  let untilPaired = traffic;
  runScenario(scenario, subject, seed, {
    oracles: [],
    watch(event) {
      also?.(event);
      if (event.type === 'sent' && names.has(event.datagram.sender.host)) {
        traffic = { datagrams: traffic.datagrams + 1, bytes: traffic.bytes + event.datagram.bytes.length };
        if (said.paired.size < names.size) untilPaired = traffic;
      }
      if (event.type !== 'step') return;
      for (const effect of event.effects) {
        if (effect.type !== 'notify') continue;
        const what = effect.notice.event;
        if ((what === 'proven' || what === 'paired') && !said[what].has(event.host))
          said[what].set(event.host, event.atUs);
      }
    },
  });
  const since = (times: ReadonlyMap<string, number>): number | null =>
    times.size === names.size ? (Math.max(...times.values()) - startsUs) / 1000 : null;
  return { provenMs: since(said.proven), pairedMs: since(said.paired), untilPaired, traffic };
}

/** The seeds 0 to `runs` - 1 of two who pair where `loss` of ten datagrams get lost. */
export function onBadNetwork(subject: Subject, loss: number, runs: number): readonly PairRun[] {
  const scenario = scenarioFrom(`
title: two pair on a bad network
protocols: {${subject.name}: pass}
network: {lan: {delayMs: 1..20, loss: ${loss}/10}}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels}
  bob: {on: lan, phrase: my hovercraft is full of eels, startsMs: 700}
expect:
  - {paired: [alice, bob]}
`);
  return Array.from({ length: runs }, (_, seed) => pairRun(scenario, subject, seed));
}

/** The value below which this fraction of them lies, null counting as never. */
export function quantile(values: readonly (number | null)[], fraction: number): number {
  const sorted = values.map((value) => value ?? Infinity).toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Infinity;
}

/** 95 % interval of a share of successes (Wilson 1927), as fractions. */
export function wilson(successes: number, runs: number): readonly [low: number, high: number] {
  const z = 1.96;
  const share = successes / runs;
  const middle = share + (z * z) / (2 * runs);
  const half = z * Math.sqrt((share * (1 - share)) / runs + (z * z) / (4 * runs * runs));
  const scale = 1 + (z * z) / runs;
  return [(middle - half) / scale, (middle + half) / scale];
}

/** A benchmark's own scenario; it throws where the text is no sound one. */
export function scenarioFrom(text: string): Scenario {
  const read = readScenario(text, { file: 'bench', name: 'bench/bench', vocabulary });
  if (!read.ok) throw new Error(read.problems.map(({ what }) => what).join('\n'));
  return read.scenario;
}
