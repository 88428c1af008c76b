/** What keeps secrets out of a recording: for each protocol a way to tell the same run with other secrets. */
import type { Cell, Effect, Input, Outcome } from '../contract.ts';
import type { Answer } from './format.ts';
import type { Call } from './suites.ts';

/** One step as it was. Everything in it may be secret. */
export interface Real {
  readonly input: Input;
  readonly effects: readonly Effect[];
  readonly cell: Cell;
}

/** Called for each step in this order: its input, its answers as they came, its effects. */
export interface Disguise {
  /** What was replaced, and what was not: in the head of the file. */
  readonly about: string;
  readonly input: (input: Input) => Input;
  readonly answer: (call: Call) => Answer;
  /** What the file says that came of it. Throws where that would not be the same run. */
  readonly effects: (
    real: Real,
    told: { readonly input: Input; readonly answers: readonly Answer[] },
  ) => readonly Effect[];
}

export function withoutReason(outcome: Outcome): Outcome {
  return outcome.ok ? outcome : { ...outcome, reason: shortReason(outcome.reason) };
}

/** Its error code, as in `ENOSPC`, if it has one. */
function shortReason(reason: string): string {
  return /\bE[A-Z0-9]{2,}\b/.exec(reason)?.[0] ?? 'a reason that is not in this file';
}

/** The reason itself, or what the core put before it. */
export function withoutReasons(effects: readonly Effect[], because: Input): readonly Effect[] {
  if (because.type !== 'outcome' || because.outcome.ok || because.outcome.reason === '') return effects;
  const { reason } = because.outcome;
  const short = (text: string): string =>
    text === reason || text.endsWith(`: ${reason}`) ? text.slice(0, -reason.length) + shortReason(reason) : text;
  return mapped(effects, short, (bytes) => bytes) as readonly Effect[];
}

export function mapped(
  value: unknown,
  text: (plain: string) => string,
  bytes: (plain: Uint8Array) => Uint8Array,
): unknown {
  if (typeof value === 'string') return text(value);
  if (value instanceof Uint8Array) return bytes(value);
  if (Array.isArray(value)) return value.map((part: unknown) => mapped(part, text, bytes));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]: [string, unknown]) => [name, mapped(part, text, bytes)]),
  );
}
