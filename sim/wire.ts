/** What the network and its caller speak of: stations, datagrams, what becomes of them, and rules of single links. */
import type { Endpoint, NetworkUse } from '../protocol/contract.ts';
import type { Loss } from './faults/damage.ts';
import type { LinkRules } from './faults/rules.ts';

/** Rules of one direction between two hosts, in place of the segment's. */
export interface LinkException {
  readonly from: string;
  readonly to: string;
  /** Null: in both. */
  readonly family: Family | null;
  readonly rules: LinkRules;
}

/** IPv4 or IPv6. */
export type Family = 4 | 6;

/** One datagram, in one family. Its bytes are shared by all who receive it: nobody may change them. */
export interface Datagram {
  /** Counts up from 1 in a run. */
  readonly id: number;
  readonly bytes: Uint8Array;
  /** What the receivers see; an adversary that can spoof may have written anything here. */
  readonly source: Endpoint;
  readonly to: Endpoint;
  readonly toGroup: boolean;
  /** Who really sent it. */
  readonly sender: Station;
  /** The recorded datagram that this one repeats, if somebody replays. */
  readonly repeats: Datagram | null;
}

/** A host's interface on a segment, in one family: one that has both is two stations, and what befalls one need not befall the other. */
export interface Station {
  readonly host: string;
  readonly interface: string;
  readonly segment: string;
  readonly family: Family;
  readonly index: number;
  /** Plugged in. */
  readonly up: boolean;
  /** Present address, without a zone: that is of the machine, and not on the wire. Set it by `Network.readdress` only. */
  readonly address: string;
  /** Somebody listens on the group's port and, at `unicastPort`, on an own one. */
  readonly listening: boolean;
  readonly unicastPort: number;
  /** Since when it listens, in virtual us. */
  readonly listensUs: number;
  /** It hears what is sent to others on its segment, too. */
  readonly sniffs: boolean;
}

/**
 * What became of one copy. `deaf`: nobody listened there any more; `cut`: a partition; `clogged`: held back until the
 * link is free again; `dropped`: a script or an adversary took it away; `delayed`: an adversary holds it back; `faded`:
 * lost in a burst; `pruned`: a multicast that was not passed on; `oversized`: too long for the link; `overflowed`: no
 * room in a queue; `isolated`: between guests of one access point. What is `duplicated`, `corrupted`, `truncated`,
 * `clogged` or `delayed` has another fate after that.
 */
export type Fate = 'delivered' | 'duplicated' | 'lost' | 'cut' | 'dropped' | 'deaf' | Loss | Mishap;

type Mishap = 'clogged' | 'delayed' | 'corrupted' | 'truncated';

/** What somebody on the path makes of a copy. */
export type Interception =
  | { readonly does: 'pass' | 'drop' }
  | { readonly does: 'delay'; readonly byUs: number }
  /** It goes on, later by `byUs`, and once more `againUs` after that. */
  | { readonly does: 'repeat'; readonly byUs: number; readonly againUs: number };

/** A copy under way. */
export interface Delivery {
  readonly type: 'delivery';
  readonly datagram: Datagram;
  readonly to: Station;
}

/** The caller's side of the network. */
export interface NetworkPorts {
  /** Call `arrive` with it after `delayUs`. */
  schedule(delayUs: number, delivery: Delivery): void;
  /** A copy has arrived and somebody listens. */
  receive(station: Station, datagram: Datagram): void;
  /** For traces and oracles: a datagram left, before any of its copies has a fate. */
  sent(datagram: Datagram): void;
  /** For traces and oracles. */
  fate(datagram: Datagram, to: Station, fate: Fate): void;
  /** Asked for every copy, before its luck shows. */
  intercept: ((datagram: Datagram, to: Station) => Interception) | null;
  nowUs(): number;
}

export interface NetworkOptions {
  readonly seed: number;
  readonly segments: ReadonlyMap<string, LinkRules>;
  readonly exceptions: readonly LinkException[];
  /** Segments that a router joins: it takes unicasts from one to another, by the rules of the sender's segment. */
  readonly routed: ReadonlySet<string>;
  readonly use: Pick<NetworkUse, 'groups' | 'port'>;
  readonly ports: NetworkPorts;
}
