/** What we know of the one that we pair with, and how a further proven message of it adds to that. */
import type { PeerView } from '../contract.ts';
import type { Proven } from './events.ts';
import { type Conversation, limits, type Partner } from './state.ts';

export function viewOf(partner: Partner): PeerView {
  const { hostName, userName, directory, sshKey, addresses } = partner;
  return { hostName, userName, directory, key: sshKey, address: addresses[0] ?? '' };
}

/** What a further proven message of the partner tells of it. The same value where it tells nothing new. */
export function adopt(current: Conversation, { uuid, partner, message }: Proven): Conversation {
  const uuids =
    current.role === 'responder' && message.stage === 'PairReq'
      ? union([uuid], current.uuids, limits.uuidsMax)
      : current.uuids;
  const addresses = union(partner.partner.addresses, current.partner.addresses, limits.addressesMax);
  const heard = union(current.heard, partner.heard, limits.heardMax);
  const unchanged =
    same(addresses, current.partner.addresses) && same(heard, current.heard) && sameSet(uuids, current.uuids);
  // A known UUID keeps its place: the first one is the one that our stored answer was signed for.
  const kept = current.uuids.includes(uuid) ? current.uuids : uuids;
  return unchanged ? current : { ...current, uuids: kept, heard, partner: { ...current.partner, addresses } };
}

/** Without repetition, the first list first, cut to `max`. */
export function union(first: readonly string[], second: readonly string[], max: number): readonly string[] {
  return [...new Set([...first, ...second])].slice(0, max);
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text) => b.includes(text));
}
