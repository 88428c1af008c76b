/**
 * What an `lp1` session is: one plain value, and the names of its situations.
 *
 *     Idle        before start
 *     Waiting     no usable phrase yet; stored pairings are still answered for
 *     Signing     the user's ssh key is signing this session's vk
 *     Seeking     BEACONs leave; nobody has proved the phrase
 *     Crowd       somebody proved it less than a second ago: are there others?
 *     Choosing    several did, with different ssh keys: a person must choose
 *     Committing  the record of the peer is being written
 *     Ready       it is written, and said so by READY; nothing is installed before the peer says the same
 *     Installing  the peer said READY: its key is being installed, the session's secrets are gone
 *     Installed   own key installed; the peer's DONE is awaited
 *     Paired      both are done
 *     Half        visible and healing: the record is there, one side's key or word is not
 *     Ended       nothing more comes of this session
 *
 * Tables are arrays sorted by a key that strangers may choose (never property names), all of them bounded.
 */

import type { Endpoint, Identity, Interface, PlainState, SendEffect, Via } from '../contract.ts';
import { Misuse } from '../contract.ts';
import { candidateWith, stateWith } from './changes.ts';
import type { PeerIdentity } from './identity.ts';
import type { CandidateKeys } from './keys.ts';
import { limits } from './limits.ts';
import type { Confirm, Share } from './messages.ts';

export type Situation =
  | 'Idle'
  | 'Waiting'
  | 'Signing'
  | 'Seeking'
  | 'Crowd'
  | 'Choosing'
  | 'Committing'
  | 'Ready'
  | 'Installing'
  | 'Installed'
  | 'Paired'
  | 'Half'
  | 'Ended';

export const port = 55_557;

export interface Lp1State extends PlainState {
  readonly situation: Situation;
  readonly secrets: Secrets;
  readonly self: Identity;
  readonly interfaces: readonly Interface[];
  readonly peers: readonly Endpoint[];
  readonly windowMs: number;
  readonly channel: string;
  /** Of this session; empty before the first phrase. */
  readonly iid: Uint8Array;
  readonly vk: Uint8Array;
  readonly ad: Uint8Array;
  /** Our padded identity, the same for every candidate; empty until the ssh key has signed. */
  readonly identity: Uint8Array;
  /** Place in the BEACON schedule. */
  readonly beat: number;
  /** The schedule was restarted less than 5 s ago. */
  readonly rested: boolean;
  /** Multicasts that each interface may still send, by name. */
  readonly multicasts: readonly { readonly name: string; readonly tokens: number }[];
  readonly echoes: readonly Echo[];
  /** Devices on other channels, by iid in hex. */
  readonly others: readonly string[];
  readonly candidates: readonly Candidate[];
  /** Who has a unit of work to be done, in turn. */
  readonly queue: readonly Job[];
  /** The `work` timer is set. */
  readonly working: boolean;
  /** Tokens of strangers and of `--peer`s: units of work, and keys that may be computed. */
  readonly open: Tokens;
  readonly reserved: Tokens;
  readonly guesses: Guesses;
  /** What was said before the timer `calm` was set, and what waits for it: it fires 200 ms later. */
  readonly said: readonly Said[];
  /** What was said since it was set: its time is over when it fires once more. */
  readonly saidSince: readonly Said[];
  /** Pairings that have a record (or whose record is being written). */
  readonly bonds: readonly Bond[];
  /** The bond of this session. */
  readonly current: string | null;
  /** The person was told already: saying it once is enough. */
  readonly told: readonly string[];
}

/** What must never be seen: wiped as soon as the peer's READY is verified, but for the keys of bonds and of `watch`. */
export interface Secrets {
  readonly entropy: Uint8Array | null;
  readonly prs: Uint8Array | null;
  readonly seed: Uint8Array | null;
  readonly cookieKey: Uint8Array | null;
  readonly candidates: readonly { readonly iid: string; readonly keys: CandidateKeys }[];
  readonly bonds: readonly BondKeys[];
  readonly watch: readonly Watched[];
}

/** Who had not proved the phrase when it was wiped, and may do so still: it is the peer, started anew, or somebody who overheard it. */
export interface Watched {
  readonly iid: string;
  readonly vk: Uint8Array;
  /** Its tag key. */
  readonly mac: Uint8Array;
  /** Its box key, until its box has been read. */
  readonly box: Uint8Array | null;
}

export interface BondKeys {
  readonly record: string;
  readonly mine: Uint8Array;
  readonly theirs: Uint8Array;
  readonly pair: Uint8Array;
}

/** Where a peer was heard and is answered. */
export interface Route {
  readonly endpoint: Endpoint;
  /** Null: the system chooses. */
  readonly interface: string | null;
  readonly from: Via;
}

/** An answer to a BEACON that is repeated twice, for it may be lost: at most 3 * 96 B for the 96 B received. */
export interface Echo {
  /** The name of its timer. */
  readonly key: string;
  readonly route: Route;
  readonly iid: Uint8Array;
  readonly returned: Uint8Array | null;
  readonly left: number;
}

/** A type of datagram of the conversation between two iids (hex), said to one place a moment ago. */
export interface Said {
  readonly key: string;
  readonly mine: string;
  readonly theirs: string;
  readonly type: number;
  /** Said when its time is over. */
  readonly waits: SendEffect | null;
}

/**
 * A place that returned our cookie under the iid of a candidate. That proves the place and nothing more: any iid can be
 * claimed there. So each place has a SHARE of its own, and takes nothing from another.
 */
export interface Source {
  readonly route: Route;
  /** `placeOf` its route. */
  readonly place: string;
  /** The cookie that came from there, for our own source: SHARE returns it. */
  readonly cookie: Uint8Array | null;
  /** A SHARE from there whose cookie is good and whose signature is still to be verified. */
  readonly pending: Share | null;
  /** Body of the verified SHARE from there: the peer itself speaks there, and hears all that we say to it. */
  readonly heard: Uint8Array | null;
  /** A CONFIRM from there, which came before its SHARE was read and K computed. */
  readonly early: Confirm | null;
  /** Our SHARE for there. */
  readonly share: Uint8Array | null;
  readonly shareSent: boolean;
  readonly repeats: number;
}

export interface Candidate {
  /** Hex. */
  readonly iid: string;
  /** Where it was verified last; before that, where it was first heard. */
  readonly route: Route;
  readonly sources: readonly Source[];
  /** What its first verified SHARE said; others have the same Y and AD. */
  readonly verified: Share | null;
  readonly y: Uint8Array | null;
  /** Our CONFIRM, as it is repeated. */
  readonly confirm: Uint8Array | null;
  /** Present once it proved the phrase. */
  readonly proof: Proof | null;
  /** Nothing more is said to it, and why. */
  readonly dead: string | null;
}

export interface Proof {
  readonly peer: PeerIdentity;
  /** Hex. */
  readonly th: string;
  readonly words: string;
  readonly record: string;
}

/** Heavy work: verifying a SHARE, making our own, computing K. */
export type Unit = 'verify' | 'share' | 'key';

/** A proven address's place in the queue; what it is about is this candidate, and what came from this place. */
export interface Job {
  readonly address: string;
  readonly iid: string;
  readonly place: string;
  /** What was done in this turn. */
  readonly done: readonly Unit[];
}

export interface Tokens {
  readonly units: number;
  readonly keys: number;
}

/** `used`: iids for which K was computed and which have not proved the phrase. */
export interface Guesses {
  readonly used: number;
  readonly budget: number;
}

export interface Bond {
  readonly record: string;
  /** The two iids of the conversation, hex. */
  readonly mine: string;
  readonly theirs: string;
  readonly peer: PeerIdentity;
  /** The directory that we offered in that session: what the peer's key may use. */
  readonly offered: string;
  readonly th: string;
  /** Our CONFIRM, for a peer that has not got it; and its hex, as the record has it: it is said and stored some times over. */
  readonly confirm: Uint8Array;
  readonly confirmHex: string;
  /**
   * storing: the record is being written. stored: READY is said. installing: the peer said READY. installed. failed: the
   * key could not be installed. revoked: a tombstone; answers everything with CANCEL.
   */
  readonly step: 'storing' | 'stored' | 'installing' | 'installed' | 'failed' | 'revoked';
  /** The best that the peer has said. */
  readonly heard: 'nothing' | 'ready' | 'done' | 'failed' | 'cancel';
  /** The peer said that it heard our DONE. */
  readonly known: boolean;
  readonly reason: number;
  readonly route: Route;
  /** Where else the peer was verified in this session. */
  readonly also: readonly Route[];
  /** Where its last proven word came from, when that is elsewhere. */
  readonly seen: Route | null;
  /** Something came from there since we last repeated anything to it. */
  readonly owes: boolean;
  readonly repeats: number;
  /** Its CONFIRM was answered since: two that hold records and hear no READY would answer each other's answers. */
  readonly answered: boolean;
  /**
   * The peer held another one, named like this, and heard from us that we stay with ours: it takes this, so that we do not take that.
   * Empty: it did not.
   */
  readonly firm: string;
  /** It came from the disk when the session started. */
  readonly old: boolean;
  /** The peer's key is installed, or may be: a crash comes between installing and noting it. */
  readonly given: boolean;
  /**
   * Of a record that came from the disk: 4 bytes in hex, drawn for this session. A DONE that repeats them was said in it, by
   * somebody whom we had proved its phrase to; it is no recording of an earlier one.
   */
  readonly challenge: string;
  /** The peer's DONE had a challenge: it begins anew, with a phrase. */
  readonly anew: boolean;
  /** The peer has proved this session's phrase, in this life of it or in one before: what it asks is repeated, also when all is wiped. */
  readonly proved: boolean;
  /** What the peer asked to be repeated, once it had proved this session's phrase; empty: nothing. */
  readonly echo: string;
}

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
const nothing: Uint8Array = new Uint8Array(0);

export const noSecrets: Secrets = {
  entropy: null,
  prs: null,
  seed: null,
  cookieKey: null,
  candidates: [],
  bonds: [],
  watch: [],
};

export const idle: Lp1State = {
  situation: 'Idle',
  secrets: noSecrets,
  self: nobody,
  interfaces: [],
  peers: [],
  windowMs: 0,
  channel: '',
  iid: nothing,
  vk: nothing,
  ad: nothing,
  identity: nothing,
  beat: 0,
  rested: false,
  multicasts: [],
  echoes: [],
  others: [],
  candidates: [],
  queue: [],
  working: false,
  open: { units: limits.units, keys: limits.keys },
  reserved: { units: 0, keys: 0 },
  guesses: { used: 0, budget: 0 },
  said: [],
  saidSince: [],
  bonds: [],
  current: null,
  told: [],
};

// -------------------------------------------------------------------------------------------------------------- tables

/** Where the item of that key stands in the array, which is sorted by key, or would have to stand. */
function seat<T>(table: readonly T[], key: string, keyOf: (item: T) => string): number {
  let [low, high] = [0, table.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(table[middle] as T) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The item of that key, in an array that is sorted by key. */
export function find<T>(table: readonly T[], key: string, keyOf: (item: T) => string): T | undefined {
  const found = table[seat(table, key, keyOf)];
  return found !== undefined && keyOf(found) === key ? found : undefined;
}

/** The array with the item of that key put in its place: sorted by key, one item a key. */
export function put<T>(table: readonly T[], item: T, keyOf: (item: T) => string): readonly T[] {
  const key = keyOf(item);
  const at = seat(table, key, keyOf);
  const found = table[at];
  return found !== undefined && keyOf(found) === key ? table.with(at, item) : table.toSpliced(at, 0, item);
}

const iidIn = ({ iid }: { readonly iid: string }): string => iid;

export function candidateOf(state: Lp1State, iid: string): Candidate | undefined {
  return find(state.candidates, iid, iidIn);
}

export function keysOf(state: Lp1State, iid: string): CandidateKeys | undefined {
  return find(state.secrets.candidates, iid, iidIn)?.keys;
}

export function putCandidate(state: Lp1State, candidate: Candidate): Lp1State {
  return stateWith(state, { candidates: put(state.candidates, candidate, iidIn) });
}

export function bondOf(state: Lp1State, record: string): Bond | undefined {
  return state.bonds.find((bond) => bond.record === record);
}

/**
 * Until the peer has spoken of its record it may lack our CONFIRM, without which it can read neither a READY nor a CANCEL. Of a
 * tombstone of an earlier session it could not read that one either.
 */
export function mayLackConfirm({ step, heard, old }: Bond): boolean {
  return heard === 'nothing' && (step === 'stored' || (step === 'revoked' && !old));
}

export function bondKeys(state: Lp1State, record: string): BondKeys {
  const keys = state.secrets.bonds.find((entry) => entry.record === record);
  if (keys === undefined) throw new Misuse('lp1: a bond without keys');
  return keys;
}

/** In the order in which they came, after those that were there at the start: not in that of their ids, which come of keys. */
export function putBond(state: Lp1State, bond: Bond): Lp1State {
  const at = state.bonds.findIndex(({ record }) => record === bond.record);
  return stateWith(state, { bonds: at < 0 ? [...state.bonds, bond] : state.bonds.with(at, bond) });
}

export function dropBond(state: Lp1State, record: string): Lp1State {
  return stateWith(state, {
    bonds: state.bonds.filter((bond) => bond.record !== record),
    secrets: { ...state.secrets, bonds: state.secrets.bonds.filter((keys) => keys.record !== record) },
    current: state.current === record ? null : state.current,
  });
}

/** The name of a place: one address and port. */
export function placeOf({ endpoint }: Route): string {
  return `${endpoint.address} ${endpoint.port}`;
}

export function sourceAt(candidate: Candidate | undefined, route: Route): Source | undefined {
  return candidate?.sources.find((source) => samePlace(source.route, route));
}

/** Whether two routes lead to one place. */
export function samePlace(a: Route, b: Route): boolean {
  return a.endpoint.address === b.endpoint.address && a.endpoint.port === b.endpoint.port;
}

/** The candidate with this source in the place of the one at its place. */
export function withSource(candidate: Candidate, source: Source): Candidate {
  return candidateWith(candidate, { sources: put(candidate.sources, source, ({ place }) => place) });
}

/** The timer that repeats to a candidate's source what it still needs from us. */
export function sayTimer(iid: string, { place }: Source): string {
  return `say ${iid} ${place}`;
}

/** The timer at which an early CONFIRM is read. */
export function earlyTimer(iid: string, { place }: Source): string {
  return `early ${iid} ${place}`;
}

export function sayTimers(state: Lp1State): readonly string[] {
  return state.candidates.flatMap(({ iid, sources }) => sources.map((source) => sayTimer(iid, source)));
}

/** The proven candidates that are still in question. */
export function proven(state: Lp1State): readonly Candidate[] {
  return state.candidates.filter(({ proof, dead }) => proof !== null && dead === null);
}
