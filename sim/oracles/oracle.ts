/**
 * An oracle holds one claim of PROTOCOL.md §2.8 against every run, whatever the scenario expects. It only observes: it
 * sees each event once, then the summary, and says pass, fail or inconclusive, and what it saw. A pass that saw nothing
 * is inconclusive: the claim was not tried.
 */
import { amount } from '../amount.ts';
import type { RunEvent, Watch } from '../events.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';
import type { HostSummary, Summary } from '../summary.ts';

/** One break as data, so that a sweep can tell a known limit from a find that looks like it. */
export interface Break {
  /** What happened, in one sentence without secrets. */
  readonly text: string;
  /** The machines that it is about, the one that did or suffered it first. */
  readonly hosts: readonly string[];
  /** What this oracle tells its breaks apart by: names, kinds and numbers, no secrets. */
  readonly facts: { readonly [name: string]: string | number | readonly string[] };
}

export interface Finding {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  /** Counts: what the verdict rests on. */
  readonly saw: string;
  /** For a failure: what happened, in one sentence without secrets. */
  readonly why: string | null;
  /** Of a failure each break; left out where they are more than anybody looks at, or where the oracle tells none apart. */
  readonly breaks?: readonly Break[];
}

export interface Setting {
  readonly scenario: Scenario;
  readonly subject: Subject;
  /** ssh keys of all machines by name, adversaries included. */
  readonly keys: ReadonlyMap<string, string>;
  /** The same, reversed. */
  readonly owners: ReadonlyMap<string, string>;
}

/** How the run ended. */
export interface Ending {
  readonly summary: Summary;
  readonly stopped: 'quiet' | 'end' | 'events';
  readonly virtualUs: number;
  /**
   * The same run once more: with those adversaries silent, with repeats heard only by who had not heard them (`lateOnly`), or in
   * a changed scenario; `watch` sees its events. With `soonerUs` what the script has befall the machines comes so much sooner than it
   * came in this run (0: at the same times), and not when its moment comes in that one.
   */
  readonly again: (changes: {
    readonly silent?: readonly string[];
    readonly lateOnly?: boolean;
    readonly soonerUs?: number;
    readonly scenario?: Scenario;
    readonly watch?: Watch;
  }) => Summary;
}

/**
 * What a watcher does with the events that it looks at, by their type: most look at one or two types of a dozen, and of all that happens
 * in a run half is nothing to any of them.
 */
export type Sights = { readonly [Type in RunEvent['type']]?: (event: Extract<RunEvent, { type: Type }>) => void };

export interface Watcher {
  readonly sees?: Sights;
  finish(ending: Ending): Finding;
}

export interface Oracle {
  /** Its number in PROTOCOL.md §2.8. */
  readonly number: number;
  readonly name: string;
  readonly claim: string;
  watch(setting: Setting): Watcher;
}

/** Hands each event to those who look at its type, in their order. */
export function showing(watchers: readonly Watcher[]): Watch {
  const sights = new Map<string, ((event: RunEvent) => void)[]>();
  for (const { sees } of watchers) {
    for (const [type, see] of Object.entries(sees ?? {}))
      sights.set(type, [...(sights.get(type) ?? []), see as (event: RunEvent) => void]);
  }
  return (event) => {
    const sees = sights.get(event.type);
    if (sees !== undefined) for (const see of sees) see(event);
  };
}

export function pass(saw: string): Finding {
  return { verdict: 'pass', saw, why: null };
}

export function fail(saw: string, why: string): Finding {
  return { verdict: 'fail', saw, why };
}

/** Beyond this nobody looks at each. */
const breaksMax = 20;

/** With the first as the reason. */
export function failWith(saw: string, breaks: readonly [Break, ...Break[]]): Finding {
  const [{ text }, ...more] = breaks;
  const why = more.length === 0 ? text : `${text} (and ${more.length} more)`;
  return { ...fail(saw, why), ...(breaks.length > breaksMax ? {} : { breaks }) };
}

export function inconclusive(saw: string): Finding {
  return { verdict: 'inconclusive', saw, why: null };
}

/** Fails with the first reason if there is one; passes if the claim was tried at least once: `what` begins with a noun in the plural. */
export function verdictOf(tried: number, what: string, failures: readonly (string | Break)[]): Finding {
  const saw = amount(tried, what);
  const [first, ...others] = failures.map((one) =>
    typeof one === 'string' ? { text: one, hosts: [], facts: {} } : one,
  );
  if (first !== undefined) return failWith(saw, [first, ...others]);
  return tried === 0 ? inconclusive(saw) : pass(saw);
}

/** Two honest hosts that typed the same phrase last, when nobody else ever did. */
export type Couple = readonly [HostSummary, HostSummary];

/** From here on strangers cannot use up the guesses of a window; below, a person took it that they can stall the pairing. */
const unstalledBits = 34;

/** Hosts whose person was told, and accepted, that strangers may stall the pairing until he grants guesses. */
export function stallable({ hosts, adversaries }: Scenario): ReadonlySet<string> {
  const weak = adversaries.length === 0 ? [] : hosts.filter(({ phraseBits }) => phraseBits < unstalledBits);
  return new Set(weak.map(({ name }) => name));
}

/** The couples of a run; a phrase that three machines typed, or one adversary, makes none. */
export function couplesOf({ hosts }: Summary, { scenario, subject }: Setting): readonly Couple[] {
  const groups = new Map<string, HostSummary[]>();
  for (const host of hosts.values()) {
    const phraseKey = host.typed.at(-1)?.phraseKey;
    if (phraseKey === undefined) continue;
    groups.set(phraseKey, [...(groups.get(phraseKey) ?? []), host]);
  }
  for (const { phrase } of scenario.adversaries) {
    if (phrase !== null) groups.delete(hexOf(subject, phrase));
  }
  return [...groups].flatMap(([phrase, [a, b, ...more]]): Couple[] => {
    if (a === undefined || b === undefined || more.length > 0) return [];
    const others = [...hosts.values()].filter((host) => host !== a && host !== b);
    return others.some(({ typed }) => typed.some(({ phraseKey }) => phraseKey === phrase)) ? [] : [[a, b]];
  });
}

/** The phrase as the summary has it. */
export function hexOf(subject: Subject, phrase: string): string {
  return [...subject.phraseKey(phrase)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The last life so far in which this peer proved the phrase to the host: records of annex have one id in all sessions with a peer.
 * What comes of its record later, in another life, is still of that session.
 */
export function sessionOf(
  { notices }: HostSummary,
  { boot, key, record }: { readonly boot: number; readonly key: string; readonly record: string },
): number {
  const proven = notices.findLast(
    ({ notice, boot: when }) =>
      when <= boot && notice.event === 'proven' && notice.record === record && notice.peer.key === key,
  );
  return proven?.boot ?? boot;
}

/** Machines of the scenario that the host has said it is paired with. */
export function peersOf({ pairings }: HostSummary): readonly string[] {
  return [...new Set(pairings.flatMap(({ peer }) => (peer === null ? [] : [peer])))].sort();
}

/** Whether `host` has said that it is paired with `peer`. */
export function pairedWith(host: HostSummary, peer: HostSummary): boolean {
  return host.pairings.some((pairing) => pairing.key === peer.key);
}

/** Whether the key of a pairing was taken out again since the host last said that it is paired with its owner. */
export function tookBack({ pairings, notices }: HostSummary, key: string): boolean {
  const pairedUs = Math.max(-1, ...pairings.filter((one) => one.key === key).map(({ atUs }) => atUs));
  return notices.some(({ notice, atUs }) => notice.event === 'revoked' && notice.key === key && atUs >= pairedUs);
}
