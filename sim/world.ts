/**
 * The world of one run: a queue, a network, hosts, adversaries and a script, put together from a scenario. Everything
 * that happens is one event to `watch`; a script's moments are looked for last, so that all others saw the event before
 * what it leads to.
 */

import type { Adversary, Attack } from './adversaries/adversary.ts';
import type { Schedule } from './cues.ts';
import type { RunEvent, Watch } from './events.ts';
import { createHost, type Host, type World } from './host.ts';
import { interceptors, type Path, placeAdversary } from './lairs.ts';
import { type Datagram, type Delivery, Network, type Station } from './network.ts';
import { EventQueue } from './queue.ts';
import type { Scenario } from './scenario/scenario.ts';
import { createStage, type Stage } from './stage.ts';
import type { Contents } from './storage.ts';
import type { Subject } from './subject.ts';

export interface WorldOptions {
  readonly scenario: Scenario;
  readonly subject: Subject;
  readonly seed: number;
  readonly watch: Watch;
  /** Names of adversaries that stay silent: for the same run without them. */
  readonly silent: readonly string[];
  /** Whether a host hears what somebody repeats only where it has not heard those bytes: late, and not again. */
  readonly lateOnly?: boolean;
  readonly schedule?: Schedule | undefined;
  /** What hosts have on their disks from the beginning, by name. */
  readonly disks?: ReadonlyMap<string, Contents>;
}

export interface RunningWorld {
  readonly hosts: ReadonlyMap<string, Host>;
  /** What became of the script; after the run. */
  readonly stage: Pick<Stage, 'stale' | 'moments'>;
  /** What an adversary's guessing led to, worked out now; null for one that guesses no phrases. After the run. */
  readonly attackOf: (name: string) => Attack | null;
  /** Runs until all is quiet, the scenario's end, or `eventsMax` events. */
  run(eventsMax: number): {
    readonly events: number;
    readonly virtualUs: number;
    readonly stopped: 'quiet' | 'end' | 'events';
  };
}

type Event = Delivery | { readonly type: 'call'; readonly run: () => void };

export function createWorld(options: WorldOptions): RunningWorld {
  const { scenario, subject, seed, watch, silent, disks, schedule } = options;
  const { protocol } = subject;
  const queue = new EventQueue<Event>();
  const paths: Path[] = [];
  const receivers: ((station: Station, datagram: Datagram) => void)[] = [];
  const adversaries = new Map<string, Adversary>();
  const after = (delayUs: number, run: () => void): void => queue.push(queue.nowUs + delayUs, { type: 'call', run });
  const nowUs = (): number => queue.nowUs;
  const emit = (event: RunEvent): void => {
    watch(event);
    stage.see(event);
  };
  const network = new Network({
    seed,
    segments: new Map(Object.entries(scenario.segments)),
    exceptions: scenario.links,
    routed: new Set(scenario.routed),
    use: protocol.network,
    ports: {
      schedule: (delayUs, delivery) => queue.push(queue.nowUs + delayUs, delivery),
      receive: (station, datagram) => receivers[station.index]?.(station, datagram),
      sent: (datagram) => emit({ type: 'sent', atUs: queue.nowUs, datagram }),
      fate: (datagram, to, fate) => emit({ type: 'fate', atUs: queue.nowUs, datagram, to, fate }),
      intercept: interceptors(scenario, subject, paths, (datagram, to) => stage.intercept(datagram, to)),
      nowUs,
    },
  });
  const world: World = { seed, protocol, suite: subject.suite, network, nowUs, after, emit };
  const hosts = new Map<string, Host>();
  for (const spec of scenario.hosts) {
    const host = createHost(world, spec);
    hosts.set(spec.name, host);
    for (const station of host.stations) receivers[station.index] = hearing(host, options.lateOnly === true);
  }
  const stage = createStage({ scenario, protocol, hosts, network, nowUs, after, emit, schedule });
  if (disks !== undefined) furnish(hosts, disks, emit);
  for (const spec of scenario.hosts) {
    const phrase = spec.typesUs === null ? spec.phrase : null;
    queue.push(spec.startsUs, { type: 'call', run: () => hosts.get(spec.name)?.start(phrase) });
  }
  for (const spec of scenario.adversaries) {
    const muted = silent.includes(spec.name);
    const { stations, adversary, path } = placeAdversary({ spec, subject, seed, network, after, nowUs, muted });
    for (const { index } of stations) receivers[index] = overhearing(adversary, stations);
    adversaries.set(spec.name, adversary);
    if (path !== null) paths.push(path);
    queue.push(spec.startsUs, { type: 'call', run: () => adversary.start?.() });
  }
  stage.begin();
  return {
    hosts,
    stage,
    attackOf: (name) => adversaries.get(name)?.attack?.() ?? null,
    run(eventsMax) {
      let events = 0;
      for (let next = queue.peekUs(); next !== undefined; next = queue.peekUs()) {
        if (next > scenario.endsUs) return { events, virtualUs: scenario.endsUs, stopped: 'end' };
        if (events >= eventsMax) return { events, virtualUs: queue.nowUs, stopped: 'events' };
        const event = queue.pop();
        events++;
        if (event?.type === 'delivery') network.arrive(event);
        else event?.run();
      }
      return { events, virtualUs: queue.nowUs, stopped: 'quiet' };
    },
  };
}

/** All that comes; or without what somebody repeats where the host has heard it. */
function hearing(host: Host, lateOnly: boolean): (at: Station, datagram: Datagram) => void {
  if (!lateOnly) return (at, datagram) => host.hear(at, datagram);
  return (at, datagram) => {
    const isFirst = host.disk.hears(datagram.bytes);
    if (isFirst || datagram.repeats === null) host.hear(at, datagram);
  };
}

/** All but its own words. */
function overhearing(adversary: Adversary, stations: readonly Station[]): (at: Station, datagram: Datagram) => void {
  return (_, datagram) => {
    if (!stations.includes(datagram.sender)) adversary.hear?.(datagram);
  };
}

/** Everybody's records before anybody's keys: as a pairing leaves them. */
function furnish(
  hosts: ReadonlyMap<string, Host>,
  disks: ReadonlyMap<string, Contents>,
  emit: (event: RunEvent) => void,
): void {
  for (const [host, contents] of disks) {
    hosts.get(host)?.disk.furnish(contents);
    for (const record of contents.records) emit({ type: 'stored', atUs: 0, host, record });
  }
  for (const [host, { lines }] of disks) for (const line of lines) emit({ type: 'authorized', atUs: 0, host, ...line });
}
