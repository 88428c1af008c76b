/**
 * The space-time diagram: it draws what is in view, and a little more, however long the run is. Its sheet is as tall as the
 * run and never moves, and what is on it stays as it is while it is in view: so the browser lays out and paints only what comes.
 */
import type { JSX } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { Message, Moment, RunHistory } from '../history/history.ts';
import { firstBelow, type Layout, messagesIn } from '../history/layout.ts';
import { type Ribbon, situationAt } from '../history/lookup.ts';
import { Arrows } from './arrows.tsx';
import { Extent } from './extent.tsx';
import { px, seconds } from './format.ts';
import { gutterPx, hueOf, type Lanes, lanesIn } from './geometry.ts';
import type { ZoomWay } from './keys.ts';
import { Breaks, Lifelines, Moments, type Window } from './lifelines.tsx';
import { useMade } from './made.ts';
import { Minimap } from './minimap.tsx';
import { headsPx, stepPx, useFollow, useScrolling, useWheel, type View } from './scrolling.ts';
import type { Picked, Shown } from './shown.ts';
import { Sketch } from './sketch.tsx';

interface Props {
  readonly shown: Shown;
  readonly cursor: number;
  readonly picked: Picked;
  readonly onPick: (picked: Picked) => void;
  readonly onZoom: (way: ZoomWay) => void;
}

/** Drawn beyond the view; while it flies past nothing is, for all of it is drawn anew in every frame. */
const marginPx = 400;

export function Diagram({ shown, cursor, picked, onPick, onZoom }: Props): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const scrolling = useScrolling(scroller);
  const { view } = scrolling;
  const { history, layout } = shown;
  const lanes = useMemo(() => lanesIn(history.lanes.length, view.width), [history, view.width]);
  useWheel(scroller, onZoom);
  useFollow(scroller, scrolling, shown, lanes, cursor);
  const heads = useMemo(
    () => <Heads shown={shown} lanes={lanes} cursor={cursor} picked={picked} onPick={onPick} />,
    [shown, lanes, cursor, picked, onPick],
  );
  const pick = (event: Event): void => {
    const target = event.target instanceof Element ? event.target.closest('[data-message], [data-moment]') : null;
    if (target === null) return;
    const message = target.getAttribute('data-message');
    const index = Number(message ?? target.getAttribute('data-moment'));
    onPick({ what: message === null ? 'moment' : 'message', index });
  };
  const shownPx = shownIn(view, layout.height);
  return (
    <div class="diagram">
      {/* biome-ignore lint: the region scrolls, and its keys are those of the page */}
      <div
        class="scroller"
        style={{ '--above': view.top, '--shown': shownPx, '--wide': lanes.width }}
        ref={scroller}
        tabIndex={0}
        role="region"
        aria-label="Space-time diagram"
      >
        {heads}
        <div class="paper" style={{ height: px(layout.height), width: px(lanes.width) }} onClick={pick}>
          <Drawing shown={shown} lanes={lanes} view={view} cursor={cursor} picked={picked} />
        </div>
      </div>
      <Extent history={history} layout={layout} top={view.top} height={shownPx} />
      <Minimap
        shown={shown}
        top={view.top}
        height={view.height}
        onSeek={(y) => scroller.current?.scrollTo({ top: y })}
      />
    </div>
  );
}

/** Pixels of the sheet that are on the screen, and so on paper. */
function shownIn({ top, height }: View, sheet: number): number {
  return Math.max(1, Math.min(height - headsPx + stepPx, sheet - top));
}

interface DrawingProps {
  readonly shown: Shown;
  readonly lanes: Lanes;
  readonly view: View;
  readonly cursor: number;
  readonly picked: Picked;
}

function Drawing({ shown, lanes, view, cursor, picked }: DrawingProps): JSX.Element {
  const { history, layout, found } = shown;
  const margin = view.flies ? 0 : marginPx;
  const window: Window = {
    fromY: Math.max(0, view.top - margin),
    toY: Math.min(layout.height, view.top + view.height + stepPx + margin),
  };
  const moments = useMemo(() => momentsIn(history, layout, window), [history, layout, window.fromY, window.toY]);
  const visible = useMemo(
    () => lanesInView(history.lanes.length, lanes, view),
    [history, lanes, view.left, view.width],
  );
  const messages = useMemo(
    () => arrowsIn(history, layout, window, visible),
    [history, layout, window.fromY, window.toY, visible],
  );
  const [breaks, lifelines, times] = useStill(shown, lanes, window, visible);
  const sketch = useMemo(
    () => (view.flies ? <Sketch messages={messages} moments={moments} layout={layout} lanes={lanes} /> : null),
    [view.flies, messages, moments, layout, lanes],
  );
  const at = history.moments[cursor];
  const lit = new Set(at === undefined ? [] : [...at.sent, ...(at.heard === null ? [] : [at.heard])]);
  const y = layout.y[cursor] ?? 0;
  const sheet = (
    <svg width={lanes.width} height={layout.height} viewBox={`0 0 ${lanes.width} ${layout.height}`} aria-hidden="true">
      {breaks}
      <line class="cursor" x1={0} x2={lanes.width} y1={y} y2={y} />
      {lifelines}
      {view.flies ? (
        sketch
      ) : (
        <>
          <Arrows
            messages={messages}
            layout={layout}
            lanes={lanes}
            picked={picked.what === 'message' ? picked.index : null}
            lit={lit}
          />
          <Moments
            moments={moments}
            layout={layout}
            lanes={lanes}
            cursor={cursor}
            found={found}
            situations={history.situations}
          />
        </>
      )}
      {times}
    </svg>
  );
  return (
    <>
      {sheet}
      {/* Where lanes are scrolled sideways, the times stay (viewer.css). */}
      <svg class="gutter" width={gutterPx} height={layout.height} aria-hidden="true">
        {times}
      </svg>
    </>
  );
}

/** What no step changes. */
function useStill(
  { history, index, layout }: Shown,
  lanes: Lanes,
  window: Window,
  visible: readonly number[],
): readonly JSX.Element[] {
  const { fromY, toY } = window;
  return useMemo(
    () => [
      <Breaks key="breaks" breaks={layout.breaks.filter(({ y }) => y > fromY && y < toY)} lanes={lanes} />,
      <Lifelines
        key="lifelines"
        history={history}
        index={index}
        layout={layout}
        lanes={lanes}
        window={window}
        visible={visible}
      />,
      <Times key="times" history={history} layout={layout} window={window} />,
    ],
    [history, index, layout, lanes, fromY, toY, visible],
  );
}

function momentsIn({ moments }: RunHistory, { y }: Layout, { fromY, toY }: Window): readonly Moment[] {
  return moments.slice(firstBelow(y, fromY - 80), firstBelow(y, toY));
}

function lanesInView(count: number, lanes: Lanes, { left, width }: View): readonly number[] {
  const all = Array.from({ length: count }, (_, lane) => lane);
  return all.filter((lane) => lanes.x(lane) > left - lanes.gap && lanes.x(lane) < left + width + stepPx + lanes.gap);
}

/** Of a view that is narrower than the lanes, those that begin, end or pass in it. */
function arrowsIn(
  { messages }: RunHistory,
  layout: Layout,
  { fromY, toY }: Window,
  visible: readonly number[],
): readonly Message[] {
  const [first = 0, last = 0] = [visible[0], visible.at(-1)];
  return messagesIn(layout, fromY, toY).flatMap((index) => {
    const message = messages[index];
    if (message === undefined) return [];
    const { from, to } = message;
    return Math.max(from, to) < first || Math.min(from, to) > last ? [] : [message];
  });
}

function Times({
  history,
  layout,
  window,
}: {
  readonly history: RunHistory;
  readonly layout: Layout;
  readonly window: Window;
}): JSX.Element {
  const { timed, y } = layout;
  const inView = timed.filter((index) => (y[index] ?? 0) > window.fromY && (y[index] ?? 0) < window.toY);
  return (
    <g class="times">
      {inView.map((index) => (
        <text key={index} x={76} y={(y[index] ?? 0) + 4} text-anchor="end">
          {seconds(history.moments[index]?.atUs ?? 0)}
        </text>
      ))}
    </g>
  );
}

/** Of a machine that is in no situation. */
function stillAt({ moments }: RunHistory, ribbons: readonly Ribbon[], cursor: number): string {
  const { from } = ribbons.findLast((ribbon) => ribbon.from <= cursor) ?? {};
  return moments[from ?? -1]?.topics.has('fault') === true ? 'down' : 'starts';
}

interface HeadsProps {
  readonly shown: Shown;
  readonly lanes: Lanes;
  readonly cursor: number;
  readonly picked: Picked;
  readonly onPick: (picked: Picked) => void;
}

/** The machines' names, and in which situation each is at the cursor. */
function Heads({ shown, lanes, cursor, picked, onPick }: HeadsProps): JSX.Element {
  const { history, index } = shown;
  const made = useMade([history, lanes, onPick]);
  return (
    <div class="heads" style={{ width: px(lanes.width), height: px(headsPx) }}>
      <span class="axis" title="Seconds of the run's own time. Silence is cut short, and says how long it was.">
        time
      </span>
      {history.lanes.map(({ kind }, lane) => {
        const situation = kind === 'host' ? situationAt(index, lane, cursor) : null;
        const where = situation === '' ? stillAt(history, index.ribbons[lane] ?? [], cursor) : situation;
        const isPicked = picked.what === 'lane' && picked.index === lane;
        return made(lane, `${String(where)} ${String(isPicked)}`, () => (
          <Head
            key={lane}
            history={history}
            lane={lane}
            lanes={lanes}
            where={where}
            isPicked={isPicked}
            onPick={onPick}
          />
        ));
      })}
    </div>
  );
}

interface HeadProps {
  readonly history: RunHistory;
  readonly lane: number;
  readonly lanes: Lanes;
  /** Its situation, or what else can be said of it; null: it has not begun. */
  readonly where: string | null;
  readonly isPicked: boolean;
  readonly onPick: (picked: Picked) => void;
}

function Head({ history, lane, lanes, where, isPicked, onPick }: HeadProps): JSX.Element | null {
  const one = history.lanes[lane];
  if (one === undefined) return null;
  const { name, kind, about } = one;
  const hue = where === null ? -1 : hueOf(where, history.situations);
  return (
    <button
      type="button"
      class={`head ${kind}`}
      style={{ left: px(lanes.x(lane) - lanes.gap / 2 + 4), width: px(lanes.gap - 8) }}
      aria-pressed={isPicked}
      title={about}
      onClick={() => onPick({ what: 'lane', index: lane })}
    >
      <b>{kind === 'adversary' ? `⚑ ${name}` : name}</b>
      <span class={`where ${hue < 0 ? 'grey' : ''}`} style={{ '--hue': hue }}>
        {kind === 'adversary' ? about.split(':')[0] : (where ?? 'not yet')}
      </span>
    </button>
  );
}
