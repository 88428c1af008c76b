/**
 * A small LAN for tests of lp1: hosts on one wire with loss, duplication and delay drawn from one seed, unicast and
 * multicast, firewalls, crashes, and a person at each host. Virtual time in ms. It is deliberately not the simulator
 * (sim/): small enough to be read beside a failing test.
 */
import { utf8 } from '../bytes.ts';
import type {
  Command,
  Effect,
  Endpoint,
  Grant,
  Input,
  Notice,
  Outcome,
  StoredRecord,
  Suite,
  Via,
} from '../contract.ts';
import { type Driver, drive, type Ports } from '../driver.ts';
import { edLine } from '../lp1/identity.ts';
import { protocol } from '../lp1/index.ts';
import { sshsigBlob } from '../lp1/sshsig.ts';
import type { Lp1State } from '../lp1/state.ts';
import { symbolicSuite } from '../suite-symbolic.ts';

export interface Weather {
  /** Of 100 datagrams so many are lost, and so many arrive twice. */
  readonly loss: number;
  readonly twice: number;
  /** Delay of a copy in ms, drawn in this range: a wide one reorders. */
  readonly delay: readonly [number, number];
}

export const fair: Weather = { loss: 0, twice: 0, delay: [1, 1] };

export interface Sent {
  readonly at: number;
  readonly from: string;
  readonly source: Endpoint;
  readonly to: 'group' | Endpoint;
  readonly bytes: Uint8Array;
}

/** What stands on the wire: a host of lp1, or of another protocol on the same port. */
export interface Station {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  admits(sent: Sent): boolean;
  deliver(bytes: Uint8Array, source: Endpoint, via: Via): void;
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Lan {
  now = 0;
  weather: Weather = fair;
  /** Whether this datagram gets through to this host, before the weather. */
  filter: (sent: Sent, to: Station) => boolean = () => true;
  readonly sent: Sent[] = [];
  readonly hosts: Station[] = [];
  readonly suite: Suite;
  steps = 0;
  #order = 0;
  #seed: number;
  readonly #heap: Due[] = [];

  constructor(suite: Suite = symbolicSuite, seed = 1) {
    this.suite = suite;
    this.#seed = seed;
  }

  /** A whole number from 0 to below: a 32-bit mix of a counter. */
  draw(below: number): number {
    this.#seed = (this.#seed + 0x9e3779b9) | 0;
    let z = this.#seed;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) % below;
  }

  add(name: string, options: Partial<LanHostOptions> = {}): LanHost {
    const host = new LanHost(this, name, { address: `10.0.0.${this.hosts.length + 1}`, ...options });
    this.hosts.push(host);
    return host;
  }

  carry(sent: Sent): void {
    this.sent.push(sent);
    for (const host of this.hosts) {
      const { to } = sent;
      if (to !== 'group' && to.address !== host.address) continue;
      const via = to === 'group' || to.port === protocol.network.port ? 'group' : 'unicast';
      if (to !== 'group' && via === 'unicast' && to.port !== host.port) continue;
      const self = host.name === sent.from;
      if (!self && (!this.filter(sent, host) || !host.admits(sent))) continue;
      const copies = self ? 1 : this.draw(100) < this.weather.loss ? 0 : this.draw(100) < this.weather.twice ? 2 : 1;
      const [min, max] = this.weather.delay;
      for (let i = 0; i < copies; i++)
        this.later(min + this.draw(max - min + 1), () => host.deliver(sent.bytes, sent.source, via));
    }
  }

  later(ms: number, run: () => void): void {
    const heap = this.#heap;
    heap.push({ at: this.now + ms, order: this.#order++, run });
    for (let i = heap.length - 1; i > 0; ) {
      const up = (i - 1) >> 1;
      if (!before(heap, i, up)) break;
      swap(heap, i, up);
      i = up;
    }
  }

  #next(): Due | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    heap[0] = last;
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      const smaller = left + 1 < heap.length && before(heap, left + 1, left) ? left + 1 : left;
      if (smaller >= heap.length || !before(heap, smaller, i)) return top;
      swap(heap, i, smaller);
      i = smaller;
    }
  }

  /** Lets time pass until it holds, at most so long. */
  until(holds: () => boolean, withinMs: number): boolean {
    const end = this.now + withinMs;
    for (let events = 0; events < 2_000_000; events++) {
      if (holds()) return true;
      const at = this.#heap[0]?.at;
      if (at === undefined || at > end) break;
      this.now = at;
      this.#next()?.run();
    }
    this.now = end;
    return holds();
  }

  pass(ms: number): void {
    this.until(() => false, ms);
  }
}

function before(heap: readonly Due[], i: number, j: number): boolean {
  const [a, b] = [heap[i], heap[j]];
  if (a === undefined || b === undefined) return false;
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function swap(heap: Due[], i: number, j: number): void {
  const [a, b] = [heap[i], heap[j]];
  if (a === undefined || b === undefined) return;
  heap[i] = b;
  heap[j] = a;
}

export interface LanHostOptions {
  readonly address: string;
  /** Of the ssh key: two names with one key are one machine. */
  readonly key: string;
  readonly firewalled: boolean;
  readonly hostKeys: readonly string[];
}

export class LanHost implements Ports, Station {
  readonly notices: Notice[] = [];
  readonly keys: Map<string, Grant> = new Map();
  readonly records: Map<string, StoredRecord> = new Map();
  readonly faults: Map<Effect['type'], string> = new Map();
  readonly inputs: Input[] = [];
  readonly name: string;
  readonly seed: Uint8Array;
  readonly port = 40_001;
  address: string;
  peers: readonly Endpoint[] = [];
  driver: Driver<Lp1State> | null = null;
  /** Called after every step, with the state, before its effects are carried out. */
  watch: (state: Lp1State, effects: readonly Effect[]) => void = () => {};
  /** Every record that its disk ever held. */
  readonly everStored: Set<string> = new Set();
  steps = 0;
  /** How long its disk takes. */
  storeMs = 2;
  /** Crashes right after this step: of its effects either all that are carried out at once were, or none. */
  crashAt: { readonly step: number; readonly effects: boolean } | null = null;
  onCrash: () => void = () => {};
  readonly #lan: Lan;
  readonly #options: LanHostOptions;
  readonly #timers = new Map<string, object>();
  readonly #flows = new Set<string>();
  #boot = 0;

  constructor(lan: Lan, name: string, options: Partial<LanHostOptions> & { address: string }) {
    this.#lan = lan;
    this.name = name;
    this.#options = { key: name, firewalled: false, hostKeys: [], ...options };
    this.address = options.address;
    this.seed = lan.suite.hash(utf8(this.#options.key)).slice(0, 32);
  }

  get state(): Lp1State {
    return this.driver?.state ?? protocol.initial();
  }

  get situation(): string {
    return this.state.situation;
  }

  start(
    phrase: string | null,
    { bits = 44, windowMs = 600_000, weak = false }: { bits?: number; windowMs?: number; weak?: boolean } = {},
  ): void {
    this.#boot++;
    this.#timers.clear();
    const observe = ({ state, effects }: { state: Lp1State; effects: readonly Effect[] }): void => {
      this.#lan.steps++;
      this.steps++;
      this.watch(state, effects);
      if (this.crashAt?.step === this.steps && !this.crashAt.effects) this.crash();
    };
    this.driver = drive({ protocol, suite: this.#lan.suite, ports: this, observe });
    this.input({
      type: 'start',
      phrase: phrase === null ? null : { text: phrase, bits, accepted: weak ? ['weak', 'slip'] : ['slip'] },
      self: {
        hostName: `${this.name}.example.org`,
        userName: this.name,
        directory: '~/annex',
        sshKey: edLine(this.#lan.suite.signatures.publicKey(this.seed)),
        hostKeys: this.#options.hostKeys,
        displayName: this.name,
        repository: '',
        program: 'lan',
      },
      interfaces: this.interfaces,
      peers: this.peers,
      entropy: this.#lan.suite.hash(utf8(`${this.name} ${this.#boot} ${this.#lan.draw(2 ** 31)}`)).slice(0, 32),
      records: [...this.records.values()],
      windowMs,
    });
  }

  get interfaces(): Lp1State['interfaces'] {
    return [{ name: 'eth0', addresses: [{ family: 4, address: this.address, prefix: 24 }] }];
  }

  /** Everything but what is on the disk is lost; what was being written to it was not. */
  crash(): void {
    this.#boot++;
    this.#timers.clear();
    this.driver = null;
    this.crashAt = null;
    this.onCrash();
  }

  /** A new disk: no records, no keys. */
  loseDisk(): void {
    this.records.clear();
    this.keys.clear();
  }

  move(address: string): void {
    this.address = address;
    this.input({ type: 'interfaces', interfaces: this.interfaces });
  }

  command(command: Command): void {
    this.input({ type: 'command', command });
  }

  input(input: Input): void {
    this.inputs.push(input);
    this.driver?.input(input);
    if (this.crashAt !== null && this.driver !== null && this.crashAt.step <= this.steps) this.crash();
  }

  deliver(bytes: Uint8Array, source: Endpoint, via: Via): void {
    if (this.driver !== null) this.input({ type: 'datagram', bytes, source, interface: 'eth0', via });
  }

  /** A firewall that lets in only answers to what went out, by both addresses and ports. */
  admits({ source, to }: Sent): boolean {
    if (!this.#options.firewalled) return true;
    return to !== 'group' && this.#flows.has(`${to.port} ${source.address} ${source.port}`);
  }

  said(event: Notice['event']): readonly Notice[] {
    return this.notices.filter((notice) => notice.event === event);
  }

  readonly send: Ports['send'] = ({ bytes, from, to }) => {
    if (this.driver === null) return;
    const source = { address: this.address, port: from === 'group' ? protocol.network.port : this.port };
    if (to !== 'group') this.#flows.add(`${source.port} ${to.address} ${to.port}`);
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
    this.#do('store', 'store', id, () => {
      this.records.set(record.id, record);
      this.everStored.add(record.id);
    });
  readonly discard: Ports['discard'] = ({ id, record }) =>
    this.#do('store', 'discard', id, () => this.records.delete(record));
  readonly provision: Ports['provision'] = ({ id, grant }) =>
    this.#do('provision', 'provision', id, () => this.keys.set(grant.record, grant));
  readonly unprovision: Ports['unprovision'] = ({ id, grant }) =>
    this.#do('unprovision', 'unprovision', id, () => this.keys.delete(grant.record));

  readonly sign: Ports['sign'] = ({ id, bytes }) =>
    this.#later(1, () =>
      this.#outcome({ of: 'sign', id, ok: true, signature: sshsigBlob(this.#lan.suite, this.seed, bytes) }),
    );
  readonly lookup: Ports['lookup'] = ({ id }) =>
    this.#later(1, () => this.#outcome({ of: 'lookup', id, ok: true, answers: [] }));
  readonly notify: Ports['notify'] = ({ notice }) => void this.notices.push(notice);

  #do(of: 'store' | 'provision' | 'unprovision', type: Effect['type'], id: string, act: () => void): void {
    this.#later(of === 'store' ? this.storeMs : 2, () => {
      const reason = this.faults.get(type);
      if (reason === undefined) act();
      this.#outcome(reason === undefined ? { of, id, ok: true } : { of, id, ok: false, reason });
    });
  }

  #outcome(outcome: Outcome): void {
    this.input({ type: 'outcome', outcome });
  }

  #later(ms: number, run: () => void): void {
    if (this.driver === null) return;
    const boot = this.#boot;
    this.#lan.later(ms, () => {
      if (boot === this.#boot) run();
    });
  }
}

/** Both are paired with each other: one key and one record each, with one TH. */
export function pairedWell(a: LanHost, b: LanHost): string | null {
  if (a.situation !== 'Paired' || b.situation !== 'Paired') return `${a.situation} and ${b.situation}`;
  const [bondA, bondB] = [a, b].map((host) => host.state.bonds.find(({ record }) => record === host.state.current));
  if (bondA === undefined || bondB === undefined) return 'no bond';
  if (bondA.th !== bondB.th || bondA.record !== bondB.record) return 'two transcripts';
  for (const host of [a, b]) {
    if (host.keys.size !== 1 || host.records.size !== 1)
      return `${host.name}: ${host.keys.size} keys, ${host.records.size} records`;
  }
  const [keyA] = a.keys.values();
  const [keyB] = b.keys.values();
  return keyA?.key === bondA.peer.sshKey && keyB?.key === bondB.peer.sshKey ? null : 'wrong keys';
}
