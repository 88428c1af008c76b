/** The states that somebody looks at. */
import { useEffect, useState } from 'preact/hooks';
import type { PlainState } from '../../../protocol/contract.ts';
import type { StateStore } from '../work/state-store.ts';
import { faultWords } from './answer.ts';

export interface States {
  /** In the order of the moments; undefined while they are on their way, and where there are none. */
  readonly states: readonly (PlainState | undefined)[];
  /** Why they will not come; null: they may. */
  readonly fault: string | null;
}

/** The states after these moments. */
export function useStates(store: StateStore | null, moments: readonly number[], ofLane: readonly number[]): States {
  const [, redraw] = useState(0);
  const [fault, setFault] = useState<string | null>(null);
  const missing = store !== null && moments.some((index) => store.get(index) === undefined);
  useEffect(() => {
    setFault(null);
    if (store === null || !missing) return;
    return store.bring(moments, ofLane, (error) => {
      setFault(error === null ? null : faultWords(error));
      redraw((count) => count + 1);
    });
  }, [store, missing, moments.join()]);
  return { states: moments.map((index) => store?.get(index)), fault: missing ? fault : null };
}
