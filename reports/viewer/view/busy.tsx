/** That something is being run, how far it is, and a way out. */
import type { JSX } from 'preact';
import type { Progress } from '../work/task.ts';
import { grouped, seconds } from './format.ts';

interface Props {
  /** What runs, fit to be shown. */
  readonly what: string;
  readonly progress: Progress;
  readonly onStop: () => void;
}

export function Busy({ what, progress: { events, atUs }, onStop }: Props): JSX.Element {
  return (
    <div class="busy" role="status">
      <span class="spinner" aria-hidden="true" />
      <p>
        Running <bdi>{what}</bdi> ...
        <span class="note far">{events === 0 ? '' : `${grouped(events)} events, ${seconds(atUs)} of its time`}</span>
      </p>
      <button type="button" onClick={onStop}>
        Cancel
      </button>
    </div>
  );
}
