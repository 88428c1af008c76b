/**
 * What a recording of a real run is: NDJSON, one line for each input of the core, in the order in which it was heard.
 *
 *     head    what this file is, its version, the protocol, what was replaced in it
 *     steps   the input, what the suite answered in this step, the effects that came of it, and the cell of the table
 *     end     how many steps there are, and why it ends: a file without it was cut off
 *
 * Bytes are `{"$ascii": "..."}` where they are printable, else `{"$hex": "..."}`. No line holds a secret: see `disguise.ts`.
 */
import { fromHex, toHex } from '../bytes.ts';
import type { Cell, Effect, Input } from '../contract.ts';

/** Counts up with every change that an older reader would misunderstand. */
export const recordingVersion = 1;

export interface Head {
  readonly recording: 'lanpair';
  readonly version: number;
  readonly protocol: string;
  /** Who wrote it: `lanpair 0.1.0`. */
  readonly program: string;
  /** What was replaced, and what was not: for who is given the file. */
  readonly about: string;
}

/** The methods of a suite, by name. */
export type SuiteMethod =
  | 'hash'
  | 'hmacSha1'
  | 'derive'
  | 'hmac'
  | 'expand'
  | 'element'
  | 'scalar'
  | 'multiply'
  | 'publicKey'
  | 'sign'
  | 'verify'
  | 'seal'
  | 'open';

export type Answer = readonly [method: SuiteMethod, value: Uint8Array | boolean | null];

export interface Step {
  /** Since the recording began. For people; the core knows no time. */
  readonly atMs: number;
  readonly input: Input;
  readonly answers: readonly Answer[];
  readonly effects: readonly Effect[];
  readonly cell: Cell;
}

export interface End {
  /** `full`: the file had reached its largest size, and the run went on. */
  readonly end: 'closed' | 'full';
  readonly steps: number;
}

/** One line, without its end. Names of fields are sorted, so that equal values are equal texts. */
export function encode(value: unknown): string {
  return JSON.stringify(plain(value));
}

/** Before JSON sees it: Node's own bytes have a way of their own to become JSON. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesToJson(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, part]: [string, unknown]) => [name, plain(part)]));
}

/** The value of a line; throws a SyntaxError where it is no JSON. What it is then is `read.ts`'s to say. */
export function decode(line: string): unknown {
  return JSON.parse(line, (_, part: unknown) => bytesOfJson(part) ?? part);
}

function bytesToJson(bytes: Uint8Array): { readonly [tag: string]: string } {
  if (!bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) return { $hex: toHex(bytes) };
  return { $ascii: latin1(bytes) };
}

function bytesOfJson(part: unknown): Uint8Array | null {
  if (part === null || typeof part !== 'object') return null;
  const [first, ...others] = Object.entries(part) as [string, unknown][];
  if (first === undefined || others.length > 0 || typeof first[1] !== 'string') return null;
  const [tag, text] = first;
  if (tag === '$ascii' && /^[ -~]*$/.test(text)) return fromLatin1(text);
  return tag === '$hex' && /^(?:[0-9a-f]{2})*$/.test(text) ? fromHex(text) : null;
}

/** Each byte is one character. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

export function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
