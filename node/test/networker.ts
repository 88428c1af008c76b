/**
 * Program of the tests in namespaces: this project's own sockets, and bare ones, told what to do in lines of JSON on
 * standard input and telling what comes of it. It ends with its input.
 */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { selectInterfaces } from '../interfaces.ts';
import { makeNetwork } from '../network.ts';

/** What it can be told. */
export type Order =
  /** Serve these interfaces, and no others; in IPv4 if nothing is said. Answered by `served`. */
  | { readonly order: 'serve'; readonly names: readonly string[]; readonly families?: readonly (4 | 6)[] }
  /** One datagram for each of these interfaces, all at once. */
  | { readonly order: 'say'; readonly names: readonly string[]; readonly text: string }
  /** To the group's port of an address, or of a name, which lanpair itself never does. */
  | { readonly order: 'tell'; readonly address: string; readonly text: string; readonly times: number }
  /** Hear nothing for this long, as a program that computes. Answered by `deaf` when it begins. */
  | { readonly order: 'sleep'; readonly ms: number }
  /** A bare socket joins a group on each of these, and says how far it came. Answered by `joined`. */
  | { readonly order: 'joinAll'; readonly names: readonly string[] }
  /** A bare socket says one thing on each of these, by changing its multicast interface in between. */
  | { readonly order: 'race'; readonly names: readonly string[]; readonly text: string };

/** What it tells. */
export type Answer =
  | { readonly told: 'served'; readonly open: number; readonly failures: readonly string[] }
  | {
      readonly told: 'heard';
      readonly text: string;
      readonly interface: string;
      readonly via: string;
      readonly source: string;
    }
  | { readonly told: 'failed'; readonly interface: string; readonly reason: string }
  | { readonly told: 'deaf' }
  | { readonly told: 'joined'; readonly count: number; readonly code: string };

const group = '224.0.0.251';
export const groupPort = 55_557;

function tell(answer: Answer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function run(): void {
  const network = makeNetwork({
    use: { groups: { 4: group, 6: 'ff02::fb' }, port: groupPort, datagramMax: 1200 },
    receive: ({ bytes, source, interface: name, via }) =>
      tell({ told: 'heard', text: Buffer.from(bytes).toString(), interface: name, via, source: source.address }),
    sendFailed: (name, reason) => tell({ told: 'failed', interface: name, reason }),
    trouble: (name, reason) => tell({ told: 'failed', interface: name, reason }),
  });
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => void obey(JSON.parse(line) as Order));
  input.on('close', () => void network.close());

  async function obey(order: Order): Promise<void> {
    switch (order.order) {
      case 'serve': {
        await network.update(
          selectInterfaces(networkInterfaces(), { named: order.names, families: order.families ?? [4] }),
        );
        const failures = network.failures.map(({ interface: name, error }) => `${name} ${String(error)}`);
        return tell({ told: 'served', open: network.open, failures });
      }
      case 'say': {
        for (const name of order.names) {
          network.send({
            type: 'send',
            bytes: Buffer.from(`${order.text} ${name}`),
            interface: name,
            from: 'group',
            to: 'group',
          });
        }
        return;
      }
      case 'tell': {
        const to = { address: order.address, port: groupPort };
        for (let i = 0; i < order.times; i++) {
          network.send({ type: 'send', bytes: Buffer.from(order.text), interface: null, from: 'unicast', to });
        }
        return;
      }
      case 'sleep':
        tell({ told: 'deaf' });
        return void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.ms);
      case 'joinAll':
        return joinAll(order.names);
      case 'race':
        return race(order.names, order.text);
    }
  }
}

const addressOf = (name: string): string =>
  networkInterfaces()[name]?.find(({ family }) => family === 'IPv4')?.address ?? '';

function joinAll(names: readonly string[]): void {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(0, () => {
    let count = 0;
    let code = '';
    try {
      for (const name of names) {
        socket.addMembership(group, addressOf(name));
        count++;
      }
    } catch (error) {
      code = (error as NodeJS.ErrnoException).code ?? '';
    }
    socket.close();
    tell({ told: 'joined', count, code });
  });
}

function race(names: readonly string[], text: string): void {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(0, () => {
    let left = names.length;
    for (const name of names) {
      socket.setMulticastInterface(addressOf(name));
      socket.send(`${text} ${name}`, groupPort, group, () => {
        if (--left === 0) socket.close();
      });
    }
  });
}

if (process.argv[1]?.endsWith('networker.js') === true) run();
