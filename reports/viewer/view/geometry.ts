/** Where lanes stand, and the shapes of arrows. */

import { lostFates, type Message } from '../history/history.ts';
import type { Layout } from '../history/layout.ts';

/** Room for the times at the left. */
export const gutterPx = 84;
const laneMin = 132;
const laneMax = 340;
/** Width of a character of the diagram's monospaced letters. */
export const letterPx = 6.65;

export interface Lanes {
  readonly gap: number;
  readonly width: number;
  x(lane: number): number;
}

export function lanesIn(count: number, width: number): Lanes {
  const gap = Math.min(laneMax, Math.max(laneMin, (width - gutterPx - 16) / Math.max(1, count)));
  const x = (lane: number): number => Math.round(gutterPx + gap * (lane + 0.5)) + 0.5;
  return { gap, width: Math.max(width, gutterPx + gap * count + 16), x };
}

export interface Shape {
  readonly line: string;
  /** The head, or the cross of what never arrived. */
  readonly end: string;
  /** Where its words stand, in the middle of them. */
  readonly words: readonly [x: number, y: number];
}

export function shapeOf(message: Message, { leaves, ends }: Layout, lanes: Lanes): Shape {
  const x1 = lanes.x(message.from);
  const y1 = leaves[message.index] ?? 0;
  const y2 = ends[message.index] ?? y1;
  const side = Math.sign(message.to - message.from) || 1;
  const lost = lostFates.has(message.fate);
  // What is lost breaks off in the gap before the one it was for.
  const x2 = lanes.x(message.to) - side * (lost ? lanes.gap * 0.3 : 5);
  const start = x1 + side * 5;
  const line = isBent(message) ? zigzag(start, y1, x2, y2) : `M${start} ${y1}L${x2} ${y2}`;
  const share = wordsAt(message);
  // Over the line, and of the second that left with it under its own: side by side they have no room.
  const off = message.beside % 2 === 0 ? -4 : 11;
  const words: Shape['words'] = [start + (x2 - start) * share, y1 + (y2 - y1) * share + off];
  return { line, end: lost ? cross(x2, y2) : head(start, y1, x2, y2), words };
}

export function isBent({ marks }: Message): boolean {
  return marks.includes('corrupted') || marks.includes('truncated');
}

const shares = [0.5, 0.26, 0.74, 0.38, 0.62] as const;

/** Over many lanes the kind stands in the first gap, and what went wrong in the last one. */
function wordsAt({ from, to, beside, fate, marks }: Message): number {
  const gaps = Math.max(1, Math.abs(to - from));
  const share = shares[beside % shares.length] ?? 0.5;
  return fate === 'delivered' && marks.length === 0 ? share / gaps : 1 - (1 - share) / gaps;
}

function head(x1: number, y1: number, x2: number, y2: number): string {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const at = (turn: number, long: number): string =>
    `${(x2 - long * Math.cos(angle + turn)).toFixed(1)} ${(y2 - long * Math.sin(angle + turn)).toFixed(1)}`;
  return `M${x2} ${y2}L${at(0.42, 9)}L${at(-0.42, 9)}Z`;
}

function cross(x: number, y: number): string {
  return `M${x - 5} ${y - 5}L${x + 5} ${y + 5}M${x - 5} ${y + 5}L${x + 5} ${y - 5}`;
}

/** Changed on its way: the line trembles. */
function zigzag(x1: number, y1: number, x2: number, y2: number): string {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const count = Math.max(4, Math.round(length / 9));
  const [nx, ny] = [-(y2 - y1) / length, (x2 - x1) / length];
  const points = Array.from({ length: count - 1 }, (_, index) => {
    const share = (index + 1) / count;
    const off = index % 2 === 0 ? 3 : -3;
    return `L${(x1 + (x2 - x1) * share + nx * off).toFixed(1)} ${(y1 + (y2 - y1) * share + ny * off).toFixed(1)}`;
  });
  return `M${x1} ${y1}${points.join('')}L${x2} ${y2}`;
}

const hues: { readonly [situation: string]: number } = {
  Paired: 150,
  Half: 75,
  Ended: -1,
  Idle: -1,
  Waiting: -1,
  Found: 150,
};

/** A hue for each situation, by its place in the table; -1: grey. Names stand beside it wherever it changes. */
export function hueOf(situation: string, situations: readonly string[]): number {
  const known = hues[situation];
  if (known !== undefined) return known;
  const place = Math.max(0, situations.indexOf(situation)) / Math.max(1, situations.length - 1);
  return Math.round(300 - place * 110);
}
