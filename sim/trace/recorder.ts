/**
 * Writes a run down: every event goes into the rolling hash, and into a line of the trace if one is kept. Lines name
 * things by meaning (kinds of datagrams, hosts, situations), and hold no secret: not what was typed, not the content of
 * records. Each line carries the hash so far, so that two traces can be compared and the first event that differs named.
 */
import type { Effect, Input, Json, Protocol } from '../../protocol/contract.ts';
import { endpointText } from '../../protocol/display.ts';
import type { RunEvent, Watch } from '../events.ts';
import { RollingHash } from './hash.ts';

export type TraceLine = { readonly [field: string]: Json };

export interface Recorder {
  readonly watch: Watch;
  readonly digest: string;
  /** Empty unless lines are kept. */
  readonly lines: readonly TraceLine[];
  readonly events: number;
}

/** Lines kept of one run; the rest is counted in the last one. */
const linesMax = 200_000;

export function createRecorder(protocol: Protocol, keepLines: boolean): Recorder {
  return new RunRecorder(protocol, keepLines);
}

/** A class, so that the recorders of all runs have one hidden class: a getter in a literal gives each of them its own. */
class RunRecorder implements Recorder {
  readonly lines: TraceLine[] = [];
  events = 0;
  private readonly hash: RollingHash = new RollingHash();
  private readonly protocol: Protocol;
  private readonly keepLines: boolean;

  constructor(protocol: Protocol, keepLines: boolean) {
    this.protocol = protocol;
    this.keepLines = keepLines;
  }

  get digest(): string {
    return this.hash.digest;
  }

  watch(event: RunEvent): void {
    this.events++;
    mix(this.hash, event);
    if (!this.keepLines || this.lines.length >= linesMax) return;
    this.lines.push({ n: this.events, atUs: event.atUs, ...lineOf(event, this.protocol), hash: this.digest });
  }
}

/** Everything that makes one run different from another goes in; secrets do not, not even hashed. */
function mix(hash: RollingHash, event: RunEvent): void {
  const { atUs } = event;
  switch (event.type) {
    case 'fate':
      return hash.integers(atUs, event.datagram.id, event.to.index, event.fate.charCodeAt(0) * 256 + event.fate.length);
    case 'sent': {
      const { id, bytes, source, to, sender } = event.datagram;
      hash.integers(atUs, id, sender.index, to.port * 65_536 + source.port);
      hash.name(source.address);
      hash.name(to.address);
      return hash.bytes(bytes);
    }
    case 'step':
      hash.integers(atUs, event.boot, event.heard?.id ?? 0, event.effects.length);
      hash.name(event.host);
      hash.name(event.cell.situation);
      hash.name(event.cell.event);
      hash.name(event.state.situation);
      mixInput(hash, event.input);
      for (const effect of event.effects) mixEffect(hash, effect);
      return;
    case 'stored':
      // What is in a record is told by what its host does with it; keys are in it, too.
      hash.integers(atUs, 1, 0, 0);
      hash.name(event.host);
      hash.name(event.record.protocol);
      return hash.name(event.record.id);
    case 'booted':
    case 'crashed':
    case 'threw':
    case 'discarded':
    case 'authorized':
    case 'withdrawn':
    case 'failed':
    case 'moved':
      hash.integers(atUs, 2, 0, 0);
      return mixJson(hash, event);
    case 'script': {
      // What was done is in the words.
      const { type, what } = event;
      hash.integers(atUs, 2, 0, 0);
      return mixJson(hash, { type, atUs, what });
    }
  }
}

/** What was typed, drawn or signed stays out. */
function mixInput(hash: RollingHash, input: Input): void {
  hash.name(input.type);
  switch (input.type) {
    case 'timer':
      return hash.name(input.name);
    case 'outcome': {
      const { outcome } = input;
      hash.name(outcome.of);
      return hash.name(outcome.ok ? 'ok' : outcome.reason);
    }
    case 'command':
      return hash.name(input.command.name);
    case 'start':
      return hash.integers(input.phrase === null ? 0 : 1, input.records.length, 0, 0);
    case 'datagram':
    case 'interfaces':
    case 'resumed':
  }
}

/** Of what is sent the network's own event tells, of a record and a signature what becomes of them. */
function mixEffect(hash: RollingHash, effect: Effect): void {
  hash.name(effect.type);
  switch (effect.type) {
    case 'send':
    case 'sign':
      return;
    case 'setTimer':
      hash.integers(effect.minMs, effect.maxMs, 0, 0);
      return hash.name(effect.name);
    case 'cancelTimer':
      return hash.name(effect.name);
    case 'store':
      return hash.name(effect.record.id);
    case 'discard':
      return hash.name(effect.record);
    case 'provision':
    case 'unprovision':
      hash.name(effect.grant.record);
      return hash.name(effect.grant.key);
    case 'lookup':
      return hash.name(effect.query.kind === 'addresses' ? effect.query.name : effect.query.address);
    case 'notify':
      return mixJson(hash, effect.notice);
  }
}

/** A value without bytes in it, by its shape and parts, in the order in which they were written. */
function mixJson(hash: RollingHash, value: unknown): void {
  if (typeof value === 'string') return hash.name(value);
  if (typeof value === 'number') return hash.integers(value, 3, 0, 0);
  if (typeof value !== 'object' || value === null) return hash.name(String(value));
  const names = Object.keys(value);
  hash.integers(names.length, Array.isArray(value) ? 4 : 5, 0, 0);
  for (const name of names) {
    hash.name(name);
    mixJson(hash, (value as { readonly [name: string]: unknown })[name]);
  }
}

function lineOf(event: RunEvent, protocol: Protocol): { readonly [field: string]: Json } {
  switch (event.type) {
    case 'sent': {
      const { id, bytes, source, to, toGroup, sender, repeats } = event.datagram;
      const said = {
        event: 'send',
        from: sender.host,
        interface: sender.interface,
        ...words(protocol, bytes),
        datagram: id,
      };
      const way = {
        source: endpointText(source),
        to: toGroup ? 'group' : endpointText(to),
        length: bytes.length,
      };
      return { ...said, ...way, ...(repeats === null ? {} : { repeats: repeats.id }) };
    }
    case 'fate':
      return {
        event: event.fate,
        from: event.datagram.sender.host,
        to: event.to.host,
        kind: protocol.describe(event.datagram.bytes).kind,
        datagram: event.datagram.id,
      };
    case 'step': {
      const { host, cell, state, input, effects, heard } = event;
      const heardWords =
        heard === null
          ? {}
          : { kind: protocol.describe(heard.bytes).kind, datagram: heard.id, from: heard.sender.host };
      return {
        event: 'step',
        host,
        input: inputText(input),
        ...heardWords,
        cell: `${cell.situation} / ${cell.event}`,
        situation: state.situation,
        effects: effects.map(effectText),
      };
    }
    case 'stored':
      return { event: 'stored', host: event.host, record: event.record.id };
    case 'threw': {
      const { host, message, cell } = event;
      return { event: 'threw', host, message, ...(cell === null ? {} : { cell: `${cell.situation} / ${cell.event}` }) };
    }
    case 'booted':
    case 'crashed':
    case 'discarded':
    case 'authorized':
    case 'withdrawn':
    case 'failed':
    case 'moved': {
      const { type, atUs: _, ...rest } = event;
      return { event: type, ...rest };
    }
    case 'script':
      return { event: 'script', what: event.what };
  }
}

function words(protocol: Protocol, bytes: Uint8Array): { readonly kind: string; readonly fields: Json } {
  const { kind, fields } = protocol.describe(bytes);
  return { kind, fields };
}

export function inputText(input: Input): string {
  switch (input.type) {
    case 'timer':
      return `timer ${input.name}`;
    case 'outcome':
      return `outcome of ${input.outcome.of}: ${input.outcome.ok ? 'ok' : input.outcome.reason}`;
    case 'command':
      return `command ${input.command.name}`;
    case 'start':
      return `start, ${input.phrase === null ? 'no phrase' : 'a phrase'}, ${input.records.length} records`;
    case 'datagram':
    case 'interfaces':
    case 'resumed':
      return input.type;
  }
}

function effectText(effect: Effect): string {
  switch (effect.type) {
    case 'send':
      return `send ${effect.bytes.length} B to ${effect.to === 'group' ? 'group' : endpointText(effect.to)} on ${effect.interface ?? 'any'}`;
    case 'setTimer':
      return `setTimer ${effect.name} ${effect.minMs}..${effect.maxMs} ms`;
    case 'cancelTimer':
      return `cancelTimer ${effect.name}`;
    case 'store':
      return `store ${effect.record.id}`;
    case 'discard':
      return `discard ${effect.record}`;
    case 'provision':
    case 'unprovision':
      return `${effect.type} ${effect.grant.record} ${effect.grant.key}`;
    case 'sign':
      return `sign ${effect.bytes.length} B for ${effect.namespace}`;
    case 'lookup':
      return `lookup ${effect.query.kind} of ${effect.query.kind === 'addresses' ? effect.query.name : effect.query.address}`;
    case 'notify':
      return `notify ${JSON.stringify(effect.notice)}`;
  }
}
