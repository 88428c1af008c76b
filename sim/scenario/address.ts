/** IPv4 addresses and subnets of the simulated segments. */

export interface Subnet {
  /** As a 32-bit number. */
  readonly base: number;
  readonly prefix: number;
}

/** Null when the text is not four numbers from 0 to 255. */
export function parseAddress(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  const parts = match.slice(1).map(Number);
  return parts.some((part) => part > 255) ? null : parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** `10.0.0.0/24`; the bits behind the prefix must be 0, the prefix from 8 to 30. */
export function parseSubnet(text: string): Subnet | null {
  const match = /^([\d.]+)\/(\d{1,2})$/.exec(text);
  const base = match === null ? null : parseAddress(match[1] ?? '');
  const prefix = Number(match?.[2]);
  if (base === null || prefix < 8 || prefix > 30 || base % 2 ** (32 - prefix) !== 0) return null;
  return { base, prefix };
}

/** Whether a host may have it there: neither the subnet's own address nor its broadcast. */
export function isHostIn(address: number, { base, prefix }: Subnet): boolean {
  const size = 2 ** (32 - prefix);
  return address > base && address < base + size - 1;
}

export function subnetText({ base, prefix }: Subnet): string {
  return `${addressText(base)}/${prefix}`;
}
