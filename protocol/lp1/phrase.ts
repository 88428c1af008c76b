/**
 * Phrases of lp1: what two people may type differently and still mean the same (PROTOCOL.md §2.2).
 *
 * A generated phrase is `<channel>-<w1>-<w2>-<w3>-<w4>`, as `73-ladder-acid-hope-rabbit`: 1 to 3 ASCII digits that are
 * public and only group those who look for each other, and four BIP-39 words, 44 secret bits. In a phrase of any other
 * shape everything is secret and the channel is empty. How much entropy a phrase holds is estimated outside.
 */
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { utf8 } from '../bytes.ts';
import type { Phrase } from '../contract.ts';
import { channelOf, tokens, words } from '../generated-phrase.ts';
import { assignedIn15 } from '../unicode15.ts';
import { lvCat } from './cpace.ts';

/** Letters and numbers that a normalised phrase must hold, channel included: git-annex's page asks for 6 as well. */
export const phraseCharactersMin = 6;
/** From here on a stranger cannot use up the guesses of one window of 10 minutes: 2^(34-21) > 6/s * 600 s. */
export const bitsMin = 34;
/** With the person's leave: one guess, and a stranger can stall the pairing until the person grants another. */
export const bitsAcceptedMin = 21;
/** Chance that a stranger may have, in bits: a guess is granted for each 2^21 phrases, half of 2^20 to each machine. */
export const guessBits = 21;

export type PhraseCheck =
  | { readonly ok: true; readonly channel: string; readonly prs: Uint8Array; readonly guesses: number }
  | { readonly ok: false; readonly rule: string; readonly advice: string };

/** The normalised phrase: what an estimate of its entropy must be made on. */
export function normalise(text: string): string {
  return tokens(text).join('-');
}

/** The phrase as the protocol needs it, or why not. `accepted` is what the person has been told and wants all the same. */
export function checkPhrase({ text, bits, accepted = [] }: Phrase): PhraseCheck {
  for (const character of text) {
    if (!assignedIn15(character.codePointAt(0) ?? 0)) {
      return refuse('phrase-unassigned', 'it holds a character that older machines do not know; use letters, numbers');
    }
  }
  const parts = tokens(text);
  if ((parts.join('').match(/[\p{L}\p{N}]/gu) ?? []).length < phraseCharactersMin) {
    return refuse('phrase-short', `it needs ${phraseCharactersMin} letters or numbers; emoji and signs do not count`);
  }
  const slip = slipOf(parts);
  if (slip !== null && !accepted.includes('slip')) return refuse('phrase-slip', slip);
  if (!(bits >= bitsAcceptedMin)) {
    return refuse('phrase-too-weak', 'strangers could guess it; take a longer one, or let lanpair make one');
  }
  if (bits < bitsMin && !accepted.includes('weak')) {
    return refuse(
      'phrase-weak',
      'strangers on this network could stall the pairing; take a longer one, or accept that',
    );
  }
  const channel = channelOf(parts);
  const secret = channel === '' ? parts : parts.slice(1);
  return { ok: true, channel, prs: lvCat(utf8('lanpair/1 phrase'), utf8(secret.join('-'))), guesses: guesses(bits) };
}

/** floor(2^(bits - 21)), and at most 2^30: more than can be computed in a hundred years at 6 a second. */
export function guesses(bits: number): number {
  return Math.floor(2 ** Math.min(bits - guessBits, 30));
}

/** A phrase of 44 bits from 8 bytes of entropy or more: 44 bits for the words, 16 others for the channel (1 to 99). */
export function generatePhrase(entropy: Uint8Array): string {
  if (entropy.length < 8) throw new RangeError('generatePhrase needs 8 bytes of entropy');
  const channel = 1 + ((((entropy[6] ?? 0) << 8) | (entropy[7] ?? 0)) % 99);
  return [channel, ...[0, 1, 2, 3].map((i) => wordAt(entropy, i))].join('-');
}

/** Words of the list that begin so: for completion while typing. At most `max`. */
export function completions(prefix: string, max = 8): readonly string[] {
  return prefix === '' ? [] : wordlist.filter((word) => word.startsWith(prefix)).slice(0, max);
}

/** Three words for people to compare: the first 33 bits of 5 bytes or more. */
export function threeWords(bytes: Uint8Array): string {
  return [0, 1, 2].map((i) => wordAt(bytes, i)).join(' ');
}

/** The word that the i-th group of 11 bits names, the most significant bit first. */
function wordAt(bytes: Uint8Array, i: number): string {
  const bit = i * 11;
  const at = (index: number): number => bytes[(bit >> 3) + index] ?? 0;
  const window = (at(0) << 16) | (at(1) << 8) | at(2);
  return wordlist[(window >> (13 - (bit & 7))) & 0x7ff] ?? '';
}

/** In a phrase of nearly the generated shape, what is most likely a slip, without quoting it; null in any other phrase. */
function slipOf(parts: readonly string[]): string | null {
  if (channelOf(parts) !== '') return null;
  const [first = '', ...rest] = parts;
  if (!/^[0-9]{1,3}$/.test(first)) {
    const bare = parts.length === 4 && parts.every((word) => words.has(word));
    return bare ? 'a generated phrase begins with a number; was it left out?' : null;
  }
  const strange = rest.filter((word) => !words.has(word));
  if (strange.length === 0 && (rest.length === 3 || rest.length === 5)) {
    return `a generated phrase has a number and four words; this one has ${rest.length} words`;
  }
  if (rest.length !== 4 || strange.length > 2) return null;
  const places = rest.flatMap((word, i) => (words.has(word) ? [] : [i + 1]));
  return `word ${places.join(' and word ')} is not on the list`;
}

/**
 * Words of the list that a mistyped one may have been meant as, at most 3, the nearest first. For a terminal: never for a notice or a
 * log.
 */
export function meantPerhaps(word: string): readonly string[] {
  return [1, 2].flatMap((off) => wordlist.filter((known) => distance(word, known) === off)).slice(0, 3);
}

/** Levenshtein's, of two words: insertions, deletions and replacements. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function refuse(rule: string, advice: string): PhraseCheck {
  return { ok: false, rule, advice };
}
