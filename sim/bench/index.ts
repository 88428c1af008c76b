/** `npm run bench`: figures of this machine, and ratios that hold on any. No test: nothing here passes or fails by speed. */
import { subjects, vocabulary } from '../protocols.ts';
import { readScenario } from '../scenario/read.ts';
import { networkBench } from './network.ts';
import { pairingBench } from './pairings.ts';

const cleanPair = `
title: two pair on a clean network
protocols: {annex: pass}
network: {lan: {delayMs: 1}}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels}
  bob: {on: lan, phrase: my hovercraft is full of eels, startsMs: 500}
expect:
  - {paired: [alice, bob]}
`;

const millions = (n: number): string => `${(n / 1e6).toFixed(2)} M`;
const whole = (n: number): string => Math.round(n).toLocaleString('en');

console.log('network: multicast every U(0.5, 1.5) s, 200 B, 20 % loss, a counter instead of a core');
for (const hosts of [8, 100]) {
  const { deliveriesPerSecond, queuePerSecond } = networkBench(hosts, 1_000_000);
  console.log(
    `  ${String(hosts).padStart(3)} hosts  ${millions(deliveriesPerSecond)} deliveries/s · the bare queue makes ` +
      `${millions(queuePerSecond)} events/s · ratio ${(deliveriesPerSecond / queuePerSecond).toFixed(2)}`,
  );
}

const clean = readScenario(cleanPair, { file: 'bench', name: 'bench/pair', vocabulary });
if (!clean.ok) throw new Error('the scenario of the benchmark is broken');
console.log('pairings: two hosts, a clean network, to the quiet end, real cryptography');
// The bound counts HMAC-SHA1s, which annex alone makes.
for (const subject of [...subjects.values()].filter(({ name }) => name === 'annex')) {
  const figures = pairingBench(clean.scenario, subject, 2000);
  console.log(
    `  ${subject.name}  ${whole(figures.barePerSecond)} pairings/s, ${whole(figures.watchedPerSecond)} with all oracles · ` +
      `${figures.stepsEach} steps and ${figures.hmacsEach} HMACs each, whose own bound is ${whole(figures.hmacBoundPerSecond)}/s · ` +
      `ratio ${(figures.barePerSecond / figures.hmacBoundPerSecond).toFixed(2)}`,
  );
}
