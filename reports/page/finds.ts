/** What sweeps found: each kind of break, its first seeds, and the way to such a run. */
import { type Found, type FoundRun, foundOf, type Walk } from '../data/report.ts';
import { count } from '../terminal.ts';
import { html, type Markup } from './html.ts';
import type { PageInput } from './page.ts';
import { heads, runLink, table } from './parts.ts';

/** Of one kind, with a way to the run; the others are there by their seeds. */
const runsShown = 3;

/** The name under which the page holds what a seed made. */
function nameOf({ scenario, seed }: FoundRun): string {
  return `found/${scenario.replaceAll('/', '-')}-${seed}`;
}

/** Scenarios of finds, for the run viewer. */
export function foundTexts(walks: readonly Walk[]): ReadonlyMap<string, string> {
  return new Map(
    foundOf(walks).flatMap(({ first }) =>
      first.slice(0, runsShown).flatMap((run) => (run.text === null ? [] : [[nameOf(run), run.text] as const])),
    ),
  );
}

export function findPage({ report, hasText }: PageInput): Markup | null {
  const found = foundOf(report.walks);
  if (found.length === 0) return null;
  const rows = found.flatMap(({ first, ...kind }) =>
    first.slice(0, runsShown).map((run, index) => rowOf(kind, first, run, index, hasText)),
  );
  return html`<h3>What sweeps found</h3>
<p class="quiet">Runs with faults that were drawn for a seed, in which something broke that is neither stated nor a known limit. The command makes the run again and shrinks it to what is needed, in a scenario file with its story.</p>
${table('found', 'Finds of sweeps', heads('conversation', 'what', 'seed', 'why', 'again, and smaller'), rows)}`;
}

function rowOf(
  { protocol, what, count: times }: Omit<Found, 'first'>,
  all: readonly FoundRun[],
  run: FoundRun,
  index: number,
  hasText: PageInput['hasText'],
): Markup {
  const { seed, scenario, suite = 'symbolic', why, again } = run;
  const rows = Math.min(all.length, runsShown);
  const more = all.slice(runsShown).map((one) => one.seed);
  const kind = html`<th scope="rowgroup" rowspan="${rows}">${protocol}</th><th scope="rowgroup" rowspan="${rows}">${what}<small>in ${count(times, 'run')}${more.length > 0 && `; also seeds ${more.join(', ')}`}</small></th>`;
  const name = nameOf(run);
  const label = `walk through ${scenario} with the faults of seed ${seed}, ${protocol}`;
  const way = hasText(name)
    ? html`<a class="chip failed" href="${runLink({ scenario: name, protocol, seed, suite })}" aria-label="${label}">${seed}</a>`
    : html`<span class="chip failed">${seed}</span>`;
  return html`<tr>${index === 0 && kind}<td>${way}<small class="mono">${scenario}</small></td><td>${why}</td><td><code>${again}</code></td></tr>
`;
}
