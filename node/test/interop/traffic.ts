/** What a host sends, and loss at random: by rules of its firewall, which a test flushes when it ends. */
import type { Host } from './lab.ts';

export interface Sent {
  readonly datagrams: number;
  /** Payload of UDP alone. */
  readonly bytes: number;
}

/** Counts the UDP datagrams that leave by a network card from now on; the function says how many there were. */
export async function countSent(host: Host): Promise<() => Promise<Sent>> {
  await both(host, '-I OUTPUT -p udp ! -o lo');
  return async () => {
    const list = 'for t in iptables ip6tables; do echo $t; $t -L OUTPUT -v -n -x; done';
    const { stdout } = await host.run(null, ['sh', '-c', list]);
    const [four = '', six = ''] = stdout.split('ip6tables\n');
    return total([sentOf(four, 28), sentOf(six, 48)]);
  };
}

export function total(all: readonly Sent[]): Sent {
  return all.reduce((sum, { datagrams, bytes }) => ({
    datagrams: sum.datagrams + datagrams,
    bytes: sum.bytes + bytes,
  }));
}

function sentOf(listed: string, headers: number): Sent {
  const [, packets, bytes] = /^\s*(\d+)\s+(\d+)\s+(?:udp|17) .*!lo/m.exec(listed) ?? [];
  return { datagrams: Number(packets ?? 0), bytes: Number(bytes ?? 0) - headers * Number(packets ?? 0) };
}

/** Three of ten datagrams that come in by a network card are lost. */
export async function loseThirtyPercent(host: Host): Promise<void> {
  await both(host, '-A INPUT -p udp ! -i lo -m statistic --mode random --probability 0.3 -j DROP');
}

async function both(host: Host, rule: string): Promise<void> {
  const { code, stderr } = await host.run(null, ['sh', '-c', `for t in iptables ip6tables; do $t ${rule}; done`]);
  if (code !== 0) throw new Error(`${rule} on ${host.hostName}: ${stderr}`);
}
