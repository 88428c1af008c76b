/**
 * Luck made explicit: what chance did to the datagrams of a run, as items of a script that name each one by meaning ("the
 * 2nd PairAck from bob to alice while alice is Requesting"). A calm network with this script tells the same story, and
 * each piece of bad luck can then be taken away by itself.
 */
import type { Protocol } from '../../protocol/contract.ts';
import type { Watch } from '../events.ts';
import type { Fate } from '../network.ts';
import type { RawScriptItem } from '../scenario/raw.ts';

export interface LuckReader {
  readonly watch: Watch;
  /** After the run: what chance did. `delays`: also how long each copy took beyond a millisecond. */
  luck(delays: boolean): readonly RawScriptItem[];
  /** After the run: what its script took away, each with the situation of who should have heard it. */
  taken(): readonly RawScriptItem[];
}

/** Pieces of luck in one run; with more of them nothing is made explicit. */
export const luckMax = 4000;

/** One datagram on its way to one machine. */
interface Journey {
  readonly id: number;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  /** Of the receiver, when it was sent; null: it has none, or it is down. */
  readonly situation: string | null;
  readonly sentUs: number;
  readonly arrivedUs: number[];
  missed: 'lost' | 'dropped' | null;
  /** The how manieth of its kind on this way, and the how manieth of these while the receiver was in that situation. */
  nth: number;
  nthThere: number;
}

export function readLuck(protocol: Protocol): LuckReader {
  const journeys = new Map<string, Journey>();
  const situations = new Map<string, string>();
  const sent = new Map<
    number,
    { readonly atUs: number; readonly kind: string; readonly situations: Map<string, string> }
  >();
  return {
    watch(event) {
      if (event.type === 'step') situations.set(event.host, event.state.situation);
      if (event.type === 'crashed') situations.delete(event.host);
      if (event.type === 'sent') {
        const { kind } = protocol.describe(event.datagram.bytes);
        sent.set(event.datagram.id, { atUs: event.atUs, kind, situations: new Map(situations) });
      }
      // What is cut off is counted by nobody, as in the network.
      if (event.type !== 'fate' || event.fate === 'cut' || event.to.host === event.datagram.sender.host) return;
      const { id, sender } = event.datagram;
      const to = event.to.host;
      const then = sent.get(id);
      const journey: Journey = journeys.get(`${id} ${to}`) ?? {
        id,
        kind: then?.kind ?? '',
        from: sender.host,
        to,
        situation: then?.situations.get(to) ?? null,
        sentUs: then?.atUs ?? 0,
        arrivedUs: [],
        missed: null,
        nth: 0,
        nthThere: 0,
      };
      journeys.set(`${id} ${to}`, journey);
      note(journey, event.fate, event.atUs);
    },
    luck: (delays) => numbered(journeys).flatMap((journey) => itemsOf(journey, delays)),
    taken: () =>
      numbered(journeys).flatMap(({ kind, from, to, situation, missed, nthThere, nth }): RawScriptItem[] => {
        if (missed !== 'dropped') return [];
        if (situation === null) return [{ drop: kind, from, to, nth }];
        return [{ drop: kind, from, to, nth: nthThere, while: { host: to, situation } }];
      }),
  };
}

/** Fates that chance has in its hand. */
const losses: readonly Fate[] = ['lost', 'faded', 'overflowed', 'pruned'];

function note(journey: Journey, fate: Fate, atUs: number): void {
  if (fate === 'dropped') journey.missed = fate;
  if (losses.includes(fate)) journey.missed = 'lost';
  if (fate === 'delivered' || fate === 'deaf') journey.arrivedUs.push(atUs);
}

/** In the order of sending, which is the order in which the network asks for each. */
function numbered(journeys: ReadonlyMap<string, Journey>): readonly Journey[] {
  const counts = new Map<string, number>();
  const count = (key: string): number => {
    const next = (counts.get(key) ?? 0) + 1;
    counts.set(key, next);
    return next;
  };
  const sorted = [...journeys.values()].sort((a, b) => a.id - b.id);
  for (const journey of sorted) {
    const way = `${journey.kind} ${journey.from} ${journey.to}`;
    journey.nth = count(way);
    journey.nthThere = count(`${way} ${journey.situation ?? ''}`);
  }
  return sorted;
}

function itemsOf({ kind, from, to, nth, sentUs, arrivedUs, missed }: Journey, delays: boolean): RawScriptItem[] {
  if (missed === 'lost') return [{ drop: kind, from, to, nth }];
  const [first, second] = arrivedUs;
  if (first === undefined) return [];
  const late = Math.round((first - sentUs) / 1000) - 1;
  const again = second === undefined ? 0 : Math.max(1, Math.round((second - first) / 1000));
  return [
    ...(delays && late > 0 ? [{ delay: kind, from, to, nth, byMs: late }] : []),
    ...(again > 0 ? [{ repeat: kind, from, to, nth, byMs: again }] : []),
  ];
}
