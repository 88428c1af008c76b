/**
 * What was said to whom a moment ago. All unicast of a conversation passes through here, whatever asks for it: a repetition of
 * the candidate's, one of the record's, or an answer. To one place, of one type, there is one datagram in 200 ms; what comes
 * sooner waits, and of several that wait the newest is said. What it keeps back are doubles. Answers to unproven sources are
 * counted otherwise (`Echo`).
 *
 * One timer serves all of them, for in a crowd they are hundreds. It is set for 200 ms by what is said first. What is said
 * while it runs has its 200 ms behind it not when it fires next, but once more: after 400 ms at most.
 */

import { toHex } from '../bytes.ts';
import type { Effect, SendEffect } from '../contract.ts';
import type { Turn } from '../table.ts';
import { stateWith } from './changes.ts';
import { limits, times } from './limits.ts';
import { types } from './messages.ts';
import type { Step } from './speech.ts';
import {
  candidateOf,
  find,
  type Lp1State,
  mayLackConfirm,
  put,
  type Route,
  type Said,
  samePlace,
  sourceAt,
} from './state.ts';

/** Where a datagram says its type (SPEC.md section 2). */
const typeAt = 3;

/** One datagram of the conversation between two iids (hex). */
export interface Word {
  readonly mine: string;
  readonly theirs: string;
  readonly route: Route;
  readonly bytes: Uint8Array;
}

/** Now, or as soon as its like was not said there a moment ago. */
export function speak(word: Word): Step {
  return (state) => {
    const { mine, theirs, route, bytes } = word;
    const type = bytes[typeAt] ?? 0;
    const { address, port } = route.endpoint;
    const key = `${mine} ${theirs} ${type} ${address} ${port}`;
    const send: SendEffect = { type: 'send', bytes, interface: route.interface, from: route.from, to: route.endpoint };
    for (const table of ['said', 'saidSince'] as const) {
      const known = find(state[table], key, keyOf);
      if (known !== undefined)
        return [stateWith(state, { [table]: put(state[table], waiting(known, send), keyOf) }), []];
    }
    // Whoever replays from a thousand places gets no further answers, and silences nobody.
    const full = state.said.length + state.saidSince.length >= limits.said;
    if (full && !livesAt(state, word)) return [state, []];
    const said: Said = { key, mine, theirs, type, waits: null };
    return state.said.length === 0
      ? [stateWith(state, { said: [said] }), [send, pause]]
      : [stateWith(state, { saidSince: put(state.saidSince, said, keyOf) }), [send]];
  };
}

/** The timer fired: what waited is said, if it is still meant, and begins anew with what was said since. */
export function calmed(state: Lp1State): Turn<Lp1State> {
  const effects: Effect[] = [];
  let said = state.saidSince;
  for (const one of state.said) {
    if (one.waits === null || !isMeant(state, one)) continue;
    effects.push(one.waits);
    said = put(said, waiting(one, null), keyOf);
  }
  if (said.length > 0) effects.push(pause);
  return [stateWith(state, { said, saidSince: none }), effects];
}

/** Nothing more is to be done, as soon as nothing waits to be said: a program may end itself then. */
export function settleSoon(state: Lp1State): Turn<Lp1State> {
  const late = state.saidSince.some(isWaiting);
  if (!late && !state.said.some(isWaiting)) {
    return [
      state,
      [
        { type: 'cancelTimer', name: 'linger' },
        { type: 'notify', notice: { event: 'settled' } },
      ],
    ];
  }
  const ms = late ? times.calmMax : times.calm;
  return [state, [{ type: 'setTimer', name: 'linger', minMs: ms, maxMs: ms }]];
}

/** A candidate may have ended in the meantime, a bond may have been taken back. */
function isMeant(state: Lp1State, { mine, theirs, type }: Said): boolean {
  const bond = state.bonds.find((one) => one.mine === mine && one.theirs === theirs);
  if (bond !== undefined) {
    if (bond.step === 'revoked') return type === types.CANCEL || (type === types.CONFIRM && mayLackConfirm(bond));
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

function isWaiting({ waits }: Said): boolean {
  return waits !== null;
}

function keyOf({ key }: Said): string {
  return key;
}

const pause: Effect = { type: 'setTimer', name: 'calm', minMs: times.calm, maxMs: times.calm };
const none: readonly Said[] = [];
