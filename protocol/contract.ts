/**
 * The contract of the core: what a protocol is, what it hears and what it asks for.
 *
 *     step(state, input, suite) -> [state, effects, cell]      synchronous, total, deterministic
 *
 * A protocol never waits, never reads a clock, never draws a random number and never touches the world. A driver
 * (`driver.ts`) feeds it inputs one at a time and carries out the effects in the order in which they are listed. What
 * depends on an effect with an outcome (store, provision, unprovision, sign, lookup) is emitted when that outcome
 * arrives as an input; failure is an outcome as well. Durable effects (store, discard, provision, unprovision) take
 * effect in the order in which they were emitted, each before the next begins.
 *
 * Rules that every protocol keeps, proven as properties in `test/`:
 * - the state is one plain value (JSON-like plus Uint8Array); `step` never mutates it; equal states behave alike;
 * - everything secret is under `state.secrets`, and is gone from every state after it has served;
 * - bytes of strangers never make `step` throw, and never grow a state beyond the protocol's named limits.
 *
 * What this deliberately does not have: absolute time, ambient randomness, promises, callbacks.
 */

// ---------------------------------------------------------------------------------------------------------- plain data

/** What may be stored or printed: JSON, nothing else. Bytes in it are written as text by the protocol that owns it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A UDP endpoint. `address` is a textual IP address (an IPv6 link-local one carries its zone: `fe80::1%eth0`). */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One usable network interface. `name` is what `send` and `datagram` refer to. */
export interface Interface {
  readonly name: string;
  readonly addresses: readonly InterfaceAddress[];
}

export interface InterfaceAddress {
  readonly family: 4 | 6;
  readonly address: string;
  /** Length of the network's prefix in bits. */
  readonly prefix: number;
}

/** Who we say we are. Fixed for the length of a session; the protocol decides what of it is ever sent. */
export interface Identity {
  /** Host name as `uname -n` has it; dots allowed. */
  readonly hostName: string;
  readonly userName: string;
  /** Directory of the repository: `~/relative` inside the home directory, else absolute. */
  readonly directory: string;
  /** ssh public key as `type base64`, without options and comment. */
  readonly sshKey: string;
  /** ssh host keys as `type base64`, best first. Empty where they are not known. */
  readonly hostKeys: readonly string[];
  /** For people, at most 64 B. */
  readonly displayName: string;
  /** annex.uuid or another stable id of the repository; empty where there is none. */
  readonly repository: string;
  /** For people: `lanpair 0.1.0`. */
  readonly program: string;
}

/** A durable record of one peer. The protocol owns the content; the driver stores it under `id` as one unit. */
export interface StoredRecord {
  /** `[a-z0-9]{16}`: safe as a file name and in a command line. */
  readonly id: string;
  /** Name of the protocol that wrote it. */
  readonly protocol: string;
  readonly body: Json;
}

/** A phrase as the person typed it. `bits` is an estimate of its entropy, made outside (estimators read clocks). */
export interface Phrase {
  readonly text: string;
  readonly bits: number;
  /** Refusals that the person has seen and overrules: `weak`, fewer bits than advised; `slip`, a word that looks mistyped. */
  readonly accepted?: readonly ('weak' | 'slip')[];
}

// -------------------------------------------------------------------------------------------------------------- inputs

/** Everything that a protocol can hear. */
export type Input =
  | StartInput
  | {
      readonly type: 'datagram';
      readonly bytes: Uint8Array;
      readonly source: Endpoint;
      readonly interface: string;
      readonly via: Via;
    }
  | { readonly type: 'timer'; readonly name: string }
  /** The interfaces or their addresses changed; this is the whole new list. */
  | { readonly type: 'interfaces'; readonly interfaces: readonly Interface[] }
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'outcome'; readonly outcome: Outcome }
  /** The machine slept, or was restored from a snapshot. 32 fresh bytes. */
  | { readonly type: 'resumed'; readonly entropy: Uint8Array };

/** The first input, once. */
export interface StartInput {
  readonly type: 'start';
  /** Absent: listen, and show who asks; the phrase comes later as a command. */
  readonly phrase: Phrase | null;
  readonly self: Identity;
  readonly interfaces: readonly Interface[];
  /** Endpoints to speak to besides the group (`--peer`). */
  readonly peers: readonly Endpoint[];
  /** 32 bytes. Every nonce, scalar and choice is derived from it. */
  readonly entropy: Uint8Array;
  readonly records: readonly StoredRecord[];
  /** How long a person waits, in ms; the protocol ends by itself after it. */
  readonly windowMs: number;
}

/** The socket of an interface that a datagram came in by, or is to leave from: the group's port, or our own port. */
export type Via = 'group' | 'unicast';

/** What a person can say. */
export type Command =
  | { readonly name: 'phrase'; readonly phrase: Phrase }
  /** Of several candidates that proved the phrase, this one. `candidate` is the id from the notice `choose`. */
  | { readonly name: 'choose'; readonly candidate: string }
  | { readonly name: 'cancel' }
  /** Take back what a record provided, and forget it. */
  | { readonly name: 'forget'; readonly record: string }
  /** The person is there and impatient (a key press). */
  | { readonly name: 'nudge' }
  /** One more guess for a stranger, by the person's leave. */
  | { readonly name: 'grant' }
  /** Where is this paired peer now? */
  | { readonly name: 'find'; readonly record: string };

/** What became of an effect. `id` is that of the effect; of `send` only failures are told. */
export type Outcome =
  | { readonly of: 'store' | 'provision' | 'unprovision'; readonly id: string; readonly ok: true }
  | {
      readonly of: 'store' | 'provision' | 'unprovision';
      readonly id: string;
      readonly ok: false;
      readonly reason: string;
    }
  | { readonly of: 'sign'; readonly id: string; readonly ok: true; readonly signature: Uint8Array }
  | { readonly of: 'sign'; readonly id: string; readonly ok: false; readonly reason: string }
  /** Addresses of a name, or names of an address; none is an empty list and `ok`. */
  | { readonly of: 'lookup'; readonly id: string; readonly ok: true; readonly answers: readonly string[] }
  | { readonly of: 'lookup'; readonly id: string; readonly ok: false; readonly reason: string }
  | { readonly of: 'send'; readonly ok: false; readonly interface: string; readonly reason: string };

// ------------------------------------------------------------------------------------------------------------- effects

/** Everything that a protocol can ask for. */
export type Effect =
  | SendEffect
  /** Set, or set anew, the timer of that name. The driver draws the delay within the range, the explorer branches on it. */
  | { readonly type: 'setTimer'; readonly name: string; readonly minMs: number; readonly maxMs: number }
  | { readonly type: 'cancelTimer'; readonly name: string }
  /** Durably: it is on the disk when the outcome says ok. */
  | { readonly type: 'store'; readonly id: string; readonly record: StoredRecord }
  /** Delete a record, durably. Answered as `store`. */
  | { readonly type: 'discard'; readonly id: string; readonly record: string }
  /** Idempotent: doing it twice is doing it once. */
  | { readonly type: 'provision'; readonly id: string; readonly grant: Grant }
  | { readonly type: 'unprovision'; readonly id: string; readonly grant: Grant }
  /** With the user's ssh key. */
  | { readonly type: 'sign'; readonly id: string; readonly namespace: string; readonly bytes: Uint8Array }
  | { readonly type: 'lookup'; readonly id: string; readonly query: Query }
  | { readonly type: 'notify'; readonly notice: Notice };

/**
 * `to: 'group'` is the protocol's multicast group on that interface: in each family that the interface has, or in `family`
 * alone. `interface: null` lets the system choose one (only for an endpoint). A send that cannot be done is reported as an outcome, never thrown.
 */
export interface SendEffect {
  readonly type: 'send';
  readonly bytes: Uint8Array;
  readonly interface: string | null;
  readonly from: Via;
  readonly to: 'group' | Endpoint;
  readonly family?: 4 | 6;
}

/** What pairing gives to a peer: a key in authorized_keys, tagged with the record that it belongs to. */
export interface Grant {
  readonly record: string;
  /** ssh public key as `type base64`, parsed and rebuilt: never copied text. */
  readonly key: string;
}

export type Query =
  | { readonly kind: 'addresses'; readonly name: string }
  | { readonly kind: 'names'; readonly address: string };

// ------------------------------------------------------------------------------------------------------------- notices

/** Who a peer says he is. Data of others: show it only through `display.ts`. */
export interface PeerView {
  readonly hostName: string;
  readonly userName: string;
  readonly directory: string;
  readonly key: string;
  readonly address: string;
}

/** An event for people and logs. Never holds a secret. Statistics leave the core here, so that no counter need be in the state. */
export type Notice =
  /** Somebody asks to pair. Unproven: anybody can say so. */
  | { readonly event: 'request'; readonly candidate: string; readonly peer: PeerView }
  /** We are speaking now; `asking` is our own request, `answering` the answer to a peer's. */
  | { readonly event: 'seeking'; readonly role: 'listening' | 'asking' | 'answering' }
  /** A peer proved the phrase. Nothing is installed yet. */
  | { readonly event: 'proven'; readonly record: string; readonly peer: PeerView }
  /** Several proved it: a person must choose. */
  | {
      readonly event: 'choose';
      /** `words`: three words that both screens show for the same two machines; compare them. */
      readonly candidates: readonly { readonly candidate: string; readonly peer: PeerView; readonly words?: string }[];
    }
  | { readonly event: 'granted'; readonly record: string; readonly key: string }
  | { readonly event: 'revoked'; readonly record: string; readonly key: string }
  /** `isSeeking`: an earlier pairing, whose peer says that it looks for somebody by a phrase itself: it need not be for us. */
  | {
      readonly event: 'paired';
      readonly record: string;
      readonly peer: PeerView;
      readonly role: string;
      readonly isSeeking?: true;
    }
  /** So many devices are pairing on other channels. */
  | { readonly event: 'others'; readonly count: number }
  /** Our side is done and the other one may not be, or the reverse. */
  | { readonly event: 'half'; readonly record: string; readonly peer: PeerView; readonly why: string }
  /** The best address to reach the peer, and which rung of the ladder it is. */
  | {
      readonly event: 'address';
      readonly record: string;
      readonly host: string;
      readonly rung: 'mdns' | 'dns' | 'address';
      /** Nobody answered: this is where the peer was last, not where it is. */
      readonly stale?: boolean;
      /** All that the peer itself says are its addresses, sealed by it. Absent where it was not asked. */
      readonly addresses?: readonly string[];
    }
  /** Nothing is left to do: a program may exit. */
  | { readonly event: 'settled' }
  | { readonly event: 'ended'; readonly reason: EndReason; readonly detail: string }
  /** A stored conversation is unfinished; type its phrase to go on. */
  | { readonly event: 'unfinished'; readonly record: string; readonly peer: PeerView | null; readonly step: string }
  | { readonly event: 'phraseRefused'; readonly rule: string; readonly advice: string }
  /** Something that a person should know: a second machine with the phrase, a brute force attempt, a cloned machine. */
  | { readonly event: 'alarm'; readonly rule: string; readonly detail: string }
  /** Bytes or a peer refused by name. One for each; a printer counts. */
  | { readonly event: 'refused'; readonly refusal: Refusal; readonly source: Endpoint | null }
  | { readonly event: 'trouble'; readonly what: string; readonly reason: string };

export type EndReason = 'cancelled' | 'timeout' | 'storage' | 'provision' | 'identity' | 'forgotten';

/**
 * Why something was refused, by who is at fault:
 * `malformed` these bytes; `misbehaved` this peer; `incompatible` a version or a mode. Misuse by our own caller throws.
 * `rule` names exactly one rule of the protocol; `detail` says what was expected and what came, without secrets.
 */
export interface Refusal {
  readonly fault: 'malformed' | 'misbehaved' | 'incompatible';
  readonly rule: string;
  readonly detail: string;
}

/** Thrown when our own code breaks the contract (the fourth kind of fault). Never because of a peer. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

// ------------------------------------------------------------------------------------------------------------ protocol

/** Cryptography as a value. Synchronous, pure; see `suite.ts` for the real one. */
export interface Suite {
  readonly name: string;
  /** SHA-512, 64 bytes. */
  hash(bytes: Uint8Array): Uint8Array;
  /** HMAC-SHA1, 20 bytes: `annex` only. */
  hmacSha1(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** HKDF-SHA512(entropy, info = label || 0x00 || context): one value per label and context, with no position in a stream. */
  derive(entropy: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array;
  /** HMAC-SHA512, 64 bytes. */
  hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** HKDF-SHA512 with a salt: the key schedule of `lp1`. */
  expand(key: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array;
  readonly group: Group;
  readonly signatures: Signatures;
  readonly aead: Aead;
}

/** A group of prime order with canonical 32-byte encodings: ristretto255 (RFC 9496) or an ideal one. */
export interface Group {
  /** 64 uniform bytes to an element, by the one-way map. */
  element(uniform: Uint8Array): Uint8Array;
  /** 64 uniform bytes to a scalar, little endian, reduced. */
  scalar(uniform: Uint8Array): Uint8Array;
  /** scalar * element; null where the element is not canonically encoded or the product is the identity. */
  multiply(scalar: Uint8Array, element: Uint8Array): Uint8Array | null;
}

/** Ed25519 (RFC 8032, strict verification) or an ideal scheme with the same sizes: 32-byte keys, 64-byte signatures. */
export interface Signatures {
  publicKey(seed: Uint8Array): Uint8Array;
  sign(seed: Uint8Array, bytes: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean;
}

/** A nonce of 12 bytes means ChaCha20-Poly1305, one of 24 XChaCha20-Poly1305; 16 bytes of tag at the end. */
export interface Aead {
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, associated: Uint8Array): Uint8Array;
  /** Null where the tag does not fit. */
  open(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array, associated: Uint8Array): Uint8Array | null;
}

/** A situation and what happened in it: one cell of the transition table. The unit of protocol coverage. */
export interface Cell {
  readonly situation: string;
  readonly event: string;
}

/** One row of the published table: from a situation, on an event, to one of these situations, because. */
export interface TableRow extends Cell {
  readonly kind: 'moves' | 'stays' | 'impossible';
  readonly to: readonly string[];
  readonly why: string;
}

/** What every state has, whatever the protocol. */
export interface PlainState {
  readonly situation: string;
  /** Left out by every printer and recorder. */
  readonly secrets: object | null;
}

/** What a datagram says, for traces, selectors and viewers: never used to decide. */
export interface Description {
  /** `PairReq`, `BEACON`, ... or `foreign`. */
  readonly kind: string;
  readonly fields: { readonly [name: string]: Json };
}

export type StepResult<S> = readonly [state: S, effects: readonly Effect[], cell: Cell];

/**
 * A protocol is a value of this interface, so that the testbed takes any: `annex`, `lp1`, `locate`, and flawed specimens.
 * A caller makes `initial()`, feeds `start` first, and then whatever happens; `step` is total from then on. Feeding
 * anything before `start`, or `start` twice, is a Misuse.
 */
export interface Protocol<S extends PlainState = PlainState> {
  readonly name: string;
  readonly network: NetworkUse;
  initial(): S;
  step(state: S, input: Input, suite: Suite): StepResult<S>;
  describe(bytes: Uint8Array): Description;
  /** Every (situation, event) pair exactly once. */
  readonly table: readonly TableRow[];
  /** Named limits, for the property that no state outgrows them. */
  readonly limits: { readonly [name: string]: number };
}

/** Where a protocol speaks. */
export interface NetworkUse {
  readonly groups: { readonly 4: string | null; readonly 6: string | null };
  readonly port: number;
  /** Longest datagram that is ever sent, in bytes. */
  readonly datagramMax: number;
}
