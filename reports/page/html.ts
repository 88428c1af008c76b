/**
 * HTML from templates in which every text is inert. Names, titles and reasons come from files and peers: what a person could
 * not see is shown as an escape (protocol/display.ts), what HTML would read is escaped, and what is endless is cut.
 */
import { printable } from '../../protocol/display.ts';

/** Text that is HTML already: only this module makes it of strings. */
export interface Markup {
  readonly markup: string;
}

export type Piece = Markup | string | number | null | false | readonly Piece[];

/** Longest text that is shown where nothing else is said, in code points. */
const shownMax = 600;

/** `null` and `false` are nothing; a list is its parts; numbers and strings are text, in an element or in a quoted attribute. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return { markup: strings.reduce((all, part, index) => `${all}${textOf(pieces[index - 1] ?? null)}${part}`) };
}

/** Our own HTML, CSS and scripts: never anything of a file. */
export function trusted(markup: string): Markup {
  return { markup };
}

/** JSON in a `<script type="application/json">`: nothing in it can end the element or begin another one. */
export function json(value: unknown): Markup {
  return { markup: JSON.stringify(value).replaceAll('<', '\\u003c') };
}

function textOf(piece: Piece): string {
  if (piece === null || piece === false) return '';
  if (typeof piece === 'number') return String(piece);
  if (typeof piece === 'string') return inert(piece);
  return 'markup' in piece ? piece.markup : piece.map(textOf).join('');
}

function inert(text: string): string {
  // Nearly every text is plain, and to look at each of its characters costs more than all the rest of a page.
  const shown = text.length <= shownMax && /^[\x20-\x7e]*$/.test(text) ? text : printable(text, shownMax);
  return shown
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
