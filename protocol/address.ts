/**
 * Textual IP addresses, strictly: one spelling of IPv4, RFC 4291 in and RFC 5952 out for IPv6. No names, no sockets.
 *
 * `0177.0.0.1`, `127.1` and `2130706433` are not addresses here, although some resolvers say so: what two programs read
 * differently is how filters are passed by.
 */

export interface Address {
  readonly family: 4 | 6;
  /** 4 or 16, in network order. */
  readonly bytes: Uint8Array;
  /** `eth0` of `fe80::1%eth0` (RFC 4007); null where there is none. Never with IPv4. */
  readonly zone: string | null;
}

/** Four 32-bit words, the first one holds the first bytes: as git-annex's `IPv6Addr` shows them. */
export type Words = readonly [number, number, number, number];

/** The address that a text spells, or null. */
export function parseAddress(text: string): Address | null {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return { family: 4, bytes: ipv4, zone: null };
  const percent = text.indexOf('%');
  const zone = percent < 0 ? null : text.slice(percent + 1);
  if (zone !== null && !/^[\w.:~-]{1,32}$/.test(zone)) return null;
  const ipv6 = parseIpv6(percent < 0 ? text : text.slice(0, percent));
  return ipv6 === null ? null : { family: 6, bytes: ipv6, zone };
}

/** Of what is known to be an address; `parseAddress` is for what is not. */
export function familyOf(address: string): Address['family'] {
  return address.includes(':') ? 6 : 4;
}

/** Any address as 16 bytes: an IPv4 one as `::ffff:a.b.c.d`, without its zone. Null where it is no address. */
export function mappedAddress(text: string): Uint8Array | null {
  const address = parseAddress(text);
  if (address === null || address.family === 6) return address?.bytes ?? null;
  const bytes = new Uint8Array(16).fill(0xff, 10, 12);
  bytes.set(address.bytes, 12);
  return bytes;
}

/** The one text of an address; `parseAddress` reads it back. */
export function formatAddress(address: Address): string {
  if (address.family === 4) return address.bytes.join('.');
  return formatIpv6(address.bytes) + (address.zone === null ? '' : `%${address.zone}`);
}

/**
 * The number that git-annex sends for an IPv4 address: its four bytes read as a little-endian 32-bit number (`10.77.0.1`
 * is 16796938). That is the byte order of the sender's machine; a big-endian one would differ, and none was ever seen.
 * null when the text is not an IPv4 address.
 */
export function ipv4ToWireInteger(text: string): number | null {
  const number = ipv4Number(text);
  return number === null ? null : swapped(number);
}

/** The address of a 32-bit number off the wire: the reverse of `ipv4ToWireInteger`. */
export function ipv4FromWireInteger(integer: number): string {
  return `${integer & 255}.${(integer >>> 8) & 255}.${(integer >>> 16) & 255}.${integer >>> 24}`;
}

/** The bytes in reverse, as a number from 0 on. */
function swapped(number: number): number {
  return ((number << 24) | ((number << 8) & 0xff_0000) | ((number >>> 8) & 0xff00) | (number >>> 24)) >>> 0;
}

/** The words of an IPv6 address without a zone, or null. */
export function ipv6ToWords(text: string): Words | null {
  const bytes = parseIpv6(text);
  if (bytes === null) return null;
  const view = new DataView(bytes.buffer);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}

/** The address of four 32-bit words: the reverse of `ipv6ToWords`. */
export function ipv6FromWords(words: Words): string {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word));
  return formatIpv6(bytes);
}

/** Of one link alone, so its zone belongs to it: every command needs that, and no other machine has the same. */
export function isLinkLocal(address: string): boolean {
  // Asked about every route of every record, and most have no colon in them.
  const parsed = address.includes(':') ? parseAddress(address) : null;
  return parsed !== null && within(parsed, linkLocal, 10);
}

const linkLocal: Address = { family: 6, bytes: Uint8Array.of(0xfe, 0x80, ...Array<number>(14).fill(0)), zone: null };

/**
 * Whether an address lies in the network of `length` leading bits. Zones are not compared. False for texts that are not
 * addresses, for two families, and for a length that the family does not have.
 */
export function inPrefix(address: string, prefixAddress: string, length: number): boolean {
  const [near, far] = [ipv4Number(address), ipv4Number(prefixAddress)];
  if (near !== null && far !== null) {
    if (!Number.isInteger(length) || length < 0 || length > 32) return false;
    return length === 0 || (near ^ far) >>> (32 - length) === 0;
  }
  const inner = parseAddress(address);
  const outer = parseAddress(prefixAddress);
  return inner !== null && outer !== null && within(inner, outer, length);
}

function within(inner: Address, outer: Address, length: number): boolean {
  if (inner.family !== outer.family) return false;
  if (!Number.isInteger(length) || length < 0 || length > 8 * inner.bytes.length) return false;
  for (let i = 0; 8 * i < length; i++) {
    const bits = Math.min(8, length - 8 * i);
    const mask = 0xff00 >> bits;
    if ((((inner.bytes[i] ?? 0) ^ (outer.bytes[i] ?? 0)) & mask & 0xff) !== 0) return false;
  }
  return true;
}

/** Why no peer can have an address, by the registries of RFC 6890; the first that fits is named. */
const unusable: readonly Forbidden[] = forbidden([
  ['0.0.0.0', 8, 'means "this network" (0.0.0.0/8)'],
  ['255.255.255.255', 32, 'is the broadcast address'],
  ['224.0.0.0', 4, 'is a multicast group'],
  ['240.0.0.0', 4, 'is reserved (240.0.0.0/4)'],
  ['::', 128, 'is the unspecified address'],
  ['ff00::', 8, 'is a multicast group'],
  ['::ffff:0:0', 96, 'is an IPv4 address inside of an IPv6 one'],
]);

const ourselves: readonly Forbidden[] = forbidden([
  ['127.0.0.0', 8, 'is the loopback address'],
  ['::1', 128, 'is the loopback address'],
]);

interface Forbidden {
  readonly prefix: Address;
  readonly length: number;
  readonly reason: string;
}

/** Parsed once: every datagram asks. */
function forbidden(rows: readonly (readonly [prefix: string, length: number, reason: string])[]): readonly Forbidden[] {
  return rows.flatMap(([text, length, reason]) => {
    const prefix = parseAddress(text);
    return prefix === null ? [] : [{ prefix, length, reason }];
  });
}

/**
 * Why an address that a peer gave as its own cannot be one: null when it can. `loopback` lets 127.0.0.0/8 and ::1 pass:
 * only when both sides are this machine. The reason continues a sentence that begins with the address.
 */
export function usablePeerAddress(address: string, loopback = false): null | string {
  const parsed = parseAddress(address);
  if (parsed === null) return 'is not an IP address';
  const rules = loopback ? unusable : [...unusable, ...ourselves];
  return rules.find(({ prefix, length }) => within(parsed, prefix, length))?.reason ?? null;
}

// ---------------------------------------------------------------------------------------------------------------- text

/** As a number, the first part highest (it may come out negative); by hand, for it is asked about the source of every datagram. */
function ipv4Number(text: string): number | null {
  let number = 0;
  let part = 0;
  let value = -1;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit >= 0 && digit <= 9) {
      if (value === 0) return null;
      value = value < 0 ? digit : value * 10 + digit;
      if (value > 255) return null;
    } else {
      if (text[i] !== '.' || value < 0 || part === 3) return null;
      number = (number << 8) | value;
      part++;
      value = -1;
    }
  }
  return part !== 3 || value < 0 ? null : (number << 8) | value;
}

function parseIpv4(text: string): Uint8Array<ArrayBuffer> | null {
  const number = ipv4Number(text);
  return number === null
    ? null
    : Uint8Array.of(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
}

/** RFC 4291 section 2.2: groups, one `::` for one or more groups of zeros, and an IPv4 address as the last two. */
function parseIpv6(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length > 45) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = parseGroups(halves[1] ?? '', true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** `last`: these are the end of the address, where an IPv4 address may stand. */
function parseGroups(text: string, last: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    const ipv4 = last && i === parts.length - 1 ? parseIpv4(part) : null;
    if (ipv4 !== null) {
      const view = new DataView(ipv4.buffer);
      groups.push(view.getUint16(0), view.getUint16(2));
    } else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}

/** RFC 5952: lower case, no leading zeros, `::` for the longest run of zeros (two or more, the first of equals). */
function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return `::ffff:${bytes.subarray(12).join('.')}`;
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}
