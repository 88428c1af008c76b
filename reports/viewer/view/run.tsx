/** A run that was made here: what came of it, and what would have happened. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Edits } from '../history/edits.ts';
import type { Judged, Play } from '../history/play.ts';
import type { Background } from '../work/background.ts';
import { type Answer, useAnswer } from './answer.ts';
import type { AppProps } from './app.tsx';
import { Bar } from './bar.tsx';
import { grouped } from './format.ts';
import { Walk } from './walk.tsx';
import { WhatIf } from './whatif.tsx';

interface RunProps extends AppProps {
  readonly play: Play;
  /** Another run is on its way. */
  readonly busy: boolean;
  readonly onWhole: () => void;
}

export function Run({ play, busy, route, catalogue, background, onRoute, onWhole }: RunProps): JSX.Element {
  const { history, cutOff } = play;
  const [judged, judgeNow] = useJudged(play, background);
  const [{ step, zoom }, setPlace] = useState({ step: route.step, zoom: route.zoom });
  const here = { ...route, step, zoom };
  useEffect(() => {
    if (!busy) onRoute(here, 'replace');
  }, [step, zoom, busy]);
  const edit = (edits: Edits, at?: number): void => onRoute({ ...here, edits, step: at ?? step }, 'push');
  return (
    <Walk
      history={history}
      play={play}
      background={background}
      text={catalogue.textOf(play.name)}
      busy={busy}
      step={route.step}
      zoom={route.zoom}
      onPlace={(n, stretched) => setPlace({ step: n, zoom: stretched })}
      otherwise={{ edits: route.edits, onEdit: edit }}
      head={
        <Bar
          play={play}
          judged={judged}
          onJudge={judgeNow}
          catalogue={catalogue}
          route={here}
          onRoute={(next) => onRoute(next, 'push')}
        />
      }
      strip={
        <WhatIf
          play={play}
          judged={busy ? null : judged}
          catalogue={catalogue}
          background={background}
          route={route}
          onEdit={edit}
        />
      }
      foot={cutOff ? <CutOff events={history.events} onWhole={onWhole} /> : null}
    />
  );
}

function CutOff({ events, onWhole }: { readonly events: number; readonly onWhole: () => void }): JSX.Element {
  return (
    <p class="cutoff" role="note">
      This run is long: its first {grouped(events)} events are shown.{' '}
      <button type="button" onClick={onWhole}>
        Run the whole of it
      </button>
    </p>
  );
}

/** A run that took longer than this is judged only when it is asked for: some oracles repeat it. */
const judgedAtOnceMs = 2000;

/** The oracles look after the diagram is there. */
function useJudged(
  play: Play,
  background: Background,
): readonly [judged: Answer<Judged> | null, judgeNow: (() => void) | null] {
  const [asked, setAsked] = useState(play.tookMs < judgedAtOnceMs && !play.cutOff);
  const { name, text, protocol, suite, seed } = play;
  const taskOf = () => (asked ? ({ does: 'judge', which: { name, text, protocol, suite, seed } } as const) : null);
  const judged = useAnswer(background, taskOf, [play, asked]);
  return [judged, asked ? null : () => setAsked(true)];
}
