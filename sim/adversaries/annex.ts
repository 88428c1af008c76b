/** Adversaries that speak git-annex's pairing. */

import { sign } from '../../protocol/annex/digest.ts';
import type { Message, PairData, Stage } from '../../protocol/annex/message.ts';
import { phraseKey } from '../../protocol/annex/phrase.ts';
import { read } from '../../protocol/annex/reader.ts';
import { write } from '../../protocol/annex/writer.ts';
import { toHex, utf8 } from '../../protocol/bytes.ts';
import { realSuite } from '../../protocol/suite.ts';
import type { Datagram } from '../network.ts';
import { type AdversaryTable, isAfter, type Lair, neighbour } from './adversary.ts';
import { annexCorpus } from './annex-corpus.ts';
import { eavesdropper } from './eavesdropper.ts';
import { annexTrial } from './eavesdropper-annex.ts';
import { fuzzer } from './fuzzer.ts';
import { changing, delayer, dropper, relay } from './path.ts';
import { replayer } from './replayer.ts';

/** What an honest peer would say next. */
const nextStage: Readonly<Record<Stage, Stage>> = { PairReq: 'PairAck', PairAck: 'PairDone', PairDone: 'PairDone' };

export const annexAdversaries: AdversaryTable = {
  imposter: {
    does: 'answers every request with its own phrase and key, and asks by itself if asksAfterMs is given',
    powers: ['observe', 'inject'],
    create: imposter,
  },
  spoofer: {
    does: 'answers with the public UUID, a key of its own and a wrong digest, from the address of the one who spoke',
    powers: ['observe', 'spoof'],
    create: spoofer,
  },
  racer: {
    does: 'an imposter that asks before anybody else, and answers at once',
    powers: ['observe', 'inject'],
    create: (lair) =>
      imposter({ ...lair, spec: { ...lair.spec, reactsUs: 0, asksAfterUs: lair.spec.asksAfterUs ?? 0 } }),
  },
  overhearer: {
    does: 'an imposter that overheard the phrase: give it the one that the others have',
    powers: ['observe', 'inject'],
    create: imposter,
  },
  insider: {
    does: 'knows the phrase, and says of itself whatever `says` tells',
    powers: ['observe', 'inject'],
    create: imposter,
  },
  cloner: {
    does: "says that another's ssh key is its own, which nobody can tell: the digest proves the phrase alone",
    powers: ['observe', 'inject'],
    create: imposter,
  },
  reflector: {
    does: 'sends what it hears back to all, from the address of the one who spoke, and once more as the next stage',
    powers: ['observe', 'sniff', 'spoof'],
    create: reflector,
  },
  mitm: {
    does: 'puts its own key, and a digest made with its own phrase, into all that passes between the others',
    powers: ['observe', 'modify'],
    create: (lair) => changing(lair, (datagram) => resigned(datagram, lair)),
  },
  flooder: {
    does: 'sends PairReqs of ever new pairings, machines and addresses, everyMs one, with digests of its own phrase',
    powers: ['spoof'],
    create: flooder,
  },
  fuzzer: fuzzer(annexCorpus),
  relay,
  delayer,
  dropper,
  replayer,
  eavesdropper: eavesdropper(annexTrial),
};

function imposter(lair: Lair): ReturnType<AdversaryTable[string]['create']> {
  const { spec } = lair;
  const key = phraseKey(spec.phrase ?? '');
  let answersLeft = spec.times;
  const say = (stage: Stage, pairUUID: string): void => {
    const data: PairData = {
      remoteHostName: spec.says.hostName ?? spec.name,
      remoteUserName: spec.says.userName ?? spec.name,
      remoteDirectory: spec.says.directory ?? '~/annex',
      remoteSshPubKey: spec.says.sshKey ?? lair.sshKeyOf(spec.claims ?? spec.name),
      pairUUID,
    };
    const address = spec.says.addresses?.[0] ?? lair.self.address;
    lair.send(write(sign({ stage, data, address }, key)), 'group');
  };
  const ask = (left: number): void => {
    if (left === 0 || lair.nowUs() > spec.untilUs) return;
    say('PairReq', uuidOf(`${spec.name} ${lair.seed}`));
    lair.after(spec.everyUs, () => ask(left - 1));
  };
  return {
    start() {
      if (spec.asksAfterUs !== null) lair.after(spec.asksAfterUs, () => ask(spec.times));
    },
    hear(datagram) {
      const message = heardMessage(datagram);
      const pairUUID = message?.data.pairUUID ?? null;
      if (message === null || pairUUID === null || answersLeft === 0 || !busy(lair) || !isAfter(spec, message.stage))
        return;
      answersLeft--;
      lair.after(spec.reactsUs, () => say(nextStage[message.stage], pairUUID));
    },
  };
}

function spoofer(lair: Lair): ReturnType<AdversaryTable[string]['create']> {
  const { spec } = lair;
  let left = spec.times;
  return {
    hear(datagram) {
      const message = heardMessage(datagram);
      if (message === null || left === 0 || !busy(lair) || !isAfter(spec, message.stage)) return;
      left--;
      const { data, address } = message;
      const forged = { ...data, remoteSshPubKey: lair.self.sshKey };
      const bytes = write({ stage: nextStage[message.stage], data: forged, address, digest: '0'.repeat(40) });
      lair.after(spec.reactsUs, () => lair.spoof(bytes, datagram.source, 'group', null));
    },
  };
}

function reflector(lair: Lair): ReturnType<AdversaryTable[string]['create']> {
  let left = lair.spec.times;
  return {
    hear(datagram) {
      const message = heardMessage(datagram);
      if (message === null || left === 0 || !busy(lair) || !isAfter(lair.spec, message.stage)) return;
      left--;
      const next = write({ ...message, stage: nextStage[message.stage] });
      lair.after(lair.spec.reactsUs, () => {
        for (const bytes of [datagram.bytes, next]) lair.spoof(bytes, datagram.source, 'group', null);
      });
    },
  };
}

/** With its own key in it, and signed anew with the phrase that it guesses. */
function resigned(datagram: Datagram, lair: Lair): Uint8Array | null {
  const message = heardMessage(datagram);
  if (message === null) return null;
  const data = { ...message.data, remoteSshPubKey: lair.self.sshKey };
  return write(sign({ stage: message.stage, data, address: message.address }, phraseKey(lair.spec.phrase ?? '')));
}

function flooder(lair: Lair): ReturnType<AdversaryTable[string]['create']> {
  const { spec, stream } = lair;
  const key = phraseKey(spec.phrase ?? '');
  const ask = (number: number): void => {
    if (number >= spec.times || lair.nowUs() > spec.untilUs) return;
    const name = `${spec.name}-${number}`;
    const address = neighbour(lair, stream.integer(100, 250));
    const data: PairData = {
      remoteHostName: name,
      remoteUserName: name,
      remoteDirectory: '~/annex',
      remoteSshPubKey: lair.sshKeyOf(name),
      pairUUID: uuidOf(`${name} ${lair.seed}`),
    };
    const source = { address, port: stream.integer(1024, 65_535) };
    lair.spoof(write(sign({ stage: 'PairReq', data, address }, key)), source, 'group', null);
    lair.after(spec.everyUs, () => ask(number + 1));
  };
  return { start: () => ask(0) };
}

/** A message with a UUID and a key that can be said again, or null. */
function heardMessage(datagram: Datagram): Message | null {
  const result = read(datagram.bytes);
  return result.ok ? result.message : null;
}

function busy(lair: Lair): boolean {
  const { spec } = lair;
  const now = lair.nowUs();
  return now >= spec.startsUs && now <= spec.untilUs;
}

/** A version 4 UUID that follows from a name. */
function uuidOf(name: string): string {
  const hex = toHex(realSuite.hash(utf8(`uuid of ${name}`)));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
