/**
 * What doctors say to each other, in ASCII:
 *
 *     doctor-probe <32 hex digits>      to the group: the digits are of this run
 *     doctor-answer <32 hex digits>     back to who sent that probe: "I heard you on the group"
 *     doctor-knock <32 hex digits>      to a machine that the person named
 *     doctor-here <32 hex digits>       back to who sent that knock
 *
 * No datagram of a conversation begins like that. Who pairs or serves answers a knock (network.ts) and passes over the rest;
 * git-annex passes over all of it.
 */

export interface Word {
  readonly word: 'probe' | 'answer' | 'knock' | 'here';
  readonly id: string;
}

export function writeWord({ word, id }: Word): Uint8Array {
  return Buffer.from(`doctor-${word} ${id}`, 'latin1');
}

/** Null: these bytes are of no doctor. */
export function readWord(bytes: Uint8Array): Word | null {
  if (bytes.length > wordMax) return null;
  const [, said, id = ''] = /^doctor-([a-z]+) ([0-9a-f]{32})$/.exec(Buffer.from(bytes).toString('latin1')) ?? [];
  const word = words.find((each) => each === said);
  return word === undefined ? null : { word, id };
}

const words = ['probe', 'answer', 'knock', 'here'] as const;

/** `doctor-answer `, and the digits. */
const wordMax = 46;
