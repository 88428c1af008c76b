/**
 * What `locate` is between two inputs: one plain value.
 *
 *     Idle        before start
 *     Listening   answers who asks; nobody is looked for by a person
 *     Asking      a person looks for a peer: WHERE leaves until a HERE proves an address
 *     Resolving   an address is proven; which of the peer's names leads there?
 *     Ended       cancelled, or the time is over: nothing is said any more
 *
 * Beside what a person looks for, peers are asked for reasons of our own: to tell where we stand, that we moved, or to
 * prove where a peer moved to. That goes on in every situation but the last. All tables are bounded.
 */
import { familyOf } from '../address.ts';
import type { Endpoint, Interface, PlainState } from '../contract.ts';
import type { Bond, BondKeys, Route } from '../lp1/state.ts';
import type { Sealed, SealKeys, Standing } from './sealed.ts';

export type Situation = 'Idle' | 'Listening' | 'Asking' | 'Resolving' | 'Ended';

export interface LocateState extends PlainState {
  readonly situation: Situation;
  readonly secrets: Secrets;
  readonly interfaces: readonly Interface[];
  readonly peers: readonly Endpoint[];
  /** By record id. */
  readonly partners: readonly Partner[];
  /** Datagrams of strangers, and of addresses that a peer is known to have, are tried apart. */
  readonly trials: { readonly [group in Group]: Trials };
  /** WHEREs that may still be said: tokens. */
  readonly shouts: number;
  /** Something was under way after the last step: `settled` is told when nothing is any more. */
  readonly busy: boolean;
}

export interface Secrets {
  readonly entropy: Uint8Array | null;
  readonly partners: readonly PartnerKeys[];
}

export interface PartnerKeys {
  readonly record: string;
  readonly bond: BondKeys;
  readonly mine: SealKeys;
  readonly theirs: SealKeys;
}

/** `known`: from a `--peer` or the last proven address of a peer. */
export type Group = 'known' | 'open';

export interface Trials {
  /** Trials that may be made at once. While there is one, nothing waits. */
  readonly tokens: number;
  readonly queue: readonly Job[];
}

/** A sealed datagram that is to be tried with the keys of every peer. */
export interface Job {
  readonly message: Sealed;
  readonly route: Route;
}

/** One peer that we are paired with, wholly or half. */
export interface Partner {
  readonly record: string;
  /** lp1's record, as it is on the disk or will be as soon as the store is done. */
  readonly bond: Bond;
  /** Where we stand as far as the disk knows: what we say. */
  readonly standing: Standing;
  /** Taken back, and its key is gone. */
  readonly gone: boolean;
  /** Our epoch on the disk. */
  readonly epoch: number;
  readonly step: number;
  /** Whether `epoch` is this life's: on the disk and used by nobody before. */
  readonly life: 'none' | 'storing' | 'ready';
  /** Of the next WHERE. */
  readonly n: number;
  readonly heard: Heard;
  /** WHEREs that wait until `heard` is on the disk. */
  readonly pending: readonly Pending[];
  /** Where it was proven to be, the latest first. */
  readonly addresses: readonly string[];
  /** Where it was proven to be in this life: an answer came from there, so what is sent there does not hit a stranger. */
  readonly route: Route | null;
  readonly ask: Ask | null;
  /** What was said less than 200 ms ago: `asked`, and the endpoints that a HERE went to. */
  readonly calm: readonly string[];
}

/** What the peer has asked: everything up to here is over. */
export interface Heard {
  readonly epoch: number;
  /** Null: all of that epoch is over. */
  readonly n: number | null;
  /** What has come of (epoch, n), answered or not. */
  readonly by: readonly Copy[];
  /** Epoch on the disk. */
  readonly stored: number;
}

/** One of the datagrams that ask the same question. */
export interface Copy {
  readonly way: string;
  readonly nonce: Uint8Array;
}

export interface Pending {
  readonly route: Route;
  readonly nonce: Uint8Array;
}

export type Rung = 'mdns' | 'dns' | 'address';

/** A question that is being asked, until it is answered or enough. */
export interface Ask {
  /** A person waits for it. */
  readonly wanted: boolean;
  /** The answer must prove an address; without it any word of the peer will do. */
  readonly proof: boolean;
  readonly moved: boolean;
  /** WHEREs said in this epoch. */
  readonly tries: number;
  /** Epochs in which nobody answered. */
  readonly rounds: number;
  /** Of the WHEREs whose answer counts. */
  readonly nonces: readonly Uint8Array[];
  /** What answers proved, in the order in which they came; link-local ones last. */
  readonly proven: readonly string[];
  /** What the latest of them said that the peer's addresses are: true, and not proven to be reached. */
  readonly listed: readonly string[];
  /** Where on the ladder it stands: which name is being looked up, or `address`. Null: nothing is proven yet. */
  readonly rung: Rung | null;
  /** Addresses that would make this rung hold: the peer lists them, and is being asked there. */
  readonly hoped: readonly string[];
  /** How often it was there to be asked. */
  readonly turns: number;
  /** All that were ever hoped for: no address delays twice. */
  readonly tried: readonly string[];
  /** The person was told that nobody answers. */
  readonly told: boolean;
  /** It was answered, and what it was about is not settled: once more after a while, if it is not by then. */
  readonly later: boolean;
}

export type { Bond, Route };

/** In ms. */
export const times = {
  /** Gap after the first WHERE; doubled for every further one and every round, times 0.8 to 1.2. */
  gap: 250,
  gapMax: 300_000,
  /** Nobody waits for it: leave within this, so that not everybody speaks at once. */
  spread: 250,
  /** Between two questions to one peer, and two answers to one endpoint. */
  calm: 200,
  /** What a better address has for its answer, each time that it is asked there; times 0.8 to 1.2. */
  better: 250,
  /** A token for each kind of trial. */
  trial: 100,
  /** A token for a WHERE: no more multicasts on a link than lp1 sends. */
  shout: 500,
} as const;

export const limits = {
  datagramBytes: 318,
  partners: 64,
  /** Trials saved up, for each group; ten a second come in. A trial is an HMAC for each peer. */
  trials: 8,
  /** Datagrams that wait for a trial, for each group, one for each address. */
  queue: 32,
  /** WHEREs saved up; two a second come in. */
  shouts: 5,
  /** Of them kept for whom a person looks for. */
  shoutsKept: 2,
  tries: 3,
  /** Rounds after which a person is told that nobody answers. */
  patience: 2,
  /** Rounds after which an ask ends, unless the peer has to hear something. */
  rounds: 4,
  /** Of three questions: to both families on 8 interfaces, to 3 named ones from both ports, to two places of the peer's. */
  nonces: 72,
  proven: 4,
  /** Addresses on one rung that are asked, and how often. */
  hoped: 4,
  turns: 3,
  /** Both families on half the interfaces that are spoken on, which are 8 at most. */
  pending: 8,
  /** As many as one question is sent in. */
  heardBy: 24,
  calm: 8,
} as const;

const idleTrials: Trials = { tokens: limits.trials, queue: [] };

export const idle: LocateState = {
  situation: 'Idle',
  secrets: { entropy: null, partners: [] },
  interfaces: [],
  peers: [],
  partners: [],
  trials: { known: idleTrials, open: idleTrials },
  shouts: limits.shouts,
  busy: false,
};

export function partnerOf(state: LocateState, record: string): Partner | undefined {
  return state.partners.find((partner) => partner.record === record);
}

export function putPartner(state: LocateState, partner: Partner): LocateState {
  return {
    ...state,
    partners: state.partners.map((other) => (other.record === partner.record ? partner : other)),
  };
}

/**
 * How a question came: what the network does to one family on one interface it need not do to the other, so each is answered
 * where it came from.
 */
export function wayOf({ endpoint, interface: name }: Route): string {
  return `${name ?? ''} ${familyOf(endpoint.address)}`;
}

/** Where it was last: proven by `locate`, or else by lp1 when the two were paired. */
export function lastAddress({ addresses, bond }: Partner): string {
  return addresses[0] ?? bond.route.endpoint.address;
}

/** Both sides have installed each other's key, and know it. */
export function finished({ step, heard }: Bond): boolean {
  return step === 'installed' && heard === 'done';
}

/** Taken back on both sides: its record is deleted, and what is said from now on need not outlive the program. */
export function erased({ bond, gone }: Partner): boolean {
  return gone && bond.step === 'revoked' && bond.heard === 'cancel';
}

/** Whether something is still to be told or heard: a pairing not whole on both sides, a tombstone that the peer does not know. */
export function owes({ bond, standing }: Partner): boolean {
  return bond.step === 'revoked' ? standing === 'revoked' && bond.heard !== 'cancel' : !finished(bond);
}
