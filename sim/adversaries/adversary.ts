/**
 * Adversaries: hosts with powers. Each says what it can do, and is given nothing else: the lair has the functions that
 * its powers allow. How one speaks depends on the protocol, so each protocol has a table of its own.
 */
import type { Endpoint, Suite } from '../../protocol/contract.ts';
import type { Datagram, Station } from '../network.ts';
import type { Stream } from '../random.ts';
import type { AdversarySpec } from '../scenario/scenario.ts';

/**
 * Observe: hears its segment's multicast and what is sent to it. Sniff: hears all unicast of its segment as well.
 * Inject: sends as itself. Spoof: sends with any source. Drop, delay, modify: it is on the path of all that others on its
 * segment say to each other, and does that to it. Who is off the path can do none of the three.
 */
export type Power = 'observe' | 'sniff' | 'inject' | 'spoof' | 'drop' | 'delay' | 'modify';

/** The powers of somebody on the path. */
export const onPath: readonly Power[] = ['drop', 'delay', 'modify'];

/** What somebody on the path does to one copy of a datagram; each deed needs the power of its name. */
export type Intervention =
  | { readonly does: 'pass' | 'drop' }
  | { readonly does: 'delay'; readonly byUs: number }
  | { readonly does: 'modify'; readonly bytes: Uint8Array };

/** An adversary's place in the world. */
export interface Lair {
  readonly spec: AdversarySpec;
  readonly seed: number;
  readonly stream: Stream;
  /** Its cryptography: the same as everybody's, and nothing beyond it. */
  readonly suite: Suite;
  /** The address is its IPv4 one where it has both. */
  readonly self: { readonly address: string; readonly port: number; readonly sshKey: string };
  nowUs(): number;
  after(delayUs: number, then: () => void): void;
  /** As itself, to the group in each family that it has; needs `inject`. From the group's port, or from another one of its own. */
  send(bytes: Uint8Array, to: 'group' | Endpoint, port?: number): void;
  /** The ssh key of a machine, which is public. */
  sshKeyOf(machine: string): string;
  /** With this source; needs `spoof`. `repeats`: the recorded datagram, if it is one. */
  spoof(bytes: Uint8Array, source: Endpoint, to: 'group' | Endpoint, repeats: Datagram | null): void;
  /** What the datagram says, in the protocol's words. */
  kindOf(bytes: Uint8Array): string;
}

export interface Adversary {
  /** Called at `startsUs`. */
  start?(): void;
  /** Called with every datagram that reaches it; never with its own. */
  hear?(datagram: Datagram): void;
  /** Called with every copy that passes it, of those between others on its segment; needs a power of the path. */
  intercept?(datagram: Datagram, to: Station): Intervention;
  /** What it made of everything that it heard; after the run. */
  attack?(): Attack;
}

/** What came of an adversary's guessing. */
export interface Attack {
  /** The phrase that it found. */
  readonly phrase: string | null;
  readonly tries: number;
  /** What it had to work with, in words. */
  readonly heard: string;
}

export interface AdversaryKind {
  /** One sentence for people. */
  readonly does: string;
  readonly powers: readonly Power[];
  create(lair: Lair): Adversary;
}

export type AdversaryTable = { readonly [kind: string]: AdversaryKind };

/** An address of its own network that nobody there has, for the strangers that it plays; `last`: from 100 to 250. */
export function neighbour({ self }: Lair, last: number): string {
  return self.address.replace(/[\da-f]+$/, String(last));
}

/** Datagrams that a recording adversary keeps. */
export const recordingMax = 4096;

/** Whether the adversary is after this kind: all when it names none. */
export function isAfter(spec: AdversarySpec, kind: string): boolean {
  return spec.kinds.length === 0 || spec.kinds.includes(kind);
}
