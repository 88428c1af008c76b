/** Where a machine stands on the network: a station for each family that an interface has and the protocol speaks. */
import type { Protocol } from '../protocol/contract.ts';
import type { Network, Station } from './network.ts';
import type { InterfaceSpec } from './scenario/scenario.ts';

/** Of every link-local address of IPv6 (RFC 4291, 2.5.6). */
export const linkLocalPrefix = 64;

/** Its own, without zones. */
export function addressesOf({ address, linkLocal }: InterfaceSpec): readonly string[] {
  return [address, linkLocal].flatMap((each) => each ?? []);
}

export function stationsOf(
  host: string,
  interfaces: readonly InterfaceSpec[],
  network: Network,
  { network: { groups } }: Protocol,
): readonly Station[] {
  return interfaces.flatMap(({ name, segment, address, linkLocal }) => {
    const spoken = [...(groups[4] === null ? [] : [address]), ...(groups[6] === null ? [] : [linkLocal])];
    return spoken.flatMap((each) =>
      each === null ? [] : [network.attach({ host, interface: name, segment, address: each })],
    );
  });
}

/** As it is on the wire: zones are of one machine alone. */
export function unzoned(address: string): string {
  const percent = address.indexOf('%');
  return percent < 0 ? address : address.slice(0, percent);
}

export function zoneOf(address: string): string | null {
  const percent = address.indexOf('%');
  return percent < 0 ? null : address.slice(percent + 1);
}
