/** The contract of the core, held by `lp1` as properties: plain and total, deterministic, bounded, silent about its secrets. */
import test from 'ava';
import fc from 'fast-check';
import { toHex, utf8 } from '../bytes.ts';
import type { Input } from '../contract.ts';
import { protocol } from '../lp1/index.ts';
import { sessionKeys } from '../lp1/keys.ts';
import { limits } from '../lp1/limits.ts';
import { describe, type Kind, read, writeBeacon } from '../lp1/messages.ts';
import { type Lp1State } from '../lp1/state.ts';
import { symbolicSuite } from '../suite-symbolic.ts';
import { Lan, type Sent } from './lp1-lan.ts';
import { walk } from './lp1-walk.ts';
import { canonical, deepFreeze } from './plain.ts';

const phrase = '73-ladder-acid-hope-rabbit';
const kindOf = ({ bytes }: Sent): string => describe(bytes).kind;

const walked = walk(symbolicSuite, 40);
const { letters } = walked;
const states = walked.states.map((state) => deepFreeze(state));
/** States and inputs go by their place in the walk: a counterexample stays short, and shows no secret. */
const anyState = fc.nat(states.length - 1);
const anyLetter = fc.nat(letters.length - 1);
const stateAt = (i: number): Lp1State => states[i] ?? protocol.initial();
const looking: readonly string[] = ['Waiting', 'Signing', 'Seeking', 'Crowd', 'Choosing', 'Committing', 'Ready'];

test('every cell of the table that is not declared impossible is met, and no other one', (t) => {
  const declared = protocol.table
    .filter(({ kind }) => kind !== 'impossible')
    .map(({ situation, event }) => `${situation}/${event}`);
  t.log(
    `${states.length} kinds of states, ${letters.length} inputs, ${walked.steps} steps, ${walked.cells.size} cells`,
  );
  t.deepEqual(
    declared.filter((cell) => !walked.cells.has(cell)),
    [],
  );
  t.is(walked.cells.size, declared.length);
});

test('any bytes of any length in any state: never a throw, never beyond a limit, and what is refused changes nothing', (t) => {
  const datagrams = letters.flatMap((input) => (input.type === 'datagram' ? [input.bytes] : []));
  const any: fc.Arbitrary<Uint8Array> = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.nat(datagrams.length - 1).map((i) => datagrams[i] ?? new Uint8Array(0)),
    fc.integer({ min: 0, max: 65_536 }).map((length) => new Uint8Array(length).fill(0x4c)),
  );
  let heard = 0;
  const same: readonly string[] = ['refused', 'echo', 'outcomeNoted'];
  fc.assert(
    fc.property(any, fc.nat(), fc.nat(255), fc.boolean(), anyState, (bytes, at, byte, bend, i) => {
      const bent = bend && bytes.length > 0 ? bytes.map((old, j) => (j === at % bytes.length ? byte : old)) : bytes;
      const source = { address: `10.0.0.${1 + (at % 9)}`, port: 40_001 };
      const input: Input = { type: 'datagram', bytes: bent, source, interface: 'eth0', via: 'unicast' };
      // Five states for each datagram: to make one costs more than to hear it.
      for (let more = 0; more < 5; more++) {
        const state = stateAt((i + 97 * more) % states.length);
        if (state.situation === 'Idle') continue;
        heard++;
        const [next, effects, { event }] = protocol.step(state, input, symbolicSuite);
        if (same.includes(event) && next !== state) throw new Error(`${event} changed the state`);
        const { candidates, queue, echoes, others } = next;
        if (candidates.length > limits.candidates || queue.length > limits.candidates) throw new Error('candidates');
        if (echoes.length > limits.echoes || others.length > limits.others) throw new Error('tables of strangers');
        if (effects.length >= 64) throw new Error(`${effects.length} effects`);
      }
    }),
    { numRuns: 21_000, includeErrorInReport: true },
  );
  t.true(heard >= 100_000, `${heard}`);
});

test('a flood of strangers: no state grows beyond 128 KiB', (t) => {
  const source = (i: number): { address: string; port: number } => ({ address: `10.0.0.${i % 250}`, port: 1024 + i });
  const largest = Math.max(...states.map((state) => canonical(state).length));
  for (const situation of looking) {
    let state = states.find((one) => one.situation === situation);
    for (let i = 0; state !== undefined && i < 1000; i++) {
      const from = symbolicSuite.hash(utf8(`stranger ${i}`)).slice(0, 16);
      const cookie = i % 2 === 0 ? null : new Uint8Array(8);
      const bytes = writeBeacon({ from, channel: i % 3 === 0 ? '' : '73', cookie, returned: null });
      const input: Input = { type: 'datagram', bytes, source: source(i), interface: 'eth0', via: 'group' };
      [state] = protocol.step(state, input, symbolicSuite);
    }
    t.true(canonical(state ?? null).length <= largest + 64 * 1024, situation);
  }
  t.true(largest <= 64 * 1024, `${largest}`);
});

test('equal states behave alike: a frozen one, a clone of it, and it again give the same step; nothing is changed', (t) => {
  fc.assert(
    fc.property(anyState, anyLetter, (i, j) => {
      const [state, input] = [stateAt(i), letters[j]];
      if (state.situation === 'Idle' || input === undefined) return;
      const clone = structuredClone(state);
      const first = canonical(protocol.step(state, input, symbolicSuite));
      if (canonical(protocol.step(clone, structuredClone(input), symbolicSuite)) !== first)
        throw new Error('another step');
      if (canonical(clone) !== canonical(state)) throw new Error('the state was changed');
    }),
    { numRuns: 2000, includeErrorInReport: true },
  );
  t.pass();
});

test('independent inputs commute: what strangers send, and whatever else does not begin or end the looking', (t) => {
  const noise = letters.filter((input) => input.type === 'datagram' && input.source.address === '10.0.0.99');
  t.true(noise.length >= 7);
  // These decide whether strangers are heard at all, or count how often they were answered.
  const dependent = (input: Input): boolean =>
    noise.includes(input) ||
    input.type === 'resumed' ||
    (input.type === 'outcome' && input.outcome.of === 'sign') ||
    (input.type === 'command' && input.command.name === 'phrase') ||
    (input.type === 'timer' && input.name === 'echo') ||
    input.type === 'interfaces';
  const others = letters.filter((input) => !dependent(input));
  fc.assert(
    fc.property(anyState, fc.nat(noise.length - 1), fc.nat(others.length - 1), (at, i, j) => {
      const [state, stranger, other] = [stateAt(at), noise[i], others[j]];
      if (state.situation === 'Idle' || stranger === undefined || other === undefined) return;
      const apply = (first: Input, second: Input): string =>
        canonical(protocol.step(protocol.step(state, first, symbolicSuite)[0], second, symbolicSuite)[0]);
      if (apply(stranger, other) !== apply(other, stranger)) {
        const what = other.type === 'datagram' ? describe(other.bytes).kind : canonical(other);
        throw new Error(`in ${state.situation}, ${i} and ${what} do not commute`);
      }
    }),
    { numRuns: 5000, includeErrorInReport: true },
  );
});

test('after the wipe no secret is held but the keys of bonds, of those to watch for, and of who may have stored us', (t) => {
  const wiped = states.filter(({ situation }) => situation !== 'Idle' && !looking.includes(situation));
  t.true(wiped.length > 50);
  for (const { situation, secrets, candidates, queue, echoes, identity } of wiped) {
    const { bonds: _, watch: __, ...rest } = secrets;
    const { candidates: keyed, ...session } = rest;
    t.deepEqual(session, { entropy: null, prs: null, seed: null, cookieKey: null });
    t.deepEqual([queue, echoes, identity], [[], [], new Uint8Array(0)]);
    // Who has our CONFIRM when we cancel, and whose own has not come, will have to hear of it.
    t.deepEqual(
      keyed.map(({ iid }) => iid),
      candidates.map(({ iid }) => iid),
    );
    t.true(candidates.every(({ confirm, proof, dead }) => confirm !== null && proof === null && dead === null));
    if (situation !== 'Ended') t.deepEqual(candidates, []);
  }
});

test('nobody is proven and alive while seeking: what the table declares impossible rests on it', (t) => {
  for (const { candidates } of states.filter(({ situation }) => situation === 'Seeking'))
    t.true(candidates.every(({ proof, dead }) => proof === null || dead !== null));
});

test('secrets are under `secrets` alone: no phrase, entropy, scalar or key in the rest of a state, a notice or a record', (t) => {
  const lan = new Lan();
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  const found: string[] = [];
  const seen: Lp1State[] = [];
  a.watch = (state, effects) => {
    seen.push(state);
    const { secrets, ...open } = state;
    const held = [
      secrets.entropy,
      secrets.prs,
      secrets.seed,
      secrets.cookieKey,
      ...secrets.candidates.flatMap(({ keys }) => [keys.mine.box, keys.theirs.box, keys.mine.mac]),
    ];
    const text = canonical(open) + canonical(effects);
    for (const secret of held) if (secret !== null && text.includes(toHex(secret))) found.push(toHex(secret));
    if (text.includes('ladder')) found.push('the phrase');
  };
  a.start(phrase);
  b.start(phrase);
  lan.pass(5000);
  t.deepEqual(found, []);
  t.true(seen.some(({ secrets }) => secrets.candidates.length > 0));
  const entropy = seen[0]?.secrets.entropy ?? null;
  if (entropy !== null) t.is(sessionKeys(symbolicSuite, entropy).iid.length, 16);
  for (const sent of lan.sent) t.true(read(sent.bytes).ok);
  t.deepEqual([...new Set(lan.sent.map(kindOf))].toSorted(), [
    'BEACON',
    'CONFIRM',
    'DONE',
    'READY',
    'SHARE',
  ] satisfies Kind[]);
});
