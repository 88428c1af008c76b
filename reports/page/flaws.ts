/** The testbed on trial: conversations with one planted flaw each, and which attacks find it. */
import { judge } from '../data/catalogue.ts';
import { type Flaw, type FlawedRun, flaws, judgeFlawed } from '../data/flaws.ts';
import { html, type Markup } from './html.ts';
import type { PageInput } from './page.ts';
import { heads, outcomeWords, table } from './parts.ts';

const marks = { held: '\u25cb', broken: '\u2715', failed: '!', inconclusive: '?', none: '\u00b7' } as const;

export function flawPage(input: PageInput): Markup {
  const { report, catalogue } = input;
  if (report.specimens.length === 0)
    return html`<p class="quiet">A testbed that convicts nobody proves nothing: ${flaws.length} specimens have one flaw each. They were not run for this report; <code>lanpair report --specimens</code> runs all of them against every attack, <code>--specimen NAME</code> one of them in every scenario, and <code>lanpair sim audit</code> looks for the shortest proof against each.</p>`;
  const known = flaws.filter(({ name, protocol }) =>
    report.specimens.some((run) => run.specimen === name && run.protocol === protocol),
  );
  const protocols = Object.keys(report.tables);
  const rows = catalogue.map((attack) => {
    const cells = [
      ...protocols.map((protocol) => ({ who: protocol, ...judge(attack, protocol, report.runs) })),
      ...known.map((flaw) => ({ who: flaw.name, ...judgeFlawed(attack, flaw, report.specimens) })),
    ];
    return html`<tr><th scope="row"><a class="mono" href="#${attack.id}">${attack.id}</a> ${attack.scenario}</th>${cells.map(
      ({ who, outcome, why }) =>
        html`<td class="mark ${outcome}" title="${`${who}, ${attack.id}: ${outcome === 'broken' ? 'broken' : outcomeWords[outcome]}. ${why}`}">${marks[outcome]}<span class="unseen"> ${outcome === 'broken' ? 'broken' : outcomeWords[outcome]}</span></td>`,
    )}</tr>
`;
  });
  const turned = [...protocols, ...known.map(({ name, protocol }) => `${name} (${protocol})`)].map(
    (name) => html`<th scope="col" class="turned"><span>${name}</span></th>`,
  );
  return html`<p class="quiet">A testbed that convicts nobody proves nothing. Each specimen is a conversation with one flaw, some of them what real programs do; here it goes through the scenarios of the catalogue. The oracle that is meant for it must break.</p>
${table(
  'specimens',
  'Specimens',
  heads('specimen', 'what it does wrong', 'meant oracle', 'convicted by', 'for one'),
  known.map((flaw) => specimenRow(flaw, report.specimens)),
)}
<h3>Attack by attack</h3>
<p class="quiet">${marks.held} held, ${marks.broken} broken, ${marks.none} not applicable; point at a mark for the reason.</p>
${table('grid', 'Attacks by conversations and specimens', html`${heads('attack')}${turned}`, rows, 'grid')}`;
}

function specimenRow({ name, protocol, flaw, breaks }: Flaw, runs: readonly FlawedRun[]): Markup {
  const own = runs.filter((run) => run.specimen === name && run.protocol === protocol);
  const found = own.filter(({ oracles }) => oracles.includes(breaks));
  const others = [...new Set(own.flatMap(({ oracles }) => oracles))].filter((oracle) => oracle !== breaks).sort();
  const first = found[0] ?? own.find(({ why }) => why !== null);
  const verdict =
    found.length > 0
      ? html`<span class="chip held">in ${found.length} of ${own.length} runs</span>`
      : html`<span class="chip inconclusive">not in these ${own.length} runs</span>`;
  return html`<tr><th scope="row" class="mono">${name}<small>${protocol}</small></th><td>${flaw}</td><td>${breaks}</td><td>${verdict}${others.length > 0 && html`<small>and by ${others.join(', ')}</small>`}</td><td>${first === undefined ? '' : html`${first.why ?? ''}<small class="mono">${first.scenario}</small>`}</td></tr>
`;
}
