/** Protocol coverage, cell by cell: how often a run went through it, which ones, where it leads and why. */
import { type CellState, type CoveredCell, totalsOf } from '../data/coverage.ts';
import { percent } from '../data/gate.ts';
import { html, type Markup } from './html.ts';
import type { PageInput } from './page.ts';
import { filters, heads, number, table } from './parts.ts';

const stateWords: Readonly<Record<CellState, string>> = {
  covered: 'covered',
  uncovered: 'never',
  impossible: 'impossible',
  contradicted: 'REACHED',
};

/** A cell that half the catalogue goes through names as many. */
const scenariosShown = 6;

export function cellPage({ coverage }: PageInput): Markup {
  const rows = coverage.flatMap(({ protocol, cells }) => cells.map((cell) => rowOf(protocol, cell)));
  const sums = coverage.map(({ protocol, cells }) => {
    const { covered, possible } = totalsOf(cells);
    return `${protocol}: ${covered} of ${possible}${possible === 0 ? '' : ` (${percent(covered / possible)})`}`;
  });
  return html`<p class="quiet">A cell is a situation and what happened in it; who plays which role is part of the situation. Only the scenarios’ own hosts count, not the machines of adversaries. Of a cell that was covered, a struck out end is one that no run came to. Covered, of what is possible: ${sums.join('; ')}.</p>
${filters('cells', rows.length, [
  { label: 'conversation', words: coverage.map(({ protocol }) => protocol) },
  { label: 'state', words: Object.values(stateWords) },
])}
${table('cells', 'Cells of the transition tables', [...heads('conversation', 'situation', 'event', 'state'), html`<th scope="col" class="number">steps</th>`, ...heads('leads to', 'why', 'by')], rows)}`;
}

function rowOf(protocol: string, { situation, event, state, count, to, why, by, led }: CoveredCell): Markup {
  const targets = [...new Set(to)].filter((target) => target !== situation);
  const where = targets.map((target, index) => {
    const comma = index < targets.length - 1 && ', ';
    const isMissed = state === 'covered' && led[target] === undefined;
    return isMissed
      ? html`<span class="missed">${target}<span class="unseen"> (never)</span></span>${comma}`
      : html`${target}${comma}`;
  });
  return html`<tr><td>${protocol}</td><td class="name">${situation}</td><td class="name">${event}</td><td><span class="chip ${state}">${stateWords[state]}</span></td><td class="number">${count === 0 ? '' : number(count)}</td><td class="mono">${where}</td><td>${why}</td><td>${by.slice(0, scenariosShown).join(', ')}${by.length > scenariosShown && ` and ${by.length - scenariosShown} more`}</td></tr>
`;
}
