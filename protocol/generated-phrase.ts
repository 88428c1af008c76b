/**
 * The shape of a generated phrase, `73-ladder-acid-hope-rabbit`: what `lp1` makes and `annex` refuses, so that one phrase is
 * never used in both conversations. Words are of the BIP-39 English list.
 */
import { wordlist } from '@scure/bip39/wordlists/english.js';

export const words: ReadonlySet<string> = new Set(wordlist);
/** No two words of the list share their first four letters; words of three letters stand for themselves. */
const byPrefix: ReadonlyMap<string, string> = new Map(wordlist.map((word) => [word.slice(0, 4), word]));

/** The tokens of a phrase, as the person may have spelt them. Joined with `-` they are the normalised phrase. */
export function tokens(text: string): readonly string[] {
  const folded = text.normalize('NFKC').toLowerCase().normalize('NFKC');
  return folded
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((token) => /[\p{L}\p{N}]/u.test(token))
    .map((token) => (token.length === 4 ? (byPrefix.get(token) ?? token) : token));
}

/** Whether lanpair could have generated it. The `annex` conversation refuses such a phrase: one phrase, one conversation. */
export function isGeneratedShape(text: string): boolean {
  return channelOf(tokens(text)) !== '';
}

/** Only the exact shape has a channel; digits are taken as they are: `073` is not `73`. */
export function channelOf(parts: readonly string[]): string {
  const [first = '', ...rest] = parts;
  const shaped = /^[0-9]{1,3}$/.test(first) && rest.length === 4 && rest.every((word) => words.has(word));
  return shaped ? first : '';
}
