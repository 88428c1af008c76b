/** A host's `Ports`: how the effects of its core are carried out in the simulated world. */
import { familyOf, inPrefix } from '../protocol/address.ts';
import type { Endpoint, Input, Outcome, Query } from '../protocol/contract.ts';
import type { Ports } from '../protocol/driver.ts';
import { lp1 } from '../protocol/index.ts';
import type { Host, World } from './host.ts';
import { sshKeyOf } from './identity.ts';
import type { Station } from './network.ts';
import { linkLocalPrefix, unzoned, zoneOf } from './places.ts';
import type { Range, Stream } from './random.ts';
import type { Faulty, HostSpec } from './scenario/scenario.ts';
import { type HostTimers, hostTimers } from './timers.ts';

export interface HostPortsOptions {
  readonly world: World;
  readonly host: Host;
  readonly stream: (name: string) => Stream;
  /** Whether the life of the host that these ports belong to still goes on. */
  readonly alive: () => boolean;
  readonly input: (input: Input) => void;
  /** Runs it now, or when the host goes on. */
  readonly pass: (then: () => void) => void;
}

/** What a person reads when a side effect was made to fail. */
const reasons: Readonly<Record<Faulty, string>> = {
  store: 'ENOSPC: no space left on device',
  provision: 'EROFS: read-only file system, open authorized_keys',
  lookup: 'ETIMEOUT: the resolver does not answer',
  sign: 'the ssh agent refused to sign',
  send: 'ENETUNREACH: network is unreachable',
};

export function hostPorts(options: HostPortsOptions): Ports & HostTimers {
  const { world, host, stream, alive, input, pass } = options;
  const later = (delayUs: number, then: () => void): void =>
    world.after(delayUs, () =>
      pass(() => {
        if (alive()) then();
      }),
    );
  const tell = (outcome: Outcome): void => {
    if (alive()) input({ type: 'outcome', outcome });
  };
  const inTurn = turns(later);
  const fails = (fault: Faulty): boolean => isFailing(options, fault);
  /** When its turn has come, after `delay`: the deed and its good outcome, or the fault and its bad one. */
  const act = (of: 'store' | 'provision' | 'unprovision', id: string, delay: Range, deed: () => void): void => {
    const fault: Faulty = of === 'store' ? 'store' : 'provision';
    inTurn(stream(of).within(delay), () => {
      if (fails(fault)) {
        world.emit({ type: 'failed', atUs: world.nowUs(), host: host.spec.name, effect: of, reason: reasons[fault] });
        return tell({ of, id, ok: false, reason: reasons[fault] });
      }
      deed();
      tell({ of, id, ok: true });
    });
  };

  const { spec, disk } = host;
  const timers = hostTimers({ stream, later, nowUs: () => world.nowUs(), input, driftPpm: spec.driftPpm });
  return {
    setTimer: (effect) => timers.setTimer(effect),
    cancelTimer: (effect) => timers.cancelTimer(effect),
    left: () => timers.left(),
    restore: (left) => timers.restore(left),
    send: (effect) =>
      send(options, fails('send'), effect, (reason) => {
        later(0, () => tell({ of: 'send', ok: false, interface: effect.interface ?? '', reason }));
      }),
    store: ({ id, record }) =>
      act('store', id, spec.storeUs, () => {
        disk.write(record);
        world.emit({ type: 'stored', atUs: world.nowUs(), host: spec.name, record });
      }),
    discard: ({ id, record }) =>
      act('store', id, spec.storeUs, () => {
        if (disk.erase(record)) world.emit({ type: 'discarded', atUs: world.nowUs(), host: spec.name, record });
      }),
    provision: ({ id, grant }) =>
      act('provision', id, spec.provisionUs, () => {
        if (disk.authorize(grant)) world.emit({ type: 'authorized', atUs: world.nowUs(), host: spec.name, ...grant });
      }),
    unprovision: ({ id, grant }) =>
      act('unprovision', id, spec.provisionUs, () => {
        if (disk.withdraw(grant)) world.emit({ type: 'withdrawn', atUs: world.nowUs(), host: spec.name, ...grant });
      }),
    sign: ({ id, bytes }) =>
      later(stream('sign').within(spec.signUs), () => {
        if (fails('sign')) return tell({ of: 'sign', id, ok: false, reason: reasons.sign });
        tell({ of: 'sign', id, ok: true, signature: signature(options, bytes) });
      }),
    lookup: ({ id, query }) =>
      later(stream('lookup').within(spec.lookupUs), () => {
        if (fails('lookup')) return tell({ of: 'lookup', id, ok: false, reason: reasons.lookup });
        tell({ of: 'lookup', id, ok: true, answers: answersTo(query, spec) });
      }),
    notify: () => undefined,
  };
}

/** As the ssh key of its person signs; of cloned machines both have the one. */
function signature({ world: { suite }, host: { spec } }: HostPortsOptions, bytes: Uint8Array): Uint8Array {
  return lp1.sshsigBlob(suite, sshKeyOf(spec.cloneOf ?? spec.name, suite).seed, bytes);
}

/** Because it always does by now, or this once. */
function isFailing({ host, stream }: HostPortsOptions, fault: Faulty): boolean {
  const chance = host.spec.flaky[fault];
  return host.faults.has(fault) || (chance !== undefined && stream(`flaky ${fault}`).chance(chance));
}

/** Durable effects take effect in the order in which they were emitted, each before the next begins (contract.ts). */
function turns(later: (delayUs: number, then: () => void) => void): (delayUs: number, then: () => void) => void {
  const waiting: { readonly delayUs: number; readonly deed: () => void }[] = [];
  const next = (): void => {
    const first = waiting[0];
    if (first === undefined) return;
    later(first.delayUs, () => {
      first.deed();
      waiting.shift();
      next();
    });
  };
  return (delayUs, deed) => {
    waiting.push({ delayUs, deed });
    if (waiting.length === 1) next();
  };
}

/** To the group in each family of the interface, as the node does it; one of them is enough. */
function send(
  { world, host, alive }: HostPortsOptions,
  broken: boolean,
  { bytes, interface: name, from, to, family }: Parameters<Ports['send']>[0],
  refuse: (reason: string) => void,
): void {
  if (!alive()) return;
  const { port, datagramMax } = world.protocol.network;
  const stations =
    to === 'group'
      ? host.stations.filter((one) => one.interface === name && (family ?? one.family) === one.family)
      : [leaves(host, name, to)].flatMap((station) => station ?? []);
  if (broken || !stations.some(({ up }) => up)) return refuse(reasons.send);
  if (bytes.length > datagramMax)
    return refuse(`EMSGSIZE: ${bytes.length} B, and the protocol allows ${datagramMax} B`);
  for (const station of stations) {
    if (!station.up) continue;
    const source = { address: station.address, port: from === 'group' ? port : station.unicastPort };
    const there = to === 'group' || station.family === 4 ? to : { ...to, address: unzoned(to.address) };
    world.network.send(station, source, there, bytes);
  }
}

/** By the interface that was named, by the address' zone or else by us; or the one in whose network it is; or the first one. */
function leaves({ stations, spec }: Host, named: string | null, { address }: Endpoint): Station | undefined {
  const able = stations.filter(({ family }) => family === familyOf(address));
  const name = zoneOf(address) ?? named;
  if (name !== null) return able.find((one) => one.interface === name);
  const prefixOf = (station: Station): number =>
    station.family === 6
      ? linkLocalPrefix
      : (spec.interfaces.find((one) => one.name === station.interface)?.prefix ?? 32);
  const near = able.find((one) => one.up && inPrefix(address, one.address, prefixOf(one)));
  return near ?? able.find(({ up }) => up);
}

function answersTo(query: Query, { names, reverse }: HostSpec): readonly string[] {
  return query.kind === 'addresses' ? (names[query.name.toLowerCase()] ?? []) : (reverse[query.address] ?? []);
}
