import type { HostSummary, Summary } from '../summary.ts';
import { type Break, failWith, inconclusive, type Oracle, pass } from './oracle.ts';
import { actedOnRepeats } from './repeats.ts';

/** Adversaries that add nothing of their own. */
const replaying: readonly string[] = ['replayer'];

/**
 * Luck is a stream for each link, so that the same run without the replayer differs in nothing but what it repeats: what
 * hosts end with must be equal.
 */
export const replayChangesNothing: Oracle = {
  number: 12,
  name: 'replay',
  claim: 'Replaying recorded datagrams changes nothing in the end.',
  watch({ scenario, subject }) {
    const repeats = actedOnRepeats(subject);
    let repeated = 0;
    return {
      see(event) {
        if (event.type === 'sent' && event.datagram.repeats !== null) repeated++;
        repeats.see(event);
      },
      finish({ summary, again }) {
        const saw = `${repeated} repeated datagrams`;
        const silent = scenario.adversaries.filter(({ is }) => replaying.includes(is)).map(({ name }) => name);
        if (repeated === 0 || silent.length === 0) return inconclusive(saw);
        const alone = again({ silent });
        const [first, ...others] = [...summary.hosts.values()].flatMap((host): Break[] => {
          const here = outcomeOf(host, summary);
          const there = outcomeOf(alone.hosts.get(host.name), alone);
          if (outcomeText(here) === outcomeText(there)) return [];
          const text = `${host.name} ends ${outcomeText(here)}; without the replays ${outcomeText(there)}`;
          const hosts = [host.name, ...differing(here, there)];
          const half = hosts.filter((name) => summary.hosts.get(name)?.situation === 'Half');
          return [{ text, hosts, facts: { repeats: repeats.acted(), half } }];
        });
        return first === undefined ? pass(saw) : failWith(saw, [first, ...others]);
      },
    };
  },
};

/** What a host has in the end: no times and no ids. */
export interface Outcome {
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
  const paired = [...new Set(host.pairings.map(({ key }) => nameOf(key)))].sort();
  const lines = host.lines.map(({ key }) => nameOf(key)).sort();
  const ended = host.notices.flatMap(({ notice }) => (notice.event === 'ended' ? [notice.reason] : []));
  return { paired, lines, records: host.records.size, ended: paired.length > 0 ? [] : ended };
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
  return `paired with ${list(paired)}, keys of ${list(lines)}, ${records} records, ended: ${list(ended)}`;
}

function list(words: readonly string[]): string {
  return words.length === 0 ? 'nobody' : words.join(' and ');
}
