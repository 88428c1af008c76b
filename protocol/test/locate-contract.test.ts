/** What the contract asks of every protocol, held by `locate`: total, plain, deterministic, bounded, silent, and all of its table met. */
import test from 'ava';
import fc from 'fast-check';
import { fromHex, toHex, utf8 } from '../bytes.ts';
import { CborMap, encode } from '../cbor.ts';
import type { Effect, Input, Interface, Json, StoredRecord } from '../contract.ts';
import { Misuse } from '../contract.ts';
import { type LocateState, locate } from '../index.ts';
import { noteId, readNote, writeNote } from '../locate/note.ts';
import { padded, type SealKeys, sealKeys, tagOf, writeHere, writeWhere } from '../locate/sealed.ts';
import { limits } from '../locate/state.ts';
import { writeBeacon, writeSealed } from '../lp1/messages.ts';
import { symbolicSuite as suite } from '../suite-symbolic.ts';
import { type Disk, pairedDisks } from './locate-lan.ts';
import { Lan } from './lp1-lan.ts';
import { canonical, deepFreeze } from './plain.ts';

const { protocol } = locate;
const disks = pairedDisks(new Lan());
const eth0 = [
  {
    name: 'eth0',
    addresses: [
      { family: 4, address: '10.0.0.1', prefix: 24 },
      { family: 6, address: 'fe80::1', prefix: 64 },
    ],
  },
] as const;
const moved = [{ name: 'eth0', addresses: [{ family: 4, address: '10.0.0.7', prefix: 24 }] }] as const;

function lp1Record({ records }: Disk): StoredRecord {
  const [record] = [...records.values()].filter((one) => one.protocol === 'lp1');
  if (record === undefined) throw new Error('no record');
  return record;
}

function withFields(record: StoredRecord, fields: { readonly [name: string]: Json }): StoredRecord {
  return { ...record, body: { ...(record.body as { readonly [name: string]: Json }), ...fields } };
}

const mine = lp1Record(disks.alice);
const body = lp1Record(disks.bob).body as { readonly [name: string]: string };
const keys = sealKeys(suite, fromHex(body['pair'] ?? ''), body['mine'] ?? '', body['theirs'] ?? '');
const bob: SealKeys = keys.mine;

function startWith(records: readonly StoredRecord[], windowMs = 60_000): Input {
  const self = {
    hostName: 'alice',
    userName: 'alice',
    directory: '~',
    sshKey: '',
    hostKeys: [],
    displayName: '',
    repository: '',
    program: '',
  };
  const entropy = new Uint8Array(32).fill(5);
  return { type: 'start', phrase: null, self, interfaces: eth0, peers: [], entropy, records, windowMs };
}

function datagram(bytes: Uint8Array, address = '10.0.0.2'): Input {
  return { type: 'datagram', bytes, source: { address, port: 40_001 }, interface: 'eth0', via: 'unicast' };
}

let nonces = 0;
function nonce(): Uint8Array {
  return suite.hash(utf8(`nonce ${nonces++}`)).slice(0, 24);
}

const four = Uint8Array.of(10, 0, 0, 2);
const linkLocal = fromHex('fe800000000000000000000000000002');

function where(fields: Partial<Parameters<typeof writeWhere>[3]>, by: SealKeys = bob): Uint8Array {
  return writeWhere(suite, by, nonce(), { epoch: 1, n: 0, moved: false, standing: 'installed', ...fields });
}

function here(fields: Partial<Parameters<typeof writeHere>[3]>): Uint8Array {
  const content = { epoch: 1, n: 0, asked: nonce(), addresses: [four], standing: 'installed', ...fields } as const;
  return writeHere(suite, bob, nonce(), content);
}

/** Sealed with the peer's keys, and wrong inside. */
function broken(kind: 'WHERE' | 'HERE', content: CborMap, bend: (inside: Uint8Array) => void = () => {}): Uint8Array {
  const fresh = nonce();
  const tag = tagOf(suite, bob, kind, fresh);
  const inside = padded(kind, content);
  bend(inside);
  return writeSealed(kind, fresh, tag, suite.aead.seal(kind === 'WHERE' ? bob.q : bob.a, fresh, inside, tag));
}

/** A second peer, who is never there. */
const second = { ...withFields(mine, { step: 'installed', pair: '07'.repeat(32) }), id: 'secondpeer000000' };

type Letter = () => Input;

const commands = [
  { name: 'find', record: mine.id },
  { name: 'find', record: mine.id },
  { name: 'forget', record: mine.id },
  { name: 'find', record: second.id },
  { name: 'find', record: 'nobody' },
  { name: 'nudge' },
  { name: 'grant' },
] as const;

const timers = [
  `ask ${mine.id}`,
  `ask ${mine.id}`,
  'ask nobody',
  `better ${mine.id}`,
  `calm ${mine.id}`,
  'trial open',
  'trial known',
  'shout',
  'window',
  'x',
];

/** What may come in this very state: the peer, strangers, a person, time, the disk, the resolver. */
function letters(state: LocateState): readonly Letter[] {
  const record = mine.id;
  const partner = state.partners[0];
  const { epoch, n } = partner?.heard ?? { epoch: 0, n: 0 };
  const asked = partner?.ask?.nonces.at(-1) ?? nonce();
  const words = (['stored', 'installed', 'revoked'] as const).flatMap((standing): readonly Letter[] => [
    () => datagram(where({ epoch: epoch + 1, standing })),
    () => datagram(where({ epoch: epoch + 1, n: 1, standing, moved: true }), '10.0.0.9'),
    () => datagram(here({ asked, epoch: epoch + 2, standing })),
    () => datagram(here({ asked, epoch, n: (n ?? 0) + 3, standing }), '10.0.0.9'),
    () => datagram(here({ asked, epoch: epoch + 1, addresses: [four, linkLocal], standing }), 'fe80::2%eth0'),
  ]);
  const outcomes = ['epoch', `heard/${epoch}`, 'seen', 'keep', 'tombstone', 'discard', 'nothing'].flatMap((what) => [
    { of: 'store', id: `${record}/${what}`, ok: true } as const,
    { of: 'store', id: `${record}/${what}`, ok: false, reason: 'disk full' } as const,
  ]);
  const grants = (['provision', 'unprovision'] as const).flatMap((of) => [
    { of, id: `${record}/${of}`, ok: true } as const,
    { of, id: `${record}/${of}`, ok: false, reason: 'read-only' } as const,
  ]);
  const lookups = ['mdns', 'dns'].flatMap((rung) => [
    { of: 'lookup', id: `${record}/${rung}`, ok: true, answers: ['10.0.0.2', 'nonsense'] } as const,
    { of: 'lookup', id: `${record}/${rung}`, ok: false, reason: 'no answer' } as const,
  ]);
  return [
    ...words,
    () => datagram(where({ epoch, n: n ?? 0 })),
    () => datagram(here({})),
    () => datagram(where({}, keys.theirs), '10.0.0.50'),
    () => datagram(broken('WHERE', new CborMap([[3, 1]]))),
    () => datagram(writeSealed('WHERE', asked, new Uint8Array(8), new Uint8Array(64))),
    () => datagram(utf8('noise')),
    () => datagram(where({}), '192.0.2.1'),
    () => datagram(fromHex('4c50010101')),
    () => datagram(beacon),
    ...[...outcomes, ...grants, ...lookups].map(
      (outcome): Letter =>
        () => ({ type: 'outcome', outcome }),
    ),
    () => ({ type: 'outcome', outcome: { of: 'send', ok: false, interface: 'eth0', reason: 'down' } }),
    () => ({ type: 'outcome', outcome: { of: 'store', id: 'other/thing', ok: false, reason: 'down' } }),
    ...timers.map(
      (name): Letter =>
        () => ({ type: 'timer', name }),
    ),
    ...commands.map(
      (command): Letter =>
        () => ({ type: 'command', command }),
    ),
    () => ({ type: 'interfaces', interfaces: moved }),
    () => ({ type: 'interfaces', interfaces: eth0 }),
    () => ({ type: 'resumed', entropy: new Uint8Array(32).fill(6) }),
  ];
}

const beacon = writeBeacon({ from: new Uint8Array(16), channel: '', cookie: null, returned: null });

const starts: readonly Input[] = [
  startWith([mine]),
  startWith([mine, second]),
  startWith([withFields(mine, { step: 'stored', heard: 'nothing' })]),
  startWith([withFields(mine, { step: 'revoked', heard: 'nothing' }), writeNote(suite, noteOf({ heard: 9 }))], 0),
  startWith([withFields(mine, { heard: 'ready' }), writeNote(suite, noteOf({ epoch: 4, step: 8 }))]),
];

function noteOf(fields: Partial<Parameters<typeof writeNote>[1]>): Parameters<typeof writeNote>[1] {
  return { record: mine.id, epoch: 1, step: 1, heard: 0, addresses: ['10.0.0.2'], ...fields };
}

interface Walk {
  readonly cells: ReadonlySet<string>;
  readonly steps: number;
}

const cancel: Letter = () => ({ type: 'command', command: { name: 'cancel' } });

/** Many walks of some hundred steps, drawn from one seed, every state of them frozen. */
function wander(
  walks: number,
  visit: (before: LocateState, after: LocateState, effects: readonly Effect[]) => void,
): Walk {
  const cells = new Set<string>();
  const dice = new Lan(suite, 11);
  const explored = new Map<string, number>();
  let steps = 0;
  const note = (state: LocateState, input: Input): void => {
    const [after, effects, cell] = protocol.step(state, input, suite);
    visit(state, after, effects);
    cells.add(`${cell.situation} ${cell.event}`);
  };
  for (let walk = 0; walk < walks; walk++) {
    const start = starts[walk % starts.length];
    if (start === undefined) break;
    let [state] = protocol.step(protocol.initial(), start, suite);
    const length = 20 + dice.draw(150);
    const gentle = walk % 3;
    for (let i = 0; i < length; i++) {
      const choices = letters(state);
      // Everything once, from some states of each situation.
      const times = explored.get(state.situation) ?? 0;
      explored.set(state.situation, times + 1);
      if (times < 20) for (const letter of [...choices, cancel]) note(state, letter());
      const input = choices[dice.draw(choices.length)]?.();
      if (input === undefined) break;
      // Most walks are not ended by the first of a few inputs.
      if (gentle !== 0 && i < length - 5 && input.type === 'timer' && input.name === 'window') continue;
      const [after, effects, cell] = protocol.step(deepFreeze(state), input, suite);
      visit(state, after, effects);
      cells.add(`${cell.situation} ${cell.event}`);
      state = after;
      steps++;
    }
    const [ended] = protocol.step(state, cancel(), suite);
    for (const letter of [...letters(ended), cancel]) note(ended, letter());
  }
  return { cells, steps };
}

function bounded({ partners, trials, shouts }: LocateState): boolean {
  const queues = Object.values(trials);
  return (
    partners.length <= limits.partners &&
    queues.every(({ tokens, queue }) => tokens >= 0 && tokens <= limits.trials && queue.length <= limits.queue) &&
    shouts >= 0 &&
    shouts <= limits.shouts &&
    partners.every(
      ({ ask, pending, heard, addresses }) =>
        (ask === null ||
          (ask.nonces.length <= limits.nonces &&
            ask.proven.length <= limits.proven &&
            ask.hoped.length <= limits.hoped &&
            ask.turns <= limits.turns &&
            ask.tried.length <= 3 * limits.hoped)) &&
        pending.length <= limits.pending &&
        heard.by.length <= limits.heardBy &&
        addresses.length <= 4,
    )
  );
}

/** Takes these inputs from the start with two peers: the cells, and the state at their end. */
function follow(inputs: readonly ((state: LocateState) => Input)[]): { cells: string[]; state: LocateState } {
  let [state] = protocol.step(protocol.initial(), startWith([mine, second]), suite);
  const cells = inputs.map((input) => {
    const [after, , { situation, event }] = protocol.step(state, input(state), suite);
    state = after;
    return `${situation} ${event}`;
  });
  return { cells, state };
}

const find = (record: string) => (): Input => ({ type: 'command', command: { name: 'find', record } });
const epochStored = (): Input => ({ type: 'outcome', outcome: { of: 'store', id: `${mine.id}/epoch`, ok: true } });
const answered = (state: LocateState): Input =>
  datagram(here({ asked: state.partners.find(({ record }) => record === mine.id)?.ask?.nonces[0] ?? nonce() }));
const looked = (): Input => ({
  type: 'outcome',
  outcome: { of: 'lookup', id: `${mine.id}/mdns`, ok: true, answers: ['10.0.0.2'] },
});

/** Whatever can be heard while a name is looked up; and one is being named while another is still asked for. */
function whileResolving(): readonly string[] {
  const resolving = [find(mine.id), epochStored, answered];
  const { state } = follow(resolving);
  // More than there are tokens for, each from an address of its own; and one that waits already.
  const crowd = Array.from(
    { length: limits.trials + 1 },
    (_, i) => () => datagram(where({}, keys.theirs), `10.0.0.${i + 50}`),
  );
  const crowded = follow([...resolving, ...crowd, ...crowd.slice(-1)]).cells;
  const heard = [...letters(state), cancel].map((letter) => {
    const [, , { situation, event }] = protocol.step(state, letter(), suite);
    return `${situation} ${event}`;
  });
  return [...heard, ...crowded, ...follow([find(mine.id), find(second.id), epochStored, answered, looked]).cells];
}

test('every cell of the table that is not impossible is met, and no state outgrows its limits', (t) => {
  let [worst, visited] = [0, 0];
  const { cells, steps } = wander(150, (_, after) => {
    if (!bounded(after)) t.fail(canonical(after).slice(0, 2000));
    if (visited++ % 50 === 0) worst = Math.max(worst, canonical(after).length);
  });
  const possible = protocol.table.filter(({ kind, situation }) => kind !== 'impossible' && situation !== 'Idle');
  const met = new Set([...cells, ...whileResolving()]);
  const missed = possible.filter(({ situation, event }) => !met.has(`${situation} ${event}`));
  t.deepEqual(
    missed.map(({ situation, event }) => `${situation} ${event}`),
    [],
  );
  t.true(steps > 10_000);
  t.true(worst < 100_000, `${worst} characters`);
});

test('states are plain; what must not be known is under secrets, and leaves only in lp1’s record', (t) => {
  const secrets = ['pair', 'finMine', 'finTheirs'].map((name) => (mine.body as { readonly [n: string]: string })[name]);
  const sealing = [keys.mine, keys.theirs].flatMap(({ id, q, a }) => [id, q, a]).map(toHex);
  const hidden = [...secrets, ...sealing].map((text) => text ?? 'no such key');
  const seen = new Set<object>();
  let visited = 0;
  wander(4, (_, after, effects) => {
    if (visited++ % 5 !== 0) return;
    const open = canonical({ ...after, secrets: null });
    const said = effects.filter((effect) => effect.type !== 'store' || effect.record.protocol !== 'lp1');
    const loud = canonical(said);
    for (const secret of hidden) if (open.includes(secret) || loud.includes(secret)) t.fail(secret);
    seen.add(after);
  });
  t.true(seen.size > 100);
});

test('equal states behave alike: what a state was made of leaves nothing behind', (t) => {
  const copy = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return value.slice();
    if (Array.isArray(value)) return value.map(copy);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copy(inner)]));
  };
  let compared = 0;
  wander(4, (before) => {
    if (compared++ % 97 !== 0) return;
    for (const letter of letters(before).slice(0, 20)) {
      const input = letter();
      const [a, b] = [before, copy(before) as LocateState].map((state) => protocol.step(state, input, suite));
      if (canonical(a) !== canonical(b)) t.fail();
    }
  });
  t.true(compared > 0);
});

test('any bytes, any length, in any situation: no throw; a refusal leaves the very same state', (t) => {
  const states = starts.map((start) => protocol.step(protocol.initial(), start, suite)[0]);
  const some = fc.oneof(
    fc.uint8Array({ maxLength: 1400 }),
    fc
      .tuple(fc.constantFrom(1, 2, 3, 4, 8, 9, 10), fc.uint8Array({ maxLength: 400 }))
      .map(([type, rest]) => Uint8Array.of(0x4c, 0x50, 1, type, ...rest)),
    fc.tuple(fc.nat(108), fc.nat(255)).map(([at, byte]) => where({}).map((old, i) => (i === at ? byte : old))),
    fc.tuple(fc.nat(317), fc.nat(255)).map(([at, byte]) => here({}).map((old, i) => (i === at ? byte : old))),
  );
  fc.assert(
    fc.property(fc.constantFrom(...states), some, fc.boolean(), (state, bytes, asks) => {
      const before = asks ? protocol.step(state, find(mine.id)(), suite)[0] : state;
      const [after, effects, { event }] = protocol.step(deepFreeze(before), datagram(bytes), suite);
      const still = ['refused', 'unheard', 'echo', 'flooded'].includes(event);
      if (still) t.is(after, before);
      t.true(bounded(after));
      if (event === 'refused') t.true(effects.every(({ type }) => type === 'notify'));
    }),
    { numRuns: 2000 },
  );
});

test('what is sealed and wrong inside is refused by name, whatever is wrong', (t) => {
  const [listening] = protocol.step(protocol.initial(), startWith([mine]), suite);
  const [asking] = protocol.step(listening, { type: 'command', command: { name: 'find', record: mine.id } }, suite);
  const good: CborMap = new CborMap([
    [3, 1],
    [4, 0],
    [5, 2],
    [6, 0],
  ]);
  const answer = new CborMap([
    [1, new Uint8Array(24)],
    [2, [four]],
    [3, 1],
    [4, 0],
    [5, 2],
  ]);
  const bad = (map: CborMap, key: number, value: number | string | readonly (number | Uint8Array)[]): CborMap =>
    new CborMap([...map, [key, value]]);
  const cases: readonly Uint8Array[] = [
    ...[3, 4, 5, 6].map((key) => broken('WHERE', bad(good, key, 'text'))),
    broken('WHERE', bad(good, 3, 2 ** 49)),
    broken('WHERE', bad(good, 4, 2 ** 33)),
    broken('WHERE', bad(good, 5, 4)),
    broken('WHERE', good, (inside) => inside.set([0xff, 0xff])),
    broken('WHERE', good, (inside) => inside.set([1], 47)),
    broken('WHERE', good, (inside) => inside.set([0xff], 3)),
    ...[1, 2, 3, 4, 5].map((key) => broken('HERE', bad(answer, key, 'text'))),
    broken('HERE', bad(answer, 2, [7])),
    broken('HERE', bad(answer, 2, [new Uint8Array(5)])),
    broken('HERE', bad(answer, 2, Array<Uint8Array>(13).fill(four))),
  ];
  for (const [i, bytes] of cases.entries()) {
    const [after, effects] = protocol.step(asking, datagram(bytes, `10.0.0.${60 + i}`), suite);
    const refusals = effects.flatMap((effect) =>
      effect.type === 'notify' && effect.notice.event === 'refused' ? [effect.notice.refusal.rule] : [],
    );
    t.deepEqual(refusals, ['sealed-content'], `case ${i}`);
    t.is(after.situation, 'Asking');
  }
  const [, , cell] = protocol.step(asking, datagram(broken('WHERE', good)), suite);
  t.is(cell.event, 'whereFresh', 'the one that is not wrong is heard');
});

test('a flood from one address has one trial waiting, from many a bounded number; a known address has its own', (t) => {
  const known = startWith([mine, writeNote(suite, noteOf({}))]);
  let [state] = protocol.step(protocol.initial(), known, suite);
  const events: string[] = [];
  const hear = (bytes: Uint8Array, address: string): string => {
    const [after, , { event }] = protocol.step(state, datagram(bytes, address), suite);
    state = after;
    events.push(event);
    return event;
  };
  const junk = (): Uint8Array => writeSealed('WHERE', nonce(), new Uint8Array(8), new Uint8Array(64));
  for (let i = 0; i < 1000; i++) hear(junk(), `10.0.0.${100 + (i % 5)}`);
  t.is(state.trials.open.queue.length, 5);
  for (let i = 0; i < 1000; i++) hear(junk(), `10.0.0.${i % 250 === 2 ? 3 : i % 250}`);
  t.is(state.trials.open.queue.length, limits.queue);
  t.is(events.filter((event) => event === 'stranger').length, limits.trials);
  t.is(hear(where({ epoch: 5 }), '10.0.0.2'), 'whereFresh', 'bob is heard through it');
  const waiting = state.trials.open.queue.length;
  const [after, , cell] = protocol.step(state, { type: 'timer', name: 'trial open' }, suite);
  t.deepEqual([cell.event, after.trials.open.queue.length], ['stranger', waiting - 1]);
});

test('what waited its turn is heard as if it had come then', (t) => {
  let [state] = protocol.step(protocol.initial(), startWith([mine]), suite);
  for (let i = 0; i < limits.trials; i++) {
    [state] = protocol.step(
      state,
      datagram(writeSealed('HERE', nonce(), new Uint8Array(8), new Uint8Array(272)), '10.0.0.9'),
      suite,
    );
  }
  const [waiting, , cell] = protocol.step(state, datagram(where({ epoch: 3 }), '10.0.0.9'), suite);
  t.is(cell.event, 'waits');
  const [heard, effects, later] = protocol.step(waiting, { type: 'timer', name: 'trial open' }, suite);
  t.is(later.event, 'whereFresh');
  t.true(effects.some((effect) => effect.type === 'store' && effect.record.protocol === 'locate'));
  t.is(heard.trials.open.queue.length, 0);
});

test('a question is answered in each family on each interface, each where it came from; no datagram of it twice', (t) => {
  const families = (name: string, net: number): Interface => ({
    name,
    addresses: [
      { family: 4, address: `10.0.${net}.1`, prefix: 24 },
      { family: 6, address: `fe80::${net}:1`, prefix: 64 },
    ],
  });
  const start = { ...startWith([mine]), interfaces: [families('eth0', 0), families('eth1', 1)] };
  let [state] = protocol.step(protocol.initial(), start, suite);
  const copies = [0, 1, 2, 3, 4].map(() => where({ epoch: 7 }));
  const effects: Effect[] = [];
  const hear = (copy: number, address: string, name = 'eth0'): string => {
    const bytes = copies[copy] ?? new Uint8Array();
    const input = { ...datagram(bytes, address), interface: name } as Input;
    const [after, out, { event }] = protocol.step(state, input, suite);
    effects.push(...out);
    // Nothing is said of the work that this is: the allowance is another test's.
    state = { ...after, trials: protocol.initial().trials };
    return event;
  };
  t.is(hear(0, '10.0.0.2'), 'whereFresh');
  t.is(hear(0, '10.0.0.2'), 'whereOld', 'once more');
  t.is(hear(1, '10.0.0.2'), 'whereOld', 'by the same way');
  t.is(hear(1, 'fe80::bad%eth0'), 'whereOld', 'a stranger passes on what was dropped');
  t.is(hear(0, 'fe80::bad%eth0'), 'whereOld', 'a stranger passes it on in the other family');
  t.is(hear(0, '10.0.1.66', 'eth1'), 'whereOld', 'or on another interface');
  t.is(hear(2, 'fe80::2%eth0'), 'whereFresh', 'and takes nothing away from her own');
  t.is(hear(3, '10.0.1.2', 'eth1'), 'whereFresh');
  t.is(hear(4, 'fe80::1:2%eth1', 'eth1'), 'whereFresh');
  const [, sends] = protocol.step(
    state,
    { type: 'outcome', outcome: { of: 'store', id: `${mine.id}/heard/7`, ok: true } },
    suite,
  );
  const answered = [...effects, ...sends].flatMap((effect) =>
    effect.type === 'send' && effect.to !== 'group' ? [effect.to.address] : [],
  );
  t.deepEqual(answered, ['10.0.0.2', 'fe80::2%eth0', '10.0.1.2', 'fe80::1:2%eth1']);
});

test('a pairing that is deleted leaves no note: what was still being written is not written anew', (t) => {
  const start = startWith([withFields(mine, { step: 'revoked', heard: 'ready' })]);
  let [state, effects] = protocol.step(protocol.initial(), start, suite);
  const feed = (input: Input): readonly Effect[] => {
    const [next, out] = protocol.step(state, input, suite);
    state = next;
    effects = [...effects, ...out];
    return out;
  };
  feed({ type: 'outcome', outcome: { of: 'unprovision', id: `${mine.id}/unprovision`, ok: true } });
  const heard = feed(datagram(where({ epoch: 5, standing: 'revoked' })));
  t.deepEqual(
    heard.flatMap((effect) => (effect.type === 'discard' ? [effect.record] : [])),
    [mine.id, noteId(suite, mine.id)],
  );
  // It asks once more, in another life of its own, before the first epoch is on the disk.
  feed(datagram(where({ epoch: 6, standing: 'revoked' })));
  const after = feed({ type: 'outcome', outcome: { of: 'store', id: `${mine.id}/heard/5`, ok: true } });
  t.deepEqual(
    after.filter(({ type }) => type === 'store'),
    [],
  );
});

test('after a start a peer that answers says which of its questions are still to come: they are answered at once', (t) => {
  let [state] = protocol.step(protocol.initial(), startWith([mine, writeNote(suite, noteOf({ heard: 7 }))]), suite);
  const feed = (input: Input): string => {
    const [next, , { event }] = protocol.step(state, input, suite);
    state = next;
    return event;
  };
  t.is(feed(datagram(where({ epoch: 7, n: 3 }))), 'whereOld', 'of an epoch of before the start all is over');
  feed({ type: 'command', command: { name: 'find', record: mine.id } });
  feed({ type: 'outcome', outcome: { of: 'store', id: `${mine.id}/epoch`, ok: true } });
  const asked = state.partners[0]?.ask?.nonces.at(-1);
  if (asked === undefined) return t.fail('nothing is asked');
  t.is(feed(datagram(here({ asked, epoch: 7, n: 4 }))), 'hereProven');
  t.is(feed(datagram(where({ epoch: 7, n: 3 }))), 'whereOld');
  t.is(feed(datagram(where({ epoch: 7, n: 4 }))), 'whereFresh');
});

test('notes: damaged ones are left out, those of peers that are gone are deleted, foreign records are let be', (t) => {
  const whole = writeNote(suite, noteOf({ epoch: 3, heard: 2 }));
  t.like(readNote(whole), { epoch: 3, heard: 2, step: 1, addresses: ['10.0.0.2'] });
  t.regex(whole.id, /^[a-z0-9]{16}$/);
  t.is(whole.id, noteId(suite, mine.id));
  for (const name of ['version', 'record', 'epoch', 'step', 'heard', 'addresses']) {
    for (const wrong of [null, {}, -1, 1.5, true]) t.is(readNote(withFields(whole, { [name]: wrong })), null, name);
  }
  t.is(readNote(withFields(whole, { step: 0 })), null);
  for (const other of [null, [], 'text', 7]) t.is(readNote({ ...whole, body: other }), null);
  t.is(readNote(mine), null);
  t.deepEqual(readNote(withFields(whole, { addresses: ['10.0.0.2', 'bob', 7] }))?.addresses, ['10.0.0.2']);
  const discards = (records: readonly StoredRecord[]): unknown =>
    protocol
      .step(protocol.initial(), startWith(records), suite)[1]
      .flatMap((effect) => (effect.type === 'discard' ? [effect.record] : []));
  t.deepEqual(discards([mine, whole]), []);
  t.deepEqual(discards([whole]), [whole.id]);
  t.deepEqual(discards([withFields(mine, { version: 2 }), whole]), [], 'a record of a later version keeps its note');
});

test('misuse of the driver is said, not survived', (t) => {
  const [state] = protocol.step(protocol.initial(), startWith([mine]), suite);
  const broke = (from: LocateState, input: Input): void =>
    void t.throws(() => protocol.step(from, input, suite), { instanceOf: Misuse });
  broke(protocol.initial(), { type: 'timer', name: 'x' });
  broke(state, startWith([]));
  broke(protocol.initial(), { ...(startWith([]) as Extract<Input, { type: 'start' }>), entropy: new Uint8Array(31) });
  broke(state, { type: 'resumed', entropy: new Uint8Array(0) });
});

test('sixty-five peers are too many; those that are half are kept first', (t) => {
  const many = Array.from({ length: 70 }, (_, i): StoredRecord => {
    const id = `r${String(i).padStart(15, '0')}`;
    return { ...withFields(mine, { step: i === 69 ? 'stored' : 'installed' }), id };
  });
  const [{ partners }] = protocol.step(protocol.initial(), startWith(many), suite);
  t.is(partners.length, limits.partners);
  t.is(partners.at(-1)?.record, many[69]?.id);
  t.deepEqual(
    partners.map(({ record }) => record),
    partners.map(({ record }) => record).toSorted(),
  );
});

test('the encoding of an answer with a dozen long addresses fills no more than its box', (t) => {
  const addresses = Array.from({ length: 20 }, (_, i) => new Uint8Array(16).fill(i));
  const bytes = here({ addresses, epoch: 2 ** 48, n: 2 ** 32 - 1, asked: new Uint8Array(24) });
  t.is(bytes.length, limits.datagramBytes);
  t.true(bytes.length <= 3 * where({}).length, 'no more than three times what is answered');
  t.true(encode(new CborMap([[2, addresses.slice(0, 12)]])).length < 256);
});
