/**
 * Asking: WHERE to the groups, to every `--peer` and to where the peer was last, three times in an epoch, then in a higher
 * one. An epoch is on the disk before it is used, and no life of the program uses one that an earlier life may have used:
 * so a WHERE that was said once can be answered once, and no clock is needed.
 */
import { inPrefix } from '../address.ts';
import { concat, utf8 } from '../bytes.ts';
import type { Effect, InterfaceAddress, SendEffect, Suite } from '../contract.ts';
import { cancelTimers, notify, setTimer } from '../lp1/speech.ts';
import { port } from '../lp1/state.ts';
import type { Turn } from '../table.ts';
import { stepMax } from './note.ts';
import { epochMax, nMax, type Standing, writeWhere } from './sealed.ts';
import { calmed, chain, change, emit, keysOf, noteEffect, type Step, troubled, withPartner } from './speech.ts';
import {
  type Ask,
  erased,
  type LocateState,
  lastAddress,
  limits,
  owes,
  type Partner,
  putPartner,
  times,
} from './state.ts';

const fresh: Ask = {
  wanted: false,
  proof: false,
  moved: false,
  tries: 0,
  rounds: 0,
  nonces: [],
  proven: [],
  listed: [],
  rung: null,
  hoped: [],
  turns: 0,
  tried: [],
  told: false,
  later: false,
};

/** Why somebody is asked. `wanted` and `proof` as in `Ask`; an ask that is under way already takes the reason on. */
export type Reason = Partial<Pick<Ask, 'wanted' | 'proof' | 'moved'>>;

/** Begins to ask, or begins anew: at once where a person waits, else within a moment. */
export function ask(record: string, reason: Reason, suite: Suite): Step {
  return withPartner(record, (state, partner) => {
    if (state.situation === 'Ended') return [state, []];
    const asked = partner.ask ?? fresh;
    // What was proven before we moved was proven in another network, perhaps.
    const elsewhere = { proven: [], listed: [], rung: null, hoped: [], tried: [] };
    const before = reason.moved === true ? { ...asked, ...elsewhere } : asked;
    const next: Ask = {
      ...before,
      wanted: before.wanted || reason.wanted === true,
      proof: before.proof || reason.proof === true,
      moved: before.moved || reason.moved === true,
      tries: 0,
      rounds: 0,
      told: before.told && reason.wanted !== true,
      later: false,
    };
    const asking = putPartner(state, { ...partner, ask: next });
    // A proven address whose names are being looked up answers a second question as well.
    if (before.rung !== null) return [asking, []];
    return reason.wanted === true
      ? speak(record, suite)(asking)
      : [asking, [setTimer(`ask ${record}`, 0, times.spread)]];
  });
}

/** A WHERE, as soon as there is an epoch to say it in. */
function speak(record: string, suite: Suite): Step {
  return withPartner(record, (state, partner) => {
    if (partner.life === 'storing') return [state, []];
    if (partner.life === 'ready' && partner.n <= nMax) return shout(state, partner, suite);
    const next: Partner = {
      ...partner,
      life: erased(partner) ? 'ready' : 'storing',
      n: 0,
      epoch: Math.min(partner.epoch + partner.step, epochMax),
    };
    if (next.life === 'ready') return shout(putPartner(state, next), next, suite);
    return [putPartner(state, next), [noteEffect(suite, next, 'epoch')]];
  });
}

/** The epoch is ours. */
export function epochStored(state: LocateState, { partner }: { partner: Partner }, suite: Suite): Turn<LocateState> {
  if (partner.life !== 'storing') return [state, []];
  const next: Partner = { ...partner, life: 'ready' };
  const ready = putPartner(state, next);
  return partner.ask === null || partner.ask.rung !== null ? [ready, []] : shout(ready, next, suite);
}

/** Without an epoch on the disk nothing is said: tried again with the next try. */
export function epochFailed(
  state: LocateState,
  { partner, reason }: { partner: Partner; reason: string },
): Turn<LocateState> {
  return chain(
    state,
    change(partner.record, (then) => ({
      ...then,
      life: 'none',
      ask: then.ask === null ? null : { ...then.ask, tries: limits.tries },
    })),
    emit(troubled('store', reason), ...(partner.ask === null ? [] : [again(partner.record, partner.ask)])),
  );
}

/** One WHERE to wherever the peer may be, and the time of the next. */
function shout(state: LocateState, partner: Partner, suite: Suite): Turn<LocateState> {
  const { record, ask: asking } = partner;
  if (asking === null || state.secrets.entropy === null) return [state, []];
  if (state.shouts <= (asking.wanted ? 0 : limits.shoutsKept)) {
    return [state, [setTimer(`ask ${record}`, times.shout, times.shout * 2)]];
  }
  if (partner.calm.includes('asked')) return [state, [setTimer(`ask ${record}`, times.calm, times.calm * 1.25)]];
  return chain(
    state,
    (next) => say(next, partner, targetsOf(state, partner), suite),
    change(record, (then) => ({
      ...then,
      ask: then.ask === null ? null : { ...then.ask, tries: asking.tries + 1 },
    })),
    emit(again(record, asking)),
  );
}

/** One WHERE to these addresses and nowhere else, if one may be said now. */
export function askThere(
  record: string,
  { addresses, from }: { readonly addresses: readonly string[]; readonly from: SendEffect['from'] },
  suite: Suite,
): Step {
  return withPartner(record, (state, partner) => {
    const may = partner.life === 'ready' && partner.n <= nMax && state.shouts > 0 && !partner.calm.includes('asked');
    if (!may || state.secrets.entropy === null) return [state, []];
    const targets = addresses.map((address): Target => ({ interface: null, from, to: { address, port } }));
    return say(state, partner, targets, suite);
  });
}

/** One question: each of its datagrams under a nonce of its own. */
function say(state: LocateState, partner: Partner, targets: readonly Target[], suite: Suite): Turn<LocateState> {
  const { record, ask: asking, epoch, n, standing } = partner;
  const { entropy } = state.secrets;
  const keys = keysOf(state, record);
  if (asking === null || entropy === null || keys === undefined) return [state, []];
  const nonces: Uint8Array[] = [];
  const sends = targets.map((target, i): SendEffect => {
    const nonce = suite.derive(entropy, 'where', concat(utf8(record), number(epoch), number(n), Uint8Array.of(i)), 24);
    nonces.push(nonce);
    const bytes = writeWhere(suite, keys.mine, nonce, { epoch, n, moved: asking.moved, standing });
    return { type: 'send', bytes, ...target };
  });
  const said: Ask = { ...asking, nonces: [...asking.nonces, ...nonces].slice(-limits.nonces) };
  const [asked, calm] = calmed({ ...partner, n: n + 1, ask: said }, ['asked']);
  const first = state.shouts === limits.shouts ? [setTimer('shout', times.shout)] : [];
  return [{ ...putPartner(state, asked), shouts: state.shouts - 1 }, [...sends, calm, ...first]];
}

/** The next try: 0.25 s, doubled with each try and each round. */
function again(record: string, { tries, rounds }: Ask): Effect {
  const gap = Math.min(times.gap * 2 ** Math.min(tries + rounds, 12), times.gapMax);
  return setTimer(`ask ${record}`, Math.floor(gap * 0.8), Math.floor(gap * 1.2));
}

/** Eight bytes, big endian: epochs are longer than 32 bits. */
function number(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(value / 2 ** 32));
  view.setUint32(4, value % 2 ** 32);
  return bytes;
}

type Target = Pick<SendEffect, 'interface' | 'from' | 'to' | 'family'>;

/** How many interfaces and `--peer`s are spoken to at most. */
const interfacesMax = 8;
const peersMax = 3;

/** Where a peer may be: anywhere on our links, at a `--peer`, where it was last, where it answered from just now. */
function targetsOf(state: LocateState, partner: Partner): readonly Target[] {
  const groups = state.interfaces
    .slice(0, interfacesMax)
    .flatMap(({ name, addresses }) =>
      familiesOf(addresses).map((family): Target => ({ interface: name, from: 'unicast', to: 'group', ...family })),
    );
  const named = state.peers
    .slice(0, peersMax)
    .flatMap((to) => (['group', 'unicast'] as const).map((from): Target => ({ interface: null, from, to })));
  const last = lastAddress(partner);
  const near = state.interfaces.some((one) =>
    one.addresses.some(({ address, prefix }) => inPrefix(last, address, prefix)),
  );
  // From the group's port to the group's port: a firewall that lets answers in then knows this one for an answer.
  const lasting: readonly Target[] = near ? [{ interface: null, from: 'group', to: { address: last, port } }] : [];
  const { route } = partner;
  const here: readonly Target[] =
    route === null ? [] : [{ interface: route.interface, from: route.from, to: route.endpoint }];
  return distinct([...groups, ...named, ...lasting, ...here]);
}

/** Each family is asked in a datagram of its own: whoever passes one on in the other gets no answer. */
function familiesOf(addresses: readonly InterfaceAddress[]): readonly Pick<Target, 'family'>[] {
  const families = ([4, 6] as const).filter((family) => addresses.some((address) => address.family === family));
  return families.length < 2 ? [{}] : families.map((family) => ({ family }));
}

function distinct(targets: readonly Target[]): readonly Target[] {
  const textOf = ({ to, from, interface: name, family }: Target): string =>
    to === 'group' ? `group ${name} ${family}` : `${to.address} ${to.port} ${from}`;
  return targets.filter((target, i) => targets.findIndex((other) => textOf(other) === textOf(target)) === i);
}

/** Nobody has answered yet. */
export function askTimer(state: LocateState, { partner }: { partner: Partner }, suite: Suite): Turn<LocateState> {
  const { record, ask: asking } = partner;
  if (asking === null || asking.rung !== null || state.situation === 'Ended') return [state, []];
  if (asking.later) {
    if (!owes(partner)) return endAsk(record)(state);
    // Who restarted since it answered hears only a higher epoch.
    const anew: Partner = { ...partner, life: 'none', ask: { ...asking, later: false } };
    return speak(record, suite)(putPartner(state, anew));
  }
  if (asking.tries < limits.tries) return speak(record, suite)(state);
  const rounds = asking.rounds + 1;
  const stale = asking.wanted && !asking.told && rounds >= limits.patience;
  // Moving is said three times. Whoever does not hear it asks when he needs us.
  const announced = asking.moved && !asking.wanted && !asking.proof;
  const enough = (announced || rounds >= limits.rounds) && !owes(partner);
  const next: Ask = {
    ...asking,
    rounds,
    tries: 0,
    told: asking.told || stale,
    wanted: asking.wanted && rounds < limits.rounds,
  };
  return chain(
    state,
    stale ? emit(staleAddress(partner)) : emit(),
    enough
      ? endAsk(record)
      : (then) => {
          const step = Math.min(partner.step * 2, stepMax);
          return chain(putPartner(then, { ...partner, ask: next, life: 'none', step }), speak(record, suite));
        },
  );
}

/** Where it was last: the person may try, knowing that nobody said so. */
function staleAddress(partner: Partner): Effect {
  const { record } = partner;
  const host = lastAddress(partner);
  return notify({ event: 'address', record, host, rung: 'address', stale: true });
}

export function endAsk(record: string): Step {
  return change(record, (partner) => ({ ...partner, ask: null }), ...cancelTimers(`ask ${record}`, `better ${record}`));
}

/**
 * The peer answered, and the pairing is still not what both say it is: most often the peer is about to tell. Should it crash
 * before, we ask once more.
 */
export function askLater(record: string): Step {
  return withPartner(record, (state, partner) => {
    if (partner.ask !== null || !owes(partner) || state.situation === 'Ended') return [state, []];
    const waiting: Ask = { ...fresh, rounds: limits.rounds, later: true };
    return [putPartner(state, { ...partner, ask: waiting }), [again(record, waiting)]];
  });
}

/** Our standing is another one: answers to what was said before do not confirm it. */
export function stand(record: string, standing: Standing): Step {
  return change(record, (partner) => ({
    ...partner,
    standing,
    ask: partner.ask === null ? null : { ...partner.ask, nonces: [] },
  }));
}

/** Tells the peer where we stand, if it has still to hear. */
export function tell(record: string, suite: Suite): Step {
  return withPartner(record, (state, partner) => (owes(partner) ? ask(record, {}, suite)(state) : [state, []]));
}

export function shoutTimer(state: LocateState): Turn<LocateState> {
  const shouts = Math.min(state.shouts + 1, limits.shouts);
  return [{ ...state, shouts }, shouts < limits.shouts ? [setTimer('shout', times.shout)] : []];
}

/** Another address than before: every peer is told so, three times; what it proved of us is old. */
export function moved(
  state: LocateState,
  { interfaces }: { interfaces: LocateState['interfaces'] },
  suite: Suite,
): Turn<LocateState> {
  const here = { ...state, interfaces };
  const told = state.partners.filter(({ gone }) => !gone);
  return chain(
    here,
    ...told.map(({ record }) => change(record, (partner) => ({ ...partner, route: null }))),
    ...told.map(({ record }) => ask(record, { moved: true }, suite)),
  );
}

export function sameAddresses(
  state: LocateState,
  { interfaces }: { interfaces: LocateState['interfaces'] },
): Turn<LocateState> {
  return [{ ...state, interfaces }, []];
}

/** The person is impatient: whatever is being asked, from the beginning; what is owed, again. */
export function askAgain(state: LocateState, suite: Suite): Turn<LocateState> {
  return chain(
    state,
    ...state.partners
      .filter((partner) => partner.ask !== null || owes(partner))
      .map(({ record }) => ask(record, {}, suite)),
  );
}
