/** The vectors of lp1 are what the code makes, and the machine says byte for byte what they say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fromHex, toHex } from '../bytes.ts';
import type { Effect, Input } from '../contract.ts';
import { readIdentity } from '../lp1/identity.ts';
import { protocol } from '../lp1/index.ts';
import { sshsigBlob } from '../lp1/sshsig.ts';
import { realSuite } from '../suite.ts';
import { type IdentityVector, printIdentities } from './lp1-identities.ts';
import { type Heard, printRefused, type RefusedVector } from './lp1-refused.ts';
import { alice, conversation, fin, phrase, printVectors } from './lp1-vectors.ts';

type Side = Readonly<Record<string, string>>;
const text = readFileSync(join(process.cwd(), 'protocol/test/vectors/lp1/pairing.json'), 'utf8');
const vectors = JSON.parse(text) as {
  readonly alice: Side;
  readonly bob: Side;
  readonly th: string;
  readonly record: string;
};

function bytesOf(side: Side, name: string): Uint8Array {
  const value = side[name];
  if (value === undefined) throw new Error(`the vectors lack ${name}`);
  return fromHex(value);
}

test('the vectors are what the key schedule and the codec make of their entropy', (t) => {
  t.is(printVectors(), text);
});

/** The machine with a test's hands: what it says is kept until something new is heard. */
function puppet(t: ExecutionContext) {
  let state = protocol.initial();
  const said: string[] = [];
  const armed: string[] = [];
  const bob = { address: '10.0.0.2', port: 40_001 };
  const feed = (input: Input): readonly Effect[] => {
    const [next, effects] = protocol.step(state, input, realSuite);
    state = next;
    for (const effect of effects) {
      if (effect.type === 'send') said.push(toHex(effect.bytes));
      if (effect.type === 'setTimer') armed.push(effect.name);
    }
    return effects;
  };
  /** Fires those armed timers that are of these kinds; time is not of interest here. */
  const tick = (kinds: readonly string[]): void => {
    for (const name of armed.splice(0)) if (kinds.includes(name.split(' ')[0] ?? '')) feed({ type: 'timer', name });
  };
  const hear = (name: string): void => {
    said.length = 0;
    feed({ type: 'datagram', bytes: bytesOf(vectors.bob, name), source: bob, interface: 'eth0', via: 'unicast' });
  };
  /** What is said was said a moment ago: it may have to wait until the timer has fired twice. */
  const calm = (): void => {
    for (let fired = 0; fired < 2; fired++) feed({ type: 'timer', name: 'calm' });
  };
  /** All effects of the units of work that wait. */
  const work = (): readonly Effect[] =>
    armed.splice(0).flatMap((name) => (name === 'work' ? feed({ type: 'timer', name }) : []));
  const says = (name: string): boolean => t.true(said.includes(vectors.alice[name] ?? ''), `alice says ${name}`);
  return { feed, tick, calm, work, hear, says, situation: (): string => state.situation };
}

test('with the entropy of alice the machine says to bob what the vectors say, from BEACON to DONE', (t) => {
  const { feed, tick, calm, hear, says, situation } = puppet(t);
  const { self, interfaces, entropy } = alice;
  const start = {
    phrase: { text: phrase, bits: 44 },
    self,
    interfaces,
    peers: [],
    entropy,
    records: [],
    windowMs: 600_000,
  };
  const [sign] = feed({ type: 'start', ...start }).filter(({ type }) => type === 'sign');
  if (sign?.type !== 'sign') return t.fail();
  t.deepEqual(sign.bytes, bytesOf(vectors.alice, 'possessionMessage'));
  const signature = sshsigBlob(realSuite, alice.sshSeed, sign.bytes);
  feed({ type: 'outcome', outcome: { of: 'sign', id: sign.id, ok: true, signature } });
  says('beacon');
  hear('beacon');
  says('beaconCookie');
  hear('beaconCookie');
  says('beaconReturned');
  hear('beaconReturned');
  tick(['work', 'say']);
  says('share');
  hear('share');
  for (let units = 0; units < 3; units++) tick(['work']);
  feed({ type: 'timer', name: `say ${vectors.bob['iid']} 10.0.0.2 40001` });
  says('confirm');
  hear('confirm');
  t.is(situation(), 'Crowd');
  const [store] = feed({ type: 'timer', name: 'crowd' }).filter(({ type }) => type === 'store');
  if (store?.type !== 'store') return t.fail();
  t.is(store.record.id, vectors.record);
  t.like(store.record.body, { th: vectors.th });
  feed({ type: 'outcome', outcome: { of: 'store', id: store.id, ok: true } });
  feed({ type: 'timer', name: `fin ${vectors.record}` });
  says('ready');
  hear('ready');
  calm();
  says('readyAnswer');
  feed({ type: 'outcome', outcome: { of: 'provision', id: `${vectors.record}/provision`, ok: true } });
  says('done');
  hear('done');
  calm();
  says('doneAnswer');
  t.is(situation(), 'Paired');
});

test('with half of that record and a phrase alice asks as the vectors say; bob, paired by it, repeats her challenge, and she is paired', (t) => {
  for (const answer of ['doneEchoAlone', 'done']) {
    const { start, store } = storedByAlice(t);
    const records = [{ ...store, body: { ...(store.body as object), step: 'installed', heard: 'ready' } }];
    const back = puppet(t);
    const [sign] = back.feed({ type: 'start', ...start, records }).filter(({ type }) => type === 'sign');
    if (sign?.type !== 'sign') return t.fail();
    const signature = sshsigBlob(realSuite, alice.sshSeed, sign.bytes);
    back.feed({ type: 'outcome', outcome: { of: 'sign', id: sign.id, ok: true, signature } });
    back.feed({ type: 'timer', name: `fin ${vectors.record}` });
    back.says('readyChallenge');
    back.hear(answer);
    // The word without it may be an old one.
    t.is(back.situation(), answer === 'done' ? 'Seeking' : 'Paired');
  }
});

test('with the whole record of that pairing and a phrase alice answers as the vectors say: a challenge, and no echo of who proved nothing', (t) => {
  const { start, store } = storedByAlice(t);
  const records = [{ ...store, body: { ...(store.body as object), step: 'installed', heard: 'done' } }];
  const anew = puppet(t);
  anew.feed({ type: 'start', ...start, records });
  anew.hear('ready');
  anew.says('doneChallenge');
  anew.hear('doneChallenge');
  anew.tick(['calm']);
  anew.says('doneChallenge');
  t.is(anew.situation(), 'Signing');
});

const refusedText = readFileSync(join(process.cwd(), 'protocol/test/vectors/lp1/refused.json'), 'utf8');

test('the vectors of what is refused are made from the same entropy', (t) => {
  t.is(printRefused(), refusedText);
});

/** The record that alice stores in the pairing of the vectors, and how she starts. */
function storedByAlice(t: ExecutionContext) {
  const first = puppet(t);
  const { self, interfaces, entropy } = alice;
  const start = { phrase: { text: phrase, bits: 44 }, self, interfaces, peers: [], entropy, windowMs: 600_000 };
  const [sign] = first.feed({ type: 'start', ...start, records: [] }).filter(({ type }) => type === 'sign');
  if (sign?.type !== 'sign') throw new Error('alice asks for no signature');
  const signature = sshsigBlob(realSuite, alice.sshSeed, sign.bytes);
  first.feed({ type: 'outcome', outcome: { of: 'sign', id: sign.id, ok: true, signature } });
  for (const heard of ['beaconReturned', 'share', 'confirm']) {
    first.hear(heard);
    for (let units = 0; units < 3; units++) first.tick(['work']);
  }
  const [store] = first.feed({ type: 'timer', name: 'crowd' }).filter(({ type }) => type === 'store');
  if (store?.type !== 'store') throw new Error('alice stores nothing');
  return { start, store: store.record };
}

/** Alice, who has signed and has heard so much of bob. */
function aliceAfter(t: ExecutionContext, heard: Heard) {
  const machine = puppet(t);
  const { feed, hear, tick } = machine;
  const { self, interfaces, entropy } = alice;
  const start = { phrase: { text: phrase, bits: 44 }, self, interfaces, peers: [], entropy, records: [] };
  const [sign] = feed({ type: 'start', ...start, windowMs: 600_000 }).filter(({ type }) => type === 'sign');
  if (sign?.type !== 'sign') throw new Error('alice asks for no signature');
  const signature = sshsigBlob(realSuite, alice.sshSeed, sign.bytes);
  feed({ type: 'outcome', outcome: { of: 'sign', id: sign.id, ok: true, signature } });
  const stages: readonly Heard[] = ['nothing', 'beaconReturned', 'share', 'confirm'];
  for (const stage of stages.slice(1, stages.indexOf(heard) + 1)) {
    hear(stage);
    for (let units = 0; units < 3; units++) tick(['work']);
  }
  return machine;
}

test('a status of a later version is read as the plain one: READY installs, DONE makes paired, both are answered', (t) => {
  const { feed, calm, says, situation } = aliceAfter(t, 'confirm');
  const { a, b, cb, th } = conversation();
  const hear = (kind: 'READY' | 'DONE'): readonly Effect[] => {
    calm();
    const bytes = fin(kind, 3, b, a, cb.schedule.mine.fin, th);
    const source = { address: '10.0.0.2', port: 40_001 };
    return feed({ type: 'datagram', bytes, source, interface: 'eth0', via: 'unicast' });
  };
  const [store] = feed({ type: 'timer', name: 'crowd' }).filter(({ type }) => type === 'store');
  if (store?.type !== 'store') return t.fail();
  feed({ type: 'outcome', outcome: { of: 'store', id: store.id, ok: true } });
  t.true(hear('READY').some(({ type }) => type === 'provision'));
  says('readyAnswer');
  feed({ type: 'outcome', outcome: { of: 'provision', id: `${vectors.record}/provision`, ok: true } });
  hear('DONE');
  t.is(situation(), 'Paired');
  calm();
  says('doneAnswer');
  const again = [...hear('DONE'), ...[1, 2].flatMap(() => feed({ type: 'timer', name: 'calm' }))];
  t.true(again.some((effect) => effect.type === 'send' && toHex(effect.bytes) === vectors.alice['doneAnswer']));
});

const refused = JSON.parse(refusedText) as readonly RefusedVector[];

for (const { rule, what, heard, source, datagram } of refused) {
  test(`refused as ${rule}: ${what}`, (t) => {
    const { feed, work } = aliceAfter(t, heard);
    const told = (effects: readonly Effect[]): readonly string[] =>
      effects.flatMap((effect) =>
        effect.type === 'notify' && effect.notice.event === 'refused' ? [effect.notice.refusal.rule] : [],
      );
    const here = { source, interface: 'eth0', via: 'unicast' } as const;
    const rules = told([...feed({ type: 'datagram', bytes: fromHex(datagram), ...here }), ...work()]);
    t.deepEqual(rules, [rule]);
  });
}

test('every rule by which a datagram is refused has a vector', (t) => {
  const rules = new Set(refused.map((one) => one.rule));
  const spec = readFileSync(join(process.cwd(), 'protocol/lp1/SPEC.md'), 'utf8');
  const named = [...spec.matchAll(/^\| `([a-z-]+)` \| .* \| (?:malformed|misbehaved|incompatible) \|$/gm)].map(
    ([, rule = '']) => rule,
  );
  t.deepEqual([...rules].toSorted(), named.toSorted());
});

const identitiesText = readFileSync(join(process.cwd(), 'protocol/test/vectors/lp1/identities.json'), 'utf8');

test('the vectors of identities are made from the same entropy', (t) => {
  t.is(printIdentities(), identitiesText);
});

test('an identity of the vectors is taken, or refused by the rule that it breaks; and every rule has one', (t) => {
  const all = JSON.parse(identitiesText) as readonly IdentityVector[];
  for (const { rule, what, content, identity } of all) {
    const inside = fromHex(content ?? '');
    const padded = identity === undefined ? new Uint8Array(1024) : fromHex(identity);
    if (identity === undefined) padded.set([inside.length >> 8, inside.length & 255, ...inside]);
    const read = readIdentity(realSuite, padded, bytesOf(vectors.alice, 'vk'));
    t.is(read.ok ? null : read.refusal.rule, rule, what);
  }
  const spec = readFileSync(join(process.cwd(), 'protocol/lp1/SPEC.md'), 'utf8');
  const named = new Set([...spec.matchAll(/`(identity-[a-z-]+)`/g)].map(([, rule = '']) => rule));
  t.deepEqual([...new Set(all.flatMap(({ rule }) => rule ?? []))].toSorted(), [...named].toSorted());
});

/** The table as the specification prints it: one row for all situations in which an event means the same. */
function tableText(): string {
  const rows = new Map<string, string[]>();
  for (const { situation, event, kind, to, why } of protocol.table) {
    if (kind === 'impossible' || situation === 'Idle') continue;
    const others = to.filter((target) => target !== situation);
    const key = [event, kind === 'stays' ? '' : others.join(' '), why].join(' | ');
    rows.set(key, [...(rows.get(key) ?? []), situation]);
  }
  const lines = [...rows].map(([key, situations]) => {
    const [event = '', to = '', why = ''] = key.split(' | ');
    return `| \`${event}\` | ${situations.join(' ')} | ${to} | ${why} |`;
  });
  return ['| event | in | may lead to | what is done, and why |', '|---|---|---|---|', ...lines.toSorted()].join('\n');
}

test('the specification prints the table as it is', (t) => {
  const spec = readFileSync(join(process.cwd(), 'protocol/lp1/SPEC.md'), 'utf8');
  const table = tableText();
  if (!spec.includes(table)) t.log(table);
  t.true(spec.includes(table), 'copy the table from the log into SPEC.md');
});
