/**
 * What runs on a machine: the core in its driver, from a start to a crash. Each run of it is a life of its own, and what
 * belongs to an earlier life never reaches a later one, because every callback compares it.
 */
import type { Input, Notice, PlainState } from '../protocol/contract.ts';
import { type Driver, drive, type Observer } from '../protocol/driver.ts';
import { TableBroken } from '../protocol/table.ts';
import { type CryptoCall, recording } from './crypto-log.ts';
import type { RunEvent } from './events.ts';
import type { Host, World } from './host.ts';
import type { Datagram } from './network.ts';
import { hostPorts } from './ports.ts';
import { type Stream, streamOf } from './random.ts';
import type { Gate } from './stillness.ts';
import type { HostTimers, TimerLeft } from './timers.ts';

/** What is in a host's memory. */
export interface Memory {
  readonly state: PlainState;
  readonly timers: readonly TimerLeft[];
}

export interface Process {
  isRunning(): boolean;
  readonly feed: (input: Input, datagram?: Datagram | null) => void;
  /** Afresh, or with that memory. */
  begin(memory?: Memory): void;
  end(): void;
  memory(): Memory | null;
}

export interface ProcessOptions {
  readonly world: World;
  readonly gate: Gate;
  readonly host: () => Host;
  /** The person sees what the core says. */
  readonly look: (notice: Notice) => void;
}

export function makeProcess({ world, gate, host, look }: ProcessOptions): Process {
  const crypto = recording(world.suite);
  let stream: ((purpose: string) => Stream) | null = null;
  let life = 0;
  let driver: Driver<PlainState> | null = null;
  let timers: HostTimers | null = null;
  let heard: Datagram | null = null;

  const feed = (input: Input, datagram: Datagram | null = null): void => {
    if (driver === null) return;
    heard = datagram;
    try {
      driver.input(input);
    } catch (error) {
      driver = null;
      const message = error instanceof Error ? error.message : String(error);
      const cell = error instanceof TableBroken ? error.cell : null;
      world.emit({ type: 'threw', atUs: world.nowUs(), host: host().spec.name, message, cell });
    }
  };
  /** A step was taken: the person looks at what it says, and everybody else hears of it. */
  const see: Observer<PlainState> = (step) => {
    const { spec, boot } = host();
    for (const effect of step.effects) if (effect.type === 'notify') look(effect.notice);
    world.emit(stepEvent(step, { atUs: world.nowUs(), host: spec.name, boot, heard, calls: crypto.take() }));
  };

  return {
    isRunning: () => driver !== null,
    feed,
    begin(memory) {
      const mine = ++life;
      const alive = (): boolean => life === mine && driver !== null;
      stream ??= streamsOf(world.seed, host().spec.name);
      const pass = (then: () => void): void => gate.pass(then);
      const ports = hostPorts({ world, host: host(), stream, alive, input: feed, pass });
      timers = ports;
      driver = drive({
        protocol: memory === undefined ? world.protocol : { ...world.protocol, initial: () => memory.state },
        suite: crypto.suite,
        ports,
        observe: (step) => alive() && see(step),
      });
      if (memory !== undefined) timers.restore(memory.timers);
    },
    end() {
      driver = null;
    },
    memory: () => (driver === null ? null : { state: driver.state, timers: timers?.left() ?? [] }),
  };
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
