/**
 * From an input to the one event that it is here. Reads and checks, changes nothing: an event's name says what was proven.
 *
 * Whose a WHERE or HERE is can only be found by trying the keys of every peer. That is the one thing here that costs
 * something, so it is rationed (`trials`): what finds no token waits in a queue, and is tried by the timer that brings the
 * next one.
 */
import { parseAddress } from '../address.ts';
import { equalBytes } from '../bytes.ts';
import type { Command, Endpoint, Input, Interface, Outcome, Refusal, StartInput, Suite } from '../contract.ts';
import { Misuse } from '../contract.ts';
import { read } from '../lp1/messages.ts';
import { port } from '../lp1/state.ts';
import { nearby } from '../nearby.ts';
import { type Here, readHere, readWhere, type Where } from './sealed.ts';
import {
  type Copy,
  type Group,
  type Job,
  type LocateState,
  lastAddress,
  limits,
  type Partner,
  partnerOf,
  type Route,
  wayOf,
} from './state.ts';

/** A trial that was made: what it cost. `queued`: it had waited, and its token is the timer's. */
export interface Trial {
  readonly group: Group;
  readonly queued: boolean;
}

interface OfWhere {
  readonly trial: Trial;
  readonly partner: Partner;
  readonly where: Where;
  readonly route: Route;
  readonly nonce: Uint8Array;
}

interface OfHere {
  readonly trial: Trial;
  readonly partner: Partner;
  readonly here: Here;
  readonly route: Route;
}

type Done = 'provisioned' | 'unprovisioned' | 'tombstoned' | 'epochStored';
type Failed = 'provisionFailed' | 'unprovisionFailed' | 'tombstoneFailed' | 'epochFailed' | 'heardFailed';

export type Event =
  | { readonly type: 'begin'; readonly start: StartInput }
  | ({ readonly type: 'whereFresh' | 'whereMoved' | 'whereOld' } & OfWhere)
  | ({ readonly type: 'hereProven' | 'hereElsewhere' | 'hereOld' } & OfHere)
  | { readonly type: 'stranger'; readonly trial: Trial }
  | { readonly type: 'garbled'; readonly trial: Trial; readonly source: Endpoint }
  | { readonly type: 'waits'; readonly group: Group; readonly job: Job }
  | { readonly type: 'flooded' | 'echo' | 'unheard' }
  | { readonly type: 'refused'; readonly refusal: Refusal; readonly source: Endpoint }
  | { readonly type: 'askTimer' | 'betterTimer' | 'calmTimer'; readonly partner: Partner }
  | { readonly type: 'trialTimer'; readonly group: Group }
  | { readonly type: 'shoutTimer' | 'windowTimer' }
  | { readonly type: Done; readonly partner: Partner }
  | { readonly type: 'heardStored'; readonly partner: Partner; readonly epoch: number }
  | { readonly type: Failed; readonly partner: Partner; readonly reason: string }
  | { readonly type: 'looked'; readonly partner: Partner; readonly answers: readonly string[] }
  | { readonly type: 'outcomeNoted' }
  | { readonly type: 'sideFailed'; readonly what: string; readonly reason: string }
  | { readonly type: 'find' | 'forget'; readonly partner: Partner }
  | { readonly type: 'notThere' | 'notPossible'; readonly command: Command['name'] }
  | { readonly type: 'cancel' | 'nudge' }
  | { readonly type: 'moved' | 'sameAddresses'; readonly interfaces: readonly Interface[] }
  | { readonly type: 'resumed'; readonly entropy: Uint8Array };

const noted: Event = { type: 'outcomeNoted' };

export function perceive(state: LocateState, input: Input, suite: Suite): Event {
  if (state.situation === 'Idle' && input.type !== 'start') throw new Misuse(`locate: ${input.type} before start`);
  switch (input.type) {
    case 'start':
      if (state.situation !== 'Idle') throw new Misuse('locate: start twice');
      if (input.entropy.length !== 32) throw new Misuse('locate: start needs 32 bytes of entropy');
      return { type: 'begin', start: input };
    case 'datagram':
      return perceiveDatagram(state, input, suite);
    case 'timer':
      return perceiveTimer(state, input.name, suite);
    case 'interfaces':
      return {
        type: hasNew(state.interfaces, input.interfaces) ? 'moved' : 'sameAddresses',
        interfaces: input.interfaces,
      };
    case 'command':
      return perceiveCommand(state, input.command);
    case 'outcome':
      return perceiveOutcome(state, input.outcome);
    case 'resumed':
      if (input.entropy.length !== 32) throw new Misuse('locate: resumed needs 32 bytes of entropy');
      return { type: 'resumed', entropy: input.entropy };
  }
}

function hasNew(before: readonly Interface[], after: readonly Interface[]): boolean {
  const had = new Set(before.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  return after.some(({ addresses }) => addresses.some(({ address }) => !had.has(address)));
}

function perceiveCommand(state: LocateState, command: Command): Event {
  switch (command.name) {
    case 'find':
    case 'forget': {
      const partner = partnerOf(state, command.record);
      const there = partner !== undefined && partner.bond.step !== 'revoked';
      return there ? { type: command.name, partner } : { type: 'notThere', command: command.name };
    }
    case 'cancel':
    case 'nudge':
      return { type: command.name };
    case 'phrase':
    case 'choose':
    case 'grant':
      return { type: 'notPossible', command: command.name };
  }
}

/** Timers are `ask <record>`, `better <record>`, `calm <record>`, `trial open`, `trial known`, `shout` and `window`. */
function perceiveTimer(state: LocateState, name: string, suite: Suite): Event {
  if (name === 'window') return { type: 'windowTimer' };
  if (name === 'shout') return { type: 'shoutTimer' };
  if (name === 'trial open' || name === 'trial known') {
    const group = name === 'trial open' ? 'open' : 'known';
    const [job] = state.trials[group].queue;
    return job === undefined ? { type: 'trialTimer', group } : tryKeys(state, job, { group, queued: true }, suite);
  }
  const [kind = '', record = ''] = name.split(' ', 2);
  const [type, partner] = [ofPartner.get(kind), partnerOf(state, record)];
  return type === undefined || partner === undefined ? noted : { type, partner };
}

const ofPartner: ReadonlyMap<string, 'askTimer' | 'betterTimer' | 'calmTimer'> = new Map([
  ['ask', 'askTimer'],
  ['better', 'betterTimer'],
  ['calm', 'calmTimer'],
]);

/** Effects are named `<record>/epoch`, `/heard`, `/seen`, `/keep`, `/tombstone`, `/discard`, `/provision`, `/mdns`, ... */
function perceiveOutcome(state: LocateState, outcome: Outcome): Event {
  if (outcome.of === 'send' || outcome.of === 'sign') return noted;
  const [record = '', what = '', which = ''] = outcome.id.split('/', 3);
  const partner = partnerOf(state, record);
  if (outcome.of === 'lookup') {
    const asked = partner?.ask?.rung === what;
    return partner !== undefined && asked
      ? { type: 'looked', partner, answers: outcome.ok ? outcome.answers : [] }
      : noted;
  }
  if (partner === undefined)
    return outcome.ok ? noted : { type: 'sideFailed', what: outcome.of, reason: outcome.reason };
  if (what === 'heard' && outcome.ok) return { type: 'heardStored', partner, epoch: Number(which) };
  if (outcome.ok) {
    const type = done.get(what);
    return type === undefined ? noted : { type, partner };
  }
  const type = failed.get(what);
  return type === undefined
    ? { type: 'sideFailed', what: outcome.of, reason: outcome.reason }
    : { type, partner, reason: outcome.reason };
}

const done: ReadonlyMap<string, Done> = new Map([
  ['provision', 'provisioned'],
  ['unprovision', 'unprovisioned'],
  ['tombstone', 'tombstoned'],
  ['epoch', 'epochStored'],
]);
const failed: ReadonlyMap<string, Failed> = new Map([
  ['provision', 'provisionFailed'],
  ['unprovision', 'unprovisionFailed'],
  ['tombstone', 'tombstoneFailed'],
  ['epoch', 'epochFailed'],
  ['heard', 'heardFailed'],
]);

// ----------------------------------------------------------------------------------------------------------- datagrams

type DatagramInput = Extract<Input, { type: 'datagram' }>;

function perceiveDatagram(state: LocateState, input: DatagramInput, suite: Suite): Event {
  const { source } = input;
  const reading = read(input.bytes);
  if (!reading.ok) return { type: 'refused', refusal: reading.refusal, source };
  const { message } = reading;
  // The same port is lp1's: what is said while others pair is none of our business.
  if (message.kind !== 'WHERE' && message.kind !== 'HERE') return { type: 'unheard' };
  if (state.situation === 'Ended') return { type: 'unheard' };
  if (!nearby(state, input)) {
    const refusal: Refusal = {
      fault: 'malformed',
      rule: 'off-link',
      detail: "expected a source in the interface's network",
    };
    return { type: 'refused', refusal, source };
  }
  if (message.kind === 'WHERE' && ours(state, message.nonce)) return { type: 'echo' };
  const from = source.port === port ? 'group' : 'unicast';
  const job: Job = { message, route: { endpoint: source, interface: input.interface, from } };
  const group = groupOf(state, source.address);
  const { tokens, queue } = state.trials[group];
  if (tokens > 0) return tryKeys(state, job, { group, queued: false }, suite);
  const full = queue.length >= limits.queue || queue.some(({ route }) => route.endpoint.address === source.address);
  return full ? { type: 'flooded' } : { type: 'waits', group, job };
}

/** Multicast lets us hear ourselves. */
function ours(state: LocateState, nonce: Uint8Array): boolean {
  return state.partners.some(({ ask }) => ask?.nonces.some((own) => equalBytes(own, nonce)) ?? false);
}

function groupOf(state: LocateState, address: string): Group {
  const named = state.peers.some((peer) => peer.address === address);
  return named || state.partners.some((partner) => lastAddress(partner) === address) ? 'known' : 'open';
}

/** One unit of work: the datagram against the keys of every peer that may have said it. */
function tryKeys(state: LocateState, job: Job, trial: Trial, suite: Suite): Event {
  const { message, route } = job;
  for (const partner of state.partners) {
    const keys = state.secrets.partners.find(({ record }) => record === partner.record)?.theirs;
    if (keys === undefined) continue;
    if (message.kind === 'WHERE') {
      const where = readWhere(suite, keys, message);
      if (where === 'garbled') return { type: 'garbled', trial, source: route.endpoint };
      if (where === 'foreign') continue;
      const type = over(partner, where, { way: wayOf(route), nonce: message.nonce })
        ? 'whereOld'
        : where.moved
          ? 'whereMoved'
          : 'whereFresh';
      return { type, trial, partner, where, route, nonce: message.nonce };
    }
    // Nobody else's answer is of interest.
    if (partner.ask === null) continue;
    const here = readHere(suite, keys, message);
    if (here === 'garbled') return { type: 'garbled', trial, source: route.endpoint };
    if (here === 'foreign') continue;
    const asked = partner.ask.nonces.some((nonce) => equalBytes(nonce, here.asked));
    const type = !asked ? 'hereOld' : lists(here, route.endpoint.address) ? 'hereProven' : 'hereElsewhere';
    return { type, trial, partner, here, route };
  }
  return { type: 'stranger', trial };
}

/** Of a time that is over, or heard before: by this way already, or these very bytes, which somebody passes on by another. */
function over({ heard }: Partner, { epoch, n }: Where, copy: Copy): boolean {
  if (epoch !== heard.epoch) return epoch < heard.epoch;
  if (heard.n === null) return true;
  if (n !== heard.n) return n < heard.n;
  // What was heard is never forgotten while it counts, however many ways there are: no WHERE is answered twice.
  if (heard.by.length >= limits.heardBy) return true;
  return heard.by.some(({ way, nonce }) => way === copy.way || equalBytes(nonce, copy.nonce));
}

/** An address is proven by an answer that lists the source it came from. */
function lists({ addresses }: Here, source: string): boolean {
  const bytes = parseAddress(source)?.bytes;
  return bytes !== undefined && addresses.some((address) => equalBytes(address, bytes));
}
