/**
 * Would this packet get through? Chains of rules, whoever wrote them, walked in three values: whether a rule matches may
 * depend on what we do not know (who sends it, a module that we cannot read), and then the answer may be `maybe`.
 */

/** As it arrives from a machine that we have never heard. */
export interface Packet {
  readonly interface: string;
  readonly family: 4 | 6;
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
  /** Where it goes: a group, or an address of ours. */
  readonly to: string;
  readonly isMulticast: boolean;
}

export type Match = 'yes' | 'no' | 'maybe';

export type Verdict =
  | { readonly is: 'accept' | 'drop' | 'return' | 'unknown' }
  | { readonly is: 'jump' | 'goto'; readonly chain: string };

/** One rule as it is for one packet. */
export interface Rule {
  readonly match: Match;
  readonly verdict: Verdict;
}

export interface Chain {
  readonly rules: readonly Rule[];
  /** Null: not one where packets come in. */
  readonly policy: 'accept' | 'drop' | null;
}

export type Fate = 'accept' | 'drop' | 'maybe';

/** What becomes of the packet in the chain of that name, in which packets come in. */
export function fateIn(chains: ReadonlyMap<string, Chain>, name: string): Fate {
  const ends = endsOf(chains, name, new Map());
  const policy = chains.get(name)?.policy ?? 'accept';
  const isAccepted = ends.accept || (ends.out && policy === 'accept');
  const isDropped = ends.drop || (ends.out && policy === 'drop');
  return isAccepted && isDropped ? 'maybe' : isDropped ? 'drop' : 'accept';
}

/** Which ends are possible; `out`: it comes out of the chain, by its end or by `return`. */
interface Ends {
  readonly accept: boolean;
  readonly drop: boolean;
  readonly out: boolean;
}

/** `known`: chains that were walked already, so that no ruleset takes long; one that is being walked is empty (a circle). */
function endsOf(chains: ReadonlyMap<string, Chain>, name: string, known: Map<string, Ends>): Ends {
  const before = known.get(name);
  if (before !== undefined) return before;
  known.set(name, { accept: false, drop: false, out: true });
  const sum = { accept: false, drop: false, out: false };
  const through = (chains.get(name)?.rules ?? []).every(({ match, verdict }) => {
    if (match === 'no') return true;
    const isCall = verdict.is === 'jump' || verdict.is === 'goto';
    const ends = isCall ? endsOf(chains, verdict.chain, known) : plainEnds[verdict.is];
    sum.accept ||= ends.accept;
    sum.drop ||= ends.drop;
    // Behind `jump` the chain goes on; behind `goto` it does not.
    const goesOn = verdict.is === 'jump' || verdict.is === 'unknown' ? ends.out : false;
    if (!goesOn) sum.out ||= ends.out;
    return match === 'maybe' || goesOn;
  });
  const ends = { ...sum, out: sum.out || through };
  known.set(name, ends);
  return ends;
}

const plainEnds: Readonly<Record<'accept' | 'drop' | 'return' | 'unknown', Ends>> = {
  accept: { accept: true, drop: false, out: false },
  drop: { accept: false, drop: true, out: false },
  return: { accept: false, drop: false, out: true },
  unknown: { accept: true, drop: true, out: true },
};

/** All must hold. */
export function all(matches: readonly Match[]): Match {
  return matches.includes('no') ? 'no' : matches.includes('maybe') ? 'maybe' : 'yes';
}

/** One must hold. */
export function any(matches: readonly Match[]): Match {
  return matches.includes('yes') ? 'yes' : matches.includes('maybe') ? 'maybe' : 'no';
}

export function not(match: Match): Match {
  return match === 'maybe' ? 'maybe' : match === 'yes' ? 'no' : 'yes';
}

export function is(holds: boolean): Match {
  return holds ? 'yes' : 'no';
}
