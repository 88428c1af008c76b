/**
 * Lines for a person: what happened stays, above one bottom line that changes (elapsed time, or a prompt). Without a
 * terminal there is no bottom line and no colour, only one line for each event.
 */
import type { ReadStream, WriteStream } from 'node:tty';
import { printable } from '../protocol/display.ts';

export interface Screen {
  readonly isLive: boolean;
  /** How wide a line may be now; without a terminal as wide as it likes. */
  readonly columns: number;
  line(text: string): void;
  /** What the bottom line says from now on; called again every second. Null: none. */
  bottom(render: (() => string) | null): void;
  strong(text: string): string;
  close(): void;
}

export function makeScreen(out: NodeJS.WriteStream | WriteStream, environment: NodeJS.ProcessEnv): Screen {
  const isLive = out.isTTY === true && environment['TERM'] !== 'dumb';
  const hasColour = isLive && (environment['NO_COLOR'] ?? '') === '';
  let render: (() => string) | null = null;
  const clear = isLive ? '\r\u001b[2K' : '';
  const draw = (): void => {
    if (isLive && render !== null) out.write(`${clear}${tailOf(render(), columnsOf(out) - 1)}`);
  };
  const timer = isLive ? setInterval(draw, 1000) : null;
  timer?.unref();
  return {
    isLive,
    get columns(): number {
      return isLive ? columnsOf(out) : Number.POSITIVE_INFINITY;
    },
    line(text): void {
      const fitting = isLive ? folded(text, columnsOf(out)) : text;
      out.write(`${render === null ? '' : clear}${fitting}\n`);
      draw();
    },
    bottom(next): void {
      if (render !== null) out.write(clear);
      render = next;
      draw();
    },
    strong: (text) => (hasColour ? `\u001b[1m${text}\u001b[22m` : text),
    close(): void {
      if (timer !== null) clearInterval(timer);
      if (render !== null) out.write(clear);
      render = null;
    },
  };
}

/** A terminal that does not know its width (0, on some serial lines) has what most have. */
function columnsOf(out: NodeJS.WriteStream | WriteStream): number {
  return out.columns > 0 ? out.columns : 80;
}

/**
 * Broken between words where the terminal would break it anywhere, and continued under its beginning. What is copied as it
 * stands, a command, and rows of a table stay whole.
 */
export function folded(text: string, columns: number): string {
  if (/git clone |: export |Next: sudo |\S {3,}\S/.test(text)) return text;
  const [start = ''] = /^ *(?:\d+:\d\d {2}|\d+\. )?/.exec(text) ?? [];
  const indent = ' '.repeat(start.length);
  const lines: string[] = [];
  let line = start;
  for (const [piece] of text.slice(start.length).matchAll(/ *[^ ]+/g)) {
    const fits = widthOf(line) + widthOf(piece) <= columns || line.trim() === '' || line === start;
    if (fits) line += piece;
    else {
      lines.push(line);
      line = indent + piece.trimStart();
    }
  }
  return [...lines, line].join('\n');
}

function widthOf(text: string): number {
  return Array.from(text.replace(colour, '')).length;
}

const colour = new RegExp(`${String.fromCharCode(0x1b)}\\[\\d+m`, 'g');

/** The end of what is too long for one line, which could not be redrawn. */
function tailOf(text: string, columns: number): string {
  const characters = Array.from(text);
  return characters.length <= columns ? text : `…${characters.slice(1 - columns).join('')}`;
}

/** Cursor keys and the like: ESC, then `[`, parameters and one final letter, or one character. */
const escapeSequence = new RegExp(`${String.fromCharCode(0x1b)}(?:\\[[0-?]*[ -/]*[@-~]|.)?`, 'g');

/** Longest answer that is kept, in UTF-16 units. */
const answerMax = 1024;

export interface Question {
  readonly prompt: string;
  readonly isHidden: boolean;
  readonly onInterrupt: () => void;
}

/** One line typed at a terminal. Hidden: nothing of it is ever shown, nor is it in any history. Null: closed (Ctrl-D). */
export function ask(
  screen: Screen,
  input: ReadStream,
  question: Question,
): { answer: Promise<string | null>; close(): void } {
  let typed = '';
  let finish: (answer: string | null) => void = () => undefined;
  const onData = (chunk: string): void => {
    for (const character of chunk.replace(escapeSequence, '')) {
      if (character === '\u0003') return question.onInterrupt();
      if (character === '\r' || character === '\n') return finish(typed);
      if (character === '\u0004') return finish(typed === '' ? null : typed);
      if (character === '\u007f' || character === '\b') typed = Array.from(typed).slice(0, -1).join('');
      else if (character === '\u0015') typed = '';
      else if (character >= ' ' && typed.length < answerMax) typed += character;
    }
    if (!question.isHidden) screen.bottom(shown);
  };
  const shown = (): string => question.prompt + (question.isHidden ? '' : printable(typed, answerMax));
  const close = (): void => {
    input.off('data', onData);
    if (input.isTTY) input.setRawMode(false);
    input.pause();
    typed = '';
  };
  const answer = new Promise<string | null>((resolve) => {
    finish = (text) => {
      close();
      screen.bottom(null);
      resolve(text);
    };
  });
  input.setEncoding('utf8');
  input.setRawMode(true);
  input.on('data', onData);
  input.resume();
  screen.bottom(shown);
  return { answer, close };
}

/** Single keys, while nothing is asked. */
export function watchKeys(
  input: ReadStream,
  { onKey, onInterrupt }: { readonly onKey: (key: string) => void; readonly onInterrupt: () => void },
): { close(): void } {
  const onData = (chunk: string): void => {
    for (const character of chunk.replace(escapeSequence, '')) {
      if (character === '\u0003') onInterrupt();
      else onKey(character);
    }
  };
  input.setEncoding('utf8');
  input.setRawMode(true);
  input.on('data', onData);
  input.resume();
  return {
    close(): void {
      input.off('data', onData);
      if (input.isTTY) input.setRawMode(false);
      input.pause();
    },
  };
}
