/** What a page has done for it beside it: tasks and what is told of them, as plain data that passes between two threads. */
import type { PlainState } from '../../../protocol/contract.ts';
import type { Datagram } from '../../../sim/wire.ts';
import type { Message, Moment, RunHistory } from '../history/history.ts';
import { type Guessing, guessing } from '../history/knowledge.ts';
import { type Judged, judged, type Order, type Played, play, type States, type WhichRun } from '../history/play.ts';
import { fileMax, type Read, readTrace } from '../history/saved.ts';

export type Task =
  | { readonly does: 'play'; readonly text: string; readonly order: Order }
  /** The states after these moments of a run that was played; it is played again if it was not the last one. */
  | { readonly does: 'states'; readonly text: string; readonly order: Order; readonly of: readonly number[] }
  | { readonly does: 'judge'; readonly which: WhichRun }
  | {
      readonly does: 'guess';
      readonly recording: readonly Datagram[];
      readonly protocol: string;
      /** Phrases of honest people. */
      readonly typed: readonly string[];
    }
  | { readonly does: 'read'; readonly file: File };

/** What comes of each task. */
export interface Answers {
  readonly play: Played;
  readonly states: States;
  readonly judge: Judged;
  readonly guess: Guessing | null;
  readonly read: Read;
}

/** How far a run is. */
export interface Progress {
  readonly events: number;
  /** Virtual time. */
  readonly atUs: number;
}

/** Parts of a long history come one by one, so that none holds the page up; then the answer, without them. */
export type Told =
  | { readonly progress: Progress }
  | { readonly moments: readonly Moment[] }
  | { readonly messages: readonly Message[] }
  | { readonly answer: Answers[keyof Answers] }
  | { readonly threw: string };

type Tell = (told: Told) => void;

/** Moments or messages handed over at once: some milliseconds of the page. */
const partSize = 1000;

export async function perform(task: Task, tell: Tell): Promise<void> {
  try {
    tell({ answer: withoutParts(await answerOf(task, tell), tell) });
  } catch (error) {
    tell({ threw: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

async function answerOf(task: Task, tell: Tell): Promise<Answers[keyof Answers]> {
  switch (task.does) {
    case 'play':
      return playing(task, tell);
    case 'states': {
      if (last?.run !== runOf(task)) playing(task, tell);
      return new Map(task.of.flatMap((index) => entryOf(last?.states, index)));
    }
    case 'judge':
      return judged(task.which);
    case 'guess':
      return guessing(task.recording, task.protocol, task.typed);
    case 'read':
      return await read(task.file);
  }
}

/** The states of the run that was played last. */
let last: { readonly run: string; readonly states: States } | null = null;

function playing({ text, order }: Pick<Extract<Task, { does: 'play' }>, 'text' | 'order'>, tell: Tell): Played {
  last = null;
  const { states, ...played } = play(text, order, (events, atUs) => tell({ progress: { events, atUs } }));
  last = { run: runOf({ text, order }), states };
  return played;
}

function runOf({ text, order }: Pick<Extract<Task, { does: 'play' }>, 'text' | 'order'>): string {
  return `${JSON.stringify(order)} ${text}`;
}

function entryOf(states: States | undefined, index: number): readonly (readonly [number, PlainState])[] {
  const state = states?.get(index);
  return state === undefined ? [] : [[index, state]];
}

async function read(file: File): Promise<Read> {
  // One character is at most four bytes; a longer file is not even read.
  if (file.size > 4 * fileMax) return { ok: false, why: 'This file is too long for a trace.' };
  const text = await file.text().catch(() => null);
  return text === null ? { ok: false, why: 'This file cannot be read. Is it still there?' } : readTrace(text);
}

function withoutParts(answer: Answers[keyof Answers], tell: Tell): Answers[keyof Answers] {
  if (answer === null || answer instanceof Map || !('ok' in answer) || !answer.ok) return answer;
  const send = (history: RunHistory): RunHistory => {
    const { moments, messages } = history;
    for (let at = 0; at < moments.length; at += partSize) tell({ moments: moments.slice(at, at + partSize) });
    for (let at = 0; at < messages.length; at += partSize) tell({ messages: messages.slice(at, at + partSize) });
    return { ...history, moments: [], messages: [] };
  };
  if ('play' in answer) return { ok: true, play: { ...answer.play, history: send(answer.play.history) } };
  return { ...answer, history: send(answer.history) };
}

/** The answer with its parts in it again. */
export function withParts(
  answer: Answers[keyof Answers],
  moments: readonly Moment[],
  messages: readonly Message[],
): Answers[keyof Answers] {
  if (answer === null || answer instanceof Map || !('ok' in answer) || !answer.ok) return answer;
  if ('play' in answer)
    return { ok: true, play: { ...answer.play, history: { ...answer.play.history, moments, messages } } };
  return { ...answer, history: { ...answer.history, moments, messages } };
}
