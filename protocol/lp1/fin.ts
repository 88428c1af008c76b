/**
 * What a bond says: READY, DONE and CANCEL, to whom and how often. Nothing but the record is needed for them, so they are said
 * after a crash as before it.
 */

import { fromHex, toHex } from '../bytes.ts';
import type { Suite } from '../contract.ts';
import type { Turn } from '../table.ts';
import { speak } from './calm.ts';
import { bondWith } from './changes.ts';
import { finMac } from './keys.ts';
import { limits, times } from './limits.ts';
import { type Fin, finBody, writeFin } from './messages.ts';
import { cancelTimers, chain, emit, repeatTimer, type Step, setTimer, toGroups } from './speech.ts';
import {
  type Bond,
  bondKeys,
  bondOf,
  type Candidate,
  keysOf,
  type Lp1State,
  mayLackConfirm,
  port,
  proven,
  putBond,
  type Route,
  samePlace,
} from './state.ts';

/**
 * READY: stored; stored, as an answer; not stored yet, because an older record is held. DONE: ok; ok and yours was heard;
 * failed. CANCEL: taken back; as an answer. What is an answer is not answered.
 */
export const status = { ask: 0, answer: 1, failed: 2, held: 2 } as const;
export const reasons = { none: 0, person: 1, notChosen: 2, storage: 3, provision: 4, forgotten: 5 } as const;

/** One READY, DONE or CANCEL of this bond. */
export function finBytes(
  state: Lp1State,
  suite: Suite,
  bond: Bond,
  { kind, status: code, reason = reasons.none }: { kind: Fin['kind']; status: number; reason?: number },
): Uint8Array {
  const held = kind === 'DONE' ? pledge(state, bond) : kind === 'READY' ? question(state, bond) : noHeld;
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

/**
 * What this READY asks the peer to repeat, with a record of an earlier life and a phrase: whether it is there for our sake, or the word
 * that makes the record whole is an old one, and the phrase for somebody else.
 */
function question({ secrets }: Lp1State, { challenge }: Bond): Uint8Array {
  return challenge === '' || secrets.prs === null ? noHeld : fromHex(challenge + noPledge);
}

export const noPledge = '00000000';

/** What a peer's DONE or READY asks to be repeated, and what its DONE repeats. */
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

/** The same, in this life of it or in one before. */
export function hasProved(state: Lp1State, bond: Bond): boolean {
  return bond.proved || proves(state, bond);
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

/**
 * Whether this conversation stays of two that one pair of machines holds one each of: both decide so, and alike. By the iids, for an
 * eavesdropper knows them: the TH would show him something of the secret in what is said next.
 */
export function staysOf(one: Conversation, other: Conversation): boolean {
  const order = ({ mine, theirs }: Conversation): string => (mine < theirs ? mine + theirs : theirs + mine);
  return order(one) < order(other);
}

/** Two iids, hex. */
interface Conversation {
  readonly mine: string;
  readonly theirs: string;
}

/** How an older record is named to its peer. */
export function heldName(bond: Bond): Uint8Array {
  return fromHex(bond.th).slice(0, 8);
}

/** The older record that holds a proven candidate back, if one does: of another session of its machine, or of ours. */
export function holding(state: Lp1State, candidate: Candidate): Bond | undefined {
  const bond = state.current === null ? undefined : bondOf(state, state.current);
  if (bond === undefined || bond.step === 'storing' || bond.peer.sshKey !== candidate.proof?.peer.sshKey)
    return undefined;
  const its = bond.theirs === candidate.iid && bond.mine === toHex(state.iid);
  return its ? undefined : bond;
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
  const confirm = mayLackConfirm(bond) ? [bond.confirm] : [];
  // Installed and still asking: our own DONE may be what the peer lacks.
  const asking = bond.step === 'installed' && message.kind === 'READY';
  const done = asking ? [finBytes(state, suite, bond, { kind: 'DONE', status: status.ask })] : [];
  const { mine, theirs } = bond;
  const here = (datagram: Uint8Array, route: Route = bond.route): Step =>
    speak({ mine, theirs, route, bytes: datagram });
  // A tombstone of an earlier session may have nobody left to answer it: were it said around at every start, its two iids would
  // show in one network after the other whose machine this is.
  const around = message.kind === 'READY' ? bond.heard !== 'failed' : message.kind === 'CANCEL' && !bond.old;
  const unheard = around && bond.repeats >= limits.unheard;
  // It goes on for as long as the program runs; what comes every fourth time goes on with it.
  const repeats = bond.repeats < limits.repeats ? bond.repeats + 1 : bond.repeats + 1 - limits.everyConfirm;
  return chain(
    putBond(state, bondWith(bond, { repeats, owes: false, answered: false })),
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
