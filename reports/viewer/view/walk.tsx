/** A history to walk through: where the cursor is, what is picked, what is shown and looked for. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { everything, type Filter, found, telling } from '../history/filter.ts';
import type { Moment, RunHistory, Topic } from '../history/history.ts';
import { layoutOf } from '../history/layout.ts';
import { indexOf, momentOf, nextMoment } from '../history/lookup.ts';
import type { Play } from '../history/play.ts';
import { zooms } from '../route.ts';
import type { Background } from '../work/background.ts';
import { StateStore } from '../work/state-store.ts';
import { Steps } from './bar.tsx';
import { Details, type DetailsProps, type OtherwiseProps } from './details.tsx';
import { Diagram } from './diagram.tsx';
import { Find, type Look } from './find.tsx';
import { seconds } from './format.ts';
import { useKeys, useMenus, type Way, type ZoomWay } from './keys.ts';
import { Legend } from './legend.tsx';
import { usePaced } from './paced.ts';
import type { Picked, Shown } from './shown.ts';

interface WalkProps {
  readonly history: RunHistory;
  /** Null: it was not run here, but read from a file. */
  readonly play: Play | null;
  readonly background: Background;
  /** The scenario as it stands in the page; null: there is none. */
  readonly text: string | null;
  readonly busy: boolean;
  /** Number of the event to stand at; and of the one where it stands by now. */
  readonly step: number | null;
  /** How much time is stretched; null: not at all. */
  readonly zoom: number | null;
  readonly onPlace: (step: number, zoom: number | null) => void;
  readonly otherwise: OtherwiseProps | null;
  readonly head: JSX.Element;
  readonly strip: JSX.Element | null;
  readonly foot: JSX.Element | null;
}

export function Walk(props: WalkProps): JSX.Element {
  const { history, play, background, text, busy, step, zoom, onPlace, otherwise, head, strip, foot } = props;
  const { moments } = history;
  const look = useLook(zoom);
  const shown = useShown(history, look);
  const [cursor, setCursor] = useState(() => (step === null ? 0 : momentOf(moments, step)));
  const [picked, setPicked] = useState<Picked>(step === null ? story : { what: 'moment', index: cursor });
  const search = useRef<HTMLInputElement>(null);
  // The drawing keeps step with the keys; what is read beside it comes after them.
  const reached = usePaced(cursor);
  const moment = moments[cursor];
  const read = moments[reached];
  const pick = useCallback((next: Picked) => {
    setPicked(next);
    if (next.what === 'moment') setCursor(next.index);
  }, []);
  const go = (way: Way): void => {
    const next = stepFrom(shown, cursor, way, look.wanted);
    setCursor(next);
    setPicked((old) => (old.what === 'lane' ? old : { what: 'moment', index: next }));
  };
  useMenus();
  useKeys({
    step: go,
    back: () => setPicked({ what: 'moment', index: cursor }),
    search: () => search.current?.focus(),
    zoom: look.onZoom,
    story: () => setPicked(story),
  });
  useEffect(() => {
    if (read !== undefined) onPlace(read.n, look.zoom === 1 ? null : look.zoom);
  }, [read, look.zoom]);
  useEffect(() => {
    // Where it stands already it stays, whatever is picked.
    if (step !== null && step !== moment?.n) pick({ what: 'moment', index: momentOf(moments, step) });
  }, [step]);
  const states = useStore(play, text, background);
  const beside = { shown, play, background, states, picked, onPick: pick, otherwise };
  return (
    <div class={busy ? 'run waiting' : 'run'}>
      {head}
      <div class="tools">
        <Steps
          moment={moment}
          events={history.events}
          onStep={go}
          isStory={picked.what === 'story'}
          onStory={() => setPicked(story)}
        />
        <Find look={look} search={search} shown={shown} onStep={go} />
      </div>
      {strip}
      <Told moment={read} who={history.lanes[read?.lane ?? -1]?.name} />
      <div class="halves">
        <Diagram shown={shown} cursor={cursor} picked={picked} onPick={pick} onZoom={look.onZoom} />
        <Beside {...beside} cursor={reached} isBehind={reached !== cursor} />
      </div>
      {foot}
      <Legend />
    </div>
  );
}

/** What is read beside the diagram, made anew only where the place that it tells of is another one. */
function Beside({ isBehind, ...props }: DetailsProps & { readonly isBehind: boolean }): JSX.Element {
  const { shown, play, background, states, cursor, picked, onPick, otherwise } = props;
  // Where the cursor is picked, what is read is at the cursor, wherever that is by now.
  const at = picked.what === 'moment' ? cursor : picked;
  const details = useMemo(
    () => <Details {...props} />,
    [shown, play, background, states, cursor, at, onPick, otherwise],
  );
  return (
    <aside class="details" aria-label="Details" aria-busy={isBehind}>
      {details}
    </aside>
  );
}

function useStore(play: Play | null, text: string | null, background: Background): StateStore | null {
  const store = useMemo(
    () => (play === null || text === null ? null : new StateStore(play, text, background)),
    [play, text, background],
  );
  useEffect(() => () => store?.close(), [store]);
  return store;
}

const story: Picked = { what: 'story', index: 0 };

function useLook(given: number | null): Look {
  const [filter, onFilter] = useState<Filter>(everything);
  const [wanted, onWanted] = useState<ReadonlySet<Topic>>(telling);
  const [query, onQuery] = useState('');
  const [zoom, setZoom] = useState(given ?? 1);
  useEffect(() => setZoom(given ?? 1), [given]);
  const onZoom = useCallback((way: ZoomWay) => {
    const by = way === 'in' ? 1 : -1;
    setZoom((old) => (way === 'normal' ? 1 : (zooms[zooms.indexOf(old) + by] ?? old)));
  }, []);
  return { filter, onFilter, wanted, onWanted, query, onQuery, zoom, onZoom };
}

function useShown(history: RunHistory, { filter, query, zoom }: Look): Shown {
  const hits = useMemo(() => found(history, query), [history, query]);
  const index = useMemo(() => indexOf(history), [history]);
  const layout = useMemo(() => layoutOf(history, filter, zoom), [history, filter, zoom]);
  const marked = useMemo(() => new Set(hits), [hits]);
  return useMemo(() => ({ history, index, layout, hits, found: marked }), [history, index, layout, hits, marked]);
}

function stepFrom(
  { history: { moments }, layout: { full }, found: hits }: Shown,
  cursor: number,
  way: Way,
  wanted: ReadonlySet<Topic>,
): number {
  const isStop = ({ index }: Moment): boolean => full[index] === 1;
  const matters = ({ topics }: Moment): boolean => [...topics].some((topic) => wanted.has(topic));
  const isFound = ({ index }: Moment): boolean => hits.has(index);
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
