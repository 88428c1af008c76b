/** The state machines, drawn from their tables, with what the runs of this report did on them. */
import { type Coverage, totalsOf } from '../data/coverage.ts';
import { diagramOf } from '../diagram/diagrams.ts';
import type { Walked } from '../diagram/draw.ts';
import { html, type Markup, trusted } from './html.ts';
import type { PageInput } from './page.ts';
import { told } from './parts.ts';

export function machinePage({ coverage, report }: PageInput): Markup {
  return html`<p class="quiet">Drawn from the transition tables. A solid arrow was taken by a run of this report, a dashed one never; the line in a box is the share of its cells that were covered. <span class="on-screen">Point at an arrow or a box for the numbers, or click its name.</span> Rules of many situations stand beneath, once.</p>
${coverage.map(
  (one) => html`<h3>${one.protocol}</h3>
<figure><div class="scroll" role="region" aria-label="${`Diagram of ${one.protocol}`}" tabindex="0">${trusted(
    diagramOf(one.protocol, report.tables[one.protocol] ?? [], walkedIn(one)),
  )}</div></figure>
`,
)}
${told}`;
}

function walkedIn({ cells }: Coverage): Walked {
  return {
    count: (from, to, events) =>
      cells
        .filter(({ situation, event }) => situation === from && events.includes(event))
        .reduce((sum, { led }) => sum + (led[to] ?? 0), 0),
    cells(situation) {
      const { covered, possible } = totalsOf(cells.filter((cell) => cell.situation === situation));
      return { covered, possible };
    },
  };
}
