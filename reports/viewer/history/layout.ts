/**
 * Where everything stands, in pixels. Time runs down, and is elastic: what happens close together is spread out until it
 * can be read, and long silence shrinks to a break that says how long it was. Order is kept: nothing stands above
 * what led to it. Rows are found by bisection and messages by bands, so that a view draws only what it shows.
 */
import { type Filter, isDrawn, isFull } from './filter.ts';
import type { Message, Moment, RunHistory } from './history.ts';

export interface Layout {
  /** By moment. */
  readonly y: Float64Array;
  /** By message: where it leaves, and where it ends. */
  readonly leaves: Float64Array;
  readonly ends: Float64Array;
  /** By moment: 1 where it stands in full, 0 where it is a dot. */
  readonly full: Uint8Array;
  /** By message: 1 where it is drawn. */
  readonly drawn: Uint8Array;
  readonly breaks: readonly Break[];
  /** Indexes of moments whose time is written at the side: as many as have room. */
  readonly timed: readonly number[];
  /** Messages carry their words; from afar they would cover each other. */
  readonly worded: boolean;
  readonly height: number;
  readonly bands: readonly (readonly number[])[];
}

/** A silence that was cut short. */
export interface Break {
  readonly y: number;
  readonly us: number;
}

const top = 40;
/** Between two moments of one lane: the dot, and its lines under it. */
const dotPx = 12;
const linePx = 16;
const breakUs = 400_000;
const breakPx = 34;
/** Between two times at the side. */
const timePx = 17;
const bandPx = 1024;
/** Longest stub of a message that is lost. */
const stubPx = 22;

/** `zoom` stretches time: 1 is as it can be read best, less shows more of a run, and only what matters in words. */
export function layoutOf(history: RunHistory, filter: Filter, zoom: number): Layout {
  const { moments, messages, lanes } = history;
  const full = Uint8Array.from(moments, (moment) =>
    isFull(moment, history, filter) && (zoom >= 1 || isTold(moment)) ? 1 : 0,
  );
  const drawn = Uint8Array.from(messages, (message) => (isDrawn(message, filter) ? 1 : 0));
  const y = new Float64Array(moments.length);
  const leaves = new Float64Array(messages.length);
  const ends = new Float64Array(messages.length);
  const breaks: Break[] = [];
  const floor = new Float64Array(lanes.length).fill(top);
  let [at, nowUs] = [top, 0];

  const advance = (atUs: number): void => {
    const gapUs = atUs - nowUs;
    nowUs = Math.max(nowUs, atUs);
    if (gapUs >= breakUs) {
      const below = Math.max(at, ...floor) + breakPx;
      breaks.push({ y: below - breakPx / 2, us: gapUs });
      at = below;
    } else if (gapUs > 0) at += gapPx(gapUs) * zoom;
  };

  const place = (moment: Moment): void => {
    advance(moment.atUs);
    const { lane } = moment;
    const tall = heightOf(moment, full[moment.index] === 1);
    if (lane === null) {
      at = Math.max(at, ...floor) + 6;
      y[moment.index] = at;
      at += 22;
      floor.fill(at);
      return;
    }
    at = Math.max(at, floor[lane] ?? top);
    y[moment.index] = at;
    floor[lane] = at + tall;
  };

  const arrive = (message: Message): void => {
    if (drawn[message.index] === 0) return;
    leaves[message.index] = y[message.sender] ?? top;
    const from = leaves[message.index] ?? top;
    if (message.arrivedUs === null) {
      ends[message.index] = from + stubPx;
      return;
    }
    advance(message.arrivedUs);
    at = Math.max(at, from + 14 * Math.min(1, zoom), (floor[message.to] ?? top) - 4);
    ends[message.index] = at;
    // The moment of hearing is where the arrow ends.
    floor[message.to] = Math.max(floor[message.to] ?? top, at);
  };

  merge(moments, messages, place, arrive);
  const height = Math.max(at, ...floor) + 60;
  return {
    y,
    leaves,
    ends,
    full,
    drawn,
    breaks,
    timed: timedOf(full, y),
    worded: zoom >= 1,
    height,
    bands: bandsOf({ leaves, ends, drawn }, height),
  };
}

/** Both in the order of their events: an arrival comes before what it leads to. */
function merge(
  moments: readonly Moment[],
  messages: readonly Message[],
  place: (moment: Moment) => void,
  arrive: (message: Message) => void,
): void {
  let next = 0;
  for (const moment of moments) {
    for (let message = messages[next]; message !== undefined && message.n < moment.n; message = messages[++next])
      arrive(message);
    place(moment);
  }
  for (const message of messages.slice(next)) arrive(message);
}

function timedOf(full: Uint8Array, y: Float64Array): readonly number[] {
  const timed: number[] = [];
  let last = -timePx;
  y.forEach((at, index) => {
    if (full[index] === 0 || at - last < timePx) return;
    last = at;
    timed.push(index);
  });
  return timed;
}

/** From afar these moments keep their words. */
function isTold({ lines }: Moment): boolean {
  return lines.some(({ topic }) => topic !== 'timer' && topic !== 'plain' && topic !== 'refusal');
}

function gapPx(us: number): number {
  return Math.min(26, 1.5 + us / 2000 + Math.log2(1 + us / 1000) * 1.6);
}

function heightOf({ lines }: Moment, full: boolean): number {
  return full ? dotPx + lines.length * linePx : 3;
}

/** Indexes of the messages that touch each band of the diagram. */
function bandsOf(
  { leaves, ends, drawn }: Pick<Layout, 'leaves' | 'ends' | 'drawn'>,
  height: number,
): readonly (readonly number[])[] {
  const bands: number[][] = Array.from({ length: Math.ceil(height / bandPx) + 1 }, () => []);
  leaves.forEach((from, index) => {
    if (drawn[index] === 0) return;
    const last = Math.floor((ends[index] ?? from) / bandPx);
    for (let band = Math.floor(from / bandPx); band <= last; band++) bands[band]?.push(index);
  });
  return bands;
}

/** Messages that touch the view, each once, in order. */
export function messagesIn({ bands, leaves, ends }: Layout, fromY: number, toY: number): readonly number[] {
  const seen = new Set<number>();
  for (let band = Math.max(0, Math.floor(fromY / bandPx)); band <= Math.floor(toY / bandPx); band++) {
    for (const index of bands[band] ?? []) {
      if ((leaves[index] ?? 0) <= toY && (ends[index] ?? 0) >= fromY) seen.add(index);
    }
  }
  return [...seen].sort((a, b) => a - b);
}

/** The first moment at or below this height. */
export function firstBelow(y: Float64Array, height: number): number {
  let [low, high] = [0, y.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((y[middle] ?? 0) < height) low = middle + 1;
    else high = middle;
  }
  return low;
}
