/**
 * Data of others, made safe and honest to look at: on a terminal, in a page, in a log. What a person could not see, or
 * would see as something else, is shown as an escape like `\u{202e}`.
 *
 * Does not make two different texts look different (а of Cyrillic and a of Latin pass as they are), and letters of
 * right-to-left scripts may still turn round the neutral characters beside them: put such a text on a line of its own, or
 * in isolation. Not for use in a file name, a command or HTML: each has an escape of its own.
 */
import type { Endpoint } from './contract.ts';
import { assignedIn15 } from './unicode15.ts';

/** Longest text that is shown unless told otherwise, in code points. */
const shownMax = 200;

/** More marks than this on one character are a tower that covers the lines above. Vietnamese and Thai need 2. */
const marksMax = 3;

/**
 * Controls, format characters (bidi, zero width), surrogates, private use, unassigned (C*); any white space but the plain
 * one, line and paragraph separators (Z*); what is drawn as nothing (default ignorables, the blank Braille pattern).
 */
const hidden = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * The text with everything hidden escaped, and cut to `maxLength` code points (at least 1) of output, the last of them an
 * ellipsis. An escape is never cut. What is printable already is unchanged, so doing it twice is doing it once. The same
 * on any engine: characters newer than Unicode 15.0 are escaped.
 */
export function printable(text: string, maxLength: number = shownMax): string {
  let shown = '';
  let length = 0;
  let marks = marksMax;
  // The text as it will be if it has to be cut: as much as leaves room for the ellipsis.
  let cut = '';
  for (const character of text) {
    const mark = /\p{M}/u.test(character);
    const bad = isHidden(character) || (mark && marks >= marksMax);
    marks = bad ? marksMax : mark ? marks + 1 : 0;
    const piece = bad ? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}` : character;
    length += bad ? piece.length : 1;
    shown += piece;
    if (length < maxLength) cut = shown;
    if (length > maxLength) return `${cut}…`;
  }
  return shown;
}

/** Address and port, as in a URL: an IPv6 address in brackets (RFC 3986, 3.2.2). */
export function endpointText({ address, port }: Endpoint): string {
  const shown = printable(address, 60);
  return address.includes(':') ? `[${shown}]:${port}` : `${shown}:${port}`;
}

/**
 * Whether a name may be used as a host name: letters, digits, dashes and dots, in labels of 1 to 63 that begin with no
 * dash (an ssh or ping would take it for an option), at most 253 in all. RFC 1123 section 2.1, RFC 1035 section 2.3.4.
 */
export function hostNameOk(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/.test(label));
}

function isHidden(character: string): boolean {
  return character !== ' ' && (hidden.test(character) || !assignedIn15(character.codePointAt(0) ?? 0));
}
