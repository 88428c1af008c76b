/**
 * The sockets of one interface, one address family and, of IPv4, one network.
 *
 *     group   bound to the multicast group and its port: hears the group, sends nothing
 *     host    bound to the interface's address and the group's port: unicast to that port, and sends that leave by it
 *     own     bound to the interface's address and a port of the system's choice: unicast of ours alone
 *
 * Why three. On Linux every socket on the port hears the group on *every* interface (IP_MULTICAST_ALL, which Node cannot
 * turn off), so a datagram of the group counts for an interface only when its source is in that interface's prefix; and
 * of several sockets with one address and port only the last one bound gets unicast. Bound to addresses, each kind comes
 * in by one socket. Each socket keeps one multicast interface for life: two sends around setMulticastInterface race.
 *
 * dgram-as-promised is used in its callback form only: `recv()` and its iterator lose what arrives between two calls.
 * Its other traps (6.0.0), met here: a failed socket answers the next call with the old error, so it is closed and never
 * used again; `close()` twice rejects, so the promise is kept; it swallows `error` events, so we listen ourselves;
 * joining before binding silently binds elsewhere, so the order is bind, join, options.
 */
import { BlockList } from 'node:net';
import { DgramAsPromised, type SocketAsPromised, type SocketAsPromisedOptions } from 'dgram-as-promised';
import type { Endpoint, InterfaceAddress, Via } from '../protocol/contract.ts';
import { codeOf } from './complaint.ts';

export interface PortOptions {
  /** The interface's name, for IPv6 zones. */
  readonly interface: string;
  /** The one that we speak from. */
  readonly address: InterfaceAddress;
  /** Who is on this network: of IPv6 all of the interface. */
  readonly networks: readonly InterfaceAddress[];
  readonly group: string;
  /** The group's port. */
  readonly port: number;
  readonly receive: (bytes: Uint8Array, source: Endpoint, via: Via) => void;
  /** Unicast to the group's port is left to who listens for it already: of several it reaches only the last one bound. */
  readonly isGuest?: boolean;
  /** A socket failed after it was opened. */
  readonly trouble: (reason: string) => void;
  /** Stands in for `node:dgram` in tests. */
  readonly dgram?: SocketAsPromisedOptions['dgram'];
}

export interface Port {
  readonly address: InterfaceAddress;
  /** True when that address is in this interface's network. */
  contains(address: string): boolean;
  /** Rejects with the system's error. */
  send(bytes: Uint8Array, from: Via, to: 'group' | Endpoint): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with the system's error (EADDRINUSE, ENODEV, EADDRNOTAVAIL, ...) and leaves nothing open. */
export async function openPort(options: PortOptions): Promise<Port> {
  const { address, group, port, receive } = options;
  const contains = containsOf(options.networks);
  const opened: SocketAsPromised[] = [];
  const open = (hear: (bytes: Uint8Array, source: Endpoint) => void): SocketAsPromised => {
    const socket = createSocket(options, hear);
    opened.push(socket);
    return socket;
  };
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= Promise.all(opened.map((socket) => socket.close().catch(() => undefined))).then(() => undefined);
    return closing;
  };
  try {
    const zone = address.family === 4 ? address.address : `::%${options.interface}`;
    const listener = open((bytes, source) => {
      if (contains(source.address)) receive(bytes, source, 'group');
    });
    // Windows cannot bind to a group; there the prefix alone must do.
    await listener.bind(port, process.platform === 'win32' ? anyOf(address.family) : groupOn(options));
    listener.addMembership(group, zone);
    const leavesDoor = options.isGuest === true && (await isTaken(options));
    const host = leavesDoor ? null : open((bytes, source) => receive(bytes, source, 'group'));
    await host?.bind(port, address.address);
    const own = open((bytes, source) => receive(bytes, source, 'unicast'));
    await own.bind(0, address.address);
    for (const sender of [host, own]) {
      sender?.setMulticastInterface(zone).setMulticastTTL(1).setMulticastLoopback(true);
    }
    // Only now: a failure to open is this function's own answer.
    for (const { socket } of opened) socket.on('error', (error) => options.trouble(error.message));
    const send = async (bytes: Uint8Array, from: Via, to: 'group' | Endpoint): Promise<void> => {
      if (closing !== null) throw new Error('the interface is gone');
      const endpoint = to === 'group' ? { address: groupOn(options), port } : to;
      await ((from === 'group' ? host : null) ?? own).send(bytes, endpoint.port, endpoint.address);
    };
    return { address, contains, send, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function createSocket(options: PortOptions, hear: (bytes: Uint8Array, source: Endpoint) => void): SocketAsPromised {
  const { dgram, address } = options;
  return DgramAsPromised.createSocket(
    { type: address.family === 4 ? 'udp4' : 'udp6', reuseAddr: true, ...(dgram === undefined ? {} : { dgram }) },
    (bytes, from) => hear(bytes, { address: from.address, port: from.port }),
  );
}

/** Whether a program listens at the address or at all of them, also one that shares. */
async function isTaken({ address, port, dgram }: PortOptions): Promise<boolean> {
  const alone = DgramAsPromised.createSocket({
    type: address.family === 4 ? 'udp4' : 'udp6',
    ...(dgram === undefined ? {} : { dgram }),
  });
  try {
    await alone.bind(port, address.address);
    return false;
  } catch (thrown) {
    return codeOf(thrown) === 'EADDRINUSE';
  } finally {
    await alone.close().catch(() => undefined);
  }
}

/** Whether an address, with its zone if it has one, is in one of these networks. */
export function containsOf(networks: readonly InterfaceAddress[]): (other: string) => boolean {
  const tests = networks.map(({ family, address, prefix }) => {
    const [bare = '', zone] = address.split('%');
    const type = family === 4 ? ('ipv4' as const) : ('ipv6' as const);
    const network = new BlockList();
    network.addSubnet(bare, prefix, type);
    return (other: string, otherZone?: string): boolean =>
      (zone === undefined || zone === otherZone) && network.check(other, type);
  });
  return (other) => {
    const [bare = '', zone] = other.split('%');
    return tests.some((contains) => contains(bare, zone));
  };
}

function groupOn({ group, address, interface: name }: PortOptions): string {
  return address.family === 4 ? group : `${group}%${name}`;
}

function anyOf(family: 4 | 6): string {
  return family === 4 ? '0.0.0.0' : '::';
}
