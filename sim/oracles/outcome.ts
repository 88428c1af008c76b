/** What the hosts of a run have in the end: what oracles compare that make a run a second time. */
import { amount } from '../amount.ts';
import type { HostSummary, Summary } from '../summary.ts';
import { tookBack } from './oracle.ts';

/** What a host has in the end: no times and no ids. */
export interface Outcome {
  /** What it said of a pairing that was taken back since is over, and whether it came to say so was luck. */
  readonly paired: readonly string[];
  readonly lines: readonly string[];
  readonly records: number;
  /** How it ended, where it ended without a pairing: of a paired one it is luck whether it looked for more in another life. */
  readonly ended: readonly string[];
}

export function outcomeOf(host: HostSummary | undefined, { hosts }: Summary): Outcome {
  if (host === undefined) return { paired: [], lines: [], records: 0, ended: [] };
  const names = new Map([...hosts.values()].map((one) => [one.key, one.name]));
  const nameOf = (key: string): string => names.get(key) ?? 'a stranger';
  const standing = host.pairings.filter(({ key }) => !tookBack(host, key));
  const paired = [...new Set(standing.map(({ key }) => nameOf(key)))].sort();
  const lines = host.lines.map(({ key }) => nameOf(key)).sort();
  const ended = host.notices.flatMap(({ notice }) => (notice.event === 'ended' ? [notice.reason] : []));
  return { paired, lines, records: host.records.size, ended: paired.length > 0 ? [] : ended };
}

/**
 * Less than it would have had: a pairing or a key is missing, or it ended as it would not have. More is no harm by this
 * claim: where a script crashes somebody at a given moment, a little later can be luck; who may have more is for others to say.
 */
export function isWorse(here: Outcome, there: Outcome): boolean {
  const lost = (some: readonly string[], all: readonly string[]): boolean => all.some((one) => !some.includes(one));
  return lost(here.paired, there.paired) || lost(here.lines, there.lines) || lost(there.ended, here.ended);
}

/** Machines that one outcome has, as a peer or by its key, and the other has not. */
export function differing(here: Outcome, there: Outcome): readonly string[] {
  const apart = (some: readonly string[], others: readonly string[]): readonly string[] => [
    ...some.filter((one) => !others.includes(one)),
    ...others.filter((one) => !some.includes(one)),
  ];
  return [...new Set([...apart(here.paired, there.paired), ...apart(here.lines, there.lines)])].sort();
}

export function outcomeText({ paired, lines, records, ended }: Outcome): string {
  return `paired with ${list(paired)}, keys of ${list(lines)}, ${amount(records, 'records')}, ended: ${list(ended)}`;
}

function list(words: readonly string[]): string {
  return words.length === 0 ? 'nobody' : words.join(' and ');
}

/** Machines that are down in the end. */
export function downIn({ hosts }: Summary): readonly string[] {
  return [...hosts.values()].filter(({ up }) => !up).map(({ name }) => name);
}

/** Machines that say half in the end. */
export function halvesIn({ hosts }: Summary): readonly string[] {
  return [...hosts.values()].filter(({ situation }) => situation === 'Half').map(({ name }) => name);
}

/**
 * By how much sooner or later, in us, what befalls machines may come in a run that another one is compared with: one datagram more
 * can move a conversation by as much, and a crash in its midst is then another end.
 */
export const shiftsUs: readonly number[] = [0, 500_000, -500_000, 2_000_000, -2_000_000];
