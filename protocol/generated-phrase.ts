/**
 * The shape of a generated phrase, `73-ladder-acid-hope-rabbit`: what `lp1` makes and `annex` refuses, so that one phrase is
 * never used in both conversations. Words are of the BIP-39 English list.
 */
import { wordlist } from '@scure/bip39/wordlists/english.js';

export const words: ReadonlySet<string> = new Set(wordlist);
/** No two words of the list share their first four letters; words of three letters stand for themselves. */
const byPrefix: ReadonlyMap<string, string> = new Map(wordlist.map((word) => [word.slice(0, 4), word]));

/** Accents that stand alone are typed for apostrophes; NFKC would make a space and a mark of them. */
const ignorable = /[\p{Default_Ignorable_Code_Point}\u00b4\u1ffd]/gu;
/** `don't`, `don’t`, `donʼt`, `don`t` and `dont`: who hears the word does not hear which. */
const apostrophe = /['`\u02bb\u02bc\u2018\u2019\u201b\u2032]/g;

/** What most people type: of such a text no Unicode rule changes a sign. */
const ascii = /^[\0-\x7f]*$/;

/** The tokens of a phrase, as the person may have spelt them. Joined with `-` they are the normalised phrase. */
export function tokens(text: string): readonly string[] {
  return (ascii.test(text) ? asciiTokens(text) : unicodeTokens(text)).map((token) =>
    token.length === 4 ? (byPrefix.get(token) ?? token) : token,
  );
}

function asciiTokens(text: string): readonly string[] {
  return text
    .replace(/['`]/g, '')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((token) => token !== '');
}

function unicodeTokens(text: string): readonly string[] {
  const plain = text.replace(ignorable, '').normalize('NFKC').replace(apostrophe, '');
  return folded(plain.toLowerCase())
    .normalize('NFKC')
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((token) => /[\p{L}\p{N}]/u.test(token));
}

/**
 * What lower case leaves apart although one person's capitals are another's small letters: a sigma is final or not by its
 * place, STRASSE is Straße, and I, İ, i and ı are one letter or two by the keyboard. Digits of any script are the ASCII
 * ones.
 */
function folded(lower: string): string {
  return lower
    .replaceAll('ς', 'σ')
    .replaceAll('ß', 'ss')
    .replaceAll('ı', 'i')
    .replace(/i\u0307+/g, 'i')
    .replace(/\p{Nd}/gu, digitOf);
}

/** Unicode keeps the ten digits of a script together, zero first; scripts whose digits follow each other do it ten by ten. */
function digitOf(digit: string): string {
  const at = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(at - before - 1))) before++;
  return String(before % 10);
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
