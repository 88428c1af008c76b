/**
 * A table-top world for tests of one protocol: a few hosts on one wire, a virtual clock in ms, no randomness but what the
 * test hands over. It is deliberately not the simulator (sim/): small enough to be read beside a failing test.
 */
import { concat, utf8 } from '../bytes.ts';
import type {
  Effect,
  Grant,
  Input,
  Interface,
  Notice,
  Outcome,
  PlainState,
  Protocol,
  StartInput,
  StoredRecord,
  Suite,
} from '../contract.ts';
import { type Driver, drive, type Ports } from '../driver.ts';
import { realSuite } from '../suite.ts';

/** What happens to one datagram on its way to one host: the delay in ms of each copy that arrives. */
export type Fate = (from: string, to: string, bytes: Uint8Array) => readonly number[];

/** A world of hosts. `settle(ms)` runs what is due within that time. */
export class TableTop<S extends PlainState> {
  now = 0;
  fate: Fate = () => [1];
  readonly sent: { readonly from: string; readonly bytes: Uint8Array; readonly at: number }[] = [];
  readonly hosts: Host<S>[] = [];
  readonly protocol: Protocol<S>;
  readonly suite: Suite;
  #order = 0;
  readonly #due: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];

  constructor(protocol: Protocol<S>, suite: Suite = realSuite) {
    this.protocol = protocol;
    this.suite = suite;
  }

  add(person: { name: string; address: string; phrase: string | null; userName?: string }): Host<S> {
    const host = new Host(this, person.name, person.userName ?? person.name, person.address);
    this.hosts.push(host);
    host.start(person.phrase);
    return host;
  }

  /** Put these bytes on the wire as if a stranger had sent them. */
  inject(bytes: Uint8Array, source = '10.0.0.99'): void {
    for (const host of this.hosts) host.deliver(bytes, source);
  }

  send(from: Host<S>, bytes: Uint8Array): void {
    this.sent.push({ from: from.name, bytes, at: this.now });
    const source = from.address;
    for (const to of this.hosts) {
      const delays = to === from ? [1] : this.fate(from.name, to.name, bytes);
      for (const delay of delays) this.later(delay, () => to.deliver(bytes, source));
    }
  }

  later(ms: number, run: () => void): void {
    this.#due.push({ at: this.now + ms, order: this.#order++, run });
  }

  settle(ms: number): void {
    const end = this.now + ms;
    for (let steps = 0; steps < 200_000; steps++) {
      this.#due.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#due[0];
      if (next === undefined || next.at > end) break;
      this.#due.shift();
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }
}

export class Host<S extends PlainState> implements Ports {
  readonly notices: Notice[] = [];
  readonly keys: Map<string, Grant> = new Map();
  readonly records: Map<string, StoredRecord> = new Map();
  /** Reasons to fail with, by effect type; absent is success. */
  readonly faults: Map<Effect['type'], string> = new Map();
  /** What names and addresses resolve to. */
  readonly names: Map<string, readonly string[]> = new Map();
  readonly inputs: Input[] = [];
  readonly name: string;
  address: string;
  driver: Driver<S>;
  readonly #world: TableTop<S>;
  readonly #userName: string;
  readonly #timers = new Map<string, object>();
  #boot = 0;

  constructor(world: TableTop<S>, name: string, userName: string, address: string) {
    this.#world = world;
    this.name = name;
    this.#userName = userName;
    this.address = address;
    this.driver = this.#newDriver();
  }

  input(input: Input): void {
    this.inputs.push(input);
    this.driver.input(input);
  }

  start(phrase: string | null): void {
    const records = [...this.records.values()];
    const { name, address } = this;
    this.input(startOf({ name, userName: this.#userName, address, phrase, boot: this.#boot, records }));
  }

  /** Everything but records and keys is lost. */
  crash(): void {
    this.driver = this.#newDriver();
  }

  /** A machine that is down hears nothing. */
  deliver(bytes: Uint8Array, address: string): void {
    if (this.driver.state.situation === this.#world.protocol.initial().situation) return;
    this.input({ type: 'datagram', bytes, source: { address, port: 40000 }, interface: 'eth0', via: 'group' });
  }

  readonly send: Ports['send'] = ({ bytes }) => this.#world.send(this, bytes);

  readonly setTimer: Ports['setTimer'] = ({ name, minMs, maxMs }) => {
    const ticket = {};
    this.#timers.set(name, ticket);
    this.#later(Math.floor((minMs + maxMs) / 2), () => {
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

  readonly sign: Ports['sign'] = ({ id }) =>
    this.#later(5, () => this.#outcome({ of: 'sign', id, ok: false, reason: 'no key here' }));

  readonly lookup: Ports['lookup'] = ({ id, query }) => {
    const answers = this.names.get(query.kind === 'addresses' ? query.name : query.address) ?? [];
    this.#later(3, () => this.#outcome({ of: 'lookup', id, ok: true, answers }));
  };

  readonly notify: Ports['notify'] = ({ notice }) => void this.notices.push(notice);

  #do(of: 'store' | 'provision' | 'unprovision', type: Effect['type'], id: string, act: () => void): void {
    this.#later(5, () => {
      const reason = this.faults.get(type);
      if (reason === undefined) act();
      this.#outcome(reason === undefined ? { of, id, ok: true } : { of, id, ok: false, reason });
    });
  }

  #outcome(outcome: Outcome): void {
    this.input({ type: 'outcome', outcome });
  }

  /** Later, unless the machine has crashed by then. */
  #later(ms: number, run: () => void): void {
    const boot = this.#boot;
    this.#world.later(ms, () => {
      if (boot === this.#boot) run();
    });
  }

  #newDriver(): Driver<S> {
    this.#boot++;
    this.#timers.clear();
    return drive({ protocol: this.#world.protocol, suite: this.#world.suite, ports: this });
  }
}

export function startOf(host: {
  name: string;
  userName: string;
  address: string;
  phrase: string | null;
  boot: number;
  records: readonly StoredRecord[];
}): StartInput {
  return {
    type: 'start',
    phrase: host.phrase === null ? null : { text: host.phrase, bits: 80 },
    self: {
      hostName: `${host.name}-host`,
      userName: host.userName,
      directory: '~/annex',
      sshKey: sshKeyOf(host.name),
      hostKeys: [],
      displayName: host.name,
      repository: '',
      program: 'table-top',
    },
    interfaces: interfacesAt(host.address),
    peers: [],
    entropy: realSuite.derive(utf8(`${host.name} ${host.boot}`), 'table-top', new Uint8Array(), 32),
    records: host.records,
    windowMs: 600_000,
  };
}

export function interfacesAt(address: string): readonly Interface[] {
  return [{ name: 'eth0', addresses: [{ family: 4, address, prefix: 24 }] }];
}

/** A well-formed ssh-ed25519 public key of nobody. */
export function sshKeyOf(name: string): string {
  const type = utf8('ssh-ed25519');
  const point = realSuite.hash(utf8(name)).slice(0, 32);
  const blob = concat(Uint8Array.of(0, 0, 0, type.length), type, Uint8Array.of(0, 0, 0, 32), point);
  return `ssh-ed25519 ${Buffer.from(blob).toString('base64')}`;
}
