/** The plots, and under each the numbers that it is drawn from. */
import { type Figures, type LossPoint, shareOf } from '../data/figures.ts';
import { type Swept, sweptIn } from '../data/swept.ts';
import { count } from '../terminal.ts';
import { html, type Markup, type Piece } from './html.ts';
import type { PageInput } from './page.ts';
import { heads, number, numberHeads, table, told } from './parts.ts';
import { type Axis, type Plot, plotFigure, roundTicks, type Series } from './plot.ts';

const kinds: Readonly<Record<string, string>> = { lp1: 'a', annex: 'b' };
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const percentOf = (share: number): string => `${Math.round(share * 100)} %`;

export function figurePage({ report }: PageInput): Markup {
  const { figures, walks } = report;
  const swept = sweptIn(walks);
  return html`${figures === null ? html`<p class="quiet">Two machines on a network that loses and does nothing else need runs of their own, which were left out. <code>lanpair report --figures 40</code> makes 40 for each point.</p>` : ownFigures(figures)}
<h3>From sweeps</h3>
${
  swept.loss.length + swept.guesses.length === 0
    ? walks.some(({ of }) => of === 'sweep')
      ? html`<p class="quiet">The sweep that was given has no results to draw: none of its runs is there, or none was of two machines that pair.</p>`
      : html`<p class="quiet">No results of a sweep were given. <code>lanpair sim sweep --seeds 2000 --out sweep.ndjson</code> makes some, and <code>lanpair report sweep.ndjson</code> draws them.</p>`
    : sweptFigures(swept)
}
${told}`;
}

function ownFigures({ loss, guesses }: Figures): Markup {
  const runs = loss[0]?.runs ?? 0;
  return html`<p class="quiet">Two machines on one network that loses, ${count(runs, 'run')} for each point, each with a seed of its own; bands are Wilson’s intervals of 95 %. <span class="on-screen">Point at a dot for its numbers, or click it.</span></p>
<div class="plots">${plotsOf({ loss, guesses }, 'until both are paired')}</div>
${numbersOf({ loss, guesses }, '')}`;
}

function sweptFigures(swept: Swept): Markup {
  const runs = swept.loss.reduce((sum, point) => sum + point.runs, 0);
  return html`<p class="quiet">Two machines with one phrase in ${number(runs)} runs of sweeps, in all kinds of weather: beside the loss that the axis tells, datagrams come late, twice or damaged, bursts take many at once, machines crash and move, and strangers interfere. Times go from the moment when both have typed, and are bounds: as long at most. Bands are Wilson’s intervals of 95 %.</p>
<div class="plots">${plotsOf(swept, 'until both are paired, where they were')}</div>
${numbersOf(swept, 'swept-')}`;
}

function plotsOf({ loss, guesses }: Swept, until: string): readonly Piece[] {
  const within = (loss[0]?.withinMs ?? 0) / 1000;
  return [
    loss.length > 0 && plotFigure(successPlot(loss, within)),
    loss.length > 0 && plotFigure(timePlot(loss)),
    loss.length > 0 && plotFigure(trafficPlot(loss, until)),
    guesses.length > 0 && plotFigure(guessPlot(guesses)),
  ];
}

function numbersOf({ loss, guesses }: Swept, prefix: string): Markup {
  return html`${
    loss.length > 0 &&
    table(
      `${prefix}losses`,
      'The numbers: pairing against loss',
      [...heads('conversation'), ...numberHeads('loss', 'paired in time', '95 %', 'median', '95 of 100', 'datagrams')],
      loss.map((point) => {
        const { low, high } = shareOf(point);
        return html`<tr><th scope="row">${point.protocol}</th><td class="number">${point.loss * 10} %</td><td class="number">${point.paired} of ${point.runs}</td><td class="number">${percentOf(low)} to ${percentOf(high)}</td><td class="number">${point.medianMs === null ? 'never' : seconds(point.medianMs)}</td><td class="number">${point.p95Ms === null ? 'never' : seconds(point.p95Ms)}</td><td class="number">${point.datagrams}</td></tr>
`;
      }),
    )
  }
${
  guesses.length > 0 &&
  table(
    `${prefix}released`,
    'The numbers: guesses that strangers had, and the budget that the phrase allows (lp1)',
    numberHeads('entropy', 'budget', 'released, at most', 'runs'),
    guesses.map(
      ({
        bits,
        budget,
        released,
        runs,
      }) => html`<tr><td class="number">${bits} bits</td><td class="number">${number(budget)}</td><td class="number">${number(released)}</td><td class="number">${runs}</td></tr>
`,
    ),
  )
}`;
}

function lossAxis(loss: readonly LossPoint[]): Axis {
  const ticks = roundTicks(Math.max(0.1, ...loss.map((point) => point.loss / 10)), 4);
  return { label: 'datagrams lost', max: ticks.at(-1) ?? 1, ticks, text: percentOf };
}

function linesOf(
  loss: readonly LossPoint[],
  value: (point: LossPoint) => number | null,
  name = '',
  isDashed = false,
): readonly Series[] {
  const protocols = [...new Set(loss.map(({ protocol }) => protocol))];
  return protocols.map((protocol) => ({
    name: `${protocol}${name}`,
    kind: kinds[protocol] ?? 'a',
    isDashed,
    points: loss.flatMap((point) => {
      const y = point.protocol === protocol ? value(point) : null;
      return y === null ? [] : [{ x: point.loss / 10, y }];
    }),
  }));
}

function successPlot(loss: readonly LossPoint[], within: number): Plot {
  const series = linesOf(loss, (point) => shareOf(point).share).map((one) => ({
    ...one,
    points: one.points.map((point) => {
      const from = loss.find(({ protocol, loss: tenths }) => protocol === one.name && tenths / 10 === point.x);
      return from === undefined ? point : { ...point, low: shareOf(from).low, high: shareOf(from).high };
    }),
  }));
  return {
    title: `Paired on both sides within ${within} s of the second start`,
    x: lossAxis(loss),
    y: { label: '', max: 1, ticks: [0, 0.25, 0.5, 0.75, 1], text: percentOf },
    series,
  };
}

function timePlot(loss: readonly LossPoint[]): Plot {
  const series = [
    ...linesOf(loss, ({ medianMs }) => medianMs, ', median'),
    ...linesOf(loss, ({ p95Ms }) => p95Ms, ', 95 of 100', true),
  ];
  return {
    title: 'Time until both are paired',
    x: lossAxis(loss),
    y: axisFor(series, (ms) => `${Math.round(ms / 1000)} s`),
    series,
  };
}

function trafficPlot(loss: readonly LossPoint[], until: string): Plot {
  const series = linesOf(loss, ({ datagrams }) => datagrams);
  return { title: `Datagrams of both ${until}, a mean`, x: lossAxis(loss), y: axisFor(series, number), series };
}

function guessPlot(
  guesses: readonly { readonly bits: number; readonly budget: number; readonly released: number }[],
): Plot {
  const first = guesses[0]?.bits ?? 0;
  const last = guesses.at(-1)?.bits ?? first;
  const log = (value: number): number => Math.log2(Math.max(1, value));
  const lines: readonly Series[] = [
    {
      name: 'budget',
      kind: 'b',
      isDashed: true,
      points: guesses.map(({ bits, budget }) => ({ x: bits - first, y: log(budget) })),
    },
    {
      name: 'released',
      kind: 'a',
      points: guesses.map(({ bits, released }) => ({ x: bits - first, y: log(released) })),
    },
  ];
  const max = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ y }) => y)));
  const steps = Array.from({ length: Math.ceil(max) + 1 }, (_, index) => index);
  return {
    title: 'Guesses of the phrase that besieged lp1 released, against what its entropy allows',
    x: {
      label: 'entropy of the phrase, in bits',
      max: Math.max(1, last - first),
      ticks: guesses.map(({ bits }) => bits - first),
      text: (value) => String(value + first),
    },
    y: { label: '', max: Math.ceil(max), ticks: steps, text: (value) => number(Math.round(2 ** value)) },
    series: lines,
  };
}

function axisFor(series: readonly Series[], text: (value: number) => string): Axis {
  const ticks = roundTicks(Math.max(0, ...series.flatMap(({ points }) => points.map(({ y }) => y))));
  return { label: '', max: ticks.at(-1) ?? 1, ticks, text };
}
