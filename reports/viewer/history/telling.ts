/**
 * Collects a history, whatever it is told from: events of a run (`teller.ts`) or lines of a file (`saved.ts`). It joins
 * steps with what was sent in them, and each copy of a datagram with what became of it.
 */
import type { Datagram, Fate } from '../../../sim/wire.ts';
import {
  type CoreStep,
  type Forgery,
  type Lane,
  type Line,
  lostFates,
  type Message,
  type Moment,
  type RunHistory,
  type Says,
} from './history.ts';

/** Events kept; a busy hour of sixty machines has more than a page can hold. */
export const keptMax = 400_000;

/** A datagram that left. */
export interface Sending {
  readonly id: number;
  readonly from: string;
  readonly kind: string;
  readonly forgery: Forgery | null;
  readonly multicast: boolean;
  readonly source: string;
  readonly target: string;
}

/** What became of one copy of it. */
export interface Ending {
  readonly id: number;
  /** A machine, and which of its interfaces. */
  readonly to: string;
  readonly station: string;
  readonly fate: Fate;
  readonly overheard: boolean;
  readonly length: number;
  readonly fields: Says | null;
  readonly datagram: Datagram | null;
}

export interface Step {
  readonly host: string;
  readonly what: string;
  /** But for the change of the situation, which is found out here. */
  readonly lines: readonly Line[];
  readonly cell: { readonly situation: string; readonly event: string; readonly why: string };
  readonly after: string;
  readonly effects: readonly string[];
  readonly sends: boolean;
  /** Number of the datagram that is heard; its own multicast is none of that. */
  readonly heard: number | null;
  readonly own: boolean;
  readonly core: CoreStep | null;
}

type DraftMoment = { -readonly [K in keyof Moment]: Moment[K] } & { sent: number[]; topics: Set<Line['topic']> };

interface Sent extends Sending {
  readonly atUs: number;
  readonly moment: DraftMoment;
  /** By receiving station: marks of copies that have no end yet, how many have one, and the last of these. */
  readonly copies: Map<string, { marks: Fate[]; ended: number; last: number | null }>;
  worded: boolean;
}

export class Telling {
  private readonly lanes: readonly Lane[];
  private readonly laneOf: ReadonlyMap<string, number>;
  private readonly moments: DraftMoment[] = [];
  private readonly messages: Message[] = [];
  private readonly sent: Map<number, Sent> = new Map();
  private readonly situations: Map<string, string> = new Map();
  /** The latest moment of each lane: what is sent at its instant belongs to it. */
  private readonly latest: Map<number, DraftMoment> = new Map();
  private n = 0;
  private atUs = 0;

  constructor(lanes: readonly Lane[]) {
    this.lanes = lanes;
    this.laneOf = new Map(lanes.map(({ name }, index) => [name, index]));
  }

  /** Event `n` begins; false: it is one too many, and not kept. */
  begin(n: number, atUs: number): boolean {
    this.n = n;
    this.atUs = atUs;
    return n <= keptMax;
  }

  history(situations: readonly string[]): RunHistory {
    const { lanes, moments, messages, atUs, n } = this;
    const all = [...new Set([...situations, ...moments.flatMap(({ situation }) => situation ?? [])])];
    const known = all.filter((situation) => situation !== '');
    return { lanes, moments, messages, situations: known, events: n, endUs: atUs, leftOut: Math.max(0, n - keptMax) };
  }

  kindOf(id: number): string | null {
    return this.sent.get(id)?.kind ?? null;
  }

  isAdversary(name: string): boolean {
    return this.lanes[this.laneOf.get(name) ?? -1]?.kind === 'adversary';
  }

  has(name: string): boolean {
    return this.laneOf.has(name);
  }

  /** Something happens to a machine; null: to the network. `anew`: what it was doing is over. */
  happen(who: string | null, line: Line, anew: boolean = false): void {
    const moment = this.add(who, line.text, [line]);
    if (!anew || who === null) return;
    this.situations.delete(who);
    moment.situation = ['', ''];
  }

  /** Index of its moment; null: nothing came of it. */
  step(step: Step): number | null {
    const { host, cell, after } = step;
    const before = this.situations.get(host) ?? cell.situation;
    this.situations.set(host, after);
    const changed = before !== after;
    const telling = step.lines.some(({ topic }) => topic !== 'timer') || step.sends || changed;
    if (step.own && !telling && step.effects.length === 0) return null;
    const lines: readonly Line[] = changed ? [{ topic: 'situation', text: after }, ...step.lines] : step.lines;
    const message = step.heard === null || step.own ? null : this.hearing(step.heard, host);
    const moment = this.add(host, step.what, telling ? lines : []);
    moment.idle = !telling;
    moment.situation = [before, after];
    moment.cell = cell;
    moment.effects = step.effects;
    moment.step = step.core;
    if (message === null) return moment.index;
    moment.heard = message.index;
    if (message.forgery !== null) moment.topics.add('forged');
    this.messages[message.index] = { ...message, hearer: moment.index };
    return moment.index;
  }

  send(sending: Sending): void {
    const { id, from, kind, forgery } = sending;
    const latest = this.latest.get(this.laneOf.get(from) ?? -1);
    // A step of a host, or another datagram of the same instant.
    const joins = latest !== undefined && latest.atUs === this.atUs && (latest.cell !== null || latest.sends);
    const moment = joins ? latest : this.add(from, `sends ${kind}`, []);
    moment.sends = true;
    if (forgery !== null) moment.topics.add('forged');
    this.sent.set(id, { ...sending, atUs: this.atUs, moment, copies: new Map(), worded: false });
  }

  end(ending: Ending): void {
    const { id, to, station, fate } = ending;
    const sent = this.sent.get(id);
    if (sent === undefined || to === sent.from || !this.has(to)) return;
    const copies = sent.copies.get(station) ?? { marks: [], ended: 0, last: null };
    sent.copies.set(station, copies);
    const lost = lostFates.has(fate);
    if (!lost && fate !== 'delivered' && fate !== 'deaf') {
      copies.marks.push(fate);
      return;
    }
    const message = this.message(sent, ending, copies);
    copies.ended++;
    copies.last = message.index;
    this.messages.push(message);
    sent.worded ||= message.first;
    sent.moment.sent.push(message.index);
    if (lost) sent.moment.topics.add('loss');
  }

  private message(
    sent: Sent,
    ending: Ending,
    copies: { readonly marks: readonly Fate[]; readonly ended: number },
  ): Message {
    const { fate, overheard, length, fields, datagram } = ending;
    const marks = copies.marks.filter((mark) => mark !== 'duplicated');
    const to = this.laneOf.get(ending.to) ?? 0;
    return {
      index: this.messages.length,
      n: this.n,
      id: sent.id,
      kind: sent.kind,
      from: this.laneOf.get(sent.from) ?? 0,
      to,
      sentUs: sent.atUs,
      arrivedUs: lostFates.has(fate) ? null : this.atUs,
      fate,
      marks: copies.ended > 0 ? [...marks, 'duplicated'] : marks,
      copy: copies.ended + 1,
      multicast: sent.multicast,
      first: !sent.worded && !overheard,
      beside: sent.moment.sent.filter((index) => this.messages[index]?.to === to).length,
      overheard,
      forgery: sent.forgery,
      sender: sent.moment.index,
      hearer: null,
      source: sent.source,
      target: sent.target,
      length,
      fields,
      datagram,
    };
  }

  /** The copy that is being heard: the last that arrived there. */
  private hearing(id: number, host: string): Message | null {
    const lane = this.laneOf.get(host);
    for (const { last } of this.sent.get(id)?.copies.values() ?? []) {
      const message = last === null ? undefined : this.messages[last];
      if (message?.to === lane && message?.arrivedUs !== null) return message ?? null;
    }
    return null;
  }

  private add(who: string | null, what: string, lines: readonly Line[]): DraftMoment {
    const lane = who === null ? null : (this.laneOf.get(who) ?? null);
    const moment: DraftMoment = {
      index: this.moments.length,
      n: this.n,
      atUs: this.atUs,
      lane,
      what,
      lines,
      topics: new Set(lines.flatMap(({ topic }) => (topic === 'plain' ? [] : [topic]))),
      idle: false,
      situation: null,
      heard: null,
      sent: [],
      sends: false,
      cell: null,
      effects: [],
      step: null,
    };
    this.moments.push(moment);
    if (lane !== null) this.latest.set(lane, moment);
    return moment;
  }
}
