/**
 * What every world owes the core, as one suite: the simulator's ports and the node's are both held to it.
 *
 * A world makes a host that runs a given protocol, and lets time pass until something holds. The protocols here are
 * scripts: they answer inputs with fixed effects and remember what they heard.
 */
import assert from 'node:assert/strict';
import type { Effect, Grant, Input, Interface, Protocol, StartInput, StoredRecord } from '../contract.ts';
import type { Driver } from '../driver.ts';

/** One host of a world, running one protocol. */
export interface ContractHost<S> {
  readonly driver: Driver<S>;
  /** Inputs as the core heard them, in order, with the world's time in ms. */
  readonly heard: readonly { readonly input: Input; readonly atMs: number }[];
  /** Feed `start`: the world fills in interfaces and the records that it has. */
  start(): void;
  /** Let time pass until `holds()`, at most `withinMs` of the world's time. False: it did not come to hold. */
  until(holds: () => boolean, withinMs: number): Promise<boolean>;
  readonly nowMs: number;
}

export interface ContractWorld {
  host(protocol: Protocol<ScriptState>): Promise<ContractHost<ScriptState>>;
  /** From now on whatever is written fails. */
  breakDisk(): Promise<void>;
  close(): Promise<void>;
}

export interface ContractCase {
  readonly title: string;
  run(world: ContractWorld): Promise<void>;
}

export interface ScriptState {
  readonly situation: string;
  readonly secrets: null;
  readonly steps: number;
}

/** A protocol that answers each input as told. */
export function script(answer: (input: Input) => readonly Effect[]): Protocol<ScriptState> {
  return {
    name: 'script',
    network: { groups: { 4: '224.0.0.251', 6: null }, port: 55_555, datagramMax: 1024 },
    initial: () => ({ situation: 'script', secrets: null, steps: 0 }),
    step: (state, input) => [
      { ...state, steps: state.steps + 1 },
      answer(input),
      { situation: 'script', event: input.type },
    ],
    describe: () => ({ kind: 'foreign', fields: {} }),
    table: [],
    limits: {},
  };
}

const record: StoredRecord = { id: 'contract00000001', protocol: 'script', body: { n: 1 } };
const grant: Grant = {
  record: record.id,
  key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB',
};
const atStart =
  (effects: readonly Effect[]) =>
  (input: Input): readonly Effect[] =>
    input.type === 'start' ? effects : [];

/** `of id ok`, in the order in which they were heard. */
function outcomes(host: ContractHost<ScriptState>): string[] {
  return host.heard.flatMap(({ input }) =>
    input.type === 'outcome' && input.outcome.of !== 'send'
      ? [`${input.outcome.of} ${input.outcome.id} ${input.outcome.ok ? 'ok' : 'failed'}`]
      : [],
  );
}

function timersOf(host: ContractHost<ScriptState>): string[] {
  return host.heard.flatMap(({ input }) => (input.type === 'timer' ? [input.name] : []));
}

async function mustCome(host: ContractHost<ScriptState>, holds: () => boolean, what: string): Promise<void> {
  assert.ok(await host.until(holds, 10_000), `${what}: did not come; heard ${JSON.stringify(host.heard)}`);
}

const setTimer = (name: string, minMs: number, maxMs: number): Effect => ({ type: 'setTimer', name, minMs, maxMs });

export const driverContract: readonly ContractCase[] = [
  {
    title: 'start brings interfaces with prefixes, and 32 bytes of entropy that are not the last ones',
    async run(world) {
      const starts: StartInput[] = [];
      for (let i = 0; i < 2; i++) {
        const host = await world.host(script(() => []));
        host.start();
        for (const { input } of host.heard) if (input.type === 'start') starts.push(input);
      }
      const [first, second] = starts;
      assert.ok(first !== undefined && second !== undefined);
      assert.equal(first.entropy.length, 32);
      assert.notDeepEqual(first.entropy, second.entropy);
      const all: readonly Interface[] = first.interfaces;
      assert.ok(all.length > 0 && all.every(({ addresses }) => addresses.every(({ prefix }) => prefix > 0)));
    },
  },
  {
    title: 'each effect with an outcome has exactly one, in the order in which the disk was asked',
    async run(world) {
      const host = await world.host(
        script(
          atStart([
            { type: 'store', id: 's1', record },
            { type: 'provision', id: 'p1', grant },
            { type: 'provision', id: 'p2', grant },
            { type: 'unprovision', id: 'u1', grant },
            { type: 'discard', id: 'd1', record: record.id },
          ]),
        ),
      );
      host.start();
      await mustCome(host, () => outcomes(host).length >= 5, 'five outcomes');
      assert.deepEqual(outcomes(host), [
        'store s1 ok',
        'provision p1 ok',
        'provision p2 ok',
        'unprovision u1 ok',
        'store d1 ok',
      ]);
      await host.until(() => false, 50);
      assert.equal(outcomes(host).length, 5);
    },
  },
  {
    title: 'a look-up of an address or a name is answered, and so is one of something that is neither',
    async run(world) {
      const host = await world.host(
        script(
          atStart([
            { type: 'lookup', id: 'l1', query: { kind: 'names', address: '127.0.0.1' } },
            { type: 'lookup', id: 'l2', query: { kind: 'addresses', name: 'localhost' } },
            { type: 'lookup', id: 'l3', query: { kind: 'addresses', name: '-oProxyCommand=x y' } },
          ]),
        ),
      );
      host.start();
      await mustCome(host, () => outcomes(host).length >= 3, 'three outcomes');
      const answered = outcomes(host).map((line) => line.split(' ')[1]);
      assert.deepEqual(new Set(answered), new Set(['l1', 'l2', 'l3']));
      const odd = host.heard.find(
        ({ input }) => input.type === 'outcome' && 'id' in input.outcome && input.outcome.id === 'l3',
      );
      const outcome = odd?.input.type === 'outcome' ? odd.input.outcome : null;
      assert.ok(outcome !== null && (!outcome.ok || (outcome.of === 'lookup' && outcome.answers.length === 0)));
    },
  },
  {
    title: 'a timer fires once, not before its shortest time',
    async run(world) {
      const host = await world.host(script(atStart([setTimer('a', 30, 60), setTimer('b', 0, 0)])));
      host.start();
      const startedMs = host.nowMs;
      await mustCome(host, () => timersOf(host).includes('a'), 'timer a');
      assert.deepEqual(timersOf(host), ['b', 'a']);
      const a = host.heard.find(({ input }) => input.type === 'timer' && input.name === 'a');
      // A clock of whole milliseconds may show one less.
      assert.ok((a?.atMs ?? 0) - startedMs >= 29, `fired after ${(a?.atMs ?? 0) - startedMs} ms`);
      await host.until(() => false, 100);
      assert.equal(timersOf(host).length, 2);
    },
  },
  {
    title: 'a timer that is set anew replaces itself, and a cancelled one never fires',
    async run(world) {
      const host = await world.host(
        script(
          atStart([
            setTimer('again', 5, 5),
            setTimer('again', 40, 40),
            setTimer('never', 5, 5),
            { type: 'cancelTimer', name: 'never' },
            { type: 'cancelTimer', name: 'unknown' },
            setTimer('last', 80, 80),
          ]),
        ),
      );
      host.start();
      await mustCome(host, () => timersOf(host).includes('last'), 'timer last');
      assert.deepEqual(timersOf(host), ['again', 'last']);
    },
  },
  {
    title: 'all effects of a step are carried out before the next input is heard',
    async run(world) {
      const host = await world.host(
        script((input) =>
          input.type === 'start'
            ? [setTimer('now', 0, 0), { type: 'store', id: 's1', record }, setTimer('now', 20, 20)]
            : [],
        ),
      );
      host.start();
      await mustCome(host, () => timersOf(host).length > 0 && outcomes(host).length > 0, 'both');
      await host.until(() => false, 50);
      assert.deepEqual(timersOf(host), ['now']);
    },
  },
  {
    title: 'a stored record is there at the next start, a discarded one is not',
    async run(world) {
      const store = await world.host(script(atStart([{ type: 'store', id: 's1', record }])));
      store.start();
      await mustCome(store, () => outcomes(store).length > 0, 'the outcome');
      const drop = await world.host(script(atStart([{ type: 'discard', id: 'd1', record: record.id }])));
      drop.start();
      await mustCome(drop, () => outcomes(drop).length > 0, 'the outcome');
      const last = await world.host(script(() => []));
      last.start();
      const recordsAt = (host: ContractHost<ScriptState>): unknown =>
        host.heard.flatMap(({ input }) => (input.type === 'start' ? [input.records] : []))[0];
      assert.deepEqual(recordsAt(drop), [record]);
      assert.deepEqual(recordsAt(last), []);
    },
  },
  {
    title: 'what cannot be written is an outcome with a reason, and the core goes on',
    async run(world) {
      await world.breakDisk();
      const host = await world.host(
        script(
          atStart([{ type: 'store', id: 's1', record }, { type: 'provision', id: 'p1', grant }, setTimer('on', 5, 5)]),
        ),
      );
      host.start();
      await mustCome(host, () => outcomes(host).length >= 2 && timersOf(host).length === 1, 'outcomes and timer');
      assert.deepEqual(outcomes(host), ['store s1 failed', 'provision p1 failed']);
      for (const { input } of host.heard) {
        if (input.type === 'outcome' && !input.outcome.ok) assert.notEqual(input.outcome.reason, '');
      }
    },
  },
  {
    title: 'a send that cannot be done is an outcome',
    async run(world) {
      const send: Effect = { type: 'send', bytes: Uint8Array.of(1), interface: 'nope0', from: 'group', to: 'group' };
      const host = await world.host(script(atStart([send])));
      host.start();
      await mustCome(
        host,
        () => host.heard.some(({ input }) => input.type === 'outcome' && input.outcome.of === 'send'),
        'the outcome',
      );
    },
  },
];
