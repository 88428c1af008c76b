/** What can be said of a run when it is over, host by host: made from its events, and all that expectations need. */
import { toHex } from '../protocol/bytes.ts';
import type { Effect, Grant, Notice, Phrase, Protocol, StoredRecord } from '../protocol/contract.ts';
import type { RunEvent, StepEvent, Watch } from './events.ts';
import type { HostSpec, Scenario } from './scenario/scenario.ts';
import type { Subject } from './subject.ts';

export interface Pairing {
  readonly atUs: number;
  readonly boot: number;
  /** ssh key of the peer, and its machine's name if it is one of the scenario's. */
  readonly key: string;
  readonly peer: string | null;
  readonly record: string;
}

export interface SeenNotice {
  readonly atUs: number;
  readonly boot: number;
  readonly notice: Notice;
}

export interface HostSummary {
  readonly name: string;
  readonly key: string;
  up: boolean;
  boot: number;
  situation: string | null;
  readonly pairings: Pairing[];
  /** Every line that ever came into authorized_keys. */
  readonly authorized: (Grant & { readonly atUs: number; readonly boot: number })[];
  lines: readonly Grant[];
  readonly records: Map<string, StoredRecord>;
  /** Without `refused`: those are only counted, as `refused` and as `refused <rule>`. */
  readonly notices: SeenNotice[];
  readonly noticeCounts: Map<string, number>;
  /** Phrases typed and not refused, as hex of the protocol's key, with the boot: secret, never printed. */
  readonly typed: { readonly boot: number; readonly phraseKey: string }[];
  /** By kind; only for hosts of which a scenario expects a number. */
  readonly sent: Map<string, number>;
  /** Side effects that the world made fail. */
  failures: number;
}

export interface Summary {
  readonly hosts: ReadonlyMap<string, HostSummary>;
  readonly threw: { readonly host: string; readonly message: string; readonly atUs: number }[];
  deliveries: number;
  steps: number;
}

/** Notices kept for one host: a scenario's expectations look at the first ones. */
const noticesMax = 10_000;

/** Call `watch` with every event; `summary` is up to date at any time. */
export function summarize(
  scenario: Scenario,
  subject: Subject,
  keys: ReadonlyMap<string, string>,
): { readonly summary: Summary; readonly watch: Watch } {
  const hosts = new Map<string, HostSummary>(
    scenario.hosts.map(({ name }) => [name, emptySummary(name, keys.get(name) ?? '')]),
  );
  const owners = new Map([...keys].map(([name, key]) => [key, name]));
  for (const spec of scenario.hosts) noteHeld(hosts.get(spec.name), spec, keys);
  const counted = new Set(scenario.expect.flatMap((one) => (one.that === 'sends' ? [one.host] : [])));
  const summary: Summary = { hosts, threw: [], deliveries: 0, steps: 0 };
  const watch = (event: RunEvent): void => {
    switch (event.type) {
      case 'fate':
        if (event.fate === 'delivered') summary.deliveries++;
        return;
      case 'sent':
        // To read each datagram costs more than to make it: only for those who ask.
        if (counted.has(event.datagram.sender.host))
          countSent(hosts.get(event.datagram.sender.host), event.datagram.bytes, subject.protocol);
        return;
      case 'script':
        return;
      case 'threw':
        summary.threw.push({ host: event.host, message: event.message, atUs: event.atUs });
        return;
      case 'step': {
        summary.steps++;
        const host = hosts.get(event.host);
        if (host !== undefined) noteStep(host, event, event.atUs, subject, owners);
        return;
      }
      case 'booted':
      case 'crashed':
      case 'stored':
      case 'discarded':
      case 'authorized':
      case 'withdrawn':
      case 'failed':
      case 'moved': {
        const host = hosts.get(event.host);
        if (host !== undefined) note(host, event);
      }
    }
  };
  return { summary, watch };
}

function note(
  host: HostSummary,
  event: Exclude<RunEvent, { type: 'fate' | 'sent' | 'script' | 'threw' | 'step' }>,
): void {
  switch (event.type) {
    case 'booted':
      host.up = true;
      host.boot = event.boot;
      return;
    case 'crashed':
      host.up = false;
      host.situation = null;
      return;
    case 'stored':
      host.records.set(event.record.id, event.record);
      return;
    case 'discarded':
      host.records.delete(event.record);
      return;
    case 'authorized': {
      const line = { record: event.record, key: event.key };
      host.lines = [...host.lines, line];
      host.authorized.push({ ...line, atUs: event.atUs, boot: host.boot });
      return;
    }
    case 'withdrawn':
      host.lines = host.lines.filter((line) => line.record !== event.record || line.key !== event.key);
      return;
    case 'failed':
      host.failures++;
      return;
    case 'moved':
      return;
  }
}

function noteStep(
  host: HostSummary,
  event: StepEvent,
  atUs: number,
  subject: Subject,
  owners: ReadonlyMap<string, string>,
): void {
  const { input, boot } = event;
  host.situation = event.state.situation;
  const phrase: Phrase | null =
    input.type === 'start'
      ? input.phrase
      : input.type === 'command' && input.command.name === 'phrase'
        ? input.command.phrase
        : null;
  if (phrase !== null && !event.effects.some(refusesPhrase))
    host.typed.push({ boot, phraseKey: toHex(subject.phraseKey(phrase.text)) });
  for (const effect of event.effects) {
    if (effect.type !== 'notify') continue;
    const { notice } = effect;
    host.noticeCounts.set(notice.event, (host.noticeCounts.get(notice.event) ?? 0) + 1);
    if (notice.event === 'refused') {
      const rule = `refused ${notice.refusal.rule}`;
      host.noticeCounts.set(rule, (host.noticeCounts.get(rule) ?? 0) + 1);
    } else if (host.notices.length < noticesMax) host.notices.push({ atUs, boot, notice });
    if (notice.event === 'paired') {
      const { key } = notice.peer;
      host.pairings.push({ atUs, boot, key, peer: owners.get(key) ?? null, record: notice.record });
    }
  }
}

/** The phrase is unfit, or another one is in use. */
function refusesPhrase(effect: Effect): boolean {
  if (effect.type !== 'notify') return false;
  const { notice } = effect;
  return notice.event === 'phraseRefused' || (notice.event === 'trouble' && notice.what === 'phrase');
}

/** What came of earlier pairings: both typed one phrase then, and whoever holds a whole one was paired. */
function noteHeld(host: HostSummary | undefined, { name, holds }: HostSpec, keys: ReadonlyMap<string, string>): void {
  if (host === undefined) return;
  for (const { peer, as } of holds) {
    host.typed.push({ boot: 0, phraseKey: `an earlier pairing of ${[name, peer].toSorted().join(' and ')}` });
    if (as === 'whole') host.pairings.push({ atUs: 0, boot: 0, key: keys.get(peer) ?? '', peer, record: '' });
  }
}

function countSent(host: HostSummary | undefined, bytes: Uint8Array, protocol: Protocol): void {
  if (host === undefined) return;
  const { kind } = protocol.describe(bytes);
  host.sent.set(kind, (host.sent.get(kind) ?? 0) + 1);
}

function emptySummary(name: string, key: string): HostSummary {
  return {
    name,
    key,
    up: false,
    boot: 0,
    situation: null,
    pairings: [],
    authorized: [],
    lines: [],
    records: new Map(),
    notices: [],
    noticeCounts: new Map(),
    typed: [],
    sent: new Map(),
    failures: 0,
  };
}
