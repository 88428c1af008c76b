/**
 * The specimens given to a plain model-based test: fast-check's commands drive the same hosts by hand (deliver, drop, double,
 * let time pass, crash, start again, repeat an old datagram), then everything settles, and the same oracles judge. What
 * `lanpair sim audit` is measured against: the same core and the same judges, another way to search and to shrink.
 */
import fc from 'fast-check';
import type { RunEvent } from '../events.ts';
import { createHost, type Host, type World } from '../host.ts';
import { identityOf } from '../identity.ts';
import { type Delivery, Network, quietLink } from '../network.ts';
import { oracles } from '../oracles/index.ts';
import { type Ending, showing } from '../oracles/oracle.ts';
import { vocabulary } from '../protocols.ts';
import { readScenario } from '../scenario/read.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';
import { summarize } from '../summary.ts';

export interface ModelBased {
  /** Executions until the oracle broke; null: it never did. */
  readonly runs: number | null;
  /** Commands of the shrunk counterexample, and the three machines that the model always has. */
  readonly size: number | null;
  readonly shrinkRuns: number;
}

/** Oracles that run the same run again, which a model driven by hand cannot. */
const notHere: readonly string[] = ['replay', 'strangers', 'traffic'];

export function canJudge(oracle: string): boolean {
  return !notHere.includes(oracle);
}

/** Executions of shrinking; our shrinker has the same bound. */
const shrinkRunsMax = 3000;

const machines = ['alice', 'bob', 'mallory'] as const;

/** What the sound protocol fails in as well convicts nobody, as in the audit. */
export function modelBased(
  subject: Subject,
  sound: Subject,
  oracle: string,
  seed: number,
  numRuns: number,
): ModelBased {
  const scenario = scenarioOf(subject.name);
  let runs = 0;
  let foundAt: number | null = null;
  const property = fc.property(fc.commands(commands, { maxCommands: 100, size: 'max' }), (list) => {
    // As long as our own shrinker tries: what it has by then is what it shows.
    if (foundAt !== null && runs - foundAt >= shrinkRunsMax) return true;
    runs++;
    const fails = (of: Subject): boolean => {
      const desk = new Desk(scenario, of, oracle);
      fc.modelRun(() => ({ model: {}, real: desk }), list);
      desk.settle();
      return desk.verdict() === 'fail';
    };
    if (!fails(subject) || fails(sound)) return true;
    foundAt ??= runs;
    return false;
  });
  const details = fc.check(property, { seed, numRuns });
  const [list] = details.counterexample ?? [];
  const size = list === undefined ? null : [...list].length + machines.length;
  return { runs: foundAt, size, shrinkRuns: foundAt === null ? 0 : runs - foundAt };
}

function scenarioOf(protocol: string): Scenario {
  const phrase = 'my hovercraft is full of eels';
  const text = `
title: model
protocols: {${protocol}: pass}
network: {lan: {}}
hosts:
  alice: {on: lan, phrase: ${phrase}}
  bob: {on: lan, phrase: ${phrase}}
  mallory: {on: lan, phrase: nothing but a wrong guess}
expect:
  - {never: authorized, host: alice, key: alice}`;
  const read = readScenario(text, { file: 'model', name: 'bench/model', vocabulary });
  if (!read.ok) throw new Error(read.problems[0]?.what);
  return read.scenario;
}

type Pending = { readonly dueUs: number } & ({ readonly run: () => void } | { readonly delivery: Delivery });

/** Events after which a run that does not come to rest is judged as it is. */
const settleMax = 3000;

/** Three machines on a table: what would happen next lies in a list, and somebody picks. */
class Desk {
  private nowUs = 0;
  private readonly pending: Pending[] = [];
  private readonly heard: Delivery[] = [];
  private readonly hosts: readonly Host[];
  private readonly network: Network;
  private readonly finish: () => 'pass' | 'fail' | 'inconclusive';

  constructor(scenario: Scenario, subject: Subject, oracle: string) {
    const names = scenario.hosts.map(({ name }) => name);
    const keys = new Map(names.map((name) => [name, identityOf(name, subject.suite).sshKey]));
    const { summary, watch } = summarize(scenario, subject, keys);
    const owners = new Map([...keys].map(([name, key]) => [key, name]));
    const watcher = oracles.find(({ name }) => name === oracle)?.watch({ scenario, subject, keys, owners });
    const show = showing(watcher === undefined ? [] : [watcher]);
    const emit = (event: RunEvent): void => {
      watch(event);
      show(event);
    };
    const again: Ending['again'] = () => summary;
    this.finish = () =>
      summary.threw.length > 0
        ? 'fail'
        : (watcher?.finish({ summary, stopped: 'quiet', virtualUs: this.nowUs, again }).verdict ?? 'inconclusive');
    const receivers: Host[] = [];
    this.network = new Network({
      seed: 1,
      segments: new Map([['lan', quietLink]]),
      exceptions: [],
      routed: new Set(),
      use: subject.protocol.network,
      ports: {
        schedule: (delayUs, delivery) => this.pending.push({ dueUs: this.nowUs + delayUs, delivery }),
        receive: (station, datagram) => receivers[station.index]?.hear(station, datagram),
        sent: (datagram) => emit({ type: 'sent', atUs: this.nowUs, datagram }),
        fate: (datagram, to, fate) => emit({ type: 'fate', atUs: this.nowUs, datagram, to, fate }),
        intercept: null,
        nowUs: () => this.nowUs,
      },
    });
    const world: World = {
      seed: 1,
      protocol: subject.protocol,
      suite: subject.suite,
      network: this.network,
      after: (delayUs, run) => void this.pending.push({ dueUs: this.nowUs + delayUs, run }),
      emit,
      nowUs: () => this.nowUs,
    };
    this.hosts = scenario.hosts.map((spec) => createHost(world, spec));
    for (const host of this.hosts) {
      for (const station of host.stations) receivers[station.index] = host;
      this.start(host);
    }
  }

  start(host: Host): void {
    host.start(host.spec.phrase);
  }

  /** The earliest thing, so often. */
  pass(times: number): void {
    for (let i = 0; i < times; i++) {
      const next = this.pending.reduce<Pending | null>((a, b) => (a === null || b.dueUs < a.dueUs ? b : a), null);
      if (next === null) return;
      this.take(next);
    }
  }

  drop(index: number): void {
    const found = this.flight(index);
    if (found !== null) this.pending.splice(this.pending.indexOf(found), 1);
  }

  double(index: number): void {
    const found = this.flight(index);
    if (found !== null) this.pending.push({ ...found, dueUs: found.dueUs + 50_000 });
  }

  /** Any one now, before all that is due earlier. */
  hurry(index: number): void {
    const found = this.pending[index % Math.max(1, this.pending.length)];
    if (found !== undefined) this.take(found);
  }

  repeat(index: number): void {
    const old = this.heard[index % Math.max(1, this.heard.length)];
    if (old !== undefined) this.pending.push({ dueUs: this.nowUs, delivery: old });
  }

  crash(index: number): void {
    this.hosts[index]?.crash();
  }

  restart(index: number): void {
    const host = this.hosts[index];
    if (host !== undefined) this.start(host);
  }

  settle(): void {
    for (const host of this.hosts) if (!host.isUp()) this.start(host);
    this.pass(settleMax);
  }

  verdict(): string {
    return this.finish();
  }

  private flight(index: number): Pending | null {
    const flying = this.pending.filter((one) => 'delivery' in one);
    return flying[index % Math.max(1, flying.length)] ?? null;
  }

  private take(one: Pending): void {
    this.pending.splice(this.pending.indexOf(one), 1);
    this.nowUs = Math.max(this.nowUs, one.dueUs);
    if ('run' in one) return one.run();
    this.heard.push(one.delivery);
    this.network.arrive(one.delivery);
  }
}

function command(name: string, act: (desk: Desk) => void): fc.Command<object, Desk> {
  return { check: () => true, run: (_, desk) => act(desk), toString: () => name };
}

const host = fc.nat(machines.length - 1);

const commands: fc.Arbitrary<fc.Command<object, Desk>>[] = [
  fc.integer({ min: 1, max: 20 }).map((times) => command(`pass ${times}`, (desk) => desk.pass(times))),
  fc.nat(20).map((index) => command(`drop ${index}`, (desk) => desk.drop(index))),
  fc.nat(20).map((index) => command(`double ${index}`, (desk) => desk.double(index))),
  fc.nat(20).map((index) => command(`hurry ${index}`, (desk) => desk.hurry(index))),
  fc.nat(50).map((index) => command(`repeat ${index}`, (desk) => desk.repeat(index))),
  host.map((index) => command(`crash ${index}`, (desk) => desk.crash(index))),
  host.map((index) => command(`restart ${index}`, (desk) => desk.restart(index))),
];
