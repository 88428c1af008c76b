/** A session's beginning: what the network brings while it is being opened. */
import { createSocket } from 'node:dgram';
import test from 'ava';
import type { Input } from '../../protocol/contract.ts';
import { locate } from '../../protocol/locate/index.ts';
import { ownKey } from '../keys.ts';
import { placesOf } from '../places.ts';
import { openSession } from '../session.ts';
import { throwAwayHome } from './home.ts';
import { freePort, nobody } from './loopback.ts';

test('a datagram that comes before the first input is lost, and ends nothing; one that comes after it is heard', async (t) => {
  const places = placesOf({ HOME: await throwAwayHome(t) });
  const port = await freePort();
  const inputs: Input['type'][] = [];
  const session = await openSession({
    protocol: locate.protocol,
    places,
    gate: { ssh: places.ssh, program: ['/usr/bin/node', '/opt/lanpair/dist/cli.js'], state: null },
    key: await ownKey(places.key, 'test'),
    self: nobody,
    network: { named: ['lo'], port },
    peers: [],
    phrase: null,
    windowMs: 60_000,
    notify: () => undefined,
    observe: ({ input }) => inputs.push(input.type),
  });
  t.teardown(() => session.close());
  const socket = createSocket('udp4');
  t.teardown(() => void socket.close());
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  socket.setMulticastInterface('127.0.0.1');
  const say = (): Promise<void> =>
    new Promise((resolve) => socket.send('somebody asks', port, '224.0.0.251', () => resolve()));
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  await say();
  await until(() => session.heard.get('lo')?.has('127.0.0.1') === true);
  t.deepEqual(inputs, []);
  session.start();
  await say();
  await until(() => inputs.includes('datagram'));
  t.is(inputs[0], 'start');
});
