/**
 * The ladder, for whom a person looks for: the peer's `.local` name, its DNS name, its address. A rung holds if it leads to
 * a proven address, and a link-local address only where there is no other.
 *
 * The first answer proves one address of the peer, on whichever interface and in whichever family was faster. A rung that leads
 * to another one that the peer itself lists is not given up yet: the peer is asked there. Names are looked up only when an
 * address is proven, because looking them up tells the network whom we look for.
 */
import { formatAddress, inPrefix, isLinkLocal, parseAddress } from '../address.ts';
import type { Effect, Suite } from '../contract.ts';
import { hostNameOk } from '../display.ts';
import { notify, setTimer } from '../lp1/speech.ts';
import type { Turn } from '../table.ts';
import { askThere, endAsk } from './asking.ts';
import { knownMax } from './note.ts';
import { chain, emit, noteEffect, type Step, withPartner } from './speech.ts';
import { type Ask, erased, type LocateState, limits, type Partner, putPartner, type Rung, times } from './state.ts';

/** Steps onto a rung: its name is looked up, or the addresses themselves are weighed. */
export function climb(state: LocateState, partner: Partner, rung: Rung, suite: Suite): Turn<LocateState> {
  const { record, ask, bond } = partner;
  if (ask === null) return [state, []];
  const there: Partner = { ...partner, ask: { ...ask, rung, hoped: [] } };
  const next = putPartner(state, there);
  if (rung === 'address') return weigh(next, there, [...ask.proven, ...ask.listed].filter(isWide), suite);
  const name = nameOn(rung, bond.peer.hostName);
  if (name === null) return giveUp(next, there, suite);
  const lookup: Effect = { type: 'lookup', id: `${record}/${rung}`, query: { kind: 'addresses', name } };
  return [next, [lookup]];
}

function isWide(address: string): boolean {
  return !isLinkLocal(address);
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
  return weigh(state, partner, answers, suite);
}

/** This rung leads to these addresses: it holds, or the peer is asked there, or it is given up. */
function weigh(state: LocateState, partner: Partner, leads: readonly string[], suite: Suite): Turn<LocateState> {
  const { ask, record } = partner;
  if (ask === null || ask.rung === null) return [state, []];
  if (holds(ask, leads)) return reached(state, partner, ask.rung, suite);
  const wanted = new Set(leads.map(plain));
  const hoped = ask.listed
    .filter((address) => wanted.has(address) && !ask.tried.includes(address) && mayBeAsked(state, address))
    .slice(0, limits.hoped);
  if (hoped.length === 0) return giveUp(state, partner, suite);
  const hoping: Ask = { ...ask, hoped, turns: 0, tried: [...ask.tried, ...hoped] };
  return askBetter(record, suite)(putPartner(state, { ...partner, ask: hoping }));
}

function holds({ proven }: Ask, leads: readonly string[]): boolean {
  const known = new Set(proven.map(plain));
  return leads.some((address) => known.has(plain(address)));
}

/** One text for one address; without its zone, which is of this machine. */
function plain(text: string): string {
  const address = parseAddress(text);
  return address === null ? text : formatAddress({ ...address, zone: null });
}

/** In a network of ours, and not ourselves: a peer has no one else asked by listing him. A link-local one lacks its zone. */
function mayBeAsked({ interfaces }: LocateState, address: string): boolean {
  const own = interfaces.flatMap(({ addresses }) => addresses);
  return (
    isWide(address) &&
    own.some((one) => inPrefix(address, one.address, one.prefix)) &&
    own.every((one) => plain(one.address) !== address)
  );
}

/** By turns from both ports: a firewall lets the answer to the group's in, and another program may sit on it. */
function askBetter(record: string, suite: Suite): Step {
  return withPartner(record, (state, partner) => {
    const { ask } = partner;
    if (ask === null) return [state, []];
    const from = ask.turns % 2 === 0 ? 'group' : 'unicast';
    return chain(
      putPartner(state, { ...partner, ask: { ...ask, turns: ask.turns + 1 } }),
      askThere(record, { addresses: ask.hoped, from }, suite),
      emit(setTimer(`better ${record}`, times.better * 0.8, times.better * 1.2)),
    );
  });
}

/** There was time for an answer. */
export function betterTimer(state: LocateState, { partner }: { partner: Partner }, suite: Suite): Turn<LocateState> {
  const { record, ask } = partner;
  if (ask === null || ask.hoped.length === 0) return [state, []];
  return ask.turns < limits.turns ? askBetter(record, suite)(state) : giveUp(state, partner, suite);
}

/** Another address is proven while the ladder is being climbed: perhaps the one that this rung waits for. */
export function stoodUp(state: LocateState, partner: Partner, suite: Suite): Turn<LocateState> {
  const { ask } = partner;
  if (ask === null || ask.rung === null || !holds(ask, ask.hoped)) return [state, []];
  return reached(state, partner, ask.rung, suite);
}

/** The next rung; below the last there is what is proven, whatever it is. */
function giveUp(state: LocateState, partner: Partner, suite: Suite): Turn<LocateState> {
  const rung = partner.ask?.rung;
  if (rung === 'mdns') return climb(state, partner, 'dns', suite);
  return rung === 'dns' ? climb(state, partner, 'address', suite) : reached(state, partner, 'address', suite);
}

function reached(state: LocateState, { record, ask, bond }: Partner, rung: Rung, suite: Suite): Turn<LocateState> {
  const address = ask?.proven[0] ?? '';
  const host = rung === 'address' ? address : (nameOn(rung, bond.peer.hostName) ?? address);
  return chain(
    state,
    remember(record, address, suite),
    emit(notify({ event: 'address', record, host, rung, addresses: ask?.listed ?? [] })),
    endAsk(record),
  );
}

/** Where it was proven to be, the latest first. */
export function remember(record: string, address: string, suite: Suite): Step {
  return withPartner(record, (state, partner) => {
    const addresses = [address, ...partner.addresses.filter((other) => other !== address)].slice(0, knownMax);
    const next = { ...partner, addresses };
    return [
      putPartner(state, next),
      partner.addresses[0] === address || erased(partner) ? [] : [noteEffect(suite, next, 'seen')],
    ];
  });
}
