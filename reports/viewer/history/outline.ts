/** How a run went, in as few lines as tell it: what matters, in order; what strangers repeat is said once, with a count. */
import { amount } from '../../../sim/amount.ts';
import type { Moment, RunHistory, Topic } from './history.ts';

export interface OutlineItem {
  /** Index of its moment, or of the first of them. */
  readonly index: number;
  readonly atUs: number;
  /** Index of a lane; null: the network. */
  readonly lane: number | null;
  readonly words: readonly OutlineWords[];
  /** So many of the same until something else mattered. */
  readonly count: number;
}

export interface OutlineWords {
  readonly topic: Topic | 'plain';
  readonly text: string;
}

/** Lines that tell something; timers and single losses are for who looks closely. */
const told: ReadonlySet<string> = new Set<Topic>(['situation', 'notice', 'person', 'fault', 'key', 'refusal']);

/** Items listed. */
export const outlineMax = 400;

export function outlineOf(history: RunHistory): readonly OutlineItem[] {
  const items: OutlineItem[] = [];
  /** Of what strangers do, and what is refused, since something else mattered: places in `items`. */
  const noise = new Map<string, number>();
  for (const moment of history.moments) {
    const words = wordsOf(moment, history);
    if (words.length === 0) continue;
    const isNoise = words.every(({ topic }) => topic === 'forged' || topic === 'refusal');
    const key = `${moment.lane} ${words.map(({ text }) => text).join()}`;
    const place = isNoise ? noise.get(key) : undefined;
    const same = place === undefined ? undefined : items[place];
    if (place !== undefined && same !== undefined) {
      items[place] = { ...same, count: same.count + 1 };
      continue;
    }
    if (items.length >= outlineMax) break;
    if (isNoise) noise.set(key, items.length);
    else noise.clear();
    items.push({ index: moment.index, atUs: moment.atUs, lane: moment.lane, words, count: 1 });
  }
  return items;
}

function wordsOf({ lines, lane, sent, what }: Moment, { lanes, messages }: RunHistory): readonly OutlineWords[] {
  if (lane === null) return [{ topic: 'fault', text: what }];
  if (lanes[lane]?.kind !== 'adversary')
    return lines.flatMap((line) => {
      if (!told.has(line.topic)) return [];
      return [line.topic === 'situation' ? { ...line, text: `now ${line.text}` } : line];
    });
  const kinds = new Set(
    sent.flatMap((index) => {
      const { kind, forgery } = messages[index] ?? {};
      if (kind === undefined || forgery === null || forgery === undefined) return [];
      return [`${kind}${forgery.claims === null ? '' : ` as ${forgery.claims}`}`];
    }),
  );
  return kinds.size === 0 ? [] : [{ topic: 'forged', text: `sends ${[...kinds].sort().join(', ')}` }];
}

/** In which situation each host ended, and how much each adversary said: by lane. */
export function endsOf({ lanes, moments, messages }: RunHistory): readonly string[] {
  const situations = new Map<number, string>();
  for (const { lane, situation } of moments)
    if (lane !== null && situation !== null) situations.set(lane, situation[1]);
  const said = new Map<number, Set<number>>();
  for (const { from, id } of messages) said.set(from, (said.get(from) ?? new Set()).add(id));
  return lanes.map(({ kind }, lane) => {
    if (kind === 'host') return situations.get(lane) ?? 'never began';
    const count = said.get(lane)?.size ?? 0;
    return count === 0 ? 'said nothing' : `sent ${amount(count, 'datagrams')}`;
  });
}
