/** Adversaries on the path: what others say to each other goes through their hands. They need no words of any protocol. */
import type { Endpoint } from '../../protocol/contract.ts';
import type { Datagram } from '../network.ts';
import type { Adversary, AdversaryKind, Lair } from './adversary.ts';

/** First of the ports behind which a relay keeps those who speak through it. */
const relayPortBase = 20_000;

/**
 * Takes all that others say, and says it again from its own address: to them it is the other one. One of its ports stands
 * for each source, as in a translation of addresses.
 */
export const relay: AdversaryKind = {
  does: 'stands between all others: what one says reaches the other only through it, from its address',
  powers: ['observe', 'sniff', 'inject', 'drop'],
  create(lair) {
    const ports = new Map<string, number>();
    const sources: Endpoint[] = [];
    const portOf = (source: Endpoint): number => {
      const name = `${source.address} ${source.port}`;
      const known = ports.get(name);
      if (known !== undefined) return known;
      const port = relayPortBase + sources.length;
      ports.set(name, port);
      sources.push(source);
      return port;
    };
    return {
      intercept: () => ({ does: isBusy(lair) ? 'drop' : 'pass' }),
      hear({ bytes, source, to, toGroup }) {
        if (!isBusy(lair)) return;
        const meant = toGroup ? ('group' as const) : sources[to.port - relayPortBase];
        const isMine = toGroup || to.address === lair.self.address;
        if (isMine && meant !== undefined)
          lair.after(lair.spec.reactsUs, () => lair.send(bytes, meant, portOf(source)));
      },
    };
  },
};

/** Holds back whatever it is after, each by up to `everyMs`: nothing is lost, and everything comes late and in disorder. */
export const delayer: AdversaryKind = {
  does: 'holds back what it is after, each datagram by up to everyMs, as long as it is there',
  powers: ['observe', 'delay'],
  create: (lair) => ({
    intercept: (datagram) =>
      isAfterIt(lair, datagram) ? { does: 'delay', byUs: lair.stream.integer(0, lair.spec.everyUs) } : { does: 'pass' },
  }),
};

/** Takes away whatever it is after, `times` of them. */
export const dropper: AdversaryKind = {
  does: 'takes away what it is after, so many of them as `times` says',
  powers: ['observe', 'drop'],
  create(lair) {
    let left = lair.spec.times;
    return {
      intercept(datagram) {
        if (left === 0 || !isAfterIt(lair, datagram)) return { does: 'pass' };
        left--;
        return { does: 'drop' };
      },
    };
  },
};

/** The machine in the middle: nothing passes between the others, and it speaks with each of them itself. */
export function inTheMiddle(lair: Lair, machine: Adversary): Adversary {
  return { ...machine, intercept: () => ({ does: isBusy(lair) ? 'drop' : 'pass' }) };
}

/** Changes what it is after with `change`; null: it passes. */
export function changing(lair: Lair, change: (datagram: Datagram) => Uint8Array | null): Adversary {
  let left = lair.spec.times;
  return {
    intercept(datagram) {
      if (left === 0 || !isAfterIt(lair, datagram)) return { does: 'pass' };
      const bytes = change(datagram);
      if (bytes === null) return { does: 'pass' };
      left--;
      return { does: 'modify', bytes };
    },
  };
}

function isAfterIt(lair: Lair, { bytes }: Datagram): boolean {
  const { kinds } = lair.spec;
  return isBusy(lair) && (kinds.length === 0 || kinds.includes(lair.kindOf(bytes)));
}

function isBusy(lair: Lair): boolean {
  const now = lair.nowUs();
  return now >= lair.spec.startsUs && now <= lair.spec.untilUs;
}
