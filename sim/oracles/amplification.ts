import type { Endpoint, Json } from '../../protocol/contract.ts';
import type { RunEvent, StepEvent } from '../events.ts';
import type { Datagram } from '../network.ts';
import { type Oracle, type Setting, verdictOf } from './oracle.ts';

/** RFC 9000 §8.1. */
const factor = 3;
/** Multicasts of one interface: so many at once, so many a second. */
const burst = 5;
const perSecond = 2;
/** To a proven source, of one kind and conversation: one datagram in this time, whatever asks for it. */
const calmUs = 200_000;
/** So many proven places a host has to remember (SPEC.md of lp1, section 8); of more it may forget any. */
const placesMax = 256;
/** A HERE is the one answer to a WHERE that only the peer can have made, and less than three times as long. */
const toUnproven: readonly string[] = ['BEACON', 'SHARE', 'WHERE', 'HERE'];
/** Whoever says these under a good mac has a record: what answers them is as long as they are. */
const ends: readonly string[] = ['CONFIRM', 'READY', 'DONE', 'CANCEL'];

/** What one life of a host had to do with one endpoint. */
interface Dealing {
  /** Cookies for this place that came back from there. */
  readonly returned: Set<string>;
  /** BEACONs from there that no BEACON answered yet. */
  owed: number;
  /** BEACONs from there, and those said to it. */
  beacons: number;
  echoes: number;
  /** Who said whom a SHARE there, by both iids: that place is in the tables of this session. One that begins anew has none. */
  readonly known: Set<string>;
  received: number;
  sent: number;
  /** It said CONFIRM, READY, DONE or CANCEL, and is answered. */
  ends: boolean;
}

interface Life {
  /** For which iid each cookie was given, by place and cookie. */
  readonly cookies: Map<string, string>;
  /** The iid of the BEACON that was heard last from each place: the one that is answered. */
  readonly asked: Map<string, string>;
  /** Places that proved themselves, each with its iid. */
  readonly places: Set<string>;
  readonly dealings: Map<string, Dealing>;
  readonly buckets: Map<string, { tokens: number; atUs: number }>;
  /** Addresses of places that proved themselves. */
  readonly proven: Set<string>;
  /** Where peers of its records were: proven when they were written. */
  readonly homes: Set<string>;
  /** Where peers of the records were that it wrote in this life. */
  readonly written: Set<string>;
  /** Where a HERE proved a peer to be, in this life or in the one that wrote it down. */
  readonly found: Set<string>;
  /** When each kind was last said to each proven place in each conversation. */
  readonly last: Map<string, number>;
}

export const amplification: Oracle = {
  number: 9,
  name: 'amplification',
  claim:
    'Who spoke first gets at most three times the bytes that it sent until it returns a cookie, and then one datagram of a kind in 200 ms; nobody else gets any.',
  watch(setting) {
    const lives = new Map<string, Life>();
    const homes = new Map<string, Set<string>>();
    const noted = new Map<string, Set<string>>();
    const owned = new Map<string, Set<string>>();
    const failures: string[] = [];
    let looked = 0;
    const lifeOf = (host: string): Life => {
      const known = lives.get(host) ?? {
        cookies: new Map(),
        asked: new Map(),
        places: new Set(),
        proven: new Set(),
        dealings: new Map(),
        homes: homes.get(host) ?? new Set(),
        written: new Set(),
        found: new Set(noted.get(host)),
        buckets: new Map(),
        last: new Map(),
      };
      lives.set(host, known);
      return known;
    };
    const honest = new Map(setting.scenario.hosts.map((spec) => [spec.name, spec]));
    return {
      see(event) {
        if (event.type === 'booted') lives.delete(event.host);
        if (event.type === 'stored') {
          const home = setting.subject.agreedIn(event.record)?.address;
          const known = homes.get(event.host) ?? new Set();
          homes.set(event.host, home === undefined ? known : known.add(home));
          const life = lifeOf(event.host);
          if (home !== undefined) life.written.add(home);
          // What is written without having been proven is none: a note is no proof.
          const kept = noted.get(event.host) ?? new Set();
          for (const place of setting.subject.placesIn(event.record)) if (life.found.has(place)) kept.add(place);
          noted.set(event.host, kept);
        }
        if (event.type === 'step') own(owned, event);
        if (event.type === 'step' && event.heard !== null) hear(lifeOf(event.host), event, event.heard, setting);
        if (event.type !== 'sent' || !honest.has(event.datagram.sender.host)) return;
        looked++;
        const { host } = event.datagram.sender;
        if (listedByFound(lifeOf(host), event, setting, owned)) return;
        const why = judge(lifeOf(host), event, setting, honest.get(host)?.peers ?? []);
        if (why !== null) failures.push(`${host} ${why}`);
      },
      finish: () => verdictOf(looked, 'datagrams of hosts', failures),
    };
  },
};

const nameOf = ({ address, port }: Endpoint): string => `${address} ${port}`;

function textOf(field: Json | undefined): string {
  return typeof field === 'string' ? field : '';
}

function hear(life: Life, { input, cell }: StepEvent, { bytes }: Datagram, { subject }: Setting): void {
  if (input.type !== 'datagram') return;
  const { kind, fields } = subject.protocol.describe(bytes);
  const name = nameOf(input.source);
  const known = life.dealings.get(name) ?? {
    returned: new Set(),
    owed: 0,
    beacons: 0,
    echoes: 0,
    known: new Set(),
    received: 0,
    sent: 0,
    ends: false,
  };
  known.received += bytes.length;
  known.ends ||= ends.includes(kind);
  const [from, back] = [textOf(fields['from']), textOf(fields['returned'])];
  if (kind === 'BEACON') {
    life.asked.set(name, from);
    known.owed++;
    known.beacons++;
  }
  // Who returns the cookie of another iid, which was his own before it was bent on the way, proves nothing by it; nor does a
  // datagram that is refused as a whole, whatever of it came through unbent.
  if (cell.event !== 'refused' && life.cookies.get(`${name} ${back}`) === from) {
    known.returned.add(back);
    life.places.add(`${name} ${from}`);
    life.proven.add(input.source.address);
  }
  life.dealings.set(name, known);
  // It answered a fresh nonce from an address that its answer lists.
  if (cell.event === 'hereProven') life.found.add(input.source.address);
}

/** All addresses that each host ever had: what it may list in an answer that is long under way. */
function own(owned: Map<string, Set<string>>, { host, input }: StepEvent): void {
  if (input.type !== 'start' && input.type !== 'interfaces') return;
  const had = owned.get(host) ?? new Set();
  for (const { addresses } of input.interfaces) for (const { address } of addresses) had.add(address);
  owned.set(host, had);
}

/** A question to another address of a host that proved itself at one: it listed that address, and is asked at the group's port. */
function listedByFound(
  life: Life,
  { atUs, datagram }: Extract<RunEvent, { type: 'sent' }>,
  { subject }: Setting,
  owned: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const { bytes, to, toGroup } = datagram;
  const { protocol } = subject;
  if (
    toGroup ||
    to.port !== protocol.network.port ||
    life.found.has(to.address) ||
    protocol.describe(bytes).kind !== 'WHERE'
  )
    return false;
  const listed = [...owned.values()].some(
    (had) => had.has(to.address) && [...had].some((address) => life.found.has(address)),
  );
  return listed && soon(life, { atUs, name: nameOf(to), kind: 'WHERE', fields: {} }) === null;
}

/** What is wrong with this datagram, or null. */
function judge(
  life: Life,
  { atUs, datagram }: Extract<RunEvent, { type: 'sent' }>,
  setting: Setting,
  peers: readonly string[],
): string | null {
  const { bytes, to, toGroup, sender } = datagram;
  const { kind, fields } = setting.subject.protocol.describe(bytes);
  if (toGroup) return spend(life, sender.interface, atUs) ? null : 'sends more multicasts than its budget';
  const name = nameOf(to);
  // An answering BEACON names nobody; a SHARE says whose cookie it brings.
  const cookie = typeof fields['cookie'] === 'string' ? `${name} ${fields['cookie']}` : null;
  if (cookie !== null && !life.cookies.has(cookie))
    life.cookies.set(cookie, kind === 'BEACON' ? (life.asked.get(name) ?? '') : textOf(fields['to']));
  const dealing = life.dealings.get(name);
  // BEACONs of the schedule go to a --peer unasked; whoever answers one has a cookie to return as anybody.
  if (kind === 'BEACON' && fields['cookie'] === null && peers.includes(to.address)) return null;
  const known = life.homes.has(to.address) || life.found.has(to.address) || peers.includes(to.address);
  // A peer that may have restarted has another port, and listens at the group's as well: of the address where it was proven
  // when its record was written, or of the one that it was proven at since.
  const restarted =
    (kind === 'READY' || kind === 'CANCEL') &&
    to.port === setting.subject.protocol.network.port &&
    (life.written.has(to.address) || life.proven.has(to.address));
  // A cookie is of one place and one iid: an answering BEACON is to whoever returned that of his.
  const proven =
    kind === 'BEACON'
      ? dealing?.returned.has(textOf(fields['cookie'])) === true
      : known || restarted || (dealing?.returned.size ?? 0) > 0;
  // What a record says goes to any place, and keeps none for whoever asks from there.
  const from = textOf(fields['from']);
  if (kind === 'SHARE') dealing?.known.add(`${from} ${textOf(fields['to'])}`);
  // A place for which there is no room, or nothing more to say, is answered as one that proved nothing: a BEACON for each BEACON.
  const asker = (cookie === null ? undefined : life.cookies.get(cookie)) ?? life.asked.get(name) ?? '';
  const forgotten = life.places.size >= placesMax;
  const kept = dealing?.known.has(`${from} ${asker}`) === true && !forgotten;
  const answers = kind === 'BEACON' && dealing !== undefined && !kept && isAnswer(dealing, forgotten);
  if (kind === 'BEACON' && dealing !== undefined) dealing.echoes++;
  if (answers && dealing.owed > 0) dealing.owed--;
  // What answers a place that has none in the tables yet is no part of the conversation that begins there.
  if (proven) return answers ? null : soon(life, { atUs, name, kind, fields });
  if (dealing === undefined) return `says ${kind} to a place that it has not heard of`;
  dealing.sent += bytes.length;
  if (!toUnproven.includes(kind) && !dealing.ends) return `says ${kind} to a source that returned no cookie`;
  if (dealing.sent > factor * dealing.received)
    return `sent ${dealing.sent} B to a source that returned no cookie and sent ${dealing.received} B`;
  return null;
}

/** A BEACON for each that was heard. One that was forgotten in between has that answer repeated, as a place that proved nothing. */
function isAnswer({ owed, echoes, beacons }: Dealing, forgotten: boolean): boolean {
  return owed > 0 || (forgotten && echoes < factor * beacons);
}

/** What was said there a moment ago. An answering BEACON names nobody, but its cookie is of one source and iid. */
function soon(
  { last }: Life,
  { atUs, name, kind, fields }: { atUs: number; name: string; kind: string; fields: { readonly [name: string]: Json } },
): string | null {
  const topic = `${name} ${kind} ${textOf(fields['from'])} ${textOf(fields[kind === 'BEACON' ? 'cookie' : 'to'])}`;
  const before = last.get(topic);
  last.set(topic, atUs);
  if (before === undefined || atUs - before >= calmUs) return null;
  return `says ${kind} again to one peer after ${Math.round((atUs - before) / 1000)} of ${calmUs / 1000} ms`;
}

function spend(life: Life, station: string, atUs: number): boolean {
  const bucket = life.buckets.get(station) ?? { tokens: burst, atUs };
  const tokens = Math.min(burst, bucket.tokens + ((atUs - bucket.atUs) * perSecond) / 1_000_000) - 1;
  life.buckets.set(station, { tokens, atUs });
  return tokens > -0.001;
}
