/**
 * The network: segments (L2 domains), the stations on them, and what becomes of a datagram between two stations.
 *
 * Sans-I/O: `send` decides the fate of every copy from seeded streams and puts deliveries into the caller's queue;
 * `arrive` is called when their time has come. It knows nothing of protocols or hosts: a station is a named place with an
 * address. Every ordered pair of stations is a link with a stream of its own, so the luck of one link never depends on
 * how many other machines there are. IPv4 and IPv6 on one segment are two planes: who hears what, and what is lost, in one of them is
 * nothing to the other. All rules are one options object of integer ratios and microseconds.
 */
import { familyOf } from '../protocol/address.ts';
import type { Endpoint } from '../protocol/contract.ts';
import { type Damage, damageOf, faultStreams, type LinkState } from './faults/damage.ts';
import { calm, delayOf, isPlain, type LinkRules, quietLink } from './faults/rules.ts';
import { type Stream, StreamRow, streamOf } from './random.ts';

import type { Datagram, Delivery, Family, LinkException, NetworkOptions, NetworkPorts, Station } from './wire.ts';

export { type LinkRules, quietLink } from './faults/rules.ts';
export type { Datagram, Delivery, Family, Fate, LinkException, Station } from './wire.ts';

/** A multicast that its own host hears again took no wire. */
const loopbackUs = 20;

/** Stations in a run. Links are made when they are first used: a thousand hosts on one segment have a million. */
const stationsMax = 16_384;

/** Copies that wait on a clogged link. */
const clogMax = 1024;

interface Link {
  /** Whether all links of its segment that have nothing of their own are this one. */
  readonly shared: boolean;
  /** Made by the first rule that is not plain. */
  faults: { readonly streamFor: (fault: string) => Stream; readonly state: LinkState } | null;
  rules: LinkRules;
  /** Of the rules: nothing but loss, delay, copies and disorder. */
  plain: boolean;
  cut: boolean;
  /** Null unless it is clogged. */
  held: { readonly delivery: Delivery; readonly delayUs: number }[] | null;
}

/** A segment, in one family. */
interface Plane {
  rules: LinkRules;
  readonly stations: Writable<Station>[];
  /** By address, each list in the order of `stations`. */
  readonly at: Map<string, Writable<Station>[]>;
  /** Whether somebody there hears what is sent to others. */
  sniffed: boolean;
  /** What joins two of its stations. */
  link: Link;
}

function linkOf(rules: LinkRules, shared: boolean): Link {
  return { shared, faults: null, rules, plain: isPlain(rules), cut: false, held: null };
}

type Direction = readonly [from: string, to: string];

const families: readonly Family[] = [4, 6];

/** What the luck of a link is named after. IPv4 came first, and has the plain name. */
function linkName(from: Station, to: Station): readonly string[] {
  const ends = [from.host, from.interface, to.host, to.interface];
  return from.family === 4 ? ends : [...ends, 'IPv6'];
}

const none: readonly number[] = [];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class Network {
  private readonly options: NetworkOptions;
  private readonly ports: NetworkPorts;
  /** Of a family that the protocol does not speak there is none, and nobody asks for it. */
  private readonly groups: Readonly<Record<Family, Endpoint>>;
  /** By family. */
  private readonly planes: Readonly<Record<Family, Map<string, Plane>>> = { 4: new Map(), 6: new Map() };
  private readonly stations: Writable<Station>[] = [];
  /** links[from.index][to.index] */
  private readonly links: (Link | undefined)[][] = [];
  /** Of the links from each station, by the other one's index. */
  private readonly luck: StreamRow[] = [];
  private exceptions: readonly LinkException[];
  private partition: readonly Direction[] = [];
  private clogs: readonly Direction[] = [];
  private sent = 0;

  constructor(options: NetworkOptions) {
    this.options = options;
    this.ports = options.ports;
    const { groups, port } = options.use;
    this.groups = { 4: { address: groups[4] ?? '', port }, 6: { address: groups[6] ?? '', port } };
    this.exceptions = options.exceptions;
    for (const [name, rules] of options.segments) {
      for (const family of families)
        this.planes[family].set(name, {
          rules,
          stations: [],
          at: new Map(),
          sniffed: false,
          link: linkOf(rules, true),
        });
    }
  }

  attach(place: { host: string; interface: string; segment: string; address: string }): Station {
    const family = familyOf(place.address);
    const plane = this.planes[family].get(place.segment);
    if (plane === undefined) throw new RangeError(`no segment ${place.segment}`);
    if (this.stations.length >= stationsMax) throw new RangeError(`more than ${stationsMax} stations`);
    const idle = { up: true, listening: false, unicastPort: 0, listensUs: 0, sniffs: false };
    const station = { ...place, family, index: this.stations.length, ...idle };
    this.stations.push(station);
    this.links.push([]);
    this.luck.push(new StreamRow());
    plane.stations.push(station);
    move(plane, station, null);
    return station;
  }

  /** From now on the station has another address; nothing that is under way to the old one reaches it. */
  readdress(station: Station, address: string): void {
    const own = this.own(station);
    const before = own.address;
    own.address = address;
    const plane = this.planeOf(own);
    if (plane !== undefined) move(plane, own, before);
  }

  /** Opens the station's sockets (`unicastPort` is the own one), or closes them. Opening them joins the group anew. */
  listen(station: Station, unicastPort: number | null): void {
    const own = this.own(station);
    own.listening = unicastPort !== null;
    own.unicastPort = unicastPort ?? 0;
    own.listensUs = this.ports.nowUs();
  }

  /** Pulls the plug, or puts it in: without it nothing comes and nothing goes. */
  plug(station: Station, up: boolean): void {
    this.own(station).up = up;
  }

  /** From now on it hears its whole segment, as a card in promiscuous mode on a hub or an open radio does. */
  sniff(station: Station): void {
    this.own(station).sniffs = true;
    const plane = this.planeOf(station);
    if (plane !== undefined) plane.sniffed = true;
  }

  /**
   * Sends from a station to the group or to an endpoint. `source` is what the receivers shall see. Answers with the
   * datagram as it went out.
   */
  send(from: Station, source: Endpoint, to: 'group' | Endpoint, bytes: Uint8Array, repeats?: Datagram): Datagram {
    const group = this.groups[from.family];
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
    if (!from.up) return datagram;
    for (const station of this.reached(from, datagram)) {
      if (station.index === from.index) this.ports.schedule(loopbackUs, { type: 'delivery', datagram, to: station });
      else this.carry(datagram, from, station);
    }
    // What is link-local, as every address of IPv6 here, is no router's business.
    if (!toGroup && from.family === 4 && this.options.routed.has(from.segment)) this.route(datagram, from);
    return datagram;
  }

  /** One copy, to one station: what somebody on the path puts in the place of another one. */
  sendTo(from: Station, source: Endpoint, like: Datagram, to: Station, bytes: Uint8Array): Datagram {
    const { toGroup } = like;
    const datagram = { id: ++this.sent, bytes, source, to: like.to, toGroup, sender: from, repeats: null };
    this.ports.sent(datagram);
    this.ports.schedule(loopbackUs, { type: 'delivery', datagram, to });
    return datagram;
  }

  /** The time of a delivery has come: the station hears it, if it still listens there. */
  arrive({ datagram, to }: Delivery): void {
    const reached =
      to.listening &&
      to.up &&
      (to.sniffs ||
        datagram.toGroup ||
        (to.address === datagram.to.address &&
          (datagram.to.port === this.options.use.port || datagram.to.port === to.unicastPort)));
    this.ports.fate(datagram, to, reached ? 'delivered' : 'deaf');
    if (reached) this.ports.receive(to, datagram);
  }

  /** Cuts every link from a host of the first list to one of the second; both ways unless `oneWay`. Adds to what is cut. */
  cut(between: readonly string[], and: readonly string[], oneWay: boolean): void {
    this.partition = [...this.partition, ...pairsOf(between, and, oneWay)];
    this.refresh();
  }

  /** As `cut`, but what is sent waits at the link, and comes when it is free again. */
  clog(between: readonly string[], and: readonly string[], oneWay: boolean): void {
    this.clogs = [...this.clogs, ...pairsOf(between, and, oneWay)];
    this.refresh();
  }

  /** Ends partitions and clogs, and from now on nothing is lost, doubled, changed or held back. Delays stay. */
  heal(): void {
    this.partition = [];
    this.clogs = [];
    for (const plane of this.all()) plane.rules = { ...plane.rules, ...calm };
    this.exceptions = this.exceptions.map((exception) => ({ ...exception, rules: { ...exception.rules, ...calm } }));
    this.refresh();
  }

  /** New rules for a segment, in part; in one family or, null, in both. */
  change(segment: string, rules: Partial<LinkRules>, family: Family | null): void {
    for (const one of families) {
      const plane = this.planes[one].get(segment);
      if (plane === undefined) throw new RangeError(`no segment ${segment}`);
      if (family === null || family === one) plane.rules = { ...plane.rules, ...rules };
    }
    this.refresh();
  }

  /** New rules for one direction between two hosts, in part; beside those that it has by now. */
  changeLink(from: string, to: string, rules: Partial<LinkRules>, family: Family | null): void {
    for (const one of family === null ? families : [family]) {
      const now = this.exceptionFor(from, to, one);
      const sender = this.stations.find((station) => station.host === from && station.family === one);
      const base = now?.rules ?? (sender && this.planeOf(sender))?.rules ?? quietLink;
      this.exceptions = [
        { from, to, family: one, rules: { ...base, ...rules } },
        ...this.exceptions.filter((other) => other !== now || other.family === null),
      ];
    }
    this.refresh();
  }

  private planeOf({ segment, family }: Station): Plane | undefined {
    return this.planes[family].get(segment);
  }

  private all(): readonly Plane[] {
    return families.flatMap((family) => [...this.planes[family].values()]);
  }

  /** The first that fits; what the script says comes first. */
  private exceptionFor(from: string, to: string, family: Family): LinkException | undefined {
    return this.exceptions.find(
      (one) => one.from === from && one.to === to && (one.family === null || one.family === family),
    );
  }

  /** Who gets a copy on the sender's segment. */
  private reached(from: Station, { toGroup, to }: Datagram): readonly Station[] {
    const plane = this.planeOf(from);
    if (plane === undefined) return [];
    if (toGroup) return plane.stations;
    if (plane.sniffed) return plane.stations.filter(({ address, sniffs }) => sniffs || address === to.address);
    return plane.at.get(to.address) ?? [];
  }

  private route(datagram: Datagram, from: Station): void {
    const { address } = datagram.to;
    for (const name of this.options.routed) {
      if (name === from.segment) continue;
      for (const station of this.planes[4].get(name)?.at.get(address) ?? []) this.carry(datagram, from, station);
    }
  }

  private carry(datagram: Datagram, from: Station, to: Station): void {
    const { ports } = this;
    const link = this.links[from.index]?.[to.index] ?? this.link(from, to);
    const { rules } = link;
    const luck = this.luck[from.index];
    const stream = luck?.take(to.index) ?? streamOf(this.options.seed, 'link', ...linkName(from, to));
    // Luck is drawn before anything else is asked, so that a dropped copy leaves the luck of the next one as it was.
    const lost = stream.chance(rules.loss);
    let delayUs = delayOf(rules, stream);
    if (stream.chance(rules.reorder)) delayUs += stream.within(rules.reorderByUs);
    const copies = stream.chance(rules.duplicate) ? copiesOf(rules, stream, delayUs) : none;
    luck?.put(to.index, stream, this.stations.length);
    const damage = link.plain ? null : this.damage(link, datagram, from, to);
    if (link.cut) return ports.fate(datagram, to, 'cut');
    const interception = ports.intercept?.(datagram, to);
    if (interception?.does === 'drop') return ports.fate(datagram, to, 'dropped');
    if (lost) return ports.fate(datagram, to, 'lost');
    const carried = damage === null ? datagram : this.damaged(datagram, to, damage);
    if (carried === null) return;
    delayUs += damage?.waitUs ?? 0;
    const byUs = interception !== undefined && 'byUs' in interception ? interception.byUs : 0;
    if (byUs > 0) ports.fate(datagram, to, 'delayed');
    delayUs += byUs;
    this.forward(link, { type: 'delivery', datagram: carried, to }, delayUs);
    const again = interception?.does === 'repeat' ? [delayUs + interception.againUs] : [];
    for (const copyUs of [...copies, ...again]) {
      ports.fate(carried, to, 'duplicated');
      this.forward(link, { type: 'delivery', datagram: carried, to }, copyUs);
    }
  }

  private forward(link: Link, delivery: Delivery, delayUs: number): void {
    const { ports } = this;
    if (link.held === null) return ports.schedule(delayUs, delivery);
    const full = link.held.length >= clogMax;
    ports.fate(delivery.datagram, delivery.to, full ? 'overflowed' : 'clogged');
    if (!full) link.held.push({ delivery, delayUs });
  }

  private damage(link: Link, { bytes, toGroup }: Datagram, from: Station, to: Station): Damage {
    link.faults ??= {
      streamFor: faultStreams(this.options.seed, ...linkName(from, to)),
      state: { bad: false, freeUs: 0 },
    };
    const { rules, faults } = link;
    const nowUs = this.ports.nowUs();
    const { address: group } = this.groups[from.family];
    return damageOf({ rules, bytes, toGroup, group, nowUs, listensUs: nowUs - to.listensUs, ...faults });
  }

  /** The datagram as it goes on; null, and its fate is told, where it does not. */
  private damaged(datagram: Datagram, to: Station, { loss, bytes, how }: Damage): Datagram | null {
    if (loss !== null) {
      this.ports.fate(datagram, to, loss);
      return null;
    }
    if (bytes === null || how === null) return datagram;
    this.ports.fate(datagram, to, how);
    return { ...datagram, bytes };
  }

  /** By the rules of now. One that had something of its own keeps what it has: its faults go on where they were. */
  private link(from: Station, to: Station): Link {
    const row = this.links[from.index] ?? [];
    const known = row[to.index];
    const plane = this.planeOf(from);
    const exception = this.exceptionFor(from.host, to.host, from.family);
    const isBetween = ([a, b]: Direction): boolean => a === from.host && b === to.host;
    const cut = this.partition.some(isBetween);
    const clogged = this.clogs.some(isBetween);
    const usual = exception === undefined && !cut && !clogged ? plane?.link : undefined;
    const own = known === undefined || known.shared ? null : known;
    const link = own ?? (usual?.plain === true ? usual : linkOf(quietLink, false));
    row[to.index] = link;
    if (link.shared) return link;
    link.rules = exception?.rules ?? plane?.rules ?? quietLink;
    link.plain = isPlain(link.rules);
    link.cut = cut;
    const held = link.held ?? [];
    link.held = clogged ? held : null;
    if (!clogged) for (const { delivery, delayUs } of held) this.ports.schedule(delayUs, delivery);
    return link;
  }

  /** Rules changed: every link that was made looks them up anew and keeps its stream. */
  private refresh(): void {
    for (const plane of this.all()) plane.link = linkOf(plane.rules, true);
    for (const from of this.stations) {
      this.links[from.index]?.forEach((link, index) => {
        const to = this.stations[index];
        if (link !== undefined && to !== undefined) this.link(from, to);
      });
    }
  }

  private own(station: Station): Writable<Station> {
    const own = this.stations[station.index];
    if (own !== station) throw new RangeError(`station of another network: ${station.host}`);
    return own;
  }
}

/** Times of further copies. */
function copiesOf(rules: LinkRules, stream: Stream, delayUs: number): readonly number[] {
  const count = stream.within(rules.copies);
  return Array.from({ length: count }, () => delayUs + stream.within(rules.duplicateAfterUs));
}

/** The station is found at its address, and at `before` no more. */
function move({ at }: Plane, station: Writable<Station>, before: string | null): void {
  if (before !== null) at.set(before, at.get(before)?.filter((one) => one !== station) ?? []);
  const there = [...(at.get(station.address) ?? []), station];
  at.set(
    station.address,
    there.toSorted((a, b) => a.index - b.index),
  );
}

function pairsOf(between: readonly string[], and: readonly string[], oneWay: boolean): readonly Direction[] {
  return between.flatMap((a) =>
    and.flatMap((b): Direction[] =>
      oneWay
        ? [[a, b]]
        : [
            [a, b],
            [b, a],
          ],
    ),
  );
}
