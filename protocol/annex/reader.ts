/**
 * Reads a datagram of git-annex's local pairing. Total, linear, without recursion; bytes of strangers come here first.
 *
 * It reads the canonical form (`writer.ts`), and where git-annex's own reader (Haskell's derived `Read`) is laxer, only
 * what costs nothing: ASCII white space between tokens, before and after; leading zeros of a number; in string literals
 * any escape that stands for a printable character (`\x41`, `\o101`, `\'`, `\&`, gaps). Never more than git-annex
 * accepts. `test/vectors/git-annex/stricter.json` lists every case where we are stricter, with the reason.
 *
 * What is read is a value. Whether its digest is right is for `digest.ts`, over the canonical text of that value.
 */
import { ipv4FromWireInteger, ipv6FromWords } from '../address.ts';
import type { Refusal } from '../contract.ts';
import type { Body, Message, Stage } from './message.ts';
import { controlNames } from './writer.ts';

/**
 * Longest datagram that is read, in bytes. git-annex itself can read 1023 (`datagramMax`), but sends longer ones when a
 * name is long (1055 B was recorded): those are worth a refusal by a later rule, not by this one. 4096 leaves room for an
 * RSA key of 8192 bits (1.4 KB) and a long directory name in decimal escapes.
 */
export const readMax = 4096;

export type ReadResult =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * The message that these bytes spell, or the one rule that they break: `too-long`, `not-ascii`, `truncated`, `syntax`,
 * `unknown-stage`, `unknown-escape`, `code-point`, `surrogate`, `control-character`, `uuid-not-bytes`, `address-range`,
 * `trailing-bytes`. All are `malformed`. Never throws.
 */
export function read(bytes: Uint8Array): ReadResult {
  if (bytes.length > readMax) return { ok: false, refusal: tooLong(bytes.length) };
  // `apply` takes the bytes as they are; to spread them would go through them one by one.
  const text = String.fromCharCode.apply(null, bytes as unknown as number[]);
  const cursor: Cursor = { text, at: 0, refusal: null };
  const strange = cursor.text.search(/[^\0-\x7f]/);
  if (strange >= 0) {
    cursor.at = strange;
    fail(cursor, 'not-ascii', `a byte above 127 (0x${(bytes[strange] ?? 0).toString(16)})`);
  }
  const message = readMessage(cursor);
  skipSpace(cursor);
  if (cursor.at < cursor.text.length) fail(cursor, 'trailing-bytes', 'something after the end of the message');
  return cursor.refusal === null ? { ok: true, message } : { ok: false, refusal: cursor.refusal };
}

/** The first refusal stays; whatever is read after it is thrown away with it. */
interface Cursor {
  readonly text: string;
  at: number;
  refusal: Refusal | null;
}

function readMessage(cursor: Cursor): Message {
  expect(cursor, 'PairMsg', '(', 'Verifiable', '{', 'verifiableVal', '=', '(');
  const body = readBody(cursor);
  expect(cursor, ')', ',', 'verifiableDigest', '=');
  const digest = readString(cursor);
  expect(cursor, '}', ')');
  return { ...body, digest };
}

function readBody(cursor: Cursor): Body {
  const stage = readStage(cursor);
  expect(cursor, ',', 'PairData', '{', 'remoteHostName', '=');
  const remoteHostName = readOptional(cursor, 'Just', 'Nothing');
  expect(cursor, ',', 'remoteUserName', '=');
  const remoteUserName = readString(cursor);
  expect(cursor, ',', 'remoteDirectory', '=');
  const remoteDirectory = readString(cursor);
  expect(cursor, ',', 'remoteSshPubKey', '=');
  const remoteSshPubKey = readString(cursor);
  expect(cursor, ',', 'pairUUID', '=');
  const pairUUID = readOptional(cursor, 'UUID', 'NoUUID');
  // git-annex keeps a UUID as bytes and cuts greater characters to 8 bits: its digest would be over another text.
  if (pairUUID !== null && /[^\0-\xff]/.test(pairUUID)) {
    fail(cursor, 'uuid-not-bytes', 'a UUID with a character above U+00FF');
  }
  expect(cursor, '}', ',');
  const address = readAddress(cursor);
  const data = { remoteHostName, remoteUserName, remoteDirectory, remoteSshPubKey, pairUUID };
  return { stage, data, address };
}

function readStage(cursor: Cursor): Stage {
  const word = readWord(cursor);
  if (word === 'PairReq' || word === 'PairAck' || word === 'PairDone') return word;
  fail(cursor, 'unknown-stage', 'a stage other than PairReq, PairAck and PairDone');
  return 'PairReq';
}

function readOptional(cursor: Cursor, some: string, none: string): string | null {
  const word = readWord(cursor);
  if (word === some) return readString(cursor);
  if (word !== none) fail(cursor, 'syntax', `neither ${some} nor ${none}`);
  return null;
}

function readAddress(cursor: Cursor): string {
  const word = readWord(cursor);
  if (word === 'IPv4Addr') return ipv4FromWireInteger(readWord32(cursor));
  if (word !== 'IPv6Addr') fail(cursor, 'syntax', 'neither IPv4Addr nor IPv6Addr');
  expect(cursor, '(');
  const a = readWord32(cursor);
  expect(cursor, ',');
  const b = readWord32(cursor);
  expect(cursor, ',');
  const c = readWord32(cursor);
  expect(cursor, ',');
  const d = readWord32(cursor);
  expect(cursor, ')');
  return ipv6FromWords([a, b, c, d]);
}

// -------------------------------------------------------------------------------------------------------------- tokens

/** Goes past these tokens, each with white space before it. A mark is one character; a word must end where it ends. */
function expect(cursor: Cursor, ...tokens: readonly string[]): void {
  for (const token of tokens) {
    if (cursor.refusal !== null) return;
    if (passes(cursor, token)) continue;
    const found = token.length > 1 ? readWord(cursor) : readMark(cursor);
    const cut = cursor.at === cursor.text.length && token.startsWith(found);
    if (found !== token) fail(cursor, cut ? 'truncated' : 'syntax', `no ${token} where it belongs`);
  }
}

/** Goes past the token if it is what comes, and as much as is to be read there; a pattern is only asked for what else does. */
function passes(cursor: Cursor, token: string): boolean {
  skipSpace(cursor);
  if (!cursor.text.startsWith(token, cursor.at)) return false;
  const end = cursor.at + token.length;
  if (token.length > 1 && goesOn(cursor.text.charCodeAt(end))) return false;
  cursor.at = end;
  return true;
}

/** Whether a Haskell identifier goes on with it: `[\w']`; NaN, at the end of the text, is none. */
function goesOn(code: number): boolean {
  const letter = code | 32;
  return (letter >= 97 && letter <= 122) || (code >= 48 && code <= 57) || code === 95 || code === 39;
}

/** Made once: each place in the source where a pattern stands makes a new one each time that it is come by. */
const tokens = { mark: /[^\w"]/y, word: /[A-Za-z_][\w']*/y, decimal: /\d+/y } as const;

function readMark(cursor: Cursor): string {
  return match(cursor, tokens.mark, 'a mark');
}

/** A Haskell identifier: as long as it goes, so that `IPv4Addr1` is not `IPv4Addr 1`. */
function readWord(cursor: Cursor): string {
  return match(cursor, tokens.word, 'a word');
}

function readWord32(cursor: Cursor): number {
  const digits = match(cursor, tokens.decimal, 'a decimal number').replace(/^0+(?=\d)/, '');
  const value = digits.length > 10 ? Number.POSITIVE_INFINITY : Number(digits);
  if (value <= 0xff_ff_ff_ff) return value;
  // git-annex takes such numbers modulo 2^32; no sender writes them.
  fail(cursor, 'address-range', 'a number that does not fit 32 bits');
  return 0;
}

/** The text that a sticky pattern matches after white space; empty, with a refusal, when it does not. */
function match(cursor: Cursor, pattern: RegExp, what: string): string {
  if (cursor.refusal !== null) return '';
  skipSpace(cursor);
  pattern.lastIndex = cursor.at;
  const found = pattern.test(cursor.text) ? cursor.text.slice(cursor.at, pattern.lastIndex) : '';
  if (found === '') fail(cursor, cursor.at === cursor.text.length ? 'truncated' : 'syntax', `not ${what}`);
  cursor.at += found.length;
  return found;
}

/** ASCII white space: what Haskell's `isSpace` holds of ASCII. */
function skipSpace(cursor: Cursor): void {
  if (cursor.refusal !== null) return;
  while (isSpace(cursor.text.charCodeAt(cursor.at))) cursor.at += 1;
}

/** NaN, at the end of the text, is none. */
function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

// ------------------------------------------------------------------------------------------------------------- strings

function readString(cursor: Cursor): string {
  skipSpace(cursor);
  if (cursor.refusal === null && cursor.at < cursor.text.length && cursor.text[cursor.at] !== '"') {
    fail(cursor, 'syntax', 'not a string literal');
  }
  cursor.at += 1;
  let value = '';
  while (cursor.refusal === null) {
    value += readPlain(cursor);
    const character = cursor.text[cursor.at];
    cursor.at += 1;
    if (character === undefined) fail(cursor, 'truncated', 'no end of a string literal');
    else if (character === '"') return value;
    else if (character === '\\') value += readEscape(cursor);
    else value += checked(cursor, character.charCodeAt(0));
  }
  return value;
}

/** A run of characters that stand for themselves: printable ASCII but for quotes and backslashes. May be empty. */
function readPlain(cursor: Cursor): string {
  const start = cursor.at;
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at);
    if (!(code >= 32 && code < 127) || code === 34 || code === 92) return cursor.text.slice(start, cursor.at);
    cursor.at += 1;
  }
}

/** What stands after a backslash. Haskell 2010 report, section 2.6. */
function readEscape(cursor: Cursor): string {
  const rest = cursor.text.slice(cursor.at, cursor.at + 3);
  const first = rest[0] ?? '';
  if (first === '"' || first === '\\' || first === "'") return take(cursor, first);
  if (first === '&') return take(cursor, first, '');
  if (rest.startsWith('SP')) return take(cursor, 'SP', ' ');
  if (isSpace(first.charCodeAt(0))) return readGap(cursor);
  if (/^\d/.test(rest)) return readCode(cursor, /\d+/y, 10);
  if (/^[xX]/.test(rest)) return readCode(cursor, /[xX]([\da-fA-F]+)/y, 16);
  if (/^[oO]/.test(rest)) return readCode(cursor, /[oO]([0-7]+)/y, 8);
  const named = /^\^[@-_]/.test(rest) || rest === 'DEL' || controlNames.some((name) => rest.startsWith(name));
  if (named) fail(cursor, 'control-character', 'an escape for a control character');
  else fail(cursor, rest === '' ? 'truncated' : 'unknown-escape', 'an escape that is none');
  return '';
}

/** A backslash, white space, a backslash: nothing. */
function readGap(cursor: Cursor): string {
  skipSpace(cursor);
  if (cursor.text[cursor.at] !== '\\') fail(cursor, 'unknown-escape', 'a string gap without its second backslash');
  return take(cursor, '\\', '');
}

function readCode(cursor: Cursor, pattern: RegExp, base: 8 | 10 | 16): string {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text);
  if (found === null) {
    fail(cursor, 'unknown-escape', 'an escape without its digits');
    return '';
  }
  cursor.at += found[0].length;
  // A long row of digits becomes infinite here, and fails the range.
  return checked(cursor, Number.parseInt(found[1] ?? found[0], base));
}

/**
 * A character that may stand in a message. Control characters (category Cc) are what git-annex's listener ignores a
 * message for. Of surrogates only U+DC80 to U+DCFF stand for something, bytes that were not UTF-8; letting others through
 * would also make two of Haskell's characters one of ours, and so change the text that is signed.
 */
function checked(cursor: Cursor, code: number): string {
  if (code > 0x10ffff) fail(cursor, 'code-point', 'a number above U+10FFFF');
  else if (code < 32 || (code >= 127 && code < 160)) fail(cursor, 'control-character', 'a control character');
  else if (code >= 0xd800 && code < 0xe000 && (code < 0xdc80 || code > 0xdcff)) {
    fail(cursor, 'surrogate', 'a surrogate other than U+DC80 to U+DCFF');
  } else return String.fromCodePoint(code);
  return '';
}

function take(cursor: Cursor, text: string, value: string = text): string {
  cursor.at += text.length;
  return value;
}

// ------------------------------------------------------------------------------------------------------------ refusals

/** Notes a refusal, unless there is one. The text that came is not quoted: it is a stranger's. */
function fail(cursor: Cursor, rule: string, what: string): void {
  const at = Math.min(cursor.at, cursor.text.length);
  cursor.refusal ??= { fault: 'malformed', rule, detail: `${what}, at byte ${at} of ${cursor.text.length}` };
}

function tooLong(length: number): Refusal {
  const detail = `a datagram of ${length} B; at most ${readMax} B are read`;
  return { fault: 'malformed', rule: 'too-long', detail };
}
