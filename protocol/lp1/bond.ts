/**
 * Bonds: pairings that have a record. From the proof to PAIRED, by READY and DONE, which need nothing but the record; so
 * a crash at any step is survived by starting again from it.
 *
 *     storing -> stored (READY) -> installing (peer's READY) -> installed (DONE) -> paired (peer's DONE)
 *
 * A key is installed only after the peer's READY: its owner then holds a record too, and the pair can always heal.
 */

import { toHex } from '../bytes.ts';
import type { Effect, Suite } from '../contract.ts';
import { Misuse } from '../contract.ts';
import type { Turn } from '../table.ts';
import { settleSoon } from './calm.ts';
import { bondWith, stateWith } from './changes.ts';
import { answer, hasProved, joins, reasons, sayAnew, sayFin, status } from './fin.ts';
import { limits, times } from './limits.ts';
import { homeOf, writeRecord } from './record.ts';
import { cancelTimers, chain, echoTimers, emit, notify, peerView, type Step, setTimer, tellOnce } from './speech.ts';
import {
  type Bond,
  type BondKeys,
  bondKeys,
  bondOf,
  type Candidate,
  dropBond,
  keysOf,
  type Lp1State,
  noSecrets,
  put,
  putBond,
  type Route,
  samePlace,
  sayTimers,
} from './state.ts';
import { watchFor } from './watch.ts';

function fault(what: string): Misuse {
  return new Misuse(`lp1: ${what}`);
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
    confirm,
    confirmHex: toHex(confirm),
    step,
    heard: 'nothing',
    known: false,
    reason: reasons.none,
    route,
    also: alsoAt(candidate),
    seen: null,
    owes: false,
    firm: '',
    repeats: 0,
    answered: false,
    old: false,
    given: false,
    challenge: '',
    anew: false,
    proved: true,
    echo: '',
  };
  const kept: BondKeys = { record, mine: keys.mine.fin, theirs: keys.theirs.fin, pair: keys.pair };
  const bonds = put(state.secrets.bonds, kept, (entry) => entry.record);
  return putBond(stateWith(state, { secrets: { ...state.secrets, bonds } }), bond);
}

/** Where the candidate was verified, but for its route. */
export function alsoAt({ route, sources }: Candidate): readonly Route[] {
  return sources
    .filter((source) => source.heard !== null && !samePlace(source.route, route))
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

// ---------------------------------------------------------------------------------------------------------------- wipe

const sessionTimers = ['beacon', 'work', 'units', 'keys', 'crowd', 'rest'];

/**
 * The phrase, the entropy, sk, the scalars and all keys made for others go together; so does every table of strangers.
 * What a proof after this is read with stays, of those whose K was computed and who never proved the phrase.
 */
export function wipe(state: Lp1State): Turn<Lp1State> {
  const watch = watchFor(state);
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
  const proved = hasProved(state, bond);
  const here: Step = (next) =>
    joins(next, bond) ? chain(stateWith(next, { situation: 'Paired', current: record }), wipe) : [next, []];
  return chain(
    state,
    here,
    (next) => [putBond(next, bondWith(bond, { heard: 'done', repeats: 0, old: false, proved })), []],
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
    tellPaired(bond, true),
    sayAnew(record, [times.repeat, times.repeat * 1.5]),
  );
}

/** In `told`: it became whole in this session, and did not end it. */
export function toldHealed(record: string): string {
  return `healed ${record}`;
}

/** Once in a session, however often it is confirmed; and once more when the session, which went on at first, is paired by it. */
function tellPaired(bond: Bond, isHealed = false): Step {
  const { record, peer, anew } = bond;
  const route = bond.seen ?? homeOf(bond);
  const key = isHealed ? toldHealed(record) : `paired ${record}`;
  const seeks = isHealed && anew ? ({ isSeeking: true } as const) : {};
  return (state) =>
    chain(
      state,
      tellOnce(key, { event: 'paired', record, peer: peerView(peer, route), role: 'peer', ...seeks }),
      emit(notify({ event: 'address', record, host: route.endpoint.address, rung: 'address' })),
    );
}
