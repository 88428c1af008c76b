/** The contract of the core, held by `lp1` as properties: plain and total, deterministic, bounded, silent about its secrets. */
import test from 'ava';
import fc from 'fast-check';
import { toHex } from '../bytes.ts';
import type { Input } from '../contract.ts';
import { protocol } from '../lp1/index.ts';
import { sessionKeys } from '../lp1/keys.ts';
import { describe, type Kind, read } from '../lp1/messages.ts';
import { type Lp1State, limits } from '../lp1/state.ts';
import { symbolicSuite } from '../suite-symbolic.ts';
import { Lan, type Sent } from './lp1-lan.ts';
import { canonical, deepFreeze } from './plain.ts';

const phrase = '73-ladder-acid-hope-rabbit';
const kindOf = ({ bytes }: Sent): string => describe(bytes).kind;

/** States from all of a conversation, with the datagrams of it. */
function collected(): { readonly states: readonly Lp1State[]; readonly inputs: readonly Input[] } {
  const states: Lp1State[] = [];
  const inputs: Input[] = [];
  const lan = new Lan(symbolicSuite, 3);
  const hosts = ['alice', 'bob', 'carol'].map((name) => lan.add(name));
  for (const host of hosts) host.watch = (state) => void states.push(state);
  hosts[0]?.start(phrase);
  hosts[1]?.start(phrase);
  lan.pass(700);
  hosts[2]?.start(phrase);
  lan.pass(3000);
  const chosen = hosts[0]?.said('choose').at(-1);
  if (chosen?.event === 'choose')
    hosts[0]?.command({ name: 'choose', candidate: chosen.candidates[0]?.candidate ?? '' });
  lan.pass(5000);
  hosts[0]?.command({ name: 'cancel' });
  lan.pass(30_000);
  const quiet = new Lan(symbolicSuite, 4);
  const [d, e] = [quiet.add('dave'), quiet.add('eve')];
  for (const host of [d, e]) host.watch = (state) => void states.push(state);
  d.start(phrase);
  e.start(phrase);
  quiet.pass(30_000);
  for (const host of [...hosts, d, e]) inputs.push(...host.inputs.filter(({ type }) => type !== 'start'));
  return { states, inputs };
}

test('any bytes, any input, any state: never a throw, never beyond a limit, never an end by strangers', (t) => {
  const { states, inputs } = collected();
  t.true(
    new Set(states.map(({ situation }) => situation)).size >= 9,
    [...new Set(states.map((s) => s.situation))].join(),
  );
  const datagrams = inputs.filter((input) => input.type === 'datagram');
  const any: fc.Arbitrary<Uint8Array> = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.nat(datagrams.length - 1).map((i) => datagrams[i]?.bytes ?? new Uint8Array(0)),
    fc.integer({ min: 0, max: 65_536 }).map((length) => new Uint8Array(length).fill(0x4c)),
  );
  fc.assert(
    fc.property(fc.nat(states.length - 1), any, fc.nat(), fc.nat(255), fc.boolean(), (i, bytes, at, byte, bend) => {
      const state = deepFreeze(states[i] ?? protocol.initial());
      const bent = bend && bytes.length > 0 ? bytes.map((old, j) => (j === at % bytes.length ? byte : old)) : bytes;
      const input: Input = {
        type: 'datagram',
        bytes: bent,
        source: { address: `10.0.0.${1 + (at % 9)}`, port: 40_001 },
        interface: 'eth0',
        via: 'unicast',
      };
      const [next, effects, cell] = protocol.step(state, input, symbolicSuite);
      const row = protocol.table.find((rule) => rule.situation === cell.situation && rule.event === cell.event);
      t.true(row !== undefined && row.kind !== 'impossible');
      t.true(next.candidates.length <= limits.candidates && next.queue.length <= limits.candidates);
      t.true(next.echoes.length <= limits.echoes && next.others.length <= limits.others);
      t.true(effects.length < 64);
    }),
    { numRuns: 100_000 },
  );
});

test('equal states behave alike: a frozen one, a clone of it, and it again give the same step; nothing is changed', (t) => {
  const { states, inputs } = collected();
  fc.assert(
    fc.property(fc.nat(states.length - 1), fc.nat(inputs.length - 1), (i, j) => {
      const [state, input] = [states[i], inputs[j]];
      if (state === undefined || input === undefined || state.situation === 'Idle') return;
      const clone = structuredClone(state);
      const first = protocol.step(deepFreeze(state), input, symbolicSuite);
      t.deepEqual(protocol.step(clone, structuredClone(input), symbolicSuite), first);
      t.deepEqual(clone, state);
    }),
    { numRuns: 2000 },
  );
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
