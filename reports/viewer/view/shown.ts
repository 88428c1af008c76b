/** What the parts of the viewer hand to each other. */
import type { RunHistory } from '../history/history.ts';
import type { Layout } from '../history/layout.ts';
import type { HistoryIndex } from '../history/lookup.ts';

/** What of a run is on show. */
export interface Shown {
  readonly history: RunHistory;
  readonly index: HistoryIndex;
  readonly layout: Layout;
  /** Moments that are looked for, in order, and as a set. */
  readonly hits: readonly number[];
  readonly found: ReadonlySet<number>;
}

export interface Picked {
  readonly what: 'moment' | 'message' | 'lane' | 'story';
  /** Of a story: 0. */
  readonly index: number;
}
