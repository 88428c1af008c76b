import type { Effect } from '../../protocol/contract.ts';
import type { RunEvent } from '../events.ts';
import type { HostSummary } from '../summary.ts';
import { type Break, type Oracle, sessionOf, verdictOf } from './oracle.ts';

export const onePeer: Oracle = {
  number: 3,
  name: 'one-peer',
  claim:
    'One phrase session gives a key to at most one peer, and does not take that one for a second when it starts anew.',
  watch({ owners }) {
    const changes: Change[] = [];
    const failures: Break[] = [];
    /** Whose key each host gave last, in its present life. */
    const taken = new Map<string, string>();
    const boots = new Map<string, number>();
    const note = (event: Omit<Change, 'boot'>): void =>
      void changes.push({ ...event, boot: boots.get(event.host) ?? 0 });
    return {
      sees: {
        booted({ host, boot }) {
          boots.set(host, boot);
          taken.delete(host);
        },
        authorized: note,
        withdrawn: note,
        step({ host, heard, effects }) {
          for (const effect of effects) {
            if (effect.type === 'provision') taken.set(host, owners.get(effect.grant.key) ?? '');
            if (heard === null || !isAlarm(effect) || heard.sender.host !== taken.get(host)) continue;
            failures.push({
              text: `${host} took ${heard.sender.host}, whom it pairs with, for a second machine that proved the phrase`,
              hosts: [host, heard.sender.host],
              facts: { alarm: 'second-proof' },
            });
          }
        },
      },
      finish({ summary }) {
        let sessions = 0;
        const nameOf = (key: string): string => owners.get(key) ?? 'a stranger';
        for (const host of summary.hosts.values()) {
          const keysByBoot = new Map<number, Set<string>>();
          for (const { boot, key, record } of [...host.authorized, ...host.pairings]) {
            const session = sessionOf(host, { boot, key, record });
            keysByBoot.set(session, (keysByBoot.get(session) ?? new Set()).add(key));
          }
          sessions += keysByBoot.size;
          for (const [session, keys] of keysByBoot) {
            const names = [...keys].map(nameOf);
            if (names.length < 2) continue;
            const isOfSession = (one: Change | HostSummary['pairings'][number]): boolean =>
              sessionOf(host, one) === session;
            const own = changes.filter((change) => change.host === host.name && isOfSession(change));
            failures.push({
              text: `${host.name} took ${names.join(' and ')} in one session`,
              hosts: [host.name, ...names],
              facts: {
                atOnce: mostAtOnce(own),
                paired: [...new Set(host.pairings.filter(isOfSession).map(({ key }) => nameOf(key)))],
              },
            });
          }
        }
        return verdictOf(sessions, 'sessions with a peer', failures);
      },
    };
  },
};

/** Of a second machine that proved the phrase. */
function isAlarm(effect: Effect): boolean {
  return effect.type === 'notify' && effect.notice.event === 'alarm' && effect.notice.rule === 'second-proof';
}

type Change = Extract<RunEvent, { type: 'authorized' | 'withdrawn' }> & { readonly boot: number };

/** How many of these keys were let in at one time. */
function mostAtOnce(changes: readonly Change[]): number {
  const lines = new Map<string, number>();
  let most = 0;
  for (const { type, key } of changes) {
    lines.set(key, (lines.get(key) ?? 0) + (type === 'authorized' ? 1 : -1));
    most = Math.max(most, [...lines.values()].filter((count) => count > 0).length);
  }
  return most;
}
