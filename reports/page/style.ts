/** The look of the page: calm, in the colours of the run viewer, light and dark, on a screen and on paper. */

/** Names of the pages, in the order of the navigation. */
export const pageNames = [
  'overview',
  'scenarios',
  'attacks',
  'oracles',
  'coverage',
  'machines',
  'figures',
  'code',
  'flaws',
] as const;

export const style = `
:root {
  color-scheme: light dark;
  --paper: #fdfcfa; --paper-2: #f5f3ee; --ink: #1f2227; --ink-2: #5c626b; --hair: #e2ded5; --accent: #3451c7;
  --good: #1a6b43; --bad: #b3261e; --stated: #8f4700; --good-2: #e3f1e8; --bad-2: #fae6e4; --stated-2: #f8ebd9;
  --shade: #0000002e;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  --sans: system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --paper-2: #1b1e24; --ink: #e8e7e3; --ink-2: #a3a9b3; --hair: #2d323b; --accent: #93a8ff;
    --good: #74d6a4; --bad: #ff9488; --stated: #f3b765; --good-2: #1a3026; --bad-2: #3a2020; --stated-2: #352a18;
    --shade: #000000b0;
  }
}
/* A shade at an edge beyond which there is more: the paper that covers it goes with what is scrolled. */
.scroll {
  --more: linear-gradient(to right, var(--paper) 40%, transparent) left / 2.2rem 100% no-repeat local,
    linear-gradient(to left, var(--paper) 40%, transparent) right / 2.2rem 100% no-repeat local,
    linear-gradient(to right, var(--shade), transparent) left / .8rem 100% no-repeat scroll,
    linear-gradient(to left, var(--shade), transparent) right / .8rem 100% no-repeat scroll;
}
* { box-sizing: border-box; }
html { scroll-padding-top: 6rem; }
.page { scroll-margin-top: 20rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 var(--sans); }
#pages { max-width: 84rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 3rem) 6rem; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 3px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
code, .mono { font-family: var(--mono); font-size: .87em; overflow-wrap: anywhere; }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -.02em; font-weight: 620; margin: 0; text-wrap: balance; }
h2 { font-size: 1.45rem; letter-spacing: -.015em; font-weight: 600; margin: 2.2rem 0 .4rem; }
h3 { font-size: 1.02rem; font-weight: 600; margin: 2.2rem 0 .4rem; }
p { max-width: 46rem; margin: .5rem 0 1rem; }
td.name { font-family: var(--mono); font-size: .8rem; white-space: nowrap; }
.missed { text-decoration: line-through; color: var(--stated); }
.quiet { color: var(--ink-2); }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .3rem .6rem; z-index: 9; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

header { padding: 2.6rem 0 0; }
nav { position: sticky; top: 0; z-index: 5; background: var(--paper); border-bottom: 1px solid var(--hair); margin: 1.4rem 0 0; }
nav ul { display: flex; flex-wrap: wrap; gap: .1rem 1.5rem; list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .6rem 0 .5rem; color: var(--ink-2); text-decoration: none; border-bottom: 2px solid transparent; }
nav a:hover { color: var(--ink); }
nav a[aria-current] { color: var(--ink); font-weight: 600; border-color: var(--accent); }

.page { display: none; }
.page:target, .page:has(:target), #pages:not(:has(.page:target, .page :target)) #overview { display: block; }

.numbers { display: flex; flex-wrap: wrap; gap: 1.2rem 3.2rem; margin: 1.6rem 0 2rem; padding: 0; }
.numbers div { display: flex; flex-direction: column-reverse; }
.numbers dd { margin: 0; font-size: 1.9rem; line-height: 1.15; font-weight: 560; font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
.numbers dt { color: var(--ink-2); font-size: .86rem; }

#families { table-layout: fixed; } #families, #failed, #found { min-width: 40rem; }
.scroll { position: relative; overflow-x: auto; margin: .6rem 0 1rem; background: var(--more); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; color: var(--ink-2); padding: 0 0 .5rem; }
th, td { text-align: left; vertical-align: top; padding: .42rem 1.1rem .42rem 0; border-bottom: 1px solid var(--hair); }
thead th { color: var(--ink-2); font-weight: 500; font-size: .84rem; white-space: nowrap; vertical-align: bottom; }
tbody th { font-weight: 400; }
tbody tr:hover { background: var(--paper-2); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.family th { padding-top: 1.6rem; font-weight: 600; }
tr.family:hover { background: none; }
tr:target { background: var(--stated-2); }
.seed { white-space: nowrap; }
td small, th small { display: block; color: var(--ink-2); font-size: .84em; }

.chip { display: inline-block; padding: 0 .5rem; border-radius: 1rem; font-size: .84rem; line-height: 1.5; white-space: nowrap;
  background: var(--paper-2); color: var(--ink-2); text-decoration: none; }
a.chip:hover { text-decoration: underline; }
.chip.held, .chip.covered { background: var(--good-2); color: var(--good); }
.chip.broken { background: var(--stated-2); color: var(--stated); }
.chip.failed, .chip.contradicted { background: var(--bad-2); color: var(--bad); font-weight: 600; }
.chip.inconclusive { background: none; border: 1px dashed var(--ink-2); }
.chip.tested { background: none; box-shadow: inset 0 0 0 1px var(--good); color: var(--good); }
.chip.uncovered { background: none; box-shadow: inset 0 0 0 1px var(--stated); color: var(--stated); }

.bar { display: flex; height: .55rem; border-radius: .3rem; overflow: hidden; background: var(--hair); min-width: 12rem; margin-top: .45rem; }
.bar i { display: block; background: var(--good); }
.bar i.tested { opacity: .45; } .bar i.never { background: none; }
.bar i.impossible { background: repeating-linear-gradient(135deg, var(--ink-2) 0 1px, transparent 1px 5px); }

.alarm { border-left: 3px solid var(--bad); background: var(--bad-2); padding: .7rem 1.1rem; margin: 1rem 0; overflow-wrap: anywhere; }
.alarm ul { margin: .3rem 0 0; padding-left: 1.1rem; }

.filter { display: flex; flex-wrap: wrap; align-items: end; gap: .4rem 1rem; margin: 1rem 0 0; }
.filter label { display: flex; flex-direction: column; color: var(--ink-2); font-size: .84rem; }
.filter input, .filter select { font: inherit; font-size: .95rem; color: var(--ink); background: var(--paper-2); border: 1px solid var(--hair); border-radius: .4rem; padding: .28rem .6rem; min-width: 10rem; }
.filter input { min-width: min(24rem, 70vw); }
.filter output { color: var(--ink-2); font-size: .86rem; padding-bottom: .4rem; }
kbd { font: .8rem var(--mono); border: 1px solid var(--hair); border-radius: .25rem; padding: 0 .3rem; background: var(--paper-2); }

.grid th.turned { height: 11rem; padding: 0; }
.grid th.turned span { display: block; width: 1.7rem; transform: rotate(180deg); writing-mode: vertical-rl; text-align: left; padding: .2rem 0; }
.grid td.mark { padding: .25rem .2rem; text-align: center; width: 1.7rem; font-family: var(--mono); }
.grid td.mark.held { color: var(--good); } .grid td.mark.broken { background: var(--stated-2); color: var(--stated); }
.told { display: block; position: sticky; bottom: 0; background: var(--paper); padding: .5rem 0; min-height: 2.4rem; overflow-wrap: anywhere; }
.grid td.mark.failed { background: var(--bad-2); color: var(--bad); } .grid td.mark.none { color: var(--ink-2); }

.plots { display: flex; flex-wrap: wrap; gap: 0 2rem; } .plot { margin: 1rem 0; } .plot figcaption { margin: 0 0 .6rem; color: var(--ink); }
.plot text { font: 11px var(--sans); fill: var(--ink-2); } .plot .end { text-anchor: end; } .plot .middle { text-anchor: middle; }
.plot .rule { stroke: var(--hair); } .plot .line { fill: none; stroke-width: 2px; stroke-linejoin: round; } .plot .dashed { stroke-dasharray: 5 4; }
.plot .dot { stroke: transparent; stroke-width: 14; }
.plot .line.a { stroke: var(--accent); } .plot .dot.a, .plot .band.a, .plot text.a { fill: var(--accent); }
.plot .line.b { stroke: var(--stated); } .plot .dot.b, .plot .band.b, .plot text.b { fill: var(--stated); }
.plot .band { opacity: .16; }
figure { margin: 1.4rem 0 2rem; }
figure svg { max-width: 100%; height: auto; }
figcaption { color: var(--ink-2); font-size: .9rem; max-width: 46rem; margin-top: .5rem; }
footer { margin-top: 4rem; border-top: 1px solid var(--hair); padding-top: 1rem; color: var(--ink-2); font-size: .86rem; }
@media (max-width: 44rem) {
  th, td { padding-right: .7rem; }
  nav { position: static; }
  /* A plot is as narrow as the page, and its words are not to shrink with it. */
  .plot text { font-size: 15px; } .plot svg { overflow: visible; }
  html { scroll-padding-top: 1rem; }
  .scroll svg { max-width: none; min-width: 44rem; }
  #catalogue tr > th:first-child, #runs tr > th:first-child { position: sticky; left: 0; background: var(--paper); }
}
@media screen { .on-paper { display: none; } }
@media print {
  :root { color-scheme: light; --paper: #fff; --paper-2: #f3f3f3; --ink: #000; --ink-2: #444; --hair: #ccc; }
  @page { margin: 12mm; }
  html { font-size: 12px; }
  body { font-size: 9.5pt; }
  thead th { white-space: normal; }
  .bar { min-width: 5rem; }
  nav, .filter, .skip, .told, .on-screen { display: none; }
  /* What a person opens or follows elsewhere stands there. */
  #pages details::details-content { content-visibility: visible; } #pages summary { list-style: none; }
  a.file::after { content: " (" attr(href) ")"; overflow-wrap: anywhere; }
  .page { display: block; break-before: page; }
  #overview { break-before: auto; }
  #pages { max-width: none; padding: 0; }
  tr { break-inside: avoid; }
  .scroll { overflow: visible; background: none; }
  .grid td.mark, .grid th.turned { padding: .25rem 0; width: .95rem; } .grid th.turned { height: 15rem; white-space: nowrap; font-size: .7rem; } .grid th.turned span { width: .95rem; padding: 0; line-height: .95rem; }
  h2, h3 { break-after: avoid; }
  figure { break-inside: avoid; }
  /* Beside its headings; the first has the title of the page above it. */
  .scroll svg { display: block; max-height: calc(100vh - 21rem); width: auto; } #machines figure:not(:first-of-type) svg { max-height: calc(100vh - 9rem); }
  /* Of a short one no head stands alone at the foot of a sheet. */
  .scroll:has(tbody > tr:last-child:nth-child(-n + 12)) { break-inside: avoid; }
  a { color: inherit; text-decoration: none; }
  .chip, .bar, .mark { print-color-adjust: exact; }
  @page { @bottom-right { content: counter(page) " of " counter(pages); font: 7pt var(--sans); color: #444; } }
  /* Long tables by what is read in them: each column as wide as its words need, small and close, or the cells alone are a hundred pages. */
  #pages :is(th, td) { padding: .22rem .6rem .22rem 0; }
  .numbers { gap: .6rem 1.8rem; margin: 1rem 0; } .numbers dd { font-size: 1.5rem; }
  #runs, #catalogue, #grid { font-size: 7.5pt; line-height: 1.35; } :is(#runs, #catalogue, #cells) .chip { font-size: .9em; line-height: 1.3; }
  #runs th:first-child { width: 46%; }
  #catalogue { table-layout: fixed; } #catalogue th:first-child { width: 4%; } #catalogue th:nth-child(2) { width: 24%; } #catalogue th:nth-child(3) { width: 7%; } #catalogue th:last-child { width: 26%; }
  #catalogue td:last-child { font-size: .84em; } #catalogue td:last-child br { display: none; } #catalogue td:last-child .mono { font: inherit; }
  #catalogue td:last-child .mono:not(:nth-last-child(2))::after { content: ", "; }
  #cells { font-size: 6.5pt; line-height: 1.25; } #pages #cells :is(th, td) { padding: .08rem .5rem .08rem 0; }
  #cells :is(td.name, td.mono) { font-size: 6pt; white-space: normal; overflow-wrap: normal; } #cells th:nth-last-child(2) { width: 26%; } #cells th:last-child { width: 44%; }
  #pages .grid :is(td.mark, th.turned) { padding: .25rem 0; }
  #flaws h3 { break-before: page; }
  #code { break-before: auto; }
  .plots { display: grid; grid-template-columns: 1fr 1fr; } .plot text { font-size: 13px; } .plot svg { overflow: visible; }
  footer { margin-top: 1rem; break-before: avoid; }
}
`;
