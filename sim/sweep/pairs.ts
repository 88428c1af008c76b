/**
 * What a sweep tells of pairing itself: of runs in which two machines with one phrase want nothing else, how soon both were
 * paired and what that took, by how many datagrams got lost; and how many guesses strangers had, by what the phrase is worth. As sums
 * and counts, so that results of shards can be laid together.
 */
import type { RunEvent, Watch } from '../events.ts';
import { countGuesses, type GuessCount, noGuesses } from '../oracles/guesses.ts';
import type { RawScenario } from '../scenario/raw.ts';

/** Of runs with one conversation and one loss. */
export interface Pairs {
  readonly runs: number;
  /** How many were paired on both sides within each of `pairedWithinMs`, and not before; the others never or later. */
  readonly paired: readonly number[];
  /** Of both machines until both were paired, all runs together that came to it. */
  readonly datagrams: number;
}

/** Of runs with one entropy of the phrase. */
export interface Guesses {
  readonly runs: number;
  /** The most that one life of a machine let strangers have. */
  readonly released: number;
}

export interface PairTally {
  /** By conversation and twentieths of datagrams lost: `lp1 7`. */
  readonly pairs: { readonly [weather: string]: Pairs };
  /** By entropy in bits. */
  readonly guesses: { readonly [bits: string]: Guesses };
}

/** From the moment on when both have typed, in ms. About a quarter apart. */
export const pairedWithinMs: readonly number[] = [
  250, 320, 400, 500, 640, 800, 1000, 1250, 1600, 2000, 2500, 3200, 4000, 5000, 6400, 8000, 10_000, 12_500, 16_000,
  20_000, 25_000, 32_000, 40_000, 50_000, 64_000, 80_000, 100_000, 125_000, 160_000, 200_000,
];

/** Above it no stranger comes near the budget, and to count would only cost. */
const weakBits = 32;

export const noPairs: PairTally = { pairs: {}, guesses: {} };

/** Looks on at one run of this scenario. */
export function watchPair(
  raw: RawScenario,
  protocol: string,
): { readonly watch: Watch; readonly tally: () => PairTally } {
  const pair = pairIn(raw);
  const bits = Math.min(...Object.values(raw.hosts).map(({ phraseBits }) => phraseBits ?? Number.POSITIVE_INFINITY));
  const honest = new Set(Object.keys(raw.hosts));
  const lives = bits <= weakBits && protocol === 'lp1' ? new Map<string, GuessCount>() : null;
  const paired = new Map<string, number>();
  let datagrams = 0;
  const watch = (event: RunEvent): void => {
    if (pair !== null && event.type === 'sent' && paired.size < 2 && pair.names.has(event.datagram.sender.host))
      datagrams++;
    if (event.type !== 'step') return;
    if (pair?.names.has(event.host) === true && !paired.has(event.host))
      if (event.effects.some((effect) => effect.type === 'notify' && effect.notice.event === 'paired'))
        paired.set(event.host, event.atUs);
    if (lives === null || !honest.has(event.host)) return;
    const id = `${event.host} ${event.boot}`;
    const count = lives.get(id) ?? noGuesses();
    lives.set(id, count);
    countGuesses(count, event);
  };
  const tally = (): PairTally => {
    const released = Math.max(
      0,
      ...[...(lives ?? new Map<string, GuessCount>()).values()].map(({ keyed, proven }) => keyed.size - proven),
    );
    return {
      pairs: pair === null ? {} : { [`${protocol} ${pair.twentieths}`]: pairsOf(paired, datagrams, pair.togetherMs) },
      guesses: lives === null || released === 0 ? {} : { [String(bits)]: { runs: 1, released } },
    };
  };
  return { watch, tally };
}

function pairsOf(paired: ReadonlyMap<string, number>, datagrams: number, togetherMs: number): Pairs {
  const ms = paired.size < 2 ? Number.POSITIVE_INFINITY : Math.max(...paired.values()) / 1000 - togetherMs;
  const within = pairedWithinMs.findIndex((bound) => ms <= bound);
  return {
    runs: 1,
    paired: pairedWithinMs.map((_, index) => Number(index === within)),
    datagrams: within < 0 ? 0 : datagrams,
  };
}

/** What a person, or a disk, does about a pairing. Networks, crashes and clocks are weather. */
const deeds = ['types', 'phrase', 'fails', 'chooses', 'finds', 'forgets', 'wiped', 'restored', 'slips'] as const;
const done: ReadonlySet<string> = new Set(['cancel', 'nudge', 'grant', 'backup', 'snapshot', 'rollback']);
const marks = ['fails', 'flaky', 'slips', 'cloneOf', 'holds'] as const;

/** Two on one network with a phrase that nobody else has, whom no script makes do anything but suffer; null: no such two. */
function pairIn({ network, links, hosts, adversaries, script }: RawScenario): {
  readonly names: ReadonlySet<string>;
  readonly twentieths: number;
  readonly togetherMs: number;
} | null {
  const [segment, ...others] = Object.values(network);
  const willing = Object.entries(hosts).filter(([, { phrase }]) => phrase !== undefined);
  const [first] = willing;
  const two = willing.filter(([, { phrase }]) => phrase === first?.[1].phrase);
  const overheard = Object.values(adversaries ?? {}).some(({ phrase }) => phrase === first?.[1].phrase);
  const acts = (script ?? []).some((item) => deeds.some((deed) => item[deed] !== undefined) || done.has(item.do ?? ''));
  const isWilling = two.every(([, host]) => marks.every((mark) => host[mark] === undefined));
  if (segment === undefined || others.length > 0 || two.length !== 2 || overheard || acts || !isWilling) return null;
  const twentieths = twentiethsOf(segment);
  if (twentieths === null || (links ?? []).length > 0) return null;
  return {
    names: new Set(two.map(([name]) => name)),
    twentieths,
    togetherMs: Math.max(...two.map(([, { startsMs = 0, typesMs = 0 }]) => Math.max(startsMs, typesMs))),
  };
}

/** Null where the file does not say it outright. */
function twentiethsOf({ loss = 0, preset }: RawScenario['network'][string]): number | null {
  const [, part, whole = '1'] = /^(\d+)(?:\/([1-9]\d*))?$/.exec(String(loss)) ?? [];
  return part === undefined || preset !== undefined ? null : Math.round((20 * Number(part)) / Number(whole));
}

export function addPairs(a: Pairs, b: Pairs): Pairs {
  return {
    runs: a.runs + b.runs,
    paired: a.paired.map((many, index) => many + (b.paired[index] ?? 0)),
    datagrams: a.datagrams + b.datagrams,
  };
}

export function addGuesses(a: Guesses, b: Guesses): Guesses {
  return { runs: a.runs + b.runs, released: Math.max(a.released, b.released) };
}
