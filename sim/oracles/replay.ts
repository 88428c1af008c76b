import type { HostSummary, Summary } from '../summary.ts';
import { fail, inconclusive, type Oracle, pass } from './oracle.ts';

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
  watch({ scenario }) {
    let repeated = 0;
    return {
      see(event) {
        if (event.type === 'sent' && event.datagram.repeats !== null) repeated++;
      },
      finish({ summary, again }) {
        const saw = `${repeated} repeated datagrams`;
        const silent = scenario.adversaries.filter(({ is }) => replaying.includes(is)).map(({ name }) => name);
        if (repeated === 0 || silent.length === 0) return inconclusive(saw);
        const alone = again({ silent });
        for (const host of summary.hosts.values()) {
          const here = outcomeOf(host, summary);
          const there = outcomeOf(alone.hosts.get(host.name), alone);
          if (here !== there) return fail(saw, `${host.name} ends ${here}; without the replays ${there}`);
        }
        return pass(saw);
      },
    };
  },
};

/** Who is paired, whose keys are in, how it ended: no times and no ids. */
export function outcomeOf(host: HostSummary | undefined, { hosts }: Summary): string {
  if (host === undefined) return 'nowhere';
  const names = new Map([...hosts.values()].map((one) => [one.key, one.name]));
  const nameOf = (key: string): string => names.get(key) ?? 'a stranger';
  const paired = [...new Set(host.pairings.map(({ key }) => nameOf(key)))].sort();
  const lines = host.lines.map(({ key }) => nameOf(key)).sort();
  const ended = host.notices.flatMap(({ notice }) => (notice.event === 'ended' ? [notice.reason] : []));
  return `paired with ${list(paired)}, keys of ${list(lines)}, ${host.records.size} records, ended: ${list(ended)}`;
}

function list(words: readonly string[]): string {
  return words.length === 0 ? 'nobody' : words.join(' and ');
}
