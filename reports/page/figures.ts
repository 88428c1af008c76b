/** The plots, and under each the numbers that it is drawn from. */
import { type LossPoint, shareOf } from '../data/figures.ts';
import { html, type Markup } from './html.ts';
import type { PageInput } from './page.ts';
import { heads, number, table } from './parts.ts';
import { type Axis, type Plot, plotFigure, roundTicks, type Series } from './plot.ts';

const kinds: Readonly<Record<string, string>> = { lp1: 'a', annex: 'b' };
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const percentOf = (share: number): string => `${Math.round(share * 100)} %`;

export function figurePage({ report }: PageInput): Markup {
  const { figures } = report;
  if (figures === null)
    return html`<p class="quiet">These need many seeds, and were left out. <code>lanpair report --figures 40</code> draws them from 40 runs for each point.</p>`;
  const { loss, guesses } = figures;
  const runs = loss[0]?.runs ?? 0;
  const within = (loss[0]?.withinMs ?? 0) / 1000;
  return html`<p class="quiet">Two machines on one network that loses, ${runs} runs for each point, each with a seed of its own; bands are Wilson’s intervals of 95 %.</p>
<div class="plots">
${plotFigure(successPlot(loss, within))}
${plotFigure(timePlot(loss))}
${plotFigure(trafficPlot(loss))}
${plotFigure(guessPlot(guesses))}
</div>
${table(
  'losses',
  'The numbers: pairing against loss',
  [
    ...heads('conversation'),
    ...['loss', 'paired in time', '95 %', 'median', '95 of 100', 'datagrams'].map(
      (name) => html`<th scope="col" class="number">${name}</th>`,
    ),
  ],
  loss.map((point) => {
    const { low, high } = shareOf(point);
    return html`<tr><th scope="row">${point.protocol}</th><td class="number">${point.loss * 10} %</td><td class="number">${point.paired} of ${point.runs}</td><td class="number">${percentOf(low)} to ${percentOf(high)}</td><td class="number">${point.medianMs === null ? 'never' : seconds(point.medianMs)}</td><td class="number">${point.p95Ms === null ? 'never' : seconds(point.p95Ms)}</td><td class="number">${point.datagrams}</td></tr>
`;
  }),
)}
${table(
  'released',
  'The numbers: guesses that strangers had, and the budget that the phrase allows (lp1)',
  ['entropy', 'budget', 'released, at most', 'runs'].map((name) => html`<th scope="col" class="number">${name}</th>`),
  guesses.map(
    ({
      bits,
      budget,
      released,
      runs: times,
    }) => html`<tr><td class="number">${bits} bits</td><td class="number">${number(budget)}</td><td class="number">${number(released)}</td><td class="number">${times}</td></tr>
`,
  ),
)}`;
}

const lossAxis: Axis = {
  label: 'datagrams lost',
  max: 0.8,
  ticks: [0, 0.2, 0.4, 0.6, 0.8],
  text: percentOf,
};

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
    x: lossAxis,
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
    x: lossAxis,
    y: axisFor(series, (ms) => `${Math.round(ms / 1000)} s`),
    series,
  };
}

function trafficPlot(loss: readonly LossPoint[]): Plot {
  const series = linesOf(loss, ({ datagrams }) => datagrams);
  return { title: 'Datagrams of both until both are paired, a mean', x: lossAxis, y: axisFor(series, number), series };
}

function guessPlot(
  guesses: readonly { readonly bits: number; readonly budget: number; readonly released: number }[],
): Plot {
  const first = guesses[0]?.bits ?? 0;
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
      max: Math.max(1, guesses.length - 1),
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
