import { utf8 } from '../../protocol/bytes.ts';
import type { Subject } from '../subject.ts';
import { type Oracle, type Setting, verdictOf } from './oracle.ts';

/** Shorter ones turn up by chance. */
const secretBytesMin = 6;

interface Secret {
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly text: string;
}

export const secrets: Oracle = {
  number: 8,
  name: 'secrets',
  claim: "Phrase and keys made of it appear nowhere outside of the state's secrets.",
  watch(setting) {
    const known = secretsOf(setting);
    const failures: string[] = [];
    let looked = 0;
    return {
      see(event) {
        if (event.type !== 'step') return;
        looked++;
        for (const effect of event.effects) {
          const what = holds(effect, known);
          if (what !== null) failures.push(`${event.host} lets ${what} out in a ${effect.type}`);
        }
        const { secrets: _, ...open } = event.state;
        const what = holds(open, known);
        if (what !== null)
          failures.push(`${event.host} has ${what} in its state, outside of secrets (${event.state.situation})`);
      },
      finish: () =>
        verdictOf(looked, `steps, their effects and open states, searched for ${known.length} secrets`, failures),
    };
  },
};

/** What is typed anywhere in the scenario, by honest people, and what the protocol makes of it. */
function secretsOf({ scenario, subject }: Setting): readonly Secret[] {
  const phrases = new Set<string>();
  for (const { phrase } of scenario.hosts) if (phrase !== null) phrases.add(phrase);
  for (const { action } of scenario.script) {
    if ((action.does === 'types' || action.does === 'restart') && action.phrase !== null) phrases.add(action.phrase);
  }
  return [...phrases]
    .flatMap((phrase) => secretsOfPhrase(phrase, subject))
    .filter(({ bytes }) => bytes.length >= secretBytesMin);
}

function secretsOfPhrase(phrase: string, subject: Subject): Secret[] {
  const key = subject.phraseKey(phrase);
  const hex = [...key].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [
    { what: 'a phrase', bytes: utf8(phrase), text: phrase },
    { what: "a phrase's key", bytes: key, text: String.fromCharCode(...key.slice(0, 1024)) },
    { what: "a phrase's key in hex", bytes: utf8(hex), text: hex },
  ];
}

/** Name of the first secret that is anywhere in a plain value, or null. */
function holds(value: unknown, known: readonly Secret[]): string | null {
  if (typeof value === 'string') {
    if (value.length < secretBytesMin) return null;
    return known.find(({ text }) => value.includes(text))?.what ?? null;
  }
  if (value === null || typeof value !== 'object') return null;
  if (value instanceof Uint8Array) return known.find(({ bytes }) => includes(value, bytes))?.what ?? null;
  for (const part of Object.values(value)) {
    const found = holds(part, known);
    if (found !== null) return found;
  }
  return null;
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  const first = part[0];
  if (first === undefined) return false;
  const last = bytes.length - part.length;
  for (let at = bytes.indexOf(first); at !== -1 && at <= last; at = bytes.indexOf(first, at + 1)) {
    let i = 1;
    while (i < part.length && bytes[at + i] === part[i]) i++;
    if (i === part.length) return true;
  }
  return false;
}
