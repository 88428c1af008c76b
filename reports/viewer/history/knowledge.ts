/** What somebody who listens knows at a moment: what was heard, what stands in it for all to read, and what it is good for. */
import type { Json, Protocol } from '../../../protocol/contract.ts';
import { printable } from '../../../protocol/display.ts';
import { dictionary } from '../../../sim/adversaries/dictionary.ts';
import type { MakeTrial } from '../../../sim/adversaries/eavesdropper.ts';
import { annexTrial } from '../../../sim/adversaries/eavesdropper-annex.ts';
import { lp1Trial } from '../../../sim/adversaries/eavesdropper-lp1.ts';
import type { Datagram } from '../../../sim/wire.ts';
import { type Message, type RunHistory, saysOf } from './history.ts';
import { subjectOf } from './play.ts';

export interface Knowledge {
  /** `3 SHARE from alice`. */
  readonly heard: readonly { readonly kind: string; readonly from: string; readonly count: number }[];
  /** By field: the values seen, in the order in which they were first. */
  readonly fields: readonly { readonly field: string; readonly values: readonly string[]; readonly more: number }[];
  readonly messages: readonly Message[];
}

/** Messages read for their fields, and values kept of one field. */
const readMax = 4096;
const valuesMax = 6;

/** Of lane `lane`, when event `n` is over. */
export function knowledgeOf(history: RunHistory, lane: number, n: number, protocol: Protocol | null): Knowledge {
  const messages = history.messages.filter((one) => one.to === lane && one.arrivedUs !== null && one.n <= n);
  const counts = new Map<string, { kind: string; from: string; count: number }>();
  for (const { kind, from } of messages) {
    const name = history.lanes[from]?.name ?? '';
    const one = counts.get(`${kind} ${name}`) ?? { kind, from: name, count: 0 };
    one.count++;
    counts.set(`${kind} ${name}`, one);
  }
  return { heard: [...counts.values()], fields: fieldsOf(messages.slice(0, readMax), protocol), messages };
}

function fieldsOf(messages: readonly Message[], protocol: Protocol | null): Knowledge['fields'] {
  const seen = new Map<string, Set<string>>();
  const read = (path: string, value: Json): void => {
    if (value === null || value === '') return;
    if (typeof value !== 'object') {
      seen.set(path, (seen.get(path) ?? new Set()).add(printable(String(value), 80)));
      return;
    }
    const list = Array.isArray(value);
    for (const [key, one] of Object.entries(value) as [string, Json][]) read(list ? path : join(path, key), one);
  };
  for (const message of messages) read(message.kind, saysOf(message, protocol));
  return [...seen].map(([field, values]) => ({
    field,
    values: [...values].slice(0, valuesMax),
    more: Math.max(0, values.size - valuesMax),
  }));
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

export interface Guessing {
  /** What a guess can be compared with, in words; null: nothing. */
  readonly against: string | null;
  /** What confirms the phrase that somebody typed, once it is guessed; null: nothing does. */
  readonly confirms: string | null;
  readonly tries: number;
  /** The phrase that a small dictionary found. */
  readonly found: string | null;
}

const trials: { readonly [protocol: string]: MakeTrial } = { annex: annexTrial, lp1: lp1Trial };

/** What is compared with guesses: as much as is read for its fields. */
export function recordingOf({ messages }: Knowledge): readonly Datagram[] {
  return messages.flatMap(({ datagram }) => datagram ?? []).slice(0, readMax);
}

/** Null: the conversation knows no phrase. `typed`: phrases of honest people. It may take a second. */
export function guessing(recording: readonly Datagram[], protocol: string, typed: readonly string[]): Guessing | null {
  const make = trials[protocol];
  if (make === undefined) return null;
  const trial = make(recording, subjectOf(protocol).suite);
  if (trial.heard === null) return { against: null, confirms: null, tries: 0, found: null };
  const confirms = typed.map((phrase) => trial.confirms(phrase)).find((by) => by !== null) ?? null;
  let tries = 0;
  for (const guess of dictionary()) {
    tries++;
    if (trial.confirms(guess) !== null) return { against: trial.heard, confirms, tries, found: guess };
  }
  return { against: trial.heard, confirms, tries, found: null };
}
