/**
 * From an input to the one event that it is here: what the table is about. Reads and checks, changes nothing.
 *
 * Every check that costs next to nothing is made here (sizes, sources, cookies, the HMACs of CONFIRM, READY, DONE and
 * CANCEL), so an event's name already says what was proven. Heavy ones (signatures, group operations) are left to the work
 * queue, and opening an identity to the action.
 */
import { mappedAddress } from '../address.ts';
import { equalBytes, fromHex, toHex } from '../bytes.ts';
import type { Command, Endpoint, Input, Interface, Outcome, Refusal, StartInput, Suite } from '../contract.ts';
import { Misuse } from '../contract.ts';
import { nearby } from '../nearby.ts';
import { confirmTag, cookieFor, finMac, iidOf, signingOf } from './keys.ts';
import { type Confirm, type Fin, type Message, read, type Share } from './messages.ts';
import { checkPhrase } from './phrase.ts';
import {
  type Bond,
  type Candidate,
  candidateOf,
  earlyTimer,
  keysOf,
  type Lp1State,
  port,
  type Route,
  sourceAt,
  type Watched,
} from './state.ts';

type Simple =
  | 'sayTimer'
  | 'finTimer'
  | 'beaconTimer'
  | 'echoTimer'
  | 'workTimer'
  | 'crowdTimer'
  | 'windowTimer'
  | 'lingerTimer'
  | 'calmTimer'
  | 'refill';

export type Event =
  | { readonly type: 'begin'; readonly start: StartInput }
  | {
      readonly type: 'phraseGood';
      readonly channel: string;
      readonly prs: Uint8Array;
      readonly guesses: number;
    }
  | { readonly type: 'phraseUnfit'; readonly rule: string; readonly advice: string }
  | { readonly type: 'signed'; readonly blob: Uint8Array }
  | { readonly type: 'signFailed'; readonly reason: string }
  | { readonly type: 'beaconPlain' | 'beaconCookie' | 'beaconReturned'; readonly beacon: Beacon; readonly route: Route }
  | { readonly type: 'beaconElsewhere'; readonly iid: string }
  | { readonly type: 'echo' }
  | { readonly type: 'shareFresh'; readonly share: Share; readonly route: Route; readonly relayed: boolean }
  | { readonly type: 'shareAgain'; readonly share: Share; readonly route: Route }
  | { readonly type: 'confirmProven'; readonly candidate: Candidate; readonly confirm: Confirm; readonly route: Route }
  | { readonly type: 'confirmEarly'; readonly confirm: Confirm; readonly route: Route }
  | { readonly type: 'confirmWatched'; readonly watched: Watched; readonly confirm: Confirm; readonly route: Route }
  | { readonly type: 'confirmAgain'; readonly candidate: Candidate }
  | { readonly type: 'confirmBonded'; readonly bond: Bond; readonly route: Route }
  | {
      readonly type: 'readyProven' | 'doneProven' | 'cancelProven';
      readonly bond: Bond;
      readonly fin: Fin;
      readonly route: Route;
    }
  /** From a candidate that is proven and has no record here yet. */
  | {
      readonly type: 'readyAhead' | 'cancelAhead';
      readonly candidate: Candidate;
      readonly fin: Fin;
      readonly route: Route;
    }
  | { readonly type: 'hint'; readonly versions: readonly number[] }
  | { readonly type: 'refused'; readonly refusal: Refusal; readonly source: Endpoint | null }
  | { readonly type: Simple; readonly name: string }
  | { readonly type: 'stored' | 'provisioned' | 'unprovisioned'; readonly bond: Bond }
  | {
      readonly type: 'storeFailed' | 'provisionFailed' | 'unprovisionFailed';
      readonly bond: Bond;
      readonly reason: string;
    }
  | { readonly type: 'outcomeNoted' }
  | { readonly type: 'sideFailed'; readonly what: string; readonly reason: string }
  | { readonly type: 'choose'; readonly candidate: string }
  | { readonly type: 'cancel' }
  | { readonly type: 'forget'; readonly record: string }
  | { readonly type: 'nudge' }
  | { readonly type: 'grant' }
  | { readonly type: 'find' }
  | { readonly type: 'interfaces'; readonly interfaces: readonly Interface[] }
  | { readonly type: 'resumed'; readonly entropy: Uint8Array };

type Beacon = Extract<Message, { kind: 'BEACON' }>;

const foreign: Event = { type: 'outcomeNoted' };

export function perceive(state: Lp1State, input: Input, suite: Suite): Event {
  if (state.situation === 'Idle' && input.type !== 'start') throw new Misuse(`lp1: ${input.type} before start`);
  switch (input.type) {
    case 'start':
      if (state.situation !== 'Idle') throw new Misuse('lp1: start twice');
      if (input.entropy.length !== 32) throw new Misuse('lp1: start needs 32 bytes of entropy');
      return { type: 'begin', start: input };
    case 'datagram':
      return perceiveDatagram(state, input, suite);
    case 'timer':
      return perceiveTimer(state, input.name, suite);
    case 'interfaces':
      return { type: 'interfaces', interfaces: input.interfaces };
    case 'command':
      return perceiveCommand(input.command);
    case 'outcome':
      return perceiveOutcome(state, input.outcome);
    case 'resumed':
      if (input.entropy.length !== 32) throw new Misuse('lp1: resumed needs 32 bytes of entropy');
      return { type: 'resumed', entropy: input.entropy };
  }
}

/** By the first word of a timer's name. */
const timers: ReadonlyMap<string, Simple> = new Map<string, Simple>([
  ['say', 'sayTimer'],
  ['fin', 'finTimer'],
  ['beacon', 'beaconTimer'],
  ['echo', 'echoTimer'],
  ['work', 'workTimer'],
  ['crowd', 'crowdTimer'],
  ['window', 'windowTimer'],
  ['linger', 'lingerTimer'],
  ['units', 'refill'],
  ['keys', 'refill'],
  ['multicast', 'refill'],
  ['calm', 'calmTimer'],
  ['rest', 'refill'],
]);

function perceiveTimer(state: Lp1State, name: string, suite: Suite): Event {
  const space = name.indexOf(' ');
  if (name.startsWith('early ')) return perceiveEarly(state, name, suite);
  const type = timers.get(space < 0 ? name : name.slice(0, space));
  return type === undefined ? foreign : { type, name };
}

/** A CONFIRM that was kept until its keys were there is now as if it came. */
function perceiveEarly(state: Lp1State, name: string, suite: Suite): Event {
  const candidate = candidateOf(state, name.split(' ', 2)[1] ?? '');
  const source = candidate?.sources.find((one) => earlyTimer(candidate.iid, one) === name);
  return source?.early == null ? foreign : perceiveConfirm(state, source.early, source.route, suite);
}

function perceiveCommand(command: Command): Event {
  switch (command.name) {
    case 'phrase': {
      const check = checkPhrase(command.phrase);
      return check.ok
        ? { type: 'phraseGood', channel: check.channel, prs: check.prs, guesses: check.guesses }
        : { type: 'phraseUnfit', rule: check.rule, advice: check.advice };
    }
    case 'choose':
      return { type: 'choose', candidate: command.candidate };
    case 'forget':
      return { type: 'forget', record: command.record };
    case 'cancel':
    case 'nudge':
    case 'grant':
    case 'find':
      return { type: command.name };
  }
}

/** Effects on a bond are named `<record>/commit`, `/keep`, `/discard`, `/provision` and `/unprovision`. */
function perceiveOutcome(state: Lp1State, outcome: Outcome): Event {
  if (outcome.of === 'send')
    return { type: 'sideFailed', what: `send on ${outcome.interface}`, reason: outcome.reason };
  if (outcome.of === 'sign') {
    if (outcome.id !== signingOf(state.iid)) return foreign;
    return outcome.ok ? { type: 'signed', blob: outcome.signature } : { type: 'signFailed', reason: outcome.reason };
  }
  if (outcome.of === 'lookup') return foreign;
  const [record = '', what = ''] = outcome.id.split('/', 2);
  const bond = state.bonds.find((known) => known.record === record);
  const waited = bond !== undefined && (outcome.of !== 'store' || what === 'commit');
  if (!waited) return outcome.ok ? foreign : { type: 'sideFailed', what: outcome.of, reason: outcome.reason };
  const names = {
    store: ['stored', 'storeFailed'],
    provision: ['provisioned', 'provisionFailed'],
    unprovision: ['unprovisioned', 'unprovisionFailed'],
  } as const;
  const [good, bad] = names[outcome.of];
  return outcome.ok ? { type: good, bond } : { type: bad, bond, reason: outcome.reason };
}

// ----------------------------------------------------------------------------------------------------------- datagrams

type DatagramInput = Extract<Input, { type: 'datagram' }>;

function perceiveDatagram(state: Lp1State, input: DatagramInput, suite: Suite): Event {
  const { source } = input;
  const reading = read(input.bytes);
  if (!reading.ok) return { type: 'refused', refusal: reading.refusal, source };
  if (!nearby(state, input)) return refuse('malformed', 'off-link', "a source in the interface's network", source);
  const { message } = reading;
  // To the group's port from the group's port: what two firewalls that both sides spoke through let pass.
  const from = source.port === port ? 'group' : 'unicast';
  const route: Route = { endpoint: source, interface: input.interface, from };
  switch (message.kind) {
    case 'BEACON':
      return perceiveBeacon(state, message, route, suite);
    case 'SHARE':
      return perceiveShare(state, message, route, suite);
    case 'CONFIRM':
      return perceiveConfirm(state, message, route, suite);
    case 'READY':
    case 'DONE':
    case 'CANCEL':
      return perceiveFin(state, message, route, suite);
    case 'HINT':
      return equalBytes(message.to, state.iid)
        ? { type: 'hint', versions: message.versions }
        : notForUs(state, 'HINT', message.from, source);
    case 'WHERE':
    case 'HERE':
      return foreign;
  }
}

/** Ours, on whatever interface; or a `--peer` speaks, which may stand behind a NAT or a port that is forwarded. */
function meantForUs(state: Lp1State, sentTo: Uint8Array, source: Endpoint): boolean {
  return state.peers.some(({ address }) => address === source.address) || isOwn(state, sentTo);
}

/** Of an address as 16 bytes. */
function isOwn({ interfaces }: Lp1State, mapped: Uint8Array | null): boolean {
  if (mapped === null) return false;
  return interfaces.some(({ addresses }) =>
    addresses.some(({ address }) => equalBytes(mappedAddress(address) ?? noAddress, mapped)),
  );
}

const noAddress: Uint8Array = new Uint8Array(0);

function perceiveBeacon(state: Lp1State, beacon: Beacon, route: Route, suite: Suite): Event {
  const iid = toHex(beacon.from);
  if (ours(state, beacon.from, iid)) return { type: 'echo' };
  if (beacon.channel !== state.channel) return { type: 'beaconElsewhere', iid };
  if (beacon.returned === null) return { type: beacon.cookie === null ? 'beaconPlain' : 'beaconCookie', beacon, route };
  if (!cookieGood(state, suite, route.endpoint, beacon.from, beacon.returned)) {
    return refuse('misbehaved', 'cookie', 'the cookie of this session and source', route.endpoint);
  }
  return { type: 'beaconReturned', beacon, route };
}

function perceiveShare(state: Lp1State, share: Share, route: Route, suite: Suite): Event {
  const source = route.endpoint;
  if (!equalBytes(share.to, state.iid)) return notForUs(state, 'SHARE', share.from, source);
  if (ours(state, share.from)) return refuse('misbehaved', 'reflected', "another's iid", source);
  if (!cookieGood(state, suite, source, share.from, share.returned)) {
    return refuse('misbehaved', 'cookie', 'the cookie of this session and source', source);
  }
  if (!equalBytes(iidOf(suite, share.vk), share.from)) {
    return refuse('misbehaved', 'iid', 'a vk that its iid is the hash of', source);
  }
  const heard = sourceAt(candidateOf(state, toHex(share.from)), route)?.heard ?? null;
  const again = heard !== null && equalBytes(heard, share.body);
  // What somebody in between passes on was sent to that one.
  const relayed = !meantForUs(state, share.sentTo, source);
  return again ? { type: 'shareAgain', share, route } : { type: 'shareFresh', share, route, relayed };
}

function perceiveConfirm(state: Lp1State, confirm: Confirm, route: Route, suite: Suite): Event {
  const source = route.endpoint;
  const iid = toHex(confirm.from);
  const bond = state.bonds.find(({ mine, theirs }) => theirs === iid && mine === toHex(confirm.to));
  if (bond !== undefined) return { type: 'confirmBonded', bond, route };
  if (!equalBytes(confirm.to, state.iid)) return notForUs(state, 'CONFIRM', confirm.from, source);
  if (ours(state, confirm.from)) return refuse('misbehaved', 'reflected', "another's iid", source);
  const candidate = candidateOf(state, iid);
  const watched = state.secrets.watch.find((entry) => entry.iid === iid);
  const mac = keysOf(state, iid)?.theirs.mac ?? watched?.mac;
  if (mac === undefined && candidate?.dead === null && sourceAt(candidate, route) !== undefined) {
    return { type: 'confirmEarly', confirm, route };
  }
  if (mac === undefined) return refuse('misbehaved', 'confirm-early', 'a CONFIRM after both SHAREs', source);
  if (!equalBytes(confirmTag(suite, mac, confirm.body), confirm.tag)) {
    return refuse('misbehaved', 'tag', 'the tag of the same phrase', source);
  }
  if (watched !== undefined) return { type: 'confirmWatched', watched, confirm, route };
  const verified = candidate?.verified;
  if (candidate === undefined || verified == null) throw new Misuse('lp1: keys without a candidate');
  if (!equalBytes(verified.y, confirm.y) || !equalBytes(verified.ad, confirm.ad)) {
    return refuse('misbehaved', 'confirm-share', 'the Y and AD of its SHARE', source);
  }
  if (candidate.proof !== null || candidate.dead !== null) return { type: 'confirmAgain', candidate };
  return { type: 'confirmProven', candidate, confirm, route };
}

function perceiveFin(state: Lp1State, fin: Fin, route: Route, suite: Suite): Event {
  const [from, to] = [toHex(fin.from), toHex(fin.to)];
  const refused = refuse('misbehaved', 'fin', `the ${fin.kind} of a conversation of ours`, route.endpoint);
  const proves = (key: Uint8Array | undefined, th: string): boolean =>
    key !== undefined && equalBytes(finMac(suite, key, fin.kind, fin.body, fromHex(th)), fin.mac);
  const bond = state.bonds.find(({ mine, theirs }) => theirs === from && mine === to);
  // An honest peer may hold a record that is gone here, and ask.
  if (bond === undefined && to !== toHex(state.iid)) {
    return notForUs(state, fin.kind, fin.from, route.endpoint);
  }
  if (bond !== undefined) {
    const keys = state.secrets.bonds.find(({ record }) => record === bond.record);
    if (!proves(keys?.theirs, bond.th)) return refused;
    const type = fin.kind === 'READY' ? 'readyProven' : fin.kind === 'DONE' ? 'doneProven' : 'cancelProven';
    return { type, bond, fin, route };
  }
  const candidate = candidateOf(state, from);
  if (candidate?.proof == null || candidate.dead !== null || fin.kind === 'DONE') return refused;
  if (!proves(keysOf(state, from)?.theirs.fin, candidate.proof.th)) return refused;
  return { type: fin.kind === 'READY' ? 'readyAhead' : 'cancelAhead', candidate, fin, route };
}

/** What we said to others comes back to us from the group: no fault, and nobody's but ours. */
function notForUs(state: Lp1State, kind: Message['kind'], from: Uint8Array, source: Endpoint): Event {
  if (ours(state, from) && isOwn(state, mappedAddress(source.address))) return { type: 'echo' };
  return refuse('malformed', 'not-for-us', `a ${kind} to our iid, or of a record`, source);
}

/** `hex` is that iid, where somebody has it already. */
function ours(state: Lp1State, iid: Uint8Array, hex?: string): boolean {
  if (equalBytes(iid, state.iid)) return true;
  if (state.bonds.length === 0) return false;
  const text = hex ?? toHex(iid);
  return state.bonds.some(({ mine }) => mine === text);
}

function cookieGood(state: Lp1State, suite: Suite, source: Endpoint, from: Uint8Array, cookie: Uint8Array): boolean {
  const { cookieKey } = state.secrets;
  return cookieKey !== null && equalBytes(cookieFor(suite, cookieKey, source, from), cookie);
}

function refuse(fault: Refusal['fault'], rule: string, expected: string, source: Endpoint): Event {
  return { type: 'refused', refusal: { fault, rule, detail: `expected ${expected}` }, source };
}
