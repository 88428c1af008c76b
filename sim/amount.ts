/** Numbers of things, as people say them. */

/** `1 couple with a fair chance`, `2 couples ...`: the words begin with a noun in the plural, which ends in s. */
export function amount(number: number, words: string): string {
  return `${number} ${wordsFor(number, words)}`;
}

/** The same words as of several: what was said of one belongs to them. */
export function inPlural(number: number, words: string): string {
  return number === 1 ? words.replace(/^\w+[^\Ws]\b/, '$&s') : words;
}

export function wordsFor(number: number, words: string): string {
  return number === 1 ? words.replace(/^(\w+)s\b/, '$1') : words;
}
