/** What leaves: BEACONs and their answers, repetitions and their timers, and the tokens that bound them. */

import { toHex } from '../bytes.ts';
import type { Effect, Notice, PeerView, SendEffect, Suite, Via } from '../contract.ts';
import { sequence, type Turn } from '../table.ts';
import { speak } from './calm.ts';
import { stateWith } from './changes.ts';
import type { PeerIdentity } from './identity.ts';
import { cookieFor } from './keys.ts';
import { limits, times } from './limits.ts';
import { writeBeacon } from './messages.ts';
import { candidateOf, type Echo, find, type Lp1State, placeOf, put, type Route, sourceAt } from './state.ts';

export type Step = (state: Lp1State) => Turn<Lp1State>;

/** One step after the other, their effects in order. */
export function chain(state: Lp1State, ...steps: readonly Step[]): Turn<Lp1State> {
  return sequence(state, ...steps);
}

/** A step that only emits. */
export function emit(...effects: readonly Effect[]): Step {
  return (state) => [state, effects];
}

export function notify(notice: Notice): Effect {
  return { type: 'notify', notice };
}

/** Tells a person once in a session. */
export function tellOnce(about: string, notice: Notice): Step {
  return (state) =>
    state.told.includes(about)
      ? [state, []]
      : [stateWith(state, { told: put(state.told, about, (text) => text) }), [notify(notice)]];
}

export function setTimer(name: string, minMs: number, maxMs: number = minMs): Effect {
  return { type: 'setTimer', name, minMs, maxMs };
}

export function cancelTimers(...names: readonly string[]): readonly Effect[] {
  return names.map((name) => ({ type: 'cancelTimer', name }));
}

/** After the n-th repetition: 0.2 s, doubling to 8 s, and up to half as much again. Never twice within 200 ms. */
export function repeatTimer(name: string, repeats: number): Effect {
  const base = Math.min(times.repeat * 2 ** Math.min(repeats, 6), times.repeatMax);
  return setTimer(name, base, Math.floor(base * 1.5));
}

export function sendTo(route: Route, bytes: Uint8Array): SendEffect {
  return { type: 'send', bytes, interface: route.interface, from: route.from, to: route.endpoint };
}

export function peerView(peer: PeerIdentity, route: Route): PeerView {
  return {
    hostName: peer.hostName,
    userName: peer.userName,
    directory: peer.directory,
    key: peer.sshKey,
    address: route.endpoint.address,
  };
}

// ------------------------------------------------------------------------------------------------------------- BEACONs

/** To the groups, while there are tokens, and to every `--peer`; then the timer for the next one. */
export function beacon(state: Lp1State): Turn<Lp1State> {
  const bytes = writeBeacon({ from: state.iid, channel: state.channel, cookie: null, returned: null });
  // A firewall may let in only what comes to the group's port: once three BEACONs found nobody, leave from there as well.
  const alone = state.beat >= 3 && state.candidates.every(({ verified }) => verified === null);
  const vias = alone ? (['unicast', 'group'] as const) : (['unicast'] as const);
  const toPeers = state.peers.flatMap((to) =>
    (['group', 'unicast'] as const).map((from): Effect => ({ type: 'send', bytes, interface: null, from, to })),
  );
  const gap = times.beacon[Math.min(state.beat, times.beacon.length - 1)] ?? times.rest;
  return chain(
    stateWith(state, { beat: Math.min(state.beat + 1, times.beacon.length) }),
    toGroups(bytes, vias),
    emit(...toPeers, setTimer('beacon', Math.floor(gap * 0.8), Math.floor(gap * 1.2))),
  );
}

/** To the group of each interface that has more tokens than are to be spared. */
export function toGroups(bytes: Uint8Array, vias: readonly Via[], spared = 0): Step {
  return (state) => {
    let { multicasts } = state;
    const effects: Effect[] = [];
    for (const { name } of state.interfaces) {
      for (const from of vias) {
        const left = multicasts.find((budget) => budget.name === name)?.tokens ?? limits.multicasts;
        if (left <= spared) continue;
        multicasts = put(multicasts, { name, tokens: left - 1 }, (budget) => budget.name);
        effects.push({ type: 'send', bytes, interface: name, from, to: 'group' });
      }
    }
    if (state.multicasts.length === 0 && multicasts.length > 0) effects.push(setTimer('multicast', times.multicast));
    return [stateWith(state, { multicasts }), effects];
  };
}

/** From the beginning of the schedule, at most once in 5 s. */
export function restartSchedule(state: Lp1State): Turn<Lp1State> {
  if (state.rested) return [state, []];
  return [
    stateWith(state, { beat: 0, rested: true }),
    [setTimer('beacon', 0, times.spread), setTimer('rest', times.rest)],
  ];
}

/** Two tokens a second and interface; an interface that has all of them is not remembered. */
export function refillMulticasts(state: Lp1State): Turn<Lp1State> {
  const multicasts = state.multicasts
    .map(({ name, tokens }) => ({ name, tokens: tokens + 1 }))
    .filter(({ tokens }) => tokens < limits.multicasts);
  return [stateWith(state, { multicasts }), multicasts.length > 0 ? [setTimer('multicast', times.multicast)] : []];
}

// ------------------------------------------------------------------------------------------------------------- answers

/**
 * Answers a BEACON with one of ours, which carries a cookie for its source and returns its own. Nothing is computed and next to
 * nothing kept for it; two repetitions follow unless it proves its source first. Who did so before has our cookie already: to
 * a proven source it is said once.
 */
export function answerBeacon(
  state: Lp1State,
  suite: Suite,
  { route, from, cookie }: { route: Route; from: Uint8Array; cookie: Uint8Array | null },
): Turn<Lp1State> {
  const iid = toHex(from);
  const answer = { route, iid: from, returned: cookie };
  const key = echoTimer(route, iid);
  const proven = sourceAt(candidateOf(state, iid), route) !== undefined;
  const room = state.echoes.length < limits.echoes || find(state.echoes, key, keyOf) !== undefined;
  if (proven || !room) return sayEcho(suite, answer)(state);
  const echoes = put(state.echoes, { ...answer, key, left: limits.copies - 1 }, keyOf);
  return chain(stateWith(state, { echoes }), sayEcho(suite, answer), emit(setTimer(key, ...times.echo)));
}

function echoTimer(route: Route, iid: string): string {
  return `echo ${placeOf(route)} ${iid}`;
}

function keyOf({ key }: Echo): string {
  return key;
}

export function echoTimers({ echoes }: Lp1State): readonly string[] {
  return echoes.map(keyOf);
}

/** The answer once more, if it is still owed. */
export function repeatEcho(state: Lp1State, name: string, suite: Suite): Turn<Lp1State> {
  const echo = find(state.echoes, name, keyOf);
  if (echo === undefined) return [state, []];
  const others = state.echoes.filter((one) => one !== echo);
  const echoes = echo.left > 1 ? put(others, { ...echo, left: echo.left - 1 }, keyOf) : others;
  const again = echo.left > 1 ? emit(setTimer(name, ...times.echo)) : emit();
  return chain(stateWith(state, { echoes }), sayEcho(suite, echo), again);
}

/** Its answer came: the place has proved itself. What is owed to other places under that iid is another matter. */
export function dropEcho(state: Lp1State, iid: string, route: Route): Lp1State {
  const key = echoTimer(route, iid);
  if (find(state.echoes, key, keyOf) === undefined) return state;
  return stateWith(state, { echoes: state.echoes.filter((echo) => echo.key !== key) });
}

/** A BEACON with cookies. A source that proved itself hears from us as often as any. */
export function sayEcho(suite: Suite, { route, iid, returned }: Pick<Echo, 'route' | 'iid' | 'returned'>): Step {
  return (state) => {
    const { cookieKey } = state.secrets;
    const cookie = cookieKey === null ? null : cookieFor(suite, cookieKey, route.endpoint, iid);
    const bytes = writeBeacon({ from: state.iid, channel: state.channel, cookie, returned });
    const theirs = toHex(iid);
    return sourceAt(candidateOf(state, theirs), route) === undefined
      ? [state, [sendTo(route, bytes)]]
      : speak({ mine: toHex(state.iid), theirs, route, bytes })(state);
  };
}
