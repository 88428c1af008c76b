/** Line charts as SVG: axes, lines with their bands, and each line's name at its end, so that nobody needs the colours. */
import { html, type Markup, type Piece } from './html.ts';

export interface Series {
  readonly name: string;
  /** Of the style: `a`, `b`. */
  readonly kind: string;
  readonly isDashed?: boolean;
  readonly points: readonly PlotPoint[];
}

export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Axis {
  readonly label: string;
  readonly max: number;
  readonly ticks: readonly number[];
  readonly text: (value: number) => string;
}

export interface Plot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

const [width, height] = [545, 300];
const area = { left: 52, top: 14, right: 420, bottom: 254 };
/** Names at the ends of lines are at least so far apart. */
const nameGap = 15;

export function plotFigure({ title, x, y, series }: Plot): Markup {
  const at = (value: number): number => round(area.left + ((area.right - area.left) * value) / x.max);
  const up = (value: number): number =>
    round(area.bottom - ((area.bottom - area.top) * Math.min(value, y.max)) / y.max);
  const drawn = series.filter(({ points }) => points.length > 0);
  return html`<figure class="plot"><figcaption>${title}</figcaption><svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">
${y.ticks.map((tick) => html`<path class="rule" d="M${area.left} ${up(tick)}H${area.right}"/><text class="tick end" x="${area.left - 8}" y="${up(tick) + 4}">${y.text(tick)}</text>`)}
${x.ticks.map((tick) => html`<text class="tick middle" x="${at(tick)}" y="${area.bottom + 18}">${x.text(tick)}</text>`)}
<text class="axis" x="${area.left}" y="${height - 6}">${x.label}</text>
${drawn.map(({ kind, points }) => band(kind, points, at, up))}
${drawn.map(
  ({ kind, isDashed, points, name }) =>
    html`<path class="line ${kind}${isDashed === true && ' dashed'}" d="M${points.map((point) => `${at(point.x)} ${up(point.y)}`).join('L')}"/>${points.map(
      (point) =>
        html`<circle class="dot ${kind}" cx="${at(point.x)}" cy="${up(point.y)}" r="2.6"><title>${`${name}, ${x.text(point.x)}: ${y.text(point.y)}`}</title></circle>`,
    )}`,
)}
${names(drawn, at, up)}
</svg></figure>`;
}

type Scale = (value: number) => number;

function band(kind: string, points: readonly PlotPoint[], at: Scale, up: Scale): Piece {
  const wide = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  if (wide.length < 2) return null;
  const upper = wide.map((point) => `${at(point.x)} ${up(point.high ?? 0)}`);
  const lower = wide.map((point) => `${at(point.x)} ${up(point.low ?? 0)}`).reverse();
  return html`<path class="band ${kind}" d="M${[...upper, ...lower].join('L')}Z"/>`;
}

/** Beside the last point of each line, moved apart where two would lie on each other. */
function names(series: readonly Series[], at: Scale, up: Scale): readonly Markup[] {
  const ends = series
    .map(({ name, kind, points }) => ({ name, kind, x: at(points.at(-1)?.x ?? 0), y: up(points.at(-1)?.y ?? 0) }))
    .sort((a, b) => a.y - b.y);
  let floor = Number.NEGATIVE_INFINITY;
  return ends.map(({ name, kind, x, y }) => {
    floor = Math.max(y, floor + nameGap);
    return html`<text class="name ${kind}" x="${x + 9}" y="${floor + 4}">${name}</text>`;
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** About `count` round numbers from 0 to what is at least `max`. */
export function roundTicks(max: number, count = 5): readonly number[] {
  const rough = Math.max(max, 1e-9) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10);
  const steps = Math.ceil(max / step - 1e-9);
  return Array.from({ length: Math.max(1, steps) + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}
