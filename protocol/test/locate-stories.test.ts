/** Stories of `locate`, on both suites: found, found again, not there; replays; half a pairing healed; taken back. */
import test, { type ExecutionContext } from 'ava';
import { toHex } from '../bytes.ts';
import { read } from '../lp1/messages.ts';
import { port } from '../lp1/state.ts';
import { realSuite } from '../suite.ts';
import { symbolicSuite } from '../suite-symbolic.ts';
import { altered, Machine, type Pair, paired, pairedDisks } from './locate-lan.ts';
import { Lan, type Sent } from './lp1-lan.ts';

function kindOf(bytes: Uint8Array): string {
  const reading = read(bytes);
  return reading.ok ? reading.message.kind : 'foreign';
}

function sentBy({ lan }: Pair, name: string, kind: string, since = 0): readonly Sent[] {
  return lan.sent.slice(since).filter(({ from, bytes }) => from === name && kindOf(bytes) === kind);
}

/** To the group: what also goes to where the peer was last is the same question. */
function asked(pair: Pair, name: string): readonly Sent[] {
  return sentBy(pair, name, 'WHERE').filter(({ to }) => to === 'group');
}

function recorded(pair: Pair, name: string): readonly Uint8Array[] {
  return asked(pair, name).map(({ bytes }) => bytes);
}

/** How often bob answers while these bytes come to him from there. */
function answersTo(pair: Pair, bytes: readonly Uint8Array[], address = '10.0.0.99'): number {
  const since = pair.lan.sent.length;
  for (const one of bytes) {
    pair.bob.deliver(one, { address, port: 40_099 }, 'group');
    pair.lan.pass(500);
  }
  pair.lan.pass(2000);
  return sentBy(pair, 'bob', 'HERE', since).length;
}

function wholeAgain(t: ExecutionContext, { alice, bob }: Pair): void {
  for (const machine of [alice, bob]) {
    t.like(machine.body, { step: 'installed', heard: 'done' }, machine.name);
    t.is(machine.keys.size, 1, machine.name);
  }
}

for (const suite of [symbolicSuite, realSuite]) {
  const fresh = (alter?: Parameters<typeof paired>[1]): Pair => paired(new Lan(suite), alter);
  const up = (pair: Pair): Pair => {
    pair.alice.start();
    pair.bob.start();
    pair.lan.pass(10);
    return pair;
  };

  test(`${suite.name}: a peer is found, its address proven, and no name is looked up before that`, (t) => {
    const pair = up(fresh());
    pair.alice.find();
    t.is(pair.alice.situation, 'Asking');
    t.deepEqual(pair.alice.lookups, []);
    t.true(pair.lan.until(() => pair.alice.said('address').length > 0, 1000));
    t.deepEqual(pair.alice.lookups, ['bob.local', 'bob.example.org']);
    const [address] = pair.alice.said('address');
    t.like(address, { host: '10.0.0.2', rung: 'address', stale: undefined });
    t.is(pair.alice.situation, 'Listening');
    t.is(pair.alice.said('settled').length, 1);
    t.deepEqual(
      asked(pair, 'alice').map(({ bytes }) => bytes.length),
      [109],
    );
    t.deepEqual(
      sentBy(pair, 'bob', 'HERE').map(({ bytes }) => bytes.length),
      [318],
    );
  });

  test(`${suite.name}: the ladder: .local where it leads to the proven address, else the DNS name, else the address`, (t) => {
    const pair = up(fresh());
    const ask = (): unknown => {
      pair.alice.notices.length = 0;
      pair.alice.find();
      pair.lan.pass(1000);
      return pair.alice.said('address').map(({ host, rung }) => `${rung} ${host}`)[0];
    };
    pair.alice.names.set('bob.local', ['10.0.0.2']);
    t.is(ask(), 'mdns bob.local');
    // Somebody else answers for the name.
    pair.alice.names.set('bob.local', ['10.0.0.66']);
    pair.alice.names.set('bob.example.org', ['10.0.0.3', '10.0.0.2']);
    t.is(ask(), 'dns bob.example.org');
    pair.alice.names.set('bob.example.org', ['10.0.0.66']);
    t.is(ask(), 'address 10.0.0.2');
  });

  test(`${suite.name}: a peer with a new address says so, and is found there without being looked for`, (t) => {
    const pair = up(fresh());
    pair.bob.move('10.0.0.77');
    t.true(pair.lan.until(() => pair.alice.said('address').some(({ host }) => host === '10.0.0.77'), 5000));
    pair.alice.notices.length = 0;
    pair.alice.find();
    pair.lan.pass(1000);
    t.like(pair.alice.said('address')[0], { host: '10.0.0.77' });
  });

  test(`${suite.name}: moving is said three times when nobody hears it, and then no more`, (t) => {
    const pair = fresh();
    pair.bob.start();
    pair.bob.move('10.0.0.77');
    pair.lan.pass(120_000);
    t.is(asked(pair, 'bob').length, 3);
    t.is(pair.bob.said('settled').length, 1);
    pair.bob.input({ type: 'interfaces', interfaces: pair.bob.interfaces });
    pair.lan.pass(120_000);
    t.is(asked(pair, 'bob').length, 3, 'the same addresses again are no news');
  });

  test(`${suite.name}: nobody answers: the last known address, marked stale; and the asking ends`, (t) => {
    const pair = fresh();
    pair.alice.start();
    pair.alice.find();
    pair.lan.pass(120_000);
    t.like(pair.alice.said('address')[0], { host: '10.0.0.2', rung: 'address', stale: true });
    t.is(pair.alice.said('address').length, 1);
    t.deepEqual(pair.alice.lookups, []);
    t.is(pair.alice.situation, 'Listening');
    t.is(asked(pair, 'alice').length, 12);
    pair.bob.start();
    pair.alice.find();
    pair.lan.pass(2000);
    t.like(pair.alice.said('address')[1], { host: '10.0.0.2', stale: undefined });
  });

  test(`${suite.name}: two WHEREs have no bytes in common but the frame, and the names are in none`, (t) => {
    const pair = up(fresh());
    for (let i = 0; i < 3; i++) {
      pair.alice.find();
      pair.lan.pass(1000);
    }
    const all = [...recorded(pair, 'alice'), ...sentBy(pair, 'bob', 'HERE').map(({ bytes }) => bytes)];
    const windows = new Map<string, number>();
    for (const bytes of all) {
      const seen = new Set<string>();
      for (let i = 10; i + 6 <= bytes.length; i++) seen.add(toHex(bytes.subarray(i, i + 6)));
      for (const window of seen) windows.set(window, (windows.get(window) ?? 0) + 1);
      t.false(/alice|bob|annex/.test(String.fromCharCode(...bytes)));
    }
    t.deepEqual(
      [...windows.values()].filter((count) => count > 1),
      [],
    );
  });

  test(`${suite.name}: a WHERE that was recorded gets no second answer: not now, not after a restart, from nowhere`, (t) => {
    const pair = up(fresh());
    pair.alice.find();
    pair.lan.pass(1000);
    const tape = recorded(pair, 'alice');
    t.is(answersTo(pair, tape), 0);
    t.is(answersTo(pair, tape, '10.0.0.1'), 0);
    pair.bob.crash();
    pair.bob.start();
    t.is(answersTo(pair, tape), 0);
    pair.alice.crash();
    pair.bob.crash();
    pair.bob.start();
    t.is(answersTo(pair, tape), 0);
  });

  test(`${suite.name}: what bob did not hear may be answered once, and is over as soon as alice was heard since`, (t) => {
    const pair = fresh();
    pair.alice.start();
    pair.alice.find();
    pair.lan.pass(30_000);
    const tape = recorded(pair, 'alice');
    t.is(tape.length, 12);
    pair.bob.start();
    t.is(answersTo(pair, tape.slice(0, 1)), 1);
    pair.alice.find();
    pair.lan.pass(2000);
    t.is(answersTo(pair, tape), 0);
  });

  test(`${suite.name}: an answer of bob’s voids what alice holds of his, heard or not`, (t) => {
    const pair = fresh();
    pair.bob.start();
    pair.bob.find();
    pair.lan.pass(30_000);
    const tape = recorded(pair, 'bob');
    pair.alice.start();
    pair.alice.find();
    pair.lan.pass(2000);
    t.like(pair.alice.said('address')[0], { host: '10.0.0.2', stale: undefined });
    const since = pair.lan.sent.length;
    for (const bytes of tape) pair.alice.deliver(bytes, { address: '10.0.0.99', port: 1 }, 'group');
    pair.lan.pass(5000);
    t.is(sentBy(pair, 'alice', 'HERE', since).length, 0);
  });

  test(`${suite.name}: alice’s records put back from a backup: her epochs are too low, and she is found out of it`, (t) => {
    const pair = up(fresh());
    const backup = pair.alice.backup();
    for (let i = 0; i < 6; i++) {
      pair.alice.find();
      pair.lan.pass(1000);
      pair.alice.crash();
      pair.alice.start();
    }
    const tape = recorded(pair, 'alice');
    pair.alice.crash();
    pair.alice.restore(backup);
    pair.alice.start();
    pair.alice.notices.length = 0;
    pair.alice.find();
    t.true(pair.lan.until(() => pair.alice.said('address').some(({ stale }) => stale === undefined), 60_000));
    t.is(answersTo(pair, tape), 0, 'what she said before the backup was put back is over all the same');
  });

  test(`${suite.name}: bob’s records put back from a backup: the first answer that he gets makes all recordings old`, (t) => {
    const pair = up(fresh());
    const backup = pair.bob.backup();
    for (let i = 0; i < 4; i++) {
      pair.alice.find();
      pair.lan.pass(1000);
      pair.alice.crash();
      pair.alice.start();
    }
    const tape = recorded(pair, 'alice');
    pair.bob.crash();
    pair.bob.restore(backup);
    pair.bob.start();
    pair.bob.find();
    pair.lan.pass(60_000);
    t.is(answersTo(pair, tape), 0);
  });

  test(`${suite.name}: stored on both sides, nothing installed: one contact makes it whole`, (t) => {
    const half = { step: 'stored', heard: 'nothing' };
    const pair = up(fresh({ alice: half, bob: half }));
    t.is(pair.alice.keys.size, 0);
    pair.lan.pass(30_000);
    wholeAgain(t, pair);
    for (const machine of [pair.alice, pair.bob]) {
      t.is(machine.said('granted').length, 1);
      t.is(machine.said('paired').length, 1);
      t.true(machine.said('settled').length >= 1);
    }
  });

  for (const [title, alter] of [
    ['alice stored, bob done', { alice: { step: 'stored', heard: 'nothing' } }],
    ['alice lacks bob’s DONE', { alice: { heard: 'ready' } }],
    ['both lack the other’s DONE', { alice: { heard: 'ready' }, bob: { heard: 'ready' } }],
    ['alice could not install, bob could', { alice: { step: 'failed', heard: 'done' }, bob: { heard: 'failed' } }],
  ] as const) {
    test(`${suite.name}: half a pairing heals at the next contact, whoever comes late: ${title}`, (t) => {
      for (const late of ['alice', 'bob'] as const) {
        const pair = fresh(alter);
        const early = late === 'alice' ? 'bob' : 'alice';
        pair[early].start();
        pair.lan.pass(100_000);
        pair[late].start();
        pair.lan.pass(400_000);
        wholeAgain(t, pair);
      }
    });
  }

  test(`${suite.name}: alice installs bob’s key and crashes before she tells: bob, who was answered, asks once more`, (t) => {
    const pair = fresh({ alice: { step: 'stored', heard: 'nothing' }, bob: { heard: 'ready' } });
    pair.lan.filter = ({ from, bytes }) => from !== 'alice' || kindOf(bytes) === 'HERE';
    up(pair);
    t.true(pair.lan.until(() => pair.alice.body?.['heard'] === 'done', 2000));
    pair.alice.crash();
    t.like(pair.bob.body, { heard: 'ready' });
    pair.lan.filter = () => true;
    pair.alice.start();
    pair.lan.pass(30_000);
    wholeAgain(t, pair);
  });

  test(`${suite.name}: a pairing taken back reaches the peer later: no key and no record on either side`, (t) => {
    const pair = fresh();
    pair.alice.start();
    pair.alice.command({ name: 'forget', record: pair.alice.record });
    pair.lan.pass(60_000);
    t.is(pair.alice.keys.size, 0);
    t.like(pair.alice.body, { step: 'revoked', heard: 'nothing' });
    pair.alice.crash();
    pair.bob.start();
    pair.lan.pass(10_000);
    pair.alice.start();
    pair.lan.pass(10_000);
    for (const machine of [pair.alice, pair.bob]) {
      t.is(machine.keys.size, 0, machine.name);
      t.is(machine.records.size, 0, machine.name);
      t.true(machine.said('revoked').length >= 1, machine.name);
    }
  });

  test(`${suite.name}: both take it back at once, and both forget`, (t) => {
    const pair = up(fresh());
    for (const machine of [pair.alice, pair.bob]) machine.command({ name: 'forget', record: machine.record });
    pair.lan.pass(30_000);
    for (const machine of [pair.alice, pair.bob]) t.deepEqual([machine.keys.size, machine.records.size], [0, 0]);
  });

  test(`${suite.name}: an answer passed on by somebody else proves no address`, (t) => {
    const pair = up(fresh());
    pair.lan.filter = ({ from }) => from !== 'bob';
    pair.alice.find();
    pair.lan.pass(20);
    const [here] = sentBy(pair, 'bob', 'HERE');
    t.truthy(here);
    pair.alice.deliver(here?.bytes ?? new Uint8Array(), { address: '10.0.0.66', port: 40_001 }, 'unicast');
    t.is(pair.alice.situation, 'Asking');
    pair.lan.pass(60_000);
    t.deepEqual(
      pair.alice.said('address').map(({ stale }) => stale),
      [true],
    );
  });

  test(`${suite.name}: only a neighbour or a --peer is answered`, (t) => {
    const pair = fresh();
    pair.alice.address = '192.168.7.1';
    pair.alice.peers = [{ address: '10.0.0.2', port }];
    pair.bob.start();
    pair.alice.start();
    pair.alice.find();
    pair.lan.pass(500);
    t.is(sentBy(pair, 'bob', 'HERE').length, 0);
    pair.bob.crash();
    pair.bob.peers = [{ address: '192.168.7.1', port }];
    pair.bob.start();
    pair.lan.pass(5000);
    t.like(pair.alice.said('address')[0], { host: '10.0.0.2', stale: undefined });
  });

  test(`${suite.name}: after sleep nothing in memory is trusted: a new epoch is asked in, an old one not answered`, (t) => {
    const pair = up(fresh());
    pair.alice.find();
    pair.lan.pass(1000);
    const epoch = pair.alice.state.partners[0]?.epoch ?? 0;
    for (const machine of [pair.alice, pair.bob])
      machine.input({ type: 'resumed', entropy: new Uint8Array(32).fill(9) });
    t.is(answersTo(pair, recorded(pair, 'alice')), 0);
    pair.alice.notices.length = 0;
    pair.alice.find();
    pair.lan.pass(2000);
    t.like(pair.alice.said('address')[0], { host: '10.0.0.2', stale: undefined });
    t.true((pair.alice.state.partners[0]?.epoch ?? 0) > epoch);
  });

  test(`${suite.name}: a third machine with another pairing hears nothing that is for it`, (t) => {
    const pair = up(fresh());
    const others = pairedDisks(new Lan(suite, 7));
    const carol = new Machine(pair.lan, 'carol', '10.0.0.3', altered(others.alice, { pair: '07'.repeat(32) }));
    carol.start();
    pair.alice.find();
    pair.lan.pass(2000);
    t.is(sentBy(pair, 'carol', 'HERE').length, 0);
    t.is(carol.said('refused').length, 0);
    carol.find();
    pair.lan.pass(60_000);
    t.deepEqual(
      carol.said('address').map(({ stale }) => stale),
      [true],
    );
  });
}
