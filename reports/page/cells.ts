/** Protocol coverage, cell by cell: how often a run went through it, which ones, where it leads and why. */
import type { Comparison } from '../data/compare.ts';
import { type CellState, type Coverage, type CoveredCell, totalsOf } from '../data/coverage.ts';
import { percent } from '../data/gate.ts';
import type { Walk } from '../data/report.ts';
import { count } from '../terminal.ts';
import { html, type Markup, type Piece } from './html.ts';
import type { PageInput } from './page.ts';
import { filters, heads, number, numberHeads, table } from './parts.ts';

const stateWords: Readonly<Record<CellState, string>> = {
  covered: 'covered',
  tested: 'tests only',
  uncovered: 'never',
  impossible: 'impossible',
  contradicted: 'REACHED',
};

/** Cells of one kind of change that stand there at once, and in a list that is opened. */
const cellsShown = 8;
const listedMax = 2000;

/** A cell that half the catalogue goes through names as many. */
const scenariosShown = 6;

export function cellPage({ coverage, report, comparison }: PageInput): Markup {
  const { walks } = report;
  const rows = coverage.flatMap(({ protocol, cells }) => cells.map((cell) => rowOf(protocol, cell, walks.length > 0)));
  return html`<p class="quiet">A cell is a situation and what happened in it; who plays which role is part of the situation. Only the scenarios’ own hosts count, not the machines of adversaries. Of a cell that was covered, a struck out end is one that no scenario came to.</p>
${shareTable('cell-shares', coverage, walks)}
${comparison === null ? noBaseline : sinceThen(comparison)}
${walks.length === 0 ? html`<p class="quiet">Sweeps and tests were not looked at. <code>lanpair report sweep.ndjson cells/*.json</code> lays beside the scenarios what a sweep wrote with <code>--out</code>, and what the tests of the core met with <code>LANPAIR_CELLS=cells npm test</code>.</p>` : sourcesOf(walks)}
${filters('cells', rows.length, [
  { label: 'conversation', words: coverage.map(({ protocol }) => protocol) },
  { label: 'state', words: Object.values(stateWords) },
])}
${table('cells', 'Cell by cell', [...heads('conversation', 'situation', 'event', 'state'), ...numberHeads('steps', ...(walks.length === 0 ? [] : ['in sweeps'])), ...heads('leads to', 'why', 'by')], rows)}`;
}

/** Scenarios, sweeps and tests apart and together. */
export function shareTable(id: string, coverage: readonly Coverage[], walks: readonly Walk[]): Markup {
  const has = (of: Walk['of']): boolean => walks.some((walk) => walk.of === of);
  const parts = [...(has('sweep') ? ['by sweeps'] : []), ...(has('tests') ? ['by tests', 'by tests only'] : [])];
  return table(
    id,
    'Cells of the transition tables',
    [
      ...heads('conversation'),
      ...numberHeads('possible', 'by scenarios', ...parts),
      ...heads('share, by runs'),
      ...numberHeads('never', 'impossible', 'reached though impossible'),
    ],
    coverage.map(({ protocol, cells }) => {
      const {
        cells: all,
        possible,
        covered,
        byScenarios,
        bySweeps,
        byTests,
        tested,
        uncovered,
        ...rest
      } = totalsOf(cells);
      const { impossible, contradicted } = rest;
      const wide = (count: number): string => `width:${all === 0 ? 0 : (100 * count) / all}%`;
      const numbers = [
        possible,
        byScenarios,
        ...(has('sweep') ? [bySweeps] : []),
        ...(has('tests') ? [byTests, tested] : []),
      ];
      return html`<tr><th scope="row">${protocol}</th>${numbers.map((value) => html`<td class="number">${number(value)}</td>`)}
<td><span class="number">${possible === 0 ? '-' : percent(covered / possible)}</span><div class="bar" role="img" aria-label="${covered} covered, ${tested} by tests only, ${uncovered} never, ${impossible} impossible"><i style="${wide(covered)}"></i><i class="tested" style="${wide(tested)}"></i><i class="never" style="${wide(uncovered)}"></i><i class="impossible" style="${wide(impossible)}"></i></div></td>
<td class="number">${number(uncovered)}</td><td class="number">${number(impossible)}</td><td class="number">${number(contradicted)}</td></tr>
`;
    }),
  );
}

const noBaseline = html`<p class="quiet">Not compared with an earlier report. <code>lanpair report --baseline kept.json</code> tells what changed since a <code>report.json</code> that was kept.</p>`;

/** What changed since the report that was kept. */
function sinceThen({ gained, lost, added, removed }: Comparison): Markup {
  const parts: readonly (readonly [what: string, cells: readonly string[]])[] = [
    ['covered then, and not now', lost],
    ['newly covered', gained],
    ['cells that the tables had not then', added],
    ['cells that are no longer in the tables', removed],
  ];
  const rows = parts.map(
    ([what, cells]) =>
      html`<tr><th scope="row">${what}</th><td class="number">${number(cells.length)}</td><td>${namesOf(cells)}</td></tr>
`,
  );
  return table(
    'since',
    'Since the baseline',
    [...heads('what changed'), ...numberHeads('cells'), ...heads('which')],
    rows,
  );
}

function namesOf(cells: readonly string[]): Piece {
  const shown = cells.slice(0, cellsShown).map((cell) => html`<code>${cell}</code> `);
  return cells.length <= cellsShown
    ? shown
    : html`<details><summary>${cells.length} cells</summary>${cells.slice(0, listedMax).map((cell) => html`<code>${cell}</code> `)}${cells.length > listedMax && `and ${cells.length - listedMax} more`}</details>`;
}

function sourcesOf(walks: readonly Walk[]): Markup {
  const words = { sweep: 'sweep', tests: 'tests' } as const;
  return html`<details><summary>Beside the scenarios: ${count(walks.length, 'file')} of sweeps and tests</summary><ul>${walks.map(({ of, name, cells }) => html`<li>${words[of]}: <span class="mono">${name}</span> (${Object.keys(cells).join(', ')})</li>`)}</ul></details>`;
}

function rowOf(protocol: string, cell: CoveredCell, withSweeps: boolean): Markup {
  const { situation, event, state, count, swept, tests, to, why, by, led } = cell;
  const targets = [...new Set(to)].filter((target) => target !== situation);
  const where = targets.map((target, index) => {
    const comma = index < targets.length - 1 && ', ';
    const isMissed = count > 0 && led[target] === undefined;
    return isMissed
      ? html`<span class="missed">${target}<span class="unseen"> (never)</span></span>${comma}`
      : html`${target}${comma}`;
  });
  return html`<tr><td>${protocol}</td><td class="name">${situation}</td><td class="name">${event}</td><td><span class="chip ${state}">${stateWords[state]}</span></td><td class="number">${count === 0 ? '' : number(count)}</td>${withSweeps && html`<td class="number">${swept === 0 ? '' : number(swept)}</td>`}<td class="mono">${where}</td><td>${why}</td><td>${by.slice(0, scenariosShown).join(', ')}${by.length > scenariosShown && ` and ${by.length - scenariosShown} more`}${tests.length > 0 && html`<small>tests: ${tests.join(', ')}</small>`}</td></tr>
`;
}
