/** Feeds a recording through the core and compares: the same effects from every step, or the first line where they differ. */
import type { Effect, PlainState, Protocol } from '../contract.ts';
import { drive, type Observer, type Ports } from '../driver.ts';
import { type Answer, encode, type Step } from './format.ts';
import { readHead, readStep } from './read.ts';
import { OtherCall, playingSuite } from './suites.ts';

export type Verdict =
  /** Every effect of every step came again. */
  | { readonly verdict: 'equal'; readonly steps: number; readonly end: 'closed' | 'full' }
  /** So did these; then the file ends without a last line. */
  | { readonly verdict: 'cutOff'; readonly steps: number; readonly line: number; readonly why: string }
  | { readonly verdict: 'different'; readonly steps: number; readonly line: number; readonly why: string }
  /** The file is at fault, not the core. */
  | { readonly verdict: 'unreadable'; readonly steps: number; readonly line: number; readonly why: string };

export interface ReplayOptions {
  /** The lines of the file; the last one is empty where the file ends with an end of line. */
  readonly lines: readonly string[];
  /** The protocol of that name, or null. */
  readonly protocol: (name: string) => Protocol | null;
  /** Called with every step that came out equal, and the time in ms that the recording gives it. */
  readonly observe?: (step: Parameters<Observer<PlainState>>[0], atMs: number) => void;
}

export function replay({ lines, protocol: named, observe }: ReplayOptions): Verdict {
  let steps = 0;
  const stop = <V extends 'cutOff' | 'different' | 'unreadable'>(
    verdict: V,
    line: number,
    why: string,
  ): { readonly verdict: V; readonly steps: number; readonly line: number; readonly why: string } => ({
    verdict,
    steps,
    line,
    why,
  });
  const head = readHead(lines[0] ?? '');
  if (!head.ok) return stop('unreadable', 1, head.why);
  const protocol = named(head.value.protocol);
  if (protocol === null) return stop('unreadable', 1, `nobody here knows the conversation ${head.value.protocol}`);
  const player = makePlayer(protocol);
  // What follows the last end of line is no line, unless something was being written there.
  const whole = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  for (const [index, line] of whole.entries()) {
    if (index === 0) continue;
    const number = index + 1;
    const read = readStep(line);
    if (!read.ok)
      return stop(number === whole.length && lines.at(-1) !== '' ? 'cutOff' : 'unreadable', number, read.why);
    if ('end' in read.value)
      return (
        ended(read.value, { steps, number, last: whole.length }) ?? { verdict: 'equal', steps, end: read.value.end }
      );
    if ((index === 1) !== (read.value.input.type === 'start'))
      return stop('unreadable', number, 'start is the first input, and comes once');
    const played = player(read.value);
    if (typeof played === 'string') return stop('different', number, played);
    steps++;
    observe?.(played, read.value.atMs);
  }
  return stop('cutOff', whole.length, 'there is no last line: lanpair was ended before it could write one');

  function ended(
    end: { readonly steps: number },
    at: { readonly steps: number; readonly number: number; readonly last: number },
  ): Verdict | null {
    if (end.steps !== at.steps)
      return stop('unreadable', at.number, `the recording had ${end.steps} steps, and ${at.steps} are here`);
    return at.number === at.last ? null : stop('unreadable', at.number + 1, 'something follows the last line');
  }
}

type Played = Parameters<Observer<PlainState>>[0];

/** Answers with the step as it came out, or with what is different. */
function makePlayer(protocol: Protocol): (step: Step) => Played | string {
  let waiting: Answer[] = [];
  let seen: Played | null = null;
  const driver = drive({
    protocol,
    suite: playingSuite('recorded', () => waiting.shift()),
    ports: nowhere,
    observe: (step) => {
      seen = step;
    },
  });
  return (step) => {
    waiting = [...step.answers];
    seen = null;
    try {
      driver.input(step.input);
    } catch (thrown) {
      const text = thrown instanceof Error ? thrown.message : String(thrown);
      return thrown instanceof OtherCall ? text : `the core throws: ${text}`;
    }
    const now = seen as Played | null;
    return now === null ? 'the core took no step' : (difference(step, now, waiting) ?? now);
  };
}

function difference(recorded: Step, now: Played, unasked: readonly Answer[]): string | null {
  const length = Math.max(recorded.effects.length, now.effects.length);
  for (let i = 0; i < length; i++) {
    const [then, here] = [recorded.effects[i], now.effects[i]];
    if (encode(then ?? null) === encode(here ?? null)) continue;
    return `effect ${i + 1} was ${effectText(then)}, and is ${effectText(here)}`;
  }
  const cells = [recorded.cell, now.cell].map(({ situation, event }) => `${event} in ${situation}`);
  if (cells[0] !== cells[1]) return `it was ${cells[0] ?? ''}, and is ${cells[1] ?? ''}`;
  if (unasked.length > 0) return `the core asks the suite ${unasked.length} times less`;
  return null;
}

/** Data of others: whoever shows it makes it printable. */
function effectText(effect: Effect | undefined): string {
  return effect === undefined ? 'none' : encode(effect);
}

/** Nothing happens in a replay: what became of each effect is an input of the recording. */
const nowhere: Ports = {
  send: () => undefined,
  setTimer: () => undefined,
  cancelTimer: () => undefined,
  store: () => undefined,
  discard: () => undefined,
  provision: () => undefined,
  unprovision: () => undefined,
  sign: () => undefined,
  lookup: () => undefined,
  notify: () => undefined,
};
