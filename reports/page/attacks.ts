/** The catalogue of attacks, row by row: what is attempted, what is right, and what became of it in each conversation. */
import { type Attack, judge } from '../data/catalogue.ts';
import { html, type Markup } from './html.ts';
import type { PageInput } from './page.ts';
import { filters, heads, outcomeWords, runLink, table } from './parts.ts';

export function attackPage(input: PageInput): Markup {
  const { catalogue, report } = input;
  const protocols = Object.keys(report.tables);
  const rows = catalogue.map((attack): Markup => {
    const judgements = protocols.map((protocol) => judge(attack, protocol, report.runs));
    const words = [attack.family, ...attack.power, ...judgements.map(({ outcome }) => outcomeWords[outcome])].join(' ');
    return html`<tr id="${attack.id}" data-words="${words}"><th scope="row" class="mono">${attack.id}</th>
<td>${attack.scenario}<small>right: ${attack.right}</small><small>wrong: ${attack.broken}</small></td>
<td>${attack.power.join(', ')}</td>
${judgements.map(
  ({ outcome, why }) =>
    html`<td><span class="chip ${outcome}">${outcomeWords[outcome]}</span><small>${why}</small></td>`,
)}
<td>${coveredBy(attack, input)}</td></tr>
`;
  });
  return html`<p class="quiet">Every attack that the project knows of, from the literature and from faults of other programs. A row is covered by scenarios, or says why it cannot be simulated and which test holds it instead.</p>
${filters('catalogue', rows.length, [
  { label: 'family', words: [...new Set(catalogue.map(({ family }) => family))].sort() },
  { label: 'power', words: [...new Set(catalogue.flatMap(({ power }) => power))].sort() },
  { label: 'outcome', words: Object.values(outcomeWords) },
])}
${table('catalogue', `The ${catalogue.length} rows of the catalogue`, heads('row', 'attack', 'power', ...protocols, 'covered by'), rows)}`;
}

function coveredBy({ id, instead }: Attack, { report, hasText }: PageInput): readonly Markup[] {
  if (instead !== undefined)
    return [
      html`${instead.test === null ? 'no test' : html`<code>${instead.test}</code>`}${instead.note !== undefined && html`<small>${instead.note}</small>`}`,
    ];
  const runs = report.runs.filter(({ covers }) => covers.includes(id));
  const firsts = [...new Map(runs.map((run) => [run.scenario, run])).values()];
  if (firsts.length === 0) return [html`<span class="quiet">no run of this report</span>`];
  return firsts.map(
    (run) =>
      html`${hasText(run.scenario) ? html`<a class="mono" href="${runLink(run)}">${run.scenario}</a>` : html`<span class="mono">${run.scenario}</span>`}<br>`,
  );
}
