/** The diagrams: that they say what the tables say, all of it and nothing else, and that the files are up to date. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import type { TableRow } from '../../protocol/contract.ts';
import { subjects } from '../../sim/index.ts';
import { diagramOf } from '../diagram/diagrams.ts';
import { drawMachine } from '../diagram/draw.ts';
import { machineOf } from '../diagram/machine.ts';
import { table } from './entries.ts';

for (const [name, { protocol }] of subjects) {
  test(`the diagram of ${name} is the one that its table makes`, (t) => {
    const file = new URL(`../../../reports/diagram/${name}.svg`, import.meta.url);
    t.is(readFileSync(file, 'utf8'), `${diagramOf(name, protocol.table)}\n`, 'draw it anew: npm run diagrams');
  });

  test(`what is drawn of ${name}, and what stands beneath, are together the moves of its table`, (t) => {
    const { edges, common, situations } = machineOf(protocol.table);
    const told = new Set([
      ...edges.flatMap(({ from, to, events }) => events.map((event) => `${from} ${event} ${to}`)),
      ...common.flatMap(({ from, to, events }) =>
        from.flatMap((here) => to.flatMap((target) => events.map((event) => `${here} ${event} ${target}`))),
      ),
    ]);
    const elsewhere = (all: Iterable<string>): readonly string[] =>
      [...all].filter((move) => move.split(' ')[0] !== move.split(' ')[2]).sort();
    const moves = protocol.table.flatMap(({ situation, event, kind, to }) =>
      kind === 'moves' ? to.map((target) => `${situation} ${event} ${target}`) : [],
    );
    t.deepEqual(elsewhere(told), elsewhere(new Set(moves)));
    t.deepEqual(situations, [...new Set(protocol.table.map(({ situation }) => situation))]);
  });
}

test('the pages of the specifications and the README lead to the diagrams', (t) => {
  const root = new URL('../../../', import.meta.url);
  const linked = ['protocol/lp1/SPEC.md', 'protocol/locate/SPEC.md', 'README.md'].flatMap((page) => {
    const links = [...readFileSync(new URL(page, root), 'utf8').matchAll(/\]\(([^)]*\.svg)\)/g)];
    return links.map(([, link = '']) => new URL(link, new URL(page, root)));
  });
  for (const link of linked) t.regex(readFileSync(link, 'utf8'), /^<svg /, link.pathname);
  const names = new Set(linked.map(({ pathname }) => pathname.split('/').at(-1) ?? ''));
  t.deepEqual([...names].sort(), [...subjects.keys()].map((name) => `${name}.svg`).sort());
});

test('coverage is drawn on it: what was walked, how often, and what never was', (t) => {
  const machine = machineOf(table);
  const drawn = drawMachine('lp1', machine, {
    count: (from, to) => (from === 'Idle' && to === 'Asking' ? 3 : 0),
    cells: (situation) => ({ covered: situation === 'Idle' ? 1 : 0, possible: 2 }),
  }).markup;
  t.true(drawn.includes('<title>Idle to Asking on begin: 3 times</title>'));
  t.true(drawn.includes('class="arrow walked"'));
  t.true(drawn.includes('<title>Idle: of its cells 1 of 2 were covered</title>'));
  t.true(
    drawMachine('lp1', machine, { count: () => 0, cells: () => ({ covered: 0, possible: 2 }) }).markup.includes(
      'class="arrow never"',
    ),
  );
});

test('names of a table that is not ours are text in a drawing', (t) => {
  const bad = '</text><script>"\u202e';
  const row: TableRow = { situation: bad, event: bad, kind: 'moves', to: ['Idle'], why: '' };
  const drawn = diagramOf(bad, [row, ...table]);
  t.false(drawn.includes('<script'));
  t.false(drawn.includes('\u202e'));
});

test('a move to a situation that the table has no rows of is drawn as well', (t) => {
  const drawn = diagramOf('x', [{ situation: 'A', event: 'go', kind: 'moves', to: ['Nowhere'], why: '' }]);
  t.true(drawn.includes('Nowhere'));
});
