/**
 * `npm run bench [-- --json] [sections]`: figures of this machine, and ratios that hold on any. Rates of pairings are by CPU
 * time. No test: nothing here passes or fails by speed.
 */
import { parseArgs } from 'node:util';
import { scenarioFrom } from '../measure/pairing.ts';
import { guesserBench } from '../measure/siege.ts';
import { subjects } from '../protocols.ts';
import { onSuite, type Subject } from '../subject.ts';
import { offlineRate } from './attacks.ts';
import { crowdBench, crowdText } from './crowd.ts';
import { cleanBench, type Spread, speedBench, successBench } from './lp1.ts';
import { machineBench } from './machine.ts';
import { networkBench } from './network.ts';
import { pairingBench } from './pairings.ts';

/** One line: for people, and what it says for programs. */
interface Line {
  readonly text: string;
  readonly figures: object;
}

interface Section {
  readonly title: string;
  /** Made one by one, so that each is seen when it is there. */
  readonly lines: () => Iterable<Line> | AsyncIterable<Line>;
}

const clean = scenarioFrom(`
title: two pair on a clean network
protocols: {annex: pass, lp1: pass}
network: {lan: {delayMs: 1}}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels}
  bob: {on: lan, phrase: my hovercraft is full of eels, startsMs: 500}
expect:
  - {paired: [alice, bob]}
`);

const annex = subjectOf('annex');
const lp1 = subjectOf('lp1');

const sections: { readonly [name: string]: Section } = {
  network: {
    title: 'network: multicast every U(0.5, 1.5) s, 200 B, 20 % loss, a counter instead of a core',
    *lines() {
      for (const hosts of [8, 100]) {
        const figures = networkBench(hosts, 1_000_000);
        const { deliveriesPerSecond, deliveriesPerCpuSecond, queuePerSecond } = figures;
        const text =
          `${String(hosts).padStart(4)} hosts  ${millions(deliveriesPerSecond)} deliveries/s, ${millions(deliveriesPerCpuSecond)} a second ` +
          `of CPU · the bare queue ${millions(queuePerSecond)}/s · ratio ${percent(deliveriesPerSecond / queuePerSecond)}`;
        yield { text, figures: { ...figures, seed: 1 } };
      }
    },
  },
  crowd: {
    title:
      'crowd: 1,000 hosts on one segment, 500 pairs with a channel each; wanted of starts within 60 s: all pair, under 1 GiB, faster than the clock',
    *lines() {
      for (const withinMs of [60_000, 5000]) {
        const figures = crowdBench(scenarioFrom(crowdText(500, withinMs)), onSuite(lp1, 'symbolic'));
        const { hosts, pairs, paired, virtualMs, realMs, cpuMs, deliveries, peakBytes } = figures;
        const text =
          `${paired} of ${pairs} pairs among ${whole(hosts)} hosts that start within ${withinMs / 1000} s · ${whole(virtualMs)} ms of ` +
          `their time in ${whole(realMs)} ms (${whole(cpuMs)} ms of CPU): ${(virtualMs / realMs).toFixed(2)} times the clock, ` +
          `${(virtualMs / cpuMs).toFixed(2)} for CPU · ${millions(deliveries)} deliveries, peak ${whole(peakBytes / 2 ** 20)} MiB`;
        yield { text, figures: { withinMs, ...figures, seed: 1 } };
      }
    },
  },
  annex: {
    title: 'annex: two hosts, a clean network, to the quiet end, real cryptography',
    *lines() {
      const figures = pairingBench(clean, annex, 50);
      const ratio = figures.barePerSecond / figures.hmacBoundPerSecond;
      const text =
        `${whole(figures.barePerSecond)} pairings/s, ${whole(figures.watchedPerSecond)} with all oracles, seeds 0 to 49 · ` +
        `${figures.stepsEach} steps and ${figures.hmacsEach} HMACs each, whose own bound is ` +
        `${whole(figures.hmacBoundPerSecond)}/s · ratio ${percent(ratio)}`;
      yield { text, figures: { ...figures, ratio, seeds: 50 } };
    },
  },
  lp1: {
    title: 'lp1: the same. Wanted: 60 % of the bound with the real suite, 2,000/s with the symbolic one',
    async *lines() {
      for (const [suite, pairings] of [
        ['real', 5],
        ['symbolic', 50],
      ] as const) {
        const figures = speedBench(clean, onSuite(lp1, suite), pairings);
        const ratio = figures.perSecond / figures.boundPerSecond;
        const text =
          `${suite.padEnd(9)} ${whole(figures.perSecond)} pairings/s, seeds 0 to ${pairings - 1} · ${figures.stepsEach} steps and ` +
          `${figures.operationsEach} group operations and signatures each, whose own bound is ${whole(figures.boundPerSecond)}/s · ` +
          `ratio ${percent(ratio)}`;
        yield { text, figures: { suite, ...figures, ratio, seeds: pairings } };
      }
      const suite = 'symbolic';
      const { workers, perSecond } = await machineBench({ scenario: clean, protocol: lp1.name, suite });
      yield {
        text: `${suite.padEnd(9)} ${whole(perSecond)} pairings/s by the clock on the whole machine: ${workers} workers, as in a sweep`,
        figures: { suite, workers, machinePerSecond: perSecond },
      };
    },
  },
  pairing: {
    title: 'one pairing: a clean network, 1 ms each way, virtual time from the second start, median (most)',
    *lines() {
      for (const subject of [annex, lp1]) {
        const figures = cleanBench(clean, subject, 200);
        const { provenMs, pairedMs, untilPaired, traffic } = figures;
        const proven = provenMs === null ? '' : `proven ${spread(provenMs)}, `;
        const text =
          `${subject.name.padEnd(5)} ${proven}paired ${spread(pairedMs)}, seeds 0 to ${figures.runs - 1} · until then ` +
          `${untilPaired.datagrams.toFixed(1)} datagrams, ${whole(untilPaired.bytes)} B; to the quiet end ` +
          `${traffic.datagrams.toFixed(1)}, ${whole(traffic.bytes)} B`;
        yield { text, figures: { protocol: subject.name, ...figures } };
      }
    },
  },
  loss: {
    title: 'lp1 on a bad network: paired on both sides after the second start, 95 % intervals (Wilson)',
    *lines() {
      for (const [loss, withinMs] of [
        [3, 5000],
        [6, 40_000],
      ] as const) {
        const figures = successBench(lp1, loss, withinMs, 1000);
        const { runs, successes, interval, medianMs, p95Ms } = figures;
        const text =
          `${loss * 10} % loss, within ${withinMs / 1000} s: ${successes} of the seeds 0 to ${runs - 1}, ${percent(successes / runs)} ` +
          `(${percent(interval[0])} to ${percent(interval[1])}); wanted 95 % · half within ${whole(medianMs)} ms, ` +
          `95 % within ${whole(p95Ms)} ms`;
        yield { text, figures: { loss: loss / 10, share: successes / runs, ...figures } };
      }
    },
  },
  guessers: {
    title: 'lp1 among guessers, each with a new iid after every tag; the second host comes after 10 s',
    *lines() {
      for (const [kind, bits, strangers] of sieges) {
        const figures = guesserBench(lp1, { kind, bits, strangers, runs: strangers > 4 ? 10 : 20 });
        const { runs, delayMs, boundMs, unpaired, keyed, budget } = figures;
        const late =
          unpaired === runs ? 'none paired' : `paired at most ${whole(delayMs)} ms later, bound ${whole(boundMs)} ms`;
        const stalled = unpaired === 0 ? '' : `, ${unpaired} stalled`;
        const text =
          `${bits} bits, ${String(strangers).padStart(2)} ${kind.padEnd(15)} ${late}${stalled}, of the seeds 1 to ${runs} · ` +
          `K for at most ${whole(keyed)} strangers, budget ${whole(budget)}`;
        yield { text, figures: { kind, bits, strangers, ...figures } };
      }
      const perSecond = offlineRate(clean, annex);
      yield {
        text: `offline, on a recording of annex: ${whole(perSecond)} guesses/s on one core; of lp1: no guess can be tried`,
        figures: { kind: 'offline', protocol: 'annex', perSecond },
      };
    },
  },
};

const sieges: readonly (readonly [kind: string, bits: number, strangers: number])[] = [
  ['guesser', 21, 1],
  ['guesser', 28, 1],
  ['guesser', 34, 1],
  ['guesser', 34, 4],
  ['guesser', 34, 16],
  ['guesser', 44, 16],
  ['guesser-second', 34, 16],
  ['guesser-first', 34, 16],
  ['guesser-spoofed', 34, 4],
];

function subjectOf(name: string): Subject {
  const subject = subjects.get(name);
  if (subject === undefined) throw new Error(`there is no ${name}`);
  return subject;
}

function millions(n: number): string {
  return `${(n / 1e6).toFixed(2)} M`;
}

function whole(n: number): string {
  return Math.round(n).toLocaleString('en');
}

function percent(n: number): string {
  return `${(100 * n).toFixed(1)} %`;
}

function spread({ median, most }: Spread): string {
  return `${whole(median)} (${whole(most)}) ms`;
}

const usage = `npm run bench [-- --json] [sections]

Figures of this machine, and ratios that hold on any. Without a section all of them, which takes minutes.

${Object.entries(sections)
  .map(([name, { title }]) => `  ${name.padEnd(10)} ${title}`)
  .join('\n')}

  --json     one JSON object a line
  --help     this text`;

/** What was asked for; null where there is no such thing, and the complaint is on the screen. */
function wanted(): { readonly json: boolean; readonly help: boolean; readonly names: readonly string[] } | null {
  try {
    const { values, positionals } = parseArgs({
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    const unknown = positionals.find((name) => !Object.hasOwn(sections, name));
    if (unknown !== undefined) throw new TypeError(`there is no section ${unknown}`);
    return { json: values.json === true, help: values.help === true, names: positionals };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return null;
  }
}

async function main(): Promise<void> {
  const asked = wanted();
  if (asked === null || asked.help) {
    if (asked === null) process.exitCode = 64;
    else console.log(usage);
    return;
  }
  const { json, names } = asked;
  for (const [name, { title, lines }] of Object.entries(sections)) {
    if (names.length > 0 && !names.includes(name)) continue;
    if (!json) console.log(title);
    for await (const { text, figures } of lines())
      console.log(json ? JSON.stringify({ section: name, ...figures }) : `  ${text}`);
  }
}

await main();
