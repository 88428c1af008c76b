/** The session around the candidates: its start, its phrase, its keys and what it tells a person. */

import { concat, fromHex, toHex } from '../bytes.ts';
import type { Command, Effect, Endpoint, Interface, Refusal, StartInput, Suite } from '../contract.ts';
import type { Turn } from '../table.ts';
import { grantEffect } from './bond.ts';
import { bondWith, stateWith } from './changes.ts';
import { end } from './ending.ts';
import { sayAnew } from './fin.ts';
import { retry } from './finishing.ts';
import { edKeyOf, identityFlaw, writeIdentity } from './identity.ts';
import { associatedData, possessionMessage, sessionKeys, signingOf } from './keys.ts';
import { limits, times } from './limits.ts';
import { checkPhrase } from './phrase.ts';
import { readRecord } from './record.ts';
import {
  beacon,
  cancelTimers,
  chain,
  echoTimers,
  emit,
  notify,
  peerView,
  restartSchedule,
  type Step,
  setTimer,
  tellOnce,
} from './speech.ts';
import { namespace, signatureIn, verifyPossession } from './sshsig.ts';
import { type Bond, type BondKeys, idle, type Lp1State, port, put, sayTimers } from './state.ts';
import { tokensMax } from './work.ts';

/** `start`: stored pairings first; then the phrase, if there is one. */
export function begin(_: Lp1State, { start }: { start: StartInput }, suite: Suite): Turn<Lp1State> {
  // Those that wait for a word first, each once; then by their iids: ids come of keys, and in the order of those, in which a
  // directory lists them, the luck of timers would be dealt by the phrase.
  const read = start.records.flatMap((record) => readRecord(record) ?? []);
  const known = [...new Map(read.map((entry) => [entry.bond.record, entry])).values()]
    .toSorted((a, b) => Number(finished(a.bond)) - Number(finished(b.bond)) || inOrder(a.bond, b.bond))
    .slice(0, limits.bonds);
  const bonds = known.map(({ bond }) => challenged(bond, start.entropy, suite));
  const keys = known.reduce<readonly BondKeys[]>((all, entry) => put(all, entry.keys, ({ record }) => record), []);
  const peers = start.peers;
  const state: Lp1State = stateWith(idle, {
    situation: 'Waiting',
    self: start.self,
    interfaces: start.interfaces,
    peers,
    windowMs: start.windowMs,
    bonds,
    secrets: { ...idle.secrets, entropy: start.entropy.slice(), bonds: keys },
  });
  const ready = stateWith(state, tokensMax(state));
  return chain(
    ready,
    emit(setTimer('window', start.windowMs)),
    ...bonds.filter((bond) => !finished(bond)).map((bond) => resumeBond(bond)),
    (next) => identityUsable(next),
    (next) => (next.situation === 'Waiting' ? firstPhrase(next, start, suite) : [next, []]),
  );
}

function inOrder(a: Bond, b: Bond): number {
  const [here, there] = [a.mine + a.theirs, b.mine + b.theirs];
  return here < there ? -1 : Number(here > there);
}

function finished({ step, heard }: Bond): boolean {
  return step === 'installed' && heard === 'done';
}

/** Once it is whole, and both sides begin anew, it is this session's only by a word that was said in it. */
function challenged(bond: Bond, entropy: Uint8Array, suite: Suite): Bond {
  return bondWith(bond, { challenge: toHex(suite.derive(entropy, 'challenge', fromHex(bond.th), 4)) });
}

/**
 * What a crash or the end of a window interrupted goes on from its record; no phrase is needed for that. Of a tombstone the
 * key is removed once more: the crash may have come before it was, and once the peer knows nothing remembers it.
 */
function resumeBond(bond: Bond): Step {
  const { record, peer, route, step } = bond;
  return (state) =>
    chain(
      state,
      emit(notify({ event: 'unfinished', record, peer: peerView(peer, route), step })),
      emit(...(step === 'revoked' ? [grantEffect(bond, 'unprovision')] : [])),
      sayAnew(record, [0, times.spread]),
    );
}

/** Says at once, not when a peer is waiting, that our own identity is not one that a peer takes. */
function identityUsable(state: Lp1State): Turn<Lp1State> {
  const flaw = identityFlaw(state.self);
  return flaw === null ? [state, []] : end(state, 'identity', `${flaw.rule}: ${flaw.detail}`);
}

function firstPhrase(state: Lp1State, { phrase }: StartInput, suite: Suite): Turn<Lp1State> {
  if (phrase === null) return [state, [notify({ event: 'seeking', role: 'listening' })]];
  const check = checkPhrase(phrase);
  return check.ok ? phraseGood(state, check, suite) : phraseUnfit(state, check);
}

export function phraseUnfit(state: Lp1State, { rule, advice }: { rule: string; advice: string }): Turn<Lp1State> {
  return [state, [notify({ event: 'phraseRefused', rule, advice })]];
}

/** Keys of this session; then the user's ssh key signs that it owns them. Nothing leaves before it has. */
export function phraseGood(
  state: Lp1State,
  { channel, prs, guesses }: { channel: string; prs: Uint8Array; guesses: number },
  suite: Suite,
): Turn<Lp1State> {
  const budget = { used: state.guesses.used, budget: guesses };
  return openSession(stateWith(state, { channel, guesses: budget, secrets: { ...state.secrets, prs } }), suite);
}

function openSession(state: Lp1State, suite: Suite): Turn<Lp1State> {
  const { entropy } = state.secrets;
  if (entropy === null) return [state, []];
  const { seed, vk, iid, cookieKey } = sessionKeys(suite, entropy);
  return [
    stateWith(state, {
      situation: 'Signing',
      iid,
      vk,
      ad: associatedData(iid, port),
      secrets: { ...state.secrets, seed, cookieKey },
    }),
    [{ type: 'sign', id: signingOf(iid), namespace, bytes: possessionMessage(vk) }],
  ];
}

/** The signature is checked before it is used: a wrong one would look to the peer like somebody else's key. */
export function signed(state: Lp1State, { blob }: { blob: Uint8Array }, suite: Suite): Turn<Lp1State> {
  const owner = edKeyOf(state.self.sshKey);
  const signature = owner === null ? null : signatureIn(blob, owner);
  if (owner === null || signature === null || !verifyPossession(suite, owner, possessionMessage(state.vk), signature)) {
    return end(
      state,
      'identity',
      'the ssh key did not sign as asked: is the private half of the given key in the agent?',
    );
  }
  const identity = writeIdentity(state.self, state.interfaces, signature);
  if (!identity.ok) return end(state, 'identity', `${identity.refusal.rule}: ${identity.refusal.detail}`);
  return chain(
    stateWith(state, { situation: 'Seeking', identity: identity.value }),
    emit(notify({ event: 'seeking', role: 'asking' })),
    beacon,
  );
}

export function signFailed(state: Lp1State, { reason }: { reason: string }): Turn<Lp1State> {
  return end(state, 'identity', `the ssh key could not sign: ${reason}`);
}

/** The machine slept or was copied: new keys, a new iid, and the same count of guesses. What has a record goes on. */
export function renew(state: Lp1State, { entropy }: { entropy: Uint8Array }, suite: Suite): Turn<Lp1State> {
  const before = state.secrets.entropy ?? new Uint8Array(0);
  const mixed = suite.derive(concat(before, entropy), 'resumed', new Uint8Array(0), 32);
  const says = sayTimers(state);
  const next: Lp1State = stateWith(state, {
    secrets: { ...state.secrets, entropy: mixed, candidates: [] },
    candidates: [],
    queue: [],
    echoes: [],
    working: false,
    beat: 0,
  });
  const quiet = emit(...cancelTimers('beacon', 'work', 'crowd', ...echoTimers(state), ...says));
  return state.secrets.prs === null ? [next, []] : chain(next, quiet, (after) => openSession(after, suite));
}

/** As `renew`, where a record is held: the peer needs nothing more of the session than that. */
export function renewBonded(state: Lp1State, { entropy }: { entropy: Uint8Array }, suite: Suite): Turn<Lp1State> {
  const before = state.secrets.entropy;
  if (before === null) return [state, []];
  const mixed = suite.derive(concat(before, entropy), 'resumed', new Uint8Array(0), 32);
  const says = sayTimers(state);
  const secrets = { ...state.secrets, entropy: mixed, seed: null, cookieKey: null, prs: null, candidates: [] };
  return [
    stateWith(state, { secrets, candidates: [], queue: [], echoes: [], working: false }),
    cancelTimers('beacon', 'work', 'units', 'keys', ...echoTimers(state), ...says),
  ];
}

/** New addresses: those who look for us should hear of it soon. */
export function interfacesChanged(
  state: Lp1State,
  { interfaces }: { interfaces: readonly Interface[] },
): Turn<Lp1State> {
  return restartSchedule(stateWith(state, { interfaces }));
}

export function interfacesNoted(state: Lp1State, { interfaces }: { interfaces: readonly Interface[] }): Turn<Lp1State> {
  return chain(
    stateWith(state, { interfaces }),
    ...state.bonds.filter((bond) => !finished(bond)).map(({ record }) => sayAnew(record)),
  );
}

/** The person is impatient. */
export function nudgeSeeking(state: Lp1State): Turn<Lp1State> {
  return chain(state, restartSchedule, retry);
}

export function elsewhere(state: Lp1State, { iid }: { iid: string }): Turn<Lp1State> {
  if (state.others.length >= limits.others || state.others.includes(iid)) return [state, []];
  const others = put(state.others, iid, (known) => known);
  return [stateWith(state, { others }), [notify({ event: 'others', count: others.length })]];
}

/** Anybody can say so; it is shown, once, as what somebody says. */
export function hinted(state: Lp1State, { versions }: { versions: readonly number[] }): Turn<Lp1State> {
  const detail = `somebody says that it speaks only versions ${versions.join(', ')} of lp1; are both programs up to date?`;
  return tellOnce('hint', { event: 'alarm', rule: 'version', detail })(state);
}

export function tellRefusal(
  state: Lp1State,
  { refusal, source }: { refusal: Refusal; source: Endpoint | null },
): Turn<Lp1State> {
  return [state, [notify({ event: 'refused', refusal, source })]];
}

export function sideFailed(state: Lp1State, { what, reason }: { what: string; reason: string }): Turn<Lp1State> {
  return [state, [notify({ event: 'trouble', what, reason })]];
}

export function notPossible(command: Command['name']): Step {
  const effect: Effect = notify({ event: 'trouble', what: command, reason: 'there is nothing to do that for now' });
  return (state) => [state, [effect]];
}
