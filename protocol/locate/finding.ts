/**
 * Finding: a HERE that lists the source it came from proves an address. Then the seed's ladder: the `.local` name if it
 * leads to a proven address, the DNS name likewise, the address itself. Names are looked up only after that, because
 * looking them up tells the network whom we look for.
 */
import { formatAddress, parseAddress } from '../address.ts';
import type { Effect, Notice, Suite } from '../contract.ts';
import { hostNameOk } from '../display.ts';
import { notify } from '../lp1/speech.ts';
import type { Turn } from '../table.ts';
import { askLater, endAsk } from './asking.ts';
import type { Trial } from './events.ts';
import { regard } from './healing.ts';
import { knownMax } from './note.ts';
import type { Here } from './sealed.ts';
import { chain, change, emit, noteEffect, type Step, spend, withPartner } from './speech.ts';
import { erased, type LocateState, limits, type Partner, putPartner, type Route } from './state.ts';

interface Answered {
  readonly trial: Trial;
  readonly partner: Partner;
  readonly here: Here;
  readonly route: Route;
}

/** It is there, and it was reached where it says it is. */
export function hereProven(
  state: LocateState,
  { trial, partner, here, route }: Answered,
  suite: Suite,
): Turn<LocateState> {
  const { record } = partner;
  const { address } = route.endpoint;
  return chain(
    state,
    spend(trial),
    word(record, here, suite),
    change(record, (then) => ({ ...then, route, ask: then.ask === null ? null : withProven(then.ask, address) })),
    withPartner(record, (next, then) => {
      if (then.ask === null || then.ask.rung !== null) return [next, []];
      return then.ask.wanted ? climb(next, then, 'mdns', suite) : settle(record, address, suite)(next);
    }),
    regard(record, here.standing, suite),
    askLater(record),
  );
}

function withProven(asking: NonNullable<Partner['ask']>, address: string): NonNullable<Partner['ask']> {
  if (asking.proven.includes(address) || asking.proven.length >= limits.proven) return asking;
  return { ...asking, proven: [...asking.proven, address] };
}

/** It answers, by a way that is not its own address (a translator, or somebody who passes it on): its word counts. */
export function hereElsewhere(state: LocateState, { trial, partner, here }: Answered, suite: Suite): Turn<LocateState> {
  const { record } = partner;
  return chain(
    state,
    spend(trial),
    word(record, here, suite),
    withPartner(record, (next, { ask }) =>
      ask === null || ask.wanted || ask.proof ? [next, []] : endAsk(record)(next),
    ),
    regard(record, here.standing, suite),
    askLater(record),
  );
}

/** What any answer says: that we were heard, and which of the peer's own questions are over. */
function word(record: string, here: Here, suite: Suite): Step {
  return withPartner(record, (state, partner) => {
    const { heard } = partner;
    const answered: Partner = { ...partner, step: 1 };
    const note = (next: Partner, why: 'heard' | 'seen'): readonly Effect[] =>
      erased(next) ? [] : [noteEffect(suite, next, why)];
    // The disk must not go on with the long steps that led out of a silence.
    const caught = partner.step === 1 ? [] : note(answered, 'seen');
    if (here.epoch > heard.epoch) {
      // Of an epoch that nothing was said in yet nothing need be written down: only what is before it is over.
      const over = here.n === 0 ? { epoch: here.epoch - 1, n: null } : { epoch: here.epoch, n: here.n };
      const next = { ...answered, heard: { ...heard, ...over, on: [] }, pending: [] };
      return [putPartner(state, next), over.epoch > heard.stored ? note(next, 'heard') : caught];
    }
    const later = here.epoch === heard.epoch && heard.n !== null && here.n > heard.n;
    return [putPartner(state, later ? { ...answered, heard: { ...heard, n: here.n, on: [] } } : answered), caught];
  });
}

// -------------------------------------------------------------------------------------------------------------- ladder

type Rung = Extract<Notice, { event: 'address' }>['rung'];

function climb(state: LocateState, partner: Partner, rung: 'mdns' | 'dns', suite: Suite): Turn<LocateState> {
  const { record, ask, bond } = partner;
  const name = nameOn(rung, bond.peer.hostName);
  if (ask === null) return [state, []];
  if (name === null)
    return rung === 'mdns' ? climb(state, partner, 'dns', suite) : reached(state, partner, 'address', suite);
  const lookup: Effect = { type: 'lookup', id: `${record}/${rung}`, query: { kind: 'addresses', name } };
  return [putPartner(state, { ...partner, ask: { ...ask, rung } }), [lookup]];
}

/** Null where the peer's host name has none of that kind. */
function nameOn(rung: 'mdns' | 'dns', hostName: string): string | null {
  const [label = ''] = hostName.split('.', 1);
  const name = rung === 'mdns' ? `${label}.local` : hostName;
  return hostNameOk(name) && (rung === 'mdns' || !name.endsWith('.local')) ? name : null;
}

/** The resolver's answer: what it says of a name counts only if it leads to a proven address. */
export function looked(
  state: LocateState,
  { partner, answers }: { partner: Partner; answers: readonly string[] },
  suite: Suite,
): Turn<LocateState> {
  const { ask } = partner;
  if (ask === null || ask.rung === null) return [state, []];
  const proven = new Set(ask.proven.map(plain));
  if (answers.some((answer) => proven.has(plain(answer)))) return reached(state, partner, ask.rung, suite);
  return ask.rung === 'mdns' ? climb(state, partner, 'dns', suite) : reached(state, partner, 'address', suite);
}

/** One text for one address; without its zone, which is of this machine. */
function plain(text: string): string {
  const address = parseAddress(text);
  return address === null ? text : formatAddress({ ...address, zone: null });
}

function reached(state: LocateState, { record, ask, bond }: Partner, rung: Rung, suite: Suite): Turn<LocateState> {
  // A link-local address needs its zone in every command: any other is better.
  const address = ask?.proven.find((one) => !one.startsWith('fe80:')) ?? ask?.proven[0] ?? '';
  const host = rung === 'address' ? address : (nameOn(rung, bond.peer.hostName) ?? address);
  return chain(
    state,
    remember(record, address, suite),
    emit(notify({ event: 'address', record, host, rung })),
    endAsk(record),
  );
}

/** Nobody waits for it: an address that is a new one is told all the same, without asking for names. */
function settle(record: string, address: string, suite: Suite): Step {
  return withPartner(record, (state, { addresses }) =>
    chain(
      state,
      remember(record, address, suite),
      addresses[0] === address ? emit() : emit(notify({ event: 'address', record, host: address, rung: 'address' })),
      endAsk(record),
    ),
  );
}

function remember(record: string, address: string, suite: Suite): Step {
  return withPartner(record, (state, partner) => {
    const addresses = [address, ...partner.addresses.filter((other) => other !== address)].slice(0, knownMax);
    const next = { ...partner, addresses };
    return [
      putPartner(state, next),
      partner.addresses[0] === address || erased(partner) ? [] : [noteEffect(suite, next, 'seen')],
    ];
  });
}
