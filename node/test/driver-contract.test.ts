/** The node's ports are held to the same contract as the simulator's. */
import { rm, writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import type { Input, Protocol } from '../../protocol/contract.ts';
import type { Observer } from '../../protocol/driver.ts';
import {
  type ContractHost,
  type ContractWorld,
  driverContract,
  type ScriptState,
} from '../../protocol/test/driver-contract.ts';
import { ownKey } from '../keys.ts';
import { placesOf } from '../places.ts';
import { openSession, type Session } from '../session.ts';
import { throwAwayHome } from './home.ts';
import { freePort, nobody } from './loopback.ts';

async function nodeWorld(t: ExecutionContext): Promise<ContractWorld> {
  const places = placesOf({ HOME: await throwAwayHome(t) });
  const key = await ownKey(places.key, 'test');
  const port = await freePort();
  let session: Session | null = null;
  let isBroken = false;
  const close = async (): Promise<void> => {
    await session?.close();
    session = null;
  };
  t.teardown(close);
  return {
    close,
    async breakDisk(): Promise<void> {
      isBroken = true;
    },
    async host(protocol: Protocol<ScriptState>): Promise<ContractHost<ScriptState>> {
      await close();
      const { host, observe } = makeHost(protocol, () => session);
      session = await openSession({
        protocol,
        places,
        gate: { ssh: places.ssh, program: ['/usr/bin/node', '/opt/lanpair/dist/cli.js'], state: null },
        key,
        self: nobody,
        network: { named: ['lo'], port },
        peers: [],
        phrase: null,
        windowMs: 60_000,
        notify: () => undefined,
        observe,
      });
      // After the records were read: a disk that was broken before would be a complaint at once.
      if (isBroken) await putFilesInTheWay([places.peers, places.ssh]);
      return host;
    },
  };
}

async function putFilesInTheWay(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await rm(path, { recursive: true, force: true });
    await writeFile(path, 'a file where a directory should be');
  }
}

function makeHost(
  protocol: Protocol<ScriptState>,
  session: () => Session | null,
): { host: ContractHost<ScriptState>; observe: Observer<ScriptState> } {
  const heard: { input: Input; atMs: number }[] = [];
  let state = protocol.initial();
  let wake = (): void => undefined;
  const host: ContractHost<ScriptState> = {
    driver: {
      input: (input) => session()?.input(input),
      get state(): ScriptState {
        return state;
      },
    },
    heard,
    start: () => session()?.start(),
    until: (holds, withinMs) =>
      new Promise((resolve) => {
        const end = (answer: boolean): void => {
          clearTimeout(timeout);
          wake = () => undefined;
          resolve(answer);
        };
        const timeout = setTimeout(() => end(holds()), withinMs);
        wake = () => {
          if (holds()) end(true);
        };
        wake();
      }),
    get nowMs(): number {
      return performance.now();
    },
  };
  const observe: Observer<ScriptState> = (step) => {
    heard.push({ input: step.input, atMs: performance.now() });
    state = step.state;
    queueMicrotask(() => wake());
  };
  return { host, observe };
}

for (const each of driverContract) {
  test(`the node: ${each.title}`, async (t) => {
    const world = await nodeWorld(t);
    await each.run(world);
    await world.close();
    t.pass();
  });
}
