import type { RunEvent } from '../events.ts';
import { type Break, type Oracle, sessionOf, verdictOf } from './oracle.ts';

export const onePeer: Oracle = {
  number: 3,
  name: 'one-peer',
  claim: 'One phrase session gives a key to at most one peer.',
  watch({ owners }) {
    const changes: Change[] = [];
    return {
      see(event) {
        if (event.type === 'authorized' || event.type === 'withdrawn') changes.push(event);
      },
      finish({ summary }) {
        const failures: Break[] = [];
        let sessions = 0;
        const nameOf = (key: string): string => owners.get(key) ?? 'a stranger';
        for (const host of summary.hosts.values()) {
          const keysByBoot = new Map<number, Set<string>>();
          for (const { boot, key, record } of [...host.authorized, ...host.pairings]) {
            const session = sessionOf(host, { boot, key, record });
            keysByBoot.set(session, (keysByBoot.get(session) ?? new Set()).add(key));
          }
          sessions += keysByBoot.size;
          for (const keys of keysByBoot.values()) {
            const names = [...keys].map(nameOf);
            if (names.length < 2) continue;
            failures.push({
              text: `${host.name} took ${names.join(' and ')} in one session`,
              hosts: [host.name, ...names],
              facts: {
                atOnce: mostAtOnce(changes, host.name, keys),
                paired: [...new Set(host.pairings.filter(({ key }) => keys.has(key)).map(({ key }) => nameOf(key)))],
              },
            });
          }
        }
        return verdictOf(sessions, 'sessions with a peer', failures);
      },
    };
  },
};

type Change = Extract<RunEvent, { type: 'authorized' | 'withdrawn' }>;

/** How many of these keys were let in at one time. */
function mostAtOnce(changes: readonly Change[], host: string, keys: ReadonlySet<string>): number {
  const lines = new Map<string, number>();
  let most = 0;
  for (const { type, host: changed, key } of changes) {
    if (changed !== host || !keys.has(key)) continue;
    lines.set(key, (lines.get(key) ?? 0) + (type === 'authorized' ? 1 : -1));
    most = Math.max(most, [...lines.values()].filter((count) => count > 0).length);
  }
  return most;
}
