/** Looks for secrets in whatever a host says or has in its state: in bytes, in text, and in hex within a text. */
import { equalBytes, fromHex, utf8 } from '../../protocol/bytes.ts';
import type { PlainState } from '../../protocol/contract.ts';

/** Shorter ones turn up by chance. */
export const secretBytesMin = 6;

export interface Secret {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** The record (and nothing else) may hold it. */
  readonly inRecord: boolean;
}

/** Secrets by their first four bytes, so that a search costs the same for one and for ten thousand. */
export interface Known {
  readonly byHead: Map<number, Secret[]>;
  /** Two bits for each such head, of two mixes of it: hardly any other place of a text has both. */
  readonly heads: Int32Array;
  /** Texts and long bytes in which none was found, and who said them or had them in his state. */
  readonly clean: Map<string | Uint8Array, Place>;
}

export interface Place {
  readonly host: string;
  readonly where: string;
}

export interface Search {
  readonly known: Known;
  readonly place: Place;
  readonly record: boolean;
}

/** Ten thousand secrets leave most of them unset. */
const headBits = 19;

/** Bytes that are said again and again, a SHARE or a CONFIRM: shorter ones are searched sooner than remembered. */
const longBytes = 200;

/** So many are remembered; beyond that each is searched whenever it comes. */
const cleanMax = 50_000;

export function noSecrets(): Known {
  return { byHead: new Map(), heads: new Int32Array((1 << headBits) >> 5), clean: new Map() };
}

export function put({ byHead, heads }: Known, secret: Secret): void {
  if (secret.bytes.length < secretBytesMin) return;
  const head = headOf(secret.bytes);
  const list = byHead.get(head) ?? [];
  if (list.some(({ bytes }) => equalBytes(bytes, secret.bytes))) return;
  byHead.set(head, [...list, secret]);
  for (const bit of [bitOf(head), otherBitOf(head)]) heads[bit >> 5] = (heads[bit >> 5] as number) | (1 << (bit & 31));
}

function headOf(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) << 24) | ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
}

function bitOf(head: number): number {
  return Math.imul(head, 0x9e3779b1) >>> (32 - headBits);
}

function otherBitOf(head: number): number {
  return Math.imul(head, 0x85ebca6b) >>> (32 - headBits);
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * In all of a state but its secrets, and but what `parts` has: what its host's last state held, in the order of its fields, which becomes
 * what this one holds. Whatever stood in another place is searched again.
 */
export function findOpen(state: PlainState, parts: unknown[], search: Search): string | null {
  let found: string | null = null;
  let place = 0;
  for (const name in state) {
    const at = place++;
    // Never among the parts: those were searched.
    if (name === 'secrets') continue;
    const part = (state as unknown as Fields)[name];
    const was = parts[at];
    if (part === was) continue;
    parts[at] = part;
    found ??= find(part, was, search);
  }
  return found;
}

/** Name of the first secret that is anywhere in a plain value, or null. What it shares with `before` was searched. */
export function find(value: unknown, before: unknown, search: Search): string | null {
  if (typeof value === 'string') return findOnce(value, search);
  if (typeof value !== 'object' || value === null) return null;
  if (value instanceof Uint8Array)
    return value.length < longBytes ? findInBytes(value, search.known, search.record) : findOnce(value, search);
  if (Array.isArray(value)) return findInItems(value, Array.isArray(before) ? before : none, search);
  const fields = typeof before === 'object' && before !== null ? (before as Fields) : null;
  return findInFields(value as Fields, fields, search);
}

/** Most fields of what stood in the same place are what they were. */
function findInFields(value: Fields, before: Fields | null, search: Search): string | null {
  for (const name in value) {
    const part = value[name];
    if (part === null || typeof part === 'number') continue;
    const was = before === null ? undefined : before[name];
    const found = part === was ? null : find(part, was, search);
    if (found !== null) return found;
  }
  return null;
}

/**
 * Tables have items put in, taken out, exchanged or brought to the end: what stands before and behind is the same as it was, and what
 * stands between as well, some places further up or down. What is new is held against what stood in its place.
 */
function findInItems(items: readonly unknown[], before: readonly unknown[], search: Search): string | null {
  let end = items.length;
  let endBefore = before.length;
  for (; end > 0 && endBefore > 0 && items[end - 1] === before[endBefore - 1]; end--) endBefore--;
  let at = 0;
  for (let index = 0; index < end; index++) {
    const item = items[index];
    let there = at;
    while (there < endBefore && before[there] !== item) there++;
    if (there < endBefore) {
      at = there + 1;
      continue;
    }
    const found = find(item, before[at], search);
    if (found !== null) return found;
    // One that was put in stands before what comes next.
    if (items[index + 1] !== before[at]) at++;
  }
  return null;
}

function findOnce(value: string | Uint8Array, { known, place, record }: Search): string | null {
  if (value.length < secretBytesMin || known.clean.has(value)) return null;
  const found = searched(value, known, record);
  if (found === null && !record && known.clean.size < cleanMax) known.clean.set(value, place);
  return found;
}

/** As `find`, for a text or bytes, whether they were searched before or not. */
export function searched(value: string | Uint8Array, known: Known, record: boolean): string | null {
  return typeof value === 'string' ? readText(value, known, record) : findInBytes(value, known, record);
}

const hexDigits = /[0-9a-f]{24,}/g;

function readText(text: string, known: Known, record: boolean): string | null {
  const found = findInBytes(bytesOf(text), known, record);
  if (found !== null || text.length < 4 * secretBytesMin) return found;
  hexDigits.lastIndex = 0;
  for (let match = hexDigits.exec(text); match !== null; match = hexDigits.exec(text)) {
    const [hex] = match;
    const inHex = findInBytes(fromHex(hex.slice(0, hex.length & ~1)), known, record);
    if (inHex !== null) return `${inHex} in hex`;
  }
  return null;
}

/** Short texts are all written here, one after the other: memory of its own for each costs more than its search. */
const page = new Uint8Array(1024);

/** In UTF-8; good until the next call. */
function bytesOf(text: string): Uint8Array {
  if (text.length > page.length) return utf8(text);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return utf8(text);
    page[i] = unit;
  }
  return page.subarray(0, text.length);
}

function findInBytes(bytes: Uint8Array, known: Known, record: boolean): string | null {
  const { heads } = known;
  let head = headOf(bytes);
  for (let at = 0; at + secretBytesMin <= bytes.length; at++) {
    const here = head;
    head = (head << 8) | (bytes[at + 4] as number);
    const bit = bitOf(here);
    if (((heads[bit >> 5] as number) & (1 << (bit & 31))) === 0) continue;
    const other = otherBitOf(here);
    if (((heads[other >> 5] as number) & (1 << (other & 31))) === 0) continue;
    const found = secretAt(bytes, at, known.byHead.get(here) ?? none, record);
    if (found !== null) return found;
  }
  return null;
}

function secretAt(bytes: Uint8Array, at: number, secrets: readonly Secret[], record: boolean): string | null {
  for (const secret of secrets) {
    if (record && secret.inRecord) continue;
    const part = bytes.subarray(at, at + secret.bytes.length);
    if (equalBytes(part, secret.bytes)) return secret.what;
  }
  return null;
}

const none: readonly never[] = [];
