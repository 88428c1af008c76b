import { type Oracle, verdictOf } from './oracle.ts';

export const crashRecovers: Oracle = {
  number: 10,
  name: 'crash',
  claim:
    'Whenever a host crashes, authorized_keys never has two lines of one key, and no line without a record at the end.',
  watch() {
    const keys = new Map<string, string[]>();
    const failures: string[] = [];
    let changes = 0;
    return {
      sees: {
        withdrawn({ host, key }) {
          changes++;
          const lines = keys.get(host) ?? [];
          const at = lines.indexOf(key);
          if (at >= 0) lines.splice(at, 1);
        },
        authorized({ host, key }) {
          changes++;
          const lines = keys.get(host) ?? [];
          if (lines.includes(key)) failures.push(`${host} has two lines of one key in authorized_keys`);
          keys.set(host, [...lines, key]);
        },
      },
      finish({ summary }) {
        for (const host of summary.hosts.values()) {
          if (!host.up) continue;
          const orphan = host.lines.find((line) => !host.records.has(line.record));
          if (orphan !== undefined)
            failures.push(`${host.name} ends with a line in authorized_keys that no record knows of`);
        }
        return verdictOf(changes, 'changes of authorized_keys', failures);
      },
    };
  },
};
