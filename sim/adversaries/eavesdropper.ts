/**
 * The eavesdropper: hears every datagram of its segment, unicast too, says nothing at all, and when the run is over tries
 * a dictionary on what it wrote down. How a guess is tried depends on the protocol; each has an honest attack of its own.
 */
import type { Suite } from '../../protocol/contract.ts';
import type { Datagram } from '../network.ts';
import { type AdversaryKind, recordingMax } from './adversary.ts';
import { dictionary } from './dictionary.ts';

/** A recording made ready for guesses. */
export interface Trial {
  /** What there is to compare a guess with, in words; null: nothing at all. */
  readonly heard: string | null;
  /** What in the recording confirms the guess, in words; null: nothing does. */
  confirms(guess: string): string | null;
}

export type MakeTrial = (recording: readonly Datagram[], suite: Suite) => Trial;

export function eavesdropper(makeTrial: MakeTrial): AdversaryKind {
  return {
    does: 'only listens, to everything on its segment, and tries a dictionary on the recording when the run is over',
    powers: ['observe', 'sniff'],
    create({ suite }) {
      const recording: Datagram[] = [];
      return {
        hear(datagram) {
          if (recording.length < recordingMax) recording.push(datagram);
        },
        attack() {
          const trial = makeTrial(recording, suite);
          const { heard } = trial;
          if (heard === null) return { phrase: null, tries: 0, heard: 'nothing that a guess could be compared with' };
          let tries = 0;
          for (const guess of dictionary()) {
            tries++;
            const by = trial.confirms(guess);
            if (by !== null) return { phrase: guess, tries, heard: `${heard}: confirmed by ${by}` };
          }
          return { phrase: null, tries, heard };
        },
      };
    },
  };
}
