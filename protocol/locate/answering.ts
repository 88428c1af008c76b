/**
 * Answering: HERE to the source of a WHERE that was never heard before. The epoch of a WHERE is on the disk before it is
 * answered, and after a restart only a higher one counts: a WHERE that somebody recorded gets no second answer.
 */
import { parseAddress } from '../address.ts';
import { concat, equalBytes, utf8 } from '../bytes.ts';
import type { Interface, SendEffect, Suite } from '../contract.ts';
import { notify, sendTo } from '../lp1/speech.ts';
import type { Turn } from '../table.ts';
import { ask } from './asking.ts';
import type { Trial } from './events.ts';
import { regard } from './healing.ts';
import { addressesMax, epochMax, type Place, type Where, writeHere } from './sealed.ts';
import { calmed, chain, change, emit, keysOf, noteEffect, type Step, spend, troubled, withPartner } from './speech.ts';
import {
  type Copy,
  erased,
  type Heard,
  type LocateState,
  limits,
  type Partner,
  type Pending,
  putPartner,
  type Route,
  wayOf,
} from './state.ts';

interface Asked {
  readonly trial: Trial;
  readonly partner: Partner;
  readonly where: Where;
  readonly route: Route;
  readonly nonce: Uint8Array;
}

/** It is answered, and it says where the peer stands. */
export function whereFresh(
  state: LocateState,
  { trial, partner, where, route, nonce }: Asked,
  suite: Suite,
): Turn<LocateState> {
  const { record } = partner;
  return chain(
    state,
    spend(trial),
    change(record, (then) => ({ ...then, heard: heardNow(then, where, { way: wayOf(route), nonce }) })),
    answer(record, { route, nonce }, suite),
    regard(record, where.standing, suite),
  );
}

/** As any other, and where it says that it moved to must be proven: it is asked back. */
export function whereMoved(state: LocateState, asked: Asked, suite: Suite): Turn<LocateState> {
  const { partner, route } = asked;
  const known = partner.addresses[0] === route.endpoint.address;
  return chain(
    state,
    (next) => whereFresh(next, asked, suite),
    known
      ? emit()
      : withPartner(partner.record, (next, { gone }) =>
          gone ? [next, []] : ask(partner.record, { proof: true }, suite)(next),
        ),
  );
}

function heardNow({ heard }: Partner, { epoch, n }: Where, copy: Copy): Heard {
  const same = epoch === heard.epoch && n === heard.n;
  return { ...heard, epoch, n, by: [...(same ? heard.by : []), copy] };
}

/** At once where the epoch is on the disk already; else as soon as it is. */
function answer(record: string, pending: Pending, suite: Suite): Step {
  return withPartner(record, (state, partner) => {
    const { heard } = partner;
    if (heard.epoch <= heard.stored || erased(partner)) return sayHere(state, partner, [pending], suite);
    const storing = partner.pending.length > 0;
    // The same question by another way waits beside the first; a newer one takes the place of all.
    const waiting = heard.by.length > 1 ? [...partner.pending, pending].slice(-limits.pending) : [pending];
    const next = { ...partner, pending: waiting };
    return [putPartner(state, next), storing ? [] : [noteEffect(suite, next, 'heard')]];
  });
}

/** The epoch is on the disk. */
export function heardStored(
  state: LocateState,
  { partner, epoch }: { partner: Partner; epoch: number },
  suite: Suite,
): Turn<LocateState> {
  const stored = Math.max(partner.heard.stored, epoch);
  const next: Partner = { ...partner, heard: { ...partner.heard, stored } };
  if (next.pending.length === 0) return [putPartner(state, next), []];
  // A still higher one was heard while this one was being written. Of a pairing that is deleted by now nothing is kept.
  if (next.heard.epoch > stored && !erased(next)) return [putPartner(state, next), [noteEffect(suite, next, 'heard')]];
  const answered = { ...next, pending: [] };
  if (state.situation === 'Ended') return [putPartner(state, answered), []];
  return sayHere(state, answered, next.pending, suite);
}

/** Not on the disk, not answered: after a restart the same WHERE would be answered again. The peer asks again. */
export function heardFailed(
  state: LocateState,
  { partner, reason }: { partner: Partner; reason: string },
): Turn<LocateState> {
  return [putPartner(state, { ...partner, pending: [] }), [troubled('store', reason)]];
}

/** A copy, or late. Its nonce is over like the place that it is of: nobody is answered who passes it on by another way. */
export function whereOld(state: LocateState, { trial, partner, where, route, nonce }: Asked): Turn<LocateState> {
  const { heard } = partner;
  const isOfNow = where.epoch === heard.epoch && where.n === heard.n;
  const isNew = !heard.by.some((copy) => equalBytes(copy.nonce, nonce));
  if (!isOfNow || !isNew || heard.by.length >= limits.heardBy) return spend(trial)(state);
  return chain(
    state,
    spend(trial),
    change(partner.record, (then) => ({ ...then, heard: heardNow(then, where, { way: wayOf(route), nonce }) })),
  );
}

/** Authentic, and nothing new. */
export function paid(state: LocateState, { trial }: { trial: Trial }): Turn<LocateState> {
  return spend(trial)(state);
}

/** Sealed with the peer's key, and yet not what the specification says: its program or its disk is broken. */
export function garbled(
  state: LocateState,
  { trial, source }: { trial: Trial; source: Route['endpoint'] },
): Turn<LocateState> {
  const refusal = {
    fault: 'misbehaved',
    rule: 'sealed-content',
    detail: 'expected the fields of the message',
  } as const;
  return chain(state, spend(trial), emit(notify({ event: 'refused', refusal, source })));
}

// ---------------------------------------------------------------------------------------------------------------- HERE

/** One to each endpoint in 200 ms: who asks more often than that is heard, and answered the next time. */
function sayHere(state: LocateState, partner: Partner, asked: readonly Pending[], suite: Suite): Turn<LocateState> {
  const { entropy } = state.secrets;
  const keys = keysOf(state, partner.record);
  const endpoints = asked.map(({ route }) => `${route.endpoint.address} ${route.endpoint.port}`);
  const due = asked.filter((_, i) => {
    const endpoint = endpoints[i] ?? '';
    return endpoints.indexOf(endpoint) === i && !partner.calm.includes(endpoint);
  });
  if (entropy === null || keys === undefined || due.length === 0) return [putPartner(state, partner), []];
  const sends = due.map(({ route, nonce: question }): SendEffect => {
    const nonce = suite.derive(entropy, 'here', concat(question, utf8(route.interface ?? '')), 24);
    const addresses = ownAddresses(state.interfaces, route);
    const here = { ...placeOf(partner), asked: question, addresses, standing: partner.standing };
    return sendTo(route, writeHere(suite, keys.mine, nonce, here));
  });
  const [calm, timer] = calmed(partner, endpoints);
  return [putPartner(state, calm), [...sends, timer]];
}

/** Before this place our own WHEREs are over: nobody need answer one of them any more. */
function placeOf({ life, epoch, n }: Partner): Place {
  if (life === 'ready') return { epoch, n };
  return { epoch: life === 'storing' ? epoch : Math.min(epoch + 1, epochMax), n: 0 };
}

/** Ours, those of the interface that was asked first: the answer's own source must be among them. */
function ownAddresses(interfaces: readonly Interface[], { interface: name }: Route): readonly Uint8Array[] {
  const ordered = [...interfaces.filter((one) => one.name === name), ...interfaces.filter((one) => one.name !== name)];
  const all = ordered.flatMap((one) => one.addresses.map(({ address }) => ({ address, near: one.name === name })));
  return all
    .filter(({ address, near }) => near || !/^(127\.|::1$)/.test(address))
    .flatMap(({ address }) => parseAddress(address)?.bytes ?? [])
    .slice(0, addressesMax);
}
