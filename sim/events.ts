/**
 * What can be seen happening in a run: one stream of plain events, in order. Traces, hashes, oracles, expectations,
 * coverage and selectors all read this stream and nothing else, so that whatever one of them knows, all can know.
 */
import type { Cell, Effect, Input, PlainState, StoredRecord } from '../protocol/contract.ts';
import type { CryptoCall } from './crypto-log.ts';
import type { Datagram, Fate, Station } from './network.ts';
import type { Action } from './scenario/scenario.ts';

export type RunEvent = { readonly atUs: number } & (
  | { readonly type: 'booted'; readonly host: string; readonly boot: number }
  | { readonly type: 'crashed'; readonly host: string; readonly boot: number }
  /** A datagram left a host or an adversary. */
  | { readonly type: 'sent'; readonly datagram: Datagram }
  /** What became of one copy of it. */
  | { readonly type: 'fate'; readonly datagram: Datagram; readonly to: Station; readonly fate: Fate }
  | StepEvent
  /** The core threw: always a bug. The cell is null where no table tells it. */
  | { readonly type: 'threw'; readonly host: string; readonly message: string; readonly cell: Cell | null }
  | { readonly type: 'stored'; readonly host: string; readonly record: StoredRecord }
  | { readonly type: 'discarded'; readonly host: string; readonly record: string }
  /** A line came into, or went from, the host's authorized_keys. */
  | { readonly type: 'authorized'; readonly host: string; readonly record: string; readonly key: string }
  | { readonly type: 'withdrawn'; readonly host: string; readonly record: string; readonly key: string }
  /** The world refused a side effect: disk full, no agent, ... */
  | { readonly type: 'failed'; readonly host: string; readonly effect: string; readonly reason: string }
  | { readonly type: 'moved'; readonly host: string; readonly interface: string; readonly address: string }
  /** Something that the scenario's script did, and in words without secrets. */
  | { readonly type: 'script'; readonly does: Action['does']; readonly what: string }
);

/** One step of a host's core. */
export interface StepEvent {
  readonly type: 'step';
  readonly host: string;
  readonly boot: number;
  readonly input: Input;
  readonly effects: readonly Effect[];
  readonly state: PlainState;
  readonly cell: Cell;
  /** What the step computed. */
  readonly calls: readonly CryptoCall[];
  /** The datagram that was heard, if the input is one. */
  readonly heard: Datagram | null;
}

/** Called with every event, at once. May not change anything that the run depends on. */
export type Watch = (event: RunEvent) => void;
