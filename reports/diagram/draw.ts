/**
 * A state machine as SVG: layers from top to bottom by `@dagrejs/dagre`, the rules of many situations in words beneath. The
 * same machine gives the same text. With coverage, arrows tell whether a run ever took them, and boxes how many of their
 * cells were covered.
 */
import { Graph, layout } from '@dagrejs/dagre';
import { html, type Markup, trusted } from '../page/html.ts';
import type { CommonRule, Edge, Machine } from './machine.ts';

/** What runs did, for a drawing that shows it. */
export interface Walked {
  /** How often a move was made. */
  readonly count: (from: string, to: string, events: readonly string[]) => number;
  /** Cells of a situation. */
  readonly cells: (situation: string) => { readonly covered: number; readonly possible: number };
}

/** Width of a character, and height of a line, of the two sizes of text, in px; as good as any font's. */
const big = { character: 8.2, line: 20 };
const small = { character: 6.3, line: 14 };
const boxHeight = 38;
const margin = 16;
/** Events on one arrow; the others are counted. */
const eventsShown = 3;
const lineLength = 118;

export function drawMachine(name: string, machine: Machine, walked: Walked | null = null): Markup {
  const graph = laidOut(machine);
  const { width = 0, height = 0 } = graph.graph();
  const rules = machine.common.flatMap((rule) => ruleLines(rule, machine));
  const wide = Math.ceil(
    Math.max(width + 2 * margin, ...rules.map((line) => line.text.length * small.character + 2 * margin)),
  );
  const high = Math.ceil(height + 2 * margin + rules.length * (small.line + 2) + (rules.length > 0 ? 34 : 0));
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="machine" viewBox="0 0 ${wide} ${high}" width="${wide}" height="${high}" role="img" aria-label="${`State machine of ${name}`}">
<style>${trusted(look)}</style>
<defs>${['', 'walked', 'never'].map((kind) => html`<marker id="${markerOf(name, kind)}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="head ${kind}" d="M0 0.8 7.5 4 0 7.2z"/></marker>`)}</defs>
<g transform="translate(${margin} ${margin})">
${machine.edges.map((edge) => arrow(name, edge, graph, walked))}
${machine.situations.map((situation) => box(situation, graph, walked))}
</g>
${rules.length > 0 && html`<text class="small quiet" x="${margin}" y="${Math.ceil(height) + 2 * margin + 16}">and in many situations alike:</text>`}
${rules.map(
  ({ text, state }, index) =>
    html`<text class="small ${walked === null ? '' : state(walked)}" x="${margin}" y="${Math.ceil(height) + 2 * margin + 34 + index * (small.line + 2)}">${text}</text>
`,
)}</svg>`;
}

/** What is used of the library's graph. Its own types say less, and type-aware lint cannot follow them. */
interface Drawn {
  setGraph(label: object): void;
  setNode(name: string, label: object): void;
  setEdge(from: string, to: string, label: object): void;
  graph(): { readonly width?: number; readonly height?: number };
  node(name: string): Point & { readonly width: number; readonly height: number };
  edge(from: string, to: string): Point & { readonly points: readonly Point[] };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function laidOut({ situations, edges }: Machine): Drawn {
  const graph = new Graph() as unknown as Drawn;
  graph.setGraph({ rankdir: 'TB', nodesep: 46, ranksep: 34, edgesep: 22 });
  for (const situation of situations)
    graph.setNode(situation, { width: Math.max(92, situation.length * big.character + 26), height: boxHeight });
  for (const edge of edges) {
    const lines = labelOf(edge);
    const width = Math.max(...lines.map(({ length }) => length)) * small.character + 8;
    graph.setEdge(edge.from, edge.to, { width, height: lines.length * small.line + 4, labelpos: 'c' });
  }
  layout(graph as never);
  return graph;
}

function labelOf({ events }: Edge): readonly string[] {
  if (events.length <= eventsShown) return events;
  return [...events.slice(0, eventsShown - 1), `and ${events.length - eventsShown + 1} more`];
}

function arrow(name: string, edge: Edge, graph: Drawn, walked: Walked | null): Markup {
  const { from, to, events } = edge;
  const { points, x, y } = graph.edge(from, to);
  const count = walked?.count(from, to, events) ?? 0;
  const kind = walked === null ? '' : count > 0 ? 'walked' : 'never';
  const told = walked === null ? '' : count > 0 ? `: ${count} times` : ': never';
  const lines = labelOf(edge);
  const top = y - ((lines.length - 1) * small.line) / 2 + 4;
  return html`<g><title>${`${from} to ${to} on ${events.join(', ')}${told}`}</title><path class="arrow ${kind}" d="${curve(points)}" marker-end="url(#${markerOf(name, kind)})"/>${lines.map((line, index) => html`<text class="small label ${kind}" x="${round(x)}" y="${round(top + index * small.line)}">${line}</text>`)}</g>
`;
}

/** Through the middles of the lines between the points, so that it has no corners. */
function curve(points: readonly Point[]): string {
  const [first, ...others] = points;
  const last = others.at(-1);
  if (first === undefined || last === undefined) return '';
  const parts = others.slice(0, -1).map((point, index) => {
    const next = others[index + 1] ?? last;
    const end = index === others.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${round(point.x)} ${round(point.y)} ${round(end.x)} ${round(end.y)}`;
  });
  return `M${round(first.x)} ${round(first.y)}${parts.length === 0 ? `L${round(last.x)} ${round(last.y)}` : parts.join('')}`;
}

function box(situation: string, graph: Drawn, walked: Walked | null): Markup {
  const { x, y, width, height } = graph.node(situation);
  const [left, top] = [x - width / 2, y - height / 2];
  const cells = walked?.cells(situation) ?? null;
  const share = cells === null || cells.possible === 0 ? 0 : cells.covered / cells.possible;
  return html`<g><title>${cells === null ? situation : `${situation}: of its cells ${cells.covered} of ${cells.possible} were covered`}</title><rect class="box" x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" rx="7"/>${cells !== null && html`<rect class="gauge" x="${round(left + 8)}" y="${round(top + height - 7)}" width="${round(width - 16)}" height="3" rx="1.5"/><rect class="gauge full" x="${round(left + 8)}" y="${round(top + height - 7)}" width="${round((width - 16) * share)}" height="3" rx="1.5"/>`}<text class="big" x="${round(x)}" y="${round(y + (cells === null ? 5 : 2))}">${situation}</text></g>
`;
}

interface RuleLine {
  readonly text: string;
  readonly state: (walked: Walked) => string;
}

function ruleLines({ events, from, to }: CommonRule, { situations }: Machine): readonly RuleLine[] {
  const others = situations.filter((situation) => !from.includes(situation));
  const where = others.length < from.length ? `all but ${others.join(', ')}` : from.join(', ');
  const state = (walked: Walked): string =>
    from.some((here) => to.some((target) => target !== here && walked.count(here, target, events) > 0))
      ? 'walked'
      : 'never';
  return wrapped(`${events.join(', ')} \u2192 ${to.join(', ')}   (in ${where})`).map((text) => ({ text, state }));
}

function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined) lines.push(word);
    else if (line.length + word.length < lineLength) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`      ${word}`);
  }
  return lines;
}

function markerOf(name: string, kind: string): string {
  return `head-${name.replaceAll(/[^A-Za-z0-9]/g, '-')}${kind === '' ? '' : `-${kind}`}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const look = `
.machine { --m-ink: #1f2227; --m-quiet: #5c626b; --m-box: #f5f3ee; --m-line: #8a8f98; --m-good: #1a6b43; --m-never: #8f4700; --m-paper: #fdfcfa; }
@media screen and (prefers-color-scheme: dark) { .machine { --m-ink: #e8e7e3; --m-quiet: #a3a9b3; --m-box: #23272e; --m-line: #7d8490; --m-good: #74d6a4; --m-never: #f3b765; --m-paper: #14161a; } }
.machine text { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--m-ink); white-space: pre; }
.machine .big { font-size: 13px; font-weight: 600; text-anchor: middle; }
.machine .small { font-size: 10.5px; }
.machine .quiet { fill: var(--m-quiet); }
.machine .label { text-anchor: middle; fill: var(--m-quiet); paint-order: stroke; stroke: var(--m-paper); stroke-width: 4px; stroke-linejoin: round; }
.machine .box { fill: var(--m-box); stroke: var(--m-line); }
.machine .gauge { fill: var(--m-line); opacity: .35; } .machine .gauge.full { fill: var(--m-good); opacity: 1; }
.machine .arrow { fill: none; stroke: var(--m-line); stroke-width: 1.2px; }
.machine .arrow.walked { stroke: var(--m-good); stroke-width: 1.8px; } .machine .arrow.never { stroke: var(--m-never); stroke-dasharray: 4 3; }
.machine .head { fill: var(--m-line); } .machine .head.walked { fill: var(--m-good); } .machine .head.never { fill: var(--m-never); }
.machine text.walked { fill: var(--m-good); } .machine text.never { fill: var(--m-never); }
`;
