/**
 * The wire text of a message, as Haskell's derived `Show` of git-annex 10.20230126 prints it: canonical, so equal values
 * are equal bytes. Only this spelling is ever sent or signed.
 */
import { ipv4ToWireInteger, ipv6ToWords } from '../address.ts';
import { utf8 } from '../bytes.ts';
import { Misuse } from '../contract.ts';
import type { Body, Message } from './message.ts';

/**
 * Longest datagram that git-annex reads, in bytes. It reads 1024 at a time: one of 1024 is held back and joined to the
 * next, a longer one is cut, and both are lost. Whoever sends checks this; `write` writes longer ones too (a git-annex
 * with a long directory name does send them).
 */
export const datagramMax = 1023;

/** The names of the control characters U+0000 to U+001F in Haskell's escapes. The reader has them from here. */
export const controlNames: readonly string[] = (
  'NUL SOH STX ETX EOT ENQ ACK a b t n v f r SO SI ' + 'DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'
).split(' ');

/** The datagram of a message: ASCII. Throws Misuse where `bodyText` does. */
export function write(message: Message): Uint8Array {
  return utf8(writeText(message));
}

/** The same as text. */
export function writeText(message: Message): string {
  const digest = literal(message.digest);
  return `PairMsg (Verifiable {verifiableVal = ${bodyText(message)}, verifiableDigest = ${digest}})`;
}

/**
 * The canonical text of a body: exactly what the digest covers. Throws Misuse on an address that is none, or has a zone:
 * the wire has no place for it.
 */
export function bodyText(body: Body): string {
  const { remoteHostName, remoteUserName, remoteDirectory, remoteSshPubKey, pairUUID } = body.data;
  const fields = [
    `remoteHostName = ${remoteHostName === null ? 'Nothing' : `Just ${literal(remoteHostName)}`}`,
    `remoteUserName = ${literal(remoteUserName)}`,
    `remoteDirectory = ${literal(remoteDirectory)}`,
    `remoteSshPubKey = ${literal(remoteSshPubKey)}`,
    `pairUUID = ${pairUUID === null ? 'NoUUID' : `UUID ${literal(pairUUID)}`}`,
  ];
  return `(${body.stage},PairData {${fields.join(', ')}},${addressText(body.address)})`;
}

function addressText(address: string): string {
  const ipv4 = ipv4ToWireInteger(address);
  if (ipv4 !== null) return `IPv4Addr ${ipv4}`;
  const words = ipv6ToWords(address);
  if (words !== null) return `IPv6Addr (${words.join(',')})`;
  throw new Misuse(`annex sends an IPv4 address, or an IPv6 address without a zone; this is neither: ${address}`);
}

/**
 * A string literal as Haskell shows it: escapes in decimal, whole code points, lone surrogates as themselves. `\&` (the
 * empty string) keeps a decimal escape from a following digit, and `\SO` from a following H.
 */
function literal(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  let out = '"';
  let last = '';
  for (const character of text) {
    const escaped = escape(character);
    if (/^\\\d/.test(last) && /^\d/.test(escaped)) out += '\\&';
    else if (last === '\\SO' && escaped === 'H') out += '\\&';
    out += escaped;
    last = escaped;
  }
  return `${out}"`;
}

/** Printable ASCII without quotes and backslashes: what nearly every text of ours is, and what needs no escape. */
const plain = /^[ !#-[\]-~]*$/;

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '"' || character === '\\') return `\\${character}`;
  if (code < 32) return `\\${controlNames[code] ?? ''}`;
  if (code < 127) return character;
  return code === 127 ? '\\DEL' : `\\${code}`;
}
