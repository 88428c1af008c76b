/**
 * Bonds: pairings that have a record. From the proof to PAIRED, by READY and DONE, which need nothing but the record; so
 * a crash at any step is survived by starting again from it.
 *
 *     storing -> stored (READY) -> installing (peer's READY) -> installed (DONE) -> paired (peer's DONE)
 *
 * A key is installed only after the peer's READY: its owner then holds a record too, and the pair can always heal.
 */

import { fromHex, toHex } from '../bytes.ts';
import type { Effect, Suite } from '../contract.ts';
import { Misuse } from '../contract.ts';
import type { Turn } from '../table.ts';
import { samePlace, settleSoon, speak } from './calm.ts';
import { bondWith, stateWith } from './changes.ts';
import { finMac } from './keys.ts';
import { limits, times } from './limits.ts';
import { type Fin, finBody, writeFin } from './messages.ts';
import { writeRecord } from './record.ts';
import {
  cancelTimers,
  chain,
  echoTimers,
  emit,
  notify,
  peerView,
  repeatTimer,
  type Step,
  setTimer,
  tellOnce,
  toGroups,
} from './speech.ts';
import {
  type Bond,
  type BondKeys,
  bondOf,
  type Candidate,
  dropBond,
  keysOf,
  type Lp1State,
  noSecrets,
  placeOf,
  port,
  proven,
  put,
  putBond,
  type Route,
  sayTimers,
} from './state.ts';

/**
 * READY: stored; stored, as an answer; not stored yet, because an older record is held. DONE: ok; ok and yours was heard;
 * failed. CANCEL: taken back; as an answer. What is an answer is not answered.
 */
export const status = { ask: 0, answer: 1, failed: 2, held: 2 } as const;
export const reasons = { none: 0, person: 1, notChosen: 2, storage: 3, provision: 4, forgotten: 5 } as const;

function fault(what: string): Misuse {
  return new Misuse(`lp1: ${what}`);
}

export function bondKeys(state: Lp1State, record: string): BondKeys {
  const keys = state.secrets.bonds.find((entry) => entry.record === record);
  if (keys === undefined) throw fault('a bond without keys');
  return keys;
}

/** The bond of a candidate that proved the phrase; nothing is stored yet. */
export function bondFor(state: Lp1State, candidate: Candidate, step: Bond['step']): Lp1State {
  const keys = keysOf(state, candidate.iid);
  const { proof, confirm, route, iid } = candidate;
  if (keys === undefined || proof === null || confirm === null) throw fault('a bond before the proof');
  const { record, peer, th } = proof;
  const bond: Bond = {
    record,
    mine: toHex(state.iid),
    theirs: iid,
    peer,
    offered: state.self.directory,
    th,
    confirm: toHex(confirm),
    step,
    heard: 'nothing',
    known: false,
    reason: reasons.none,
    route,
    also: alsoAt(candidate),
    seen: null,
    owes: false,
    repeats: 0,
    old: false,
    given: false,
    challenge: '',
    anew: false,
    echo: '',
  };
  const kept: BondKeys = { record, mine: keys.mine.fin, theirs: keys.theirs.fin, pair: keys.pair };
  const bonds = put(state.secrets.bonds, kept, (entry) => entry.record);
  return putBond(stateWith(state, { secrets: { ...state.secrets, bonds } }), bond);
}

/** Where the candidate was verified, but for its route. */
export function alsoAt({ route, sources }: Candidate): readonly Route[] {
  return sources
    .filter((source) => source.heard !== null && placeOf(source.route) !== placeOf(route))
    .map((source) => source.route)
    .slice(0, limits.also);
}

/** COMMIT: the record first; everything else waits for its outcome. */
export function commit(state: Lp1State, candidate: Candidate): Turn<Lp1State> {
  const next = bondFor(stateWith(state, { situation: 'Committing' }), candidate, 'storing');
  const record = candidate.proof?.record ?? '';
  return [stateWith(next, { current: record }), [storeEffect(next, record, 'commit'), ...cancelTimers('crowd')]];
}

/** `commit` is waited for; `keep` brings a record up to date, and if that fails the next start does a little more. */
export function storeEffect(state: Lp1State, record: string, why: 'commit' | 'keep'): Effect {
  const bond = bondOf(state, record);
  if (bond === undefined) throw fault('a record of nothing');
  return { type: 'store', id: `${record}/${why}`, record: writeRecord(bond, bondKeys(state, record)) };
}

export function grantEffect(bond: Bond, type: 'provision' | 'unprovision'): Effect {
  return { type, id: `${bond.record}/${type}`, grant: { record: bond.record, key: bond.peer.sshKey } };
}

// -------------------------------------------------------------------------------------------------------------- speech

/** One READY, DONE or CANCEL of this bond. */
export function finBytes(
  state: Lp1State,
  suite: Suite,
  bond: Bond,
  { kind, status: code, reason = reasons.none }: { kind: Fin['kind']; status: number; reason?: number },
): Uint8Array {
  const held = kind === 'DONE' ? pledge(state, bond) : noHeld;
  const content = { from: fromHex(bond.mine), to: fromHex(bond.theirs), status: code, reason, held };
  const mac = finMac(suite, bondKeys(state, bond.record).mine, kind, finBody(content), fromHex(bond.th));
  return writeFin({ kind, ...content, mac });
}

const noHeld: Uint8Array = new Uint8Array(8);

/** What this DONE asks the peer to repeat, and what it repeats: 4 bytes each, zeros where it is nothing. */
function pledge(state: Lp1State, bond: Bond): Uint8Array {
  const [mine, theirs] = [asked(state, bond), bond.echo];
  return mine === '' && theirs === '' ? noHeld : fromHex((mine || noPledge) + (theirs || noPledge));
}

export const noPledge = '00000000';

/** What a peer's DONE asks to be repeated, and what it repeats. */
export function pledged({ held }: Fin): { readonly asks: string; readonly repeats: string } {
  const hex = toHex(held);
  return { asks: hex.slice(0, noPledge.length), repeats: hex.slice(noPledge.length) };
}

/**
 * What the peer has to repeat before its word makes a pairing that is whole already this session's. Its words of old can be said
 * again by anybody; and it may well be there, and look for somebody else.
 */
export function asked(state: Lp1State, bond: Bond): string {
  const whole = bond.step === 'installed' && bond.heard === 'done';
  return whole && state.secrets.prs !== null && joins(state, bond) ? bond.challenge : '';
}

/** Whether this session may end with that pairing: it has no other, and nobody else has proved its phrase. */
export function joins(state: Lp1State, { record, peer }: Bond): boolean {
  const { situation, current } = state;
  if (situation === 'Paired' || situation === 'Ended' || situation === 'Idle') return false;
  return current === null ? proven(state).every(({ proof }) => proof?.peer.sshKey === peer.sshKey) : current === record;
}

/** Whether the machine of that record has proved this session's phrase. */
export function proves(state: Lp1State, { peer }: Bond): boolean {
  return proven(state).some(({ proof }) => proof?.peer.sshKey === peer.sshKey);
}

/** READY before anything is stored: of which older record we wait to hear whether the peer holds it. */
export function heldBytes(state: Lp1State, suite: Suite, candidate: Candidate, older: Bond): Uint8Array | null {
  const keys = keysOf(state, candidate.iid);
  if (keys === undefined || candidate.proof === null) return null;
  const content = {
    from: state.iid,
    to: fromHex(candidate.iid),
    status: status.held,
    reason: reasons.none,
    held: heldName(older),
  };
  const mac = finMac(suite, keys.mine.fin, 'READY', finBody(content), fromHex(candidate.proof.th));
  return writeFin({ kind: 'READY', ...content, mac });
}

/** How an older record is named to its peer. */
export function heldName(bond: Bond): Uint8Array {
  return fromHex(bond.th).slice(0, 8);
}

/** The older record that holds a proven candidate back, if one does. */
export function holding(state: Lp1State, candidate: Candidate): Bond | undefined {
  const bond = state.current === null ? undefined : bondOf(state, state.current);
  const same = bond !== undefined && bond.peer.sshKey === candidate.proof?.peer.sshKey && bond.theirs !== candidate.iid;
  return same && bond.step !== 'storing' ? bond : undefined;
}

/** What the peer is to be told next, if anything; null once nothing is owed. */
function owed(state: Lp1State, bond: Bond): { kind: Fin['kind']; status: number; reason?: number } | null {
  switch (bond.step) {
    case 'storing':
      return null;
    case 'stored':
    case 'installing':
      return { kind: 'READY', status: status.ask };
    case 'installed':
      if (bond.heard !== 'done' || (state.current === bond.record && asked(state, bond) !== ''))
        return { kind: 'READY', status: status.ask };
      return bond.known || bond.old ? null : { kind: 'DONE', status: status.answer };
    case 'failed':
      return { kind: 'DONE', status: status.failed, reason: bond.reason };
    case 'revoked':
      return bond.heard === 'cancel' ? null : { kind: 'CANCEL', status: status.ask, reason: bond.reason };
  }
}

/**
 * Says what is owed, and again later: to where the peer proved its source, and once to where it was last heard. That may
 * be a replay from a stranger's victim, which must not get more than three times what came from there: the answer, the
 * word of an installed key, and this.
 */
export function sayFin(state: Lp1State, suite: Suite, record: string): Turn<Lp1State> {
  const bond = bondOf(state, record);
  const message = bond === undefined ? null : owed(state, bond);
  if (bond === undefined || message === null) return [state, []];
  const bytes = finBytes(state, suite, bond, message);
  // Until the peer has spoken of its record it may lack our CONFIRM, without which it cannot read a READY.
  const confirm = bond.step === 'stored' && bond.heard === 'nothing' ? [fromHex(bond.confirm)] : [];
  // Installed and still asking: our own DONE may be what the peer lacks.
  const asking = bond.step === 'installed' && message.kind === 'READY';
  const done = asking ? [finBytes(state, suite, bond, { kind: 'DONE', status: status.ask })] : [];
  const { mine, theirs } = bond;
  const here = (datagram: Uint8Array, route: Route = bond.route): Step =>
    speak({ mine, theirs, route, bytes: datagram });
  const unheard = message.kind === 'READY' && bond.heard !== 'failed' && bond.repeats >= limits.unheard;
  // It goes on for as long as the program runs; what comes every fourth time goes on with it.
  const repeats = bond.repeats < limits.repeats ? bond.repeats + 1 : bond.repeats + 1 - limits.everyConfirm;
  return chain(
    putBond(state, bondWith(bond, { repeats, owes: false })),
    ...[bond.route, ...bond.also].flatMap((route) =>
      [...confirm, bytes, ...done].map((datagram) => here(datagram, route)),
    ),
    bond.seen !== null && bond.owes ? here(bytes, bond.seen) : emit(),
    unheard ? sayAround(bond, bytes, confirm) : emit(),
    emit(repeatTimer(`fin ${record}`, bond.repeats)),
  );
}

/**
 * The peer may have moved while we were not there to hear of it, or have restarted at another port: so to the groups, and to
 * the port that every program listens at, for where multicast does not get through. Who never had our CONFIRM cannot read a
 * READY: every fourth time the groups hear that first. It is thirteen times as long, and leaves more room to others than a READY.
 */
function sayAround(
  { mine, theirs, route, also, repeats }: Bond,
  bytes: Uint8Array,
  confirm: readonly Uint8Array[],
): Step {
  const { address } = route.endpoint;
  const there: Route = { ...route, endpoint: { address, port }, from: 'group' };
  const known = [route, ...also].some((place) => samePlace(place, there));
  return (state) =>
    chain(
      state,
      known ? emit() : speak({ mine, theirs, route: there, bytes }),
      ...(repeats % limits.everyConfirm === limits.unheard ? confirm : []).map((datagram) =>
        toGroups(datagram, ['unicast'], limits.sparedByConfirm),
      ),
      toGroups(bytes, ['unicast'], limits.spared),
    );
}

/** From now on something else is owed: soon, and from the beginning of the schedule. */
export function sayAnew(record: string, [min, max]: readonly [number, number] = times.cover): Step {
  return (state) => {
    const bond = bondOf(state, record);
    if (bond === undefined || owed(state, bond) === null) return [state, cancelTimers(`fin ${record}`)];
    return [putBond(state, bondWith(bond, { repeats: 0 })), [setTimer(`fin ${record}`, min, max)]];
  };
}

/** Answers the source that asked. */
export function answer(
  record: string,
  suite: Suite,
  route: Route,
  message: { kind: Fin['kind']; status: number; reason?: number },
): Step {
  return (state) => {
    const bond = bondOf(state, record);
    if (bond === undefined) return [state, []];
    const { mine, theirs } = bond;
    return speak({ mine, theirs, route, bytes: finBytes(state, suite, bond, message) })(state);
  };
}

// ---------------------------------------------------------------------------------------------------------------- wipe

const sessionTimers = ['beacon', 'work', 'units', 'keys', 'crowd', 'rest'];

/**
 * The phrase, the entropy, sk, the scalars and all keys made for others go together; so does every table of strangers.
 * Of those whose K was computed and who never proved the phrase the tag key stays: a proof after this is an alarm.
 */
export function wipe(state: Lp1State): Turn<Lp1State> {
  const watch = state.secrets.candidates
    .filter(({ iid }) =>
      state.candidates.some((known) => known.iid === iid && known.proof === null && known.dead === null),
    )
    .slice(0, limits.watch)
    .map(({ iid, keys }) => ({ iid, mac: keys.theirs.mac }));
  const says = sayTimers(state);
  const had = state.secrets.entropy !== null || state.candidates.length > 0;
  const next: Lp1State = stateWith(state, {
    secrets: { ...noSecrets, bonds: state.secrets.bonds, watch: had ? watch : state.secrets.watch },
    candidates: [],
    queue: [],
    echoes: [],
    others: [],
    working: false,
    rested: false,
    beat: 0,
    identity: new Uint8Array(0),
  });
  return [next, had ? cancelTimers(...sessionTimers, ...echoTimers(state), ...says) : []];
}

// ------------------------------------------------------------------------------------------------------------ progress

/** Who is paired anew has no older record: tombstones of that key are answered by this, whether or not he ever heard of them. */
function bury(state: Lp1State, { record, peer }: Bond): Turn<Lp1State> {
  const graves = state.bonds.filter(
    (bond) => bond.step === 'revoked' && bond.peer.sshKey === peer.sshKey && bond.record !== record,
  );
  return chain(
    state,
    ...graves.map(
      (bond): Step =>
        (next) => [
          dropBond(next, bond.record),
          [
            ...cancelTimers(`fin ${bond.record}`),
            grantEffect(bond, 'unprovision'),
            { type: 'discard', id: `${bond.record}/discard`, record: bond.record },
          ],
        ],
    ),
  );
}

/**
 * The peer holds a record: install its key. With a record of this session nothing else is needed any more. With an older one
 * the peer may be beginning anew, and has to hear the phrase proven.
 */
export function install(state: Lp1State, record: string): Turn<Lp1State> {
  const bond = bondOf(state, record);
  if (bond === undefined) throw fault('nothing to install');
  const current = state.current === record && bond.challenge === '';
  const moved: Lp1State = current ? stateWith(state, { situation: 'Installing' }) : state;
  return chain(moved, current ? wipe : (next) => [next, []], (next) => [
    putBond(next, bondWith(bond, { step: 'installing', given: true, repeats: 0 })),
    [grantEffect(bond, 'provision')],
  ]);
}

/** Both sides are done. A pairing of an earlier session that ends so, or is heard to be whole, ends this session too. */
export function finish(state: Lp1State, suite: Suite, record: string): Turn<Lp1State> {
  const bond = bondOf(state, record);
  if (bond === undefined) throw fault('nothing to finish');
  const here: Step = (next) =>
    joins(next, bond) ? chain(stateWith(next, { situation: 'Paired', current: record }), wipe) : [next, []];
  return chain(
    state,
    here,
    (next) => [putBond(next, bondWith(bond, { heard: 'done', repeats: 0, old: false })), []],
    (next) => [next, [storeEffect(next, record, 'keep')]],
    (next) => bury(next, bond),
    tellPaired(bond),
    // Who has heard our DONE still waits to hear that we have heard his: once, for he says his again until then.
    bond.known
      ? answer(record, suite, bond.seen ?? bond.route, { kind: 'DONE', status: status.answer })
      : (next) => sayFin(next, suite, record),
    bond.known ? emit(...cancelTimers(`fin ${record}`)) : emit(setTimer('linger', times.linger)),
    bond.known ? settleSoon : emit(),
  );
}

/**
 * An earlier pairing has become whole, and its peer says that it begins anew, with a phrase, as we do: so the session goes on until
 * that is proven, or the peer would wait for us.
 */
export function heal(state: Lp1State, record: string): Turn<Lp1State> {
  const bond = bondOf(state, record);
  if (bond === undefined) throw fault('nothing to heal');
  return chain(
    putBond(state, bondWith(bond, { heard: 'done' })),
    (next) => [next, [storeEffect(next, record, 'keep')]],
    tellPaired(bond),
    sayAnew(record, [times.repeat, times.repeat * 1.5]),
  );
}

/** Once in a session, however often it is confirmed. */
function tellPaired(bond: Bond): Step {
  const { record, peer } = bond;
  const route = bond.seen ?? bond.route;
  return (state) =>
    chain(
      state,
      tellOnce(`paired ${record}`, { event: 'paired', record, peer: peerView(peer, route), role: 'peer' }),
      emit(notify({ event: 'address', record, host: route.endpoint.address, rung: 'address' })),
    );
}
