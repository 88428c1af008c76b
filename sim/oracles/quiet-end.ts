import type { Effect } from '../../protocol/contract.ts';
import type { HostSummary } from '../summary.ts';
import { type Break, inconclusive, type Oracle, pairedWith, peersOf, tookBack, verdictOf } from './oracle.ts';
import { actedOnRepeats } from './repeats.ts';

export const quietEnd: Oracle = {
  number: 7,
  name: 'quiet-end',
  claim:
    'When all is quiet two sides are both paired, or neither holds anything of the other, or one of them says that it is half paired.',
  watch: ({ subject }) => {
    const repeats = actedOnRepeats(subject);
    const sayers = new Map<string, Set<string>>();
    /** Who said these bytes first: whoever passes them on says nothing of his own. */
    const authors = new WeakMap<Uint8Array, string>();
    return {
      sees: {
        sent({ datagram: { bytes, sender } }) {
          if (!authors.has(bytes)) authors.set(bytes, sender.host);
        },
        step(event) {
          repeats.see(event);
          if (event.heard === null) return;
          const { bytes, sender } = event.heard;
          for (const effect of event.effects) {
            const key = provenIn(effect);
            if (key === null) continue;
            const name = `${event.host} ${key}`;
            sayers.set(name, (sayers.get(name) ?? new Set()).add(authors.get(bytes) ?? sender.host));
          }
        },
      },
      finish({ summary, stopped }) {
        if (stopped === 'events') return inconclusive('the run was cut off');
        const failures: Break[] = [];
        let pairs = 0;
        const hosts = [...summary.hosts.values()];
        hosts.forEach((a, index) => {
          for (const b of hosts.slice(index + 1)) {
            const met = holds(a, b) || holds(b, a) || stands(a, b) || stands(b, a);
            if (!met || !a.up || !b.up) continue;
            pairs++;
            if (pairedWith(a, b) && pairedWith(b, a)) continue;
            if (!hasWord(a, b) && !hasWord(b, a))
              failures.push({
                text: `${tell(a, b)}, ${tell(b, a)}, and nobody says so`,
                hosts: [a.name, b.name],
                facts: {
                  paired: [...(pairedWith(a, b) ? [a.name] : []), ...(pairedWith(b, a) ? [b.name] : [])],
                  others: [...peersOf(a), ...peersOf(b)].filter((name) => name !== a.name && name !== b.name),
                  repeats: repeats.acted(),
                  // Whose words proved the one of them to the other.
                  sayers: [...(sayers.get(`${a.name} ${b.key}`) ?? []), ...(sayers.get(`${b.name} ${a.key}`) ?? [])],
                },
              });
          }
        });
        return verdictOf(pairs, 'pairs of hosts that met', failures);
      },
    };
  },
};

/** The key whose owner, as the host says here, proved the phrase. */
function provenIn(effect: Effect): string | null {
  return effect.type === 'notify' && effect.notice.event === 'proven' ? effect.notice.peer.key : null;
}

function holds(host: HostSummary, peer: HostSummary): boolean {
  return host.lines.some((line) => line.key === peer.key);
}

/** It was paired, and did not say afterwards that it took the peer's key out again. */
function stands(host: HostSummary, peer: HostSummary): boolean {
  return pairedWith(host, peer) && !tookBack(host, peer.key);
}

/** A notice that tells a person of an unfinished pairing, or of its end. */
function hasWord(host: HostSummary, peer: HostSummary): boolean {
  return host.notices.some(({ notice }) => {
    if (notice.event === 'half') return notice.peer.key === peer.key;
    return notice.event === 'unfinished' && (notice.peer === null || notice.peer.key === peer.key);
  });
}

function tell(host: HostSummary, peer: HostSummary): string {
  if (pairedWith(host, peer)) return `${host.name} is paired with ${peer.name}`;
  return holds(host, peer)
    ? `${host.name} holds the key of ${peer.name}`
    : `${host.name} knows nothing of ${peer.name}`;
}
