/**
 * A scenario as the simulator runs it: plain data, every default filled in, every time in microseconds. `read.ts` makes
 * it from a YAML file; tests and sweeps may make it by hand. The file's own form is described in schema.ts.
 */
import type { Identity } from '../../protocol/contract.ts';
import type { Family, LinkException, LinkRules } from '../network.ts';
import type { Range, Ratio } from '../random.ts';

/** What must come out for one protocol: everything holds, or exactly this oracle is broken. */
export type Expected = 'pass' | { readonly breaks: string };

export interface Scenario {
  /** `family/file`, without the ending. */
  readonly name: string;
  readonly title: string;
  /** Rows of the catalogue. */
  readonly covers: readonly string[];
  readonly protocols: { readonly [protocol: string]: Expected };
  readonly seed: number;
  readonly segments: { readonly [segment: string]: LinkRules };
  readonly links: readonly LinkException[];
  /** Segments that a router joins. */
  readonly routed: readonly string[];
  readonly hosts: readonly HostSpec[];
  readonly adversaries: readonly AdversarySpec[];
  readonly drops: readonly Drop[];
  readonly shifts: readonly Shift[];
  readonly script: readonly ScriptItem[];
  readonly expect: readonly Expectation[];
  readonly endsUs: number;
}

/** A side effect that can be made to fail. */
export type Faulty = 'store' | 'provision' | 'lookup' | 'sign' | 'send';

/** It has one address at least. */
export interface InterfaceSpec {
  readonly name: string;
  readonly segment: string;
  /** Of IPv4; null on a segment of IPv6 alone. */
  readonly address: string | null;
  /** Of the IPv4 address. */
  readonly prefix: number;
  /** Of IPv6; null on a segment without it. */
  readonly linkLocal: string | null;
}

export interface HostSpec {
  readonly name: string;
  readonly interfaces: readonly InterfaceSpec[];
  /** What its person types; null: nothing, it listens and shows who asks. */
  readonly phrase: string | null;
  readonly startsUs: number;
  /** When the phrase is typed, if not at the start. */
  readonly typesUs: number | null;
  readonly storeUs: Range;
  readonly provisionUs: Range;
  readonly lookupUs: Range;
  readonly signUs: Range;
  readonly fails: readonly Faulty[];
  /** Side effects that fail now and then: each time with that chance. */
  readonly flaky: { readonly [effect in Faulty]?: Ratio };
  /** How much too fast its timers run, in millionths; slow ones are below 0. */
  readonly driftPpm: number;
  /** It has the keys of this host: the disk of a virtual machine was copied. */
  readonly cloneOf: string | null;
  /** What its resolver knows: addresses of lower-case names, names of addresses. Anything else has none. */
  readonly names: { readonly [name: string]: readonly string[] };
  readonly reverse: { readonly [address: string]: readonly string[] };
  /** Addresses given with --peer; the port is the protocol's. */
  readonly peers: readonly string[];
  /** What its disk has of earlier pairings. */
  readonly holds: readonly Held[];
  /** Estimated entropy of what its person types. */
  readonly phraseBits: number;
  /** Refusals of a phrase that its person overrules. */
  readonly accepts: readonly ('weak' | 'slip')[];
  readonly windowMs: number;
  readonly identity: Partial<Identity>;
}

/** A record of a pairing by lp1, before the run. */
export interface Held {
  readonly peer: string;
  /** `unheard`: the peer's DONE was lost. `stored`: nothing is installed here. `revoked`: taken back, and the peer does not know. */
  readonly as: 'whole' | 'unheard' | 'stored' | 'revoked';
}

/** Fields that an adversary fills in as it likes. Texts go out as they are; `sshKey` is a line where the protocol sends lines. */
export interface Says {
  readonly hostName?: string;
  readonly userName?: string;
  readonly directory?: string;
  readonly displayName?: string;
  readonly repository?: string;
  readonly sshKey?: string;
  readonly hostKeys?: readonly string[];
  readonly addresses?: readonly string[];
}

export interface AdversarySpec {
  readonly name: string;
  /** A key of the protocol's table of adversaries. */
  readonly is: string;
  readonly place: InterfaceSpec;
  readonly phrase: string | null;
  readonly startsUs: number;
  readonly untilUs: number;
  /** How long it takes to react to what it hears. */
  readonly reactsUs: number;
  /** Asks by itself, that long before or after its start; null: only answers. */
  readonly asksAfterUs: number | null;
  readonly everyUs: number;
  readonly times: number;
  /** Kinds of datagrams that it is after; empty: any. */
  readonly kinds: readonly string[];
  /** Addresses that it speaks to directly, beside the group. */
  readonly at: readonly string[];
  /** What it says of itself, whether or not an honest machine could say so. */
  readonly says: Says;
  /** It says that this machine's ssh key is its own. */
  readonly claims: string | null;
}

/** What names kinds of datagrams or situations belongs to a protocol. */
export interface ForProtocols {
  /** Only for these; null: for all. */
  readonly protocols: readonly string[] | null;
}

/** Datagrams by meaning: the `first`-th to `last`-th of a kind from one host to another (or to anybody). */
export interface Selector extends ForProtocols {
  readonly kind: string;
  readonly from: string;
  readonly to: string | null;
  readonly first: number;
  readonly last: number;
  /** Only what is sent while this host is in this situation is counted; null: all. */
  readonly meanwhile: { readonly host: string; readonly situation: string } | null;
}

/** Takes their copies away. */
export type Drop = Selector;

/** Lets their copies arrive later, or a second time, by so much. */
export interface Shift extends Selector {
  readonly does: 'delay' | 'repeat';
  readonly byUs: number;
}

/** Something seen in the run: the `nth` time that the host sends or hears such a datagram, or does such a thing. */
export interface Moment {
  readonly host: string;
  readonly sees: 'sends' | 'hears' | 'stores' | 'authorizes' | 'notice' | 'situation';
  /** The kind, notice or situation; null for stores and authorizes. */
  readonly what: string | null;
  readonly nth: number;
}

export type Trigger = { readonly atUs: number } | { readonly when: Moment; readonly plusUs: number };

export interface ScriptItem extends ForProtocols {
  readonly trigger: Trigger;
  readonly action: Action;
}

export type Action =
  | { readonly does: 'types'; readonly host: string; readonly phrase: string }
  | { readonly does: 'cancel' | 'nudge' | 'grant' | 'resume' | 'crash' | 'backup'; readonly host: string }
  /** Its process stops, its machine sleeps: until it resumes. A snapshot is made of its memory, or put back. */
  | { readonly does: 'pause' | 'sleep' | 'snapshot' | 'rollback'; readonly host: string }
  /** `phrase`: what the person types at once; null: nothing. */
  | {
      readonly does: 'restart';
      readonly host: string;
      readonly phrase: string | null;
      readonly disk: 'kept' | 'wiped' | 'restored';
    }
  | { readonly does: 'chooses' | 'finds' | 'forgets'; readonly host: string; readonly peer: string }
  | { readonly does: 'moves'; readonly host: string; readonly interface: string; readonly address: string }
  /** Its plug is pulled, or put in. */
  | { readonly does: 'plug'; readonly host: string; readonly interface: string; readonly up: boolean }
  /** Its own sockets are bound to other ports. */
  | { readonly does: 'rebinds'; readonly host: string }
  /** Its wall clock is set: forward, or back when below 0. */
  | { readonly does: 'clock'; readonly host: string; readonly byMs: number }
  | { readonly does: 'fails'; readonly host: string; readonly fails: readonly Faulty[] }
  | {
      readonly does: 'cut';
      readonly between: readonly string[];
      readonly and: readonly string[];
      readonly oneWay: boolean;
    }
  | {
      readonly does: 'clog';
      readonly between: readonly string[];
      readonly and: readonly string[];
      readonly oneWay: boolean;
    }
  | { readonly does: 'heal' }
  /** In one family or, null, in both. */
  | {
      readonly does: 'change';
      readonly segment: string;
      readonly family: Family | null;
      readonly rules: Partial<LinkRules>;
    }
  | {
      readonly does: 'changeLink';
      readonly from: string;
      readonly to: string;
      readonly family: Family | null;
      readonly rules: Partial<LinkRules>;
    };

export type Expectation = ForProtocols &
  (
    | { readonly that: 'paired'; readonly hosts: readonly string[]; readonly withinUs: number | null }
    | { readonly that: 'unpaired'; readonly hosts: readonly string[] }
    | { readonly that: 'neverAuthorized'; readonly hosts: readonly string[]; readonly key: string }
    | {
        readonly that: 'notice';
        readonly host: string;
        readonly event: string;
        readonly detail: string | null;
        readonly count: Range | null;
      }
    | { readonly that: 'lines'; readonly host: string; readonly count: number }
    | { readonly that: 'learns'; readonly who: string; readonly what: 'phrase' | 'nothing' }
    | { readonly that: 'sends'; readonly host: string; readonly kind: string; readonly count: Range }
  );
