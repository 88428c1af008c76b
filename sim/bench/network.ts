/**
 * How many deliveries a second the network makes, beside the bound that the bare event queue sets, in one process.
 *
 * Workload, the same for ns-3 in ns3/multicast.cc: N hosts on one segment; each multicasts 200 B every U(0.5, 1.5) s; 20 % loss; a counter
 * instead of a core.
 */
import { type Delivery, Network, quietLink, type Station } from '../network.ts';
import { EventQueue } from '../queue.ts';
import { streamOf } from '../random.ts';
import { RollingHash } from '../trace/hash.ts';

export interface NetworkFigures {
  readonly hosts: number;
  readonly deliveries: number;
  readonly deliveriesPerSecond: number;
  /** For each second of CPU time, of all threads: what can be held beside another program on a busy machine. */
  readonly deliveriesPerCpuSecond: number;
  /** Events a second of the queue alone, with as many waiting, and the same delays. */
  readonly queuePerSecond: number;
}

interface Rates {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

export function networkBench(hosts: number, deliveries: number): NetworkFigures {
  const rates = fastest(() => network(hosts, deliveries));
  return {
    hosts,
    deliveries,
    deliveriesPerSecond: rates.perSecond,
    deliveriesPerCpuSecond: rates.perCpuSecond,
    queuePerSecond: fastest(() => bareQueue(hosts, deliveries)).perSecond,
  };
}

/** Best of five: other work on the machine can only slow a run down. */
function fastest(run: () => Rates): Rates {
  const runs = [0, 1, 2, 3, 4].map(run);
  return {
    perSecond: Math.max(...runs.map(({ perSecond }) => perSecond)),
    perCpuSecond: Math.max(...runs.map(({ perCpuSecond }) => perCpuSecond)),
  };
}

/** Starts a clock; what it answers with is told how much was done until then. */
function timed(): (done: number) => Rates {
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  return (done) => {
    const { user, system } = process.cpuUsage(cpu);
    return { perSecond: (done / (performance.now() - begun)) * 1000, perCpuSecond: (done / (user + system)) * 1e6 };
  };
}

type Event = Delivery | { readonly type: 'speak'; readonly station: Station };

function network(hosts: number, wanted: number): Rates {
  const queue = new EventQueue<Event>();
  const hash = new RollingHash();
  let delivered = 0;
  const net = new Network({
    seed: 1,
    segments: new Map([
      ['lan', { ...quietLink, loss: { numerator: 1, denominator: 5 }, delayUs: { min: 500, max: 5000 } }],
    ]),
    exceptions: [],
    routed: new Set(),
    use: { groups: { 4: '224.0.0.251', 6: null }, port: 55556 },
    ports: {
      schedule: (delayUs, delivery) => queue.push(queue.nowUs + delayUs, delivery),
      receive: () => {
        delivered++;
      },
      sent: (datagram) => hash.integers(queue.nowUs, datagram.id, datagram.bytes.length, 0),
      fate: (datagram, to, fate) => hash.integers(queue.nowUs, datagram.id, to.index, fate.length),
      intercept: null,
      nowUs: () => queue.nowUs,
    },
  });
  const speech = streamOf(1, 'speech');
  const bytes = new Uint8Array(200);
  for (let i = 0; i < hosts; i++) {
    const station = net.attach({
      host: `h${i}`,
      interface: 'eth0',
      segment: 'lan',
      address: `10.0.${i >> 8}.${i & 255}`,
    });
    net.listen(station, 40_000);
    queue.push(speech.integer(0, 1_000_000), { type: 'speak', station });
  }
  const rates = timed();
  while (delivered < wanted) {
    const event = queue.pop();
    if (event === undefined) break;
    if (event.type === 'delivery') net.arrive(event);
    else {
      net.send(event.station, { address: event.station.address, port: 55556 }, 'group', bytes);
      queue.push(queue.nowUs + speech.integer(500_000, 1_500_000), event);
    }
  }
  return rates(delivered);
}

/** As many events with the same spread of delays and as many waiting, and nothing done for them. */
function bareQueue(hosts: number, wanted: number): Rates {
  const queue = new EventQueue<Station | null>();
  const delays = streamOf(1, 'delays');
  for (let i = 0; i < hosts; i++) queue.push(delays.integer(500, 5000), null);
  const rates = timed();
  for (let done = 0; done < wanted; done++) {
    queue.pop();
    queue.push(queue.nowUs + delays.integer(500, 5000), null);
  }
  return rates(wanted);
}
