/**
 * Machines that are paired and look for each other: hosts that run `locate` on the wire of lp1-lan.ts, on the records of a
 * pairing that lp1 made. Their disks outlive crashes; backups of them can be put back.
 */
import { utf8 } from '../bytes.ts';
import type { Command, Effect, Endpoint, Grant, Input, Json, Notice, Outcome, StoredRecord, Via } from '../contract.ts';
import { type Driver, drive, type Ports } from '../driver.ts';
import { type LocateState, locate } from '../index.ts';
import { edLine } from '../lp1/identity.ts';
import { Lan, pairedWell, type Station } from './lp1-lan.ts';

const { protocol } = locate;

export interface Disk {
  readonly records: ReadonlyMap<string, StoredRecord>;
  readonly keys: ReadonlyMap<string, Grant>;
}

/** The disks of two machines that lp1 paired: alice's and bob's. */
export function pairedDisks(lan: Lan): { readonly alice: Disk; readonly bob: Disk } {
  const meeting = new Lan(lan.suite);
  const [alice, bob] = [meeting.add('alice'), meeting.add('bob')];
  for (const host of [alice, bob]) host.start('73-ladder-acid-hope-rabbit');
  meeting.until(() => pairedWell(alice, bob) === null, 10_000);
  meeting.pass(20_000);
  return { alice: { records: alice.records, keys: alice.keys }, bob: { records: bob.records, keys: bob.keys } };
}

/** The same disk with other fields in lp1's record, and with no key where it is only stored. */
export function altered(disk: Disk, fields: { readonly [name: string]: Json }): Disk {
  const records = new Map<string, StoredRecord>();
  for (const [id, record] of disk.records) {
    const body = record.body as { readonly [name: string]: Json };
    records.set(id, record.protocol === 'lp1' ? { ...record, body: { ...body, ...fields } } : record);
  }
  return { records, keys: fields['step'] === 'stored' ? new Map() : disk.keys };
}

export class Machine implements Ports, Station {
  readonly notices: Notice[] = [];
  readonly keys: Map<string, Grant>;
  readonly records: Map<string, StoredRecord>;
  readonly faults: Map<Effect['type'], string> = new Map();
  readonly names: Map<string, readonly string[]> = new Map();
  readonly lookups: string[] = [];
  readonly name: string;
  readonly port = 40_001;
  address: string;
  peers: readonly Endpoint[] = [];
  driver: Driver<LocateState> | null = null;
  /** Called after every step. */
  watch: (state: LocateState, effects: readonly Effect[], input: Input) => void = () => {};
  readonly #lan: Lan;
  readonly #timers = new Map<string, object>();
  #boot = 0;

  constructor(lan: Lan, name: string, address: string, disk: Disk) {
    this.#lan = lan;
    this.name = name;
    this.address = address;
    this.records = new Map(disk.records);
    this.keys = new Map(disk.keys);
    lan.hosts.push(this);
  }

  get state(): LocateState {
    return this.driver?.state ?? protocol.initial();
  }

  get situation(): string {
    return this.state.situation;
  }

  /** lp1's record of the peer, as the disk has it. */
  get body(): { readonly [name: string]: Json } | null {
    const record = [...this.records.values()].find((one) => one.protocol === 'lp1');
    return record === undefined ? null : (record.body as { readonly [name: string]: Json });
  }

  get record(): string {
    return this.state.partners[0]?.record ?? '';
  }

  start(windowMs = 0): void {
    this.#boot++;
    this.#timers.clear();
    const observe = (step: { state: LocateState; effects: readonly Effect[]; input: Input }): void =>
      this.watch(step.state, step.effects, step.input);
    this.driver = drive({ protocol, suite: this.#lan.suite, ports: this, observe });
    const seed = this.#lan.suite.hash(utf8(this.name)).slice(0, 32);
    this.input({
      type: 'start',
      phrase: null,
      self: {
        hostName: `${this.name}.example.org`,
        userName: this.name,
        directory: '~/annex',
        sshKey: edLine(this.#lan.suite.signatures.publicKey(seed)),
        hostKeys: [],
        displayName: this.name,
        repository: '',
        program: 'lan',
      },
      interfaces: this.interfaces,
      peers: this.peers,
      entropy: this.#lan.suite.hash(utf8(`locate ${this.name} ${this.#boot} ${this.#lan.draw(2 ** 31)}`)).slice(0, 32),
      records: [...this.records.values()],
      windowMs,
    });
  }

  get interfaces(): LocateState['interfaces'] {
    return [{ name: 'eth0', addresses: [{ family: 4, address: this.address, prefix: 24 }] }];
  }

  crash(): void {
    this.#boot++;
    this.#timers.clear();
    this.driver = null;
  }

  /** The disk as it is now, to be put back later. */
  backup(): Disk {
    return { records: new Map(this.records), keys: new Map(this.keys) };
  }

  restore({ records }: Disk): void {
    this.records.clear();
    for (const [id, record] of records) this.records.set(id, record);
  }

  move(address: string): void {
    this.address = address;
    this.input({ type: 'interfaces', interfaces: this.interfaces });
  }

  find(): void {
    this.command({ name: 'find', record: this.record });
  }

  command(command: Command): void {
    this.input({ type: 'command', command });
  }

  input(input: Input): void {
    this.driver?.input(input);
  }

  deliver(bytes: Uint8Array, source: Endpoint, via: Via): void {
    if (this.driver !== null) this.input({ type: 'datagram', bytes, source, interface: 'eth0', via });
  }

  admits(): boolean {
    return true;
  }

  said<E extends Notice['event']>(event: E): readonly Extract<Notice, { event: E }>[] {
    return this.notices.filter((notice): notice is Extract<Notice, { event: E }> => notice.event === event);
  }

  readonly send: Ports['send'] = ({ bytes, from, to }) => {
    const source = { address: this.address, port: from === 'group' ? protocol.network.port : this.port };
    this.#lan.carry({ at: this.#lan.now, from: this.name, source, to, bytes });
  };

  readonly setTimer: Ports['setTimer'] = ({ name, minMs, maxMs }) => {
    const ticket = {};
    this.#timers.set(name, ticket);
    this.#later(minMs + this.#lan.draw(maxMs - minMs + 1), () => {
      if (this.#timers.get(name) !== ticket) return;
      this.#timers.delete(name);
      this.input({ type: 'timer', name });
    });
  };

  readonly cancelTimer: Ports['cancelTimer'] = ({ name }) => void this.#timers.delete(name);
  readonly store: Ports['store'] = ({ id, record }) =>
    this.#do('store', 'store', id, () => this.records.set(record.id, record));
  readonly discard: Ports['discard'] = ({ id, record }) =>
    this.#do('store', 'discard', id, () => this.records.delete(record));
  readonly provision: Ports['provision'] = ({ id, grant }) =>
    this.#do('provision', 'provision', id, () => this.keys.set(grant.record, grant));
  readonly unprovision: Ports['unprovision'] = ({ id, grant }) =>
    this.#do('unprovision', 'unprovision', id, () => this.keys.delete(grant.record));
  readonly sign: Ports['sign'] = () => undefined;
  readonly lookup: Ports['lookup'] = ({ id, query }) => {
    const name = query.kind === 'addresses' ? query.name : query.address;
    this.lookups.push(name);
    const answers = this.names.get(name);
    const outcome: Outcome =
      answers === undefined
        ? { of: 'lookup', id, ok: false, reason: 'no such name' }
        : { of: 'lookup', id, ok: true, answers };
    this.#later(1, () => this.input({ type: 'outcome', outcome }));
  };
  readonly notify: Ports['notify'] = ({ notice }) => void this.notices.push(notice);

  #do(of: 'store' | 'provision' | 'unprovision', type: Effect['type'], id: string, act: () => void): void {
    this.#later(2, () => {
      const reason = this.faults.get(type);
      if (reason === undefined) act();
      this.input({
        type: 'outcome',
        outcome: reason === undefined ? { of, id, ok: true } : { of, id, ok: false, reason },
      });
    });
  }

  #later(ms: number, run: () => void): void {
    const boot = this.#boot;
    this.#lan.later(ms, () => {
      if (boot === this.#boot) run();
    });
  }
}

export interface Pair {
  readonly lan: Lan;
  readonly alice: Machine;
  readonly bob: Machine;
}

/** Alice at 10.0.0.1 and bob at 10.0.0.2, paired, off. */
export function paired(
  lan: Lan = new Lan(),
  alter: { alice?: { [name: string]: Json }; bob?: { [name: string]: Json } } = {},
): Pair {
  const disks = pairedDisks(lan);
  const alice = new Machine(lan, 'alice', '10.0.0.1', altered(disks.alice, alter.alice ?? {}));
  const bob = new Machine(lan, 'bob', '10.0.0.2', altered(disks.bob, alter.bob ?? {}));
  return { lan, alice, bob };
}
