/**
 * The history of a run as a space-time diagram shows it: lanes for machines, moments on them, messages between them. It is
 * made of a run's events (`teller.ts`) or of a saved trace (`saved.ts`), and knows nothing of a page. It is plain data: a
 * worker makes it, and hands it over. Texts of others in it went through `printable`.
 */

import type { Effect, Json, Protocol } from '../../../protocol/contract.ts';
import type { Datagram, Fate } from '../../../sim/wire.ts';

export interface Lane {
  readonly name: string;
  readonly kind: 'host' | 'adversary';
  /** One line under the name: addresses, or what the adversary is. */
  readonly about: string;
}

/** Kinds of moments that a person may look for. */
export type Topic = 'situation' | 'notice' | 'person' | 'fault' | 'forged' | 'loss' | 'key' | 'refusal' | 'timer';

/** One line that is written beside a moment. */
export interface Line {
  readonly topic: Topic | 'plain';
  readonly text: string;
}

/** Something that happened at one place: what was sent at once belongs to it. */
export interface Moment {
  readonly index: number;
  /** Number of its first event, as `n` in the NDJSON trace. */
  readonly n: number;
  readonly atUs: number;
  /** Index of a lane; null: the network, or the script of the scenario. */
  readonly lane: number | null;
  /** What happened, in words: `hears SHARE`. */
  readonly what: string;
  readonly lines: readonly Line[];
  readonly topics: ReadonlySet<Topic>;
  /** Nothing came of it, and nobody need see it. */
  readonly idle: boolean;
  /** Situations before and after, of a host's step. */
  readonly situation: readonly [before: string, after: string] | null;
  /** Index of the message that is heard here. */
  readonly heard: number | null;
  /** Indexes of the messages that left here. */
  readonly sent: readonly number[];
  /** Something left here, whatever became of it. */
  readonly sends: boolean;
  /** Of a step: where the table was, and why it says so. */
  readonly cell: { readonly situation: string; readonly event: string; readonly why: string } | null;
  /** What was asked of the world, in words. */
  readonly effects: readonly string[];
  /** The step itself; null where the history was read from a file. */
  readonly step: CoreStep | null;
}

/** What is kept of a step of a core. Its state is asked for when somebody looks: all of a long run are too much to hand over. */
export interface CoreStep {
  readonly boot: number;
  /** The timer that rang. */
  readonly rang: string | null;
  /** Timers that were set and stopped, in order. */
  readonly timers: readonly Extract<Effect, { readonly type: 'setTimer' | 'cancelTimer' }>[];
}

/** One copy of a datagram, to one machine. */
export interface Message {
  readonly index: number;
  /** Number of the event that ended it, or of its sending. */
  readonly n: number;
  readonly id: number;
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly sentUs: number;
  /** When it arrived; null: it did not. */
  readonly arrivedUs: number | null;
  readonly fate: Fate | 'under way';
  /** What happened to it on the way, in order. */
  readonly marks: readonly Fate[];
  /** A second or later copy of the same datagram. */
  readonly copy: number;
  /** It went to everybody; `first` of its copies carries the words. */
  readonly multicast: boolean;
  readonly first: boolean;
  /** Of those that left in one moment by one way, so many are before it: their words stand side by side. */
  readonly beside: number;
  /** It was not meant for the adversary who hears it, or not for him alone. */
  readonly overheard: boolean;
  readonly forgery: Forgery | null;
  /** Index of the moments of sending and hearing. */
  readonly sender: number;
  readonly hearer: number | null;
  readonly source: string;
  readonly target: string;
  readonly length: number;
  /** What it says, as a file has it; null: its bytes tell (`saysOf`). */
  readonly fields: Says | null;
  /** As it arrived; null where the history was read from a file. */
  readonly datagram: Datagram | null;
}

export type Says = { readonly [name: string]: Json };

/** What everybody can read in a message; `protocol` is null where its bytes are not known. */
export function saysOf({ fields, datagram }: Message, protocol: Protocol | null): Says {
  return fields ?? (datagram === null ? {} : (protocol?.describe(datagram.bytes).fields ?? {}));
}

/** Sent by an adversary; and how it lies about it. */
export interface Forgery {
  /** The machine that the false source belongs to, or the source itself. */
  readonly claims: string | null;
  /** Number of the datagram that it repeats. */
  readonly repeats: number | null;
}

export interface RunHistory {
  readonly lanes: readonly Lane[];
  readonly moments: readonly Moment[];
  readonly messages: readonly Message[];
  /** In the order of the protocol's table; what a trace names beyond it comes last. */
  readonly situations: readonly string[];
  readonly events: number;
  readonly endUs: number;
  /** Events that were not kept. */
  readonly leftOut: number;
}

/** Fates of copies that nobody hears. */
export const lostFates: ReadonlySet<string> = new Set<Fate>([
  'lost',
  'cut',
  'dropped',
  'faded',
  'pruned',
  'oversized',
  'overflowed',
  'isolated',
]);

/** What a fate is called beside an arrow. */
export const fateWords: { readonly [fate in Fate | 'under way']: string } = {
  delivered: '',
  duplicated: 'doubled',
  lost: 'lost',
  cut: 'cut off',
  dropped: 'taken away',
  deaf: 'nobody listens',
  clogged: 'held back',
  delayed: 'held back by somebody',
  corrupted: 'changed on the way',
  truncated: 'cut short',
  faded: 'lost in a burst',
  pruned: 'not passed on',
  oversized: 'too long for the way',
  overflowed: 'no room on the way',
  isolated: 'kept apart',
  'under way': 'still under way',
};
