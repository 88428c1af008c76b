/** The replayer needs no words of any protocol: it records what it hears and sends the very bytes again. */
import type { Datagram } from '../network.ts';
import { type AdversaryKind, isAfter, recordingMax } from './adversary.ts';

export const replayer: AdversaryKind = {
  does: 'records from the beginning and, from startsMs on, repeats what it has, oldest first, with its first source',
  powers: ['observe', 'sniff', 'spoof'],
  create(lair) {
    const { spec } = lair;
    const recorded: Datagram[] = [];
    let next = 0;
    const repeat = (left: number): void => {
      if (left === 0 || lair.nowUs() > spec.untilUs) return;
      const datagram = recorded[next];
      if (datagram !== undefined) {
        next = (next + 1) % recorded.length;
        lair.spoof(datagram.bytes, datagram.source, 'group', datagram);
      }
      lair.after(spec.everyUs, () => repeat(datagram === undefined ? left : left - 1));
    };
    return {
      start: () => repeat(spec.times),
      hear(datagram) {
        if (recorded.length < recordingMax && isAfter(spec, lair.kindOf(datagram.bytes))) recorded.push(datagram);
      },
    };
  },
};
