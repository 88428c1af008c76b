/** Which part of a history is drawn, and which moments are looked for. */
import type { Message, Moment, RunHistory, Topic } from './history.ts';

export interface Filter {
  /** Moments in which nothing came of what was heard stand in full. */
  readonly idle: boolean;
  /** What adversaries overhear is drawn. */
  readonly overheard: boolean;
  /** Kinds of datagrams that are left out. */
  readonly hidden: ReadonlySet<string>;
}

export const everything: Filter = { idle: false, overheard: true, hidden: new Set() };

export function isDrawn({ kind, overheard }: Message, filter: Filter): boolean {
  return !filter.hidden.has(kind) && (filter.overheard || !overheard);
}

/** Whether a moment stands there with its words, and is a stop on the way; else it is a dot. */
export function isFull(moment: Moment, { messages }: RunHistory, filter: Filter): boolean {
  if (moment.idle) return filter.idle;
  if (filter.hidden.size === 0 && filter.overheard) return true;
  if (moment.lines.some(({ topic }) => topic !== 'timer')) return true;
  const own = [...moment.sent, ...(moment.heard === null ? [] : [moment.heard])];
  return own.length === 0 || own.some((index) => messages[index] !== undefined && isDrawn(messages[index], filter));
}

/** What matters unless a person says otherwise. */
export const telling: ReadonlySet<Topic> = new Set<Topic>(['situation', 'notice', 'person', 'fault', 'forged', 'key']);

export const topics: readonly (readonly [topic: Topic, word: string])[] = [
  ['situation', 'situations'],
  ['notice', 'notices'],
  ['key', 'keys and records'],
  ['person', 'the person'],
  ['fault', 'faults'],
  ['forged', 'forged'],
  ['loss', 'lost'],
  ['refusal', 'refusals'],
  ['timer', 'timers'],
];

export function countsOf({ moments }: RunHistory): ReadonlyMap<Topic, number> {
  const counts = new Map<Topic, number>();
  for (const moment of moments) for (const topic of moment.topics) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return counts;
}

export function kindsOf({ messages }: RunHistory): readonly (readonly [kind: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const { kind } of messages) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Indexes of the moments whose words hold all of these, upper or lower case. */
export function found(history: RunHistory, query: string): readonly number[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return [];
  return history.moments.flatMap((moment) => {
    const text = textOf(moment, history).toLowerCase();
    return words.every((word) => text.includes(word)) ? [moment.index] : [];
  });
}

function textOf(
  { lane, what, lines, effects, cell, sent, heard, situation }: Moment,
  { lanes, messages }: RunHistory,
): string {
  const kinds = [...sent.slice(0, 4), ...(heard === null ? [] : [heard])].map((index) => messages[index]);
  return [
    lanes[lane ?? -1]?.name ?? 'network',
    what,
    ...lines.map(({ text }) => text),
    ...effects,
    cell === null ? '' : `${cell.event} ${cell.why}`,
    situation === null ? '' : situation.join(' '),
    ...kinds.map((message) => (message === undefined ? '' : `${message.kind} ${message.fate}`)),
  ].join(' ');
}
