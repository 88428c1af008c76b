/**
 * From a proven partner to an installed key, and back: write the record, then install the key, then speak; take back in
 * the opposite order. So a crash at any point leaves either nothing, or a record that says what is unfinished.
 */
import type { Effect, EndReason, Json, Notice, StoredRecord, Suite } from '../contract.ts';
import type { Turn } from '../table.ts';
import { viewOf, withText } from './conversation.ts';
import type { Event } from './events.ts';
import {
  type AnnexBody,
  askingRecord,
  bodyOf,
  type Sent,
  type Step,
  storedRecord,
  withoutRecord,
  withRecord,
} from './record.ts';
import { cancelTimers, sendAll, setTimer, spoken } from './speech.ts';
import { type AnnexState, type Candidate, type Conversation, limits, type Role, times } from './state.ts';

type On<T extends Event['type']> = Event & { readonly type: T };

/** Write the record of this partner; what depends on it waits for `stored`. */
export function startGranting(state: AnnexState, role: Role, candidate: Candidate, suite: Suite): Turn<AnnexState> {
  const { partner, heard } = candidate;
  const uuids = role === 'initiator' ? [state.own ?? ''] : candidate.uuids;
  const record = candidate.candidate;
  const current: Conversation = {
    role,
    uuids,
    record,
    partner,
    heard,
    writing: null,
    resumed: false,
    previous: finishedBefore(state.records, record),
  };
  const granting: AnnexState = {
    ...state,
    situation: 'Granting',
    current,
    requests: [],
    rivals: without(state.rivals, record),
    patience: 'none',
  };
  const [written, effects] = writeRecord(granting, 'pairing', `pairing ${record}`, { sent: owed(granting, suite) });
  const [next, discarded] = discardAsking(written);
  return [
    next,
    [
      ...cancelTimers('ask', 'repeat', 'patience'),
      { type: 'notify', notice: { event: 'proven', record, peer: viewOf(partner) } },
      ...effects,
      ...discarded,
    ],
  ];
}

/** Go on with a stored conversation whose phrase was typed again: the key may or may not be installed; once more is once. */
export function resumeGranting(state: AnnexState, current: Conversation, asked: string | null): Turn<AnnexState> {
  const own = current.role === 'initiator' ? (current.uuids[0] ?? null) : asked;
  // A crash may have come between the record of the answer and the end of the one that asked.
  const [unasked, discarded] = discardAsking(state);
  const next: AnnexState = { ...unasked, situation: 'Granting', current, own, requests: [] };
  return [next, [...cancelTimers('ask'), ...discarded, provision(current)]];
}

export function stored(state: AnnexState): Turn<AnnexState> {
  return [state, state.current === null ? [] : [provision(state.current)]];
}

export function storeFailed(state: AnnexState, event: On<'storeFailed'>): Turn<AnnexState> {
  const { current } = state;
  const records = current === null ? state.records : restored(state.records, current);
  return end({ ...state, records }, 'storage', event.reason);
}

/** Installing is all or nothing, so there is only the record to take back, and what an earlier life let in. */
export function grantFailed(state: AnnexState, event: On<'grantFailed'>): Turn<AnnexState> {
  const { current } = state;
  if (current === null) return end(state, 'provision', event.reason);
  const [undoing, effects] = current.resumed
    ? undo(state, 'provision')
    : [leaving(state, 'provision'), discardCurrent(current)];
  const trouble: Notice = { event: 'trouble', what: 'installing the key', reason: event.reason };
  return [undoing, [{ type: 'notify', notice: trouble }, ...effects]];
}

/** The responder speaks from here on; nothing about its answer was on the wire before the key was installed. */
export function startAnswering(state: AnnexState, suite: Suite): Turn<AnnexState> {
  const answering: AnnexState = { ...state, situation: 'Answering' };
  return [
    answering,
    [
      { type: 'notify', notice: { event: 'seeking', role: 'answering' } },
      ...sendAll(answering, answers(answering, suite)),
      setTimer('repeat', times.repeat),
    ],
  ];
}

export function answers(state: AnnexState, suite: Suite): readonly Sent[] {
  return (state.current?.uuids ?? []).flatMap((uuid) => spoken(state, 'PairAck', uuid, suite));
}

/** Take back what this session granted. An older pairing with the same key is given back instead of taken away. */
export function undo(state: AnnexState, ending: EndReason): Turn<AnnexState> {
  const { current } = state;
  if (current === null) return end(state, ending, '');
  const undoing = leaving(state, ending);
  const quiet = cancelTimers('repeat', 'patience', 'linger', 'window');
  if (ending !== 'forgotten' && current.previous !== null) return [undoing, [...quiet, ...discardCurrent(current)]];
  return [undoing, [...quiet, { type: 'unprovision', id: `undo ${current.record}`, grant: grantOf(current) }]];
}

/** Nothing of the session matters any more but what has to be taken back. */
function leaving(state: AnnexState, ending: EndReason): AnnexState {
  return { ...state, situation: 'Undoing', own: null, rivals: [], patience: 'none', ladder: null, ending };
}

/** The key is gone: now, and only now, the record may go as well. */
export function undone(state: AnnexState, event: On<'undone'>): Turn<AnnexState> {
  const { current } = state;
  const ending = state.ending ?? 'cancelled';
  if (current === null) return end(state, ending, '');
  if (event.what === 'discarded') return end({ ...state, records: restored(state.records, current) }, ending, '');
  const revoked: Effect = {
    type: 'notify',
    notice: { event: 'revoked', record: current.record, key: current.partner.sshKey },
  };
  const forgetting = ending === 'forgotten' ? { ...current, previous: null } : current;
  return [{ ...state, current: forgetting }, [revoked, ...discardCurrent(forgetting)]];
}

/** The record stays, so that what could not be taken back stays visible. */
export function undoFailed(state: AnnexState, event: On<'undoFailed'>): Turn<AnnexState> {
  const why = `could not take back what was granted: ${event.reason}`;
  const [ended, effects] = end(state, state.ending ?? 'cancelled', why);
  return [ended, [...left(state), ...effects]];
}

function left({ current, records }: AnnexState): readonly Effect[] {
  if (current === null) return [];
  const { record, partner } = current;
  const step = storedBody(records, record)?.step ?? 'pairing';
  return [{ type: 'notify', notice: { event: 'unfinished', record, peer: viewOf(partner), step } }];
}

/** End for good: the phrase goes, timers stop, a request of ours that nobody answered is forgotten. */
export function end(state: AnnexState, reason: EndReason, detail: string): Turn<AnnexState> {
  const [rest, discarded] = reason === 'storage' ? [state, []] : discardAsking(state);
  const ended: AnnexState = {
    ...rest,
    situation: 'Ended',
    secrets: null,
    requests: [],
    own: null,
    current: null,
    rivals: [],
    patience: 'none',
    ladder: null,
    ending: null,
  };
  return [
    ended,
    [
      ...cancelTimers('ask', 'repeat', 'patience', 'linger', 'window'),
      ...discarded,
      { type: 'notify', notice: { event: 'ended', reason, detail } },
    ],
  ];
}

// -------------------------------------------------------------------------------------------------------------- forget

/** Take back a stored pairing that is not the one going on: key first, then record. */
export function forget(state: AnnexState, event: On<'forget'>): Turn<AnnexState> {
  if (state.current?.record === event.record) return undo(state, 'forgotten');
  return forgetStored(state, event);
}

export function forgetStored(state: AnnexState, event: { readonly record: string }): Turn<AnnexState> {
  const record = state.records.find(({ id }) => id === event.record);
  const peer = record === undefined ? null : (bodyOf(record)?.peer ?? null);
  if (peer === null) {
    return [
      state,
      [
        {
          type: 'notify',
          notice: { event: 'trouble', what: `forget ${event.record}`, reason: 'there is no such record' },
        },
      ],
    ];
  }
  return [
    state,
    [{ type: 'unprovision', id: `forget ${event.record}`, grant: { record: event.record, key: peer.sshKey } }],
  ];
}

export function forgetStep(state: AnnexState, event: On<'forgetStep'>): Turn<AnnexState> {
  const { outcome, step, record } = event;
  if (!('ok' in outcome) || !outcome.ok) {
    return [
      state,
      [{ type: 'notify', notice: { event: 'trouble', what: `forget ${record}`, reason: outcome.reason } }],
    ];
  }
  if (step === 'forget') return [state, [{ type: 'discard', id: `forgotten ${record}`, record }]];
  const gone = state.records.find(({ id }) => id === record);
  const key = gone === undefined ? '' : (bodyOf(gone)?.peer?.sshKey ?? '');
  return [
    { ...state, records: withoutRecord(state.records, record) },
    [{ type: 'notify', notice: { event: 'revoked', record, key } }],
  ];
}

// -------------------------------------------------------------------------------------------------------------- records

/** What a record says beyond the conversation itself; what is not given stays as it was stored. */
interface Written {
  /** Our datagrams for the partner, signed afresh. */
  readonly sent?: readonly Sent[];
  readonly host?: string;
}

/** Write the current conversation down at this step, with what we may have to say again of it. */
export function writeRecord(state: AnnexState, step: Step, id: string, written: Written = {}): Turn<AnnexState> {
  const { current } = state;
  if (current === null) return [state, []];
  const record = storedRecord(current.record, bodyFor(state, current, step, written));
  return [{ ...state, records: withRecord(state.records, record) }, [{ type: 'store', id, record }]];
}

/** What the partner of this conversation needs to hear of us: an initiator's PairDone, a responder's PairAck. */
export function owed(state: AnnexState, suite: Suite): readonly Sent[] {
  const { current } = state;
  return current === null
    ? []
    : spoken(state, current.role === 'initiator' ? 'PairDone' : 'PairAck', current.uuids[0] ?? '', suite);
}

function bodyFor(state: AnnexState, current: Conversation, step: Step, { sent, host }: Written): AnnexBody {
  const { hostName, userName, directory, sshKey } = state.self;
  const before = storedBody(state.records, current.record);
  return {
    version: 1,
    step,
    role: current.role,
    uuids: current.writing === null ? current.uuids : withText(current.uuids, current.writing, limits.uuidsMax),
    own: state.own,
    self: { hostName, userName, directory, sshKey },
    peer: current.partner,
    sent: sent ?? before?.sent ?? [],
    heard: current.heard,
    host: host ?? before?.host ?? null,
    previous: step === 'pairing' ? current.previous : null,
  };
}

function storedBody(records: readonly StoredRecord[], id: string): AnnexBody | null {
  const record = records.find((candidate) => candidate.id === id);
  return record === undefined ? null : bodyOf(record);
}

/** The body to give back if this new attempt with an already paired key is cancelled. */
function finishedBefore(records: readonly StoredRecord[], id: string): Json {
  const record = records.find((candidate) => candidate.id === id);
  const body = record === undefined ? null : bodyOf(record);
  if (record === undefined || body === null) return null;
  return body.step === 'paired' ? record.body : body.previous;
}

/** The records as they are when the current conversation never was. */
function restored(records: readonly StoredRecord[], current: Conversation): readonly StoredRecord[] {
  if (current.previous === null) return withoutRecord(records, current.record);
  return withRecord(records, { id: current.record, protocol: 'annex', body: current.previous });
}

function discardCurrent(current: Conversation): readonly Effect[] {
  const id = `discarded ${current.record}`;
  if (current.previous === null) return [{ type: 'discard', id, record: current.record }];
  return [{ type: 'store', id, record: { id: current.record, protocol: 'annex', body: current.previous } }];
}

export function discardAsking(state: AnnexState): Turn<AnnexState> {
  if (!state.records.some(({ id }) => id === askingRecord)) return [state, []];
  const records = withoutRecord(state.records, askingRecord);
  return [{ ...state, records }, [{ type: 'discard', id: `unasked ${askingRecord}`, record: askingRecord }]];
}

function provision(current: Conversation): Effect {
  return { type: 'provision', id: `grant ${current.record}`, grant: grantOf(current) };
}

function grantOf(current: Conversation): { readonly record: string; readonly key: string } {
  return { record: current.record, key: current.partner.sshKey };
}

function without(rivals: readonly Candidate[], candidate: string): readonly Candidate[] {
  return rivals.filter((rival) => rival.candidate !== candidate);
}
