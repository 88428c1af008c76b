/** The oracles: what each claims, how often it looked, what came out, and what it saw. */
import { wordsFor } from '../../sim/amount.ts';
import { oracles } from '../../sim/index.ts';
import { oracleTotals } from '../data/catalogue.ts';
import { html, type Markup } from './html.ts';
import type { PageInput } from './page.ts';
import { heads, number, table } from './parts.ts';

const sightsShown = 4;

export function oraclePage({ report }: PageInput): Markup {
  const protocols = Object.keys(report.tables);
  const known = new Map(oracles.map(({ number: at, claim }) => [at, claim]));
  const totals = protocols.map((protocol) => ({
    protocol,
    rows: oracleTotals(report.runs.filter((run) => run.protocol === protocol)),
  }));
  const numbers = [...new Set(totals.flatMap(({ rows }) => rows.map((row) => row.number)))].sort((a, b) => a - b);
  const rows = numbers.map((at): readonly Markup[] => {
    const own = totals.flatMap(({ protocol, rows: all }) => {
      const row = all.find((one) => one.number === at);
      return row === undefined ? [] : [{ protocol, ...row }];
    });
    return own.map(
      ({ protocol, name, held, stated, broken, idle, saw }, index) => html`<tr>${
        index === 0 &&
        html`<th scope="rowgroup" rowspan="${own.length}" class="mono">${at}</th><th scope="rowgroup" rowspan="${own.length}">${name}<small>${known.get(at) ?? ''}</small></th>`
      }<td>${protocol}</td><td class="number">${number(held + stated + broken + idle)}</td><td class="number">${number(held)}</td><td class="number">${number(stated)}</td><td class="number">${broken === 0 ? '0' : html`<span class="chip failed">${broken}</span>`}</td><td class="number">${number(idle)}</td>
<td>${saw.slice(0, sightsShown).map(({ sum, words, runs }) => html`${number(sum)} ${wordsFor(sum, words)}<small>in ${number(runs)} ${wordsFor(runs, 'runs')}</small>`)}</td></tr>
`,
    );
  });
  return html`<p class="quiet">Oracles watch every run, whatever its scenario expects. A pass says what it rests on; one that saw nothing to judge is no pass, and counted as idle. Whom an oracle does not watch cannot keep its claim in any terms: annex, four of them.</p>
${table('watched', 'Oracles by conversations', [...heads('no.', 'oracle', 'conversation'), ...['looked', 'held', 'broke as stated', 'broke', 'idle'].map((name) => html`<th scope="col" class="number">${name}</th>`), ...heads('what they saw, in all')], rows)}`;
}
