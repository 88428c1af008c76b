/** READY, DONE and the outcomes of store and provision: from COMMIT to PAIRED, one bond at a time. */

import { toHex } from '../bytes.ts';
import type { Suite } from '../contract.ts';
import type { Turn } from '../table.ts';
import { commit, finish, grantEffect, heal, install, storeEffect, toldHealed, wipe } from './bond.ts';
import { settleSoon, speak } from './calm.ts';
import { bondWith, stateWith } from './changes.ts';
import { answer, asked, hasProved, noPledge, pledged, proves, reasons, sayAnew, status, staysOf } from './fin.ts';
import { times } from './limits.ts';
import type { Fin } from './messages.ts';
import { cancelTimers, chain, emit, notify, peerView, type Step } from './speech.ts';
import { type Bond, bondOf, dropBond, type Lp1State, putBond, type Route, samePlace } from './state.ts';

interface Heard {
  readonly bond: Bond;
  readonly fin: Fin;
  readonly route: Route;
}

const nothing: Step = (state) => [state, []];

/** A proven word of the peer: where it came from is where it is now, as far as a mac can tell (it may be a replay). */
function heardAt(bond: Bond, route: Route): Bond {
  const same = samePlace(bond.route, route);
  return bondWith(bond, { seen: same ? null : route, owes: !same });
}

/** The record is on the disk: say so. */
export function stored(state: Lp1State, { bond }: { bond: Bond }, _suite: Suite): Turn<Lp1State> {
  if (bond.step !== 'storing') return [state, []];
  const next: Lp1State = stateWith(state, {
    situation: state.situation === 'Committing' ? 'Ready' : state.situation,
  });
  return chain(putBond(next, bondWith(bond, { step: 'stored' })), sayAnew(bond.record));
}

/** Without a record there is no pairing. The peer hears so, as well as can be without one. */
export function storeFailed(
  state: Lp1State,
  { bond, reason }: { bond: Bond; reason: string },
  suite: Suite,
): Turn<Lp1State> {
  if (bond.step !== 'storing') return trouble(state, 'store', reason);
  const cancel = { kind: 'CANCEL', status: status.answer, reason: reasons.storage } as const;
  return chain(
    state,
    answer(bond.record, suite, bond.route, cancel),
    (next) => [dropBond(stateWith(next, { situation: 'Ended' }), bond.record), []],
    wipe,
    emit(notify({ event: 'ended', reason: 'storage', detail: reason }), notify({ event: 'settled' })),
  );
}

/** The peer holds a record of us. The first time its key is installed; later it is told how far we are. */
export function readyProven(state: Lp1State, { bond: before, fin, route }: Heard, suite: Suite): Turn<Lp1State> {
  const asked = fin.status !== status.answer;
  const { asks } = pledged(fin);
  const isAsked = fin.status !== status.held && asks !== noPledge && hasProved(state, before);
  const bond = bondWith(heardAt(before, route), { echo: isAsked ? asks : before.echo });
  const next = putBond(state, bond);
  if (fin.status === status.held && bond.step !== 'revoked') return heldProven(next, { bond, fin, route }, suite);
  const reply = (message: { kind: Fin['kind']; status: number; reason?: number }): Step =>
    asked ? answer(bond.record, suite, route, message) : nothing;
  switch (bond.step) {
    case 'storing':
      return [next, []];
    case 'stored':
      return chain(
        next,
        reply({ kind: 'READY', status: status.answer }),
        state.situation === 'Choosing'
          ? marked(bond.record, 'ready')
          : (after) => installFor(after, bond.record, 'ready'),
      );
    case 'installing':
      return chain(next, reply({ kind: 'READY', status: status.answer }));
    case 'installed':
      return chain(next, reply({ kind: 'DONE', status: isWhole(state, bond) ? status.answer : status.ask }));
    case 'failed':
      return chain(next, reply({ kind: 'DONE', status: status.failed, reason: bond.reason }));
    case 'revoked':
      return chain(next, reply({ kind: 'CANCEL', status: status.ask, reason: bond.reason }));
  }
}

/**
 * The peer waits, with an older record, to hear whether we hold that. If it can be ours as well, and is the one of the two that stays,
 * it is: the peer decides in the same way, or each would take the other's. Else the answer is that we stay with this one.
 */
function heldProven(state: Lp1State, { bond, fin, route }: Heard, suite: Suite): Turn<Lp1State> {
  if (bond.step === 'storing') return [state, []];
  const its = toHex(fin.held);
  const rival = state.candidates.find(
    ({ proof, dead }) =>
      (dead === null || dead === 'restarted') &&
      proof !== null &&
      proof.peer.sshKey === bond.peer.sshKey &&
      proof.th.startsWith(its),
  );
  const free =
    bond.step === 'stored' && bond.firm !== its && bond.mine === toHex(state.iid) && state.situation === 'Ready';
  if (free && rival !== undefined && staysOf({ mine: bond.mine, theirs: rival.iid }, bond))
    return recommit(state, rival.iid, bond);
  const ready = { kind: 'READY', status: status.answer } as const;
  return answer(bond.record, suite, route, ready)(putBond(state, bondWith(bond, { firm: its })));
}

function marked(record: string, heard: Bond['heard']): Step {
  return (state) => {
    const bond = bondOf(state, record);
    return bond === undefined ? [state, []] : [putBond(state, bondWith(bond, { heard })), []];
  };
}

export function installFor(state: Lp1State, record: string, heard: Bond['heard']): Turn<Lp1State> {
  return chain(state, marked(record, heard), (next) => install(next, record));
}

/** The peer installed our key, or could not. */
export function doneProven(state: Lp1State, { bond: before, fin, route }: Heard, suite: Suite): Turn<Lp1State> {
  if (before.step === 'storing' || before.step === 'revoked') return [state, []];
  if (fin.status === status.failed) return peerFailed(state, { bond: heardAt(before, route), fin });
  const { asks, repeats } = pledged(fin);
  // What a later version may mean beside the two is a DONE all the same.
  const isAnswer = fin.status === status.answer;
  const challenge = asked(state, before);
  const anew = asks !== noPledge;
  // Who has no phrase any more, and repeats ours, was paired by this record in the session that it is in. With a record that was whole
  // when we began it may be so since long ago, and our phrase for somebody else; with half a one it is most likely for him.
  const isHere = before.challenge !== '' && repeats === before.challenge;
  const wasHalf = before.heard !== 'done' || state.told.includes(toldHealed(before.record));
  const forUs = isHere && (proves(state, before) || (wasHalf && !anew));
  const fresh = challenge === '' || forUs;
  const bond = bondWith(heardAt(before, route), {
    anew,
    known: before.known || (fresh && isAnswer),
    proved: before.proved || forUs,
    echo: anew && hasProved(state, before) ? asks : before.echo,
  });
  const next = putBond(state, bond);
  const { record } = bond;
  // It hears what it has to repeat.
  const again = { kind: 'DONE', status: status.ask } as const;
  if (!fresh) return isAnswer ? [next, []] : answer(record, suite, route, again)(next);
  if (bond.step === 'stored') {
    return state.situation === 'Choosing' ? marked(record, 'done')(next) : installFor(next, record, 'done');
  }
  if (bond.step !== 'installed') return marked(record, 'done')(next);
  const reply = { kind: 'DONE', status: status.answer } as const;
  if (before.heard !== 'done') return whole(next, suite, bond);
  if (challenge !== '') return finish(next, suite, record);
  const settles = bond.known && !before.known && !before.old;
  return chain(
    next,
    isAnswer ? nothing : answer(record, suite, route, reply),
    settles ? emit(...cancelTimers(`fin ${record}`)) : nothing,
    settles ? settleSoon : nothing,
  );
}

/**
 * Installed on both sides; whether that ends the session, too: not where a phrase was typed that this peer has not proved, for
 * the word may be old, said again by a stranger, and the phrase meant for somebody else.
 */
function whole(state: Lp1State, suite: Suite, bond: Bond): Turn<Lp1State> {
  const { record, anew } = bond;
  const earlier = state.current !== record && !hasProved(state, bond);
  return state.secrets.prs !== null && (anew || earlier) ? heal(state, record) : finish(state, suite, record);
}

/** Nothing about it waits for a word of the peer, in this session either. */
function isWhole(state: Lp1State, bond: Bond): boolean {
  return bond.heard === 'done' && asked(state, bond) === '';
}

function peerFailed(state: Lp1State, { bond, fin }: { bond: Bond; fin: Fin }): Turn<Lp1State> {
  if (bond.heard === 'failed' || bond.heard === 'done') return [putBond(state, bond), []];
  const why = fin.reason === reasons.provision ? 'the peer could not install our key' : 'the peer could not finish';
  const half = state.current === bond.record && state.situation === 'Installed';
  return [
    putBond(half ? stateWith(state, { situation: 'Half' }) : state, bondWith(bond, { heard: 'failed' })),
    [notify({ event: 'half', record: bond.record, peer: peerView(bond.peer, bond.route), why })],
  ];
}

/** Its key is installed here. */
export function provisioned(state: Lp1State, { bond }: { bond: Bond }, suite: Suite): Turn<Lp1State> {
  const { record } = bond;
  // It was taken back while it was being given: take it back again.
  if (bond.step === 'revoked') return [state, [grantEffect(bond, 'unprovision')]];
  if (bond.step !== 'installing') return [state, []];
  const code = bond.heard === 'done' ? status.answer : status.ask;
  const here: Lp1State =
    state.current === record && (state.situation === 'Installing' || state.situation === 'Half')
      ? stateWith(state, { situation: 'Installed' })
      : state;
  return chain(
    putBond(here, bondWith(bond, { step: 'installed' })),
    emit(notify({ event: 'granted', record, key: bond.peer.sshKey })),
    (next) => [next, [storeEffect(next, record, 'keep')]],
    bond.heard === 'done'
      ? (next) => whole(next, suite, bond)
      : (next) =>
          chain(
            next,
            answer(record, suite, bond.seen ?? bond.route, { kind: 'DONE', status: code }),
            sayAnew(record, [times.repeat, times.repeat * 1.5]),
          ),
  );
}

/** The peer is told that we could not; a key press tries again. */
export function provisionFailed(
  state: Lp1State,
  { bond, reason }: { bond: Bond; reason: string },
  _suite: Suite,
): Turn<Lp1State> {
  if (bond.step !== 'installing') return trouble(state, 'provision', reason);
  const current = state.current === bond.record;
  const here: Lp1State = current ? stateWith(state, { situation: 'Half' }) : state;
  return chain(
    putBond(here, bondWith(bond, { step: 'failed', reason: reasons.provision })),
    emit(
      notify({ event: 'trouble', what: 'provision', reason }),
      notify({
        event: 'half',
        record: bond.record,
        peer: peerView(bond.peer, bond.route),
        why: `its key could not be installed here: ${reason}`,
      }),
    ),
    current ? wipe : nothing,
    sayAnew(bond.record),
  );
}

/** A key press: whatever failed is tried again. */
export function retry(state: Lp1State): Turn<Lp1State> {
  const failed = state.bonds.filter(({ step }) => step === 'failed');
  return chain(
    state,
    ...failed.map(
      (bond) =>
        (next: Lp1State): Turn<Lp1State> => [
          putBond(next, bondWith(bond, { step: 'installing' })),
          [grantEffect(bond, 'provision')],
        ],
    ),
    ...state.bonds.map(({ record }) => sayAnew(record)),
  );
}

/** The peer still says CONFIRM, so it may not have got ours: the same bytes again, once for each time that we say ours by ourselves. */
export function confirmBonded(
  state: Lp1State,
  { bond, route }: { bond: Bond; route: Route },
  _suite: Suite,
): Turn<Lp1State> {
  const { mine, theirs, heard, step, confirm, answered } = bond;
  if (heard !== 'nothing' || step === 'revoked' || answered) return [state, []];
  return speak({ mine, theirs, route, bytes: confirm })(putBond(state, bondWith(bond, { answered: true })));
}

/** Enough of repeating the last DONE; who asks is still answered while the program runs. */
export function lingered(state: Lp1State): Turn<Lp1State> {
  const over = state.bonds.filter(({ step, heard, known }) => step === 'installed' && heard === 'done' && !known);
  return chain(
    state,
    ...over.map(
      (bond) =>
        (next: Lp1State): Turn<Lp1State> => [
          putBond(next, bondWith(bond, { known: true })),
          cancelTimers(`fin ${bond.record}`),
        ],
    ),
    state.situation === 'Ended' ? wipe : nothing,
    emit(notify({ event: 'settled' })),
  );
}

/** The peer wrote a record of us before we did of it, so it holds no older one: ours of an earlier session is dead. */
export function recommit(state: Lp1State, candidateIid: string, older: Bond): Turn<Lp1State> {
  const candidate = state.candidates.find(({ iid }) => iid === candidateIid);
  if (candidate === undefined) return [state, []];
  return chain(
    dropBond(state, older.record),
    emit(...cancelTimers(`fin ${older.record}`), ...(older.given ? [grantEffect(older, 'unprovision')] : []), {
      type: 'discard',
      id: `${older.record}/discard`,
      record: older.record,
    }),
    (next) => commit(next, candidate),
  );
}

export function trouble(state: Lp1State, what: string, reason: string): Turn<Lp1State> {
  return [state, [notify({ event: 'trouble', what, reason })]];
}
