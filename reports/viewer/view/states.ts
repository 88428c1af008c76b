/** States of machines after their steps, brought from where the run was made when somebody looks at one. */
import { useEffect, useState } from 'preact/hooks';
import type { PlainState } from '../../../protocol/contract.ts';
import type { Play } from '../history/play.ts';
import type { Background, Errand } from '../work/background.ts';

/** Steps of the same machine, before and after, that are brought along: the next look needs no waiting. */
const alongside = 12;
/** Kept at once; then all are forgotten. */
const keptMax = 2000;

/** The states of one run. */
export class StateStore {
  private readonly play: Play;
  private readonly text: string;
  private readonly background: Background;
  private readonly kept: Map<number, PlainState> = new Map();
  private errand: Errand<unknown> | null = null;

  /** `text`: the scenario as it stands in the page. */
  constructor(play: Play, text: string, background: Background) {
    this.play = play;
    this.text = text;
    this.background = background;
  }

  get(moment: number): PlainState | undefined {
    return this.kept.get(moment);
  }

  /** Brings the states after these moments, and some of the steps of that lane around the first of them. */
  async bring(moments: readonly number[], ofLane: readonly number[]): Promise<void> {
    const place = ofLane.indexOf(moments[0] ?? -1);
    const around = place < 0 ? [] : ofLane.slice(Math.max(0, place - alongside), place + alongside);
    const of = [...new Set([...moments, ...around])].filter((index) => !this.kept.has(index));
    const errand = this.background.ask({ does: 'states', text: this.text, order: this.play.order, of });
    this.errand = errand;
    const found = await errand.answer;
    if (this.kept.size > keptMax) this.kept.clear();
    for (const [index, state] of found) this.kept.set(index, state);
  }

  close(): void {
    this.errand?.cancel();
  }
}

/** The states after these moments, in their order; undefined while they are on their way, and where there are none. */
export function useStates(
  store: StateStore | null,
  moments: readonly number[],
  ofLane: readonly number[],
): readonly (PlainState | undefined)[] {
  const [, redraw] = useState(0);
  const missing = store !== null && moments.some((index) => store.get(index) === undefined);
  useEffect(() => {
    if (store === null || !missing) return;
    let wanted = true;
    void store.bring(moments, ofLane).then(() => {
      if (wanted) redraw((count) => count + 1);
    });
    return () => {
      wanted = false;
    };
  }, [store, missing, moments.join()]);
  return moments.map((index) => store?.get(index));
}
