import { onPath } from '../adversaries/adversary.ts';
import { amount } from '../amount.ts';
import { isCalm } from '../faults/rules.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { HostSummary, Summary } from '../summary.ts';
import {
  type Break,
  type Couple,
  couplesOf,
  fail,
  failWith,
  hexOf,
  inconclusive,
  type Oracle,
  pairedWith,
  pass,
  type Setting,
  stallable,
} from './oracle.ts';
import { differing, downIn, halvesIn, isWorse, outcomeOf, outcomeText, shiftsUs } from './outcome.ts';
import { actedOnRepeats } from './repeats.ts';

/** Keys that are computed in a second, and how many stranger addresses the claim speaks of. */
const keysPerSecond = 6;
const strangersMax = 256;
/** Round trips of a conversation from BEACON to DONE, each way counted. */
const legs = 10;
/** With --peer on both sides. */
const peerBoundUs = 1_000_000;

/**
 * Compared with the same run without the strangers, whose luck is the same: as the script has it there, and with all that it has
 * befall the machines at the times at which it did here, or a little off them, for a crash at another moment is another end. The delay is only judged where the network
 * loses nothing and no script interferes: a lost datagram more or less is the network's own time.
 */
export const strangers: Oracle = {
  number: 5,
  name: 'strangers',
  claim:
    'Nothing that comes from hosts without the phrase ends a session, or delays a pair by more than (n+1)/6 s; under 34 bits it may stall.',
  watch(setting) {
    const { scenario, subject } = setting;
    const names = new Set(strangersOf(setting));
    const honest = new Set(scenario.hosts.map(({ name }) => name));
    const repeats = actedOnRepeats(subject);
    const cookies = new Set<string>();
    const returned = new Set<string>();
    let bytes = 0;
    return {
      sees: {
        sent({ datagram }) {
          if (names.size === 0 || !honest.has(datagram.sender.host)) return;
          const { cookie } = subject.protocol.describe(datagram.bytes).fields;
          if (typeof cookie === 'string') cookies.add(cookie);
        },
        step(event) {
          if (names.size === 0) return;
          repeats.see(event);
          if (event.heard === null || !names.has(event.heard.sender.host)) return;
          bytes += event.heard.bytes.length;
          const back = subject.protocol.describe(event.heard.bytes).fields['returned'];
          if (typeof back === 'string' && cookies.has(back)) returned.add(event.heard.source.address);
        },
      },
      finish({ summary, again }) {
        const saw = `${amount(bytes, 'bytes of strangers')}, ${returned.size} of whose addresses returned a cookie`;
        if (bytes === 0) return inconclusive(saw);
        const alone = again({ silent: [...names] });
        const weak = stallable(scenario);
        const [first, ...others] = [...summary.hosts.values()].flatMap((host): Break[] => {
          if (weak.has(host.name) && letsNobodyIn(host)) return [];
          const here = outcomeOf(host, summary);
          const there = outcomeOf(alone.hosts.get(host.name), alone);
          if (!isWorse(here, there)) return [];
          const isLuck = shiftsUs.some((soonerUs) => {
            const then = again({ silent: [...names], soonerUs });
            return !isWorse(here, outcomeOf(then.hosts.get(host.name), then));
          });
          if (isLuck) return [];
          const text = `${host.name} ends ${outcomeText(here)}; without the strangers ${outcomeText(there)}`;
          const hosts = [host.name, ...differing(here, there)];
          const facts = { repeats: repeats.acted(), half: halvesIn(summary), down: downIn(summary) };
          return [{ text, hosts, facts }];
        });
        if (first !== undefined) return failWith(saw, [first, ...others]);
        const late = isMeasurable(scenario) ? latest(setting, summary, alone) : null;
        if (late === null || returned.size >= strangersMax) return pass(saw);
        const boundUs = late.peers ? peerBoundUs : ((returned.size + 1) / keysPerSecond) * 1_000_000;
        const limitUs = boundUs + networkUs(scenario);
        const delayed = `${late.names} ${late.what} ${ms(late.delayUs)} ms later than alone; ${ms(limitUs)} ms are allowed`;
        const timed = `${saw}; ${delayed}`;
        return late.delayUs <= limitUs ? pass(timed) : fail(timed, delayed);
      },
    };
  },
};

/** A record alone is no more than waiting: for one who was stalled when he came back without his. */
function letsNobodyIn({ pairings, lines }: HostSummary): boolean {
  return pairings.length === 0 && lines.length === 0;
}

/** Adversaries who have no phrase that an honest person types. Who is on the path keeps two apart by silence, not by bytes. */
function strangersOf({ scenario, subject }: Setting): readonly string[] {
  const typed = new Set<string>();
  const add = (phrase: string | null): void => void (phrase !== null && typed.add(hexOf(subject, phrase)));
  for (const { phrase } of scenario.hosts) add(phrase);
  for (const { action } of scenario.script) {
    if (action.does === 'types' || action.does === 'restart') add(action.phrase);
  }
  return scenario.adversaries
    .filter(({ is }) => !(subject.adversaries[is]?.powers.some((power) => onPath.includes(power)) ?? false))
    .filter(({ phrase }) => phrase === null || !typed.has(hexOf(subject, phrase)))
    .map(({ name }) => name);
}

function isMeasurable({ script, drops, shifts, segments, links }: Scenario): boolean {
  const rules = [...Object.values(segments), ...links.map((link) => link.rules)];
  return rules.every(isCalm) && script.length + drops.length + shifts.length === 0;
}

/** The network's own time: what luck may add on the conversation's way. */
function networkUs({ segments }: Scenario): number {
  return legs * Math.max(...Object.values(segments).map(({ delayUs }) => delayUs.max));
}

function ms(us: number): number {
  return Math.round(us / 1000);
}

interface Delay {
  readonly delayUs: number;
  readonly names: string;
  readonly what: 'had proofs' | 'were paired';
  readonly peers: boolean;
}

/** The couple that the strangers delayed most, in the proof of the phrase or in the end. */
function latest(setting: Setting, summary: Summary, alone: Summary): Delay | null {
  const withPeers = new Set(setting.scenario.hosts.filter(({ peers }) => peers.length > 0).map(({ name }) => name));
  const delays = couplesOf(summary, setting).flatMap(([a, b]) => {
    const [c, d] = [alone.hosts.get(a.name), alone.hosts.get(b.name)];
    if (c === undefined || d === undefined || !pairedWith(a, b) || !pairedWith(c, d)) return [];
    const names = `${a.name} and ${b.name}`;
    const peers = withPeers.has(a.name) && withPeers.has(b.name);
    return [
      { delayUs: provenUs(a, b) - provenUs(c, d), names, what: 'had proofs', peers },
      { delayUs: pairedUs(a, b) - pairedUs(c, d), names, what: 'were paired', peers },
    ] as const;
  });
  return delays.toSorted((a, b) => b.delayUs - a.delayUs)[0] ?? null;
}

/** When both had the other's proof. */
function provenUs(...couple: Couple): number {
  const [a, b] = couple;
  const first = (host: HostSummary, { key }: HostSummary): number =>
    host.notices.find(({ notice }) => notice.event === 'proven' && notice.peer.key === key)?.atUs ?? 0;
  return Math.max(first(a, b), first(b, a));
}

/** When both were paired. */
function pairedUs(...couple: Couple): number {
  return Math.max(...couple.map(({ pairings }) => pairings[0]?.atUs ?? 0));
}
