/** Scenarios by conversations: the verdict of every run, its seed and its time, and the way to the run itself. */
import type { Entry } from '../data/report.ts';
import { suiteIn } from '../data/suite.ts';
import { html, type Markup } from './html.ts';
import { familyOf } from './overview.ts';
import type { PageInput } from './page.ts';
import { filters, heads, protocolsOf, runChip, seconds, table } from './parts.ts';

/** Of one scenario and conversation; a sweep over seeds has thousands. */
const runsShown = 8;

export function scenarioPage(input: PageInput): Markup {
  const { runs } = input.report;
  const protocols = protocolsOf(input.report);
  const groups = new Map<string, Entry[]>();
  for (const run of runs) groups.set(run.scenario, [...(groups.get(run.scenario) ?? []), run]);
  const rows = [...groups].map(([name, own]): Markup => {
    const [first] = own;
    const words = `${familyOf({ scenario: name })} ${own.map(({ verdict, breaks }) => `${verdict} ${breaks ?? ''}`).join(' ')}`;
    return html`<tr data-words="${words}"><th scope="row">${first?.title ?? ''}<small class="mono">${name}</small></th>
${protocols.map(
  (protocol) =>
    html`<td>${runsOf(
      own.filter((run) => run.protocol === protocol),
      input,
    )}</td>`,
)}
<td>${(first?.covers ?? []).map((row) => html`<a href="#${row}">${row}</a> `)}</td></tr>
`;
  });
  return html`<p class="quiet">Each scenario says what must come out with each conversation. Where one cannot hold, the scenario names the oracle that breaks, and the run passes only if it does. The same scenario and seed give the same run on any machine${againOf(runs[0])}.${input.viewer !== null && html` <span class="on-screen">Follow a verdict to walk through it.</span>`}</p>
${filters('runs', rows.length, [
  { label: 'family', words: [...new Set(runs.map(familyOf))].sort() },
  { label: 'with', words: ['held', 'broken', 'FAILED', 'inconclusive'] },
])}
${table('runs', 'Scenarios by conversations', heads('scenario', ...protocols, 'rows of the catalogue'), rows)}`;
}

/** With a run of this report for an example: paper leads nowhere. */
function againOf(run: Entry | undefined): Markup | null {
  if (run === undefined) return null;
  return html`: <code>lanpair sim run ${run.file} --protocol ${run.protocol} --seed ${run.seed}</code>`;
}

function runsOf(runs: readonly Entry[], { hasText }: PageInput): readonly Markup[] {
  const shown = runs
    .slice(0, runsShown)
    .map(
      (run) =>
        html`${runChip(run, hasText)}<small class="seed">seed ${run.seed} · ${seconds(run.tookMs)}${suiteIn(run.protocol, run.suite) !== null && ' · real cryptography'}</small>${reasonOf(run)}`,
    );
  return runs.length > runsShown ? [...shown, html`<small>and ${runs.length - runsShown} more</small>`] : shown;
}

/** Why a run is not simply held, in a sentence. */
function reasonOf({ verdict, breaks, failures, oracles }: Entry): Markup | null {
  if (verdict !== 'pass') return html`<small>${failures[0] ?? ''}</small>`;
  if (breaks === null) return null;
  return html`<small>${breaks}: ${oracles.find(({ name }) => name === breaks)?.why ?? ''}</small>`;
}
