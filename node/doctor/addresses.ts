/** Addresses in the prefixes of firewall rules. */
import { BlockList, isIP } from 'node:net';

/** False where either is no address, or of another family. `length` null: that address alone. */
export function addressIn(address: string, network: string, length: number | null): boolean {
  const bare = address.split('%')[0] ?? '';
  const family = isIP(network);
  if (family === 0 || isIP(bare) !== family) return false;
  const bits = family === 4 ? 32 : 128;
  const list = new BlockList();
  list.addSubnet(network, Math.min(length ?? bits, bits), family === 4 ? 'ipv4' : 'ipv6');
  return list.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}
