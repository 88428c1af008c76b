/** Code coverage, which c8 measures: its totals, and the way to every line. */
import { html, type Markup } from './html.ts';
import type { CodeCoverage, PageInput } from './page.ts';
import { heads, table } from './parts.ts';

export function codePage({ code }: PageInput): Markup {
  return html`<p class="quiet">Which statements and branches of the program were reached, the implicit else among them (c8 in monocart mode). Measured by commands of their own, not by this report; the links lead to the files beside it. The tests run the scenarios as well. What runs in a browser (the viewer) is not counted.</p>
${table('code-coverage', 'Code coverage', [...heads('reached by'), ...['statements', 'branches'].map((name) => html`<th scope="col" class="number">${name}</th>`), ...heads('line by line')], code.map(rowOf))}`;
}

function rowOf({ what, command, measured }: CodeCoverage): Markup {
  if (measured === null)
    return html`<tr><th scope="row">${what}</th><td class="number">-</td><td class="number">-</td><td>not measured: <code>${command}</code></td></tr>
`;
  return html`<tr><th scope="row">${what}</th><td class="number">${measured.statements} %</td><td class="number">${measured.branches} %</td><td><a class="file" href="${measured.link}">${what}, file by file</a></td></tr>
`;
}
