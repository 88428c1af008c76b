/** One segment of listening machines, for tests of the network. */
import type { Endpoint } from '../../protocol/contract.ts';
import {
  type Datagram,
  type Delivery,
  type Fate,
  type LinkRules,
  Network,
  quietLink,
  type Station,
} from '../network.ts';
import { EventQueue } from '../queue.ts';
import type { Interception } from '../wire.ts';

export interface Lan {
  readonly network: Network;
  readonly stations: readonly Station[];
  /** `time: host <- sender #id` */
  readonly heard: string[];
  /** What arrived, in the same order. */
  readonly arrived: Uint8Array[];
  readonly fates: Map<Fate, number>;
  /** Gives a host a station of IPv6 beside its own. */
  readonly alsoIn6: (host: number) => Station;
  readonly say: (from: number, to?: 'group' | Endpoint, bytes?: Uint8Array) => Datagram;
  /** Lets everything come that is on its way, and then that much time pass. */
  readonly settle: (moreUs?: number) => void;
}

export interface LanOptions {
  readonly seed?: number;
  /** Of IPv4. */
  readonly group?: string;
  readonly intercept?: (datagram: Datagram, to: Station) => Interception;
}

/** The first `hosts` machines listen on one segment, by the rules; one more, `far`, on another one that is routed. */
const groupPort = 55_556;

export function lan(hosts: number, rules: Partial<LinkRules> = {}, options: LanOptions = {}): Lan {
  const { seed = 1, group = '224.0.0.251', intercept = null } = options;
  const queue = new EventQueue<Delivery | null>();
  const heard: string[] = [];
  const arrived: Uint8Array[] = [];
  const fates = new Map<Fate, number>();
  const network = new Network({
    seed,
    segments: new Map([
      ['lan', { ...quietLink, ...rules }],
      ['away', quietLink],
    ]),
    exceptions: [],
    routed: new Set(['lan', 'away']),
    use: { groups: { 4: group, 6: 'ff02::fb' }, port: groupPort },
    ports: {
      schedule: (delayUs, delivery) => queue.push(queue.nowUs + delayUs, delivery),
      receive(station, datagram) {
        heard.push(`${queue.nowUs}: ${station.host} <- ${datagram.sender.host} #${datagram.id}`);
        arrived.push(datagram.bytes);
      },
      sent: () => undefined,
      fate: (_, __, fate) => fates.set(fate, (fates.get(fate) ?? 0) + 1),
      intercept,
      nowUs: () => queue.nowUs,
    },
  });
  const place = (host: string, segment: string, address: string): Station => {
    const station = network.attach({ host, interface: 'eth0', segment, address });
    network.listen(station, 40_000);
    return station;
  };
  const stations = Array.from({ length: hosts }, (_, i) => place(`h${i}`, 'lan', `10.0.0.${i + 1}`));
  place('far', 'away', '10.0.1.1');
  return {
    network,
    stations,
    alsoIn6: (host) => place(`h${host}`, 'lan', `fe80::${host + 1}`),
    heard,
    arrived,
    fates,
    say(from, to = 'group', bytes = Uint8Array.of(1)) {
      const station = stations[from];
      if (station === undefined) throw new RangeError('no such station');
      return network.send(station, { address: station.address, port: groupPort }, to, bytes);
    },
    settle(moreUs = 0) {
      const come = (): void => {
        for (let next = queue.pop(); next !== undefined; next = queue.pop()) if (next !== null) network.arrive(next);
      };
      come();
      queue.push(queue.nowUs + moreUs, null);
      come();
    },
  };
}
