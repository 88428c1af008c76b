/** The totals of a sweep, for people: what ran, what each oracle saw, what was found, and the bar while it runs. */
import { wordsFor } from '../amount.ts';
import { subjects } from '../protocols.ts';
import { failureText } from '../shrink/failure.ts';
import { madeUpFamily, type Plan } from '../sweep/plan.ts';
import type { Tally } from '../sweep/tally.ts';

const number = (value: number): string => Math.round(value).toLocaleString('en');

export function totalsText(plan: Plan, tally: Tally, missing: number): string {
  const { seeds, suite } = plan;
  const oracles = Object.entries(tally.oracles).map(([name, [pass, fail, inconclusive]]) => {
    const [protocol = '', oracle = ''] = name.split(' ');
    return `  ${protocol.padEnd(6)} ${oracle.padEnd(14)} ${number(pass).padStart(9)} held  ${number(fail).padStart(6)} broken  ${number(inconclusive).padStart(9)} not tried`;
  });
  const finds = Object.values(tally.found).flatMap(({ count, first }) => {
    const [one] = first;
    if (one === undefined) return [];
    const more = first.map(({ seed }) => seed).join(', ');
    return [
      `FOUND  ${one.protocol}: ${failureText(one.failure)}, ${number(count)} ${wordsFor(count, 'times')}: ${wordsFor(count, 'seeds')} ${more}${count > first.length ? ', ...' : ''}`,
      `  seed ${one.seed}, ${one.scenario}: ${one.why}`,
    ];
  });
  const rest =
    missing === 0
      ? []
      : [`INCOMPLETE: ${number(missing)} ${missing === 1 ? 'block of seeds is' : 'blocks of seeds are'} not there yet`];
  return `${[
    `seeds ${seeds.first} to ${seeds.last}, ${suite}: ${number(tally.runs)} ${wordsFor(tally.runs, 'runs')}, ${number(tally.deliveries)} deliveries, ${number(tally.steps)} steps, ${number(tally.virtualMs / 3_600_000)} hours of their time`,
    ...oracles,
    scenariosText(tally),
    ...Object.keys(tally.cells).map((protocol) => cellsText(protocol, tally)),
    `  every run that can be told apart by a bit is in this hash: ${tally.hash}`,
    ...(tally.cutOff === 0
      ? []
      : [`  ${number(tally.cutOff)} ${tally.cutOff === 1 ? 'run was' : 'runs were'} cut off: too many events`]),
    ...Object.entries(tally.limits).map(
      ([limit, count]) => `known limit, met ${number(count)} ${wordsFor(count, 'times')}. ${limit}`,
    ),
    ...finds,
    ...(finds.length === 0
      ? [tally.runs === 0 ? 'NOTHING RAN: no seed has a scenario for this' : 'nothing found']
      : []),
    ...rest,
  ].join('\n')}\n`;
}

/** What was run how often, and what took most: of one that is never drawn nothing is shown. */
function scenariosText({ scenarios, events }: Tally): string {
  const all = Object.entries(scenarios);
  const [most] = all.toSorted(([, a], [, b]) => b[1] - a[1]);
  const counts = all.map(([, [runs]]) => runs).sort((a, b) => a - b);
  const [least, greatest] = [counts[0] ?? 0, counts.at(-1) ?? 0];
  const often = least === greatest ? number(least) : `${number(least)} to ${number(greatest)}`;
  const share = Math.round((100 * (most?.[1][1] ?? 0)) / Math.max(events, 1));
  return `  ${number(all.length)} ${wordsFor(all.length, 'scenarios')}, each ${often} ${wordsFor(greatest, 'times')}; most of the work was ${nameOf(most?.[0])}, ${share} % of all events`;
}

function nameOf(scenario = 'none'): string {
  return scenario === madeUpFamily ? `the made up ones (${madeUpFamily})` : scenario;
}

/** How much of its transition table the runs of a protocol went through. */
function cellsText(protocol: string, { cells }: Tally): string {
  const table = subjects.get(protocol)?.protocol.table ?? [];
  const possible = table.filter(({ kind }) => kind !== 'impossible');
  const met = possible.filter(({ situation, event }) => (cells[protocol]?.[situation]?.[event] ?? 0) > 0);
  return `  ${protocol.padEnd(6)} went through ${number(met.length)} of ${number(possible.length)} cells of its table`;
}

const barLength = 24;

/** One line: how much is done, how fast, what was found, and how long it will take. */
export function progressText(done: number, all: number, { runs, found }: Tally, seconds: number): string {
  const filled = Math.floor((done / Math.max(all, 1)) * barLength);
  const rate = runs / Math.max(seconds, 0.001);
  const finds = Object.values(found).reduce((sum, { count }) => sum + count, 0);
  const left = (seconds / Math.max(done, 1)) * (all - done);
  const minutes = `${Math.floor(left / 60)}:${String(Math.floor(left) % 60).padStart(2, '0')}`;
  return `[${'#'.repeat(filled)}${'.'.repeat(barLength - filled)}] ${done}/${all} blocks  ${number(runs)} runs  ${number(rate)}/s  ${finds} found  ${minutes} left`;
}
