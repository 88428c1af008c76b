/** One run: where the cursor is, what is picked, what is shown and looked for. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Edits } from '../history/edits.ts';
import { everything, type Filter, found, telling } from '../history/filter.ts';
import type { Moment, Topic } from '../history/history.ts';
import { layoutOf } from '../history/layout.ts';
import { indexOf, momentOf, nextMoment } from '../history/lookup.ts';
import { type Judged, judged as judge, type Play } from '../history/play.ts';
import type { AppProps } from './app.tsx';
import { Bar, Steps } from './bar.tsx';
import { Details } from './details.tsx';
import { Diagram } from './diagram.tsx';
import { Find, type Look } from './find.tsx';
import { seconds } from './format.ts';
import { useKeys, type Way } from './keys.ts';
import { Legend } from './legend.tsx';
import type { Picked, Shown } from './shown.ts';
import { soon } from './soon.ts';
import { WhatIf } from './whatif.tsx';

interface RunProps extends AppProps {
  readonly play: Play;
  /** Another run is on its way. */
  readonly busy: boolean;
  readonly onWhole: () => void;
}

export function Run({ play, busy, route, catalogue, onRoute, onWhole }: RunProps): JSX.Element {
  const { history } = play;
  const look = useLook();
  const shown = useShown(play, look);
  const [cursor, setCursor] = useState(() => (route.step === null ? 0 : momentOf(history.moments, route.step)));
  const [picked, setPicked] = useState<Picked>({ what: 'moment', index: cursor });
  const [judged, judgeNow] = useJudged(play);
  const search = useRef<HTMLInputElement>(null);
  const pick = useCallback((next: Picked) => {
    setPicked(next);
    if (next.what === 'moment') setCursor(next.index);
  }, []);
  const step = (way: Way): void => {
    const next = stepFrom(shown, cursor, way, look.wanted);
    setCursor(next);
    setPicked((old) => (old.what === 'lane' ? old : { what: 'moment', index: next }));
  };
  useKeys({ step, back: () => setPicked({ what: 'moment', index: cursor }), search: () => search.current?.focus() });
  const moment = history.moments[cursor];
  const here = { ...route, step: moment?.n ?? null };
  useEffect(() => {
    if (!busy) onRoute(here, 'replace');
  }, [moment, busy]);
  useEffect(() => {
    if (route.step !== null) pick({ what: 'moment', index: momentOf(history.moments, route.step) });
  }, [route.step]);
  const edit = (edits: Edits, at?: number): void => onRoute({ ...here, edits, step: at ?? here.step }, 'push');
  return (
    <div class={busy ? 'run waiting' : 'run'}>
      <Bar
        play={play}
        judged={judged}
        onJudge={judgeNow}
        catalogue={catalogue}
        route={here}
        onRoute={(next) => onRoute(next, 'push')}
      />
      <div class="tools">
        <Steps moment={moment} events={history.events} onStep={step} />
        <Find look={look} search={search} shown={shown} onStep={step} />
      </div>
      <WhatIf play={play} judged={judged} catalogue={catalogue} route={route} onEdit={edit} />
      <Told moment={moment} who={history.lanes[moment?.lane ?? -1]?.name} />
      <div class="halves">
        <Diagram shown={shown} cursor={cursor} picked={picked} onPick={pick} />
        <aside class="details" aria-label="Details">
          <Details
            shown={shown}
            play={play}
            cursor={cursor}
            picked={picked}
            onPick={pick}
            edits={route.edits}
            onEdit={edit}
          />
        </aside>
      </div>
      {play.cutOff ? <CutOff events={history.events} onWhole={onWhole} /> : null}
      <Legend />
    </div>
  );
}

function useLook(): Look {
  const [filter, onFilter] = useState<Filter>(everything);
  const [wanted, onWanted] = useState<ReadonlySet<Topic>>(telling);
  const [query, onQuery] = useState('');
  return { filter, onFilter, wanted, onWanted, query, onQuery };
}

function useShown({ history }: Play, { filter, query }: Look): Shown {
  const hits = useMemo(() => found(history, query), [history, query]);
  const index = useMemo(() => indexOf(history), [history]);
  const layout = useMemo(() => layoutOf(history, filter), [history, filter]);
  const marked = useMemo(() => new Set(hits), [hits]);
  return useMemo(() => ({ history, index, layout, hits, found: marked }), [history, index, layout, hits, marked]);
}

function stepFrom(
  { history: { moments }, layout: { full }, found }: Shown,
  cursor: number,
  way: Way,
  wanted: ReadonlySet<Topic>,
): number {
  const isStop = ({ index }: Moment): boolean => full[index] === 1;
  const matters = ({ topics }: Moment): boolean => [...topics].some((topic) => wanted.has(topic));
  const isFound = ({ index }: Moment): boolean => found.has(index);
  switch (way) {
    case 'first':
      return nextMoment(moments, -1, 1, isStop) ?? 0;
    case 'last':
      return nextMoment(moments, moments.length, -1, isStop) ?? 0;
    case 'on':
    case 'back':
      return nextMoment(moments, cursor, way === 'on' ? 1 : -1, isStop) ?? cursor;
    case 'matters':
    case 'mattered':
      return nextMoment(moments, cursor, way === 'matters' ? 1 : -1, matters) ?? cursor;
    case 'hit':
    case 'unhit':
      return nextMoment(moments, cursor, way === 'hit' ? 1 : -1, isFound) ?? cursor;
  }
}

/** What a screen reader is told of each step. */
function Told({ moment, who }: { readonly moment: Moment | undefined; readonly who: string | undefined }): JSX.Element {
  return (
    <p class="unseen" role="status" aria-live="polite">
      {moment === undefined ? '' : spoken(moment, who)}
    </p>
  );
}

function spoken({ atUs, what, situation, lines }: Moment, who: string | undefined): string {
  const moved = situation !== null && situation[0] !== situation[1] ? `, from ${situation[0]} to ${situation[1]}` : '';
  const said = lines.filter(({ topic }) => topic === 'notice').map(({ text }) => `, says ${text}`);
  return `${seconds(atUs)}: ${who ?? 'the network'} ${what}${moved}${said.join('')}`;
}

function CutOff({ events, onWhole }: { readonly events: number; readonly onWhole: () => void }): JSX.Element {
  return (
    <p class="cutoff" role="note">
      This run is long: its first {events} events are shown.{' '}
      <button type="button" onClick={onWhole}>
        Run the whole of it
      </button>
    </p>
  );
}

/** A run that took longer than this is judged only when it is asked for: some oracles repeat it. */
const judgedAtOnceMs = 2000;

/** The oracles look after the diagram is there. */
function useJudged(play: Play): readonly [judged: Judged | null, judgeNow: (() => void) | null] {
  const [judged, setJudged] = useState<Judged | null>(null);
  const [asked, setAsked] = useState(play.tookMs < judgedAtOnceMs && !play.cutOff);
  useEffect(() => (asked ? soon(() => setJudged(judge(play))) : undefined), [play, asked]);
  return [judged, asked ? null : () => setAsked(true)];
}
