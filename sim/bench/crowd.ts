/**
 * A thousand machines on one segment, of which each two have a phrase of their own: do all of them pair, how much faster than
 * the clock on the wall, and in how much memory?
 *
 * Every multicast is for all of them, so that what grows is not the pairings but what each hears of the others.
 */
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { sshKeyOf } from '../identity.ts';
import { runScenario } from '../run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';

export interface CrowdFigures {
  readonly hosts: number;
  readonly pairs: number;
  /** Pairs both of whose sides said that they are paired with the other. */
  readonly paired: number;
  /** From the first start to the last pairing, in the run's own time. */
  readonly virtualMs: number;
  /** What it took to get there, and CPU of all threads. */
  readonly realMs: number;
  readonly cpuMs: number;
  readonly deliveries: number;
  /** The most that this process ever held. */
  readonly peakBytes: number;
}

/** Starts are spread over `withinMs`, the second of two up to as long after the first. */
export function crowdText(pairs: number, withinMs: number): string {
  const hosts = Array.from({ length: pairs }, (_, index) => {
    const word = (offset: number): string => wordlist[(index * 7 + offset) % wordlist.length] ?? '';
    const phrase = `${(index % 999) + 1}-${word(3)}-${word(500)}-${word(1000)}-${word(1500)}`;
    const [first, second] = [index * 37, index * 91].map((ms) => ms % withinMs);
    return `  a${index}: {on: lan, phrase: ${phrase}, startsMs: ${first}}\n  b${index}: {on: lan, phrase: ${phrase}, startsMs: ${second}}`;
  });
  return [
    `title: ${pairs} pairs on one segment`,
    'protocols: {lp1: pass}',
    'network: {lan: {delayMs: 1..20, subnet: 10.0.0.0/16}}',
    'hosts:',
    ...hosts,
    'expect:',
    '  - {never: authorized, host: a0, key: a0}',
  ].join('\n');
}

/** More than a run is given elsewhere: it is as large as a thousand of them. */
const eventsMax = 100_000_000;

/** Without oracles: how they judge a thousand is not what is measured. Who is paired with whom is looked at here. */
export function crowdBench(scenario: Scenario, subject: Subject): CrowdFigures {
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  const end = { virtualMs: 0, realMs: 0, cpuMs: 0 };
  const named = new Map<string, string>();
  const { deliveries } = runScenario(scenario, subject, scenario.seed, {
    oracles: [],
    eventsMax,
    watch(event) {
      if (event.type !== 'step') return;
      for (const effect of event.effects) {
        if (effect.type !== 'notify' || effect.notice.event !== 'paired') continue;
        named.set(event.host, effect.notice.peer.key);
        const { user, system } = process.cpuUsage(cpu);
        const realMs = performance.now() - begun;
        Object.assign(end, { virtualMs: event.atUs / 1000, realMs, cpuMs: (user + system) / 1000 });
      }
    },
  });
  const names = scenario.hosts.map(({ name }) => name);
  const says = (host: string, peer: string): boolean => named.get(host) === sshKeyOf(peer, subject.suite).line;
  const both = names.filter((name) => {
    const peer = name.replace(/^a/, 'b');
    return peer !== name && names.includes(peer) && says(name, peer) && says(peer, name);
  });
  return {
    hosts: names.length,
    pairs: names.length / 2,
    paired: both.length,
    ...end,
    deliveries,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}
