/** The first page: did all come out as stated, how much was looked at, and what nobody has looked at yet. */
import { wordsFor } from '../../sim/amount.ts';
import { acquitted } from '../data/flaws.ts';
import { type Entry, foundOf } from '../data/report.ts';
import { findings, slowest } from '../summary.ts';
import { count } from '../terminal.ts';
import { shareTable } from './cells.ts';
import { findPage } from './finds.ts';
import { html, type Markup, type Piece } from './html.ts';
import type { PageInput } from './page.ts';
import { heads, number, outcomeOf, protocolsOf, runChip, seconds, table } from './parts.ts';

/** Failed runs on the first page; the others are in the table of all. */
const failedShown = 20;

export function headline({ report, coverage, unmet, comparison }: PageInput): string {
  const { runs, specimens } = report;
  const failed = runs.filter(({ verdict }) => verdict === 'fail').length;
  const only = runs.length === 1;
  if (failed > 0)
    return only
      ? 'The only run came out otherwise than stated'
      : `${failed} of ${number(runs.length)} runs came out otherwise than stated`;
  if (acquitted(specimens).length > 0) return 'A planted flaw went unnoticed';
  if (findings(coverage, runs, specimens).length > 0) return 'A run was where none can be';
  const finds = foundOf(report.walks).length;
  if (finds > 0)
    return `All came out as stated, and sweeps found ${finds === 1 ? 'a break' : `${finds} kinds of breaks`}`;
  if (unmet.length > 0)
    return `All came out as stated, and ${count(unmet.length, 'required cell')} ${are(unmet.length)} not covered`;
  const lost = comparison?.lost.length ?? 0;
  if (lost > 0) return `All came out as stated, and ${count(lost, 'cell')} ${are(lost)} covered no longer`;
  const doubtful = runs.filter(({ verdict }) => verdict === 'inconclusive').length;
  if (doubtful > 0)
    return only
      ? 'The only run shows nothing'
      : `Nothing failed; ${doubtful} of ${number(runs.length)} runs show nothing`;
  return only ? 'The only run came out as stated' : `All ${number(runs.length)} runs came out as stated`;
}

function are(many: number): string {
  return many === 1 ? 'is' : 'are';
}

/** In the largest unit of which there is one. */
function virtualTime(ms: number): readonly [name: string, value: string] {
  const [unit, length] = (
    [
      ['hours', 3_600_000],
      ['minutes', 60_000],
    ] as const
  ).find(([, one]) => ms >= one) ?? ['seconds', 1000];
  const many = Math.round(ms / length);
  return [wordsFor(many, `${unit} of virtual time`), number(many)];
}

export function overview(input: PageInput): Markup {
  const { runs, seconds: took } = input.report;
  const scenarios = new Set(runs.map(({ scenario }) => scenario)).size;
  const sum = (of: (run: Entry) => number): number => runs.reduce((all, run) => all + of(run), 0);
  const delivered = sum(({ deliveries }) => deliveries);
  const numbers: readonly (readonly [string, string])[] = [
    [wordsFor(scenarios, 'scenarios'), number(scenarios)],
    [wordsFor(runs.length, 'runs'), number(runs.length)],
    ['held', number(runs.filter((run) => outcomeOf(run) === 'held').length)],
    ['broken, as stated', number(runs.filter((run) => outcomeOf(run) === 'broken').length)],
    [wordsFor(delivered, 'datagrams delivered'), number(delivered)],
    virtualTime(sum(({ virtualMs }) => virtualMs)),
    ['seconds on the wall', took.toFixed(1)],
  ];
  return html`${troubles(input)}${failed(input)}${findPage(input)}
<dl class="numbers">${numbers.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${families(input)}
<h3>How much of the conversations was walked through</h3>
<p class="quiet">Every conversation is a table: for each situation and each event, what is done and why. A cell is covered when a run went through it; cells that are declared impossible say why.</p>
${shareTable('shares', input.coverage, input.report.walks)}
<h3>Slowest runs</h3>
${table(
  'slowest',
  runs.length > 3 ? 'The three that took longest on this machine' : 'How long they took on this machine',
  heads('took', 'scenario', 'conversation', 'verdict'),
  slowest(runs).map(
    (
      run,
    ) => html`<tr><td class="number">${seconds(run.tookMs)}</td><th scope="row">${run.title}<small class="mono">${run.scenario}</small></th><td>${run.protocol}</td><td>${runChip(run, input.hasText)}</td></tr>
`,
  ),
)}`;
}

function troubles({ coverage, report, unmet, comparison }: PageInput): Piece {
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['What must not be', findings(coverage, report.runs, report.specimens).filter((line) => line.startsWith('  '))],
    ['Required, and not there', unmet],
    ['Covered in the baseline, and not now', comparison?.lost ?? []],
  ];
  return lists
    .filter(([, items]) => items.length > 0)
    .map(
      ([name, items]) =>
        html`<div class="alarm" role="alert"><strong>${name}</strong><ul>${items.slice(0, 100).map((item) => html`<li>${item}</li>`)}${items.length > 100 && html`<li>and ${items.length - 100} more</li>`}</ul></div>`,
    );
}

/** Whoever changed something wants to know first which runs it broke, and why. */
function failed({ report, hasText }: PageInput): Piece {
  const runs = report.runs.filter(({ verdict }) => verdict === 'fail');
  if (runs.length === 0) return false;
  const rows = runs.slice(0, failedShown).map(
    (
      run,
    ) => html`<tr><th scope="row">${run.title}<small class="mono">${run.scenario}</small></th><td>${run.protocol}<small>seed ${run.seed}</small></td><td>${runChip(run, hasText)}</td><td>${run.failures[0] ?? ''}</td></tr>
`,
  );
  const left = runs.length - rows.length;
  return html`<h3>What came out otherwise</h3>
${table('failed', 'Runs that came out otherwise than stated', heads('scenario', 'conversation', 'verdict', 'why'), rows)}${left > 0 && html`<p class="quiet">And ${left} more: filter the scenarios for FAILED.</p>`}`;
}

function families({ report }: PageInput): Markup {
  const { runs } = report;
  const protocols = protocolsOf(report);
  const names = [...new Set(runs.map(familyOf))].sort();
  const cell = (own: readonly Entry[]): Markup => {
    const parts = (['held', 'broken', 'failed', 'inconclusive'] as const).flatMap((outcome) => {
      const count = own.filter((run) => outcomeOf(run) === outcome).length;
      const s = count === 1 ? 's' : '';
      const word = { held: `hold${s}`, broken: `break${s} as stated`, failed: 'FAILED', inconclusive: 'inconclusive' }[
        outcome
      ];
      return count === 0 ? [] : [html`<span class="chip ${outcome}">${count} ${word}</span> `];
    });
    return html`<td>${parts.length === 0 ? html`<span class="quiet">none</span>` : parts}</td>`;
  };
  return table(
    'families',
    'Families of scenarios by conversations',
    heads('family', ...protocols),
    names.map(
      (family) => html`<tr><th scope="row">${family}</th>${protocols.map((protocol) =>
        cell(runs.filter((run) => run.protocol === protocol && familyOf(run) === family)),
      )}</tr>
`,
    ),
  );
}

export function familyOf({ scenario }: { readonly scenario: string }): string {
  return scenario.split('/', 1)[0] ?? scenario;
}
