/** Feeds a recording through the core and compares: the same effects from every step, or the first line where they differ. */
import type { Effect, PlainState, Protocol } from '../contract.ts';
import type { Observer } from '../driver.ts';
import { makeDouble, type Played } from './double.ts';
import { encode, type Step } from './format.ts';
import { readHead, readStep } from './read.ts';

export type Verdict =
  /** Every effect of every step came again. */
  | { readonly verdict: 'equal'; readonly steps: number; readonly end: 'closed' | 'full' }
  /** So did these; then the file ends without a last line. */
  | { readonly verdict: 'cutOff'; readonly steps: number; readonly line: number; readonly why: string }
  /** `program`: who wrote the file, as it says. */
  | {
      readonly verdict: 'different';
      readonly steps: number;
      readonly line: number;
      readonly why: string;
      readonly program: string;
    }
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
  const stop = <V extends 'cutOff' | 'unreadable'>(
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
  let double = makeDouble(protocol);
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
    const begins = read.value.input.type === 'start';
    // Who serves begins anew whenever it has stepped aside; a pairing begins once.
    const isAnew = begins && index > 1 && head.value.protocol === livesAgain;
    if ((index === 1) !== begins && !isAnew) return stop('unreadable', number, startOnce);
    if (isAnew) double = makeDouble(protocol);
    const played = double(read.value.input, read.value.answers);
    const otherwise = typeof played === 'string' ? played : difference(read.value, played);
    if (otherwise !== null || typeof played === 'string')
      return { verdict: 'different', steps, line: number, why: otherwise ?? '', program: head.value.program };
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

/** The protocol of which one recording may hold several runs, one after the other. */
const livesAgain = 'locate';
const startOnce = 'start is the first input, and comes once';

function difference(recorded: Step, now: Played): string | null {
  const length = Math.max(recorded.effects.length, now.effects.length);
  for (let i = 0; i < length; i++) {
    const [then, here] = [recorded.effects[i], now.effects[i]];
    if (encode(then ?? null) === encode(here ?? null)) continue;
    return `effect ${i + 1} was ${effectText(then)}, and is ${effectText(here)}`;
  }
  const cells = [recorded.cell, now.cell].map(({ situation, event }) => `${event} in ${situation}`);
  if (cells[0] !== cells[1]) return `it was ${cells[0] ?? ''}, and is ${cells[1] ?? ''}`;
  return null;
}

/** Data of others: whoever shows it makes it printable. */
function effectText(effect: Effect | undefined): string {
  return effect === undefined ? 'none' : encode(effect);
}
