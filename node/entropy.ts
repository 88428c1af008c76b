/**
 * How many bits a phrase of a person's own is worth against somebody who guesses well: a small, deliberately low estimate.
 *
 * Every run of letters that can be a word counts as one of 2,048 common ones (11 bits), whatever it is; digits count
 * each, unless they are a year, a run or a repetition; a token already seen counts 1 bit. Case, spaces and signs count
 * nothing, because the conversations fold them away. A token that no word looks like (few vowels, letters and digits in
 * turn) counts its characters. There is no dictionary: a list of common passwords is megabytes and would say the same
 * of most phrases, "too little". Wrong to the low side for a rare word, to the high side for a famous quotation.
 */

const wordBits = 11;
/** Letters of a long run that stand for one word of it: "correcthorse" is two. */
const wordLetters = 7;
const letterBits = Math.log2(26);
const digitBits = Math.log2(10);
const eitherBits = Math.log2(36);

/** An estimate in whole bits, never negative. */
export function estimateBits(phrase: string): number {
  const seen = new Set<string>();
  let bits = 0;
  for (const token of phrase.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []) {
    bits += seen.has(token) ? 1 : tokenBits(token);
    seen.add(token);
  }
  return Math.floor(bits);
}

function tokenBits(token: string): number {
  const runs = token.match(/\p{N}+|[\p{L}\p{M}]+/gu) ?? [];
  // Three changes between letters and digits are no word with a number behind it.
  if (runs.length > 3) return Array.from(token).length * (distinctShare(token) > 0.5 ? eitherBits : 1);
  return runs.reduce((sum, run) => sum + (/^\p{N}/u.test(run) ? numberBits(run) : letterRunBits(run)), 0);
}

function numberBits(digits: string): number {
  if (/^(19|20)\d\d$/.test(digits)) return 7;
  if (distinctShare(digits) < 0.4 || '01234567890'.includes(digits) || '9876543210'.includes(digits)) return 4;
  return digits.length * digitBits;
}

function letterRunBits(letters: string): number {
  const length = Array.from(letters).length;
  if (/\p{Script=Han}/u.test(letters)) return length * 8;
  if (distinctShare(letters) < 0.3) return 4;
  const vowels = letters.match(/[aeiouyäöüåæøéèêáàíóúаеёиоуыэюя]/gu)?.length ?? 0;
  const isWordless = /^[a-z]+$/.test(letters) && length >= 6 && vowels / length < 0.2;
  if (isWordless) return length * letterBits;
  return Math.min(Math.max(1, Math.round(length / wordLetters)) * wordBits, length * letterBits);
}

function distinctShare(text: string): number {
  const characters = Array.from(text);
  return new Set(characters).size / characters.length;
}
