/** lp1 between two honest machines: whatever the network does and whenever they crash. */
import test from 'ava';
import fc from 'fast-check';
import type { Effect, Suite } from '../contract.ts';
import { describe } from '../lp1/messages.ts';
import type { Lp1State } from '../lp1/state.ts';
import { realSuite } from '../suite.ts';
import { symbolicSuite } from '../suite-symbolic.ts';
import { fair, Lan, type LanHost, pairedWell } from './lp1-lan.ts';

const phrase = '73-ladder-acid-hope-rabbit';

function two(lan: Lan): readonly [LanHost, LanHost] {
  return [lan.add('alice'), lan.add('bob')];
}

for (const suite of [realSuite, symbolicSuite]) {
  test(`${suite.name}: two who start at once pair, settle, and keep no secret but what the record needs`, (t) => {
    const lan = new Lan(suite);
    const [a, b] = two(lan);
    a.start(phrase);
    b.start(phrase);
    t.true(
      lan.until(() => pairedWell(a, b) === null, 5000),
      pairedWell(a, b) ?? '',
    );
    lan.pass(1000);
    for (const host of [a, b]) {
      t.is(host.said('settled').length, 1);
      const { bonds, ...others } = host.state.secrets;
      t.deepEqual(others, { entropy: null, prs: null, seed: null, cookieKey: null, candidates: [], watch: [] });
      t.is(bonds.length, 1);
      t.like(host.said('paired')[0], { peer: { userName: host.name === 'alice' ? 'bob' : 'alice' } });
    }
    t.true(lan.sent.every(({ bytes }) => bytes.length <= 1200));
  });

  test(`${suite.name}: one phrase typed differently, one starting four minutes later`, (t) => {
    const lan = new Lan(suite);
    const [a, b] = two(lan);
    a.start('73 Ladder ACID hope rabb');
    lan.pass(240_000);
    b.start(phrase);
    t.true(
      lan.until(() => pairedWell(a, b) === null, 5000),
      pairedWell(a, b) ?? '',
    );
  });

  test(`${suite.name}: another phrase, or another channel, never pairs`, (t) => {
    const lan = new Lan(suite);
    const [a, b] = two(lan);
    const c = lan.add('carol');
    a.start(phrase);
    b.start('73-ladder-acid-hope-zebra');
    c.start('74-ladder-acid-hope-rabbit');
    lan.pass(60_000);
    t.deepEqual(
      [a, b, c].map(({ situation }) => situation),
      ['Seeking', 'Seeking', 'Seeking'],
    );
    t.is(a.state.guesses.used, 1);
    t.is(c.state.guesses.used, 0);
    t.deepEqual(a.said('others'), [{ event: 'others', count: 1 }]);
    t.is(a.said('proven').length, 0);
  });
}

interface Fall {
  readonly who: number;
  /** After so many more steps of that host; of that step's effects all that take no time are carried out, or none. */
  readonly step: number;
  readonly effects: boolean;
  /** It comes back without its records and keys. */
  readonly newDisk: boolean;
  readonly downMs: number;
}

interface Storm {
  readonly seed: number;
  readonly loss: number;
  readonly twice: number;
  readonly delayMax: number;
  readonly lateMs: number;
  readonly falls: readonly Fall[];
}

const storms = (falls: number): fc.Arbitrary<Storm> =>
  fc.record({
    seed: fc.nat(),
    loss: fc.integer({ min: 0, max: 60 }),
    twice: fc.integer({ min: 0, max: 30 }),
    delayMax: fc.constantFrom(1, 20, 300, 2000),
    lateMs: fc.integer({ min: 0, max: 5000 }),
    falls: fc.array(
      fc.record({
        who: fc.nat(1),
        step: fc.integer({ min: 1, max: 60 }),
        effects: fc.boolean(),
        newDisk: fc.boolean(),
        downMs: fc.integer({ min: 1, max: 5000 }),
      }),
      { maxLength: falls },
    ),
  });

interface Ride {
  readonly lan: Lan;
  readonly a: LanHost;
  readonly b: LanHost;
  /** What was done that never may be, in words. */
  readonly wrongs: readonly string[];
}

/** A crash is followed by the person starting again with the same phrase. */
function ride(storm: Storm, suite: Suite): Ride {
  const lan = new Lan(suite, storm.seed);
  const [a, b] = two(lan);
  const wrongs: string[] = [];
  lan.weather = { loss: storm.loss, twice: storm.twice, delay: [1, storm.delayMax] };
  for (const [host, peer] of [
    [a, b],
    [b, a],
  ] as const) {
    host.watch = (state, effects) => wrongs.push(...prematureKeys(lan, peer, state, effects));
    const falls = storm.falls.filter(({ who }) => (who === 0) === (host === a));
    let next = 0;
    const arm = (): void => {
      const fall = falls[next];
      host.crashAt = fall === undefined ? null : { step: host.steps + fall.step, effects: fall.effects };
    };
    host.onCrash = () => {
      const fall = falls[next++];
      if (fall === undefined) return;
      if (fall.newDisk) host.loseDisk();
      lan.later(fall.downMs, () => {
        arm();
        host.start(phrase);
      });
    };
    arm();
  }
  a.start(phrase);
  lan.later(storm.lateMs, () => b.start(phrase));
  return { lan, a, b, wrongs };
}

/** A key is installed only when its owner holds a record of the same pairing, and has said so by READY or DONE. */
function prematureKeys(lan: Lan, peer: LanHost, state: Lp1State, effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect) => {
    if (effect.type !== 'provision') return [];
    const { record } = effect.grant;
    const bond = state.bonds.find((known) => known.record === record);
    const said = lan.sent.some(({ from, bytes }) => {
      if (from !== peer.name) return false;
      const { kind, fields } = describe(bytes);
      return (kind === 'READY' || kind === 'DONE') && fields['from'] === bond?.theirs && fields['to'] === bond?.mine;
    });
    if (said && peer.everStored.has(record)) return [];
    return [`a key installed for ${peer.name}, who ${said ? 'holds no record' : 'never said READY'}`];
  });
}

/** Both people start again, at most four times: what a crash leaves heals at the next contact. */
function heal({ lan, a, b }: Ride): boolean {
  lan.weather = fair;
  for (const host of [a, b]) {
    host.crashAt = null;
    host.onCrash = () => {};
    if (host.driver === null) host.start(phrase);
  }
  for (let again = 0; again < 4; again++) {
    if (lan.until(() => pairedWell(a, b) === null, 60_000)) return true;
    for (const host of [a, b]) {
      host.crash();
      host.start(phrase);
    }
  }
  return false;
}

for (const [suite, runs] of [
  [symbolicSuite, 300],
  [realSuite, 8],
] as const) {
  test(`${suite.name}: whatever is lost, doubled and reordered: both are paired, without anybody doing anything`, (t) => {
    fc.assert(
      fc.property(storms(0), (storm) => {
        const { lan, a, b, wrongs } = ride(storm, suite);
        lan.until(() => pairedWell(a, b) === null, 120_000);
        lan.weather = fair;
        lan.until(() => pairedWell(a, b) === null, 120_000);
        const failed = [pairedWell(a, b) ?? [], wrongs].flat();
        if (failed.length > 0) throw new Error(failed.join('; '));
      }),
      { numRuns: runs, includeErrorInReport: true },
    );
    t.pass();
  });

  test(`${suite.name}: crashes at any step, with the disk or without: after healing both are paired, with one record each`, (t) => {
    fc.assert(
      fc.property(storms(4), (storm) => {
        const journey = ride(storm, suite);
        journey.lan.pass(20_000);
        const failed = [heal(journey) ? [] : (pairedWell(journey.a, journey.b) ?? ''), journey.wrongs].flat();
        if (failed.length > 0) throw new Error(failed.join('; '));
      }),
      { numRuns: runs * 2, includeErrorInReport: true },
    );
    t.pass();
  });
}

test('the ssh key signs once per session: not again for a second candidate, a new address or a lost datagram', (t) => {
  const lan = new Lan();
  lan.weather = { loss: 20, twice: 10, delay: [1, 50] };
  const signed = new Map<string, number>();
  const all = ['alice', 'bob', 'carol'].map((name) => lan.add(name));
  for (const host of all) {
    host.watch = (_, effects) => {
      const asked = effects.filter(({ type }) => type === 'sign').length;
      signed.set(host.name, (signed.get(host.name) ?? 0) + asked);
    };
    host.start(phrase);
  }
  const [a] = all;
  t.true(lan.until(() => all.every(({ situation }) => situation === 'Choosing'), 30_000));
  a?.move('10.0.0.77');
  lan.pass(5000);
  t.deepEqual(
    [...signed],
    [
      ['alice', 1],
      ['bob', 1],
      ['carol', 1],
    ],
  );
  // Another session has another iid, and the key proves itself to that one anew.
  a?.input({ type: 'resumed', entropy: new Uint8Array(32).fill(7) });
  lan.pass(1000);
  t.is(signed.get('alice'), 2);
});
