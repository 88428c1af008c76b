/** lp1 between two honest machines: whatever the network does and whenever they crash. */
import test from 'ava';
import fc from 'fast-check';
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

interface Storm {
  readonly seed: number;
  readonly loss: number;
  readonly twice: number;
  readonly delayMax: number;
  readonly lateMs: number;
  readonly crashes: readonly { readonly who: number; readonly atMs: number; readonly downMs: number }[];
}

const storms = (crashes: number): fc.Arbitrary<Storm> =>
  fc.record({
    seed: fc.nat(),
    loss: fc.integer({ min: 0, max: 60 }),
    twice: fc.integer({ min: 0, max: 30 }),
    delayMax: fc.constantFrom(1, 20, 300, 2000),
    lateMs: fc.integer({ min: 0, max: 5000 }),
    crashes: fc.array(
      fc.record({ who: fc.nat(1), atMs: fc.integer({ min: 0, max: 8000 }), downMs: fc.integer({ min: 1, max: 5000 }) }),
      { maxLength: crashes },
    ),
  });

/** A crash is followed by the person starting again with the same phrase. */
function ride(storm: Storm): { readonly lan: Lan; readonly a: LanHost; readonly b: LanHost } {
  const lan = new Lan(symbolicSuite, storm.seed);
  const [a, b] = two(lan);
  lan.weather = { loss: storm.loss, twice: storm.twice, delay: [1, storm.delayMax] };
  a.start(phrase);
  lan.later(storm.lateMs, () => {
    if (b.driver === null) b.start(phrase);
  });
  for (const { who, atMs, downMs } of storm.crashes) {
    const host = who === 0 ? a : b;
    lan.later(atMs, () => host.crash());
    lan.later(atMs + downMs, () => {
      if (host.driver === null) host.start(phrase);
    });
  }
  return { lan, a, b };
}

test('whatever is lost, doubled and reordered: both are paired in the end, with one key and one record each', (t) => {
  fc.assert(
    fc.property(storms(0), (storm) => {
      const { lan, a, b } = ride(storm);
      lan.until(() => pairedWell(a, b) === null, 120_000);
      lan.weather = fair;
      const done = lan.until(() => pairedWell(a, b) === null, 120_000);
      t.true(done, `${pairedWell(a, b)} ${JSON.stringify(storm)}`);
    }),
    { numRuns: 300 },
  );
});

/** Both people start again, at most four times: what a crash leaves heals at the next contact. */
function heal(lan: Lan, a: LanHost, b: LanHost): boolean {
  lan.weather = fair;
  for (let again = 0; again < 4; again++) {
    if (lan.until(() => pairedWell(a, b) === null, 60_000)) return true;
    for (const host of [a, b]) {
      host.crash();
      host.start(phrase);
    }
  }
  return false;
}

test('crashes at any step: after healing both are paired, with one key and one record each', (t) => {
  fc.assert(
    fc.property(storms(3), (storm) => {
      const { lan, a, b } = ride(storm);
      lan.pass(20_000);
      t.true(heal(lan, a, b), `${pairedWell(a, b)} ${JSON.stringify(storm)}`);
    }),
    { numRuns: 500 },
  );
});
