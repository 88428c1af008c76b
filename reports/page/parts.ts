/** Pieces that several pages are made of. */
import type { Outcome } from '../data/catalogue.ts';
import type { Entry, Report } from '../data/report.ts';
import { suiteIn } from '../data/suite.ts';
import { count } from '../terminal.ts';
import { html, type Markup, type Piece } from './html.ts';

/** Where what is behind something that was clicked is told, at the foot of a page. */
export const told: Markup = html`<output class="told" aria-live="polite"></output>`;

export const outcomeWords: Readonly<Record<Outcome, string>> = {
  held: 'held',
  broken: 'broken, as stated',
  failed: 'FAILED',
  inconclusive: 'inconclusive',
  none: 'not applicable',
  unrun: 'not run here',
};

/** Those that were run, in one order on every page: that of the tables. */
export function protocolsOf({ tables, runs }: Pick<Report, 'tables' | 'runs'>): readonly string[] {
  const ran = new Set(runs.map(({ protocol }) => protocol));
  return [...new Set([...Object.keys(tables), ...[...ran].sort()])].filter((name) => ran.has(name));
}

export function outcomeOf({ verdict, breaks }: Entry): Outcome {
  if (verdict === 'pass') return breaks === null ? 'held' : 'broken';
  return verdict === 'fail' ? 'failed' : 'inconclusive';
}

/** The verdict of a run, and the way to the run itself where the page holds its scenario. */
export function runChip(run: Entry, hasText: (scenario: string) => boolean): Markup {
  const outcome = outcomeOf(run);
  const words = outcomeWords[outcome];
  if (!hasText(run.scenario)) return html`<span class="chip ${outcome}">${words}</span>`;
  const label = `${words}: walk through ${run.scenario}, ${run.protocol}, seed ${run.seed}`;
  return html`<a class="chip ${outcome}" href="${runLink(run)}" aria-label="${label}">${words}</a>`;
}

/** An address of the run viewer. */
export function runLink({
  scenario,
  protocol,
  seed,
  suite,
}: Pick<Entry, 'scenario' | 'protocol' | 'seed' | 'suite'>): string {
  const path = scenario.split('/').map(encodeURIComponent).join('/');
  return `#/run/${path}?protocol=${encodeURIComponent(protocol)}&seed=${seed}${suiteIn(protocol, suite) === null ? '' : '&suite=real'}`;
}

/** A table that scrolls by itself where it is too wide, with the keyboard as well. */
export function table(id: string, caption: string, head: Piece, rows: Piece, kind = ''): Markup {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table id="${id}" class="${kind}">
<caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${rows}
</tbody></table></div>`;
}

export function heads(...names: readonly string[]): readonly Markup[] {
  return names.map((name) => html`<th scope="col">${name}</th>`);
}

/** Over columns of numbers. */
export function numberHeads(...names: readonly string[]): readonly Markup[] {
  return names.map((name) => html`<th scope="col" class="number">${name}</th>`);
}

export interface Choice {
  readonly label: string;
  readonly words: readonly string[];
}

/** Fields that filter the table of this id. */
export function filters(table: string, rows: number, choices: readonly Choice[]): Markup {
  return html`<div class="filter" role="search">
<label>Filter <span class="unseen">of the table: words that a row must have</span><input type="search" data-filters="${table}" autocomplete="off" placeholder="words that a row must have   /"></label>
${choices.map(
  ({ label, words }) =>
    html`<label>${label}<select data-filters="${table}"><option value="">all</option>${words.map((word) => html`<option>${word}</option>`)}</select></label>`,
)}
<output id="${table}-shown" aria-live="polite">${count(rows, 'row')}</output>
</div>`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 9_950 ? 1 : 0)} s`;
}

export function number(value: number): string {
  return value.toLocaleString('en');
}
