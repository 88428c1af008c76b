/**
 * One run of one protocol on this machine: the lock, the records, the sockets, the timers, and the driver over them.
 * It decides nothing; it ends when it is closed.
 */
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import type {
  Command,
  Endpoint,
  Identity,
  Input,
  Interface,
  Notice,
  Phrase,
  PlainState,
  Protocol,
  StoredRecord,
  Suite,
} from '../protocol/contract.ts';
import { type Driver, drive, type Observer, type Ports } from '../protocol/driver.ts';
import { realSuite } from '../protocol/suite.ts';
import type { Gate } from './authorized-keys.ts';
import { Complaint, exitCode } from './complaint.ts';
import { knock } from './door.ts';
import { makePrivateDirectory, sweepTemporaries } from './durable-file.ts';
import { makeHost } from './host.ts';
import { requireInterfaces, requirePeers, type SeeInterfaces, watchInterfaces } from './interfaces.ts';
import type { OwnKey } from './keys.ts';
import { lockWithin, tryLock } from './lock.ts';
import { makeLookups, type Resolve } from './lookup.ts';
import { makeNetwork, type Network, requireOpen } from './network.ts';
import type { Places } from './places.ts';
import { makeProvisioning } from './provisioning.ts';
import { cannotUse, loadRecords } from './records.ts';
import { makeTimers } from './timers.ts';

export interface SessionOptions<S extends PlainState> {
  readonly protocol: Protocol<S>;
  readonly places: Places;
  readonly gate: Gate | null;
  readonly key: OwnKey;
  readonly self: Identity;
  /** Null: no sockets at all (to forget a peer). */
  readonly network: { readonly named: readonly string[]; readonly port: number | null } | null;
  readonly peers: readonly Endpoint[];
  readonly phrase: Phrase | null;
  readonly windowMs: number;
  readonly notify: (notice: Notice) => void;
  /** Also told to the core, which need not tell it to anybody. */
  readonly sendFailed?: (interfaceName: string, reason: string) => void;
  /** Besides its own, the records of these protocols are given to it. */
  readonly reads?: readonly string[];
  /** Private half of the key with which ssh goes to whom is paired now. */
  readonly identityFile?: string;
  /** A git remote for whom is paired now. */
  readonly remote?: string;
  /** Wait for another lanpair to end, this long; ask a serving one to step aside, unless we are that one. */
  readonly waitMs?: number;
  readonly isServing?: boolean;
  readonly observe?: Observer<S>;
  /** In place of the real one: a recording notes what it answers. */
  readonly suite?: Suite;
  readonly see?: SeeInterfaces;
  readonly resolve?: Resolve;
}

export interface Session {
  /** The first input: once, after whatever was to be told about `problems`. */
  start(): void;
  command(command: Command): void;
  input(input: Input): void;
  /** When nothing that was begun on the disk is unanswered. */
  quiet(): Promise<void>;
  /** How ssh knows the peer of that record. */
  alias(record: string): string | null;
  close(): Promise<void>;
  readonly interfaces: readonly Interface[];
  /** As they were before the first input. */
  readonly records: readonly StoredRecord[];
  /** Records that could not be read: one sentence each. */
  readonly problems: readonly string[];
  readonly dropped: number;
  /** For each interface the addresses that were heard on its group, our own among them. */
  readonly heard: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Addresses remembered for each interface: for a person who asks why nothing happens. */
const heardMax = 64;

export async function openSession<S extends PlainState>(options: SessionOptions<S>): Promise<Session> {
  const closers: Closers = [];
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
  };
  try {
    await requireLock(options, closers);
    return await opened(options, closers, close);
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** What is to be undone at the end, last first. */
type Closers = (() => void | Promise<void>)[];

async function opened<S extends PlainState>(
  options: SessionOptions<S>,
  closers: Closers,
  close: () => Promise<void>,
): Promise<Session> {
  const { protocol, places, notify, identityFile = null, remote = null, reads = [] } = options;
  for (const directory of [places.state, dirname(places.sshConfig), places.peers]) await sweepTemporaries(directory);
  const provisioning = makeProvisioning({ gate: options.gate, places, identityFile, remote, notify });
  const { records, problems } = await loadRecords(places.peers);
  let network: Network | null = null;
  const heard = new Map<string, Set<string>>();
  const take = fromStart((next) => driver.input(next));
  const input = (next: Input): void => {
    if (next.type === 'datagram') note(heard, next);
    take(next);
  };
  const timers = makeTimers(
    (name) => input({ type: 'timer', name }),
    (entropy) => input({ type: 'resumed', entropy }),
  );
  closers.push(() => timers.close());
  const lookups = makeLookups((outcome) => input({ type: 'outcome', outcome }), options.resolve);
  closers.push(() => lookups.close());
  const host = makeHost({
    peers: places.peers,
    provisioning,
    key: options.key,
    hash: (bytes) => realSuite.hash(bytes),
    network: () => network,
    timers,
    lookups,
    input,
    notify,
  });
  closers.push(() => host.close());
  host.refresh();
  const driver = driverOf(options, host);
  const net = options.network === null ? null : await openNetwork(options, options.network, input, closers);
  network = net?.network ?? null;
  const interfaces = net?.interfaces ?? [];
  const known = records.filter((record) => [protocol.name, ...reads].includes(record.protocol));
  return {
    start: () =>
      input({
        type: 'start',
        phrase: options.phrase,
        self: options.self,
        interfaces,
        peers: options.peers,
        entropy: randomBytes(32),
        records: known,
        windowMs: options.windowMs,
      }),
    command: (command) => input({ type: 'command', command }),
    input,
    quiet: () => host.quiet(),
    alias: (record) => provisioning.alias(record),
    close: async () => {
      await host.quiet();
      await close();
    },
    interfaces,
    records: known,
    problems,
    heard,
    get dropped(): number {
      return network?.dropped ?? 0;
    },
  };
}

/**
 * The sockets are open before `start`. A datagram that comes until then is as good as lost, as on any network: who said it says
 * it again. Of other interfaces the core hears after it.
 */
function fromStart(take: (input: Input) => void): (input: Input) => void {
  let isStarted = false;
  let changed: Input | null = null;
  return (input) => {
    isStarted ||= input.type === 'start';
    if (!isStarted && input.type === 'interfaces') changed = input;
    if (!isStarted && ['datagram', 'resumed', 'interfaces'].includes(input.type)) return;
    take(input);
    if (input.type === 'start' && changed !== null) take(changed);
  };
}

function driverOf<S extends PlainState>(options: SessionOptions<S>, ports: Ports): Driver<S> {
  const { protocol, suite = realSuite, observe } = options;
  return drive({ protocol, suite, ports, ...(observe === undefined ? {} : { observe }) });
}

function note(
  heard: Map<string, Set<string>>,
  { interface: name, source, via }: Extract<Input, { type: 'datagram' }>,
): void {
  const addresses = heard.get(name) ?? new Set();
  heard.set(name, addresses);
  if (via === 'group' && addresses.size < heardMax) addresses.add(source.address);
}

async function openNetwork<S extends PlainState>(
  options: SessionOptions<S>,
  { named, port }: NonNullable<SessionOptions<S>['network']>,
  input: (input: Input) => void,
  closers: Closers,
): Promise<{ readonly network: Network; readonly interfaces: readonly Interface[] }> {
  const { protocol, notify, see = networkInterfaces } = options;
  const use = { ...protocol.network, port: port ?? protocol.network.port };
  const families = ([4, 6] as const).filter((family) => use.groups[family] !== null);
  const selection = { named, families };
  const interfaces = requireInterfaces(see(), selection);
  requirePeers(
    see(),
    selection,
    options.peers.map(({ address }) => address),
  );
  const network = makeNetwork({
    use,
    peers: options.peers,
    receive: (arrival) => input({ type: 'datagram', ...arrival }),
    sendFailed: (name, reason) => {
      options.sendFailed?.(name, reason);
      input({ type: 'outcome', outcome: { of: 'send', ok: false, interface: name, reason } });
    },
    trouble: (what, reason) => notify({ event: 'trouble', what, reason }),
  });
  closers.push(() => network.close());
  await network.update(interfaces);
  requireOpen(network, use.port);
  let current = interfaces;
  // The core speaks on an interface at once when it hears of it, so its sockets come first.
  const tell = (): void => input({ type: 'interfaces', interfaces: current });
  closers.push(
    watchInterfaces(see, selection, interfaces, (now) => {
      current = now;
      void network.update(now).then(tell);
    }),
  );
  const again = setInterval(() => {
    void network.retry().then((isMore) => {
      if (isMore) tell();
    });
  }, retryMs);
  again.unref();
  closers.push(() => clearInterval(again));
  return { network, interfaces };
}

async function requireLock<S extends PlainState>(
  { places, waitMs = 0, isServing = false }: SessionOptions<S>,
  closers: Closers,
): Promise<void> {
  try {
    await makePrivateDirectory(places.state);
    let outcome = tryLock(places.lock);
    const serving = outcome.ok || isServing ? null : await knock(places.door);
    if (serving !== null) closers.push(() => serving.leave());
    // It steps aside for several at a time, and they take turns.
    if (!outcome.ok && (waitMs > 0 || serving !== null)) {
      outcome = await lockWithin(places.lock, Math.max(waitMs, turnsMs));
    }
    if (outcome.ok) {
      const { lock } = outcome;
      closers.push(() => lock.release());
      return;
    }
    const who = outcome.holder === null ? '' : ` (process ${outcome.holder.pid})`;
    throw new Complaint(
      `Another lanpair is running for this user${who}.`,
      `Next: let it finish or end it. If none is running, delete ${places.lock}.`,
      exitCode.busy,
    );
  } catch (thrown) {
    throw thrown instanceof Complaint ? thrown : cannotUse(places.state, thrown);
  }
}

const turnsMs = 5000;
/** How soon an interface that could not be opened is tried again. */
const retryMs = 500;
