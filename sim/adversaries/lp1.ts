/** Adversaries that speak lp1, or bend what others say in it. */
import type { Endpoint } from '../../protocol/contract.ts';
import { shareSigned } from '../../protocol/lp1/keys.ts';
import {
  type Message,
  read,
  type Share,
  shareBody,
  writeBeacon,
  writeConfirm,
  writeFin,
  writeHint,
  writeShare,
} from '../../protocol/lp1/messages.ts';
import type { Datagram } from '../network.ts';
import { type Adversary, type AdversaryTable, isAfter, type Lair } from './adversary.ts';
import { eavesdropper } from './eavesdropper.ts';
import { lp1Trial } from './eavesdropper-lp1.ts';

import { fuzzer } from './fuzzer.ts';
import { guessers } from './guesser.ts';
import { bentMachines } from './lp1-bent.ts';
import { lp1Corpus } from './lp1-corpus.ts';
import { flooder } from './lp1-flooder.ts';

import { imposter } from './lp1-imposter.ts';
import { claimant, middleman } from './lp1-routes.ts';
import { shadow } from './lp1-shadow.ts';
import { delayer, dropper, relay } from './path.ts';
import { replayer } from './replayer.ts';

export const lp1Adversaries: AdversaryTable = {
  imposter,
  ...bentMachines,
  fuzzer: fuzzer(lp1Corpus),
  relay,
  delayer,
  dropper,
  claimant,
  middleman,
  replayer,
  eavesdropper: eavesdropper(lp1Trial),
  ...guessers,
  spoofer: {
    does: 'says the next thing with proofs of zeros, under the iids that it hears, from the address of the one who spoke',
    powers: ['observe', 'sniff', 'spoof'],
    create: (lair) => twisting(lair, spoofed),
  },
  reflector: {
    does: 'sends what it hears back to who said it, as it is and with the two iids exchanged',
    powers: ['observe', 'sniff', 'spoof'],
    create: (lair) => twisting(lair, reflected),
  },
  usurper: {
    does: "speaks under the iid that it hears: SHAREs and CONFIRMs of its own making under another machine's name",
    powers: ['observe', 'sniff', 'spoof'],
    create: (lair) => twisting(lair, usurped),
  },
  diverter: {
    does: 'repeats what it hears as if it came from a place of its own, which then is answered in its stead',
    powers: ['observe', 'sniff', 'spoof'],
    create: (lair) => twisting(lair, diverted),
  },
  flooder,
  shadow,
  forger: {
    does: 'forges CANCELs and HINTs for every pair of iids that it hears, from the address of the one who spoke',
    powers: ['observe', 'sniff', 'spoof'],
    create: (lair) => twisting(lair, forged),
  },
};

/** Bytes, whether they go back to who spoke or on to who was spoken to, and as if from where, if not from the other. */
interface Twisted {
  readonly bytes: Uint8Array;
  readonly back: boolean;
  readonly source?: Endpoint;
}

/** What the adversary makes of one heard datagram. */
type Twist = (message: Message, heard: Datagram, lair: Lair) => readonly Twisted[];

/** Hears everything on the segment and answers each datagram it is after, `times` of them, with its twists. */
function twisting(lair: Lair, twist: Twist): Adversary {
  const { spec } = lair;
  let left = spec.times;
  return {
    hear(datagram) {
      const now = lair.nowUs();
      const reading = read(datagram.bytes);
      if (!reading.ok || left === 0 || now < spec.startsUs || now > spec.untilUs) return;
      if (!isAfter(spec, reading.message.kind)) return;
      left--;
      for (const { bytes, back, source: feigned } of twist(reading.message, datagram, lair)) {
        const { source, to } = datagram;
        const target = datagram.toGroup ? ('group' as const) : to;
        // Back to who spoke, as if from whom it spoke to; or on to that one, as if from who spoke.
        lair.after(spec.reactsUs, () =>
          back && target !== 'group'
            ? lair.spoof(bytes, target, source, null)
            : lair.spoof(bytes, feigned ?? source, back ? source : target, null),
        );
      }
    },
  };
}

const zeros = (length: number): Uint8Array => new Uint8Array(length);

function spoofed(message: Message): ReturnType<Twist> {
  const on = (bytes: Uint8Array): { bytes: Uint8Array; back: boolean } => ({ bytes, back: false });
  switch (message.kind) {
    case 'BEACON':
      return [on(writeBeacon({ ...message, cookie: zeros(8), returned: zeros(8) }))];
    case 'SHARE':
      return [on(writeShare({ ...message, sig: zeros(64) })), on(writeShare({ ...message, y: zeros(32) }))];
    case 'CONFIRM':
      return [on(writeConfirm({ ...message, tag: zeros(32) }))];
    case 'READY':
    case 'DONE':
    case 'CANCEL':
      return (['READY', 'DONE', 'CANCEL'] as const).map((kind) => on(writeFin({ ...message, kind, mac: zeros(32) })));
    case 'HINT':
    case 'WHERE':
    case 'HERE':
      return [];
  }
}

function reflected(message: Message, { bytes }: Datagram): ReturnType<Twist> {
  const mirror = { bytes, back: true };
  switch (message.kind) {
    case 'SHARE':
      return [mirror, { bytes: writeShare({ ...message, from: message.to, to: message.from }), back: true }];
    case 'CONFIRM':
      return [mirror, { bytes: writeConfirm({ ...message, from: message.to, to: message.from }), back: true }];
    case 'READY':
    case 'DONE':
    case 'CANCEL':
      return [mirror, { bytes: writeFin({ ...message, from: message.to, to: message.from }), back: true }];
    case 'BEACON':
    case 'HINT':
    case 'WHERE':
    case 'HERE':
      return [mirror];
  }
}

/** Signs with a key of its own, under the iid that it heard; and repeats a real SHARE with another Y. */
function usurped(message: Message, _: Datagram, { suite, spec }: Lair): ReturnType<Twist> {
  if (message.kind === 'CONFIRM') {
    const box = message.box.map((byte) => byte ^ 1);
    return [{ bytes: writeConfirm({ ...message, box }), back: false }];
  }
  if (message.kind !== 'SHARE') return [];
  const seed = suite.derive(message.vk, `vk of ${spec.name}`, zeros(0), 32);
  const vk = suite.signatures.publicKey(seed);
  const y = suite.group.element(suite.hash(message.y));
  const { from, to } = message;
  // The signatures hold: it is the iid alone that is another's.
  const signed = (share: Share): Uint8Array =>
    writeShare({ ...share, sig: suite.signatures.sign(seed, shareSigned(shareBody(share))) });
  return [
    { bytes: signed({ ...message, vk, y }), back: false },
    { bytes: signed({ ...message, y }), back: false },
    { bytes: signed({ ...message, from: to, to: from, vk }), back: true },
  ];
}

function forged(message: Message): ReturnType<Twist> {
  if (!('from' in message && 'to' in message)) return [];
  const { from, to } = message;
  const cancel = (status: number): Uint8Array =>
    writeFin({ kind: 'CANCEL', from, to, status, reason: 1, held: zeros(8), mac: zeros(32) });
  return [
    { bytes: cancel(0), back: false },
    { bytes: cancel(1), back: false },
    { bytes: writeHint({ from, to, versions: [9] }), back: false },
  ];
}

/** A port at which nobody listens: whatever is sent there is traffic that the adversary caused. */
const victimPort = 9;

function diverted(_: Message, { bytes }: Datagram, { self }: Lair): ReturnType<Twist> {
  return [{ bytes, back: false, source: { address: self.address, port: victimPort } }];
}
