/**
 * Finding the one to pair with: listening, asking, and whose request counts when both ask.
 *
 * Crossing requests: both sides asked, each with a UUID of its own. The smaller UUID's request is the one that is
 * answered. Two lanpairs converge on it at once. A git-annex does not know the rule, and its person may never press
 * Respond on ours: so the holder of the smaller UUID insists only for `patience`, and then answers the larger one; and
 * while answering, a PairAck to our own smaller request still wins.
 */
import { equalBytes, toHex } from '../bytes.ts';
import type { Effect, PeerView, StartInput, Suite } from '../contract.ts';
import { parseSshKey } from '../ssh-key.ts';
import type { Turn } from '../table.ts';
import { union, viewOf, withText } from './conversation.ts';
import { verify } from './digest.ts';
import type { Event } from './events.ts';
import { discardAsking, end, resumeGranting, startGranting } from './granting.ts';
import { phraseKey } from './phrase.ts';
import { phraseFault } from './phrase-rules.ts';
import { read } from './reader.ts';
import { type AnnexBody, askingRecord, bodyOf, conversationOf, storedRecord, withRecord } from './record.ts';
import { cancelTimers, identityFault, sendAll, setTimer, spoken } from './speech.ts';
import { type AnnexState, type Candidate, type Conversation, type HeardRequest, limits, times } from './state.ts';

type On<T extends Event['type']> = Event & { readonly type: T };

export function begin(state: AnnexState, { start }: On<'begin'>, suite: Suite): Turn<AnnexState> {
  const records = start.records
    .filter((record) => bodyOf(record) !== null)
    .slice(0, limits.recordsMax)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const { self, interfaces, peers, windowMs } = start;
  const begun: AnnexState = {
    ...state,
    self,
    interfaces,
    peers,
    windowMs,
    records,
    secrets: { entropy: start.entropy, key: null },
  };
  const key = parseSshKey(self.sshKey);
  if (!key.ok) return end(begun, 'identity', `our own ssh key cannot be used: ${key.refusal.detail}`);
  const fault = identityFault({ ...self, sshKey: key.key.text });
  if (fault !== null) return end(begun, 'identity', fault);

  const listening: AnnexState = { ...begun, situation: 'Listening', self: { ...self, sshKey: key.key.text } };
  const [next, effects] = firstPhrase(listening, start, suite);
  return [
    next,
    [setTimer('window', { minMs: windowMs, maxMs: windowMs }), ...unreadable(start), ...unfinished(next), ...effects],
  ];
}

function firstPhrase(state: AnnexState, { phrase }: StartInput, suite: Suite): Turn<AnnexState> {
  if (phrase === null) return [state, [{ type: 'notify', notice: { event: 'seeking', role: 'listening' } }]];
  const fault = phraseFault(phrase.text);
  if (fault !== null) return phraseUnfit(state, { type: 'phraseUnfit', ...fault });
  return phraseGiven(state, { type: 'phraseGiven', key: phraseKey(phrase.text) }, suite);
}

/** Records that are not of `annex` are none of our business; ours that cannot be read are said, and left alone. */
function unreadable({ records }: StartInput): readonly Effect[] {
  return records
    .filter((record) => record.protocol === 'annex' && bodyOf(record) === null)
    .map(({ id }) => ({
      type: 'notify',
      notice: {
        event: 'trouble',
        what: `record ${id}`,
        reason: 'it is damaged or of a newer version; it was left as it is',
      },
    }));
}

/**
 * What a crash left. An initiator had proven the answer before it stored: installing goes on without the phrase. A
 * responder still has to hear a PairDone, and proving it takes the phrase.
 */
function unfinished({ records, current }: AnnexState): readonly Effect[] {
  return records.flatMap((record): readonly Effect[] => {
    const body = bodyOf(record);
    // The phrase that we were started with goes on with this one by itself.
    if (body === null || body.peer === null || body.step !== 'pairing' || record.id === current?.record) return [];
    if (body.role === 'initiator') {
      return [{ type: 'provision', id: `regrant ${record.id}`, grant: { record: record.id, key: body.peer.sshKey } }];
    }
    return [
      {
        type: 'notify',
        notice: { event: 'unfinished', record: record.id, peer: viewOf(body.peer), step: body.step },
      },
    ];
  });
}

// -------------------------------------------------------------------------------------------------------------- phrase

/** A phrase proves what was heard before it; else it waits for a request, and then asks. */
export function phraseGiven(state: AnnexState, { key }: On<'phraseGiven'>, suite: Suite): Turn<AnnexState> {
  const entropy = state.secrets?.entropy ?? new Uint8Array(32);
  const [unasked, discarded] = state.own === null ? [state, []] : discardAsking(state);
  const fresh: AnnexState = { ...unasked, secrets: { entropy, key }, own: null, rivals: [], patience: 'none' };
  const [next, effects] = prove(fresh, key, suite);
  return [next, [...cancelTimers('ask', 'repeat', 'patience'), ...discarded, ...effects]];
}

function prove(state: AnnexState, key: Uint8Array, suite: Suite): Turn<AnnexState> {
  const interrupted = interruptedBy(state, key, suite);
  if (interrupted !== null) return resumeGranting(state, interrupted.conversation, interrupted.own);
  const proven = state.requests.filter(({ message }) => verify(message, key, suite)).reduce(joined, []);
  const [first, ...others] = proven;
  if (first !== undefined && others.length === 0) return grantFor(state, first, suite);
  if (first !== undefined) return choosing({ ...state, rivals: proven });
  const seeking: AnnexState = { ...state, situation: 'Seeking', requests: [] };
  return [seeking, [setTimer('ask', times.ask), { type: 'notify', notice: { event: 'seeking', role: 'listening' } }]];
}

/** The unfinished conversation that this phrase belongs to: our own stored datagram tells. */
function interruptedBy(state: AnnexState, key: Uint8Array, suite: Suite): Interrupted | null {
  for (const record of state.records) {
    const body = bodyOf(record);
    if (body?.step !== 'pairing' || !signedWith(body, key, suite)) continue;
    const conversation = conversationOf(record.id, body);
    if (conversation !== null) return { conversation, own: body.own };
  }
  return null;
}

interface Interrupted {
  readonly conversation: Conversation;
  readonly own: string | null;
}

function signedWith(body: AnnexBody, key: Uint8Array, suite: Suite): boolean {
  const [sent] = body.sent;
  if (sent === undefined) return false;
  const reading = read(Uint8Array.from(sent.datagram, (character) => character.charCodeAt(0)));
  return reading.ok && verify(reading.message, key, suite);
}

export function phraseUnfit(state: AnnexState, { rule, advice }: On<'phraseUnfit'>): Turn<AnnexState> {
  return [state, [{ type: 'notify', notice: { event: 'phraseRefused', rule, advice } }]];
}

/** The phrase cannot be changed once a partner was proven with it. */
export function phraseTooLate(state: AnnexState): Turn<AnnexState> {
  const advice = 'A partner was already proven with the first phrase. Cancel, and start again with the other one.';
  return [state, [{ type: 'notify', notice: { event: 'phraseRefused', rule: 'phrase-late', advice } }]];
}

// -------------------------------------------------------------------------------------------------------------- asking

/** Nobody's request was proven: ask. A crashed request with the same phrase is taken up again, UUID and all. */
export function ask(state: AnnexState, suite: Suite): Turn<AnnexState> {
  const key = state.secrets?.key ?? null;
  if (key === null) return [state, []];
  const own = askedBefore(state, key, suite) ?? freshUuid(state, key, suite);
  const asking: AnnexState = { ...state, situation: 'Requesting', own };
  const sent = spoken(asking, 'PairReq', own, suite);
  const { hostName, userName, directory, sshKey } = state.self;
  const body: AnnexBody = {
    version: 1,
    step: 'asking',
    role: 'initiator',
    uuids: [own],
    own,
    self: { hostName, userName, directory, sshKey },
    peer: null,
    sent,
    heard: [],
    host: null,
    previous: null,
  };
  const record = storedRecord(askingRecord, body);
  return [
    { ...asking, records: withRecord(asking.records, record) },
    [
      { type: 'store', id: `asking ${askingRecord}`, record },
      { type: 'notify', notice: { event: 'seeking', role: 'asking' } },
      ...sendAll(asking, sent),
      setTimer('repeat', times.repeat),
    ],
  ];
}

export function askAgain(state: AnnexState, suite: Suite): Turn<AnnexState> {
  return [
    state,
    [...sendAll(state, spoken(state, 'PairReq', state.own ?? '', suite)), setTimer('repeat', times.repeat)],
  ];
}

/** git-annex merges requests of one user, host and directory and keeps the old button: the same UUID, or it cannot answer. */
function askedBefore(state: AnnexState, key: Uint8Array, suite: Suite): string | null {
  const record = state.records.find(({ id }) => id === askingRecord);
  const body = record === undefined ? null : bodyOf(record);
  return body !== null && signedWith(body, key, suite) ? (body.uuids[0] ?? null) : null;
}

/** Random version 4 UUID (RFC 9562 §5.4). It depends on the phrase, because one UUID must never be signed with two. */
function freshUuid(state: AnnexState, key: Uint8Array, suite: Suite): string {
  const bytes = suite.derive(state.secrets?.entropy ?? new Uint8Array(32), 'annex uuid', key, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

// ------------------------------------------------------------------------------------------------------------ requests

/** Shown, once for each; kept, until a phrase can prove it. A full table forgets nobody: a request comes again in 2 s. */
export function requestHeard(state: AnnexState, event: On<'requestHeard'>): Turn<AnnexState> {
  const { message, partner } = event;
  const at = state.requests.findIndex(
    (heard) => heard.message.digest === message.digest && sameUuid(heard.partner, partner),
  );
  if (at >= 0 || state.requests.length >= limits.requestsMax) return [state, []];
  const requests = [...state.requests, { message, partner }].sort(byDatagram);
  return [{ ...state, requests }, [shown(partner)]];
}

export function requestUnproven(state: AnnexState, event: On<'requestUnproven'>): Turn<AnnexState> {
  return [state, [shown(event.partner)]];
}

/** Seeking: the phrase proves it, and typing the phrase was the consent. */
export function answer(state: AnnexState, event: On<'requestProven'>, suite: Suite): Turn<AnnexState> {
  return grantFor(state, event.partner, suite);
}

/** Who asked before a crash still knows its request: the partner may have heard it, and answer. */
function grantFor(state: AnnexState, candidate: Candidate, suite: Suite): Turn<AnnexState> {
  const key = state.secrets?.key ?? null;
  const own = state.own ?? (key === null ? null : askedBefore(state, key, suite));
  return startGranting({ ...state, own }, 'responder', candidate, suite);
}

/** Requesting: the smaller UUID's request is answered; the larger one waits until patience is over. */
export function crossing(state: AnnexState, event: On<'requestProven'>, suite: Suite): Turn<AnnexState> {
  if (event.uuid < (state.own ?? '')) return startGranting(state, 'responder', event.partner, suite);
  const rivals = joined(state.rivals, { message: event.message, partner: event.partner });
  if (state.patience !== 'none') return [{ ...state, rivals }, []];
  return [{ ...state, rivals, patience: 'running' }, [setTimer('patience', times.patience)]];
}

/** Requesting, and our smaller request was not answered in all that time. */
export function yieldToRival(state: AnnexState, suite: Suite): Turn<AnnexState> {
  const [rival, ...others] = state.rivals;
  if (rival === undefined) return [{ ...state, patience: 'none' }, []];
  if (others.length > 0) return choosing(state);
  return startGranting(state, 'responder', rival, suite);
}

/** One more machine that proved the phrase. A person decides; nothing changes until then. */
export function anotherProven(state: AnnexState, event: On<'requestProven'>): Turn<AnnexState> {
  const rivals = joined(state.rivals, { message: event.message, partner: event.partner });
  const known = state.rivals.some(({ candidate }) => candidate === event.partner.candidate);
  const next: AnnexState = { ...state, rivals };
  return [next, known || rivals.length === state.rivals.length ? [] : [...crowd(event.partner), chooseNotice(next)]];
}

/**
 * The same phrase once more chooses nobody: several machines know it, and whoever asks next may be the wrong one. Another phrase is
 * another search.
 */
export function phraseWhileChoosing(state: AnnexState, event: On<'phraseGiven'>, suite: Suite): Turn<AnnexState> {
  const before = state.secrets?.key;
  return before != null && equalBytes(before, event.key)
    ? [state, [chooseNotice(state)]]
    : phraseGiven(state, event, suite);
}

function choosing(state: AnnexState): Turn<AnnexState> {
  const next: AnnexState = { ...state, situation: 'Choosing', requests: [], patience: 'none' };
  return [next, [...cancelTimers('ask', 'repeat', 'patience'), chooseNotice(next)]];
}

export function choose(state: AnnexState, event: On<'choose'>, suite: Suite): Turn<AnnexState> {
  const chosen = state.rivals.find(({ candidate }) => candidate === event.candidate);
  if (chosen === undefined) return noSuchCandidate(state, event);
  return grantFor({ ...state, rivals: [] }, chosen, suite);
}

export function noSuchCandidate(state: AnnexState, event: On<'choose'>): Turn<AnnexState> {
  return [
    state,
    [
      {
        type: 'notify',
        notice: {
          event: 'trouble',
          what: `choose ${event.candidate}`,
          reason: 'nobody of that name proved the phrase',
        },
      },
    ],
  ];
}

/** A second machine knows the phrase: somebody overheard it, or one person typed it twice. */
export function crowd(partner: Candidate): readonly Effect[] {
  const { userName, hostName } = partner.partner;
  const detail = `${userName}@${hostName} proved the phrase too, with another key`;
  return [{ type: 'notify', notice: { event: 'alarm', rule: 'second-machine', detail } }];
}

function chooseNotice(state: AnnexState): Effect {
  const partners =
    state.current === null
      ? state.rivals
      : [{ candidate: state.current.record, partner: state.current.partner }, ...state.rivals];
  const candidates = partners.map(({ candidate, partner }): { candidate: string; peer: PeerView } => ({
    candidate,
    peer: viewOf(partner),
  }));
  return { type: 'notify', notice: { event: 'choose', candidates } };
}

function shown({ candidate, partner }: Candidate): Effect {
  return { type: 'notify', notice: { event: 'request', candidate, peer: viewOf(partner) } };
}

// -------------------------------------------------------------------------------------------------------- candidates

/** One candidate for one key: its UUIDs and addresses are joined. Sorted, bounded; a full list takes no new one. */
function joined(candidates: readonly Candidate[], { partner: added }: HeardRequest): readonly Candidate[] {
  const old = candidates.find(({ candidate }) => candidate === added.candidate);
  if (old === undefined) {
    if (candidates.length >= limits.rivalsMax) return candidates;
    return [...candidates, added].sort((a, b) => (a.candidate < b.candidate ? -1 : 1));
  }
  const merged: Candidate = {
    ...added,
    uuids: added.uuids.reduce((texts, text) => withText(texts, text, limits.uuidsMax), old.uuids),
    partner: {
      ...added.partner,
      addresses: union(added.partner.addresses, old.partner.addresses, limits.addressesMax),
    },
  };
  return candidates.map((candidate) => (candidate === old ? merged : candidate));
}

function sameUuid(a: Candidate, b: Candidate): boolean {
  return a.uuids[0] === b.uuids[0];
}

function byDatagram(a: HeardRequest, b: HeardRequest): number {
  const [left, right] = [`${a.partner.uuids[0]} ${a.message.digest}`, `${b.partner.uuids[0]} ${b.message.digest}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
