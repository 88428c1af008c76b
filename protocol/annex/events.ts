/**
 * What an input means to `annex`, here and now: every input becomes exactly one event, purely. Proof is a reading, too:
 * an event is called proven only when the digest is right for the phrase that we hold.
 */
import { usablePeerAddress } from '../address.ts';
import type { Command, Input, Interface, Outcome, Refusal, StartInput, StoredRecord, Suite } from '../contract.ts';
import { parseSshKey } from '../ssh-key.ts';
import { verify } from './digest.ts';
import type { Message } from './message.ts';
import { phraseKey } from './phrase.ts';
import { phraseFault } from './phrase-rules.ts';
import { read } from './reader.ts';
import { bodyOf, heardDigest, recordId, reopenable } from './record.ts';
import type { AnnexState, Candidate, Role } from './state.ts';

type Datagram = Extract<Input, { type: 'datagram' }>;

/** A proven datagram of a partner, ready for use. */
export interface Proven {
  readonly message: Message;
  readonly uuid: string;
  readonly partner: Candidate;
  readonly from: Datagram;
}

export type Event =
  | { readonly type: 'begin'; readonly start: StartInput }
  // The person
  | { readonly type: 'phraseGiven'; readonly key: Uint8Array }
  | { readonly type: 'phraseUnfit'; readonly rule: string; readonly advice: string }
  | { readonly type: 'choose'; readonly candidate: string }
  | { readonly type: 'cancel' }
  | { readonly type: 'nudge' }
  | { readonly type: 'forget'; readonly record: string }
  | { readonly type: 'otherCommand'; readonly name: string }
  // Datagrams
  | {
      readonly type: 'requestHeard' | 'requestUnproven';
      readonly message: Message;
      readonly partner: Candidate;
      readonly from: Datagram;
    }
  | ({ readonly type: 'requestProven' } & Proven)
  /** A proven request of the one we are already with. */
  | ({ readonly type: 'requestAgain' } & Proven)
  | ({ readonly type: 'ackProven' } & Proven)
  /** A PairAck of a pairing that we finished, as its initiator: proven, or byte-equal to a proven one. */
  | { readonly type: 'ackAgain'; readonly record: string; readonly proven: Proven | null; readonly from: Datagram }
  | ({ readonly type: 'doneProven' } & Proven)
  /** The UUID of our pairing, which everybody on the LAN can read, with a digest that the phrase did not make. */
  | { readonly type: 'badDigest'; readonly message: Message; readonly from: Datagram }
  | { readonly type: 'echo' }
  | { readonly type: 'clone'; readonly message: Message; readonly from: Datagram }
  | { readonly type: 'refused'; readonly refusal: Refusal; readonly from: Datagram }
  // Time
  | { readonly type: 'askTimer' | 'repeatTimer' | 'patienceTimer' | 'lingerTimer' | 'windowTimer' | 'unknownTimer' }
  // Outcomes
  | { readonly type: 'stored' | 'granted' | 'uuidStored' }
  | { readonly type: 'storeFailed' | 'grantFailed' | 'uuidStoreFailed'; readonly reason: string }
  | { readonly type: 'undone'; readonly what: 'undo' | 'discarded' }
  | { readonly type: 'undoFailed'; readonly reason: string }
  | { readonly type: 'forgetStep'; readonly outcome: Outcome; readonly step: string; readonly record: string }
  | { readonly type: 'regranted'; readonly record: string; readonly ok: boolean; readonly reason: string }
  | { readonly type: 'looked'; readonly answers: readonly string[] }
  | { readonly type: 'outcomeNoted' }
  | { readonly type: 'sideFailed'; readonly what: string; readonly reason: string }
  // The world
  | { readonly type: 'interfaces'; readonly interfaces: readonly Interface[] }
  | { readonly type: 'resumed'; readonly entropy: Uint8Array };

export function perceive(state: AnnexState, input: Input, suite: Suite): Event {
  switch (input.type) {
    case 'start':
      return { type: 'begin', start: input };
    case 'datagram':
      return perceiveDatagram(state, input, suite);
    case 'timer':
      return { type: timers.get(input.name) ?? 'unknownTimer' };
    case 'interfaces':
      return { type: 'interfaces', interfaces: input.interfaces };
    case 'command':
      return perceiveCommand(input.command);
    case 'outcome':
      return perceiveOutcome(state, input.outcome);
    case 'resumed':
      return { type: 'resumed', entropy: input.entropy };
  }
}

type TimerEvent = 'askTimer' | 'repeatTimer' | 'patienceTimer' | 'lingerTimer' | 'windowTimer';

const timers: ReadonlyMap<string, TimerEvent> = new Map([
  ['ask', 'askTimer'],
  ['repeat', 'repeatTimer'],
  ['patience', 'patienceTimer'],
  ['linger', 'lingerTimer'],
  ['window', 'windowTimer'],
]);

function perceiveCommand(command: Command): Event {
  switch (command.name) {
    case 'phrase': {
      const fault = phraseFault(command.phrase.text);
      return fault === null
        ? { type: 'phraseGiven', key: phraseKey(command.phrase.text) }
        : { type: 'phraseUnfit', ...fault };
    }
    case 'choose':
      return { type: 'choose', candidate: command.candidate };
    case 'cancel':
    case 'nudge':
      return { type: command.name };
    case 'forget':
      return { type: 'forget', record: command.record };
    case 'grant':
    case 'find':
      return { type: 'otherCommand', name: command.name };
  }
}

// ---------------------------------------------------------------------------------------------------------- datagrams

function perceiveDatagram(state: AnnexState, from: Datagram, suite: Suite): Event {
  const reading = read(from.bytes);
  if (!reading.ok) return { type: 'refused', refusal: reading.refusal, from };
  const { message } = reading;
  const uuid = message.data.pairUUID;
  if (uuid === null)
    return refused(from, 'misbehaved', 'no-uuid', 'a pairing without a UUID cannot be told from another');
  const key = parseSshKey(message.data.remoteSshPubKey);
  if (!key.ok) return { type: 'refused', refusal: key.refusal, from };
  if (key.key.text === state.self.sshKey) return perceiveOwnKey(state, message, uuid, from, suite);

  const secret = state.secrets?.key ?? null;
  const partner = candidateOf(message, uuid, key.key.text, from, suite);
  if (secret === null) return perceiveUnproven(state, message, partner, from, suite);
  if (!verify(message, secret, suite)) {
    const stored = message.stage === 'PairAck' ? reopenable(state.records, from.bytes, suite) : null;
    if (stored !== null) return { type: 'ackAgain', record: stored.id, proven: null, from };
    if (isCurrent(state, uuid)) return { type: 'badDigest', message, from };
    if (message.stage === 'PairReq') return { type: 'requestUnproven', message, partner, from };
    return refused(from, 'misbehaved', 'unknown-pairing', `a ${message.stage} for a pairing that is not ours`);
  }
  return perceiveProven(state, { message, uuid, partner, from });
}

/** A datagram with our own public key: we hear ourselves, or somebody repeats us; or this machine was cloned. */
function perceiveOwnKey(state: AnnexState, message: Message, uuid: string, from: Datagram, suite: Suite): Event {
  const secret = state.secrets?.key ?? null;
  if (isKnown(state, uuid) || secret === null || !verify(message, secret, suite)) return { type: 'echo' };
  return { type: 'clone', message, from };
}

/** Without a phrase nothing can be proven; what was proven before the phrase went is recognised byte by byte. */
function perceiveUnproven(
  state: AnnexState,
  message: Message,
  partner: Candidate,
  from: Datagram,
  suite: Suite,
): Event {
  if (message.stage === 'PairReq') return { type: 'requestHeard', message, partner, from };
  const stored = message.stage === 'PairAck' ? reopenable(state.records, from.bytes, suite) : null;
  if (stored !== null) return { type: 'ackAgain', record: stored.id, proven: null, from };
  const known = partner.uuids.some((uuid) => isCurrent(state, uuid)) ? 'whose phrase is gone' : 'that is not ours';
  return refused(from, 'misbehaved', 'unknown-pairing', `a ${message.stage} for a pairing ${known}`);
}

function perceiveProven(state: AnnexState, proven: Proven): Event {
  const { message, uuid, partner } = proven;
  const { current } = state;
  const same = current !== null && current.record === partner.candidate;
  switch (message.stage) {
    case 'PairReq':
      if (!same && finishedRecord(state, partner.candidate, uuid, 'responder') !== null) {
        return refused(proven.from, 'misbehaved', 'finished-pairing', 'a PairReq of a pairing whose PairDone we had');
      }
      return { type: same ? 'requestAgain' : 'requestProven', ...proven };
    case 'PairAck': {
      if (same && current.role === 'initiator' && uuid === state.own) {
        return { type: 'ackAgain', record: current.record, proven, from: proven.from };
      }
      const finished = finishedRecord(state, partner.candidate, uuid, 'initiator');
      if (finished !== null) return { type: 'ackAgain', record: finished.id, proven, from: proven.from };
      if (uuid === state.own) return { type: 'ackProven', ...proven };
      return refused(proven.from, 'misbehaved', 'unknown-pairing', 'a PairAck that answers no request of ours');
    }
    case 'PairDone':
      if (current?.role === 'responder' && current.uuids.includes(uuid)) {
        if (same) return { type: 'doneProven', ...proven };
        return refused(
          proven.from,
          'misbehaved',
          'partner-changed',
          'a PairDone with another key than the request that we answered',
        );
      }
      return refused(proven.from, 'misbehaved', 'unknown-pairing', 'a PairDone for a request that we did not answer');
  }
}

/** A responder's record is finished when it heard PairDone; an initiator's as soon as it proved the PairAck. */
function finishedRecord(state: AnnexState, id: string, uuid: string, role: Role): StoredRecord | null {
  const record = state.records.find((stored) => stored.id === id);
  const body = record === undefined ? null : bodyOf(record);
  if (body === null || body.role !== role || !body.uuids.includes(uuid)) return null;
  const finished = role === 'initiator' ? body.step !== 'asking' : body.step === 'paired';
  return finished ? (record ?? null) : null;
}

/** Of the pairing that is going on. */
function isCurrent(state: AnnexState, uuid: string): boolean {
  return state.own === uuid || (state.current?.uuids.includes(uuid) ?? false);
}

function isKnown(state: AnnexState, uuid: string): boolean {
  return isCurrent(state, uuid) || state.records.some((stored) => bodyOf(stored)?.uuids.includes(uuid));
}

/** What a proven message says of its sender. The signed address counts; where it is no address of a peer, the source does. */
function candidateOf(message: Message, uuid: string, sshKey: string, from: Datagram, suite: Suite): Candidate {
  const { data } = message;
  const onLoopback = from.source.address.startsWith('127.');
  const address = usablePeerAddress(message.address, onLoopback) === null ? message.address : from.source.address;
  return {
    candidate: recordId(sshKey, suite),
    uuids: [uuid],
    partner: {
      hostName: data.remoteHostName ?? '',
      userName: data.remoteUserName,
      directory: data.remoteDirectory,
      sshKey,
      addresses: [address],
    },
    heard: message.stage === 'PairAck' ? [heardDigest(from.bytes, suite)] : [],
  };
}

function refused(from: Datagram, fault: Refusal['fault'], rule: string, detail: string): Event {
  return { type: 'refused', refusal: { fault, rule, detail }, from };
}

// ------------------------------------------------------------------------------------------------------------ outcomes

/**
 * Ids of effects are `<step> <record>`, so that an outcome says by itself what it belongs to, also after the conversation
 * has gone on. An outcome of a step that is no longer awaited is noted and changes nothing.
 */
function perceiveOutcome(state: AnnexState, outcome: Outcome): Event {
  if (outcome.of === 'send')
    return { type: 'sideFailed', what: `send on ${outcome.interface}`, reason: outcome.reason };
  const space = outcome.id.indexOf(' ');
  const step = outcome.id.slice(0, space);
  const subject = outcome.id.slice(space + 1);
  const awaited = state.current?.record === subject;
  switch (step) {
    case 'pairing':
      if (!awaited || state.situation !== 'Granting') return noted(outcome);
      return outcome.ok ? { type: 'stored' } : { type: 'storeFailed', reason: outcome.reason };
    case 'grant':
      if (!awaited || state.situation !== 'Granting') return noted(outcome);
      return outcome.ok ? { type: 'granted' } : { type: 'grantFailed', reason: outcome.reason };
    case 'uuid':
      if (!awaited || state.situation !== 'Answering') return noted(outcome);
      return outcome.ok ? { type: 'uuidStored' } : { type: 'uuidStoreFailed', reason: outcome.reason };
    case 'undo':
    case 'discarded':
      if (!awaited || state.situation !== 'Undoing') return noted(outcome);
      return outcome.ok ? { type: 'undone', what: step } : { type: 'undoFailed', reason: outcome.reason };
    case 'forget':
    case 'forgotten':
      return { type: 'forgetStep', outcome, step, record: subject };
    case 'regrant':
      return { type: 'regranted', record: subject, ok: outcome.ok, reason: outcome.ok ? '' : outcome.reason };
    case 'lookup':
      if (state.ladder === null || subject !== `${state.ladder.rung} ${state.ladder.name}`) return noted(outcome);
      return { type: 'looked', answers: outcome.of === 'lookup' && outcome.ok ? outcome.answers : [] };
    default:
      return noted(outcome);
  }
}

function noted(outcome: Exclude<Outcome, { of: 'send' }>): Event {
  return outcome.ok ? { type: 'outcomeNoted' } : { type: 'sideFailed', what: outcome.id, reason: outcome.reason };
}
