/**
 * A Mermaid sequence diagram of a run. Names are given as aliases (a host may be called `end`), and every character that
 * could mean something to Mermaid or to HTML stands as its number.
 */
import type { RunResult } from '../run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { type Chronicle, condensed, type Sending, type Told } from './chronicle.ts';

/** Arrows and notes drawn; Mermaid gives up on long texts (its `maxTextSize` is 50,000 characters). */
const drawnMax = 300;

export function mermaidText({ entries }: Chronicle, result: RunResult, scenario: Scenario): string {
  const names = [...scenario.hosts, ...scenario.adversaries].map(({ name }) => name);
  const alias = new Map(names.map((name, index) => [name, `p${index + 1}`]));
  const all = condensed(entries).flatMap((told) => drawn(told, alias));
  const more = all.length - drawnMax;
  const lines = [
    'sequenceDiagram',
    `  %% ${inert(result.scenario)}, ${result.protocol}, seed ${result.seed}: ${result.verdict}`,
    ...[...alias].map(([name, id]) => `  participant ${id} as ${inert(name)}`),
    ...all.slice(0, drawnMax),
  ];
  const first = alias.values().next().value;
  const say = (text: string): void => void lines.push(`  Note over ${first ?? 'p1'}: ${inert(text)}`);
  if (more > 0) say(`${more} more are not drawn`);
  for (const failure of result.failures) say(failure);
  return `${lines.join('\n')}\n`;
}

function drawn({ entry, again }: Told, alias: ReadonlyMap<string, string>): readonly string[] {
  const who = entry.who === null ? undefined : alias.get(entry.who);
  const over = who ?? [...alias.values()].filter((_, index, all) => index === 0 || index === all.length - 1).join(',');
  const { situation, deeds } = entry;
  const moved = situation !== null && situation[0] !== situation[1] ? [situation[1]] : [];
  const said = deeds.filter((deed) => deed.startsWith('says: ')).map((deed) => deed.slice('says: '.length));
  const happened = situation === null && entry.what !== 'speaks' ? [entry.what] : [];
  const words = [...happened, ...moved, ...said, ...(again > 0 ? [`${again} times more`] : [])];
  const notes = words.length === 0 ? [] : [`  Note over ${over}: ${entry.number}. ${inert(words.join(' / '))}`];
  const arrows = who === undefined ? [] : entry.sendings.flatMap((sending) => arrowsOf(who, sending, alias));
  return [...notes, ...arrows];
}

/** One arrow for each who could hear it: solid when it arrived, with a cross when it did not. */
function arrowsOf(from: string, { kind, fates, spoofed }: Sending, alias: ReadonlyMap<string, string>): string[] {
  return [...fates].flatMap(([name, fate]) => {
    const to = alias.get(name);
    if (to === undefined) return [];
    const arrived = ['delivered', 'duplicated', 'corrupted', 'truncated'].includes(fate);
    const word = fate === 'delivered' ? '' : ` (${fate})`;
    return [`  ${from}${arrived ? '->>' : '-x'}${to}: ${inert(`${kind}${word}${spoofed ? ' (false source)' : ''}`)}`];
  });
}

function inert(text: string): string {
  return text.replace(/[^A-Za-z0-9 .,/()_-]/gu, (character) => `#${character.codePointAt(0) ?? 63};`);
}
