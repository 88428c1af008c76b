/** Who may speak to us at all: neighbours on the link, and those whom a person named. */
import { inPrefix } from './address.ts';
import type { Endpoint, Interface } from './contract.ts';

/**
 * Multicast and link-local broadcast stay on the link; whoever else reaches the port came through a hole in it. True for a
 * source in a network of the interface that heard it, and for the address of a `--peer`.
 */
export function nearby(
  here: { readonly interfaces: readonly Interface[]; readonly peers: readonly Endpoint[] },
  heard: { readonly source: Endpoint; readonly interface: string },
): boolean {
  // Asked of every datagram, also of those that are for a thousand others: in loops, which make nothing.
  for (const peer of here.peers) if (peer.address === heard.source.address) return true;
  for (const { name, addresses } of here.interfaces) {
    if (name !== heard.interface) continue;
    for (const { address, prefix } of addresses) if (inPrefix(heard.source.address, address, prefix)) return true;
    return false;
  }
  return false;
}
