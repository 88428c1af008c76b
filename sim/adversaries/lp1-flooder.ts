/**
 * Strangers by the dozen: one machine that answers from many addresses of its segment, reads the cookies that are sent
 * there, and lets each address say one well-made SHARE after the other, so that all of them wait in the queue for work.
 */
import { mappedAddress } from '../../protocol/address.ts';
import { concat, toHex, utf8 } from '../../protocol/bytes.ts';
import type { Endpoint } from '../../protocol/contract.ts';
import { associatedData, iidOf, shareSigned } from '../../protocol/lp1/keys.ts';
import { read, shareBody, writeBeacon, writeShare } from '../../protocol/lp1/messages.ts';
import type { Datagram } from '../network.ts';
import { type Adversary, type AdversaryKind, type Lair, neighbour } from './adversary.ts';

export const flooder: AdversaryKind = {
  does: 'speaks as `times` strangers at once, each from an address of its own: every everyMs a new iid and a SHARE for it',
  powers: ['observe', 'sniff', 'spoof'],
  create: (lair) => flood(lair),
};

/** Addresses are taken from the end of the segment's last byte, where no host is. */
const lastByte = 254;
const addressesMax = 200;
const port = 40_001;

interface Target {
  readonly iid: Uint8Array;
  readonly channel: string;
  readonly endpoint: Endpoint;
}

function flood(lair: Lair): Adversary {
  const { spec, suite } = lair;
  const targets = new Map<string, Target>();
  const answered = new Set<string>();
  const crowd = Array.from({ length: Math.min(spec.times, addressesMax) }, (_, i) => neighbour(lair, lastByte - i));

  /** The keys of the stranger at that address, in its so-many-th session. */
  const session = (who: number, round: number): { vk: Uint8Array; iid: Uint8Array; seed: Uint8Array } => {
    const seed = suite.hash(concat(utf8(`${spec.name} ${who} `), utf8(`${round}`))).slice(0, 32);
    const vk = suite.signatures.publicKey(seed);
    return { seed, vk, iid: iidOf(suite, vk) };
  };
  /** A cookie of ours is the number of the address and of the session. */
  const cookieOf = (who: number, round: number): Uint8Array => {
    const cookie = new Uint8Array(8);
    new DataView(cookie.buffer).setUint32(0, who);
    new DataView(cookie.buffer).setUint32(4, round);
    return cookie;
  };
  const speak = (bytes: Uint8Array, who: number, to: Endpoint): void =>
    lair.spoof(bytes, { address: crowd[who] ?? lair.self.address, port }, to, null);
  const knock = (target: Target, round: number): void => {
    if (lair.nowUs() > spec.untilUs) return;
    for (const who of crowd.keys()) {
      const { iid } = session(who, round);
      const cookie = cookieOf(who, round);
      speak(writeBeacon({ from: iid, channel: target.channel, cookie, returned: null }), who, target.endpoint);
    }
    lair.after(spec.everyUs, () => knock(target, round + 1));
  };
  const share = (to: Target, returned: Uint8Array, mine: Uint8Array): void => {
    const [who, round] = [new DataView(mine.buffer).getUint32(0), new DataView(mine.buffer).getUint32(4)];
    const { seed, vk, iid } = session(who, round);
    const y = suite.group.element(suite.hash(vk));
    const sentTo = mappedAddress(to.endpoint.address) ?? new Uint8Array(16);
    const content = { from: iid, to: to.iid, vk, y, ad: associatedData(iid, port), cookie: mine, returned, sentTo };
    speak(
      writeShare({ ...content, sig: suite.signatures.sign(seed, shareSigned(shareBody(content))) }),
      who,
      to.endpoint,
    );
  };

  return {
    hear(datagram: Datagram) {
      const reading = read(datagram.bytes);
      if (!reading.ok || reading.message.kind !== 'BEACON' || lair.nowUs() < spec.startsUs) return;
      const { from, channel, cookie, returned } = reading.message;
      const name = toHex(from);
      if (datagram.toGroup) {
        if (targets.has(name)) return;
        const target = { iid: from, channel, endpoint: datagram.source };
        targets.set(name, target);
        return lair.after(spec.reactsUs, () => knock(target, 0));
      }
      const target = targets.get(name);
      if (target === undefined || cookie === null || returned === null || !crowd.includes(datagram.to.address)) return;
      const key = `${name} ${toHex(returned)}`;
      if (answered.has(key)) return;
      answered.add(key);
      lair.after(spec.reactsUs, () => share(target, cookie, returned));
    },
  };
}
