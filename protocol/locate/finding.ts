/** Finding: a HERE that lists the source it came from proves an address. What is made of it for a person: ladder.ts. */
import { formatAddress, isLinkLocal, parseAddress } from '../address.ts';
import type { Effect, Suite } from '../contract.ts';
import { notify } from '../lp1/speech.ts';
import type { Turn } from '../table.ts';
import { askLater, endAsk } from './asking.ts';
import type { Trial } from './events.ts';
import { regard } from './healing.ts';
import { climb, remember, stoodUp } from './ladder.ts';
import type { Here } from './sealed.ts';
import { chain, change, emit, noteEffect, type Step, spend, withPartner } from './speech.ts';
import { type Ask, erased, type LocateState, limits, type Partner, putPartner, type Route } from './state.ts';

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
  const address = zoned(route);
  const listed = here.addresses.map(addressText);
  return chain(
    state,
    spend(trial),
    word(record, here, suite),
    change(record, (then) => ({
      ...then,
      route,
      ask: then.ask === null ? null : withProven(then.ask, address, listed),
    })),
    withPartner(record, (next, then) => {
      if (then.ask === null) return [next, []];
      if (then.ask.rung !== null) return stoodUp(next, then, suite);
      return then.ask.wanted ? climb(next, then, 'mdns', suite) : settle(record, { address, listed }, suite)(next);
    }),
    regard(record, here.standing, suite),
    askLater(record),
  );
}

/** Without its zone a link-local address leads nowhere: where the source has none, it is the interface that heard it. */
function zoned({ endpoint, interface: name }: Route): string {
  const address = parseAddress(endpoint.address);
  if (address === null || address.zone !== null || name === null || !isLinkLocal(endpoint.address))
    return endpoint.address;
  return formatAddress({ ...address, zone: name });
}

function addressText(bytes: Uint8Array): string {
  return formatAddress({ family: bytes.length === 4 ? 4 : 6, bytes, zone: null });
}

/** Link-local ones come last, and go first where there are too many. */
function withProven(asking: Ask, address: string, listed: readonly string[]): Ask {
  const all = asking.proven.includes(address) ? asking.proven : [...asking.proven, address];
  const proven = all.toSorted((a, b) => Number(isLinkLocal(a)) - Number(isLinkLocal(b))).slice(0, limits.proven);
  return { ...asking, proven, listed };
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
      const next = { ...answered, heard: { ...heard, ...over, by: [] }, pending: [] };
      return [putPartner(state, next), over.epoch > heard.stored ? note(next, 'heard') : caught];
    }
    // After a start all of the epoch was over, as far as we knew: the peer, who answers us now, knows which place is next.
    const later = here.epoch === heard.epoch && (heard.n === null || here.n > heard.n);
    return [putPartner(state, later ? { ...answered, heard: { ...heard, n: here.n, by: [] } } : answered), caught];
  });
}

/** Nobody waits for it: an address that is a new one is told all the same, without asking for names. */
function settle(
  record: string,
  { address: host, listed }: { readonly address: string; readonly listed: readonly string[] },
  suite: Suite,
): Step {
  return withPartner(record, (state, { addresses }) =>
    chain(
      state,
      remember(record, host, suite),
      addresses[0] === host
        ? emit()
        : emit(notify({ event: 'address', record, host, rung: 'address', addresses: listed })),
      endAsk(record),
    ),
  );
}
