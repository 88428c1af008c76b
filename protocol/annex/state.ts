/**
 * What an `annex` conversation is: one plain value, and the names of its situations.
 *
 *     Idle        before start
 *     Listening   on the air, no phrase yet: shows who asks, can prove nothing
 *     Seeking     phrase known; a request that it proves is answered, else we ask after 3 s
 *     Choosing    several machines' requests were proven by the one phrase: a person must choose
 *     Requesting  our PairReq is repeated until a PairAck proves the phrase
 *     Granting    the record is being written and then the partner's key installed; nothing about it is on the wire yet
 *     Answering   our PairAck is repeated until a PairDone proves that the partner finished
 *     Half        the key is granted and the time is over without a PairDone: visible, and heals on contact
 *     Paired      both keys are granted; the phrase is kept a little longer, to answer late PairAcks
 *     Settled     as Paired, and the phrase is gone: only a byte-equal PairAck is answered, from the record
 *     Undoing     what was granted is being taken back
 *     Ended       nothing is left but what was there before
 */
import type { Endpoint, EndReason, Identity, Interface, Json, PlainState, StoredRecord } from '../contract.ts';
import type { Message } from './message.ts';

export type Situation =
  | 'Idle'
  | 'Listening'
  | 'Seeking'
  | 'Choosing'
  | 'Requesting'
  | 'Granting'
  | 'Answering'
  | 'Half'
  | 'Paired'
  | 'Settled'
  | 'Undoing'
  | 'Ended';

export interface AnnexState extends PlainState {
  readonly situation: Situation;
  readonly secrets: AnnexSecrets | null;
  readonly self: Identity;
  readonly interfaces: readonly Interface[];
  readonly peers: readonly Endpoint[];
  readonly windowMs: number;
  /** Requests heard while there was no phrase to prove them with. Sorted by UUID, at most `requestsMax`. */
  readonly requests: readonly HeardRequest[];
  /** UUID of our own request; kept when we answer a crossing one, because a git-annex may still answer ours. */
  readonly own: string | null;
  readonly current: Conversation | null;
  /** Proven partners besides the current one (or before one is chosen), by candidate id. At most `rivalsMax`. */
  readonly rivals: readonly Candidate[];
  /** How long the smaller UUID insists: see `crossing` in requests.ts. */
  readonly patience: 'none' | 'running' | 'over';
  /** The records as they were last stored. Sorted by id. */
  readonly records: readonly StoredRecord[];
  readonly ladder: Ladder | null;
  /** Why what was granted is being taken back. */
  readonly ending: EndReason | null;
  /** Paired, and the last PairAck was long ago. */
  readonly quiet: boolean;
}

/** The HMAC key of git-annex is the phrase itself (normalised), so it never leaves this field. */
export interface AnnexSecrets {
  readonly entropy: Uint8Array;
  readonly key: Uint8Array | null;
}

export type Role = 'initiator' | 'responder';

/** The one that we are pairing with. */
export interface Conversation {
  readonly role: Role;
  /** UUIDs of this partner's pairing, sorted: one for an initiator; a responder answers every proven request of the same key. */
  readonly uuids: readonly string[];
  readonly record: string;
  readonly partner: Partner;
  /** Digests of the partner's proven PairAcks, sorted, for answering byte-equal ones when the phrase is gone. */
  readonly heard: readonly string[];
  /** A further UUID that is being written down: it is answered when the record holds it, not before. */
  readonly writing: string | null;
  /** It goes on from the record of an earlier life, in which the key may have come in. */
  readonly resumed: boolean;
  /** Body of an older finished pairing with the same key, which cancelling must give back. */
  readonly previous: Json;
}

export interface Partner {
  readonly hostName: string;
  readonly userName: string;
  readonly directory: string;
  /** Parsed and rebuilt. */
  readonly sshKey: string;
  /** Proven addresses, the last heard first. At most `addressesMax`. */
  readonly addresses: readonly string[];
}

/** A request that could not be proven yet: kept whole, because the digest covers all of it. */
export interface HeardRequest {
  readonly message: Message;
  readonly partner: Candidate;
}

/** Somebody who asks or answers, as its own message describes it. */
export interface Candidate {
  /** The record id that pairing with it would have. */
  readonly candidate: string;
  readonly uuids: readonly string[];
  readonly partner: Partner;
  readonly heard: readonly string[];
}

/** Where the search for the best name stands: `.local`, then the reverse name confirmed forwards, then the address. */
export interface Ladder {
  readonly rung: 'mdns' | 'reverse' | 'forward';
  readonly name: string;
}

/** Every bound, with unit and reason. */
export const limits = {
  /** Requests kept before the phrase is typed. A room of sixteen pairs; a lost one is heard again within 2 s. */
  requestsMax: 16,
  /** Proven partners beside the current one. More than one already needs a person. */
  rivalsMax: 4,
  /** UUIDs answered for one partner: restarts of its program within one session. */
  uuidsMax: 8,
  /** Proven addresses of one partner: its interfaces. */
  addressesMax: 4,
  /** Digests of proven PairAcks kept for one partner: its interfaces times its addresses. */
  heardMax: 8,
  /** Characters of one text field of a message. The datagram's own limit is above it. */
  fieldMax: 4096,
  /** Records handed over at start. */
  recordsMax: 4096,
  /** git-annex reads 1023 bytes of a datagram; a longer one eats the next (GIT-ANNEX.md, Transport). */
  datagramMax: 1023,
} as const;

/** Timers, in ms. */
export const times = {
  /** A request is waited for this long before we ask; spread, so that two who start together seldom cross. */
  ask: { minMs: 3000, maxMs: 4000 },
  /** git-annex repeats every 2.00 to 2.01 s. */
  repeat: { minMs: 1950, maxMs: 2050 },
  /** The smaller UUID insists this long against a partner that does not know the rule (git-annex). */
  patience: { minMs: 8000, maxMs: 10000 },
  /** PairAcks come every 2 s: after six silent periods the PairDone has arrived, or nothing does. */
  linger: { minMs: 12000, maxMs: 12000 },
  /** A window that closes while a side effect is under way is looked at again after this. */
  grace: { minMs: 5000, maxMs: 5000 },
} as const;

const nobody: Identity = {
  hostName: '',
  userName: '',
  directory: '',
  sshKey: '',
  hostKeys: [],
  displayName: '',
  repository: '',
  program: '',
};

export const idle: AnnexState = {
  situation: 'Idle',
  secrets: null,
  self: nobody,
  interfaces: [],
  peers: [],
  windowMs: 0,
  requests: [],
  own: null,
  current: null,
  rivals: [],
  patience: 'none',
  records: [],
  ladder: null,
  ending: null,
  quiet: false,
};
