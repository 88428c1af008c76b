/**
 * What doctors say to each other, in ASCII:
 *
 *     doctor-probe <32 hex digits>      to the group: the digits are of this run
 *     doctor-answer <32 hex digits>     back to who sent that probe: "I heard you on the group"
 *
 * No datagram of a conversation begins like that. Who pairs or serves passes over both (network.ts), and so does git-annex.
 */

export interface Word {
  readonly word: 'probe' | 'answer';
  readonly id: string;
}

export function writeWord({ word, id }: Word): Uint8Array {
  return Buffer.from(`doctor-${word} ${id}`, 'latin1');
}

/** Null: these bytes are of no doctor. */
export function readWord(bytes: Uint8Array): Word | null {
  if (bytes.length > wordMax) return null;
  const [, word, id = ''] = /^doctor-(probe|answer) ([0-9a-f]{32})$/.exec(Buffer.from(bytes).toString('latin1')) ?? [];
  return word === 'probe' || word === 'answer' ? { word, id } : null;
}

/** `doctor-answer `, and the digits. */
const wordMax = 46;
