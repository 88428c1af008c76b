/**
 * The report as one HTML file that needs nothing else: no network, no server, no second file. Pure: the same input gives the
 * same page.
 *
 * The run viewer (viewer/) is put into it where it has been built. It shows itself in #viewer in place of #pages while the
 * address begins with #/run/, and finds the scenarios in #lanpair-scenarios.
 */
import type { Attack } from '../data/catalogue.ts';
import type { Comparison } from '../data/compare.ts';
import type { Coverage } from '../data/coverage.ts';
import type { Report } from '../data/report.ts';
import { count } from '../terminal.ts';
import { attackPage } from './attacks.ts';
import { behave } from './behaviour.ts';
import { cellPage } from './cells.ts';
import { codePage } from './code.ts';
import { figurePage } from './figures.ts';
import { foundTexts } from './finds.ts';
import { flawPage } from './flaws.ts';
import { html, json, type Markup, trusted } from './html.ts';
import { machinePage } from './machines.ts';
import { oraclePage } from './oracles.ts';
import { headline, overview } from './overview.ts';
import { scenarioPage } from './scenarios.ts';
import { type pageNames, style } from './style.ts';

/** Code coverage, measured by a command of its own; null where it never was. In percent. */
export interface CodeCoverage {
  readonly what: string;
  readonly command: string;
  readonly measured: { readonly statements: number; readonly branches: number; readonly link: string } | null;
}

export interface PageSource {
  readonly report: Report;
  readonly coverage: readonly Coverage[];
  readonly comparison: Comparison | null;
  readonly unmet: readonly string[];
  readonly catalogue: readonly Attack[];
  readonly code: readonly CodeCoverage[];
  /** Scenarios as they were written, by `family/name`. */
  readonly texts: ReadonlyMap<string, string>;
  readonly viewer: { readonly script: string; readonly style: string } | null;
  /** SHA-256 of a script's text, in base 64: the page allows these scripts and no others. */
  readonly digest: (text: string) => string;
}

export interface PageInput extends PageSource {
  /** Whether runs of this scenario can be walked through in this page. */
  readonly hasText: (scenario: string) => boolean;
}

type PageName = (typeof pageNames)[number];

const pages: readonly (readonly [name: PageName, title: string, make: (input: PageInput) => Markup])[] = [
  ['overview', 'Overview', overview],
  ['scenarios', 'Scenarios', scenarioPage],
  ['attacks', 'Attacks', attackPage],
  ['oracles', 'Oracles', oraclePage],
  ['coverage', 'Coverage', cellPage],
  ['machines', 'State machines', machinePage],
  ['figures', 'Figures', figurePage],
  ['code', 'Code', codePage],
  ['flaws', 'Planted flaws', flawPage],
];

export function pageText(source: PageSource): string {
  const { report, viewer, digest } = source;
  const texts = new Map([...source.texts, ...foundTexts(report.walks)]);
  const input: PageInput = { ...source, hasText: (name) => viewer !== null && texts.has(name) };
  const scripts = [`(${behave.toString()})(window);`, ...(viewer === null ? [] : [scriptText(viewer.script)])];
  const title = headline(input);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(scripts.map(digest))}">
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<title>${title} · lanpair</title>
<style>${trusted(style)}</style>
${viewer !== null && html`<style>${trusted(styleText(viewer.style))}</style>`}
</head>
<body>
<main id="pages">
<a class="skip" href="#scenarios">To the scenarios</a>
<header><h1>${title}</h1>
<p class="quiet">${report.program}, ${report.made.replace('T', ' ').replace(/:\d\d(\.\d+)?Z$/, '')} UTC</p></header>
<nav aria-label="Pages"><ul>${pages.map(([name, text]) => html`<li><a href="#${name}">${text}</a></li>`)}</ul></nav>
${pages.map(
  ([name, text, make]) => html`<section class="page" id="${name}" aria-labelledby="${name}-title">
<h2 id="${name}-title">${text}</h2>
${make(input)}
</section>
`,
)}
<footer>Made by lanpair of ${count(report.runs.length, 'run')}; the numbers are in report.json beside this page. <span class="on-screen">Press <kbd>/</kbd> to filter.</span></footer>
</main>
<div id="viewer" hidden></div>
<script type="application/json" id="lanpair-scenarios">${json({ version: 1, files: filesOf(texts) })}</script>
${scripts.map(
  (script) => html`<script>${trusted(script)}</script>
`,
)}
</body>
</html>
`.markup;
}

/** As the viewer wants them: by the path of a file. */
function filesOf(texts: ReadonlyMap<string, string>): { readonly [path: string]: string } {
  return Object.fromEntries([...texts].map(([name, text]) => [`scenarios/${name}.yaml`, text]));
}

/**
 * Nothing is loaded, sent or framed, and no script runs but those whose digests are here: the viewer makes its worker of its own
 * text (`blob:`), and the worker is held to the same.
 */
function policy(digests: readonly string[]): Markup {
  const scripts = digests.map((one) => `'sha256-${one}'`).join(' ');
  // Digests are base 64, so nothing in here needs an escape; one would be read as part of the policy.
  return trusted(
    `default-src 'none'; script-src ${scripts}; style-src 'unsafe-inline'; worker-src blob:; img-src data: blob:; base-uri 'none'; form-action 'none'`,
  );
}

/** A script may hold the end of an element in one of its strings. */
function scriptText(script: string): string {
  return script.replaceAll(/<(?=\/script|!--)/gi, '\\x3c');
}

function styleText(text: string): string {
  return text.replaceAll(/<(?=\/style)/gi, '\\3c ');
}
