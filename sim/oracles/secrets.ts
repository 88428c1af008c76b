import { equalBytes, fromHex, utf8 } from '../../protocol/bytes.ts';
import type { PlainState } from '../../protocol/contract.ts';
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
  /** Which first two bytes secrets begin with: most places of a text are none by this alone. */
  readonly begins: Uint8Array;
  /** Texts without any, and how many secrets were known when they were searched: hosts say the same things again. */
  readonly clean: Map<string, number>;
  count: number;
}

/**
 * What is searched: every effect and every open state, for the phrases and for all that any host computed from them: the
 * core's calls of its suite are written down (crypto-log.ts). What a host's state shares with its state before is not
 * searched again.
 */
export const secrets: Oracle = {
  number: 8,
  name: 'secrets',
  claim:
    "Phrase and keys made of it appear nowhere outside of the state's secrets; the record alone holds what it needs; no key seals two texts under one nonce.",
  watch(setting) {
    const texts = phrasesOf(setting);
    const known: Known = { byHead: new Map(), begins: new Uint8Array(0x1_0000), clean: new Map(), count: 0 };
    for (const phrase of texts) learnPhrase(known, phrase, setting.subject);
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
        for (const effect of event.effects) {
          const what = find(effect, undefined, { known, texts, record: effect.type === 'store' });
          if (what !== null) failures.push(`${event.host} lets ${what} out in a ${effect.type}`);
        }
        const what = findOpen(event.state, before.get(event.host), { known, texts, record: false });
        before.set(event.host, event.state);
        if (what !== null)
          failures.push(`${event.host} has ${what} in its state, outside of secrets (${event.state.situation})`);
      },
      finish() {
        const count = [...known.byHead.values()].reduce((sum, list) => sum + list.length, texts.length);
        return verdictOf(looked, `steps, their effects and open states, searched for ${count} secrets`, failures);
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
    if (call.of === 'element') generators.add(call.element.join());
    else if (call.of === 'multiply') {
      add('a scalar', call.scalar);
      if (call.product !== null && !generators.has(call.element.join())) add('K', call.product);
    } else if (call.of === 'expand') learnExpanded(call, add);
  }
}

function learnExpanded(
  { key, info, value }: Extract<CryptoCall, { of: 'expand' }>,
  add: (what: string, bytes: Uint8Array, inRecord?: boolean) => void,
): void {
  const label = new TextDecoder().decode(info);
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
  known.begins[head >>> 16] = 1;
  known.count++;
}

function headOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

interface Search {
  readonly known: Known;
  readonly texts: readonly string[];
  readonly record: boolean;
}

/** In all of a state but its secrets, and but what it shares with the state before. */
function findOpen(state: PlainState, before: PlainState | undefined, search: Search): string | null {
  for (const name in state) {
    const found = name === 'secrets' ? null : find(partOf(state, name), partOf(before, name), search);
    if (found !== null) return found;
  }
  return null;
}

function partOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as { readonly [name: string]: unknown })[name]
    : undefined;
}

/** Name of the first secret that is anywhere in a plain value, or null. What it shares with `before` was searched. */
function find(value: unknown, before: unknown, search: Search): string | null {
  if (typeof value === 'string') return findInText(value, search);
  if (value === null || typeof value !== 'object' || value === before) return null;
  if (value instanceof Uint8Array) return findInBytes(value, search);
  if (Array.isArray(value)) return findInItems(value, Array.isArray(before) ? before : none, search);
  for (const name in value) {
    const found = find(partOf(value, name), partOf(before, name), search);
    if (found !== null) return found;
  }
  return null;
}

/** Where one was taken out, the others have moved. */
function findInItems(items: readonly unknown[], before: readonly unknown[], search: Search): string | null {
  const searched = before.length === 0 ? null : new Set(before);
  for (const [at, item] of items.entries()) {
    if (typeof item === 'object' && searched?.has(item) === true) continue;
    const found = find(item, before[at], search);
    if (found !== null) return found;
  }
  return null;
}

function findInText(text: string, search: Search): string | null {
  const { known, record } = search;
  if (text.length < secretBytesMin || known.clean.get(text) === known.count) return null;
  const found = readText(text, search);
  if (found === null && !record) known.clean.set(text, known.count);
  return found;
}

function readText(text: string, search: Search): string | null {
  if (search.texts.some((phrase) => text.includes(phrase))) return 'a phrase';
  const found = findInBytes(utf8(text), search);
  if (found !== null || text.length < 4 * secretBytesMin) return found;
  for (const [hex] of text.matchAll(/[0-9a-f]{24,}/g)) {
    const inHex = findInBytes(fromHex(hex.slice(0, hex.length & ~1)), search);
    if (inHex !== null) return `${inHex} in hex`;
  }
  return null;
}

function findInBytes(bytes: Uint8Array, { known, record }: Search): string | null {
  for (let at = 0; at + secretBytesMin <= bytes.length; at++) {
    if (known.begins[((bytes[at] as number) << 8) | (bytes[at + 1] as number)] === 0) continue;
    for (const secret of known.byHead.get(headOf(bytes, at)) ?? none) {
      if (record && secret.inRecord) continue;
      const part = bytes.subarray(at, at + secret.bytes.length);
      if (equalBytes(part, secret.bytes)) return secret.what;
    }
  }
  return null;
}

const none: readonly never[] = [];
