import { type Oracle, sessionOf, verdictOf } from './oracle.ts';

export const onePeer: Oracle = {
  number: 3,
  name: 'one-peer',
  claim: 'One phrase session gives a key to at most one peer.',
  watch: ({ owners }) => ({
    finish({ summary }) {
      const failures: string[] = [];
      let sessions = 0;
      for (const host of summary.hosts.values()) {
        const keysByBoot = new Map<number, Set<string>>();
        for (const { boot, key, record } of [...host.authorized, ...host.pairings]) {
          const session = sessionOf(host, { boot, key, record });
          keysByBoot.set(session, (keysByBoot.get(session) ?? new Set()).add(key));
        }
        sessions += keysByBoot.size;
        for (const keys of keysByBoot.values()) {
          const names = [...keys].map((key) => owners.get(key) ?? 'a stranger');
          if (names.length > 1) failures.push(`${host.name} took ${names.join(' and ')} in one session`);
        }
      }
      return verdictOf(sessions, 'sessions with a peer', failures);
    },
  }),
};
