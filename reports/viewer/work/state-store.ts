/** States of machines after their steps, brought from where the run was made when somebody looks at one. */
import type { PlainState } from '../../../protocol/contract.ts';
import type { Play } from '../history/play.ts';
import type { Background, Errand } from './background.ts';

/** Steps of the same machine, before and after, that are brought along: the next look needs no waiting. */
const alongside = 12;
/** Kept at once; then all are forgotten. */
const keptMax = 2000;

interface Wish {
  readonly moments: readonly number[];
  readonly ofLane: readonly number[];
  /** An error: they will not come. */
  readonly onBrought: (error: Error | null) => void;
}

/**
 * The states of one run. While some are on their way only the newest wish waits: whoever walks fast looks at one state, and what
 * he has passed by would stand in the way of it, and of his next run.
 */
export class StateStore {
  private readonly play: Pick<Play, 'order'>;
  private readonly text: string;
  private readonly background: Background;
  private readonly kept: Map<number, PlainState> = new Map();
  private errand: Errand<unknown> | null = null;
  private wish: Wish | null = null;

  /** `text`: the scenario as it stands in the page. */
  constructor(play: Pick<Play, 'order'>, text: string, background: Background) {
    this.play = play;
    this.text = text;
    this.background = background;
  }

  get(moment: number): PlainState | undefined {
    return this.kept.get(moment);
  }

  /** Brings the states after these moments, and some of the steps of that lane around the first of them. What comes back takes the wish back. */
  bring(moments: readonly number[], ofLane: readonly number[], onBrought: Wish['onBrought']): () => void {
    let isWanted = true;
    const wish: Wish = { moments, ofLane, onBrought: (error) => (isWanted ? onBrought(error) : undefined) };
    this.wish = wish;
    this.next();
    return () => {
      isWanted = false;
      if (this.wish === wish) this.wish = null;
    };
  }

  close(): void {
    this.wish = null;
    this.errand?.cancel();
  }

  private next(): void {
    const { wish } = this;
    if (wish === null || this.errand !== null) return;
    this.wish = null;
    const { moments, ofLane, onBrought } = wish;
    const of = this.missing(moments, ofLane);
    const errand = this.background.ask({ does: 'states', text: this.text, order: this.play.order, of });
    this.errand = errand;
    const end = (error: Error | null): void => {
      this.errand = null;
      onBrought(error);
      this.next();
    };
    errand.answer.then((found) => {
      if (this.kept.size > keptMax) this.kept.clear();
      for (const [index, state] of found) this.kept.set(index, state);
      end(null);
    }, end);
  }

  private missing(moments: readonly number[], ofLane: readonly number[]): readonly number[] {
    const place = ofLane.indexOf(moments[0] ?? -1);
    const around = place < 0 ? [] : ofLane.slice(Math.max(0, place - alongside), place + alongside);
    return [...new Set([...moments, ...around])].filter((index) => !this.kept.has(index));
  }
}
