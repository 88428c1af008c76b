/** The disguise of each protocol that can be recorded. */
import { annexDisguise } from './annex-disguise.ts';
import type { Disguise } from './disguise.ts';
import { locateDisguise } from './locate-disguise.ts';
import { lp1Disguise } from './lp1-disguise.ts';

const disguises: ReadonlyMap<string, (draw: (length: number) => Uint8Array) => Disguise> = new Map([
  ['annex', annexDisguise],
  ['locate', locateDisguise],
  ['lp1', lp1Disguise],
]);

/** Throws for a protocol whose secrets nobody here knows. `draw` gives that many random bytes. */
export function disguiseOf(protocol: string, draw: (length: number) => Uint8Array): Disguise {
  const make = disguises.get(protocol);
  if (make === undefined) throw new RangeError(`nobody knows what is secret in ${protocol}`);
  return make(draw);
}
