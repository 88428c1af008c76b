/** Firewalls that people manage by a program of their own: what its status says of one packet. */

import { addressIn } from './addresses.ts';
import type { Reading } from './facts.ts';
import type { Fate, Packet } from './rules.ts';

/** `ufw status verbose`. Null: it is not active, or did not say. */
export function ufwFate({ outcome, text }: Reading, packet: Packet): Fate | null {
  if (outcome !== 'read' || !/^Status: active$/m.test(text)) return null;
  let isPerhaps = false;
  for (const line of text.split('\n')) {
    const [, to = '', action, from = ''] =
      /^(\S.*?)\s+(ALLOW|DENY|REJECT|LIMIT)(?: IN)?\s{2,}(\S.*?)\s*(?:#.*)?$/.exec(line) ?? [];
    if (action === undefined || to.includes('(v6)') !== (packet.family === 6) || !ufwCovers(to, packet)) continue;
    const fate: Fate = action === 'ALLOW' || action === 'LIMIT' ? 'accept' : 'drop';
    if (!/^Anywhere( \(v6\))?$/.test(from)) isPerhaps = true;
    else return isPerhaps ? 'maybe' : fate;
  }
  const usual: Fate = /^Default: allow \(incoming\)/m.test(text) ? 'accept' : 'drop';
  return isPerhaps ? 'maybe' : usual;
}

/** `22/tcp`, `55556:55557/udp (v6)`, `22,80/tcp`, `OpenSSH`, `Anywhere on eth0`, `10.0.0.1 22/tcp`. */
function ufwCovers(to: string, packet: Packet): boolean {
  const [, named] = / on (\S+)/.exec(to) ?? [];
  if (named !== undefined && named !== packet.interface) return false;
  const words = to.replace(/ \(v6\)| on \S+/g, '').split(' ');
  return words.every((word) => {
    if (word === 'Anywhere') return true;
    if (word === 'OpenSSH' || word === 'SSH') return packet.protocol === 'tcp' && packet.port === 22;
    const [, address, length] = /^([0-9a-f.:]*[.:][0-9a-f.:]*)(?:\/(\d+))?$/i.exec(word) ?? [];
    if (address !== undefined && !/^\d+:\d+$/.test(word)) {
      return addressIn(packet.to, address, length === undefined ? null : Number(length));
    }
    return portsCover(word, ':', packet);
  });
}

/** `firewall-cmd --list-all-zones`, and the default zone. Null: it does not run, or did not say. */
export function firewalldFate(
  { zones, usual }: { readonly zones: Reading; readonly usual: Reading },
  packet: Packet,
): { readonly fate: Fate; readonly zone: string } | null {
  if (zones.outcome !== 'read') return null;
  const all = zonesOf(zones.text);
  const zone = all.find((each) => wordsAt(each, 'interfaces').includes(packet.interface))?.name ?? usual.text.trim();
  const found = all.find(({ name }) => name === zone);
  if (found === undefined) return null;
  const target = wordsAt(found, 'target')[0] ?? '';
  const isOpen =
    target === 'ACCEPT' ||
    wordsAt(found, 'ports').some((word) => portsCover(word, '-', packet)) ||
    wordsAt(found, 'protocols').includes(packet.protocol) ||
    (packet.protocol === 'tcp' && packet.port === 22 && wordsAt(found, 'services').includes('ssh'));
  const isPerhaps = wordsAt(found, 'rich rules').length > 0 || all.some((each) => wordsAt(each, 'sources').length > 0);
  return { zone, fate: isOpen ? 'accept' : isPerhaps ? 'maybe' : 'drop' };
}

interface Zone {
  readonly name: string;
  readonly fields: ReadonlyMap<string, string>;
}

function zonesOf(text: string): readonly Zone[] {
  return text.split(/\n(?=\S)/).map((part) => {
    const [first = '', ...lines] = part.split('\n');
    const fields = new Map<string, string>();
    let last = '';
    for (const line of lines) {
      const [, key, value = ''] = /^ {2}([a-z][a-z -]*):(.*)$/.exec(line) ?? [];
      last = key ?? last;
      fields.set(last, `${fields.get(last) ?? ''} ${key === undefined ? line : value}`.trim());
    }
    return { name: first.split(' ')[0] ?? '', fields };
  });
}

function wordsAt({ fields }: Zone, key: string): readonly string[] {
  return (fields.get(key) ?? '').split(/\s+/).filter((word) => word !== '');
}

/** `55556`, `55556-55557/udp`, `22,80/tcp`. Without a protocol it is both. */
function portsCover(word: string, dash: string, { protocol, port }: Packet): boolean {
  const [ports = '', of = protocol] = word.split('/');
  return (
    of === protocol &&
    ports.split(',').some((each) => {
      const [from = '', to = from] = each.split(dash);
      return /^\d+$/.test(from) && /^\d+$/.test(to) && Number(from) <= port && port <= Number(to);
    })
  );
}
