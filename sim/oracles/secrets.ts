import { toHex, utf8 } from '../../protocol/bytes.ts';
import { amount } from '../amount.ts';
import type { CryptoCall } from '../crypto-log.ts';
import type { StepEvent } from '../events.ts';
import type { Subject } from '../subject.ts';
import { type Oracle, type Setting, verdictOf } from './oracle.ts';
import { watchSeals } from './seals.ts';
import { find, findOpen, type Known, noSecrets, put, searched, secretBytesMin } from './search.ts';

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
    const known = noSecrets();
    for (const phrase of phrasesOf(setting)) learnPhrase(known, phrase, setting.subject);
    const generators = new Set<string>();
    const misuse = watchSeals();
    const held = new Map<string, unknown[]>();
    const failures: string[] = [];
    let looked = 0;
    return {
      sees: {
        step(event) {
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
          const parts = held.get(host) ?? [];
          held.set(host, parts);
          const what = findOpen(state, parts, { known, place, record: false });
          if (what !== null) failures.push(`${host} has ${what} in its state, outside of secrets (${state.situation})`);
        },
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
  if (calls.length === 0 && input.type !== 'start' && input.type !== 'resumed') return;
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
