/** The contract of the core, held by `annex` as properties: plain and total, deterministic, commuting, finite, bounded, silent. */
import test from 'ava';
import fc from 'fast-check';
import { utf8 } from '../bytes.ts';
import type { Effect, Input, StoredRecord } from '../contract.ts';
import { Misuse } from '../contract.ts';
import { type AnnexState, annex, realSuite, type Stage } from '../index.ts';
import { canonical, deepFreeze } from './plain.ts';
import { interfacesAt, sshKeyOf, startOf } from './table-top.ts';

const phrase = 'my hovercraft is full of eels';
const { protocol } = annex;

const smallUuid = '00000000-0000-4000-8000-000000000001';
const largeUuid = 'ffffffff-ffff-4fff-8fff-fffffffffff1';
const start = (phraseText: string | null): Input =>
  startOf({ name: 'alice', userName: 'alice', address: '10.0.0.1', phrase: phraseText, boot: 1, records: [] });
const own = ((): string => {
  const [seeking] = protocol.step(protocol.initial(), start(phrase), realSuite);
  return protocol.step(seeking, { type: 'timer', name: 'ask' }, realSuite)[0].own ?? '';
})();

const entropy = (input: Input): Uint8Array => (input.type === 'start' ? input.entropy : new Uint8Array(32));

interface Said {
  readonly stage: Stage;
  readonly uuid: string;
  readonly by: string;
  readonly secret?: string;
  readonly at?: string;
}

function said({ stage, uuid, by, secret = phrase, at = '10.0.0.2' }: Said): Input {
  const data = {
    remoteHostName: `${by}-host`,
    remoteUserName: by,
    remoteDirectory: '~/annex',
    remoteSshPubKey: sshKeyOf(by),
    pairUUID: uuid,
  };
  const bytes = annex.write(annex.sign({ stage, data, address: at }, annex.phraseKey(secret)));
  return { type: 'datagram', bytes, source: { address: at, port: 40000 }, interface: 'eth0', via: 'group' };
}

/** All that a partner, a second machine with the phrase, strangers, a person, time and the machine itself may do. */
const alphabet: readonly (readonly [string, Input])[] = [
  ['bob asks, smaller', said({ stage: 'PairReq', uuid: smallUuid, by: 'bob' })],
  ['bob asks, larger', said({ stage: 'PairReq', uuid: largeUuid, by: 'bob' })],
  ['bob asks elsewhere', said({ stage: 'PairReq', uuid: smallUuid, by: 'bob', at: '10.0.0.22' })],
  ['bob answers', said({ stage: 'PairAck', uuid: own, by: 'bob' })],
  ['bob closes', said({ stage: 'PairDone', uuid: smallUuid, by: 'bob' })],
  ['carol asks', said({ stage: 'PairReq', uuid: 'c', by: 'carol' })],
  ['carol answers', said({ stage: 'PairAck', uuid: own, by: 'carol' })],
  ['carol closes for bob', said({ stage: 'PairDone', uuid: smallUuid, by: 'carol' })],
  ['mallory asks', said({ stage: 'PairReq', uuid: 'm', by: 'mallory', secret: 'wrong guess' })],
  ['mallory answers', said({ stage: 'PairAck', uuid: own, by: 'mallory', secret: 'wrong guess' })],
  ['mallory closes', said({ stage: 'PairDone', uuid: smallUuid, by: 'mallory', secret: 'wrong guess' })],
  ['alice hears herself', said({ stage: 'PairReq', uuid: own, by: 'alice' })],
  ['alice heard herself once', said({ stage: 'PairReq', uuid: 'old', by: 'alice', secret: 'an older phrase' })],
  ['a copy of alice asks', said({ stage: 'PairReq', uuid: 'copy', by: 'alice' })],
  [
    'noise',
    {
      type: 'datagram',
      bytes: utf8('PairMsg'),
      source: { address: '10.0.0.9', port: 1 },
      interface: 'eth0',
      via: 'unicast',
    },
  ],
  ...['ask', 'repeat', 'patience', 'linger', 'window', 'never set'].map(
    (name) => [`timer ${name}`, { type: 'timer', name }] as const,
  ),
  ['phrase', { type: 'command', command: { name: 'phrase', phrase: { text: phrase, bits: 80 } } }],
  ['short phrase', { type: 'command', command: { name: 'phrase', phrase: { text: 'a', bits: 1 } } }],
  ['cancel', { type: 'command', command: { name: 'cancel' } }],
  ['nudge', { type: 'command', command: { name: 'nudge' } }],
  ['grant', { type: 'command', command: { name: 'grant' } }],
  ['moved', { type: 'interfaces', interfaces: interfacesAt('10.0.0.77') }],
  // The same entropy as before: another one only doubles the number of states.
  ['resumed', { type: 'resumed', entropy: entropy(start(phrase)) }],
  ['send failed', { type: 'outcome', outcome: { of: 'send', ok: false, interface: 'eth0', reason: 'ENETDOWN' } }],
];

/** Asked for at the start, so it may come at any time. */
const regrantable = (id: string): boolean => past.records.some((record) => record.id === id);

/** What else may happen in this very state: every outcome that can still come, choices and forgetting. */
function openInputs({
  situation,
  current,
  records,
  rivals,
  ladder,
}: AnnexState): readonly (readonly [string, Input])[] {
  const outcome = (of: 'store' | 'provision' | 'unprovision', id: string): (readonly [string, Input])[] => [
    [`${id} ok`, { type: 'outcome', outcome: { of, id, ok: true } }],
    [`${id} failed`, { type: 'outcome', outcome: { of, id, ok: false, reason: 'disk full' } }],
  ];
  const ofCurrent =
    current === null
      ? []
      : [
          ...outcome('store', `pairing ${current.record}`),
          ...outcome('provision', `grant ${current.record}`),
          ...outcome('store', `uuid ${current.record}`),
          ...outcome('unprovision', `undo ${current.record}`),
          ...outcome('store', `discarded ${current.record}`),
          ...outcome('store', `paired ${current.record}`),
        ];
  const ofRecords = records.flatMap(({ id }): (readonly [string, Input])[] => [
    ['forget', { type: 'command', command: { name: 'forget', record: id } }],
    ...outcome('unprovision', `forget ${id}`),
    ...(regrantable(id) || situation === 'Ended' ? outcome('provision', `regrant ${id}`) : []),
    ...(id === current?.record ? [] : outcome('store', `forgotten ${id}`)),
  ]);
  const choices = rivals.map(({ candidate }): readonly [string, Input] => [
    'choose',
    { type: 'command', command: { name: 'choose', candidate } },
  ]);
  const lookup = ladder === null ? '' : `lookup ${ladder.rung} ${ladder.name}`;
  return [
    ...ofCurrent,
    ...ofRecords,
    ...choices,
    ['forget nobody', { type: 'command', command: { name: 'forget', record: 'nobody' } }],
    ['choose nobody', { type: 'command', command: { name: 'choose', candidate: 'nobody' } }],
    [
      'resolves',
      { type: 'outcome', outcome: { of: 'lookup', id: lookup, ok: true, answers: ['10.0.0.2', 'bob.lan'] } },
    ],
    ['does not resolve', { type: 'outcome', outcome: { of: 'lookup', id: lookup, ok: false, reason: 'timeout' } }],
  ];
}

interface Exploration {
  readonly states: ReadonlyMap<string, AnnexState>;
  readonly cells: ReadonlySet<string>;
  readonly steps: number;
}

type Alphabet = readonly (readonly [string, Input])[];

/** Every state that any order of any number of these inputs can lead to. Ends only because the set is finite. */
function explore(starts: readonly Input[], letters: Alphabet, statesMax: number): Exploration {
  const states = new Map<string, AnnexState>();
  const cells = new Set<string>();
  const frontier: AnnexState[] = [];
  let steps = 0;
  const take = (state: AnnexState, input: Input): void => {
    const [next, , cell] = protocol.step(state, input, realSuite);
    cells.add(`${cell.situation}/${cell.event}`);
    steps++;
    if (next === state) return;
    const key = JSON.stringify(next);
    if (states.has(key)) return;
    if (states.size >= statesMax) throw new Error(`more than ${statesMax} states: something in them counts`);
    states.set(key, next);
    frontier.push(next);
  };
  for (const input of starts) take(protocol.initial(), input);
  for (let state = frontier.pop(); state !== undefined; state = frontier.pop()) {
    for (const [, input] of [...letters, ...openInputs(state)]) take(state, input);
  }
  return { states, cells, steps };
}

/** What an earlier session left: a finished pairing with dave, and one with erin that a crash interrupted. */
function remembered(): { readonly records: readonly StoredRecord[]; readonly letters: Alphabet } {
  const left = ['dave', 'erin'].map((by) => {
    let state = protocol.step(protocol.initial(), start(`phrase with ${by}`), realSuite)[0];
    state = protocol.step(state, { type: 'timer', name: 'ask' }, realSuite)[0];
    const ack = said({ stage: 'PairAck', uuid: state.own ?? '', by, secret: `phrase with ${by}` });
    state = protocol.step(state, ack, realSuite)[0];
    const record = state.records.find(({ body }) => (body as { step?: string }).step === 'pairing');
    const step = by === 'dave' ? 'paired' : 'pairing';
    return {
      record: { ...record, body: { ...(record?.body as object), step } } as StoredRecord,
      letter: [`${by} answers again`, ack] as const,
    };
  });
  return { records: left.map(({ record }) => record), letters: left.map(({ letter }) => letter) };
}

const past = remembered();
const explored = explore([start(null), start(phrase)], alphabet, 20_000);
const quiet = alphabet.filter(([name]) => !/carol (answers|closes)|moved|elsewhere|larger|nudge/.test(name));
const continued = explore(
  [null, phrase].map((text) => ({
    ...startOf({ name: 'alice', userName: 'alice', address: '10.0.0.1', phrase: text, boot: 1, records: past.records }),
  })),
  [...quiet, ...past.letters],
  20_000,
);
const states = [...explored.states.values(), ...continued.states.values()];
const anyState = fc.nat({ max: states.length - 1 }).map((at) => states[at] ?? protocol.initial());
const anyNamedInput = fc.constantFrom(...alphabet);

test('the states under any order of any number of repetitions are finitely many', (t) => {
  for (const { states: found, steps } of [explored, continued]) t.log(`${found.size} states, ${steps} steps`);
  t.true(states.length > 3000, 'and it is no small walk');
});

test('every cell of the table that is not declared impossible is met, and no other one', (t) => {
  const declared = protocol.table
    .filter(({ kind }) => kind !== 'impossible')
    .map(({ situation, event }) => `${situation}/${event}`);
  const met = new Set([...explored.cells, ...continued.cells, 'Idle/begin']);
  t.deepEqual(
    declared.filter((cell) => !met.has(cell)),
    [],
  );
});

test('equal states behave alike: a frozen clone gives the same step, and no step changes its state', (t) => {
  fc.assert(
    fc.property(anyState, anyNamedInput, (state, [, input]) => {
      const before = canonical(state);
      const clone = deepFreeze(structuredClone(state));
      const [next, effects, cell] = protocol.step(state, input, realSuite);
      const again = protocol.step(clone, deepFreeze(structuredClone(input)), realSuite);
      t.is(canonical(again[0]), canonical(next));
      t.deepEqual(again[1], effects);
      t.deepEqual(again[2], cell);
      t.is(canonical(state), before);
    }),
    { numRuns: 3000 },
  );
});

test('independent inputs commute: what strangers send, and requests of different partners, in any order', (t) => {
  const strangers = alphabet.filter(
    ([name]) => name.startsWith('mallory') || name === 'noise' || name === 'send failed',
  );
  fc.assert(
    fc.property(anyState, anyNamedInput, fc.constantFrom(...strangers), (state, [, input], [, noise]) => {
      const apply = (first: Input, second: Input): string =>
        canonical(protocol.step(protocol.step(state, first, realSuite)[0], second, realSuite)[0]);
      // A request that is heard before the phrase is kept, and typing the phrase drops it: those two do not commute.
      const phraseless = state.secrets?.key === null;
      fc.pre(!(phraseless && input.type !== 'datagram'));
      t.is(apply(input, noise), apply(noise, input));
    }),
    { numRuns: 3000 },
  );
  const gathering = states.filter(({ situation }) => situation === 'Listening' || situation === 'Choosing');
  const requests = alphabet.filter(([name]) => /^(bob|carol|mallory) asks/.test(name));
  const different = fc
    .tuple(fc.constantFrom(...requests), fc.constantFrom(...requests))
    .filter(([[a], [b]]) => a.split(' ')[0] !== b.split(' ')[0]);
  fc.assert(
    fc.property(fc.constantFrom(...gathering), different, (state, [[, first], [, second]]) => {
      const apply = (inputs: readonly Input[]): string =>
        canonical(inputs.reduce((at, input) => protocol.step(at, input, realSuite)[0], state));
      t.is(apply([first, second]), apply([second, first]));
    }),
    { numRuns: 1000 },
  );
});

test('any bytes of any length in any state: never a throw, no state beyond its limits, and strangers change nothing', (t) => {
  const valid = alphabet.flatMap(([, input]) => (input.type === 'datagram' ? [input.bytes] : []));
  const mutated = fc
    .tuple(fc.constantFrom(...valid), fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 3 }))
    .map(([bytes, at, value, how]) => {
      const copy = [...bytes];
      const index = at % copy.length;
      if (how === 0) copy[index] = value;
      if (how === 1) copy.splice(index, 1 + (value % 8));
      if (how === 2) copy.splice(index, 0, value, value);
      if (how === 3) copy.splice(index, 0, ...copy.slice(0, value));
      return Uint8Array.from(copy);
    });
  const bytes = fc.oneof(
    { weight: 60, arbitrary: mutated },
    { weight: 39, arbitrary: fc.uint8Array({ maxLength: 1200 }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat({ max: 65_535 }))
        .map(([seed, length]) => Uint8Array.from({ length }, (_, i) => seed[i % seed.length] ?? 0)),
    },
  );
  let inputs = 0;
  const largest = Math.max(...states.map((state) => canonical(state).length));
  fc.assert(
    fc.property(anyState, fc.array(bytes, { minLength: 10, maxLength: 10 }), (first, datagrams) => {
      let state = first;
      for (const datagram of datagrams) {
        inputs++;
        const input: Input = {
          type: 'datagram',
          bytes: datagram,
          source: { address: '10.0.0.99', port: 9 },
          interface: 'eth0',
          via: 'group',
        };
        const [next, , { event }] = protocol.step(state, input, realSuite);
        if (['refused', 'requestUnproven', 'badDigest', 'echo', 'clone'].includes(event)) t.is(next, state);
        state = next;
      }
      t.true(canonical(state).length <= largest + Number(protocol.limits['requestsMax']) * 8192);
    }),
    { numRuns: 10_000 },
  );
  t.true(inputs >= 100_000);
});

test('the tables of strangers’ requests are bounded, whatever comes', (t) => {
  let [state] = protocol.step(protocol.initial(), start(null), realSuite);
  for (let i = 0; i < 100; i++)
    state = protocol.step(
      state,
      said({ stage: 'PairReq', uuid: `u${i}`, by: `m${i}`, secret: 'wrong guess' }),
      realSuite,
    )[0];
  t.is(state.requests.length, Number(protocol.limits['requestsMax']));
  const proven = Array.from({ length: 20 }, (_, i) => said({ stage: 'PairReq', uuid: `p${i}`, by: `p${i}` }));
  let [other] = protocol.step(protocol.initial(), start(phrase), realSuite);
  for (const input of proven) other = protocol.step(other, input, realSuite)[0];
  t.true(other.rivals.length <= Number(protocol.limits['rivalsMax']));
});

test('the phrase is nowhere but in the secrets, and nowhere at all when it has served', (t) => {
  const key = new TextDecoder().decode(annex.phraseKey(phrase));
  const secret = new RegExp(`${key}|${Buffer.from(key).toString('hex')}|hovercraft`);
  for (const state of states) {
    t.notRegex(canonical({ ...state, secrets: null }), secret);
    if (state.situation === 'Settled' || state.situation === 'Ended') t.is(state.secrets, null);
  }
  fc.assert(
    fc.property(anyState, anyNamedInput, (state, [, input]) => {
      const told = protocol.step(state, input, realSuite)[1].map(readable);
      t.notRegex(canonical(told), secret);
    }),
    { numRuns: 2000 },
  );
});

test('only our own caller can misuse the core: a second start, or anything before the first', (t) => {
  const [state] = protocol.step(protocol.initial(), start(null), realSuite);
  t.throws(() => protocol.step(state, start(null), realSuite), { instanceOf: Misuse });
  t.throws(() => protocol.step(protocol.initial(), { type: 'timer', name: 'ask' }, realSuite), { instanceOf: Misuse });
});

/** Datagrams as text, so that a secret in them would be seen. */
function readable(effect: Effect): unknown {
  return effect.type === 'send' ? { ...effect, bytes: new TextDecoder().decode(effect.bytes) } : effect;
}
