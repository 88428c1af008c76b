/** All specimens, each with the sound protocol that it is a variant of. */
import { subjects } from '../protocols.ts';
import { annexSpecimens } from '../specimens/annex.ts';
import { lp1Specimens } from '../specimens/lp1.ts';
import type { Specimen } from '../specimens/specimen.ts';
import type { Subject } from '../subject.ts';

export interface Suspect {
  readonly specimen: Specimen;
  readonly sound: Subject;
}

const kinds: readonly (readonly [protocol: string, specimensOf: (sound: Subject) => readonly Specimen[]])[] = [
  ['annex', annexSpecimens],
  ['lp1', lp1Specimens],
];

export const suspects: readonly Suspect[] = kinds.flatMap(([protocol, specimensOf]) => {
  const sound = subjects.get(protocol);
  return sound === undefined ? [] : specimensOf(sound).map((specimen) => ({ specimen, sound }));
});
