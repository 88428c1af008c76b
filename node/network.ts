/**
 * All ports of this machine: opened for the interfaces that are there, closed and opened anew as they change, with one
 * bounded queue between the sockets and the core, so that a flood costs datagrams and never memory or timers.
 */
import { familyOf, isLinkLocal } from '../protocol/address.ts';
import type { Effect, Endpoint, Interface, InterfaceAddress, NetworkUse, Via } from '../protocol/contract.ts';
import { Complaint, codeOf, exitCode, reasonOf } from './complaint.ts';
import { readWord, writeWord } from './doctor/wire.ts';
import { containsOf, openPort, type Port, type PortOptions } from './port.ts';

export interface Arrival {
  readonly bytes: Uint8Array;
  readonly source: Endpoint;
  readonly interface: string;
  readonly via: Via;
}

export interface NetworkOptions {
  readonly use: NetworkUse;
  /** Endpoints beyond the link (`--peer`), if any: for a global IPv6 one we must speak from a global address. */
  readonly peers?: readonly Endpoint[];
  readonly receive: (arrival: Arrival) => void;
  readonly sendFailed: (interfaceName: string, reason: string) => void;
  readonly trouble: (what: string, reason: string) => void;
  readonly dgram?: PortOptions['dgram'];
}

export interface Network {
  /** Open, close and re-open so that exactly these are served. One at a time; the last list wins. */
  update(interfaces: readonly Interface[]): Promise<void>;
  send(effect: Extract<Effect, { type: 'send' }>): void;
  /** Try again what could not be opened. True: some of it is open now. */
  retry(): Promise<boolean>;
  close(): Promise<void>;
  /** Datagrams that arrived while the queue was full. */
  readonly dropped: number;
  /** Ports that are open now, and why the others are not. */
  readonly open: number;
  readonly failures: readonly Failure[];
}

/** Datagrams that wait for the core. At 64 KiB each it is 64 MiB at worst; usual ones are below 1 KiB. */
const queueMax = 1024;
/** Knocks of doctors that are answered, of 46 bytes each. */
const knocksMax = 1000;
/** Datagrams given to the core before timers and other events get their turn. */
const batchMax = 32;
/**
 * How often an address of IPv6 is tried in silence. A new one cannot be bound until the system has asked whether another
 * machine has it (RFC 4862, 5.4), some seconds at most; one that another machine has, never.
 */
const quietTries = 10;

export function makeNetwork(options: NetworkOptions): Network {
  const queue = makeQueue(options.receive);
  const { ports, failures, reconcile } = makePorts(options, (arrival) => queue.push(arrival));
  let wanted: readonly Interface[] = [];
  let isClosed = false;
  let working: Promise<void> = Promise.resolve();
  const inTurn = (): Promise<void> => {
    working = working.then(() => reconcile(isClosed ? [] : planOf(wanted, options)));
    return working;
  };
  return {
    update(interfaces): Promise<void> {
      wanted = interfaces;
      return inTurn();
    },
    async retry(): Promise<boolean> {
      const before = failures.size;
      if (before > 0) await inTurn();
      return failures.size < before;
    },
    send({ bytes, interface: name, from, to, family }): void {
      const open = [...ports.values()];
      const there = open.filter((entry) => (name === null || entry.name === name) && suits(entry.port, to, family));
      // To the group from each network of the interface, and in each family; to one machine from the network that it is in.
      const chosen = name !== null && to === 'group' ? there : [bestFor(there, to)].flatMap((entry) => entry ?? []);
      // A network without IPv6 is no trouble: what can be said in IPv4 tells how it goes.
      const isSpare = family === 6 && open.some((entry) => entry.name === name && entry.port.address.family === 4);
      const fail = (error: unknown): void => {
        if (!isSpare) options.sendFailed(chosen[0]?.name ?? name ?? '', refusalOf(error));
      };
      if (chosen.length === 0) {
        const isEarly = [...failures.values()].some((each) => each.interface === name && isTentative(each));
        // Nobody hears it, and nobody would have: it is said again when the address can be had.
        return isEarly ? undefined : queueMicrotask(() => fail(new Error('the interface is not open')));
      }
      // One of them is enough.
      void Promise.allSettled(chosen.map(({ port }) => port.send(bytes, from, to))).then((results) => {
        const [first] = results;
        if (first?.status === 'rejected' && results.every(({ status }) => status === 'rejected')) fail(first.reason);
      });
    },
    close(): Promise<void> {
      isClosed = true;
      queue.clear();
      return inTurn();
    },
    get dropped(): number {
      return queue.dropped;
    },
    get open(): number {
      return ports.size;
    },
    get failures(): readonly Failure[] {
      return [...failures.values()];
    },
  };
}

interface Failure {
  readonly interface: string;
  readonly address: InterfaceAddress;
  readonly error: unknown;
  readonly tries: number;
}

/** Perhaps an address that the system is still asking about: Node does not say which ones those are. */
function isTentative({ address, error, tries }: Failure): boolean {
  return address.family === 6 && codeOf(error) === 'EADDRNOTAVAIL' && tries <= quietTries;
}

/** The ports that are open, by their keys, and how to make them those of a plan. */
function makePorts(
  options: NetworkOptions,
  receive: (arrival: Arrival) => void,
): {
  readonly ports: ReadonlyMap<string, { readonly name: string; readonly port: Port }>;
  readonly failures: ReadonlyMap<string, Failure>;
  readonly reconcile: (plan: readonly Planned[]) => Promise<void>;
} {
  const ports = new Map<string, { readonly name: string; readonly port: Port }>();
  const failures = new Map<string, Failure>();
  let knocks = 0;
  const openOne = async ({ key, name, networks, address, group, isSecond }: Planned): Promise<void> => {
    let answering: Port | null = null;
    try {
      const port = await openPort({
        interface: name,
        address,
        networks,
        group,
        port: options.use.port,
        receive: (bytes, source, via) => {
          const word = readWord(bytes);
          if (word === null) return receive({ bytes, source, interface: name, via });
          // Of a doctor's words only a knock is for us: whoever listens here answers it, and while we do no doctor can.
          if (word.word !== 'knock' || answering === null || knocks++ >= knocksMax) return;
          void answering.send(writeWord({ word: 'here', id: word.id }), 'unicast', source).catch(() => undefined);
        },
        trouble: (reason) => options.trouble(name, reason),
        ...(options.dgram === undefined ? {} : { dgram: options.dgram }),
      });
      answering = port;
      ports.set(key, { name, port });
      failures.delete(key);
    } catch (error) {
      const last = failures.get(key);
      const tries = last !== undefined && reasonOf(last.error) === reasonOf(error) ? last.tries + 1 : 1;
      const failure = { interface: name, address, error, tries };
      failures.set(key, failure);
      const isNews = tries === (isTentative({ ...failure, tries: 1 }) ? quietTries + 1 : 1);
      if (isNews && !isSecond) options.trouble(name, troubleOf(failure));
    }
  };
  const reconcile = async (plan: readonly Planned[]): Promise<void> => {
    const keys = new Set(plan.map(({ key }) => key));
    for (const [key, { port }] of ports) {
      if (keys.has(key)) continue;
      ports.delete(key);
      await port.close();
    }
    for (const key of failures.keys()) if (!keys.has(key)) failures.delete(key);
    for (const planned of plan) if (!ports.has(planned.key)) await openOne(planned);
  };
  return { ports, failures, reconcile };
}

/** Why the system did not send, in words that a person can do something with, then in its own. */
function refusalOf(error: unknown): string {
  const meaning = refusals[codeOf(error)];
  return meaning === undefined ? reasonOf(error) : `${meaning} (${reasonOf(error)})`;
}

const refusals: Readonly<Record<string, string>> = {
  ENETUNREACH: 'no route leads there',
  EHOSTUNREACH: 'nobody has that address, or no route leads there',
  EINVAL: 'that address cannot be reached from this interface',
  EACCES: 'it is a broadcast address, or a route forbids it',
  EPERM: 'a firewall of this machine forbids it; lanpair doctor looks which',
};

function troubleOf({ address, error }: Failure): string {
  if (address.family !== 6 || codeOf(error) !== 'EADDRNOTAVAIL') return reasonOf(error);
  return `its address ${address.address} cannot be used. Does another machine have it? Next: ip -6 addr, and look for "dadfailed" or "tentative"`;
}

/** At the start: when nothing could be opened, and nothing will be in a moment, say why and what to do. */
export function requireOpen(network: Network, port: number): void {
  if (network.open > 0) return;
  const lasting = network.failures.find((failure) => !isTentative(failure));
  if (lasting === undefined && network.failures.length > 0) return;
  const { interface: name = '', error } = lasting ?? {};
  if (codeOf(error) === 'EADDRINUSE') {
    throw new Complaint(
      `UDP port ${port} is taken by a program that does not share it.`,
      `Next: find it with \`ss -ulpn sport = :${port}\`, end it, and run this again.`,
      exitCode.unavailable,
    );
  }
  throw new Complaint(
    `Cannot listen on ${name}: ${error === undefined ? 'no interface is up' : reasonOf(error)}.`,
    'Next: check the network (`ip addr`), or name another interface with --iface.',
    exitCode.unavailable,
  );
}

export interface Planned {
  /** Changes whenever the sockets have to be opened anew. */
  readonly key: string;
  readonly name: string;
  readonly address: InterfaceAddress;
  readonly networks: readonly InterfaceAddress[];
  readonly group: string;
  /** The interface has the other family as well: it is no trouble when this one does not open. */
  readonly isSecond: boolean;
}

/** Networks of one interface that are spoken in: machines with more have containers behind them. */
const networksMax = 4;

/** One port for each interface and family, and of IPv4 for each network: who is in another one hears nothing that comes from the first. */
export function planOf(
  interfaces: readonly Interface[],
  { use: { groups }, peers = [] }: Pick<NetworkOptions, 'use' | 'peers'>,
): readonly Planned[] {
  const beyond = peers.some(({ address }) => address.includes(':') && !isLinkLocal(address));
  return interfaces.flatMap(({ name, addresses }) =>
    ([4, 6] as const).flatMap((family) => {
      const group = groups[family];
      // IPv6 multicast does not work on the loopback interface.
      const networks = addresses.filter((each) => each.family === family && each.address !== '::1');
      const onLink = networks.find(({ address }) => isLinkLocal(address) !== beyond);
      const speakers = family === 6 ? [onLink ?? networks[0]] : outermost(networks);
      const isSecond = family === 6 && groups[4] !== null && addresses.some((each) => each.family === 4);
      return speakers.flatMap((address): Planned[] => {
        if (group === null || address === undefined) return [];
        const own = family === 6 ? networks : networks.filter((each) => isWithin(each, address));
        return [{ key: JSON.stringify([name, own]), name, address, networks: own, group, isSecond }];
      });
    }),
  );
}

/** An address of each network that lies in no other one of them, in the order in which the system lists them. */
function outermost(networks: readonly InterfaceAddress[]): readonly InterfaceAddress[] {
  const covers = (other: InterfaceAddress, each: InterfaceAddress): boolean =>
    isWithin(each, other) &&
    (other.prefix < each.prefix || (other.prefix === each.prefix && networks.indexOf(other) < networks.indexOf(each)));
  return networks.filter((each) => !networks.some((other) => covers(other, each))).slice(0, networksMax);
}

function isWithin({ address }: InterfaceAddress, network: InterfaceAddress): boolean {
  return containsOf([network])(address);
}

/** The one in whose network the endpoint is, else the first. */
function bestFor<T extends { readonly port: Port }>(suitable: readonly T[], to: 'group' | Endpoint): T | undefined {
  return suitable.find(({ port }) => to !== 'group' && port.contains(to.address)) ?? suitable[0];
}

function suits({ address }: Port, to: 'group' | Endpoint, family?: 4 | 6): boolean {
  if (to === 'group') return family === undefined || address.family === family;
  return familyOf(to.address) === address.family;
}

function makeQueue(deliver: (arrival: Arrival) => void): {
  push(arrival: Arrival): void;
  clear(): void;
  readonly dropped: number;
} {
  const waiting: Arrival[] = [];
  let dropped = 0;
  let isScheduled = false;
  const drain = (): void => {
    isScheduled = false;
    for (const arrival of waiting.splice(0, batchMax)) deliver(arrival);
    if (waiting.length > 0) schedule();
  };
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(drain);
  };
  return {
    push(arrival): void {
      if (waiting.length >= queueMax) dropped++;
      else waiting.push(arrival);
      schedule();
    },
    clear(): void {
      waiting.length = 0;
    },
    get dropped(): number {
      return dropped;
    },
  };
}
