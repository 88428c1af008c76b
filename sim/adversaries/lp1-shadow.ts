/**
 * A stranger in the place of the peer: he reads what is sent there and speaks as if from there, under iids of his own, each of
 * which is ground to come just before the peer's in any order that iids themselves have.
 */
import { mappedAddress } from '../../protocol/address.ts';
import { compareBytes, concat, toHex, utf8 } from '../../protocol/bytes.ts';
import type { Endpoint } from '../../protocol/contract.ts';
import { associatedData, iidOf, shareSigned } from '../../protocol/lp1/keys.ts';
import { read, shareBody, writeBeacon, writeShare } from '../../protocol/lp1/messages.ts';
import type { Datagram } from '../network.ts';
import type { Adversary, AdversaryKind, Lair } from './adversary.ts';

export const shadow: AdversaryKind = {
  does: 'from the address of every machine that it hears speaks to the others, under a new iid every everyMs, `times` of them',
  powers: ['observe', 'sniff', 'spoof'],
  create: (lair) => shadowing(lair),
};

/** The port of its own at the addresses that it takes. */
const port = 40_007;

interface Machine {
  readonly iid: Uint8Array;
  readonly channel: string;
  readonly endpoint: Endpoint;
}

interface Mask {
  readonly seed: Uint8Array;
  readonly vk: Uint8Array;
  readonly iid: Uint8Array;
}

function shadowing(lair: Lair): Adversary {
  const { spec, suite } = lair;
  const machines = new Map<string, Machine>();
  const masks = new Map<string, Mask>();
  const begin = (target: Machine, as: Machine): void => {
    const worn = masksBelow(lair, as.iid);
    const next = (index: number): void => {
      const mask = worn[index];
      if (mask === undefined || lair.nowUs() > spec.untilUs) return;
      masks.set(`${toHex(target.iid)} ${toHex(mask.iid.slice(0, 8))}`, mask);
      const bytes = writeBeacon({
        from: mask.iid,
        channel: target.channel,
        cookie: mask.iid.slice(0, 8),
        returned: null,
      });
      lair.spoof(bytes, { ...as.endpoint, port }, target.endpoint, null);
      lair.after(spec.everyUs, () => next(index + 1));
    };
    next(0);
  };
  const share = (to: Machine, mask: Mask, { cookie, source }: { cookie: Uint8Array; source: Endpoint }): void => {
    const { seed, vk, iid } = mask;
    const sentTo = mappedAddress(to.endpoint.address) ?? new Uint8Array(16);
    const y = suite.group.element(suite.hash(vk));
    const cookies = { cookie: iid.slice(0, 8), returned: cookie };
    const content = { from: iid, to: to.iid, vk, y, ad: associatedData(iid, port), ...cookies, sentTo };
    const sig = suite.signatures.sign(seed, shareSigned(shareBody(content)));
    lair.spoof(writeShare({ ...content, sig }), source, to.endpoint, null);
  };
  return {
    hear(datagram: Datagram) {
      const reading = read(datagram.bytes);
      if (!reading.ok || reading.message.kind !== 'BEACON' || lair.nowUs() < spec.startsUs) return;
      const { from, channel, cookie, returned } = reading.message;
      const known = machines.get(toHex(from));
      if (datagram.toGroup && known === undefined) {
        const machine = { iid: from, channel, endpoint: datagram.source };
        for (const other of machines.values()) {
          begin(machine, other);
          begin(other, machine);
        }
        machines.set(toHex(from), machine);
      }
      if (known === undefined || cookie === null || returned === null || datagram.to.port !== port) return;
      const mask = masks.get(`${toHex(from)} ${toHex(returned)}`);
      if (mask !== undefined) share(known, mask, { cookie, source: datagram.to });
    },
  };
}

/** Before that iid and near it, the farthest first. */
function masksBelow({ spec, suite }: Lair, iid: Uint8Array): readonly Mask[] {
  const masks: Mask[] = [];
  for (let i = 0; masks.length < spec.times && i < triesMax; i++) {
    const seed = suite.hash(concat(utf8(`${spec.name} ${i} `), iid)).slice(0, 32);
    const vk = suite.signatures.publicKey(seed);
    const mask = { seed, vk, iid: iidOf(suite, vk) };
    if (compareBytes(mask.iid, iid) < 0) masks.push(mask);
  }
  return masks.toSorted((a, b) => compareBytes(a.iid, b.iid));
}

const triesMax = 20_000;
