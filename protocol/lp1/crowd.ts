/**
 * Who, of those who proved the phrase: the second after the first proof, and the person's choice where there are several.
 *
 * One machine is one ssh key, whose possession is part of the proof. The same key under another iid is that machine
 * restarted. If a record of it is held here already, nothing new is stored before it is known whether the machine still
 * holds that record too. It says READY for the old one: that conversation goes on. It says READY for the new one, which it
 * would not have stored while holding the old, or that it waits because of some other record: the old one is dead here as
 * well. So two sides never end with two records, and never wait for each other.
 */

import { toHex } from '../bytes.ts';
import type { Suite } from '../contract.ts';
import type { Turn } from '../table.ts';
import { alsoAt, commit, storeEffect } from './bond.ts';
import { speak } from './calm.ts';
import { heardTimers, prove } from './candidate.ts';
import { bondWith, candidateWith, sourceWith, stateWith } from './changes.ts';
import { cancelCandidate, revoke } from './ending.ts';
import { heldBytes, heldName, holding, reasons, sayAnew, status, staysOf } from './fin.ts';
import { installFor, recommit } from './finishing.ts';
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

/** A CONFIRM whose tag fits. */
export function confirmProven(
  state: Lp1State,
  event: { candidate: Candidate; confirm: Confirm; route: Route },
  suite: Suite,
): Turn<Lp1State> {
  return chain(state, (next) => prove(next, event, suite), afterProof);
}

/** One that had been taken for the machine's past speaks still: it is the present. */
export function confirmAgain(state: Lp1State, { candidate }: { candidate: Candidate }, _suite: Suite): Turn<Lp1State> {
  if (candidate.dead !== 'restarted') return [state, []];
  const key = candidate.proof?.peer.sshKey;
  const others = proven(state).filter(({ proof }) => proof?.peer.sshKey === key);
  const next = others.reduce((rest, other) => putCandidate(rest, candidateWith(other, { dead: 'restarted' })), state);
  const sources = candidate.sources.map((source) => sourceWith(source, { repeats: 0 }));
  return chain(
    putCandidate(next, candidateWith(candidate, { dead: null, sources })),
    afterProof,
    emit(...heardTimers(candidate, times.repeat)),
  );
}

/** Whether one machine or several have proved the phrase decides where this goes. */
function afterProof(state: Lp1State): Turn<Lp1State> {
  const candidates = proven(state);
  if (candidates.length === 0) return [state, []];
  const current = state.current === null ? undefined : bondOf(state, state.current);
  const machines = new Set(candidates.map(({ proof }) => proof?.peer.sshKey ?? ''));
  if (current !== undefined) machines.add(current.peer.sshKey);
  if (machines.size > 1) return choosing(state);
  if (state.situation !== 'Seeking') return [state, []];
  return [stateWith(state, { situation: 'Crowd' }), [setTimer('crowd', times.crowd)]];
}

function choosing(state: Lp1State): Turn<Lp1State> {
  const candidates = proven(state).map(({ iid, proof, route }) => ({
    candidate: iid,
    peer: peerView(proof?.peer ?? nobody, route),
    words: proof?.words ?? '',
  }));
  return [
    stateWith(state, { situation: 'Choosing' }),
    [...cancelTimers('crowd'), notify({ event: 'choose', candidates })],
  ];
}

const nobody = {
  sshKey: '',
  hostKeys: [],
  userName: '',
  hostName: '',
  directory: '',
  repository: '',
  displayName: '',
  addresses: [],
  sshPort: 22,
  program: '',
};

/** A second has passed and it is one machine. */
export function crowdOver(state: Lp1State): Turn<Lp1State> {
  const [candidate] = proven(state);
  if (candidate === undefined) return [stateWith(state, { situation: 'Seeking' }), []];
  return take(state, candidate);
}

/** Commits to this machine, or goes on with the record that is held of it. */
function take(state: Lp1State, candidate: Candidate): Turn<Lp1State> {
  const held = state.bonds.find((bond) => bond.peer.sshKey === candidate.proof?.peer.sshKey && bond.step !== 'revoked');
  if (held === undefined) return commit(state, candidate);
  // One that is whole is asked for until it repeats our challenge; who said that it failed may have mended it.
  const heard = held.heard === 'failed' ? 'ready' : held.heard;
  // Its cookie came back from there in this session: that is proof of more than the record's address.
  const { route } = candidate;
  return chain(
    putBond(
      stateWith(state, { situation: 'Ready', current: held.record }),
      bondWith(held, { heard, route, also: alsoAt(candidate), seen: null, known: false, old: false, proved: true }),
    ),
    // It is there now: what is repeated to the group's port of its address goes there too, after a crash as well.
    (next) => [next, [storeEffect(next, held.record, 'keep')]],
    sayAnew(held.record),
  );
}

/**
 * READY of a candidate that is held back by an older record of the same machine. It stored this one, or waits because of
 * another older record than ours: either way it does not hold ours, which is dead. Waiting because of the same one, it
 * will hear READY for that.
 *
 * It may have stored this one while it could still take ours (READY 0): then both would take the other's in turn. So one of
 * the two stays, the same for both; READY 2 tells the peer of ours, and its answer (READY 1) that it cannot take that.
 */
export function readyAhead(
  state: Lp1State,
  { candidate, fin, route }: { candidate: Candidate; fin: Fin; route: Route },
  suite: Suite,
): Turn<Lp1State> {
  const older = holding(state, candidate);
  if (older === undefined) return [state, []];
  const stays = staysOf({ mine: toHex(state.iid), theirs: candidate.iid }, older);
  // It has heard that we stay with ours, while it held this one.
  const isFirm = older.firm !== '' && candidate.proof?.th.startsWith(older.firm) === true;
  switch (fin.status) {
    case status.held: {
      const its = toHex(fin.held);
      // We promised that life of the peer's to stay with ours. Another one cannot take ours any more, and would wait for ever.
      const isPromised = its === older.firm && candidate.iid === older.theirs;
      return isPromised || its === toHex(heldName(older)) ? [state, []] : recommit(state, candidate.iid, older);
    }
    case status.answer:
      return isFirm && !stays ? [state, []] : recommit(state, candidate.iid, older);
    default: {
      if (stays && !isFirm) return recommit(state, candidate.iid, older);
      const bytes = heldBytes(state, suite, candidate, older);
      return bytes === null
        ? [state, []]
        : speak({ mine: toHex(state.iid), theirs: candidate.iid, route, bytes })(state);
    }
  }
}

/** The person's choice: the others are told that they were not chosen. */
export function choose(state: Lp1State, { candidate: id }: { candidate: string }, suite: Suite): Turn<Lp1State> {
  const chosen = candidateOf(state, id);
  if (chosen?.proof == null || chosen.dead !== null) {
    return [
      state,
      [notify({ event: 'trouble', what: 'choose', reason: `there is no candidate ${id.slice(0, 40)} to choose` })],
    ];
  }
  const others = proven(state).filter(({ iid }) => iid !== id);
  const current = state.current === null ? undefined : bondOf(state, state.current);
  return chain(state, ...others.map((other) => (next: Lp1State) => dismiss(next, other, suite)), (next) =>
    resume(next, chosen, current),
  );
}

/** All that this session has with that machine is taken back: it may have restarted since a record of it was stored. */
function dismiss(state: Lp1State, other: Candidate, suite: Suite): Turn<Lp1State> {
  const gone = putCandidate(state, candidateWith(other, { dead: 'not chosen' }));
  const bonds = gone.bonds.filter(
    ({ mine, peer, step }) =>
      mine === toHex(state.iid) && peer.sshKey === other.proof?.peer.sshKey && step !== 'revoked',
  );
  const noted = bonds.some(({ theirs }) => theirs === other.iid);
  return chain(
    gone,
    ...bonds.map(
      (bond) => (next: Lp1State) =>
        revoke(
          next.current === bond.record ? stateWith(next, { current: null }) : next,
          bond,
          suite,
          reasons.notChosen,
        ),
    ),
    noted ? (next) => [next, []] : (next) => cancelCandidate(next, other, suite, reasons.notChosen),
  );
}

function resume(state: Lp1State, chosen: Candidate, current: Bond | undefined): Turn<Lp1State> {
  if (current === undefined || current.theirs !== chosen.iid) return take(state, chosen);
  if (current.step === 'storing') return [stateWith(state, { situation: 'Committing' }), []];
  const ready: Lp1State = stateWith(state, { situation: 'Ready' });
  return current.heard === 'nothing'
    ? sayAnew(current.record)(ready)
    : installFor(ready, current.record, current.heard);
}
