import { type Oracle, pairedWith, verdictOf } from './oracle.ts';

export const agreement: Oracle = {
  number: 2,
  name: 'agreement',
  claim: 'Two paired sides name each other, with the keys and names that each has.',
  watch: ({ scenario, owners }) => ({
    finish({ summary }) {
      const failures: string[] = [];
      let pairings = 0;
      const specs = new Map(scenario.hosts.map((spec) => [spec.name, spec]));
      for (const host of summary.hosts.values()) {
        for (const { notice } of host.notices) {
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
          const elsewhere = peer.pairings.filter((pairing) => pairing.key !== host.key);
          if (elsewhere.length > 0 && !pairedWith(peer, host)) {
            failures.push(
              `${host.name} is paired with ${peer.name}, and ${peer.name} with ${elsewhere.map((one) => one.peer ?? 'a stranger').join(', ')}`,
            );
          }
        }
      }
      return verdictOf(pairings, 'pairings', failures);
    },
  }),
};
