/**
 * A run as a person would tell it: what somebody did is one entry, with what he heard before it, what he then did, and what
 * became of each datagram. Entries come in the order of time, so every cause stands before what it led to, and an entry
 * names its cause by number. Story and Mermaid diagram are made of this. Nothing secret is in it, and text of others is
 * made visible and harmless here, once (`display.ts`).
 */
import type { Effect, Notice, PeerView } from '../../protocol/contract.ts';
import { printable } from '../../protocol/display.ts';
import type { RunEvent, StepEvent, Watch } from '../events.ts';
import { identityOf } from '../identity.ts';
import type { Datagram, Fate } from '../network.ts';
import { addressesOf } from '../places.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';
import { inputText } from './recorder.ts';

/** What somebody did, or what happened to him. */
export interface Entry {
  readonly number: number;
  readonly atUs: number;
  /** A host, an adversary, or null: the network or the script. */
  readonly who: string | null;
  /** What happened, in words: `hears PairReq`, `crashes`. */
  readonly what: string;
  /** Number of the entry that sent what is heard here. */
  readonly from: number | null;
  /** Situations before and after, of a host's step. */
  readonly situation: readonly [before: string, after: string] | null;
  /** The table's word for why, of a host's step. */
  readonly why: string | null;
  readonly deeds: readonly string[];
  /** What the host knows after it, where this changed: who proved the phrase, what is stored, whose key is in. */
  readonly knows: string | null;
  readonly sendings: readonly Sending[];
}

/** An entry, and how often the same happened again, and when for the last time. */
export interface Told {
  readonly entry: Entry;
  readonly again: number;
  readonly lastUs: number;
}

export interface Sending {
  readonly kind: string;
  /** `everybody`, or a name. */
  readonly to: string;
  /** The source that the receivers see is not the sender's own. */
  readonly spoofed: boolean;
  /** Number of the entry in which the repeated datagram was sent first. */
  readonly repeats: number | null;
  /** What became of it for each who could have heard it, its own sender aside. */
  readonly fates: Map<string, Fate>;
}

export interface Chronicle {
  readonly watch: Watch;
  readonly entries: readonly Entry[];
  /** Steps that changed nothing, and are not told. */
  readonly leftOut: number;
}

/** Entries kept; a run of a busy hour is a trace's affair. */
const entriesMax = 20_000;

type Draft = { -readonly [K in keyof Entry]: Entry[K] } & { deeds: string[]; sendings: Sending[] };

/** `stranger` is what somebody is called whose key is of nobody in the scenario. */
export function createChronicle(
  scenario: Pick<Scenario, 'hosts' | 'adversaries'>,
  subject: Subject,
  stranger = 'a stranger',
): Chronicle {
  const book = new Book(scenario, subject, stranger);
  return {
    watch: (event) => book.note(event),
    get entries() {
      return book.entries;
    },
    get leftOut() {
      return book.leftOut;
    },
  };
}

/**
 * Entries as they are told: what one machine does again and again, with no other result and nothing that comes of it, is
 * one entry with a count.
 */
export function condensed(entries: readonly Entry[]): readonly Told[] {
  const causes = new Set(entries.map(({ from }) => from));
  const told: { entry: Entry; again: number; lastUs: number; text: string }[] = [];
  const last = new Map<string | null, (typeof told)[number]>();
  for (const entry of entries) {
    const text = textOf(entry);
    const before = last.get(entry.who);
    if (before?.text === text && !causes.has(entry.number) && !causes.has(before.entry.number)) {
      before.again++;
      before.lastUs = entry.atUs;
      continue;
    }
    const one = { entry, again: 0, lastUs: entry.atUs, text };
    told.push(one);
    last.set(entry.who, one);
  }
  return told;
}

function textOf({ what, situation, deeds, knows, sendings }: Entry): string {
  const sent = sendings.map(({ kind, to, fates }) => [kind, to, ...fates].join(' '));
  return [what, ...(situation ?? []), ...deeds, knows ?? '', ...sent].join('\n');
}

class Book {
  readonly entries: Draft[] = [];
  leftOut = 0;
  private readonly subject: Subject;
  private readonly stranger: string;
  private readonly owners: ReadonlyMap<string, string>;
  private readonly whys: ReadonlyMap<string, string>;
  private readonly situations: Map<string, string> = new Map();
  private readonly knowledge: Map<string, Knowledge> = new Map();
  /** The entry that each datagram was sent in, and the sending itself. */
  private readonly sent: Map<number, { readonly entry: Draft; readonly sending: Sending }> = new Map();
  private readonly addresses: Map<string, string> = new Map();
  /** The step that is being told: what is sent at its instant belongs to it. */
  private open: Draft | null = null;

  constructor(scenario: Pick<Scenario, 'hosts' | 'adversaries'>, subject: Subject, stranger: string) {
    const machines = [...scenario.hosts, ...scenario.adversaries].map(({ name }) => name);
    this.subject = subject;
    this.stranger = stranger;
    this.owners = new Map(machines.map((name) => [identityOf(name, subject.suite).sshKey, name]));
    this.whys = new Map(subject.protocol.table.map((row) => [`${row.situation} ${row.event}`, row.why]));
    for (const { name, interfaces } of scenario.hosts)
      for (const place of interfaces) for (const address of addressesOf(place)) this.addresses.set(address, name);
    for (const { name, place } of scenario.adversaries)
      for (const address of addressesOf(place)) this.addresses.set(address, name);
  }

  note(event: RunEvent): void {
    switch (event.type) {
      case 'sent':
        return this.send(event.datagram, event.atUs);
      case 'fate':
        return this.fate(event.datagram, event.to.host, event.fate);
      case 'step':
        return this.step(event, event.atUs);
      case 'booted':
        this.situations.delete(event.host);
        this.knowledge.delete(event.host);
        return this.happen(event.atUs, event.host, event.boot === 1 ? 'starts' : 'starts again');
      case 'crashed':
        return this.happen(event.atUs, event.host, 'goes down: what it had in memory is gone');
      case 'threw':
        return this.happen(event.atUs, event.host, `throws: ${printable(event.message)}`);
      case 'stored':
        return this.learn(
          event.atUs,
          event.host,
          'has its record on the disk',
          (one) => void one.records.add(event.record.id),
        );
      case 'discarded':
        return this.learn(
          event.atUs,
          event.host,
          'has its record deleted',
          (one) => void one.records.delete(event.record),
        );
      case 'authorized':
      case 'withdrawn':
        return this.authorize(event);
      case 'failed':
        return this.happen(event.atUs, event.host, `cannot ${event.effect}: ${event.reason}`);
      case 'moved':
        this.addresses.set(event.address, event.host);
        return this.happen(event.atUs, event.host, `has the address ${event.address} from now on`);
      case 'script':
        return this.happen(event.atUs, null, printable(event.what));
    }
  }

  private authorize(event: Extract<RunEvent, { type: 'authorized' | 'withdrawn' }>): void {
    const owner = this.ownerOf(event.key);
    const what = event.type === 'authorized' ? `lets the key of ${owner} in` : `takes the key of ${owner} out again`;
    this.learn(event.atUs, event.host, what, (one) => {
      if (event.type === 'authorized') one.keys.add(owner);
      else one.keys.delete(owner);
    });
  }

  private step(event: StepEvent, atUs: number): void {
    const { host, heard, state, effects, cell } = event;
    this.open = null;
    const before = this.situations.get(host) ?? cell.situation;
    this.situations.set(host, state.situation);
    const deeds = effects.flatMap((effect) => this.deedOf(effect));
    const sends = effects.some((effect) => effect.type === 'send');
    const idle = before === state.situation && deeds.length === 0 && !sends;
    if (idle) {
      if (heard?.sender.host !== host) this.leftOut++;
      return;
    }
    const known = this.knownBy(host);
    for (const effect of effects) if (effect.type === 'notify') this.hearNotice(known, effect.notice);
    this.open = this.add({
      atUs,
      who: host,
      what: heard === null ? eventText(event) : `hears ${this.kindOf(heard)}`,
      from: heard === null ? null : (this.sent.get(heard.id)?.entry.number ?? null),
      situation: [before, state.situation],
      why: this.whys.get(`${cell.situation} ${cell.event}`) ?? null,
      deeds,
      knows: this.newsOf(host),
    });
  }

  private send(datagram: Datagram, atUs: number): void {
    const { sender } = datagram;
    const repeats = datagram.repeats === null ? null : (this.sent.get(datagram.repeats.id)?.entry.number ?? null);
    const sending: Sending = {
      kind: this.kindOf(datagram),
      to: datagram.toGroup ? 'everybody' : (this.addresses.get(datagram.to.address) ?? datagram.to.address),
      spoofed: sender.address !== datagram.source.address,
      repeats,
      fates: new Map(),
    };
    const own = this.open?.who === sender.host && this.open.atUs === atUs ? this.open : null;
    const entry = own ?? this.add({ ...bare(atUs, sender.host, 'speaks') });
    entry.sendings.push(sending);
    this.sent.set(datagram.id, { entry, sending });
  }

  private fate(datagram: Datagram, to: string, fate: Fate): void {
    const { sender } = datagram;
    if (to === sender.host) return;
    const { sending } = this.sent.get(datagram.id) ?? {};
    const seen = sending?.fates.get(to);
    // Delivered is the better news, whatever became of a second copy; that it was changed on its way is news as well.
    const changed = seen === 'corrupted' || seen === 'truncated';
    if (seen !== 'delivered' && !changed) sending?.fates.set(to, fate);
  }

  private happen(atUs: number, who: string | null, what: string): void {
    this.open = null;
    this.add(bare(atUs, who, what));
  }

  private learn(atUs: number, host: string, what: string, change: (knowledge: Knowledge) => void): void {
    this.open = null;
    change(this.knownBy(host));
    this.add({ ...bare(atUs, host, what), knows: this.newsOf(host) });
  }

  private add(entry: Omit<Draft, 'number' | 'sendings'>): Draft {
    const draft: Draft = { ...entry, number: this.entries.length + 1, sendings: [] };
    if (this.entries.length >= entriesMax) {
      this.leftOut++;
      return draft;
    }
    this.entries.push(draft);
    return draft;
  }

  private deedOf(effect: Effect): string[] {
    switch (effect.type) {
      case 'store':
        return ['has its record written'];
      case 'discard':
        return ['has its record deleted'];
      case 'provision':
        return [`asks that the key of ${this.ownerOf(effect.grant.key)} be let in`];
      case 'unprovision':
        return [`asks that the key of ${this.ownerOf(effect.grant.key)} be taken out`];
      case 'sign':
        return ['asks for a signature of its ssh key'];
      case 'lookup':
        return [
          `looks up ${printable(effect.query.kind === 'addresses' ? effect.query.name : effect.query.address, 64)}`,
        ];
      case 'notify':
        return [`says: ${this.noticeText(effect.notice)}`];
      case 'send':
      case 'setTimer':
      case 'cancelTimer':
        return [];
    }
  }

  private noticeText(notice: Notice): string {
    const more = Object.entries(notice).flatMap(([field, value]): string[] => {
      if (field === 'event' || field === 'record' || field === 'candidate') return [];
      if (field === 'peer' && value !== null) return [this.peerText(value as unknown as PeerView)];
      if (field === 'key') return [`the key of ${this.ownerOf(String(value))}`];
      if (field === 'refusal' && notice.event === 'refused') return [notice.refusal.rule];
      return typeof value === 'string' || typeof value === 'number' ? [printable(String(value), 100)] : [];
    });
    return [notice.event, ...more].join(', ');
  }

  /** The name that somebody gives himself is quoted; whose key it really is comes from us. */
  private peerText({ hostName, key }: PeerView): string {
    const owner = this.ownerOf(key);
    const said = printable(hostName, 64);
    return said === owner ? owner : `${owner}, who calls itself "${said}"`;
  }

  private ownerOf(key: string): string {
    return this.owners.get(key) ?? this.stranger;
  }

  private kindOf({ bytes }: Datagram): string {
    return printable(this.subject.protocol.describe(bytes).kind, 32);
  }

  private knownBy(host: string): Knowledge {
    const known = this.knowledge.get(host) ?? {
      proven: new Set(),
      keys: new Set(),
      paired: new Set(),
      records: new Set(),
      told: '',
    };
    this.knowledge.set(host, known);
    return known;
  }

  private hearNotice(known: Knowledge, notice: Notice): void {
    if (notice.event === 'proven') known.proven.add(this.ownerOf(notice.peer.key));
    if (notice.event === 'paired') known.paired.add(this.ownerOf(notice.peer.key));
  }

  /** What it knows, if this is not what was told of it last. */
  private newsOf(host: string): string | null {
    const known = this.knownBy(host);
    const parts = [
      list('the phrase proven by', known.proven),
      known.records.size > 0 ? `${known.records.size} record${known.records.size === 1 ? '' : 's'}` : '',
      list('the key in of', known.keys),
      list('paired with', known.paired),
    ].filter((part) => part !== '');
    const text = parts.join('; ');
    if (text === known.told) return null;
    known.told = text;
    return text === '' ? 'nothing any more' : text;
  }
}

interface Knowledge {
  readonly proven: Set<string>;
  readonly keys: Set<string>;
  readonly paired: Set<string>;
  readonly records: Set<string>;
  told: string;
}

function bare(atUs: number, who: string | null, what: string): Omit<Draft, 'number' | 'sendings'> {
  return { atUs, who, what, from: null, situation: null, why: null, deeds: [], knows: null };
}

function eventText({ input }: StepEvent): string {
  return input.type === 'timer' ? `has waited (${input.name})` : `gets ${printable(inputText(input), 120)}`;
}

function list(before: string, names: ReadonlySet<string>): string {
  return names.size === 0 ? '' : `${before} ${[...names].join(', ')}`;
}
