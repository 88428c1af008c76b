/** Stories of third parties: what strangers send never ends, steals or delays a pairing, and what a person must know is said. */
import test from 'ava';
import type { Notice } from '../contract.ts';
import { type AnnexState, annex, type Message, type Stage } from '../index.ts';
import { type Host, sshKeyOf, TableTop } from './table-top.ts';

const phrase = 'my hovercraft is full of eels';
type World = TableTop<AnnexState>;
const situation = (host: Host<AnnexState>): string => host.driver.state.situation;
const keysOf = (host: Host<AnnexState>): string[] => [...host.keys.values()].map(({ key }) => key);
const heard = (host: Host<AnnexState>, event: Notice['event']): Notice[] =>
  host.notices.filter((notice) => notice.event === event);

interface Forged {
  readonly stage: Stage;
  readonly uuid: string;
  readonly from: string;
  readonly with?: string;
  readonly address?: string;
  readonly sshKey?: string;
}

function forged({
  stage,
  uuid,
  from,
  with: secret = phrase,
  address = '10.0.0.66',
  sshKey = sshKeyOf(from),
}: Forged): Uint8Array {
  const data = {
    remoteHostName: `${from}-host`,
    remoteUserName: from,
    remoteDirectory: '~/annex',
    remoteSshPubKey: sshKey,
    pairUUID: uuid,
  };
  return annex.write(annex.sign({ stage, data, address }, annex.phraseKey(secret)));
}

function messagesOf(w: World, from: string, stage: Stage): Message[] {
  return w.sent.flatMap((sent) => {
    const reading = annex.read(sent.bytes);
    return sent.from === from && reading.ok && reading.message.stage === stage ? [reading.message] : [];
  });
}

const uuidOf = (host: Host<AnnexState>): string => host.driver.state.own ?? '';
const largest = 'ffffffff-ffff-4fff-8fff-ffffffffffff';
const smallest = '00000000-0000-4000-8000-000000000000';

test('an imposter with a wrong phrase answers first, asks first and closes first: the honest two pair, and its key is nowhere', (t) => {
  const w = new TableTop(annex.protocol);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(5000);
  for (const stage of ['PairAck', 'PairDone', 'PairReq'] as const)
    w.inject(forged({ stage, uuid: uuidOf(alice), from: 'mallory', with: 'wrong guess' }));
  w.inject(forged({ stage: 'PairReq', uuid: smallest, from: 'mallory', with: 'wrong guess' }));
  t.is(situation(alice), 'Requesting');
  t.true(heard(alice, 'refused').every((notice) => notice.event === 'refused' && notice.refusal.rule === 'bad-digest'));
  t.is(heard(alice, 'refused').length, 3);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.settle(2500);
  for (const stage of ['PairAck', 'PairDone', 'PairReq'] as const)
    w.inject(forged({ stage, uuid: uuidOf(alice), from: 'mallory', with: 'wrong guess' }));
  w.settle(20_000);
  t.deepEqual([keysOf(alice), keysOf(bob)], [[sshKeyOf('bob')], [sshKeyOf('alice')]]);
});

test('one spoofed datagram with the public UUID and a bad digest, which turns git-annex off, is said and survived by both roles', (t) => {
  const w = new TableTop(annex.protocol);
  w.fate = (_from, _to, bytes) => (annex.protocol.describe(bytes).kind === 'PairDone' ? [] : [1]);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4000);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.settle(3000);
  const [ack] = messagesOf(w, 'bob', 'PairAck');
  const [done] = messagesOf(w, 'alice', 'PairDone');
  for (const message of [ack, done])
    if (message !== undefined) w.inject(annex.write({ ...message, digest: '0'.repeat(40) }));
  t.is(situation(bob), 'Answering');
  w.fate = () => [1];
  w.settle(20_000);
  t.deepEqual([situation(alice), situation(bob)], ['Settled', 'Settled']);
  t.like(heard(bob, 'refused').at(-1), { refusal: { rule: 'bad-digest' } });
});

test('replaying every datagram of a finished pairing, to the same programs and to restarted ones, changes nothing', (t) => {
  const w = new TableTop(annex.protocol);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.settle(40_000);
  const old = w.sent.map(({ bytes }) => bytes);
  const disk = (): unknown => [alice, bob].map((host) => [[...host.keys], [...host.records]]);
  const before = disk();
  for (const bytes of old) w.inject(bytes);
  w.settle(5000);
  t.deepEqual([situation(alice), situation(bob)], ['Settled', 'Settled']);
  t.deepEqual(disk(), before);
  for (const again of ['another phrase for another day', phrase]) {
    for (const host of [alice, bob]) host.crash();
    alice.start(null);
    bob.start(again);
    for (const bytes of old) w.inject(bytes);
    w.settle(2500);
    t.deepEqual([situation(alice), situation(bob)], ['Listening', 'Seeking']);
    t.deepEqual(disk(), before);
  }
});

test('an old PairAck neither ends nor takes a new pairing with the same phrase', (t) => {
  const w = new TableTop(annex.protocol);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4500);
  const old = forged({ stage: 'PairAck', uuid: 'an-older-pairing', from: 'bob', address: '10.0.0.2' });
  w.inject(old);
  t.is(situation(alice), 'Requesting');
  t.like(heard(alice, 'refused')[0], { refusal: { rule: 'unknown-pairing' } });
});

test('an old PairReq of the same partner is answered beside the new one: the live one finishes', (t) => {
  const w = new TableTop(annex.protocol);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.inject(forged({ stage: 'PairReq', uuid: 'from-last-week', from: 'alice', address: '10.0.0.1' }));
  w.settle(100);
  t.is(situation(bob), 'Answering');
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(30_000);
  t.deepEqual([situation(alice), situation(bob)], ['Settled', 'Settled']);
  t.deepEqual([keysOf(alice), keysOf(bob)], [[sshKeyOf('bob')], [sshKeyOf('alice')]]);
});

test('a second machine that overheard the phrase gets no key, the person hears of it, and may choose it instead', (t) => {
  const w = new TableTop(annex.protocol);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.inject(forged({ stage: 'PairReq', uuid: 'first', from: 'alice', address: '10.0.0.1' }));
  w.settle(100);
  for (let i = 0; i < 3; i++) w.inject(forged({ stage: 'PairReq', uuid: 'second', from: 'carol' }));
  t.deepEqual(keysOf(bob), [sshKeyOf('alice')]);
  t.is(heard(bob, 'alarm').length, 1);
  const [choice] = heard(bob, 'choose');
  const carol =
    choice?.event === 'choose' ? choice.candidates.find(({ peer }) => peer.userName === 'carol') : undefined;
  bob.input({ type: 'command', command: { name: 'choose', candidate: 'nobody' } });
  t.is(situation(bob), 'Answering');
  bob.input({ type: 'command', command: { name: 'choose', candidate: carol?.candidate ?? '' } });
  w.settle(100);
  t.deepEqual(keysOf(bob), [sshKeyOf('carol')], 'the first one’s was taken back');
  t.is(bob.records.size, 1);
});

test('two requests heard before the phrase and proven by it: nobody is answered until the person has chosen', (t) => {
  const w = new TableTop(annex.protocol);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase: null });
  w.inject(forged({ stage: 'PairReq', uuid: 'first', from: 'alice', address: '10.0.0.1' }));
  w.inject(forged({ stage: 'PairReq', uuid: 'second', from: 'carol' }));
  w.inject(forged({ stage: 'PairReq', uuid: 'third', from: 'dave', with: 'another phrase' }));
  bob.input({ type: 'command', command: { name: 'phrase', phrase: { text: phrase, bits: 80 } } });
  w.settle(3000);
  t.is(situation(bob), 'Choosing');
  t.deepEqual([bob.keys.size, bob.records.size], [0, 0]);
  const [choice] = heard(bob, 'choose');
  t.deepEqual(choice?.event === 'choose' ? choice.candidates.map(({ peer }) => peer.userName).sort() : [], [
    'alice',
    'carol',
  ]);
});

test('a second machine that answers our request after the first one gets no key', (t) => {
  const w = new TableTop(annex.protocol);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4500);
  w.inject(forged({ stage: 'PairAck', uuid: uuidOf(alice), from: 'bob', address: '10.0.0.2' }));
  w.inject(forged({ stage: 'PairAck', uuid: uuidOf(alice), from: 'mallory' }));
  w.settle(1000);
  w.inject(forged({ stage: 'PairAck', uuid: uuidOf(alice), from: 'mallory' }));
  t.deepEqual(keysOf(alice), [sshKeyOf('bob')]);
  t.is(heard(alice, 'alarm').length, 2);
});

test('a PairDone with another key than the request’s finishes nothing', (t) => {
  const w = new TableTop(annex.protocol);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.inject(forged({ stage: 'PairReq', uuid: 'first', from: 'alice', address: '10.0.0.1' }));
  w.settle(100);
  w.inject(forged({ stage: 'PairDone', uuid: 'first', from: 'mallory' }));
  t.is(situation(bob), 'Answering');
  t.like(heard(bob, 'refused')[0], { refusal: { rule: 'partner-changed' } });
});

test('crossing with a partner that does not know the rule (a git-annex): the smaller UUID insists, then yields', (t) => {
  const w = new TableTop(annex.protocol);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4500);
  for (let s = 0; s < 3; s++) {
    w.inject(forged({ stage: 'PairReq', uuid: largest, from: 'annex', address: '10.0.0.9' }));
    w.settle(2000);
  }
  t.is(situation(alice), 'Requesting', 'ours is the smaller one');
  w.settle(6000);
  t.is(situation(alice), 'Answering');
  w.inject(forged({ stage: 'PairDone', uuid: largest, from: 'annex', address: '10.0.0.9' }));
  w.settle(20_000);
  t.deepEqual([situation(alice), keysOf(alice)], ['Settled', [sshKeyOf('annex')]]);
});

test('crossing, both answered: a PairAck to our own smaller request wins over the answer that we were giving', (t) => {
  const w = new TableTop(annex.protocol);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4500);
  const own = uuidOf(alice);
  w.inject(forged({ stage: 'PairReq', uuid: largest, from: 'annex', address: '10.0.0.9' }));
  w.settle(10_000);
  t.is(situation(alice), 'Answering');
  // git-annex makes another key pair for every start and every answer.
  w.inject(
    forged({ stage: 'PairAck', uuid: own, from: 'annex', address: '10.0.0.9', sshKey: sshKeyOf('its second key') }),
  );
  w.settle(100);
  t.is(situation(alice), 'Paired');
  t.deepEqual(keysOf(alice), [sshKeyOf('its second key')], 'one pairing, one key');
  t.is(alice.records.size, 1);
});

test('crossing, ours is the larger one and their PairDone was lost: their PairAcks are ended by finishing ours', (t) => {
  const w = new TableTop(annex.protocol);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase });
  w.settle(4500);
  const ack = forged({
    stage: 'PairAck',
    uuid: uuidOf(alice),
    from: 'annex',
    address: '10.0.0.9',
    sshKey: sshKeyOf('its second key'),
  });
  w.inject(forged({ stage: 'PairReq', uuid: smallest, from: 'annex', address: '10.0.0.9' }));
  w.settle(100);
  w.inject(ack);
  t.is(situation(alice), 'Answering', 'the smaller one has time to finish');
  w.settle(10_000);
  w.inject(ack);
  w.settle(100);
  t.is(situation(alice), 'Paired');
});

test('hostile fields are refused by name before anything is proven or installed', (t) => {
  const w = new TableTop(annex.protocol);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  const hostile: [string, string][] = [
    ['command="rm -rf ~" ssh-rsa AAAA', 'ssh'],
    ['ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=', 'ssh'],
    ['ssh-rsa AAAA', 'ssh'],
  ];
  for (const [sshKey] of hostile) w.inject(forged({ stage: 'PairReq', uuid: 'x', from: 'mallory', sshKey }));
  w.settle(100);
  t.is(situation(bob), 'Seeking');
  t.is(heard(bob, 'refused').length, hostile.length);
  t.is(bob.keys.size, 0);
});

test('a machine that was copied, key and all, is told so', (t) => {
  const w = new TableTop(annex.protocol);
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  w.inject(forged({ stage: 'PairReq', uuid: 'of the copy', from: 'bob' }));
  t.like(heard(bob, 'alarm')[0], { rule: 'cloned-machine' });
  t.is(situation(bob), 'Seeking');
});
