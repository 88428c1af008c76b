/** What we know of the one that we pair with, and how a further proven message of it adds to that. */
import type { PeerView } from '../contract.ts';
import type { Proven } from './events.ts';
import { type Conversation, limits, type Partner } from './state.ts';

export function viewOf(partner: Partner): PeerView {
  const { hostName, userName, directory, sshKey, addresses } = partner;
  return { hostName, userName, directory, key: sshKey, address: addresses[0] ?? '' };
}

/** What a further proven message of the partner tells of it. The same value where it tells nothing new. */
export function adopt(current: Conversation, { partner }: Proven): Conversation {
  const heard = partner.heard.reduce((texts, text) => withText(texts, text, limits.heardMax), current.heard);
  const addresses = union(partner.partner.addresses, current.partner.addresses, limits.addressesMax);
  const unchanged = heard === current.heard && same(addresses, current.partner.addresses);
  return unchanged ? current : { ...current, heard, partner: { ...current.partner, addresses } };
}

/**
 * A set of texts as a sorted list: the same whatever the order of arrival, so that equal situations are equal states.
 * The same list where nothing is new; when full, the newest takes the place of the last.
 */
export function withText(texts: readonly string[], text: string, max: number): readonly string[] {
  if (texts.includes(text)) return texts;
  return [...texts.slice(0, max - 1), text].sort();
}

/** Without repetition, the first list first, cut to `max`: for what was heard last counts most. */
export function union(first: readonly string[], second: readonly string[], max: number): readonly string[] {
  return [...new Set([...first, ...second])].slice(0, max);
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
