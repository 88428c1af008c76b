/**
 * The faults of links, as one options object: integer ratios, microseconds and bytes, nothing else, so that a file, a
 * preset, a sweep and a shrinker all speak of the same thing. Each says what becomes of one copy of one datagram; what
 * happens at a moment (a cut, a crash, a moved address) is the script's.
 */
import { never, type Range, type Ratio, type Stream } from '../random.ts';

/** What happens to datagrams on a link. Each copy of each datagram is decided on its own. */
export interface LinkRules {
  readonly loss: Ratio;
  /** Loss in bursts; null: none. */
  readonly burst: Burst | null;
  /** Any delay of the range is as likely as another; with a table, its shortest and its mtu. */
  readonly delayUs: Range;
  /** A distribution that is not even: bands of delays, each as likely as its weight says. Empty: `delayUs` alone. */
  readonly delayTable: readonly DelayBand[];
  /** As many more copies as `copies` says arrive as well, each later by `duplicateAfterUs`. */
  readonly duplicate: Ratio;
  readonly copies: Range;
  readonly duplicateAfterUs: Range;
  /** It is held back for `reorderByUs` more, so that later ones overtake it. */
  readonly reorder: Ratio;
  readonly reorderByUs: Range;
  /** What the link carries, in bytes a second; null: any amount. What has to wait, waits in a queue of `queueBytes`. */
  readonly rate: number | null;
  readonly queueBytes: number;
  /** One bit of it is another one when it arrives. */
  readonly corrupt: Ratio;
  /** Its end is missing when it arrives. */
  readonly truncate: Ratio;
  /** A datagram that is longer than this with its 28 bytes of IPv4 and UDP does not get through; null: any does. */
  readonly mtu: number | null;
  /** Loss of multicasts alone, as on Wi-Fi, where nothing repeats them. */
  readonly multicastLoss: Ratio;
  /**
   * A switch that snoops on IGMP, and no querier: so long after a station began to listen it is forgotten, and hears no
   * group but those of 224.0.0.0/24, which RFC 4541 has forwarded to all. Null: no such switch.
   */
  readonly forgetsUs: number | null;
  /** Stations do not hear each other at all, as guests of an access point. */
  readonly isolated: boolean;
}

/**
 * Gilbert's and Elliott's model: the link is good or bad, each datagram may find it changed, and while it is bad a
 * datagram is lost as often as `loss` says. A burst lasts 1/ends datagrams on average.
 */
export interface Burst {
  readonly starts: Ratio;
  readonly ends: Ratio;
  readonly loss: Ratio;
}

export interface DelayBand {
  readonly weight: number;
  readonly us: Range;
}

export const quietLink: LinkRules = {
  loss: never,
  burst: null,
  delayUs: { min: 1000, max: 1000 },
  delayTable: [],
  duplicate: never,
  copies: { min: 1, max: 1 },
  duplicateAfterUs: { min: 1000, max: 1000 },
  reorder: never,
  reorderByUs: { min: 1000, max: 1000 },
  rate: null,
  queueBytes: 65_536,
  corrupt: never,
  truncate: never,
  mtu: null,
  multicastLoss: never,
  forgetsUs: null,
  isolated: false,
};

/** What makes a link calm again: everything arrives, once, whole and in order. Delays and rates stay. */
export const calm: Partial<LinkRules> = {
  loss: never,
  burst: null,
  duplicate: never,
  reorder: never,
  corrupt: never,
  truncate: never,
  mtu: null,
  multicastLoss: never,
  forgetsUs: null,
  isolated: false,
};

/** Nothing is lost, doubled, held back or changed on it: what arrives when is a matter of its delays alone. */
export function isCalm(rules: LinkRules): boolean {
  const ratios = [rules.loss, rules.duplicate, rules.reorder];
  return ratios.every(({ numerator }) => numerator === 0) && isPlain(rules) && rules.rate === null;
}

/** Nothing but loss, delay, duplicates and disorder: what most runs have, and the network does without asking more. */
export function isPlain({
  burst,
  rate,
  corrupt,
  truncate,
  mtu,
  multicastLoss,
  forgetsUs,
  isolated,
}: LinkRules): boolean {
  const ratios = [corrupt, truncate, multicastLoss];
  return (
    burst === null &&
    rate === null &&
    mtu === null &&
    forgetsUs === null &&
    !isolated &&
    ratios.every(({ numerator }) => numerator === 0)
  );
}

/**
 * Whether each datagram has at least that chance to arrive whole, sooner or later: bursts
 * by their mean, multicasts for all. Of what is lost for good by its length, and between isolated stations, none has.
 */
export function arrivesAtLeast(rules: LinkRules, chance: Ratio): boolean {
  if (rules.isolated || rules.mtu !== null || rules.forgetsUs !== null) return false;
  const { loss, corrupt, truncate, multicastLoss, burst } = rules;
  const losses = [...[loss, corrupt, truncate, multicastLoss].map(fraction), burst === null ? 0 : meanLoss(burst)];
  return losses.reduce((product, one) => product * (1 - one), 1) >= fraction(chance);
}

/** In the long run: the part of the time that is bad, times its loss. */
function meanLoss({ starts, ends, loss }: Burst): number {
  const changes = fraction(starts) + fraction(ends);
  return changes === 0 ? 0 : (fraction(starts) / changes) * fraction(loss);
}

function fraction({ numerator, denominator }: Ratio): number {
  return numerator / denominator;
}

/** A delay of the rules, in us. */
export function delayOf(rules: LinkRules, stream: Stream): number {
  const { delayTable, delayUs } = rules;
  if (delayTable.length === 0) return stream.within(delayUs);
  let left = stream.integer(
    1,
    delayTable.reduce((sum, { weight }) => sum + weight, 0),
  );
  for (const { weight, us } of delayTable) {
    left -= weight;
    if (left <= 0) return stream.within(us);
  }
  return delayUs.max;
}

/** The shortest and the mtu of a table: what `delayUs` is beside it. */
export function hullOf(table: readonly DelayBand[]): Range {
  return {
    min: Math.min(...table.map(({ us }) => us.min)),
    max: Math.max(...table.map(({ us }) => us.max)),
  };
}
