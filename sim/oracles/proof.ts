import { hexOf, type Oracle, verdictOf } from './oracle.ts';

/**
 * In annex's own terms: its digest proves the phrase to whoever hears it, not possession of the ssh key; so the claim is
 * that the owner of the key is a machine whose person typed this host's phrase.
 */
export const proof: Oracle = {
  number: 1,
  name: 'proof',
  claim: 'A key is authorised only if its owner proved the phrase and, where records are shared, holds one.',
  watch({ scenario, subject, owners }) {
    const stored = new Set<string>();
    const early: string[] = [];
    return {
      sees: {
        stored({ host, record }) {
          if (subject.agreedIn(record) !== null) stored.add(`${host} ${record.id}`);
        },
        // Both sides' records of one pairing have one id, where they keep what they agreed upon.
        authorized({ host, record, key }) {
          if (!stored.has(`${host} ${record}`)) return;
          const owner = owners.get(key);
          if (
            owner !== undefined &&
            scenario.hosts.some(({ name }) => name === owner) &&
            !stored.has(`${owner} ${record}`)
          )
            early.push(`${host} authorised the key of ${owner}, who has no record of it`);
        },
      },
      finish({ summary }) {
        const knows = new Map<string, ReadonlySet<string>>();
        for (const host of summary.hosts.values())
          knows.set(host.name, new Set(host.typed.map((typed) => typed.phraseKey)));
        for (const { name, phrase } of scenario.adversaries)
          knows.set(name, new Set(phrase === null ? [] : [hexOf(subject, phrase)]));
        const failures = [...early];
        let lines = 0;
        for (const host of summary.hosts.values()) {
          const own = knows.get(host.name) ?? new Set();
          for (const line of host.authorized) {
            lines++;
            const owner = owners.get(line.key);
            if (owner === undefined) failures.push(`${host.name} authorised a key that belongs to nobody here`);
            else if (![...own].some((phraseKey) => knows.get(owner)?.has(phraseKey))) {
              failures.push(`${host.name} authorised the key of ${owner}, who never had its phrase`);
            }
          }
        }
        return verdictOf(lines, 'keys authorised', failures);
      },
    };
  },
};
