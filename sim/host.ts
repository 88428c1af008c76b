/**
 * A host: a machine with interfaces, a disk, a resolver and a person, that drives the core exactly as the node does.
 *
 * It boots (a driver is made and hears `start`), may crash (whatever was under way is gone, the disk stays) and boot
 * again. Its outcomes take time, drawn from streams of its own. A host's life is one number, `boot`: what belongs to an
 * earlier life never reaches a later one, because every callback compares it.
 */
import { utf8 } from '../protocol/bytes.ts';
import type { Command, Identity, Input, Notice, Phrase, PlainState, Protocol, Suite } from '../protocol/contract.ts';
import { type Driver, drive, type Observer } from '../protocol/driver.ts';
import { type CryptoCall, recording } from './crypto-log.ts';
import type { RunEvent } from './events.ts';
import { identityOf } from './identity.ts';
import type { Datagram, Network, Station } from './network.ts';
import { hostPorts } from './ports.ts';
import { type Stream, streamOf } from './random.ts';
import type { Faulty, HostSpec } from './scenario/scenario.ts';
import { Disk } from './storage.ts';

/** What a host needs of the world it lives in. */
export interface World {
  readonly seed: number;
  readonly protocol: Protocol;
  readonly suite: Suite;
  readonly network: Network;
  /** Runs `then` after so many microseconds of virtual time. */
  after(delayUs: number, then: () => void): void;
  emit(event: RunEvent): void;
  nowUs(): number;
}

export interface Host {
  readonly spec: HostSpec;
  readonly self: Identity;
  readonly disk: Disk;
  readonly stations: readonly Station[];
  /** How often it has booted; 0 before the first time. */
  readonly boot: number;
  readonly up: boolean;
  /** Side effects that fail from now on. */
  faults: ReadonlySet<Faulty>;
  start(phrase: string | null): void;
  crash(): void;
  /** It is down, and somebody puts another disk in. */
  replaceDisk(by: 'wiped' | 'restored'): void;
  hear(station: Station, datagram: Datagram): void;
  command(command: Command): void;
  /** The person chooses, of the candidates that were shown last, the one with this ssh key. */
  choose(sshKey: string): void;
  resume(): void;
  readdress(address: string): void;
}

/** First port of the hosts' own sockets; a boot takes the next one, as a real system would. */
const unicastPortBase = 40_000;

export function createHost(world: World, spec: HostSpec): Host {
  const self = identityOf(spec.name, world.suite, spec.identity);
  const stations = spec.interfaces.map((place) =>
    world.network.attach({ host: spec.name, interface: place.name, segment: place.segment, address: place.address }),
  );
  const stream = streamsOf(world.seed, spec.name);
  const disk = new Disk();
  const shown = new Map<string, string>();
  const crypto = recording(world.suite);
  let boot = 0;
  let driver: Driver<PlainState> | null = null;
  let heard: Datagram | null = null;

  const feed = (input: Input, datagram: Datagram | null = null): void => {
    if (driver === null) return;
    heard = datagram;
    try {
      driver.input(input);
    } catch (error) {
      driver = null;
      world.emit({
        type: 'threw',
        atUs: world.nowUs(),
        host: spec.name,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  };

  /** A step was taken: the person looks at what it says, and everybody else hears of it. */
  const see: Observer<PlainState> = (step) => {
    for (const effect of step.effects) if (effect.type === 'notify') look(effect.notice, shown);
    world.emit(stepEvent(step, { atUs: world.nowUs(), host: spec.name, boot, heard, calls: crypto.take() }));
  };

  const host: Host = {
    ...sensesOf(world, spec.name, shown, feed),
    spec,
    self,
    disk,
    stations,
    faults: new Set(spec.fails),
    get boot(): number {
      return boot;
    },
    get up(): boolean {
      return driver !== null;
    },
    start(phrase) {
      if (driver !== null) host.crash();
      const life = ++boot;
      boots(world, host);
      const alive = (): boolean => boot === life && driver !== null;
      const ports = hostPorts({ world, host, stream, alive, input: feed });
      driver = drive({ protocol: world.protocol, suite: crypto.suite, ports, observe: (step) => alive() && see(step) });
      feed(startInput(world, host, phrase));
    },
    crash() {
      if (driver === null) return;
      driver = null;
      down(world, host);
    },
    replaceDisk(by) {
      host.crash();
      for (const change of disk.replace(by)) world.emit({ ...change, atUs: world.nowUs(), host: spec.name });
    },
    readdress: (address) => moveTo(world, host, address, feed),
  };
  return host;
}

function stepEvent(
  { input, effects, state, cell }: Parameters<Observer<PlainState>>[0],
  {
    atUs,
    host,
    boot,
    heard,
    calls,
  }: {
    atUs: number;
    host: string;
    boot: number;
    heard: Datagram | null;
    calls: readonly CryptoCall[];
  },
): RunEvent {
  return {
    type: 'step',
    atUs,
    host,
    boot,
    input,
    effects,
    state,
    cell,
    calls,
    heard: input.type === 'datagram' ? heard : null,
  };
}

function boots(world: World, { stations, spec, boot }: Host): void {
  for (const station of stations) world.network.listen(station, unicastPortBase + boot);
  world.emit({ type: 'booted', atUs: world.nowUs(), host: spec.name, boot });
}

function down(world: World, { stations, spec, boot }: Host): void {
  for (const station of stations) world.network.listen(station, null);
  world.emit({ type: 'crashed', atUs: world.nowUs(), host: spec.name, boot });
}

/** The first interface has another address from now on; the core hears of it. */
function moveTo(world: World, host: Host, address: string, feed: (input: Input) => void): void {
  const station = host.stations[0];
  if (station === undefined) return;
  world.network.readdress(station, address);
  world.emit({ type: 'moved', atUs: world.nowUs(), host: host.spec.name, interface: station.interface, address });
  feed({ type: 'interfaces', interfaces: interfacesOf(host) });
}

/** What reaches the core from outside, but for its start. */
function sensesOf(
  world: World,
  name: string,
  shown: ReadonlyMap<string, string>,
  feed: (input: Input, datagram?: Datagram) => void,
): Pick<Host, 'hear' | 'command' | 'choose' | 'resume'> {
  let resumes = 0;
  return {
    hear(station, datagram) {
      const via = datagram.toGroup || datagram.to.port === world.protocol.network.port ? 'group' : 'unicast';
      const { bytes, source } = datagram;
      feed({ type: 'datagram', bytes, source, interface: station.interface, via }, datagram);
    },
    command: (command) => feed({ type: 'command', command }),
    choose: (sshKey) => feed({ type: 'command', command: { name: 'choose', candidate: shown.get(sshKey) ?? sshKey } }),
    resume: () => feed({ type: 'resumed', entropy: entropy(world, `${name} resumed ${++resumes}`) }),
  };
}

/** What the person sees: candidates by ssh key. */
function look(notice: Notice, shown: Map<string, string>): void {
  if (notice.event === 'request') shown.set(notice.peer.key, notice.candidate);
  if (notice.event === 'choose') for (const { candidate, peer } of notice.candidates) shown.set(peer.key, candidate);
}

function startInput(world: World, host: Host, phrase: string | null): Input {
  const { spec } = host;
  return {
    type: 'start',
    phrase: phrase === null ? null : typedBy(spec, phrase),
    self: host.self,
    interfaces: interfacesOf(host),
    peers: spec.peers.map((address) => ({ address, port: world.protocol.network.port })),
    entropy: entropy(world, `${spec.name} boot ${host.boot}`),
    records: host.disk.records,
    windowMs: spec.windowMs,
  };
}

/** What a person types, with the estimate that is made of it outside of the core. */
export function typedBy({ phraseBits, accepts }: HostSpec, text: string): Phrase {
  return { text, bits: phraseBits, accepted: accepts };
}

function interfacesOf(host: Host): Extract<Input, { type: 'interfaces' }>['interfaces'] {
  return host.stations.map((station, index) => {
    const prefix = host.spec.interfaces[index]?.prefix ?? 24;
    return { name: station.interface, addresses: [{ family: 4, address: station.address, prefix }] };
  });
}

/** 32 bytes that depend on the seed and the occasion alone. */
function entropy(world: World, occasion: string): Uint8Array {
  return world.suite.hash(utf8(`lanpair simulator, seed ${world.seed}, ${occasion}`)).slice(0, 32);
}

/** The host's streams, one for each purpose, made when they are first used. */
function streamsOf(seed: number, host: string): (purpose: string) => Stream {
  const made = new Map<string, Stream>();
  return (purpose) => {
    const known = made.get(purpose);
    if (known !== undefined) return known;
    const stream = streamOf(seed, 'host', host, purpose);
    made.set(purpose, stream);
    return stream;
  };
}
