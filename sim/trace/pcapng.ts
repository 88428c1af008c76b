/**
 * The datagrams of a run as pcapng, which Wireshark and tshark open: one capture interface for each segment, Ethernet
 * frames as they were sent, and a comment on each that says what it is and what became of every copy.
 *
 * A frame's MAC addresses tell who really sent it: 02:00:00:00 and the number of the station; the IP source may be forged.
 * Format: draft-ietf-opsawg-pcapng-03, sections 4.1 to 4.3.
 */
import { parseAddress } from '../../protocol/address.ts';
import { concat, utf8 } from '../../protocol/bytes.ts';
import type { Protocol } from '../../protocol/contract.ts';
import { printable } from '../../protocol/display.ts';
import type { Watch } from '../events.ts';
import type { Datagram, Station } from '../network.ts';

export interface Capture {
  readonly watch: Watch;
  /** The whole file. Once, after the run. */
  file(title: string): Uint8Array;
}

interface Packet {
  readonly atUs: number;
  readonly datagram: Datagram;
  readonly fates: string[];
}

/** Packets in one file; what comes after them is left out. */
const packetsMax = 500_000;

const sectionHeader = 0x0a0d0d0a;
const interfaceDescription = 1;
const enhancedPacket = 6;
const option = { comment: 1, name: 2, application: 4 } as const;
const ethernet = 1;
/** Protocol number. */
const udp = 17;
/** Longest UDP payload of one IPv4 packet. */
const payloadMax = 65_507;

export function createCapture(protocol: Protocol): Capture {
  const packets = new Map<number, Packet>();
  const stations = new Map<string, Station>();
  return {
    watch(event) {
      if (event.type === 'sent') {
        stations.set(event.datagram.sender.address, event.datagram.sender);
        if (packets.size < packetsMax)
          packets.set(event.datagram.id, { atUs: event.atUs, datagram: event.datagram, fates: [] });
      }
      if (event.type !== 'fate') return;
      stations.set(event.to.address, event.to);
      if (event.to.host === event.datagram.sender.host) return;
      const when = `${Math.floor(event.atUs / 1000)} ms`;
      packets.get(event.datagram.id)?.fates.push(`${event.to.host}: ${event.fate}, ${when}`);
    },
    file(title) {
      const segments = [...new Set([...packets.values()].map(({ datagram }) => datagram.sender.segment))].sort();
      return concat(
        sectionBlock(title),
        ...segments.map(interfaceBlock),
        ...[...packets.values()].map((packet) => packetBlock(packet, segments, stations, protocol)),
      );
    },
  };
}

function sectionBlock(title: string): Uint8Array {
  const head = new Uint8Array(16);
  const view = new DataView(head.buffer);
  view.setUint32(0, 0x1a2b3c4d, true);
  view.setUint16(4, 1, true);
  // The section's length is not told: -1.
  head.fill(0xff, 8);
  return block(sectionHeader, head, [
    [option.comment, printable(title)],
    [option.application, 'lanpair simulator'],
  ]);
}

function interfaceBlock(segment: string): Uint8Array {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint16(0, ethernet, true);
  return block(interfaceDescription, head, [[option.name, segment]]);
}

function packetBlock(
  { atUs, datagram, fates }: Packet,
  segments: readonly string[],
  stations: ReadonlyMap<string, Station>,
  protocol: Protocol,
): Uint8Array {
  const bytes = frame(datagram, stations.get(datagram.to.address));
  const head = new Uint8Array(20);
  const view = new DataView(head.buffer);
  view.setUint32(0, segments.indexOf(datagram.sender.segment), true);
  view.setUint32(4, Math.floor(atUs / 0x1_0000_0000), true);
  view.setUint32(8, atUs >>> 0, true);
  view.setUint32(12, bytes.length, true);
  view.setUint32(16, bytes.length, true);
  const { kind } = protocol.describe(datagram.bytes);
  const said = `${printable(kind, 32)} number ${datagram.id} of ${datagram.sender.host}`;
  const again = datagram.repeats === null ? '' : `, repeats number ${datagram.repeats.id}`;
  return block(enhancedPacket, concat(head, padded(bytes)), [[option.comment, [said + again, ...fates].join(' | ')]]);
}

/** A block: type, length, body, options, length again. */
function block(
  type: number,
  body: Uint8Array,
  options: readonly (readonly [code: number, text: string])[],
): Uint8Array {
  const tail = concat(...options.map(([code, text]) => optionOf(code, text)), new Uint8Array(4));
  const length = 12 + body.length + tail.length;
  const head = new Uint8Array(8);
  const view = new DataView(head.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  return concat(head, body, tail, head.slice(4));
}

function optionOf(code: number, text: string): Uint8Array {
  const value = utf8(text).slice(0, 0xffff);
  const head = new Uint8Array(4);
  const view = new DataView(head.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  return concat(head, padded(value));
}

function padded(bytes: Uint8Array): Uint8Array {
  return concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
}

/** Ethernet, IPv4 without options or IPv6, UDP. */
function frame(datagram: Datagram, receiver: Station | undefined): Uint8Array {
  const payload = datagram.bytes.subarray(0, payloadMax);
  const packet = datagram.sender.family === 4 ? ipv4Packet(datagram, payload) : ipv6Packet(datagram, payload);
  return concat(ethernetHeader(datagram, receiver), packet, payload);
}

function ethernetHeader({ to, toGroup, sender }: Datagram, receiver: Station | undefined): Uint8Array {
  const header = new Uint8Array(14);
  const view = new DataView(header.buffer);
  if (toGroup && sender.family === 4) {
    // RFC 1112 section 6.4: the lower 23 bits of the group.
    const group = bytesOf(to.address, 4);
    header.set([0x01, 0x00, 0x5e, (group[1] ?? 0) & 0x7f, ...group.subarray(2)]);
  } else if (toGroup) {
    // RFC 2464 section 7: the last four bytes of the group.
    header.set([0x33, 0x33, ...bytesOf(to.address, 16).subarray(12)]);
  } else {
    header.set([0x02, 0, 0, 0]);
    view.setUint16(4, receiver?.index ?? 0xffff);
  }
  header.set([0x02, 0, 0, 0], 6);
  view.setUint16(10, sender.index);
  view.setUint16(12, sender.family === 4 ? 0x0800 : 0x86dd);
  return header;
}

/** 255, as link-local multicast is recommended to be sent. */
function hopsOf({ toGroup }: Datagram): number {
  return toGroup ? 255 : 64;
}

/** Both headers; UDP's without checksum, which RFC 768 allows. */
function ipv4Packet(datagram: Datagram, payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, 28 + payload.length);
  view.setUint8(8, hopsOf(datagram));
  view.setUint8(9, udp);
  header.set(bytesOf(datagram.source.address, 4), 12);
  header.set(bytesOf(datagram.to.address, 4), 16);
  view.setUint16(10, checksum(header));
  return concat(header, udpHeader(datagram, payload, 0));
}

/** Both headers; with IPv6 a checksum of UDP there must be (RFC 8200 section 8.1), over this pseudo-header as well. */
function ipv6Packet(datagram: Datagram, payload: Uint8Array): Uint8Array {
  const addresses = concat(bytesOf(datagram.source.address, 16), bytesOf(datagram.to.address, 16));
  const length = 8 + payload.length;
  const header = concat(Uint8Array.of(0x60, 0, 0, 0, length >> 8, length & 255, udp, hopsOf(datagram)), addresses);
  const pseudo = concat(addresses, Uint8Array.of(0, 0, length >> 8, length & 255, 0, 0, 0, udp));
  const sum = checksum(concat(pseudo, udpHeader(datagram, payload, 0), padded(payload)));
  return concat(header, udpHeader(datagram, payload, sum === 0 ? 0xffff : sum));
}

function udpHeader({ source, to }: Datagram, payload: Uint8Array, sum: number): Uint8Array {
  const header = new Uint8Array(8);
  const view = new DataView(header.buffer);
  view.setUint16(0, source.port);
  view.setUint16(2, to.port);
  view.setUint16(4, 8 + payload.length);
  view.setUint16(6, sum);
  return header;
}

/** In network order; zeros where an adversary wrote no address of that family. */
function bytesOf(text: string, length: 4 | 16): Uint8Array {
  const bytes = parseAddress(text)?.bytes;
  return bytes?.length === length ? bytes : new Uint8Array(length);
}

/** RFC 1071, over whole words whose checksum field is 0. */
function checksum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i + 1 < header.length; i += 2) sum += (header[i] as number) * 256 + (header[i + 1] as number);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
