import type { Json, StoredRecord } from '../../protocol/contract.ts';
import type { RunEvent, StepEvent } from '../events.ts';
import type { Datagram } from '../network.ts';
import { unzoned } from '../places.ts';
import { type Oracle, type Setting, verdictOf } from './oracle.ts';
import { type Dealing, type Life, type Place, placeAt } from './places.ts';

/** RFC 9000 §8.1. */
const factor = 3;
/** Multicasts of one interface in one family: so many at once, so many a second. */
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
      const known = lives.get(host);
      if (known !== undefined) return known;
      const life: Life = {
        places: new Map(),
        provenPlaces: 0,
        proven: new Set(),
        homes: homes.get(host) ?? new Set(),
        written: new Set(),
        found: new Set(noted.get(host)),
        buckets: new Map(),
      };
      lives.set(host, life);
      return life;
    };
    const honest = new Map(setting.scenario.hosts.map((spec) => [spec.name, spec]));
    return {
      sees: {
        booted: ({ host }) => void lives.delete(host),
        stored({ host, record }) {
          const home = homeIn(record, setting);
          const known = homes.get(host) ?? new Set();
          homes.set(host, home === undefined ? known : known.add(home));
          const life = lifeOf(host);
          if (home !== undefined) life.written.add(home);
          // What is written without having been proven is none: a note is no proof.
          const kept = noted.get(host) ?? new Set();
          for (const place of setting.subject.placesIn(record).map(unzoned)) if (life.found.has(place)) kept.add(place);
          noted.set(host, kept);
        },
        step(event) {
          own(owned, event);
          if (event.heard !== null) hear(lifeOf(event.host), event, event.heard, setting);
        },
        sent(event) {
          const { host } = event.datagram.sender;
          const spec = honest.get(host);
          if (spec === undefined) return;
          looked++;
          const life = lifeOf(host);
          if (listedByFound(life, event, setting, owned)) return;
          const why = judge(life, event, setting, spec.peers.map(unzoned));
          if (why !== null) failures.push(`${host} ${why}`);
        },
      },
      finish: () => verdictOf(looked, 'datagrams of hosts', failures),
    };
  },
};

/** Where the peer of a record was when it was written. */
function homeIn(record: StoredRecord, { subject }: Setting): string | undefined {
  const address = subject.agreedIn(record)?.address;
  return address === undefined ? undefined : unzoned(address);
}

function textOf(field: Json | undefined): string {
  return typeof field === 'string' ? field : '';
}

function hear(
  life: Life,
  { input, cell, effects }: StepEvent,
  { bytes, source }: Datagram,
  { subject }: Setting,
): void {
  if (input.type !== 'datagram') return;
  const { kind, fields } = subject.protocol.describe(bytes);
  const place = placeAt(life, source);
  place.dealing ??= {
    returned: new Set(),
    owed: 0,
    beacons: 0,
    echoes: 0,
    known: new Map(),
    received: 0,
    sent: 0,
    ends: false,
  };
  const { dealing } = place;
  dealing.received += bytes.length;
  dealing.ends ||= ends.includes(kind);
  const [from, back] = [textOf(fields['from']), textOf(fields['returned'])];
  if (kind === 'BEACON') {
    place.asked = from;
    dealing.owed++;
    dealing.beacons++;
    // Whose cookie an answer brings is told here alone: its first copy may get stuck, and another iid ask before the next one leaves.
    for (const effect of effects) {
      if (effect.type !== 'send' || effect.to === 'group') continue;
      const { cookie } = subject.protocol.describe(effect.bytes).fields;
      if (typeof cookie === 'string' && placeAt(life, effect.to) === place && !place.cookies.has(cookie))
        place.cookies.set(cookie, from);
    }
  }
  // Who returns the cookie of another iid, which was his own before it was bent on the way, proves nothing by it; nor does a
  // datagram that is refused as a whole, whatever of it came through unbent.
  if (cell.event !== 'refused' && place.cookies.get(back) === from) {
    dealing.returned.add(back);
    if (!place.iids.has(from)) life.provenPlaces++;
    place.iids.add(from);
    life.proven.add(source.address);
  }
  // It answered a fresh nonce from an address that its answer lists.
  if (cell.event === 'hereProven') life.found.add(source.address);
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
  return listed && soon(placeAt(life, to), { atUs, kind: 'WHERE', fields: {} }) === null;
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
  if (toGroup)
    return spend(life, `${sender.interface} ${sender.family}`, atUs) ? null : 'sends more multicasts than its budget';
  const place = placeAt(life, to);
  const { dealing } = place;
  // An answering BEACON names nobody; a SHARE says whose cookie it brings.
  const cookie = typeof fields['cookie'] === 'string' ? fields['cookie'] : null;
  if (cookie !== null && !place.cookies.has(cookie))
    place.cookies.set(cookie, kind === 'BEACON' ? (place.asked ?? '') : textOf(fields['to']));
  // BEACONs of the schedule go to a --peer unasked; whoever answers one has a cookie to return as anybody.
  if (kind === 'BEACON' && fields['cookie'] === null && peers.includes(to.address)) return null;
  // A peer that may have restarted has another port, and listens at the group's as well: of the address where it was proven
  // when its record was written, or of the one that it was proven at since.
  const restarted = (): boolean =>
    (kind === 'READY' || kind === 'CANCEL') &&
    to.port === setting.subject.protocol.network.port &&
    (life.written.has(to.address) || life.proven.has(to.address));
  // A cookie is of one place and one iid: an answering BEACON is to whoever returned that of his.
  const proven =
    kind === 'BEACON'
      ? dealing?.returned.has(cookie ?? '') === true
      : (dealing?.returned.size ?? 0) > 0 || isKnown(life, to.address, peers) || restarted();
  // What a record says goes to any place, and keeps none for whoever asks from there.
  if (kind === 'SHARE' && dealing !== null) saysShare(dealing, textOf(fields['from']), textOf(fields['to']));
  const answers = kind === 'BEACON' && dealing !== null && answersFrom(life, place, dealing, fields);
  // What answers a place that has none in the tables yet is no part of the conversation that begins there.
  if (proven) return answers ? null : soon(place, { atUs, kind, fields });
  if (dealing === null) return `says ${kind} to a place that it has not heard of`;
  dealing.sent += bytes.length;
  if (!toUnproven.includes(kind) && !dealing.ends) return `says ${kind} to a source that returned no cookie`;
  if (dealing.sent > factor * dealing.received)
    return `sent ${dealing.sent} B to a source that returned no cookie and sent ${dealing.received} B`;
  return null;
}

/** Where a peer of its records was proven to be, or whom its person named. */
function isKnown({ homes, found }: Life, address: string, peers: readonly string[]): boolean {
  return homes.has(address) || found.has(address) || peers.includes(address);
}

function saysShare({ known }: Dealing, from: string, to: string): void {
  const sayers = known.get(to);
  if (sayers === undefined) known.set(to, [from]);
  else if (!sayers.includes(from)) sayers.push(from);
}

/**
 * Whether this BEACON is the answer to one. A place for which there is no room, or nothing more to say, is answered as one that
 * proved nothing: a BEACON for each BEACON.
 */
function answersFrom(
  { provenPlaces }: Life,
  { cookies, asked }: Place,
  dealing: Dealing,
  { from, cookie }: { readonly [name: string]: Json },
): boolean {
  const asker = (typeof cookie === 'string' ? cookies.get(cookie) : undefined) ?? asked ?? '';
  const forgotten = provenPlaces >= placesMax;
  const kept = !forgotten && dealing.known.get(asker)?.includes(textOf(from)) === true;
  const answers = !kept && isAnswer(dealing, forgotten);
  dealing.echoes++;
  if (answers && dealing.owed > 0) dealing.owed--;
  return answers;
}

/** A BEACON for each that was heard. One that was forgotten in between has that answer repeated, as a place that proved nothing. */
function isAnswer({ owed, echoes, beacons }: Dealing, forgotten: boolean): boolean {
  return owed > 0 || (forgotten && echoes < factor * beacons);
}

/** What was said there a moment ago. An answering BEACON names nobody, but its cookie is of one source and iid. */
function soon(
  { last }: Place,
  { atUs, kind, fields }: { atUs: number; kind: string; fields: { readonly [name: string]: Json } },
): string | null {
  const from = textOf(fields['from']);
  const whom = textOf(fields[kind === 'BEACON' ? 'cookie' : 'to']);
  const said = last.get(whom);
  if (said === undefined) last.set(whom, [{ kind, from, atUs }]);
  const before = said?.find((one) => one.kind === kind && one.from === from);
  if (before === undefined) {
    said?.push({ kind, from, atUs });
    return null;
  }
  const sinceUs = atUs - before.atUs;
  before.atUs = atUs;
  return sinceUs >= calmUs
    ? null
    : `says ${kind} again to one peer after ${Math.round(sinceUs / 1000)} of ${calmUs / 1000} ms`;
}

function spend(life: Life, station: string, atUs: number): boolean {
  const bucket = life.buckets.get(station) ?? { tokens: burst, atUs };
  const tokens = Math.min(burst, bucket.tokens + ((atUs - bucket.atUs) * perSecond) / 1_000_000) - 1;
  life.buckets.set(station, { tokens, atUs });
  return tokens > -0.001;
}
