/**
 * git-annex's phrase, as the key of its HMAC. Source: what git-annex 10.20230126 was seen to do with 16 phrases (see
 * `test/vectors/git-annex/datagrams.json`, `normalizedSecret`).
 *
 * Deliberately does not normalise: an é typed as e and a combining accent loses the accent, a precomposed é keeps it. Two
 * people whose keyboards differ in this do not pair; git-annex would not either.
 */
import { utf8 } from '../bytes.ts';
import { assignedIn15 } from '../unicode15.ts';

/** Fewest bytes of a key that git-annex's start page takes (bytes, not characters: `ééé` is enough). */
export const phraseBytesMin = 6;

/**
 * The key that a phrase stands for: of its characters those of category L or N, each lower-cased alone, in UTF-8.
 *
 * Alone, because Haskell's `toLower` knows no neighbours: a sigma at the end of a word becomes σ, never ς, where
 * JavaScript's `toLowerCase` of the whole word would say ς. The mapping is the full one: İ becomes i and U+0307, and
 * that U+0307 stays although a typed one goes. May be empty; the caller compares with `phraseBytesMin`.
 */
export function phraseKey(phrase: string): Uint8Array {
  if (/^[\0-\x7f]*$/.test(phrase)) return utf8(phrase.replace(/[^A-Za-z0-9]+/g, '').toLowerCase());
  let key = '';
  for (const character of phrase) {
    if (/[\p{L}\p{N}]/u.test(character)) key += character.toLowerCase();
  }
  return utf8(key);
}

/**
 * The first character of a phrase that Unicode 15.0 does not assign, or null. Such a phrase is refused: what it means
 * would depend on the Unicode version of each machine (see `unicode15.ts`).
 */
export function unassigned(phrase: string): string | null {
  for (const character of phrase) {
    if (!assignedIn15(character.codePointAt(0) ?? 0)) return character;
  }
  return null;
}
