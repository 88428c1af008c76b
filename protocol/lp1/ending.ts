/**
 * Endings: by the person, by the peer, by time. After our CONFIRM has left somebody may hold a record of us, so taking it
 * back leaves a tombstone: a stored bond that answers READY and CANCEL with CANCEL until the peer has said that it knows.
 */

import type { Effect, Notice, Suite } from '../contract.ts';
import type { Turn } from '../table.ts';
import { bondFor, commit, grantEffect, storeEffect, wipe } from './bond.ts';
import { settleSoon } from './calm.ts';
import { prove } from './candidate.ts';
import { bondWith, candidateWith, stateWith } from './changes.ts';
import { answer, reasons, sayFin, status } from './fin.ts';
import { times } from './limits.ts';
import type { Confirm, Fin } from './messages.ts';
import { cancelTimers, chain, emit, notify, peerView, setTimer } from './speech.ts';
import {
  type Bond,
  bondOf,
  type Candidate,
  candidateOf,
  type Lp1State,
  proven,
  putBond,
  putCandidate,
  type Route,
} from './state.ts';

/** No record of anybody is held. Who may have stored us all the same, as our CONFIRM was the last word, is waited for. */
export function end(
  state: Lp1State,
  reason: 'cancelled' | 'timeout' | 'identity',
  detail: string,
  lingerMs = 0,
): Turn<Lp1State> {
  const waitMs = keyed(state).length > 0 ? times.lingerKeyed : lingerMs;
  return chain(
    stateWith(state, { situation: 'Ended', current: null }),
    wipe,
    (next) => [stillKeyed(next, state), []],
    emit(
      ...cancelTimers('window'),
      notify({ event: 'ended', reason, detail }),
      waitMs > 0 ? setTimer('linger', waitMs) : notify({ event: 'settled' }),
    ),
  );
}

/** Takes a bond back: its key at once, its record when the peer knows. */
export function revoke(state: Lp1State, bond: Bond, suite: Suite, reason: number): Turn<Lp1State> {
  const tombstone: Bond = bondWith(bond, { step: 'revoked', heard: 'nothing', reason, repeats: 0 });
  return chain(
    putBond(state, tombstone),
    (next) => [next, [storeEffect(next, bond.record, 'keep')]],
    bond.given ? emit(grantEffect(bond, 'unprovision')) : (next) => [next, []],
    (next) => sayFin(next, suite, bond.record),
  );
}

/** A candidate that proved the phrase may hold a record of us already. */
export function cancelCandidate(state: Lp1State, candidate: Candidate, suite: Suite, reason: number): Turn<Lp1State> {
  const made = bondFor(state, candidate, 'stored');
  const bond = bondOf(made, candidate.proof?.record ?? '');
  return bond === undefined ? [state, []] : revoke(made, bond, suite, reason);
}

/** The person cancels. */
export function cancel(state: Lp1State, suite: Suite): Turn<Lp1State> {
  return callOff(state, suite, { event: 'ended', reason: 'cancelled', detail: '' });
}

/** It is over, and everybody who may hold a record of us is told. */
function callOff(state: Lp1State, suite: Suite, ended: Extract<Notice, { event: 'ended' }>): Turn<Lp1State> {
  const reason = ended.reason === 'cancelled' ? reasons.person : reasons.none;
  const current = state.current === null ? undefined : bondOf(state, state.current);
  const others = proven(state).filter(({ iid }) => iid !== current?.theirs);
  return chain(
    state,
    ...others.map((candidate) => (next: Lp1State) => cancelCandidate(next, candidate, suite, reason)),
    (next) => (current === undefined ? [next, []] : revoke(next, current, suite, reason)),
    (next) => [stateWith(next, { situation: 'Ended', current: null }), []],
    wipe,
    (next) => [stillKeyed(next, state), []],
    emit(
      ...cancelTimers('window'),
      notify(ended),
      setTimer('linger', others.length > 0 || current !== undefined ? times.linger : times.lingerKeyed),
    ),
  );
}

/** Those who have our CONFIRM and whose own has not come: one of them may have stored us. */
function keyed({ candidates }: Lp1State): readonly Candidate[] {
  return candidates.filter(({ confirm, proof, dead }) => confirm !== null && proof === null && dead === null);
}

/** What the CANCEL of those needs (a TH needs its box, too) is kept while we linger, and nothing else of the session. */
function stillKeyed(state: Lp1State, before: Lp1State): Lp1State {
  const kept = keyed(before);
  const keys = before.secrets.candidates.filter(({ iid }) => kept.some((one) => one.iid === iid));
  return stateWith(state, { candidates: kept, secrets: { ...state.secrets, candidates: keys, watch: [] } });
}

/** It proves the phrase when it is over here, by the person or by time: which of the two is not kept. */
export function proofAfterCancel(
  state: Lp1State,
  event: { candidate: Candidate; confirm: Confirm; route: Route },
  suite: Suite,
): Turn<Lp1State> {
  const [heard] = prove(state, event, suite);
  const { iid } = event.candidate;
  const proven = candidateOf(heard, iid);
  const others = ({ iid: other }: { readonly iid: string }): boolean => other !== iid;
  return chain(
    heard,
    (next) => (proven?.proof == null ? [next, []] : cancelCandidate(next, proven, suite, reasons.none)),
    (next) => {
      const secrets = { ...next.secrets, candidates: next.secrets.candidates.filter(others) };
      return [stateWith(next, { candidates: next.candidates.filter(others), secrets }), []];
    },
  );
}

/** Takes back a pairing of any time. */
export function forget(state: Lp1State, { record }: { record: string }, suite: Suite): Turn<Lp1State> {
  const bond = bondOf(state, record);
  if (bond === undefined) {
    return [state, [notify({ event: 'trouble', what: 'forget', reason: `there is no record ${record.slice(0, 40)}` })]];
  }
  const current = state.current === record;
  const here: Lp1State = current ? stateWith(state, { situation: 'Ended', current: null }) : state;
  return chain(
    here,
    current ? wipe : (next) => [next, []],
    (next) => revoke(next, bond, suite, reasons.forgotten),
    emit(
      setTimer('linger', times.linger),
      ...(current ? [notify({ event: 'ended', reason: 'forgotten', detail: '' })] : []),
    ),
  );
}

/** CANCEL with a good mac: the peer takes the conversation back, or answers that it knows that we did. */
export function cancelProven(
  state: Lp1State,
  { bond, fin, route }: { bond: Bond; fin: Fin; route: Route },
  suite: Suite,
): Turn<Lp1State> {
  const { record } = bond;
  const asked = fin.status === status.ask;
  const reply = { kind: 'CANCEL', status: status.answer, reason: bond.reason } as const;
  if (bond.step === 'revoked') {
    return chain(state, asked ? answer(record, suite, route, reply) : (next) => [next, []], (next) =>
      answered(next, bond),
    );
  }
  const over = bondWith(bond, { step: 'revoked', heard: 'cancel', reason: fin.reason });
  return chain(
    putBond(state, over),
    asked ? answer(record, suite, route, reply) : (next) => [next, []],
    bond.given ? emit(grantEffect(bond, 'unprovision')) : emit({ type: 'discard', id: `${record}/discard`, record }),
    emit(...cancelTimers(`fin ${record}`)),
    state.current === record ? (next) => cancelledByPeer(next, bond, fin.reason) : (next) => [next, []],
  );
}

/** Both know. The bond stays in memory to answer repeats; the record goes once the key has. */
function answered(state: Lp1State, bond: Bond): Turn<Lp1State> {
  if (bond.heard === 'cancel') return [state, []];
  const next = putBond(state, bondWith(bond, { heard: 'cancel' }));
  const open = next.bonds.some(({ step, heard }) => step === 'revoked' && heard !== 'cancel');
  const settled = state.situation === 'Ended' && !open;
  return chain(
    next,
    emit(...cancelTimers(`fin ${bond.record}`), {
      type: 'discard',
      id: `${bond.record}/discard`,
      record: bond.record,
    }),
    settled ? settleSoon : emit(),
  );
}

function cancelledByPeer(state: Lp1State, bond: Bond, reason: number): Turn<Lp1State> {
  const gone = state.candidates.find(({ iid }) => iid === bond.theirs);
  const next = gone === undefined ? state : putCandidate(state, candidateWith(gone, { dead: 'cancelled' }));
  const free: Lp1State = stateWith(next, { current: null });
  // An older record, which the peer had forgotten: this session's own conversation with the same machine goes on.
  const anew = proven(free).find(({ iid, proof }) => iid !== bond.theirs && proof?.peer.sshKey === bond.peer.sshKey);
  if (anew !== undefined && state.situation === 'Ready') return commit(free, anew);
  // Whoever else proved the phrase is still to be chosen: one of them taking it back does not end this for the others.
  if (proven(free).length > 0 && state.situation === 'Choosing') {
    const detail = 'one of the machines took its proof back; the others can still be chosen';
    return [free, [notify({ event: 'alarm', rule: 'not-chosen', detail })]];
  }
  return afterCancel(free, reason);
}

const whyCancelled: ReadonlyMap<number, string> = new Map([
  [reasons.person, 'the other side cancelled'],
  [reasons.notChosen, 'the other side chose another machine'],
  [reasons.storage, 'the other side could not store the pairing'],
  [reasons.forgotten, 'the other side forgot the pairing'],
]);

/** Not chosen: others may come. Anything else: the person over there ended it, and ours should know. */
function afterCancel(state: Lp1State, reason: number): Turn<Lp1State> {
  // Who woke up while a record of it was held has no phrase any more.
  const searching = state.secrets.prs !== null;
  if (reason === reasons.notChosen && searching) {
    const detail = 'the other side chose another machine; still looking';
    return [stateWith(state, { situation: 'Seeking' }), [notify({ event: 'alarm', rule: 'not-chosen', detail })]];
  }
  return end(state, 'cancelled', whyCancelled.get(reason) ?? 'the other side called it off', times.lingerTold);
}

/** CANCEL of a candidate of which there is no record here: it is told that we know by nothing more coming from us. */
export function cancelAhead(
  state: Lp1State,
  { candidate, fin, route }: { candidate: Candidate; fin: Fin; route: Route },
  suite: Suite,
): Turn<Lp1State> {
  const made = bondFor(state, candidate, 'revoked');
  const bond = bondOf(made, candidate.proof?.record ?? '');
  if (bond === undefined) return [state, []];
  const reply = { kind: 'CANCEL', status: status.answer, reason: reasons.none } as const;
  const dead = putCandidate(
    putBond(made, bondWith(bond, { heard: 'cancel' })),
    candidateWith(candidate, { dead: 'cancelled' }),
  );
  const last = proven(dead).length === 0 && (state.situation === 'Crowd' || state.situation === 'Choosing');
  return chain(
    dead,
    answer(bond.record, suite, route, reply),
    last
      ? (next) => chain(next, emit(...cancelTimers('crowd')), (after) => afterCancel(after, fin.reason))
      : (next) => [next, []],
  );
}

/** The key is gone. */
export function unprovisioned(state: Lp1State, { bond }: { bond: Bond }): Turn<Lp1State> {
  if (bond.step !== 'revoked') return [state, []];
  const discard = { type: 'discard', id: `${bond.record}/discard`, record: bond.record } as const;
  return [
    state,
    [
      notify({ event: 'revoked', record: bond.record, key: bond.peer.sshKey }),
      ...(bond.heard === 'cancel' ? [discard] : []),
    ],
  ];
}

/**
 * The time is over. Without a phrase the session was there for the pairings that are not whole: they are half ones still. With one
 * it was for somebody new, whom it did not find; but a person hears what is half besides. Whoever proved the phrase and was not
 * chosen may have stored us: without a word he would keep half a pairing that nothing heals.
 */
export function windowOver(state: Lp1State, _: unknown, suite: Suite): Turn<Lp1State> {
  const bond = state.current === null ? undefined : bondOf(state, state.current);
  const left = state.bonds.filter((one) => unfinished(one) && one.record !== bond?.record);
  const halves = (bond === undefined ? left : [bond, ...left]).map(halfNotice);
  const isStoring = bond?.step === 'storing';
  if (isStoring || state.situation === 'Crowd' || state.situation === 'Choosing') {
    const detail = isStoring
      ? 'the record was not written in time'
      : 'the time was over before it was clear whose machine to pair with';
    return chain(state, emit(...left.map(halfNotice)), (next) =>
      callOff(next, suite, { event: 'ended', reason: 'timeout', detail }),
    );
  }
  if (bond === undefined && (state.situation !== 'Waiting' || left.length === 0))
    return chain(state, emit(...halves), (next) => end(next, 'timeout', 'nobody proved the phrase in time'));
  return chain(stateWith(state, { situation: 'Half' }), wipe, emit(...halves, notify({ event: 'settled' })));
}

function halfNotice(bond: Bond): Effect {
  const { record, peer, route } = bond;
  return notify({ event: 'half', record, peer: peerView(peer, route), why: whyHalf(bond) });
}

function unfinished({ step, heard }: Bond): boolean {
  return step !== 'revoked' && !(step === 'installed' && heard === 'done');
}

function whyHalf({ step }: Bond): string {
  return step === 'installed' || step === 'installing'
    ? 'its key is installed here; it has not said that ours is installed there'
    : 'stored, nothing installed: the other side has not said that it stored us';
}

/** Only what is owed for tombstones keeps a session open after its end. */
export function settle(state: Lp1State): Turn<Lp1State> {
  return [state, [notify({ event: 'settled' })]];
}
