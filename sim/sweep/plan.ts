/**
 * What a sweep is made of: seeds in blocks of equal size, blocks dealt to shards, and for every seed one case: a scenario, of
 * the catalogue or made up, with the faults that the seed draws for it. All of it is a pure function of plan and number,
 * so that any shard, worker or later day does the same.
 */
import { vocabulary } from '../protocols.ts';
import { streamOf } from '../random.ts';
import type { RawScenario } from '../scenario/raw.ts';
import { RollingHash } from '../trace/hash.ts';
import { randomScenario } from './random.ts';
import { vary } from './swarm.ts';

/** Everything that has a say in what comes out. Two results belong together if their plans are equal. */
export interface Plan {
  readonly seeds: { readonly first: number; readonly last: number };
  readonly protocols: readonly string[];
  readonly suite: string;
  /** One case in so many is a made up scenario; 0: none. */
  readonly madeUp: number;
  /** Hash of the scenarios, in their order. */
  readonly catalogue: string;
}

export interface NamedScenario {
  readonly name: string;
  readonly raw: RawScenario;
}

export interface Case {
  readonly seed: number;
  readonly name: string;
  readonly raw: RawScenario;
}

/**
 * Seeds in one block: the unit of work, of progress, and of what is done again after an interruption. A long sweep has larger
 * ones, of some seconds each, so that its file stays at about a thousand lines.
 */
const seedsPerBlock = { min: 10, max: 100 };
const blocksAimedAt = 1000;

/** Names of made up scenarios begin so. */
export const madeUpFamily = 'random/';

export function blockSizeOf({ seeds }: Plan): number {
  const wanted = Math.ceil((seeds.last - seeds.first + 1) / blocksAimedAt);
  return Math.min(Math.max(wanted, seedsPerBlock.min), seedsPerBlock.max);
}

/**
 * What takes its seconds is drawn so many times less often, so that a sweep meets most of what can go wrong in an hour: scenarios
 * with a room full of hosts, and those in which an adversary speaks from many places at once.
 */
const manyHosts = 8;
const rarely = 20;
const crowding: readonly string[] = ['flooder', 'shadow'];
const seldom = 5;

export function catalogueHash(scenarios: readonly NamedScenario[]): string {
  const hash = new RollingHash();
  for (const { name, raw } of scenarios) hash.text(`${name} ${JSON.stringify(raw)}`);
  return hash.digest;
}

export function blockCount(plan: Plan): number {
  return Math.ceil((plan.seeds.last - plan.seeds.first + 1) / blockSizeOf(plan));
}

/** The blocks of shard `index` of `count`, which counts from 1. */
export function blocksOf(plan: Plan, index: number, count: number): readonly number[] {
  return Array.from({ length: blockCount(plan) }, (_, block) => block).filter((block) => block % count === index - 1);
}

export function seedsOf(plan: Plan, block: number): readonly number[] {
  const size = blockSizeOf(plan);
  const first = plan.seeds.first + block * size;
  const last = Math.min(first + size - 1, plan.seeds.last);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The case of a seed. `scenarios` are those that the plan's hash is of. */
export function caseOf({ madeUp, protocols }: Plan, scenarios: readonly NamedScenario[], seed: number): Case {
  const stream = streamOf(seed, 'sweep');
  const invented = scenarios.length === 0 || (madeUp > 0 && stream.integer(1, madeUp) === 1);
  const name = `${madeUpFamily}${seed}`;
  const base = invented ? { name, raw: randomScenario(stream, name, protocols) } : winner(scenarios, seed);
  const kinds = Object.keys(base.raw.protocols)
    .map((protocol) => vocabulary.adversaries[protocol] ?? [])
    .reduce((all, own) => all.filter((kind) => own.includes(kind)));
  return { seed, name: base.name, raw: { ...vary(base.raw, streamOf(seed, 'swarm', base.name), kinds), seed } };
}

/**
 * The scenario of a seed, by rendezvous hashing: each has a number of its own for each seed, and the greatest wins. A scenario
 * that is added takes its share from all others and changes no other seed, so that what a seed found stays findable.
 */
function winner(scenarios: readonly NamedScenario[], seed: number): NamedScenario {
  const best = byHeight(scenarios, seed)[0];
  if (best === undefined) throw new RangeError('no scenario to draw from');
  return best;
}

/** All of them in the order that this seed gives them. Of equal ones the first by name: the order of files has no say. */
export function byHeight(scenarios: readonly NamedScenario[], seed: number): readonly NamedScenario[] {
  return scenarios
    .map((one) => ({ one, height: heightOf(one, seed) }))
    .sort((a, b) => b.height - a.height || (a.one.name < b.one.name ? -1 : 1))
    .map(({ one }) => one);
}

const heightMax = 2 ** 30;

/** From 0 to 1. To the power of n it is the greatest a n-th as often; multiplied out, because Math.pow differs between engines. */
function heightOf({ name, raw }: NamedScenario, seed: number): number {
  const height = streamOf(seed, 'scenario', name).integer(0, heightMax) / heightMax;
  return Array<number>(timesRarer(raw))
    .fill(height)
    .reduce((x, y) => x * y);
}

/** How many times less often than others this one is drawn. */
export function timesRarer({ hosts, adversaries }: RawScenario): number {
  if (Object.keys(hosts).length > manyHosts) return rarely;
  return Object.values(adversaries ?? {}).some(({ is }) => crowding.includes(is)) ? seldom : 1;
}
