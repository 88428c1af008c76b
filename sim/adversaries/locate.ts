/** Adversaries of `locate`: without the pair key they can only keep what they hear, and say it again somewhere. */
import type { Datagram } from '../network.ts';
import { type AdversaryKind, type AdversaryTable, isAfter, recordingMax } from './adversary.ts';
import { replayer } from './replayer.ts';

/** To find out whether a machine is here: what was said to it elsewhere, or before, said to it from an own address. */
const recorder: AdversaryKind = {
  does: 'records from the beginning and, from startsMs on, says it all to everybody from its own address',
  powers: ['observe', 'sniff', 'inject'],
  create(lair) {
    const { spec } = lair;
    const recorded: Datagram[] = [];
    const repeat = (next: number): void => {
      const datagram = recorded[next % Math.max(recorded.length, 1)];
      if (next >= spec.times || lair.nowUs() > spec.untilUs) return;
      if (datagram !== undefined) lair.send(datagram.bytes, 'group');
      lair.after(spec.everyUs, () => repeat(next + 1));
    };
    return {
      start: () => repeat(0),
      hear(datagram) {
        const before = lair.nowUs() < spec.startsUs;
        if (before && recorded.length < recordingMax && isAfter(spec, lair.kindOf(datagram.bytes)))
          recorded.push(datagram);
      },
    };
  },
};

export const locateAdversaries: AdversaryTable = { recorder, replayer };
