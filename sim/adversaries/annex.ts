/** Adversaries that speak git-annex's pairing. */

import { sign } from '../../protocol/annex/digest.ts';
import type { Message, PairData, Stage } from '../../protocol/annex/message.ts';
import { phraseKey } from '../../protocol/annex/phrase.ts';
import { read } from '../../protocol/annex/reader.ts';
import { write } from '../../protocol/annex/writer.ts';
import { toHex, utf8 } from '../../protocol/bytes.ts';
import { realSuite } from '../../protocol/suite.ts';
import type { Datagram } from '../network.ts';
import { type AdversaryTable, isAfter, type Lair } from './adversary.ts';
import { eavesdropper } from './eavesdropper.ts';
import { annexTrial } from './eavesdropper-annex.ts';
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
  replayer,
  eavesdropper: eavesdropper(annexTrial),
};

function imposter(lair: Lair): ReturnType<AdversaryTable[string]['create']> {
  const { spec } = lair;
  const key = phraseKey(spec.phrase ?? '');
  let answersLeft = spec.times;
  const say = (stage: Stage, pairUUID: string): void => {
    const data: PairData = {
      remoteHostName: spec.name,
      remoteUserName: spec.name,
      remoteDirectory: '~/annex',
      remoteSshPubKey: lair.self.sshKey,
      pairUUID,
    };
    lair.send(write(sign({ stage, data, address: lair.self.address }, key)), 'group');
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
