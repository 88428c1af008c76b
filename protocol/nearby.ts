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
  if (here.peers.some(({ address }) => address === heard.source.address)) return true;
  const by = here.interfaces.find(({ name }) => name === heard.interface);
  return by?.addresses.some(({ address, prefix }) => inPrefix(heard.source.address, address, prefix)) ?? false;
}
