import { equalBytes, fromHex, toHex, utf8 } from '../../protocol/bytes.ts';
import type { PlainState } from '../../protocol/contract.ts';
import { amount } from '../amount.ts';
import type { CryptoCall } from '../crypto-log.ts';
import type { StepEvent } from '../events.ts';
import type { Subject } from '../subject.ts';
import { type Oracle, type Setting, verdictOf } from './oracle.ts';
import { watchSeals } from './seals.ts';

/** Shorter ones turn up by chance. */
const secretBytesMin = 6;

interface Secret {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** The record (and nothing else) may hold it. */
  readonly inRecord: boolean;
}

/** Secrets by their first four bytes, so that a search costs the same for one and for ten thousand. */
interface Known {
  readonly byHead: Map<number, Secret[]>;
  /** One bit for each mix of four bytes that secrets begin with: most places of a text are none by this alone. */
  readonly begins: Int32Array;
  /** Texts and long bytes in which none was found, and who said them or had them in his state. */
  readonly clean: Map<string | Uint8Array, Place>;
}

interface Place {
  readonly host: string;
  readonly where: string;
}

/** Ten thousand secrets leave most of them unset. */
const beginsBits = 1 << 19;

/** Bytes that are said again and again, a SHARE or a CONFIRM: shorter ones are searched sooner than remembered. */
const longBytes = 200;

/** So many are remembered; beyond that each is searched whenever it comes. */
const cleanMax = 50_000;

/**
 * What is searched: every effect and every open state, for the phrases and for all that any host computed from them: the
 * core's calls of its suite are written down (crypto-log.ts). Of a state it is what its host did not have before. Hosts say and
 * remember the same things again and again, so each is searched when it comes first, and once more when the run is over: for
 * what was known only later.
 */
export const secrets: Oracle = {
  number: 8,
  name: 'secrets',
  claim:
    "Phrase and keys made of it appear nowhere outside of the state's secrets; the record alone holds what it needs; no key seals two texts under one nonce.",
  watch(setting) {
    const known: Known = { byHead: new Map(), begins: new Int32Array(beginsBits >> 5), clean: new Map() };
    for (const phrase of phrasesOf(setting)) learnPhrase(known, phrase, setting.subject);
    const generators = new Set<string>();
    const misuse = watchSeals();
    const before = new Map<string, PlainState>();
    const failures: string[] = [];
    let looked = 0;
    return {
      see(event) {
        if (event.type !== 'step') return;
        looked++;
        learn(known, generators, event);
        const misused = misuse(event.calls);
        if (misused !== null) failures.push(`${event.host} ${misused}`);
        const { host, state } = event;
        for (const effect of event.effects) {
          const place = { host, where: effect.type };
          const what = find(effect, undefined, { known, place, record: effect.type === 'store' });
          if (what !== null) failures.push(`${host} lets ${what} out in a ${effect.type}`);
        }
        const place = { host, where: 'state' };
        const what = findOpen(state, before.get(host), { known, place, record: false });
        before.set(host, state);
        if (what !== null) failures.push(`${host} has ${what} in its state, outside of secrets (${state.situation})`);
      },
      finish() {
        for (const [value, { host, where }] of known.clean) {
          const what = searched(value, known, false);
          if (what !== null) failures.push(`${host} had ${what} in a ${where} before it was one`);
        }
        const count = [...known.byHead.values()].reduce((sum, list) => sum + list.length, 0);
        return verdictOf(
          looked,
          `steps, their effects and open states, searched for ${amount(count, 'secrets')}`,
          failures,
        );
      },
    };
  },
};

/** What is typed anywhere in the scenario, by honest people. */
function phrasesOf({ scenario }: Setting): readonly string[] {
  const phrases = new Set<string>();
  for (const { phrase } of scenario.hosts) if (phrase !== null) phrases.add(phrase);
  for (const { action } of scenario.script) {
    if ((action.does === 'types' || action.does === 'restart') && action.phrase !== null) phrases.add(action.phrase);
  }
  return [...phrases].filter((phrase) => utf8(phrase).length >= secretBytesMin);
}

function learnPhrase(known: Known, phrase: string, subject: Subject): void {
  const key = subject.phraseKey(phrase);
  const hex = [...key].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  put(known, { what: 'a phrase', bytes: utf8(phrase), inRecord: false });
  put(known, { what: "a phrase's key", bytes: key, inRecord: false });
  put(known, { what: "a phrase's key in hex", bytes: utf8(hex), inRecord: false });
}

function learn(known: Known, generators: Set<string>, { input, calls }: StepEvent): void {
  const add = (what: string, bytes: Uint8Array, inRecord = false): void => put(known, { what, bytes, inRecord });
  if (input.type === 'start' || input.type === 'resumed') add('entropy', input.entropy);
  for (const call of calls) {
    if (call.of === 'element') generators.add(toHex(call.element));
    else if (call.of === 'multiply') {
      add('a scalar', call.scalar);
      if (call.product !== null && !generators.has(toHex(call.element))) add('K', call.product);
    } else if (call.of === 'expand') learnExpanded(call, add);
  }
}

const text = new TextDecoder();

function learnExpanded(
  { key, info, value }: Extract<CryptoCall, { of: 'expand' }>,
  add: (what: string, bytes: Uint8Array, inRecord?: boolean) => void,
): void {
  const label = text.decode(info);
  // What says its name in the open is no key: a record's id.
  if (label.endsWith(' record')) return add('a pair key', key, true);
  // WHERE and HERE are sealed under keys of the pair key: these no record holds.
  if (/ (id|q|a) (lo|hi)$/.test(label)) {
    add('a pair key', key, true);
    return add(`a key (${label})`, value);
  }
  const durable = label.includes(' fin ') || label.endsWith(' pair');
  add('ISK', key);
  add(`a key (${label})`, value, durable);
}

function put(known: Known, secret: Secret): void {
  if (secret.bytes.length < secretBytesMin) return;
  const head = headOf(secret.bytes, 0);
  const list = known.byHead.get(head) ?? [];
  if (list.some(({ bytes }) => equalBytes(bytes, secret.bytes))) return;
  known.byHead.set(head, [...list, secret]);
  const bit = bitOf(head);
  known.begins[bit >> 5] = (known.begins[bit >> 5] as number) | (1 << (bit & 31));
}

function headOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

function bitOf(head: number): number {
  return Math.imul(head, 0x9e3779b1) >>> 13;
}

interface Search {
  readonly known: Known;
  readonly place: Place;
  readonly record: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : nothing;
}

/** In all of a state but its secrets, and but what it shares with the state before. */
function findOpen(state: PlainState, before: PlainState | undefined, search: Search): string | null {
  return state === before ? null : findInFields(fieldsOf(state), fieldsOf(before), 'secrets', search);
}

/** Name of the first secret that is anywhere in a plain value, or null. What it shares with `before` was searched. */
function find(value: unknown, before: unknown, search: Search): string | null {
  if (typeof value === 'string') return findOnce(value, search);
  if (typeof value !== 'object' || value === null) return null;
  if (value instanceof Uint8Array)
    return value.length < longBytes ? findInBytes(value, search.known, search.record) : findOnce(value, search);
  if (Array.isArray(value)) return findInItems(value, Array.isArray(before) ? before : none, search);
  return findInFields(fieldsOf(value), fieldsOf(before), '', search);
}

/** Most fields are what they were: those are passed over here, where it costs least. */
function findInFields(value: Fields, before: Fields, but: string, search: Search): string | null {
  for (const name in value) {
    const part = value[name];
    if (part === null || typeof part === 'number' || name === but) continue;
    const was = before[name];
    const found = part === was ? null : find(part, was, search);
    if (found !== null) return found;
  }
  return null;
}

/**
 * Tables have items put in, taken out, exchanged or brought to the end: what stands between is the same as it was, some places
 * further up or down. What is new is held against what stood in its place.
 */
function findInItems(items: readonly unknown[], before: readonly unknown[], search: Search): string | null {
  let at = 0;
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    const there = item === before[at] ? at : before.indexOf(item, at + 1);
    if (there >= 0) {
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

function searched(value: string | Uint8Array, known: Known, record: boolean): string | null {
  return typeof value === 'string' ? readText(value, known, record) : findInBytes(value, known, record);
}

function readText(text: string, known: Known, record: boolean): string | null {
  const found = findInBytes(utf8(text), known, record);
  if (found !== null || text.length < 4 * secretBytesMin) return found;
  for (const [hex] of text.matchAll(/[0-9a-f]{24,}/g)) {
    const inHex = findInBytes(fromHex(hex.slice(0, hex.length & ~1)), known, record);
    if (inHex !== null) return `${inHex} in hex`;
  }
  return null;
}

function findInBytes(bytes: Uint8Array, { begins, byHead }: Known, record: boolean): string | null {
  let head = headOf(bytes, 0);
  for (let at = 0; at + secretBytesMin <= bytes.length; at++) {
    const here = head;
    head = (head << 8) | (bytes[at + 4] as number);
    const bit = bitOf(here);
    if (((begins[bit >> 5] as number) & (1 << (bit & 31))) === 0) continue;
    for (const secret of byHead.get(here) ?? none) {
      if (record && secret.inRecord) continue;
      const part = bytes.subarray(at, at + secret.bytes.length);
      if (equalBytes(part, secret.bytes)) return secret.what;
    }
  }
  return null;
}

const none: readonly never[] = [];
const nothing: Fields = {};
