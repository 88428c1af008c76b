/** Stories of two (or three) people pairing over `annex`, told through the public contract. */
import test from 'ava';
import type { Notice } from '../contract.ts';
import { type AnnexState, annex, realSuite } from '../index.ts';
import { type Host, interfacesAt, sshKeyOf, startOf, TableTop } from './table-top.ts';

const phrase = 'my hovercraft is full of eels';
type World = TableTop<AnnexState>;

function world(): World {
  return new TableTop(annex.protocol);
}

function two(w: World, phraseOfBob: string | null = phrase): [Host<AnnexState>, Host<AnnexState>] {
  return [
    w.add({ name: 'alice', address: '10.0.0.1', phrase }),
    w.add({ name: 'bob', address: '10.0.0.2', phrase: phraseOfBob }),
  ];
}

const situation = (host: Host<AnnexState>): string => host.driver.state.situation;
const keysOf = (host: Host<AnnexState>): string[] => [...host.keys.values()].map(({ key }) => key);
const heard = (host: Host<AnnexState>, event: Notice['event']): Notice[] =>
  host.notices.filter((notice) => notice.event === event);
const kind = (bytes: Uint8Array): string => annex.protocol.describe(bytes).kind;
const count = (w: World, stage: string): number => w.sent.filter(({ bytes }) => kind(bytes) === stage).length;

test('one asks, the other types the phrase later: both end paired, with one key each and no phrase left', (t) => {
  const w = world();
  const [alice, bob] = two(w, null);
  w.settle(6000);
  t.is(situation(alice), 'Requesting');
  t.deepEqual(heard(bob, 'request').length, 1, 'shown once, however often it is repeated');
  bob.input({
    type: 'command',
    command: { name: 'phrase', phrase: { text: 'My hovercraft -- is full of EELS!', bits: 80 } },
  });
  w.settle(1000);
  t.is(situation(bob), 'Settled');
  t.is(situation(alice), 'Paired', 'the asking side stays for a lost PairDone');
  w.settle(20_000);
  t.is(situation(alice), 'Settled');
  t.deepEqual(keysOf(alice), [sshKeyOf('bob')]);
  t.deepEqual(keysOf(bob), [sshKeyOf('alice')]);
  t.is(alice.driver.state.secrets, null);
  t.is(bob.driver.state.secrets, null);
  t.is(count(w, 'PairDone'), 1);
});

test('both start at once and ask at once: the smaller UUID wins, one key each, and nobody goes on sending', (t) => {
  const w = world();
  const [alice, bob] = two(w);
  w.settle(30_000);
  t.is(situation(alice), 'Settled');
  t.is(situation(bob), 'Settled');
  t.deepEqual([keysOf(alice), keysOf(bob)], [[sshKeyOf('bob')], [sshKeyOf('alice')]]);
  t.deepEqual([alice.records.size, bob.records.size], [1, 1], 'the unanswered request left no record');
  const before = w.sent.length;
  w.settle(60_000);
  t.is(w.sent.length, before);
});

test('a PairDone that is lost is said again for every PairAck', (t) => {
  const w = world();
  let dropped = 0;
  w.fate = (_from, _to, bytes) => (kind(bytes) === 'PairDone' && dropped++ < 3 ? [] : [1]);
  const [alice, bob] = two(w);
  w.settle(40_000);
  t.is(dropped, 4);
  t.deepEqual([situation(alice), situation(bob)], ['Settled', 'Settled']);
});

test('a PairDone lost for good: the initiator restarts, and answers a byte-equal PairAck from its record, without the phrase', (t) => {
  const w = world();
  w.fate = (_from, _to, bytes) => (kind(bytes) === 'PairDone' ? [] : [1]);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4000);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.settle(3000);
  t.is(situation(alice), 'Paired');
  alice.crash();
  w.fate = () => [1];
  alice.start(null);
  w.settle(3000);
  t.is(situation(alice), 'Listening');
  t.is(situation(bob), 'Settled');
});

test('the responder crashes after its PairAck: nothing is lost, and its phrase brings the same pairing to its end', (t) => {
  const w = world();
  w.fate = (_from, _to, bytes) => (kind(bytes) === 'PairAck' ? [] : [1]);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4000);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.settle(3000);
  t.is(situation(bob), 'Answering');
  bob.crash();
  bob.start(null);
  t.like(heard(bob, 'unfinished')[0], { event: 'unfinished', step: 'pairing' });
  w.fate = () => [1];
  bob.input({ type: 'command', command: { name: 'phrase', phrase: { text: phrase, bits: 80 } } });
  w.settle(20_000);
  t.deepEqual([situation(alice), situation(bob)], ['Settled', 'Settled']);
  t.is(bob.keys.size, 1);
});

test('the initiator crashes between writing its record and installing the key: the key is installed at the next start', (t) => {
  const w = world();
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4000);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  for (let ms = 0; ms < 5000 && situation(alice) !== 'Granting'; ms++) w.settle(1);
  w.settle(6);
  t.is(alice.keys.size, 0);
  t.is(alice.records.size, 1, 'the partner’s, written ahead');
  alice.crash();
  alice.start(null);
  w.settle(5000);
  t.deepEqual(keysOf(alice), [sshKeyOf('bob')]);
  t.is(situation(bob), 'Settled', 'and the PairDone was said');
});

test('a crashed asker takes up the same UUID when the same phrase is typed, and a fresh one for another phrase', (t) => {
  const w = world();
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(5000);
  const first = alice.driver.state.own;
  alice.crash();
  alice.start(phrase);
  w.settle(5000);
  t.is(alice.driver.state.own, first);
  alice.crash();
  alice.start('quite another phrase');
  w.settle(5000);
  t.not(alice.driver.state.own, first);
});

test('cancelling takes the granted key back, and leaves neither record nor line', (t) => {
  const w = world();
  w.fate = (_from, _to, bytes) => (kind(bytes) === 'PairAck' ? [] : [1]);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4000);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.settle(3000);
  t.is(bob.keys.size, 1);
  bob.input({ type: 'command', command: { name: 'cancel' } });
  w.settle(100);
  t.is(situation(bob), 'Ended');
  t.deepEqual([bob.keys.size, bob.records.size], [0, 0]);
  alice.input({ type: 'command', command: { name: 'cancel' } });
  w.settle(100);
  t.deepEqual([alice.keys.size, alice.records.size], [0, 0]);
  t.is(alice.driver.state.secrets, null);
});

test('cancelling a second pairing with a paired machine gives the first one back', (t) => {
  const w = world();
  const [alice, bob] = two(w);
  w.settle(40_000);
  const before = [...bob.records.values()];
  for (const host of [alice, bob]) host.crash();
  alice.start(phrase);
  w.settle(4000);
  w.fate = (_from, _to, bytes) => (kind(bytes) === 'PairAck' ? [] : [1]);
  bob.start(phrase);
  w.settle(3000);
  t.is(situation(bob), 'Answering');
  bob.input({ type: 'command', command: { name: 'cancel' } });
  w.settle(100);
  t.deepEqual([...bob.records.values()], before);
  t.is(bob.keys.size, 1, 'the older pairing still holds');
});

test('time over without a PairDone is half a pairing, said; and it heals when the partner is heard again', (t) => {
  const w = world();
  w.fate = (_from, _to, bytes) => (kind(bytes) === 'PairAck' ? [] : [1]);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4000);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.settle(300_000);
  alice.crash();
  w.settle(310_000);
  t.is(situation(bob), 'Half');
  t.is(heard(bob, 'half').length, 1);
  w.fate = () => [1];
  alice.start(phrase);
  w.settle(30_000);
  t.deepEqual([situation(alice), situation(bob)], ['Settled', 'Settled']);
});

test('an address that changes while answering is signed anew and ends up in the partner’s record', (t) => {
  const w = world();
  w.fate = (_from, to) => (to === 'alice' ? [] : [1]);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4000);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.settle(3000);
  bob.address = '10.0.0.77';
  bob.input({ type: 'interfaces', interfaces: interfacesAt('10.0.0.77') });
  w.fate = () => [1];
  w.settle(20_000);
  t.is(situation(alice), 'Settled');
  t.like(heard(alice, 'address')[0], { host: '10.0.0.77', rung: 'address' });
});

test('the address ladder: .local if it leads to a signed address, the confirmed reverse name, the address', (t) => {
  const ladder = (names: Record<string, string[]>): Notice | undefined => {
    const w = world();
    const [alice] = two(w);
    for (const [name, answers] of Object.entries(names)) alice.names.set(name, answers);
    w.settle(30_000);
    return heard(alice, 'address')[0];
  };
  t.like(ladder({ 'bob-host.local': ['10.0.0.2'] }), { host: 'bob-host.local', rung: 'mdns' });
  t.like(ladder({ 'bob-host.local': ['10.6.6.6'], '10.0.0.2': ['bob.lan.'], 'bob.lan': ['10.0.0.2'] }), {
    host: 'bob.lan',
    rung: 'dns',
  });
  t.like(ladder({ '10.0.0.2': ['-oProxyCommand=evil'] }), { host: '10.0.0.2', rung: 'address' });
  t.like(ladder({ '10.0.0.2': ['bob.lan'], 'bob.lan': ['10.6.6.6'] }), { host: '10.0.0.2', rung: 'address' });
});

test('side effects that fail: no record, no key on the wire; no key, no answer; and the person hears why', (t) => {
  for (const [fault, reason] of [
    ['store', 'storage'],
    ['provision', 'provision'],
  ] as const) {
    const w = world();
    const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
    w.settle(4000);
    const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase: null });
    bob.faults.set(fault, 'read-only file system');
    bob.input({ type: 'command', command: { name: 'phrase', phrase: { text: phrase, bits: 80 } } });
    w.settle(10_000);
    t.like(heard(bob, 'ended')[0], { reason });
    t.is(count(w, 'PairAck'), 0);
    t.deepEqual([bob.keys.size, bob.records.size], [0, 0]);
    t.is(situation(alice), 'Requesting');
  }
});

test('an identity that git-annex could not read, and a key that is none, end it at once with the reason', (t) => {
  const w = world();
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase: null, userName: 'a'.repeat(900) });
  t.like(heard(alice, 'ended')[0], { reason: 'identity' });
  t.regex(JSON.stringify(heard(alice, 'ended')[0]), /1023/);
});

test('phrases that will not do are refused with advice, and never quoted', (t) => {
  const w = world();
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase: 'a b c!' });
  t.like(heard(alice, 'phraseRefused')[0], { rule: 'phrase-short' });
  t.is(situation(alice), 'Listening');
  alice.input({ type: 'command', command: { name: 'phrase', phrase: { text: 'secret\u{1fae9}secret', bits: 80 } } });
  t.like(heard(alice, 'phraseRefused')[1], { rule: 'phrase-unassigned' });
  // One phrase, one conversation: lp1's words would be found from one recorded datagram of this one.
  alice.input({
    type: 'command',
    command: { name: 'phrase', phrase: { text: '73 Ladder acid, hope rabb', bits: 44 } },
  });
  t.like(heard(alice, 'phraseRefused')[2], { rule: 'phrase-generated' });
  t.is(situation(alice), 'Listening');
  t.is(annex.phraseFault('ladder acid hope rabbit'), null);
  t.false(JSON.stringify(alice.notices).includes('secret'));
  t.false(JSON.stringify(alice.notices).includes('adder'));
});

test('forgetting takes key and record of a stored pairing; an unknown record is said', (t) => {
  const w = world();
  const [alice, bob] = two(w);
  w.settle(40_000);
  alice.crash();
  alice.start(null);
  const [record] = alice.records.keys();
  alice.input({ type: 'command', command: { name: 'forget', record: record ?? '' } });
  alice.input({ type: 'command', command: { name: 'forget', record: 'nobody' } });
  w.settle(100);
  t.deepEqual([alice.keys.size, alice.records.size], [0, 0]);
  t.is(heard(alice, 'revoked').length, 1);
  t.is(heard(alice, 'trouble').length, 1);
  const [own] = bob.records.keys();
  bob.input({ type: 'command', command: { name: 'forget', record: own ?? '' } });
  w.settle(100);
  t.is(situation(bob), 'Ended', 'also the one that this session made');
  t.deepEqual([bob.keys.size, bob.records.size], [0, 0]);
});

test('with --peer our words also go there, from the interface that is on its network, else from the first one', (t) => {
  const start = startOf({ name: 'alice', userName: 'alice', address: '10.0.0.1', phrase, boot: 1, records: [] });
  const peers = [
    { address: '10.1.0.9', port: 55556 },
    { address: '192.168.7.7', port: 55556 },
  ];
  const interfaces = [
    ...interfacesAt('10.0.0.1'),
    { name: 'eth1', addresses: [{ family: 4 as const, address: '10.1.0.1', prefix: 24 }] },
    { name: 'six', addresses: [{ family: 6 as const, address: 'fe80::1%six', prefix: 64 }] },
  ];
  const [seeking] = annex.protocol.step(annex.protocol.initial(), { ...start, peers, interfaces }, realSuite);
  const [, effects] = annex.protocol.step(seeking, { type: 'timer', name: 'ask' }, realSuite);
  const said = effects.flatMap((effect) => {
    if (effect.type !== 'send') return [];
    const reading = annex.read(effect.bytes);
    const to = effect.to === 'group' ? `group on ${effect.interface}` : effect.to.address;
    return [`${to} signed for ${reading.ok ? reading.message.address : '?'}`];
  });
  t.deepEqual(said, [
    'group on eth0 signed for 10.0.0.1',
    'group on eth1 signed for 10.1.0.1',
    '10.1.0.9 signed for 10.1.0.1',
    '192.168.7.7 signed for 10.0.0.1',
  ]);
  const nowhere = annex.protocol.step(seeking, { type: 'interfaces', interfaces: interfaces.slice(2) }, realSuite)[0];
  const [, silent] = annex.protocol.step(nowhere, { type: 'timer', name: 'ask' }, realSuite);
  t.false(
    silent.some(({ type }) => type === 'send'),
    'without IPv4 there is nothing that annex can say, to peers neither',
  );
});

test('a PairAck after our own address changed, or after the phrase is gone, is answered all the same', (t) => {
  const w = world();
  w.fate = (_from, _to, bytes) => (kind(bytes) === 'PairDone' ? [] : [1]);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4000);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.settle(3000);
  t.is(situation(alice), 'Paired');
  alice.address = '10.0.0.55';
  alice.input({ type: 'interfaces', interfaces: interfacesAt('10.0.0.55') });
  w.fate = (from) => (from === 'alice' ? [] : [1]);
  w.settle(3000);
  bob.address = '10.0.0.22';
  bob.input({ type: 'interfaces', interfaces: interfacesAt('10.0.0.22') });
  w.settle(3000);
  w.fate = () => [1];
  w.settle(30_000);
  t.deepEqual([situation(alice), situation(bob)], ['Settled', 'Settled']);
  t.is(heard(bob, 'paired').length, 1);
  const answers = heard(bob, 'address').at(-1);
  t.like(answers, { host: '10.0.0.55' }, 'the PairDone was signed for the new address');
});

test('a crash between record and key, and then the key cannot be installed: said, tried again when the partner asks', (t) => {
  const w = world();
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4000);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  for (let ms = 0; ms < 5000 && situation(alice) !== 'Granting'; ms++) w.settle(1);
  w.settle(6);
  alice.crash();
  alice.faults.set('provision', 'read-only file system');
  alice.start(null);
  w.settle(3000);
  t.regex(JSON.stringify(heard(alice, 'trouble')), /read-only/);
  t.is(situation(bob), 'Answering');
  alice.faults.clear();
  w.settle(5000);
  t.deepEqual(keysOf(alice), [sshKeyOf('bob')]);
  t.is(situation(bob), 'Settled');
});

test('taking back that fails leaves the record, so that it stays visible; damaged and foreign records are left alone', (t) => {
  const w = world();
  w.fate = (_from, _to, bytes) => (kind(bytes) === 'PairAck' ? [] : [1]);
  w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4000);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.settle(3000);
  bob.faults.set('unprovision', 'read-only file system');
  bob.input({ type: 'command', command: { name: 'cancel' } });
  w.settle(100);
  t.is(situation(bob), 'Ended');
  t.deepEqual([bob.keys.size, bob.records.size], [1, 1]);
  const [id, record] = [...bob.records][0] ?? ['', undefined];
  bob.crash();
  bob.records.set('damaged', { id: 'damaged', protocol: 'annex', body: { version: 2 } });
  bob.records.set('foreign', { id: 'foreign', protocol: 'lp1', body: null });
  for (const [name, body] of Object.entries({
    text: 'x',
    list: [],
    role: { version: 1, step: 'paired', role: 'boss' },
    peer: { ...(record?.body as object), peer: 7 },
    sent: { ...(record?.body as object), sent: [1] },
    step: { ...(record?.body as object), peer: null },
    host: { ...(record?.body as object), host: 7 },
    self: { ...(record?.body as object), self: {} },
  })) {
    bob.records.set(name, { id: name, protocol: 'annex', body: body as never });
  }
  bob.notices.length = 0;
  bob.start(null);
  t.is(heard(bob, 'trouble').length, 9, 'one for each damaged record, none for the foreign one');
  t.is(heard(bob, 'unfinished').length, 1);
  bob.faults.clear();
  bob.faults.set('discard', 'read-only file system');
  bob.input({ type: 'command', command: { name: 'forget', record: id } });
  w.settle(100);
  t.is(heard(bob, 'trouble').length, 10);
  bob.faults.clear();
  bob.input({ type: 'command', command: { name: 'forget', record: id } });
  w.settle(100);
  t.deepEqual([bob.keys.size, bob.records.has(id)], [0, false]);
});

test('sleep, impatience and retyping: a resumed machine and a nudge speak at once, another phrase is another pairing', (t) => {
  const w = world();
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase: 'a phrase with a slip' });
  w.settle(4500);
  const first = alice.driver.state.own;
  const before = count(w, 'PairReq');
  alice.input({ type: 'resumed', entropy: new Uint8Array(32).fill(3) });
  alice.input({ type: 'command', command: { name: 'nudge' } });
  t.is(count(w, 'PairReq'), before + 2);
  alice.input({ type: 'command', command: { name: 'phrase', phrase: { text: phrase, bits: 80 } } });
  t.is(situation(alice), 'Seeking');
  w.settle(4500);
  t.not(alice.driver.state.own, first);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.fate = (_from, to) => (to === 'alice' ? [] : [1]);
  w.settle(3000);
  t.is(situation(bob), 'Answering');
  const acks = count(w, 'PairAck');
  bob.input({ type: 'command', command: { name: 'nudge' } });
  bob.input({ type: 'resumed', entropy: new Uint8Array(32).fill(4) });
  t.is(count(w, 'PairAck'), acks + 2);
  bob.input({ type: 'command', command: { name: 'phrase', phrase: { text: 'too late to change', bits: 80 } } });
  t.like(heard(bob, 'phraseRefused')[0], { rule: 'phrase-late' });
  w.fate = () => [1];
  w.settle(20_000);
  t.deepEqual([situation(alice), situation(bob)], ['Settled', 'Settled']);
});
