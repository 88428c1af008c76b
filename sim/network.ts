/**
 * The network: segments (L2 domains), the stations on them, and what becomes of a datagram between two stations.
 *
 * Sans-I/O: `send` decides the fate of every copy from seeded streams and puts deliveries into the caller's queue;
 * `arrive` is called when their time has come. It knows nothing of protocols or hosts: a station is a named place with an
 * address. Every ordered pair of stations is a link with a stream of its own, so the luck of one link never depends on
 * how many other machines there are. All rules are one options object of integer ratios and microseconds.
 */
import type { Endpoint } from '../protocol/contract.ts';
import { never, type Range, type Ratio, type Stream, streamOf } from './random.ts';

/** What happens to datagrams on a link. Each copy of each datagram is decided on its own. */
export interface LinkRules {
  readonly loss: Ratio;
  readonly delayUs: Range;
  /** A second copy of it arrives as well, later by `duplicateAfterUs`. */
  readonly duplicate: Ratio;
  readonly duplicateAfterUs: Range;
  /** It is held back for `reorderByUs` more, so that later ones overtake it. */
  readonly reorder: Ratio;
  readonly reorderByUs: Range;
}

export const quietLink: LinkRules = {
  loss: never,
  delayUs: { min: 1000, max: 1000 },
  duplicate: never,
  duplicateAfterUs: { min: 1000, max: 1000 },
  reorder: never,
  reorderByUs: { min: 1000, max: 1000 },
};

/** Rules of one direction between two hosts, in place of the segment's. */
export interface LinkException {
  readonly from: string;
  readonly to: string;
  readonly rules: LinkRules;
}

/** One datagram. Its bytes are shared by all who receive it: nobody may change them. */
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

/** A host's interface on a segment. */
export interface Station {
  readonly host: string;
  readonly interface: string;
  readonly segment: string;
  readonly index: number;
  /** Present address; null while it has none. Set it by `Network.readdress` only. */
  readonly address: string;
  /** Somebody listens on the group's port and, at `unicastPort`, on an own one. */
  readonly listening: boolean;
  readonly unicastPort: number;
  /** It hears what is sent to others on its segment, too. */
  readonly sniffs: boolean;
}

/**
 * What became of one copy. `deaf`: nobody listened there any more; `cut`: a partition; `dropped`: a script or an
 * adversary took it away.
 */
export type Fate = 'delivered' | 'duplicated' | 'lost' | 'cut' | 'dropped' | 'deaf';

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
  /** Asked for every copy, before luck is: true takes it away. */
  drops: ((datagram: Datagram, to: Station) => boolean) | null;
}

export interface NetworkOptions {
  readonly seed: number;
  readonly segments: ReadonlyMap<string, LinkRules>;
  readonly exceptions: readonly LinkException[];
  readonly group: Endpoint;
  readonly ports: NetworkPorts;
}

/** A multicast that its own host hears again took no wire. */
const loopbackUs = 20;

/** Stations in a run. Links are made when they are first used: a thousand hosts on one segment have a million. */
const stationsMax = 16_384;

interface Link {
  readonly stream: Stream;
  rules: LinkRules;
  cut: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class Network {
  private readonly options: NetworkOptions;
  private readonly ports: NetworkPorts;
  private readonly segments: Map<string, { rules: LinkRules; readonly stations: Writable<Station>[] }> = new Map();
  private readonly stations: Writable<Station>[] = [];
  /** links[from.index][to.index] */
  private readonly links: (Link | undefined)[][] = [];
  private exceptions: readonly LinkException[];
  private partition: readonly (readonly [from: string, to: string])[] = [];
  private sent = 0;

  constructor(options: NetworkOptions) {
    this.options = options;
    this.ports = options.ports;
    this.exceptions = options.exceptions;
    for (const [name, rules] of options.segments) this.segments.set(name, { rules, stations: [] });
  }

  attach(place: { host: string; interface: string; segment: string; address: string }): Station {
    const segment = this.segments.get(place.segment);
    if (segment === undefined) throw new RangeError(`no segment ${place.segment}`);
    if (this.stations.length >= stationsMax) throw new RangeError(`more than ${stationsMax} stations`);
    const station = { ...place, index: this.stations.length, listening: false, unicastPort: 0, sniffs: false };
    this.stations.push(station);
    this.links.push([]);
    segment.stations.push(station);
    return station;
  }

  /** From now on the station has another address; nothing that is under way to the old one reaches it. */
  readdress(station: Station, address: string): void {
    this.own(station).address = address;
  }

  /** Opens the station's sockets (`unicastPort` is the own one), or closes them. */
  listen(station: Station, unicastPort: number | null): void {
    const own = this.own(station);
    own.listening = unicastPort !== null;
    own.unicastPort = unicastPort ?? 0;
  }

  /** From now on it hears its whole segment, as a card in promiscuous mode on a hub or an open radio does. */
  sniff(station: Station): void {
    this.own(station).sniffs = true;
  }

  /**
   * Sends from a station to the group or to an endpoint. `source` is what the receivers shall see. Answers with the
   * datagram as it went out.
   */
  send(from: Station, source: Endpoint, to: 'group' | Endpoint, bytes: Uint8Array, repeats?: Datagram): Datagram {
    const { group } = this.options;
    const toGroup = to === 'group' || (to.address === group.address && to.port === group.port);
    const datagram: Datagram = {
      id: ++this.sent,
      bytes,
      source,
      to: to === 'group' ? group : to,
      toGroup,
      sender: from,
      repeats: repeats ?? null,
    };
    this.ports.sent(datagram);
    const stations = this.segments.get(from.segment)?.stations ?? [];
    for (const station of stations) {
      if (!toGroup && station.address !== datagram.to.address && !station.sniffs) continue;
      if (station.index === from.index) this.ports.schedule(loopbackUs, { type: 'delivery', datagram, to: station });
      else this.carry(datagram, from, station);
    }
    return datagram;
  }

  /** The time of a delivery has come: the station hears it, if it still listens there. */
  arrive({ datagram, to }: Delivery): void {
    const reached =
      to.listening &&
      (to.sniffs ||
        datagram.toGroup ||
        (to.address === datagram.to.address &&
          (datagram.to.port === this.options.group.port || datagram.to.port === to.unicastPort)));
    this.ports.fate(datagram, to, reached ? 'delivered' : 'deaf');
    if (reached) this.ports.receive(to, datagram);
  }

  /** Cuts every link from a host of the first list to one of the second; both ways unless `oneWay`. Adds to what is cut. */
  cut(between: readonly string[], and: readonly string[], oneWay: boolean): void {
    const pairs = between.flatMap((a) =>
      and.flatMap((b): [string, string][] =>
        oneWay
          ? [[a, b]]
          : [
              [a, b],
              [b, a],
            ],
      ),
    );
    this.partition = [...this.partition, ...pairs];
    this.refresh();
  }

  /** Ends partitions, and from now on nothing is lost, doubled or held back. Delays stay. */
  heal(): void {
    const calm = { loss: never, duplicate: never, reorder: never };
    this.partition = [];
    for (const segment of this.segments.values()) segment.rules = { ...segment.rules, ...calm };
    this.exceptions = this.exceptions.map((exception) => ({ ...exception, rules: { ...exception.rules, ...calm } }));
    this.refresh();
  }

  /** New rules for a segment, in part. */
  change(segment: string, rules: Partial<LinkRules>): void {
    const found = this.segments.get(segment);
    if (found === undefined) throw new RangeError(`no segment ${segment}`);
    found.rules = { ...found.rules, ...rules };
    this.refresh();
  }

  private carry(datagram: Datagram, from: Station, to: Station): void {
    const { ports } = this;
    const link = this.links[from.index]?.[to.index] ?? this.link(from, to);
    const { rules, stream } = link;
    // Luck is drawn before anything else is asked, so that a dropped copy leaves the luck of the next one as it was.
    const lost = stream.chance(rules.loss);
    let delayUs = stream.within(rules.delayUs);
    if (stream.chance(rules.reorder)) delayUs += stream.within(rules.reorderByUs);
    const copyUs = stream.chance(rules.duplicate) ? delayUs + stream.within(rules.duplicateAfterUs) : -1;
    if (link.cut) return ports.fate(datagram, to, 'cut');
    if (ports.drops?.(datagram, to) === true) return ports.fate(datagram, to, 'dropped');
    if (lost) return ports.fate(datagram, to, 'lost');
    ports.schedule(delayUs, { type: 'delivery', datagram, to });
    if (copyUs < 0) return;
    ports.fate(datagram, to, 'duplicated');
    ports.schedule(copyUs, { type: 'delivery', datagram, to });
  }

  private link(from: Station, to: Station): Link {
    const { seed } = this.options;
    const stream = streamOf(seed, 'link', from.host, from.interface, to.host, to.interface);
    const link = { stream, rules: quietLink, cut: false };
    this.rule(link, from, to);
    const row = this.links[from.index];
    if (row !== undefined) row[to.index] = link;
    return link;
  }

  private rule(link: Link, from: Station, to: Station): void {
    const exception = this.exceptions.find((one) => one.from === from.host && one.to === to.host);
    link.rules = exception?.rules ?? this.segments.get(from.segment)?.rules ?? quietLink;
    link.cut = this.partition.some(([a, b]) => a === from.host && b === to.host);
  }

  /** Rules changed: every link that was made looks them up anew and keeps its stream. */
  private refresh(): void {
    for (const from of this.stations) {
      this.links[from.index]?.forEach((link, index) => {
        const to = this.stations[index];
        if (link !== undefined && to !== undefined) this.rule(link, from, to);
      });
    }
  }

  private own(station: Station): Writable<Station> {
    const own = this.stations[station.index];
    if (own !== station) throw new RangeError(`station of another network: ${station.host}`);
    return own;
  }
}
