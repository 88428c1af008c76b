/** Sockets over lo: each datagram once, by the right door, and what the system refuses is told. */
import type nodeDgram from 'node:dgram';
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import type { Effect, Endpoint, Interface } from '../../protocol/contract.ts';
import { Complaint } from '../complaint.ts';
import { probe } from '../doctor/probe.ts';
import { readWord, writeWord } from '../doctor/wire.ts';
import { requireInterfaces, requirePeers, type Seen, selectInterfaces, watchInterfaces } from '../interfaces.ts';
import { type Arrival, makeNetwork, type Network, type NetworkOptions, planOf, requireOpen } from '../network.ts';
import { openPort } from '../port.ts';
import { freePort, loopback } from './loopback.ts';

interface Listening {
  readonly network: Network;
  readonly arrivals: Arrival[];
  readonly failed: string[];
  readonly troubles: string[];
  until(holds: () => boolean): Promise<void>;
}

function listen(t: ExecutionContext, port: number, more: Partial<NetworkOptions> = {}): Listening {
  const arrivals: Arrival[] = [];
  const failed: string[] = [];
  const troubles: string[] = [];
  let wake = (): void => undefined;
  const network = makeNetwork({
    use: { groups: { 4: '224.0.0.251', 6: null }, port, datagramMax: 1200 },
    receive: (arrival) => {
      arrivals.push(arrival);
      wake();
    },
    sendFailed: (name, reason) => {
      failed.push(`${name}: ${reason}`);
      wake();
    },
    trouble: (what, reason) => {
      troubles.push(`${what}: ${reason}`);
      wake();
    },
    ...more,
  });
  t.teardown(() => network.close());
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      wake = () => {
        if (holds()) resolve();
      };
      wake();
    });
  return { network, arrivals, failed, troubles, until };
}

const toGroup = (text: string, from: 'group' | 'unicast' = 'group'): Extract<Effect, { type: 'send' }> => ({
  type: 'send',
  bytes: Buffer.from(text),
  interface: 'lo',
  from,
  to: 'group',
});
const texts = ({ arrivals }: Listening): string[] => arrivals.map(({ bytes }) => Buffer.from(bytes).toString());

test('two nodes on one machine hear each other and themselves, each datagram once', async (t) => {
  const port = await freePort();
  const [alice, bob] = [listen(t, port), listen(t, port)];
  await alice.network.update([loopback]);
  await bob.network.update([loopback]);
  const count = 50;
  for (let i = 0; i < count; i++) alice.network.send(toGroup(`a${i}`));
  bob.network.send(toGroup('end', 'unicast'));
  await Promise.all([alice.until(() => alice.arrivals.length > count), bob.until(() => bob.arrivals.length > count)]);
  for (const heard of [alice, bob]) {
    t.is(new Set(texts(heard)).size, count + 1);
    t.is(heard.arrivals.length, count + 1);
    t.true(heard.arrivals.every(({ via, interface: name }) => via === 'group' && name === 'lo'));
    t.is(heard.arrivals[0]?.source.port, port, 'what leaves from the group socket has the port of the group');
    t.not(heard.arrivals.find(({ bytes }) => Buffer.from(bytes).toString() === 'end')?.source.port, port);
  }
});

test('unicast comes in by the door that it was sent to', async (t) => {
  const port = await freePort();
  const [alice, bob] = [listen(t, port), listen(t, port)];
  await alice.network.update([loopback]);
  await bob.network.update([loopback]);
  alice.network.send(toGroup('where are you', 'unicast'));
  await bob.until(() => bob.arrivals.length === 1);
  const source = bob.arrivals[0]?.source;
  t.truthy(source);
  if (source === undefined) return;
  await alice.until(() => alice.arrivals.length === 1);
  bob.network.send({ type: 'send', bytes: Buffer.from('here'), interface: null, from: 'unicast', to: source });
  await alice.until(() => alice.arrivals.length === 2);
  t.is(alice.arrivals[1]?.via, 'unicast');
  t.is(bob.arrivals.length, 1);
  alice.network.send({ ...toGroup('to the port'), to: { address: '127.0.0.1', port } });
  await bob.until(() => bob.arrivals.length === 2);
  t.is(bob.arrivals[1]?.via, 'group');
});

test('to the group in one family alone; that there is no IPv6 beside IPv4 is no trouble', async (t) => {
  const alice = listen(t, await freePort());
  await alice.network.update([loopback]);
  alice.network.send({ ...toGroup('six'), family: 6 });
  alice.network.send({ ...toGroup('four'), family: 4 });
  alice.network.send({ ...toGroup('six elsewhere'), family: 6, interface: 'nope0' });
  await alice.until(() => alice.arrivals.length === 1 && alice.failed.length > 0);
  t.deepEqual(texts(alice), ['four']);
  t.deepEqual(
    alice.failed.map((line) => line.split(':', 1)[0]),
    ['nope0'],
  );
});

test('what the system refuses to send is told, and sending goes on', async (t) => {
  const port = await freePort();
  const alice = listen(t, port);
  await alice.network.update([loopback]);
  alice.network.send({ ...toGroup(''), bytes: new Uint8Array(65_536) });
  alice.network.send({ ...toGroup('x'), interface: 'nope0' });
  alice.network.send({ ...toGroup('x'), to: { address: '127.0.0.1', port: 0 } });
  alice.network.send({ ...toGroup('x'), to: { address: '255.255.255.255', port } });
  await alice.until(() => alice.failed.length === 4);
  t.deepEqual([...alice.failed].map((line) => line.split(' ').slice(0, 2).join(' ')).sort(), [
    'lo: Port',
    'lo: it',
    'lo: send',
    'nope0: the',
  ]);
  const inPlainWords = /^lo: it is a broadcast address, or a route forbids it \(send EACCES 255\.255\.255\.255:\d+\)$/;
  t.true(alice.failed.some((line) => inPlainWords.test(line)));
  alice.network.send(toGroup('still here'));
  await alice.until(() => alice.arrivals.length === 1);
  t.deepEqual(texts(alice), ['still here']);
});

test('a port that another program does not share is a complaint; when it is gone we open', async (t) => {
  const squatter = createSocket({ type: 'udp4' });
  await new Promise<void>((resolve) => squatter.bind(0, () => resolve()));
  const { port } = squatter.address();
  const alice = listen(t, port);
  await alice.network.update([loopback]);
  const complaint = t.throws(() => requireOpen(alice.network, port), { instanceOf: Complaint });
  t.is(complaint?.message, `UDP port ${port} is taken by a program that does not share it.`);
  t.is(complaint?.exitCode, 69);
  t.is(alice.troubles.length, 1);
  await alice.network.retry();
  t.is(alice.troubles.length, 1, 'the same trouble is told once');
  await new Promise<void>((resolve) => squatter.close(() => resolve()));
  // A program that another test is starting has its port for a moment longer, between fork and exec.
  for (let tries = 0; tries < 1000 && alice.network.open === 0; tries++) await alice.network.retry();
  t.notThrows(() => requireOpen(alice.network, port));
  alice.network.send(toGroup('at last'));
  await alice.until(() => alice.arrivals.length === 1);
});

test('an interface that goes is closed, and one that comes back is joined anew', async (t) => {
  const port = await freePort();
  const [alice, bob] = [listen(t, port), listen(t, port)];
  await bob.network.update([loopback]);
  await alice.network.update([loopback]);
  await alice.network.update([]);
  t.is(alice.network.open, 0);
  alice.network.send(toGroup('lost'));
  await alice.until(() => alice.failed.length === 1);
  const gone: Interface = { name: 'gone0', addresses: [{ family: 4, address: '203.0.113.1', prefix: 24 }] };
  await alice.network.update([gone, loopback]);
  t.is(alice.network.open, 1);
  t.is(alice.troubles.length, 1, 'the address that is not ours is told');
  bob.network.send(toGroup('welcome back'));
  await alice.until(() => alice.arrivals.length === 1);
});

test('closing twice, and closing while opening, leaves nothing open', async (t) => {
  const port = await freePort();
  const alice = listen(t, port);
  const opening = alice.network.update([loopback]);
  await Promise.all([opening, alice.network.close(), alice.network.close()]);
  t.is(alice.network.open, 0);
  const address = { family: 4, address: '127.0.0.1', prefix: 8 } as const;
  const one = await openPort({
    interface: 'lo',
    address,
    networks: [address],
    group: '224.0.0.251',
    port,
    receive: () => undefined,
    trouble: () => undefined,
  });
  await Promise.all([one.close(), one.close()]);
  await t.throwsAsync(one.send(Buffer.from('x'), 'group', 'group'));
});

test('a doctor beside it takes no unicast from who listens, whoever came first; a knock is answered by that', async (t) => {
  const port = await freePort();
  const alice = listen(t, port);
  let isAnswered: (answer: string) => void = () => undefined;
  const answer = new Promise<string>((resolve) => {
    isAnswered = resolve;
  });
  const stranger = createSocket({ type: 'udp4' }, (bytes) => isAnswered(bytes.toString()));
  await new Promise<void>((resolve) => stranger.bind(0, '127.0.0.1', () => resolve()));
  t.teardown(() => stranger.close());
  const doctor = (forMs: number): Promise<unknown> =>
    probe({
      peers: [],
      seen: { lo: [v4('127.0.0.1', '127.0.0.1/8', true)] },
      interfaces: [loopback],
      uses: [{ conversation: 'lp1', use: { groups: { 4: '224.0.0.251', 6: null }, port, datagramMax: 1200 } }],
      forMs,
    });
  const hearsDoctor = (): Promise<void> =>
    new Promise((resolve) => {
      const ear = createSocket({ type: 'udp4', reuseAddr: true }, (bytes) => {
        if (readWord(bytes)?.word !== 'probe') return;
        ear.close();
        resolve();
      });
      ear.bind(port, '224.0.0.251', () => ear.addMembership('224.0.0.251', '127.0.0.1'));
    });
  const [first, isOpen] = [doctor(1500), hearsDoctor()];
  await isOpen;
  await alice.network.update([loopback]);
  stranger.send('who came last', port, '127.0.0.1');
  await alice.until(() => alice.arrivals.length === 1);
  await first;
  const [second, isThere] = [doctor(1500), hearsDoctor()];
  await isThere;
  stranger.send('who came first', port, '127.0.0.1');
  await alice.until(() => alice.arrivals.length === 2);
  const id = 'b'.repeat(32);
  stranger.send(writeWord({ word: 'knock', id }), port, '127.0.0.1');
  t.is(await answer, `doctor-here ${id}`);
  await second;
  t.deepEqual(texts(alice), ['who came last', 'who came first']);
});

/** A dgram module without a network: datagrams are emitted by hand. */
function fakeDgram(): { readonly dgram: typeof nodeDgram; readonly sockets: EventEmitter[] } {
  const sockets: EventEmitter[] = [];
  const fake = {
    createSocket(_options: unknown, hear: (...heard: unknown[]) => void): Socket {
      const socket = Object.assign(new EventEmitter(), {
        bind: () => socket.emit('listening'),
        address: () => ({ address: '10.0.0.1', port: 1, family: 'IPv4' }),
        addMembership: () => undefined,
        setMulticastInterface: () => undefined,
        setMulticastTTL: () => undefined,
        setMulticastLoopback: () => undefined,
        close: () => socket.emit('close'),
        sent: [] as string[],
        send: (_: unknown, port: number, address: string, done: (error: Error | null) => void) => {
          socket.sent.push(`${address}:${port}`);
          done(null);
        },
      });
      socket.on('message', hear);
      sockets.push(socket);
      return socket as unknown as Socket;
    },
  };
  return { dgram: fake as unknown as typeof nodeDgram, sockets };
}

const lan: Interface = {
  name: 'eth0',
  addresses: [
    { family: 4, address: '10.0.0.1', prefix: 24 },
    { family: 4, address: '10.1.0.1', prefix: 16 },
  ],
};

test('of the group only sources in the interface\u2019s own networks count; unicast is not filtered', async (t) => {
  const { dgram, sockets } = fakeDgram();
  const alice = listen(t, 5, { dgram });
  await alice.network.update([lan]);
  const [group, host, own, secondGroup] = sockets;
  const from = (address: string): object => ({ address, port: 9 });
  for (const address of ['10.0.0.9', '10.0.1.9', '10.1.200.9', '127.0.0.1', '192.168.0.1']) {
    // The system brings it to every socket of the group.
    for (const each of [group, secondGroup]) each?.emit('message', Buffer.from('group'), from(address));
  }
  host?.emit('message', Buffer.from('host'), from('192.0.2.1'));
  own?.emit('message', Buffer.from('own'), from('192.0.2.1'));
  await alice.until(() => alice.arrivals.length === 4);
  t.deepEqual(
    alice.arrivals.map(({ source, via }) => `${source.address} ${via}`),
    ['10.0.0.9 group', '10.1.200.9 group', '192.0.2.1 group', '192.0.2.1 unicast'],
  );
});

const four = (address: string, prefix: number): Interface['addresses'][number] => ({ family: 4, address, prefix });
const onOne: readonly { readonly what: string; readonly listed: Interface['addresses']; readonly speaks: string[] }[] =
  [
    { what: 'two networks', listed: [four('10.0.0.1', 24), four('10.1.0.1', 16)], speaks: ['10.0.0.1', '10.1.0.1'] },
    {
      what: 'two addresses of one network',
      listed: [four('10.0.0.1', 24), four('10.0.0.2', 24)],
      speaks: ['10.0.0.1'],
    },
    {
      what: 'an address of its own in a network',
      listed: [four('10.0.0.9', 32), four('10.0.0.1', 24)],
      speaks: ['10.0.0.1'],
    },
    { what: 'a network in a greater one', listed: [four('10.0.0.1', 24), four('10.9.0.1', 8)], speaks: ['10.9.0.1'] },
    {
      what: 'more networks than are spoken in',
      listed: [1, 2, 3, 4, 5, 6].map((each) => four(`10.${each}.0.1`, 24)),
      speaks: ['10.1.0.1', '10.2.0.1', '10.3.0.1', '10.4.0.1'],
    },
  ];
for (const { what, listed, speaks } of onOne) {
  test(`an interface with ${what} speaks in each from an address of it`, (t) => {
    const use = { groups: { 4: '224.0.0.251', 6: 'ff02::fb' }, port: 5, datagramMax: 1200 } as const;
    const addresses = [...listed, { family: 6, address: 'fe80::1%eth0', prefix: 64 } as const];
    const plan = planOf([{ name: 'eth0', addresses }], { use });
    t.deepEqual(
      plan.map(({ address }) => address.address),
      [...speaks, 'fe80::1%eth0'],
    );
    t.is(new Set(plan.map(({ key }) => key)).size, plan.length);
    for (const { address, networks } of plan) t.true(networks.includes(address), address.address);
  });
}

test('the group hears us in each network of the interface; one machine from the network that it is in', async (t) => {
  const { dgram, sockets } = fakeDgram();
  const alice = listen(t, 5, { dgram });
  await alice.network.update([lan]);
  const [, , first, , , second] = sockets as (EventEmitter & { readonly sent: string[] })[];
  const send = (to: 'group' | Endpoint, name: string | null): void =>
    alice.network.send({ type: 'send', bytes: Buffer.from('x'), interface: name, from: 'unicast', to });
  for (const name of ['eth0', null]) {
    send({ address: '10.1.9.9', port: 7 }, name);
    send({ address: '10.0.0.9', port: 8 }, name);
    send({ address: '192.0.2.1', port: 9 }, name);
  }
  send('group', 'eth0');
  t.deepEqual(first?.sent, ['10.0.0.9:8', '192.0.2.1:9', '10.0.0.9:8', '192.0.2.1:9', '224.0.0.251:5']);
  t.deepEqual(second?.sent, ['10.1.9.9:7', '10.1.9.9:7', '224.0.0.251:5']);
  t.deepEqual(alice.failed, []);
});

test('a flood costs datagrams, which are counted, and timers still get their turn', async (t) => {
  const { dgram, sockets } = fakeDgram();
  const alice = listen(t, 5, { dgram });
  await alice.network.update([lan]);
  for (let i = 0; i < 3000; i++) sockets[2]?.emit('message', Buffer.from('x'), { address: '10.0.0.9', port: 9 });
  t.is(alice.network.dropped, 3000 - 1024);
  let atTimer = -1;
  setTimeout(() => {
    atTimer = alice.arrivals.length;
  }, 0);
  await alice.until(() => alice.arrivals.length === 1024);
  await new Promise((resolve) => setTimeout(resolve, 1));
  t.true(atTimer >= 0 && atTimer < 1024, `the timer fired after ${atTimer} datagrams`);
});

test('a socket that fails later is told, not thrown', async (t) => {
  const { dgram, sockets } = fakeDgram();
  const alice = listen(t, 5, { dgram });
  await alice.network.update([lan]);
  sockets[0]?.emit('error', new Error('ENETDOWN'));
  t.deepEqual(alice.troubles, ['eth0: ENETDOWN']);
});

const v4 = (address: string, cidr: string, internal = false): NonNullable<Seen[string]>[number] => ({
  address,
  cidr,
  internal,
  family: 'IPv4',
  netmask: '',
  mac: '',
});
const seen: Seen = {
  lo: [v4('127.0.0.1', '127.0.0.1/8', true)],
  docker0: [v4('172.17.0.1', '172.17.0.1/16')],
  wlan0: [
    v4('192.168.1.5', '192.168.1.5/24'),
    { address: 'fe80::1', cidr: 'fe80::1/64', internal: false, family: 'IPv6', netmask: '', mac: '', scopeid: 3 },
  ],
  eth0: [v4('10.0.0.1', '10.0.0.1/24')],
};
const namesOf = (found: readonly Interface[]): string[] => found.map(({ name }) => name);

test('real interfaces come first, virtual ones last, loopback only when named or alone', (t) => {
  t.deepEqual(namesOf(selectInterfaces(seen, { named: [], families: [4] })), ['wlan0', 'eth0', 'docker0']);
  t.deepEqual(namesOf(selectInterfaces(seen, { named: ['eth0', 'lo'], families: [4] })), ['eth0', 'lo']);
  t.deepEqual(namesOf(selectInterfaces({ lo: seen['lo'] }, { named: [], families: [4] })), ['lo']);
  t.deepEqual(namesOf(selectInterfaces(seen, { named: [], families: [6] })), ['wlan0']);
  t.deepEqual(selectInterfaces(seen, { named: ['wlan0'], families: [4, 6] })[0]?.addresses, [
    { family: 4, address: '192.168.1.5', prefix: 24 },
    { family: 6, address: 'fe80::1%wlan0', prefix: 64 },
  ]);
});

test('an unknown interface is a complaint that lists what there is; none at all says so', (t) => {
  const unknown = t.throws(() => requireInterfaces(seen, { named: ['eth1'], families: [4] }), {
    instanceOf: Complaint,
  });
  t.regex(unknown?.next ?? '', /wlan0, eth0, docker0, lo/);
  t.is(unknown?.exitCode, 64);
  const none = t.throws(() => requireInterfaces({}, { named: [], families: [4] }), { instanceOf: Complaint });
  t.is(none?.exitCode, 69);
  t.throws(() => requireInterfaces(seen, { named: ['eth0'], families: [6] }), { message: 'eth0 has no IPv6 address.' });
});

test('a --peer that nothing said from here could reach is a complaint with what to write instead', (t) => {
  const both = { named: [], families: [4, 6] as const };
  const refused = (
    peer: string,
    selection: Parameters<typeof requirePeers>[1],
    message: RegExp,
    next: RegExp,
  ): void => {
    const complaint = t.throws(() => requirePeers(seen, selection, ['10.0.0.77', peer]), {
      instanceOf: Complaint,
      message,
    });
    t.regex(complaint?.next ?? '', next);
    t.is(complaint?.exitCode, 64);
  };
  refused('fe80::1%wlna0', both, /fe80::1%wlna0 names an interface that is not up here/, /wlan0, eth0, docker0, lo/);
  refused('fe80::1%wlan0', { ...both, named: ['eth0'] }, /is on wlan0, which --iface leaves out/, /--iface wlan0/);
  refused('fd00::1', { ...both, families: [4] }, /is of IPv6/, /IPv4/);
  for (const own of ['10.0.0.1', 'fe80::1%wlan0']) refused(own, both, /is this machine itself/, /the other machine/);
  // Another link has its own fe80::1.
  t.notThrows(() => requirePeers(seen, both, ['fe80::2%wlan0', 'fe80::1%eth0', 'fd00::1', '10.0.0.3', '127.0.0.1']));
});

test('a changed interface is told once', async (t) => {
  let now = seen;
  const selection = { named: [], families: [4] as const };
  const told = new Promise<readonly Interface[]>((resolve) => {
    const stop = watchInterfaces(() => now, selection, selectInterfaces(seen, selection), resolve);
    t.teardown(stop);
  });
  now = { eth0: [v4('10.0.0.2', '10.0.0.2/24')] };
  // The watch lets the program end; a test must wait for it.
  const awake = setInterval(() => undefined, 1000);
  t.deepEqual(await told, [{ name: 'eth0', addresses: [{ family: 4, address: '10.0.0.2', prefix: 24 }] }]);
  clearInterval(awake);
});
