/** The simulator's hosts are held to the same contract as the node's. */
import test from 'ava';
import type { Input, Protocol } from '../../protocol/contract.ts';
import {
  type ContractHost,
  type ContractWorld,
  driverContract,
  type ScriptState,
} from '../../protocol/test/driver-contract.ts';
import { createHost, type Host, type World } from '../host.ts';
import { Network } from '../network.ts';
import { EventQueue } from '../queue.ts';
import { annexSubject, couple, scenarioOf } from './play.ts';

const scenario = scenarioOf(couple('expect:\n  - {paired: [alice, bob]}'));

/** One machine and its disk: every host of a case is its next life. */
function simulatedWorld(): ContractWorld {
  const queue = new EventQueue<() => void>();
  let lives = 0;
  let isBroken = false;
  let before: Host | null = null;

  const host = async (protocol: Protocol<ScriptState>): Promise<ContractHost<ScriptState>> => {
    const heard: { input: Input; atMs: number }[] = [];
    let state = protocol.initial();
    const watched: Protocol<ScriptState> = {
      ...protocol,
      step: (at, input, suite) => {
        heard.push({ input, atMs: queue.nowUs / 1000 });
        const result = protocol.step(at, input, suite);
        state = result[0];
        return result;
      },
    };
    const [spec] = scenario.hosts;
    if (spec === undefined) throw new Error('a couple has hosts');
    const world = worldOf(watched as Protocol, queue, ++lives);
    before?.crash();
    const next = createHost(world, spec);
    for (const record of before?.disk.records ?? []) next.disk.write(record);
    if (isBroken) next.faults = new Set(['store', 'provision']);
    before = next;
    const until = async (holds: () => boolean, withinMs: number): Promise<boolean> => {
      const endUs = queue.nowUs + withinMs * 1000;
      for (let at = queue.peekUs(); !holds() && at !== undefined && at <= endUs; at = queue.peekUs()) queue.pop()?.();
      return holds();
    };
    return {
      driver: {
        input: () => undefined,
        get state() {
          return state;
        },
      },
      heard,
      start: () => next.start(null),
      until,
      get nowMs() {
        return queue.nowUs / 1000;
      },
    };
  };
  return {
    host,
    breakDisk: async () => {
      isBroken = true;
    },
    close: async () => before?.crash(),
  };
}

function worldOf(protocol: Protocol, queue: EventQueue<() => void>, seed: number): World {
  const after = (delayUs: number, run: () => void): void => queue.push(queue.nowUs + delayUs, run);
  const network: Network = new Network({
    seed,
    segments: new Map(Object.entries(scenario.segments)),
    exceptions: [],
    routed: new Set(),
    use: protocol.network,
    ports: {
      schedule: (delayUs, delivery) => after(delayUs, () => network.arrive(delivery)),
      receive: () => undefined,
      sent: () => undefined,
      fate: () => undefined,
      intercept: null,
      nowUs: () => queue.nowUs,
    },
  });
  return {
    seed,
    protocol,
    suite: annexSubject().suite,
    network,
    nowUs: () => queue.nowUs,
    after,
    emit: () => undefined,
  };
}

for (const each of driverContract) {
  test(each.title, async (t) => {
    const world = simulatedWorld();
    await each.run(world);
    await world.close();
    t.pass();
  });
}
