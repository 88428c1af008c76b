/**
 * What was said to whom less than 200 ms ago. All unicast of a conversation passes through here, whatever asks for it: a
 * repetition of the candidate's, one of the record's, or an answer. To one place, of one type, there is one datagram in that
 * time; what comes sooner waits for its end, and of several that wait the newest is said. So the limit costs nobody more than
 * 200 ms, and what it keeps back are doubles. Answers to unproven sources are counted otherwise (`Echo`).
 */

import { toHex } from '../bytes.ts';
import type { Effect, SendEffect } from '../contract.ts';
import type { Turn } from '../table.ts';
import { stateWith } from './changes.ts';
import { limits, times } from './limits.ts';
import { types } from './messages.ts';
import type { Step } from './speech.ts';
import { candidateOf, find, type Lp1State, put, type Route, type Said, samePlace, sourceAt } from './state.ts';

/** Where a datagram says its type (SPEC.md section 2). */
const typeAt = 3;

/** One datagram of the conversation between two iids (hex). */
export interface Word {
  readonly mine: string;
  readonly theirs: string;
  readonly route: Route;
  readonly bytes: Uint8Array;
}

/** Now, or as soon as 200 ms have passed since its like was said there. */
export function speak(word: Word): Step {
  return (state) => {
    const { mine, theirs, route, bytes } = word;
    const type = bytes[typeAt] ?? 0;
    const { address, port } = route.endpoint;
    const key = `calm ${mine} ${theirs} ${type} ${address} ${port}`;
    const send = sendOf(word);
    const known = find(state.said, key, keyOf);
    if (known !== undefined) return [keep(state, waiting(known, send)), []];
    // Whoever replays from a thousand places gets no further answers, and silences nobody.
    if (state.said.length >= limits.said && !livesAt(state, word)) return [state, []];
    return [keep(state, { key, mine, theirs, type, waits: null }), [send, pause(key)]];
  };
}

/** 200 ms are over: what waited is said, if it is still meant. */
export function calmed(state: Lp1State, name: string): Turn<Lp1State> {
  const known = find(state.said, name, keyOf);
  if (known === undefined) return [state, []];
  if (known.waits === null || !isMeant(state, known))
    return [stateWith(state, { said: state.said.filter((one) => one !== known) }), []];
  return [keep(state, waiting(known, null)), [known.waits, pause(name)]];
}

/** Nothing more is to be done, as soon as nothing waits to be said: a program may end itself then. */
export function settleSoon(state: Lp1State): Turn<Lp1State> {
  const waits = state.said.some((one) => one.waits !== null);
  const linger: Effect = waits
    ? { type: 'setTimer', name: 'linger', minMs: times.calm, maxMs: times.calm }
    : { type: 'cancelTimer', name: 'linger' };
  return [state, waits ? [linger] : [linger, { type: 'notify', notice: { event: 'settled' } }]];
}

/** A candidate may have ended in the meantime, a bond may have been taken back. */
function isMeant(state: Lp1State, { mine, theirs, type }: Said): boolean {
  const bond = state.bonds.find((one) => one.mine === mine && one.theirs === theirs);
  if (bond !== undefined) {
    if (bond.step === 'revoked') return type === types.CANCEL;
    // Who says READY has our CONFIRM, and who says DONE our READY; but a whole pairing that both begin anew is asked for.
    const asked = bond.heard !== 'done' || state.situation === 'Ready';
    return type === types.CONFIRM ? bond.heard === 'nothing' : type !== types.READY || asked;
  }
  const looking = state.secrets.entropy !== null && mine === toHex(state.iid);
  const candidate = looking ? candidateOf(state, theirs) : undefined;
  return candidate !== undefined && (candidate.dead === null || candidate.dead === 'clone');
}

function livesAt(state: Lp1State, { mine, theirs, route }: Word): boolean {
  return (
    state.candidates.some((one) => one.iid === theirs && sourceAt(one, route) !== undefined) ||
    state.bonds.some(
      (one) =>
        one.mine === mine && one.theirs === theirs && [one.route, ...one.also].some((home) => samePlace(home, route)),
    )
  );
}

function waiting({ key, mine, theirs, type }: Said, waits: SendEffect | null): Said {
  return { key, mine, theirs, type, waits };
}

function keep(state: Lp1State, said: Said): Lp1State {
  return stateWith(state, { said: put(state.said, said, keyOf) });
}

function keyOf({ key }: Said): string {
  return key;
}

function sendOf({ route, bytes }: Word): SendEffect {
  return { type: 'send', bytes, interface: route.interface, from: route.from, to: route.endpoint };
}

function pause(key: string): Effect {
  return { type: 'setTimer', name: key, minMs: times.calm, maxMs: times.calm };
}
