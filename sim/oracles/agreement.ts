import type { Subject } from '../subject.ts';
import type { HostSummary, Pairing, Summary } from '../summary.ts';
import { type Break, type Oracle, pairedWith, sessionOf, verdictOf } from './oracle.ts';

export const agreement: Oracle = {
  number: 2,
  name: 'agreement',
  claim: 'Two paired sides name each other, with the keys and names that each has.',
  watch: ({ scenario, subject, owners }) => ({
    finish({ summary }) {
      const failures: (string | Break)[] = [];
      let pairings = 0;
      const specs = new Map(scenario.hosts.map((spec) => [spec.name, spec]));
      for (const host of summary.hosts.values()) {
        for (const { notice, boot } of host.notices) {
          if (notice.event !== 'paired') continue;
          pairings++;
          const owner = owners.get(notice.peer.key);
          const peer = owner === undefined ? undefined : summary.hosts.get(owner);
          if (owner === host.name) failures.push(`${host.name} is paired with itself`);
          if (owner === undefined) failures.push(`${host.name} is paired with a key that nobody has`);
          if (peer === undefined) continue;
          const named = specs.get(peer.name)?.identity.hostName ?? peer.name;
          if (notice.peer.hostName !== named)
            failures.push(`${host.name} is paired with the key of ${peer.name} under the name ${notice.peer.hostName}`);
          const own = phrasesOf(host, { boot, key: notice.peer.key, record: notice.record });
          const sessions = sessionsWith(peer, host.key);
          const elsewhere = peer.pairings.filter(
            (pairing) =>
              pairing.key !== host.key &&
              ofOnePhrase(own, phrasesOf(peer, pairing)) &&
              (sessions.length === 0 || sessions.includes(sessionOf(peer, pairing))),
          );
          if (elsewhere.length > 0 && !pairedWith(peer, host)) {
            const others = elsewhere.map((one) => one.peer ?? 'a stranger');
            failures.push({
              text: `${host.name} is paired with ${peer.name}, and ${peer.name} with ${others.join(', ')}`,
              hosts: [host.name, peer.name, ...others],
              facts: {},
            });
          }
        }
      }
      return verdictOf(pairings, 'pairings', [...failures, ...disagreements(summary, subject)]);
    },
  }),
};

/** The lives in which the owner of this key proved the phrase to the host: in another one it may well pair with somebody else. */
function sessionsWith({ notices }: HostSummary, key: string): readonly number[] {
  return notices.flatMap(({ notice, boot }) => (notice.event === 'proven' && notice.peer.key === key ? [boot] : []));
}

/** What was typed in the session that this pairing is of. */
function phrasesOf(host: HostSummary, pairing: Pick<Pairing, 'boot' | 'key' | 'record'>): readonly string[] {
  const session = sessionOf(host, pairing);
  return host.typed.filter(({ boot }) => boot === session).map(({ phraseKey }) => phraseKey);
}

/** Who took another peer for another phrase, in an earlier session or a later one, disagrees with nobody. */
function ofOnePhrase(some: readonly string[], others: readonly string[]): boolean {
  return some.length === 0 || others.length === 0 || some.some((phrase) => others.includes(phrase));
}

/** Where both sides of a pairing keep what they agreed upon, it is the same. */
function disagreements({ hosts }: Summary, subject: Subject): readonly string[] {
  const sides = [...hosts.values()].flatMap((host) =>
    [...host.records.values()].flatMap((record) => {
      const agreed = subject.agreedIn(record);
      return agreed === null ? [] : [{ id: record.id, host: host.name, agreed }];
    }),
  );
  return sides.flatMap(({ id, host, agreed }, index) =>
    sides.slice(index + 1).flatMap((other) => {
      if (other.id !== id) return [];
      const same = other.agreed.transcript === agreed.transcript;
      const mirrored = other.agreed.mine === agreed.theirs && other.agreed.theirs === agreed.mine;
      return same && mirrored ? [] : [`${host} and ${other.host} hold records of one pairing that disagree`];
    }),
  );
}
