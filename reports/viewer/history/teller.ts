/**
 * Tells the history of a run from its events: a `Watch` that collects moments and messages. Steps are joined with what was
 * sent in them, and each copy of a datagram with what became of it.
 */
import type { Json } from '../../../protocol/contract.ts';
import { printable } from '../../../protocol/display.ts';
import type { RunEvent, StepEvent, Watch } from '../../../sim/events.ts';
import { identityOf } from '../../../sim/identity.ts';
import type { Scenario } from '../../../sim/scenario/scenario.ts';
import type { Subject } from '../../../sim/subject.ts';
import type { Datagram, Fate, Station } from '../../../sim/wire.ts';
import {
  type Forgery,
  type Lane,
  type Line,
  lostFates,
  type Message,
  type Moment,
  type RunHistory,
  type Topic,
} from './history.ts';
import { effectLines, effectWords, inputLines, inputWords } from './words.ts';

/** Events kept; a busy hour of sixty machines has more than a page can hold. */
export const keptMax = 400_000;

export interface Teller {
  readonly watch: Watch;
  readonly history: () => RunHistory;
}

export type DraftMoment = { -readonly [K in keyof Moment]: Moment[K] } & { sent: number[]; topics: Set<Topic> };

/** A datagram on its way: who sent it, in which moment, and what was seen of its copies. */
interface Sent {
  readonly atUs: number;
  readonly moment: DraftMoment;
  readonly kind: string;
  readonly forgery: Forgery | null;
  /** By receiving station: marks of copies that have no end yet, and how many have one. */
  readonly copies: Map<number, { marks: Fate[]; ended: number; last: Message | null }>;
  drawn: number;
}

export function createTeller(scenario: Scenario, subject: Subject): Teller {
  const teller = new EventTeller(scenario, subject);
  return { watch: (event) => teller.note(event), history: () => teller.history() };
}

class EventTeller {
  private readonly lanes: readonly Lane[];
  private readonly laneOf: ReadonlyMap<string, number>;
  private readonly subject: Subject;
  private readonly whys: ReadonlyMap<string, string>;
  private readonly owners: ReadonlyMap<string, string>;
  private readonly addresses: Map<string, string> = new Map();
  private readonly moments: DraftMoment[] = [];
  private readonly messages: Message[] = [];
  private readonly sent: Map<number, Sent> = new Map();
  private readonly situations: Map<string, string> = new Map();
  /** The latest moment of each lane: what is sent at its instant belongs to it. */
  private readonly latest: Map<number, DraftMoment> = new Map();
  private n = 0;
  private leftOut = 0;
  private endUs = 0;

  constructor(scenario: Scenario, subject: Subject) {
    this.subject = subject;
    this.lanes = lanesOf(scenario, subject);
    this.laneOf = new Map(this.lanes.map(({ name }, index) => [name, index]));
    this.whys = new Map(subject.protocol.table.map((row) => [`${row.situation} ${row.event}`, row.why]));
    this.owners = new Map(
      [...scenario.hosts, ...scenario.adversaries].map(({ name }) => [identityOf(name, subject.suite).sshKey, name]),
    );
    for (const { name, interfaces } of scenario.hosts)
      for (const { address } of interfaces) this.addresses.set(address, name);
    for (const { name, place } of scenario.adversaries) this.addresses.set(place.address, name);
  }

  history(): RunHistory {
    const { lanes, moments, messages, endUs, leftOut } = this;
    const situations = [...new Set(this.subject.protocol.table.map(({ situation }) => situation))];
    return { lanes, moments, messages, situations, events: this.n, endUs, leftOut };
  }

  note(event: RunEvent): void {
    this.n++;
    this.endUs = event.atUs;
    if (this.n > keptMax) {
      this.leftOut++;
      return;
    }
    if (event.type === 'sent') this.send(event.datagram, event.atUs);
    else if (event.type === 'fate') this.fate(event.datagram, event.to, event.fate, event.atUs);
    else if (event.type === 'step') this.step(event, event.atUs);
    else if (event.type === 'script') this.script(event.what, event.atUs);
    else this.happen(event);
  }

  private happen(event: Exclude<RunEvent, { type: 'sent' | 'fate' | 'step' | 'script' }>): void {
    if (event.type === 'booted' || event.type === 'crashed') this.situations.delete(event.host);
    if (event.type === 'moved') this.addresses.set(event.address, event.host);
    const line = this.lineOf(event);
    const moment = this.add(event.atUs, this.laneOf.get(event.host) ?? null, line.text, [line]);
    if (event.type === 'booted' || event.type === 'crashed') moment.situation = ['', ''];
  }

  private lineOf(event: Exclude<RunEvent, { type: 'sent' | 'fate' | 'step' | 'script' }>): Line {
    switch (event.type) {
      case 'booted':
        return { topic: 'plain', text: event.boot === 1 ? 'starts' : 'starts again' };
      case 'crashed':
        return { topic: 'fault', text: 'goes down' };
      case 'threw':
        return { topic: 'fault', text: `throws: ${printable(event.message)}` };
      case 'stored':
        return { topic: 'key', text: 'record is on the disk' };
      case 'discarded':
        return { topic: 'key', text: 'record is deleted' };
      case 'authorized':
        return { topic: 'key', text: `key of ${this.ownerOf(event.key)} is in` };
      case 'withdrawn':
        return { topic: 'key', text: `key of ${this.ownerOf(event.key)} is out` };
      case 'failed':
        return { topic: 'fault', text: `cannot ${event.effect}: ${printable(event.reason)}` };
      case 'moved':
        return { topic: 'fault', text: `has now ${printable(event.address, 60)}` };
    }
  }

  /** What a script does to one machine stands at its lane, what it does to the network across all. */
  private script(what: string, atUs: number): void {
    const [, name, rest] = /^(?:the wall clock of )?([a-z][a-z0-9-]*):? (.*)$/s.exec(what) ?? [];
    const lane = name === undefined ? undefined : this.laneOf.get(name);
    const text = printable(lane === undefined || rest === undefined || what.startsWith('the ') ? what : rest);
    const isPerson = /^(types|chooses|finds|forgets|cancel|nudge|grant)\b/.test(text);
    this.add(atUs, lane ?? null, text, [{ topic: isPerson ? 'person' : 'fault', text }]);
  }

  private step(event: StepEvent, atUs: number): void {
    const { host, heard, state, effects, cell, input } = event;
    const before = this.situations.get(host) ?? cell.situation;
    this.situations.set(host, state.situation);
    const own = heard?.sender.host === host;
    const changed = before !== state.situation;
    const lines: readonly Line[] = [
      ...(changed ? [{ topic: 'situation' as const, text: state.situation }] : []),
      ...inputLines(input),
      ...effectLines(effects, (key) => this.ownerOf(key)),
    ];
    const sends = effects.some(({ type }) => type === 'send');
    const telling = lines.some(({ topic }) => topic !== 'timer') || sends || changed;
    const message = heard === null || own ? null : this.hearing(heard, host);
    if (own && !telling) return;
    const what = heard === null ? inputWords(input) : `hears ${this.kindOf(heard)}${own ? ', its own' : ''}`;
    const moment = this.add(atUs, this.laneOf.get(host) ?? null, what, telling ? lines : []);
    moment.idle = !telling;
    moment.situation = [before, state.situation];
    moment.cell = { ...cell, why: this.whys.get(`${cell.situation} ${cell.event}`) ?? '' };
    moment.effects = effects.map((effect) => effectWords(effect, (key) => this.ownerOf(key)));
    moment.step = event;
    if (message === null) return;
    moment.heard = message.index;
    if (message.forgery !== null) moment.topics.add('forged');
    this.messages[message.index] = { ...message, hearer: moment.index };
  }

  private send(datagram: Datagram, atUs: number): void {
    const { sender, source, repeats } = datagram;
    const lane = this.laneOf.get(sender.host) ?? 0;
    const latest = this.latest.get(lane);
    const adversary = this.lanes[lane]?.kind === 'adversary';
    const kind = this.kindOf(datagram);
    const spoofed = source.address !== sender.address;
    const forgery: Forgery | null =
      adversary || spoofed
        ? {
            claims: spoofed ? (this.addresses.get(source.address) ?? printable(source.address, 60)) : null,
            repeats: repeats?.id ?? null,
          }
        : null;
    const joins = latest !== undefined && latest.atUs === atUs && (latest.step !== null || adversary);
    const moment = joins ? latest : this.add(atUs, lane, `sends ${kind}`, []);
    if (forgery !== null) moment.topics.add('forged');
    this.sent.set(datagram.id, { atUs, moment, kind, forgery, copies: new Map(), drawn: 0 });
  }

  private fate(datagram: Datagram, to: Station, fate: Fate, atUs: number): void {
    const sent = this.sent.get(datagram.id);
    if (sent === undefined || to.host === datagram.sender.host) return;
    const copies = sent.copies.get(to.index) ?? { marks: [], ended: 0, last: null };
    sent.copies.set(to.index, copies);
    const lost = lostFates.has(fate);
    if (!lost && fate !== 'delivered' && fate !== 'deaf') {
      copies.marks.push(fate);
      return;
    }
    const message = this.message({ datagram, to, fate, sent, copies, atUs: lost ? null : atUs });
    copies.ended++;
    copies.last = message;
    this.messages.push(message);
    if (!message.overheard) sent.drawn++;
    sent.moment.sent.push(message.index);
    if (lost) sent.moment.topics.add('loss');
  }

  private message(end: {
    datagram: Datagram;
    to: Station;
    fate: Fate;
    sent: Sent;
    copies: { marks: Fate[]; ended: number };
    atUs: number | null;
  }): Message {
    const { datagram, to, fate, sent, copies } = end;
    const marks = copies.marks.filter((mark) => mark !== 'duplicated');
    const { bytes, source, toGroup, to: target } = datagram;
    const lane = this.laneOf.get(to.host) ?? 0;
    const overheard = this.lanes[lane]?.kind === 'adversary' && target.address !== to.address;
    return {
      index: this.messages.length,
      n: this.n,
      id: datagram.id,
      kind: sent.kind,
      from: this.laneOf.get(datagram.sender.host) ?? 0,
      to: lane,
      sentUs: sent.atUs,
      arrivedUs: end.atUs,
      fate,
      marks: copies.ended > 0 ? [...marks, 'duplicated'] : marks,
      copy: copies.ended + 1,
      multicast: toGroup,
      first: sent.drawn === 0 && !overheard,
      beside: this.beside(sent.moment, lane),
      overheard,
      forgery: sent.forgery,
      sender: sent.moment.index,
      hearer: null,
      source: `${printable(source.address, 60)}:${source.port}`,
      target: toGroup ? 'everybody' : `${printable(target.address, 60)}:${target.port}`,
      length: bytes.length,
      fields: (): { readonly [name: string]: Json } => this.subject.protocol.describe(bytes).fields,
      datagram,
    };
  }

  private beside({ sent }: DraftMoment, to: number): number {
    return sent.filter((index) => this.messages[index]?.to === to).length;
  }

  /** The copy that is being heard: the last that arrived there. */
  private hearing({ id }: Datagram, host: string): Message | null {
    const lane = this.laneOf.get(host);
    for (const { last } of this.sent.get(id)?.copies.values() ?? []) {
      if (last !== null && last.to === lane && last.arrivedUs !== null) return this.messages[last.index] ?? null;
    }
    return null;
  }

  private add(atUs: number, lane: number | null, what: string, lines: readonly Line[]): DraftMoment {
    const topics = new Set(lines.flatMap(({ topic }) => (topic === 'plain' ? [] : [topic])));
    const moment: DraftMoment = {
      index: this.moments.length,
      n: this.n,
      atUs,
      lane,
      what,
      lines,
      topics,
      idle: false,
      situation: null,
      heard: null,
      sent: [],
      cell: null,
      effects: [],
      step: null,
    };
    this.moments.push(moment);
    if (lane !== null) this.latest.set(lane, moment);
    return moment;
  }

  private kindOf({ id, bytes }: Datagram): string {
    return this.sent.get(id)?.kind ?? printable(this.subject.protocol.describe(bytes).kind, 32);
  }

  private ownerOf(key: string): string {
    return this.owners.get(key) ?? 'a stranger';
  }
}

function lanesOf({ hosts, adversaries }: Scenario, { adversaries: kinds }: Subject): readonly Lane[] {
  const between = Math.ceil(hosts.length / 2);
  const machines: Lane[] = hosts.map(({ name, interfaces }) => ({
    name,
    kind: 'host',
    about: interfaces.map(({ address }) => address).join(', '),
  }));
  const strangers: Lane[] = adversaries.map(({ name, is, phrase }) => ({
    name,
    kind: 'adversary',
    about: `${is}${phrase === null ? '' : ', knows a phrase'}${kinds[is] === undefined ? '' : `: ${kinds[is].does}`}`,
  }));
  // Adversaries stand between the machines: what they say goes either way.
  return [...machines.slice(0, between), ...strangers, ...machines.slice(between)];
}
