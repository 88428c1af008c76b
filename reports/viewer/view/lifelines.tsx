/** Lanes, the situations on them, and the moments with their words. */
import type { JSX } from 'preact';
import type { Line, Moment, RunHistory } from '../history/history.ts';
import type { Layout } from '../history/layout.ts';
import type { HistoryIndex, Ribbon } from '../history/lookup.ts';
import { fitted, span } from './format.ts';
import { hueOf, type Lanes, letterPx } from './geometry.ts';
import { useMade } from './made.ts';

export interface Window {
  readonly fromY: number;
  readonly toY: number;
}

interface LifelinesProps {
  readonly history: RunHistory;
  readonly index: HistoryIndex;
  readonly layout: Layout;
  readonly lanes: Lanes;
  readonly window: Window;
  readonly visible: readonly number[];
}

/** Each lane's line; on a host's it is coloured by its situation, and broken while it is down. Drawn in their whole length. */
export function Lifelines({ history, index, layout, lanes, window, visible }: LifelinesProps): JSX.Element {
  const { fromY, toY } = window;
  return (
    <g class="lifelines">
      {visible.map((lane) => (
        <g key={lane} class={history.lanes[lane]?.kind}>
          <line x1={lanes.x(lane)} x2={lanes.x(lane)} y1={0} y2={layout.height} class="lifeline" />
          {(index.ribbons[lane] ?? []).map((ribbon) => {
            const y1 = layout.y[ribbon.from] ?? 0;
            const y2 = ribbon.to === null ? layout.height : (layout.y[ribbon.to] ?? 0);
            const isSeen = Math.max(y1, fromY) < Math.min(y2, toY);
            return !isSeen || ribbon.situation === '' ? null : (
              <RibbonBar
                key={ribbon.from}
                ribbon={ribbon}
                x={lanes.x(lane)}
                y1={y1}
                y2={y2}
                situations={history.situations}
              />
            );
          })}
        </g>
      ))}
    </g>
  );
}

interface BarProps {
  readonly ribbon: Ribbon;
  readonly x: number;
  readonly y1: number;
  readonly y2: number;
  readonly situations: readonly string[];
}

function RibbonBar({ ribbon, x, y1, y2, situations }: BarProps): JSX.Element {
  const hue = hueOf(ribbon.situation, situations);
  return (
    <rect
      class={hue < 0 ? 'ribbon grey' : 'ribbon'}
      style={{ '--hue': hue }}
      x={x - 3.5}
      y={y1}
      width={7}
      height={y2 - y1}
    />
  );
}

interface MomentsProps {
  readonly moments: readonly Moment[];
  readonly layout: Layout;
  readonly lanes: Lanes;
  readonly cursor: number;
  /** Moments that are looked for. */
  readonly found: ReadonlySet<number>;
  readonly situations: readonly string[];
}

export function Moments({ moments, layout, lanes, cursor, found, situations }: MomentsProps): JSX.Element {
  const made = useMade([layout, lanes]);
  return (
    <g class="moments">
      {moments.map((moment) => {
        const classes = [
          'moment',
          layout.full[moment.index] === 1 ? '' : 'idle',
          moment.index === cursor ? 'at' : '',
          found.has(moment.index) ? 'found' : '',
        ].join(' ');
        return made(moment.index, classes, () =>
          moment.lane === null ? (
            <Everywhere
              key={moment.index}
              moment={moment}
              classes={classes}
              y={layout.y[moment.index] ?? 0}
              lanes={lanes}
            />
          ) : (
            <Dot
              key={moment.index}
              moment={moment}
              classes={classes}
              layout={layout}
              lanes={lanes}
              situations={situations}
            />
          ),
        );
      })}
    </g>
  );
}

interface DotProps {
  readonly moment: Moment;
  readonly classes: string;
  readonly layout: Layout;
  readonly lanes: Lanes;
  readonly situations: readonly string[];
}

function Dot({ moment, classes, layout, lanes, situations }: DotProps): JSX.Element {
  const full = layout.full[moment.index] === 1;
  const x = lanes.x(moment.lane ?? 0);
  const y = layout.y[moment.index] ?? 0;
  return (
    <g class={classes} data-moment={moment.index}>
      <circle cx={x} cy={y} r={full ? 4 : 2} />
      {full
        ? moment.lines.map((line, row) => (
            <Words key={row} line={line} x={x} y={y + 17 + row * 16} px={lanes.gap - 8} situations={situations} />
          ))
        : null}
    </g>
  );
}

/** A line under a dot, with a sign before it that says what it is. */
const signs: { readonly [topic in Line['topic']]: string } = {
  situation: '',
  notice: '“',
  person: '☝ ',
  fault: '⚡',
  forged: '⚑ ',
  loss: '',
  key: '◆ ',
  refusal: '⊘ ',
  timer: '◷ ',
  plain: '',
};

/** A line with its sign. */
export function signed({ topic, text }: Line): string {
  return `${signs[topic]}${text}${topic === 'notice' ? '”' : ''}`;
}

function Words({
  line,
  x,
  y,
  px,
  situations,
}: {
  readonly line: Line;
  readonly x: number;
  readonly y: number;
  readonly px: number;
  readonly situations: readonly string[];
}): JSX.Element {
  const text = fitted(signed(line), px, letterPx);
  const width = Array.from(text).length * letterPx + 12;
  const hue = line.topic === 'situation' ? hueOf(line.text, situations) : -1;
  return (
    <g class={`words ${line.topic} ${hue < 0 ? 'grey' : ''}`} style={{ '--hue': hue }}>
      <rect x={x - width / 2} y={y - 11.5} width={width} height={15} rx={line.topic === 'situation' ? 7.5 : 3} />
      <text x={x} y={y} text-anchor="middle">
        {text}
      </text>
    </g>
  );
}

/** What happens to the network, across all lanes. */
function Everywhere({
  moment,
  classes,
  y,
  lanes,
}: {
  readonly moment: Moment;
  readonly classes: string;
  readonly y: number;
  readonly lanes: Lanes;
}): JSX.Element {
  const text = fitted(`⚡ ${moment.what}`, lanes.width - 60, letterPx);
  const width = Array.from(text).length * letterPx + 20;
  const middle = lanes.width / 2;
  return (
    <g class={`everywhere ${classes}`} data-moment={moment.index}>
      <line x1={8} x2={lanes.width - 8} y1={y} y2={y} />
      <rect x={middle - width / 2} y={y - 9} width={width} height={18} rx={9} />
      <text x={middle} y={y + 4} text-anchor="middle">
        {text}
      </text>
    </g>
  );
}

/** Silence that was cut short: a thin wave, and how long it was. */
export function Breaks({ breaks, lanes }: { readonly breaks: Layout['breaks']; readonly lanes: Lanes }): JSX.Element {
  return (
    <g class="breaks">
      {breaks.map(({ y, us }) => (
        <g key={y}>
          <line x1={0} x2={lanes.width} y1={y} y2={y} />
          <text x={76} y={y + 4} text-anchor="end">
            + {span(us)}
          </text>
        </g>
      ))}
    </g>
  );
}
