/**
 * A host: a machine with interfaces, a disk, a resolver and a person, that drives the core exactly as the node does.
 *
 * It boots (a driver is made and hears `start`), may crash (whatever was under way is gone, the disk stays) and boot
 * again. Its outcomes take time, drawn from streams of its own. A host's life is one number, `boot`: what belongs to an
 * earlier life never reaches a later one, because every callback compares it.
 */
import { familyOf } from '../protocol/address.ts';
import { utf8 } from '../protocol/bytes.ts';
import type { Command, Endpoint, Identity, Input, Notice, Phrase, Protocol, Suite } from '../protocol/contract.ts';
import type { RunEvent } from './events.ts';
import { identityOf } from './identity.ts';
import type { Datagram, Network, Station } from './network.ts';
import { linkLocalPrefix, stationsOf } from './places.ts';
import { type Memory, makeProcess, type Process } from './process.ts';
import type { Faulty, HostSpec } from './scenario/scenario.ts';
import { type Gate, makeGate, type Stillness } from './stillness.ts';
import { Disk, type DiskChange } from './storage.ts';

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
  isUp(): boolean;
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
  /** The process stops, or the machine sleeps: nothing happens in it until `resume`. */
  stop(kind: Stillness): void;
  /** It goes on. One that slept, or did not stand still at all (a restored snapshot), is told that it resumed. */
  resume(): void;
  /** Its wall clock is set. Nothing in the core has one; the node takes a long step for a restored snapshot. */
  stepClock(byMs: number): void;
  /** Remembers its memory and its disk, as a snapshot of a virtual machine does. */
  snapshot(): void;
  /** Puts both back. The sockets are where they were; time has gone on. */
  rollback(): void;
  readdress(name: string, address: string): void;
  plug(name: string, up: boolean): void;
  /** Its own sockets are bound anew, to other ports. */
  rebind(): void;
}

/** First port of the hosts' own sockets; a boot takes the next one, as a real system would. */
const unicastPortBase = 40_000;
const rebindStep = 500;

/** As node/timers.ts has them: how often clocks are compared, and which step of the wall clock it tells. */
const clockCheckUs = 1_000_000;
const wallJumpMinMs = 60_000;

export function createHost(world: World, spec: HostSpec): Host {
  const self = identityOf(spec.cloneOf ?? spec.name, world.suite, spec.identity);
  const stations = stationsOf(spec.name, spec.interfaces, world.network, world.protocol);
  const disk = new Disk();
  const shown = new Map<string, string>();
  const gate = makeGate();
  const process = makeProcess({ world, gate, host: () => host, look: (notice) => look(notice, shown) });
  const rest = restOf(world, stations);
  const senses = sensesOf(world, spec.name, shown, gate, process.feed);
  let saved: Memory | null = null;

  const places = networkOf(world, () => host, process.feed);
  // Written out: two spreads would take a host of a short run longer than all that it hears before it starts.
  const host: Host & { boot: number } = {
    hear: senses.hear,
    command: senses.command,
    choose: senses.choose,
    stepClock: senses.stepClock,
    readdress: places.readdress,
    plug: places.plug,
    rebind: places.rebind,
    spec,
    self,
    disk,
    stations,
    boot: 0,
    faults: new Set(spec.fails),
    isUp: () => process.isRunning(),
    start(phrase) {
      if (process.isRunning()) host.crash();
      host.boot++;
      boots(world, host);
      process.begin();
      process.feed(startInput(world, host, phrase));
    },
    crash() {
      if (!process.isRunning()) return;
      process.end();
      rest.over();
      gate.go();
      down(world, host);
    },
    replaceDisk(by) {
      host.crash();
      tell(world, spec.name, disk.replace(by));
    },
    stop(kind) {
      if (gate.still() !== null || !process.isRunning()) return;
      gate.stop(kind);
      if (kind === 'sleep') rest.begin();
    },
    resume() {
      rest.over();
      // As the node does it: a machine that slept is told so before its timers, which are all due, fire.
      if (gate.still() !== 'pause') senses.wake();
      gate.go();
    },
    snapshot() {
      saved = process.memory();
      disk.backup();
    },
    rollback() {
      if (saved !== null && process.isRunning()) rollBack(world, host, process, saved);
    },
  };
  return host;
}

function rollBack(world: World, host: Host, process: Process, saved: Memory): void {
  tell(world, host.spec.name, host.disk.replace('restored'));
  process.begin(saved);
  host.resume();
}

function tell(world: World, host: string, changes: readonly DiskChange[]): void {
  for (const change of changes) world.emit({ ...change, atUs: world.nowUs(), host });
}

/** Asleep, a machine is off the network: what was plugged in is plugged in again when it wakes. */
function restOf({ network }: World, stations: readonly Station[]): { begin(): void; over(): void } {
  let resting: readonly Station[] = [];
  const plugAll = (up: boolean): void => {
    for (const station of resting) network.plug(station, up);
  };
  return {
    begin() {
      resting = stations.filter((station) => station.up);
      plugAll(false);
    },
    over() {
      plugAll(true);
      resting = [];
    },
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

/** What happens to its interfaces; the core hears of it. */
function networkOf(
  world: World,
  host: () => Host,
  feed: (input: Input) => void,
): Pick<Host, 'readdress' | 'plug' | 'rebind'> {
  const { network } = world;
  const stationsNamed = (name: string): readonly Station[] => host().stations.filter((one) => one.interface === name);
  const tell = (): void => feed({ type: 'interfaces', interfaces: interfacesOf(host()) });
  let rebinds = 0;
  return {
    readdress(name, address) {
      const station = stationsNamed(name).find(({ family }) => family === familyOf(address));
      if (station === undefined) return;
      network.readdress(station, address);
      world.emit({ type: 'moved', atUs: world.nowUs(), host: host().spec.name, interface: name, address });
      tell();
    },
    plug(name, up) {
      for (const station of stationsNamed(name)) network.plug(station, up);
      tell();
    },
    rebind() {
      const { stations, boot } = host();
      rebinds++;
      if (host().isUp())
        for (const station of stations) network.listen(station, unicastPortBase + rebindStep * rebinds + boot);
    },
  };
}

/** What reaches the core from outside, but for its start. */
function sensesOf(
  world: World,
  name: string,
  shown: ReadonlyMap<string, string>,
  gate: Gate,
  feed: (input: Input, datagram?: Datagram) => void,
): Pick<Host, 'hear' | 'command' | 'choose' | 'stepClock'> & { wake(): void } {
  let resumes = 0;
  const command = (said: Command): void => gate.pass(() => feed({ type: 'command', command: said }));
  const wake = (): void => feed({ type: 'resumed', entropy: entropy(world, `${name} resumed ${++resumes}`) });
  return {
    hear(station, datagram) {
      const via = datagram.toGroup || datagram.to.port === world.protocol.network.port ? 'group' : 'unicast';
      const { bytes } = datagram;
      const source = station.family === 4 ? datagram.source : zoned(datagram.source, station);
      gate.hear(() => feed({ type: 'datagram', bytes, source, interface: station.interface, via }, datagram));
    },
    command,
    choose: (sshKey) => command({ name: 'choose', candidate: shown.get(sshKey) ?? sshKey }),
    wake,
    stepClock(byMs) {
      if (Math.abs(byMs) >= wallJumpMinMs) world.after(clockCheckUs, () => gate.pass(wake));
    },
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
  const { stations, spec } = host;
  return spec.interfaces.flatMap(({ name, prefix }) => {
    const addresses = stations
      .filter((one) => one.up && one.interface === name)
      .map(({ family, address }) => ({ family, address, prefix: family === 4 ? prefix : linkLocalPrefix }));
    return addresses.length === 0 ? [] : [{ name, addresses }];
  });
}

/** What a machine hears from a link-local address, it hears on one of its interfaces, and is told on which. */
function zoned({ address, port }: Endpoint, { interface: name }: Station): Endpoint {
  return { address: `${address}%${name}`, port };
}

/** 32 bytes that depend on the seed and the occasion alone. */
function entropy(world: World, occasion: string): Uint8Array {
  return world.suite.hash(utf8(`lanpair simulator, seed ${world.seed}, ${occasion}`)).slice(0, 32);
}
