/** `npm run bench`: figures of this machine, and ratios that hold on any. No test: nothing here passes or fails. */
import { networkBench } from './network.ts';

const millions = (n: number): string => `${(n / 1e6).toFixed(2)} M`;

for (const hosts of [8, 100]) {
  const figures = networkBench(hosts, 1_000_000);
  console.log(
    `network    ${String(hosts).padStart(4)} hosts, multicast each U(0.5, 1.5) s, 200 B, 20 % loss: ` +
      `${millions(figures.deliveriesPerSecond)} deliveries/s; the bare queue ${millions(figures.queuePerSecond)} events/s; ` +
      `ratio ${(figures.deliveriesPerSecond / figures.queuePerSecond).toFixed(2)}`,
  );
}
