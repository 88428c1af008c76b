/** The viewer as a whole: which run is open, where the cursor is, and what is picked. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { Moment } from '../history/history.ts';
import { layoutOf } from '../history/layout.ts';
import { indexOf, momentOf, nextMoment } from '../history/lookup.ts';
import { type Judged, judged as judge, type Play, type Played, play } from '../history/play.ts';
import type { Catalogue } from '../page.ts';
import type { Route } from '../route.ts';
import { Bar, Steps } from './bar.tsx';
import { Details } from './details.tsx';
import { Diagram } from './diagram.tsx';
import { seconds } from './format.ts';
import { Legend } from './legend.tsx';
import type { Picked, Shown } from './shown.ts';

interface Props {
  readonly route: Route;
  readonly catalogue: Catalogue;
  /** Goes to another run, or to another step of this one. */
  readonly onRoute: (route: Route, how: 'push' | 'replace') => void;
}

export function App({ route, catalogue, onRoute }: Props): JSX.Element {
  const { name, protocol, seed } = route;
  const [played, setPlayed] = useState<Played | null>(null);
  useEffect(() => {
    setPlayed(null);
    // The shell is painted first: a run may take a second.
    return soon(() => {
      const text = catalogue.textOf(name);
      setPlayed(
        text === null
          ? { ok: false, why: `There is no scenario ${name} in this page.` }
          : play(text, name, protocol, seed),
      );
    });
  }, [catalogue, name, protocol, seed]);
  if (played === null)
    return (
      <p class="busy" role="status">
        Running {name} ...
      </p>
    );
  if (!played.ok)
    return (
      <div class="trouble" role="alert">
        <h1>This run cannot be shown</h1>
        <pre>{played.why}</pre>
        <a href="#/">Back to the report</a>
      </div>
    );
  return (
    <Run key={`${name} ${protocol} ${seed}`} play={played.play} route={route} catalogue={catalogue} onRoute={onRoute} />
  );
}

/** After the next frame is on the screen. */
function soon(then: () => void): () => void {
  let timer = 0;
  const frame = requestAnimationFrame(() => {
    timer = window.setTimeout(then);
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

interface RunProps extends Props {
  readonly play: Play;
}

function Run({ play: shownPlay, route, catalogue, onRoute }: RunProps): JSX.Element {
  const { history } = shownPlay;
  const shown: Shown = useMemo(() => {
    const idle = false;
    return { history, index: indexOf(history), layout: layoutOf(history, { idle }), idle };
  }, [history]);
  const [cursor, setCursor] = useState(() => (route.step === null ? 0 : momentOf(history.moments, route.step)));
  const [picked, setPicked] = useState<Picked>({ what: 'moment', index: cursor });
  const judged = useJudged(shownPlay);
  const pick = useCallback((next: Picked) => {
    setPicked(next);
    if (next.what === 'moment') setCursor(next.index);
  }, []);
  const step = useCallback(
    (way: Way): void => {
      const next = stepFrom(history.moments, cursor, way);
      setCursor(next);
      setPicked((old) => (old.what === 'lane' ? old : { what: 'moment', index: next }));
    },
    [history, cursor],
  );
  useKeys(step, () => setPicked({ what: 'moment', index: cursor }));
  const moment = history.moments[cursor];
  useEffect(() => {
    if (moment !== undefined) onRoute({ ...route, step: moment.n }, 'replace');
  }, [moment]);
  return (
    <div class="run">
      <Bar
        play={shownPlay}
        judged={judged}
        catalogue={catalogue}
        route={route}
        onRoute={(next) => onRoute(next, 'push')}
      />
      <Steps moment={moment} events={history.events} onStep={step} />
      <p class="unseen" role="status" aria-live="polite">
        {moment === undefined ? '' : spoken(moment, history.lanes[moment.lane ?? -1]?.name)}
      </p>
      <div class="halves">
        <Diagram shown={shown} cursor={cursor} picked={picked} onPick={pick} />
        <aside class="details" aria-label="Details">
          <Details shown={shown} cursor={cursor} picked={picked} onPick={pick} />
        </aside>
      </div>
      <Legend />
    </div>
  );
}

type Way = 'first' | 'back' | 'on' | 'last';

function stepFrom(moments: readonly Moment[], cursor: number, way: Way): number {
  const isStop = ({ idle }: Moment): boolean => !idle;
  if (way === 'first') return nextMoment(moments, -1, 1, isStop) ?? 0;
  if (way === 'last') return nextMoment(moments, moments.length, -1, isStop) ?? 0;
  return nextMoment(moments, cursor, way === 'on' ? 1 : -1, isStop) ?? cursor;
}

function spoken({ atUs, what, situation, lines }: Moment, who: string | undefined): string {
  const moved = situation !== null && situation[0] !== situation[1] ? `, from ${situation[0]} to ${situation[1]}` : '';
  const said = lines.filter(({ topic }) => topic === 'notice').map(({ text }) => `, says ${text}`);
  return `${seconds(atUs)}: ${who ?? 'the network'} ${what}${moved}${said.join('')}`;
}

const ways: { readonly [key: string]: Way } = {
  ArrowRight: 'on',
  ArrowDown: 'on',
  j: 'on',
  ArrowLeft: 'back',
  ArrowUp: 'back',
  k: 'back',
  Home: 'first',
  End: 'last',
};

/** Keys of the whole page, unless somebody types or chooses. */
function useKeys(step: (way: Way) => void, back: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const { target, key } = event;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (target instanceof Element && target.closest('input, select, textarea, summary') !== null) return;
      const way = ways[key];
      if (key === 'Escape') back();
      if (way === undefined) return;
      event.preventDefault();
      step(way);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [step, back]);
}

/** The oracles look after the diagram is there: some of them repeat the run. */
function useJudged(shownPlay: Play): Judged | null {
  const [judged, setJudged] = useState<Judged | null>(null);
  useEffect(() => {
    setJudged(null);
    return soon(() => setJudged(judge(shownPlay)));
  }, [shownPlay]);
  return judged;
}
