/** The catalogue of attacks (scenarios/catalogue.json), and what became of each in the runs of a report. */
import { inPlural } from '../../sim/amount.ts';
import type { Entry } from './report.ts';

export interface Attack {
  readonly id: string;
  readonly family: string;
  readonly scenario: string;
  /** What an attacker has to be able to do. */
  readonly power: readonly string[];
  /** What goes wrong where it is not warded off, and what is right. */
  readonly broken: string;
  readonly right: string;
  readonly source: string;
  /** Of an attack that cannot be simulated: why, and the test that holds it instead. */
  readonly instead?: { readonly why: string; readonly test: string | null; readonly note?: string };
}

/**
 * `failed`: a run came out otherwise than its scenario states. `none`: it does not apply, or cannot be simulated. `unrun`: it
 * could be, and no run of this report does.
 */
export type Outcome = 'held' | 'broken' | 'failed' | 'inconclusive' | 'none' | 'unrun';

export interface Judgement {
  readonly outcome: Outcome;
  /** One sentence. */
  readonly why: string;
  /** Those that it rests on. */
  readonly runs: readonly Entry[];
}

/** In the words of sim/expectation.ts: the scenario states that the attacker gets what he wants. */
const learns = /^\S+ learns the phrase$/;

/** Of what a scenario expects, that which says most of an attack. */
const telling = /^never authorized|^\S+ learns /;

/** What became of an attack on a conversation. A break that a scenario states is a break, and so is a phrase that is learnt. */
export function judge(attack: Attack, protocol: string, runs: readonly Entry[]): Judgement {
  const own = runs.filter((run) => run.protocol === protocol && run.covers.includes(attack.id));
  const failed = own.find(({ verdict }) => verdict === 'fail');
  if (failed !== undefined)
    return { outcome: 'failed', why: `${failed.scenario}: ${failed.failures[0] ?? ''}`, runs: own };
  const broken = own.find(({ breaks, verdict }) => breaks !== null && verdict === 'pass');
  if (broken !== undefined) return { outcome: 'broken', why: breakOf(broken), runs: own };
  const learnt = own.flatMap(({ expectations }) => expectations).find(({ what, held }) => held && learns.test(what));
  if (learnt !== undefined) return { outcome: 'broken', why: learnt.saw, runs: own };
  const doubtful = own.find(({ verdict }) => verdict === 'inconclusive');
  if (doubtful !== undefined)
    return { outcome: 'inconclusive', why: `${doubtful.scenario}: ${doubtful.failures[0] ?? ''}`, runs: own };
  const [first] = own;
  if (first === undefined) return { ...absenceOf(attack, protocol, runs), runs: own };
  return { outcome: 'held', why: heldBy(first), runs: own };
}

function breakOf({ breaks, oracles }: Entry): string {
  const oracle = oracles.find(({ name }) => name === breaks);
  return `${breaks ?? ''}: ${oracle?.why ?? 'broken'}`;
}

function heldBy({ expectations, oracles }: Entry): string {
  const met = expectations.filter(({ held }) => held);
  const expected = met.find(({ what }) => telling.test(what)) ?? met[0];
  if (expected !== undefined) return `${expected.what}: ${expected.saw}`;
  const tried = oracles.filter(({ verdict }) => verdict === 'pass');
  return `no oracle broke: ${tried.map(({ name }) => name).join(', ')}`;
}

function absenceOf(
  { id, instead }: Attack,
  protocol: string,
  runs: readonly Entry[],
): Pick<Judgement, 'outcome' | 'why'> {
  if (instead !== undefined) return { outcome: 'none', why: instead.why };
  const others = new Set(runs.filter(({ covers }) => covers.includes(id)).map((run) => run.protocol));
  return others.size === 0
    ? { outcome: 'unrun', why: 'no run of this report covers it' }
    : { outcome: 'none', why: `no scenario plays it with ${protocol}, only with ${[...others].sort().join(' and ')}` };
}

/** Of a text with numbers in it, as oracles say what they saw: the first number summed over all of one wording, in the plural. */
export interface Sight {
  readonly sum: number;
  readonly words: string;
  readonly runs: number;
}

export interface OracleTotals {
  readonly number: number;
  readonly name: string;
  readonly held: number;
  /** As its scenario states. */
  readonly stated: number;
  readonly broken: number;
  /** It looked, and there was nothing to judge. */
  readonly idle: number;
  readonly saw: readonly Sight[];
}

/** How often each oracle looked, what came out and what it saw; sorted by number. */
export function oracleTotals(runs: readonly Entry[]): readonly OracleTotals[] {
  const looks = runs.flatMap(({ oracles, breaks }) =>
    oracles.map((oracle) => ({ oracle, isStated: breaks === oracle.name })),
  );
  const numbers = [...new Set(looks.map(({ oracle }) => oracle.number))].sort((a, b) => a - b);
  return numbers.map((number) => {
    const own = looks.filter(({ oracle }) => oracle.number === number);
    const count = (verdict: string, stated: boolean): number =>
      own.filter(({ oracle, isStated }) => oracle.verdict === verdict && isStated === stated).length;
    return {
      number,
      name: own[0]?.oracle.name ?? '',
      held: count('pass', false) + count('pass', true),
      stated: count('fail', true),
      broken: count('fail', false),
      idle: count('inconclusive', false) + count('inconclusive', true),
      saw: sightsOf(own.map(({ oracle }) => oracle.saw)),
    };
  });
}

function sightsOf(texts: readonly string[]): readonly Sight[] {
  const sums = new Map<string, { sum: number; runs: number }>();
  for (const text of texts) {
    const [, number, said = ''] = /^(\d+) ([^,;:]*)/.exec(text) ?? [null, '0', text];
    const words = inPlural(Number(number), said);
    const known = sums.get(words) ?? { sum: 0, runs: 0 };
    sums.set(words, { sum: known.sum + Number(number), runs: known.runs + 1 });
  }
  return [...sums].map(([words, { sum, runs }]) => ({ words, sum, runs })).sort((a, b) => b.runs - a.runs);
}
