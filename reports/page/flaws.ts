/** The testbed on trial: conversations with one planted flaw each, and which attacks find it. */
import { type Attack, type Judgement, judge, type Outcome } from '../data/catalogue.ts';
import { convictions, type Flaw, type FlawedRun, flaws, flawsIn, isOf, judgeFlawed } from '../data/flaws.ts';
import { count } from '../terminal.ts';
import { html, type Markup, type Piece } from './html.ts';
import type { PageInput } from './page.ts';
import { heads, outcomeWords, table, told } from './parts.ts';

const marks: Readonly<Record<Outcome, string>> = {
  held: '\u25cb',
  broken: '\u2715',
  failed: '!',
  inconclusive: '?',
  none: '\u00b7',
  unrun: '',
};

/** A specimen breaks as its planter meant it, and no scenario states that. */
const words: Readonly<Record<Outcome, string>> = { ...outcomeWords, broken: 'broken' };

export function flawPage({ report, catalogue }: PageInput): Markup {
  const { specimens, runs } = report;
  if (specimens.length === 0)
    return html`<p class="quiet">A testbed that convicts nobody proves nothing: ${flaws.length} specimens have one flaw each. They were not run for this report. <code>lanpair report</code> runs each in a scenario that shows its flaw, <code>--specimens</code> against every attack, <code>--specimen NAME</code> one of them in every scenario, and <code>lanpair sim audit</code> looks for the shortest proof against each.</p>`;
  const known = flawsIn(specimens);
  const protocols = Object.keys(report.tables);
  const judged = new Map(
    known.map((flaw) => [flaw, catalogue.map((attack) => ({ attack, ...judgeFlawed(attack, flaw, specimens) }))]),
  );
  const rows = catalogue.map((attack, index) => {
    const cells = [
      ...protocols.map((who) => ({ who, ...judge(attack, who, runs) })),
      ...known.flatMap((flaw) => ({ who: flaw.name, ...(judged.get(flaw)?.[index] ?? absent) })),
    ];
    return html`<tr><th scope="row"><a class="mono" href="#${attack.id}">${attack.id}</a> ${attack.scenario}</th>${cells.map(
      ({ who, outcome, why }) =>
        html`<td class="mark ${outcome}" title="${`${who}, ${attack.id}: ${words[outcome]}. ${why}`}">${marks[outcome]}<span class="unseen"> ${words[outcome]}</span></td>`,
    )}</tr>
`;
  });
  const turned = [...protocols, ...known.map(({ name, protocol }) => `${name} (${protocol})`)].map(
    (name) => html`<th scope="col" class="turned"><span>${name}</span></th>`,
  );
  return html`<p class="quiet">A testbed that convicts nobody proves nothing. Each specimen is a conversation with one flaw, some of them what real programs do. The oracle that is meant for it must break. ${extentOf(specimens)}</p>
${table(
  'specimens',
  'Specimens',
  heads('specimen', 'what it does wrong', 'meant oracle', 'convicted by', 'for one'),
  known.map((flaw) => specimenRow(flaw, specimens, judged.get(flaw) ?? [])),
)}
<h3>Attack by attack</h3>
<p class="quiet">${marks.held} held, ${marks.broken} broken, ${marks.none} not applicable, blank: not run for this report. <span class="on-screen">Point at a mark for the reason, or click it.</span></p>
${table('grid', 'Attacks by conversations and specimens', html`${heads('attack')}${turned}`, rows, 'grid')}
${told}`;
}

const absent: Pick<Judgement, 'outcome' | 'why'> = { outcome: 'unrun', why: '' };

/** What the reader may make of it: how much of the catalogue each of them went through. */
function extentOf(runs: readonly FlawedRun[]): Markup {
  const most = Math.max(
    ...flawsIn(runs).map((flaw) => new Set(runs.filter((run) => isOf(flaw, run)).map(({ scenario }) => scenario)).size),
  );
  return most > 1
    ? html`Here it goes through up to ${most} scenarios of the catalogue.`
    : html`Here each goes through one scenario, which is known to show its flaw; <code>lanpair report --specimens</code> takes them through every attack, in a minute or two.`;
}

interface JudgedAttack extends Omit<Judgement, 'runs'> {
  readonly attack: Attack;
}

function specimenRow(flaw: Flaw, runs: readonly FlawedRun[], judged: readonly JudgedAttack[]): Markup {
  const { name, protocol, breaks } = flaw;
  const own = runs.filter((run) => isOf(flaw, run));
  const found = convictions(flaw, runs);
  const others = [...new Set(own.flatMap(({ oracles }) => oracles))].filter((oracle) => oracle !== breaks).sort();
  const first = found[0] ?? own.find(({ why }) => why !== null);
  const verdict =
    found.length > 0
      ? html`<span class="chip held">in ${found.length} of ${count(own.length, 'run')}</span>`
      : html`<span class="chip inconclusive">not in ${own.length === 1 ? 'this run' : `these ${own.length} runs`}</span>`;
  const one = first === undefined ? '' : html`${first.why ?? ''}<small class="mono">${first.scenario}</small>`;
  return html`<tr><th scope="row" class="mono">${name}<small>${protocol}</small></th><td>${flaw.flaw}</td><td>${breaks}</td><td>${verdict}${others.length > 0 && html`<small>and by ${others.join(', ')}</small>`}</td><td>${one}${brokenBy(judged)}</td></tr>
`;
}

/** For those who have no pointer, and for paper: the sentences of its column in the grid. */
function brokenBy(judged: readonly JudgedAttack[]): Piece {
  const broken = judged.filter(({ outcome }) => outcome === 'broken');
  if (broken.length < 2) return false;
  return html`<details><summary>${count(broken.length, 'attack')} broke it</summary><ul>${broken.map(({ attack, why }) => html`<li><a class="mono" href="#${attack.id}">${attack.id}</a> ${why}</li>`)}</ul></details>`;
}
