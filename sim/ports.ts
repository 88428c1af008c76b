/** A host's `Ports`: how the effects of its core are carried out in the simulated world. */
import { inPrefix } from '../protocol/address.ts';
import type { Endpoint, Input, Outcome, Query } from '../protocol/contract.ts';
import type { Ports } from '../protocol/driver.ts';
import { lp1 } from '../protocol/index.ts';
import type { Host, World } from './host.ts';
import { sshKeyOf } from './identity.ts';
import type { Station } from './network.ts';
import type { Range, Stream } from './random.ts';
import type { Faulty, HostSpec } from './scenario/scenario.ts';

export interface HostPortsOptions {
  readonly world: World;
  readonly host: Host;
  readonly stream: (name: string) => Stream;
  /** Whether the life of the host that these ports belong to still goes on. */
  readonly alive: () => boolean;
  readonly input: (input: Input) => void;
}

/** What a person reads when a side effect was made to fail. */
const reasons: Readonly<Record<Faulty, string>> = {
  store: 'ENOSPC: no space left on device',
  provision: 'EROFS: read-only file system, open authorized_keys',
  lookup: 'ETIMEOUT: the resolver does not answer',
  sign: 'the ssh agent refused to sign',
  send: 'ENETUNREACH: network is unreachable',
};

export function hostPorts(options: HostPortsOptions): Ports {
  const { world, host, stream, alive, input } = options;
  const later = (delayUs: number, then: () => void): void =>
    world.after(delayUs, () => {
      if (alive()) then();
    });
  const tell = (outcome: Outcome): void => {
    if (alive()) input({ type: 'outcome', outcome });
  };
  const inTurn = turns(later);
  /** When its turn has come, after `delay`: the deed and its good outcome, or the fault and its bad one. */
  const act = (of: 'store' | 'provision' | 'unprovision', id: string, delay: Range, deed: () => void): void => {
    const fault: Faulty = of === 'store' ? 'store' : 'provision';
    inTurn(stream(of).within(delay), () => {
      if (host.faults.has(fault)) {
        world.emit({ type: 'failed', atUs: world.nowUs(), host: host.spec.name, effect: of, reason: reasons[fault] });
        return tell({ of, id, ok: false, reason: reasons[fault] });
      }
      deed();
      tell({ of, id, ok: true });
    });
  };

  const { spec, disk } = host;
  return {
    ...timerPorts(stream, later, input),
    send: (effect) =>
      send(options, effect, (reason) => {
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
        if (host.faults.has('sign')) return tell({ of: 'sign', id, ok: false, reason: reasons.sign });
        tell({
          of: 'sign',
          id,
          ok: true,
          signature: lp1.sshsigBlob(world.suite, sshKeyOf(spec.name, world.suite).seed, bytes),
        });
      }),
    lookup: ({ id, query }) =>
      later(stream('lookup').within(spec.lookupUs), () => {
        if (host.faults.has('lookup')) return tell({ of: 'lookup', id, ok: false, reason: reasons.lookup });
        tell({ of: 'lookup', id, ok: true, answers: answersTo(query, spec) });
      }),
    notify: () => undefined,
  };
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

/** Timers by name; setting one anew, or cancelling it, makes an earlier one of that name nothing. */
function timerPorts(
  stream: HostPortsOptions['stream'],
  later: (delayUs: number, then: () => void) => void,
  input: (input: Input) => void,
): Pick<Ports, 'setTimer' | 'cancelTimer'> {
  const timers = new Map<string, number>();
  const bonds: string[] = [];
  /** Record ids follow from keys, and luck must not: such a timer is the first, second, ... of its host. */
  const streamName = (name: string): string => {
    const [, word, record] = /^(\w+) ([0-9a-z]{16})$/.exec(name) ?? [];
    if (word === undefined || record === undefined) return name;
    if (!bonds.includes(record)) bonds.push(record);
    return `${word} ${bonds.indexOf(record)}`;
  };
  let settings = 0;
  return {
    setTimer: ({ name, minMs, maxMs }) => {
      const setting = ++settings;
      timers.set(name, setting);
      later(stream(`timer ${streamName(name)}`).integer(minMs * 1000, maxMs * 1000), () => {
        if (timers.get(name) !== setting) return;
        timers.delete(name);
        input({ type: 'timer', name });
      });
    },
    cancelTimer: ({ name }) => {
      timers.delete(name);
    },
  };
}

/** Leaves by the interface that was named, else by the one in whose network the receiver is, else by the first one. */
function send(
  { world, host, alive }: HostPortsOptions,
  { bytes, interface: name, from, to }: Parameters<Ports['send']>[0],
  refuse: (reason: string) => void,
): void {
  if (!alive()) return;
  const { port, datagramMax } = world.protocol.network;
  const station = name === null ? routed(host, to) : host.stations.find((one) => one.interface === name);
  if (host.faults.has('send') || station === undefined) return refuse(reasons.send);
  if (bytes.length > datagramMax)
    return refuse(`EMSGSIZE: ${bytes.length} B, and the protocol allows ${datagramMax} B`);
  const source = { address: station.address, port: from === 'group' ? port : station.unicastPort };
  world.network.send(station, source, to, bytes);
}

function routed(host: Host, to: 'group' | Endpoint): Station | undefined {
  const near = host.spec.interfaces.findIndex(
    ({ address, prefix }) => to !== 'group' && inPrefix(to.address, address, prefix),
  );
  return host.stations[Math.max(near, 0)];
}

function answersTo(query: Query, { names, reverse }: HostSpec): readonly string[] {
  return query.kind === 'addresses' ? (names[query.name.toLowerCase()] ?? []) : (reverse[query.address] ?? []);
}
