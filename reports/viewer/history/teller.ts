/** Tells the history of a run from its events: a `Watch` that puts each of them into words. */
import type { PlainState } from '../../../protocol/contract.ts';
import { endpointText, printable } from '../../../protocol/display.ts';
import type { RunEvent, StepEvent, Watch } from '../../../sim/events.ts';
import { identityOf } from '../../../sim/identity.ts';
import { addressesOf } from '../../../sim/places.ts';
import type { Scenario } from '../../../sim/scenario/scenario.ts';
import type { Subject } from '../../../sim/subject.ts';
import type { Datagram, Fate, Station } from '../../../sim/wire.ts';
import type { CoreStep, Lane, Line, RunHistory } from './history.ts';
import { Telling } from './telling.ts';
import { effectLines, effectWords, inputLines, inputWords, scriptWords } from './words.ts';

export interface Teller {
  readonly watch: Watch;
  readonly history: () => RunHistory;
  /** By the index of a step's moment: the state after it. */
  readonly states: ReadonlyMap<number, PlainState>;
}

export function createTeller(scenario: Scenario, subject: Subject): Teller {
  const teller = new EventTeller(scenario, subject);
  const situations = subject.protocol.table.map(({ situation }) => situation);
  return {
    watch: (event) => teller.note(event),
    history: () => teller.telling.history(situations),
    states: teller.states,
  };
}

class EventTeller {
  readonly telling: Telling;
  private readonly subject: Subject;
  private readonly whys: ReadonlyMap<string, string>;
  private readonly owners: ReadonlyMap<string, string>;
  private readonly addresses: Map<string, string> = new Map();
  private readonly datagrams: Map<number, Datagram> = new Map();
  /** By moment. */
  readonly states: Map<number, PlainState> = new Map();
  private n = 0;

  constructor(scenario: Scenario, subject: Subject) {
    this.subject = subject;
    this.telling = new Telling(lanesOf(scenario, subject));
    this.whys = new Map(subject.protocol.table.map((row) => [`${row.situation} ${row.event}`, row.why]));
    this.owners = new Map(
      [...scenario.hosts, ...scenario.adversaries].map(({ name }) => [identityOf(name, subject.suite).sshKey, name]),
    );
    for (const { name, interfaces } of scenario.hosts)
      for (const place of interfaces) for (const address of addressesOf(place)) this.addresses.set(address, name);
    for (const { name, place } of scenario.adversaries)
      for (const address of addressesOf(place)) this.addresses.set(address, name);
  }

  note(event: RunEvent): void {
    if (!this.telling.begin(++this.n, event.atUs)) return;
    if (event.type === 'sent') this.send(event.datagram);
    else if (event.type === 'fate') this.fate(event.datagram, event.to, event.fate);
    else if (event.type === 'step') this.step(event);
    else if (event.type === 'script') this.telling.happen(...scriptWords(event.what, (name) => this.telling.has(name)));
    else this.happen(event);
  }

  private happen(event: Exclude<RunEvent, { type: 'sent' | 'fate' | 'step' | 'script' }>): void {
    if (event.type === 'moved') this.addresses.set(event.address, event.host);
    this.telling.happen(event.host, this.lineOf(event), event.type === 'booted' || event.type === 'crashed');
  }

  private lineOf(event: Exclude<RunEvent, { type: 'sent' | 'fate' | 'step' | 'script' }>): Line {
    switch (event.type) {
      case 'booted':
        return { topic: 'plain', text: event.boot === 1 ? 'starts' : 'starts again' };
      case 'crashed':
        return { topic: 'fault', text: 'goes down' };
      case 'threw':
        return { topic: 'fault', text: `throws: ${printable(event.message)}` };
      case 'stored':
        return { topic: 'key', text: 'record is on the disk' };
      case 'discarded':
        return { topic: 'key', text: 'record is deleted' };
      case 'authorized':
        return { topic: 'key', text: `key of ${this.ownerOf(event.key)} is in` };
      case 'withdrawn':
        return { topic: 'key', text: `key of ${this.ownerOf(event.key)} is out` };
      case 'failed':
        return { topic: 'fault', text: `cannot ${event.effect}: ${printable(event.reason)}` };
      case 'moved':
        return { topic: 'fault', text: `has now ${printable(event.address, 60)}` };
    }
  }

  private step(event: StepEvent): void {
    const { host, heard, state, effects, cell, input } = event;
    const own = heard?.sender.host === host;
    const ownerOf = (key: string): string => this.ownerOf(key);
    const index = this.telling.step({
      host,
      what: heard === null ? inputWords(input) : `hears ${this.kindOf(heard)}${own ? ', its own' : ''}`,
      lines: [...inputLines(input), ...effectLines(effects, ownerOf)],
      cell: { ...cell, why: this.whys.get(`${cell.situation} ${cell.event}`) ?? '' },
      after: state.situation,
      effects: effects.map((effect) => effectWords(effect, ownerOf)),
      sends: effects.some(({ type }) => type === 'send'),
      heard: heard?.id ?? null,
      own,
      core: coreStepOf(event),
    });
    if (index !== null) this.states.set(index, shown(state));
  }

  private send(datagram: Datagram): void {
    const { id, sender, source, to, toGroup, repeats } = datagram;
    const spoofed = source.address !== sender.address;
    const claims = spoofed ? (this.addresses.get(source.address) ?? printable(source.address, 60)) : null;
    const forged = spoofed || this.telling.isAdversary(sender.host);
    this.telling.send({
      id,
      from: sender.host,
      kind: this.kindOf(datagram),
      forgery: forged ? { claims, repeats: repeats?.id ?? null } : null,
      multicast: toGroup,
      source: endpointText(source),
      target: toGroup ? 'everybody' : endpointText(to),
    });
  }

  private fate(datagram: Datagram, to: Station, fate: Fate): void {
    const { id, bytes, to: target } = datagram;
    this.telling.end({
      id,
      to: to.host,
      station: `${to.index}`,
      fate,
      overheard: this.telling.isAdversary(to.host) && target.address !== to.address,
      length: bytes.length,
      fields: null,
      datagram: this.kept(datagram),
    });
  }

  /** Without the machine behind it, which is the simulator's and changes; all copies share one. */
  private kept(datagram: Datagram): Datagram {
    const known = this.datagrams.get(datagram.id);
    if (known?.bytes === datagram.bytes) return known;
    const { sender, ...rest } = datagram;
    const kept = { ...rest, sender: { ...sender }, repeats: null };
    this.datagrams.set(datagram.id, kept);
    return kept;
  }

  private kindOf({ id, bytes }: Datagram): string {
    return this.telling.kindOf(id) ?? printable(this.subject.protocol.describe(bytes).kind, 32);
  }

  private ownerOf(key: string): string {
    return this.owners.get(key) ?? 'a stranger';
  }
}

/** Nothing secret leaves the run; the name stays, so that it can be said that there was some. */
function shown(state: PlainState): PlainState {
  return 'secrets' in state ? { ...state, secrets: null } : state;
}

function coreStepOf({ boot, input, effects }: StepEvent): CoreStep {
  return {
    boot,
    rang: input.type === 'timer' ? input.name : null,
    timers: effects.filter((effect) => effect.type === 'setTimer' || effect.type === 'cancelTimer'),
  };
}

function lanesOf({ hosts, adversaries }: Scenario, { adversaries: kinds }: Subject): readonly Lane[] {
  const machines: Lane[] = hosts.map(({ name, interfaces }) => ({
    name,
    kind: 'host',
    about: interfaces.map(({ address }) => address).join(', '),
  }));
  const typed = new Set(hosts.map(({ phrase }) => phrase));
  const strangers: Lane[] = adversaries.map(({ name, is, phrase }) => ({
    name,
    kind: 'adversary',
    about: `${is}${phrase === null ? '' : typed.has(phrase) ? ', knows the phrase' : ', a wrong phrase'}${kinds[is] === undefined ? '' : `: ${kinds[is].does}`}`,
  }));
  return between(machines, strangers);
}

/** Adversaries stand between the machines: what they say goes either way. */
export function between(machines: readonly Lane[], strangers: readonly Lane[]): readonly Lane[] {
  const half = Math.ceil(machines.length / 2);
  return [...machines.slice(0, half), ...strangers, ...machines.slice(half)];
}
