/** How people mistype a phrase that they know: the text is another one, and means the same. */

const fullWidthDigits = 0xff10 - 0x30;

const slips = {
  capital: (text: string): string => text.replace(/\p{L}/u, (letter) => letter.toUpperCase()),
  capitals: (text: string): string => text.toUpperCase(),
  spaces: (text: string): string => `  ${text.replaceAll(' ', '   ')} `,
  hyphens: (text: string): string => text.replaceAll(' ', '-'),
  'no-hyphens': (text: string): string => text.replaceAll('-', ' '),
  newline: (text: string): string => `${text}\r\n`,
  nfd: (text: string): string => text.normalize('NFD'),
  'full-width': (text: string): string =>
    text.replace(/[0-9]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + fullWidthDigits)),
  'zero-width': (text: string): string => Array.from(text).join('\u200b'),
  dot: (text: string): string => `${text}.`,
} as const;

export type Slip = keyof typeof slips;

export const slipNames: readonly string[] = Object.keys(slips);

/** As it is typed, one slip after the other. */
export function mistyped(text: string, made: readonly Slip[]): string {
  return made.reduce((typed, slip) => slips[slip](typed), text);
}
