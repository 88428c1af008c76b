/** On paper: which part of the run the diagram shows. A screen has the minimap, and can be scrolled. */
import type { JSX } from 'preact';
import type { RunHistory } from '../history/history.ts';
import { firstBelow, type Layout } from '../history/layout.ts';
import { seconds } from './format.ts';

interface Props {
  readonly history: RunHistory;
  readonly layout: Layout;
  /** Pixels of the sheet, and how many of them are drawn. */
  readonly top: number;
  readonly height: number;
}

export function Extent({ history: { moments }, layout: { y }, top, height }: Props): JSX.Element | null {
  const [first, last] = [firstBelow(y, top), firstBelow(y, top + height) - 1];
  if (first > last || (first === 0 && last === moments.length - 1)) return null;
  const [from, to, end] = [first, last, moments.length - 1].map((index) => seconds(moments[index]?.atUs ?? 0));
  return (
    <p class="extent">
      From {from} to {to} of a run of {end}.
    </p>
  );
}
