/** annex under any weather: whatever is lost, late, doubled or out of order, both are paired once the network heals. */
import test from 'ava';
import fc from 'fast-check';
import { couple, play } from './play.ts';

const ratio = fc.tuple(fc.nat({ max: 9 }), fc.constant(10)).map(([a, b]) => `${a}/${b}`);
const delay = fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 2000 })).map(([from, more]) => `${from}..${from + more}`);
const weather = fc
  .record({
    loss: ratio,
    delayMs: delay,
    duplicate: ratio,
    duplicateAfterMs: delay,
    reorder: ratio,
    reorderByMs: delay,
  })
  .map((rules) => JSON.stringify(rules));

/** What the person at each machine does, besides typing the phrase. */
const people = fc.record({
  bobStartsMs: fc.nat({ max: 20_000 }),
  bobTypesLate: fc.boolean(),
  healsMs: fc.nat({ max: 60_000 }),
});

test('any loss, delay, doubling and disorder: both end paired once the network heals, and no imposter is ever let in', (t) => {
  fc.assert(
    fc.property(weather, people, fc.nat({ max: 2 ** 31 }), (network, { bobStartsMs, bobTypesLate, healsMs }, seed) => {
      const text = couple(
        `
adversaries:
  mallory: {on: lan, is: imposter, phrase: a wrong guess, racesAheadMs: 10, reactsMs: 0}
  trudy: {on: lan, is: spoofer, reactsMs: 0}
  echo: {on: lan, is: replayer, startsMs: 4000, everyMs: 900, times: 20}
script:
  - {atMs: ${healsMs}, network: heal}
expect:
  - {paired: [alice, bob], withinMs: ${healsMs + 45_000}}
  - {never: authorized, host: [alice, bob], key: mallory}
  - {never: authorized, host: [alice, bob], key: trudy}
  - {lines: 1, host: alice}
  - {lines: 1, host: bob}`,
        network,
        bobTypesLate ? `, typesMs: ${bobStartsMs + 3000}` : '',
      ).replace('startsMs: 2000', `startsMs: ${bobStartsMs}`);
      const { verdict, failures } = play(text, { seed });
      if (verdict !== 'pass') throw new Error(failures.join('\n'));
    }),
    { numRuns: 150 },
  );
  t.pass();
});

test('a crash at any step, on either side, with the disk kept: both end paired, each with one line', (t) => {
  const moments = [
    'sends: PairReq',
    'sends: PairAck',
    'sends: PairDone',
    'hears: PairReq',
    'hears: PairAck',
    'hears: PairDone',
    'stores: true',
    'authorizes: true',
  ];
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          host: fc.constantFrom('alice', 'bob'),
          moment: fc.constantFrom(...moments),
          nth: fc.integer({ min: 1, max: 3 }),
          plusMs: fc.constantFrom(0, 0, 1, 5),
          downMs: fc.integer({ min: 1, max: 9000 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      fc.nat({ max: 2 ** 31 }),
      (crashes, seed) => {
        const script = crashes.flatMap(({ host, moment, nth, plusMs, downMs }) => {
          const when = `when: {host: ${host}, ${moment}, nth: ${nth}}`;
          return [
            `- {${when}, plusMs: ${plusMs}, host: ${host}, do: crash}`,
            `- {${when}, plusMs: ${plusMs + downMs}, host: ${host}, do: restart}`,
          ];
        });
        const text = couple(
          `script:\n  ${script.join('\n  ')}\nexpect:\n  - {paired: [alice, bob]}`,
          '{delayMs: 1..20, loss: 1/10}',
        );
        const { verdict, failures } = play(text, { seed });
        // A moment that never came makes the run inconclusive.
        if (verdict === 'fail') throw new Error(`${failures.join('\n')}\n${text}`);
      },
    ),
    { numRuns: 200 },
  );
  t.pass();
});

test('a crash between the record of the answer and the end of the one that asked leaves one record when both are paired', (t) => {
  const records = new Set<string>();
  const { verdict } = play(
    couple(`
script:
  - {drop: PairReq, from: alice, nth: 1}
  - {when: {host: bob, stores: true, nth: 2}, host: bob, do: crash}
  - {when: {host: bob, stores: true, nth: 2}, plusMs: 5000, host: bob, do: restart}
expect:
  - {paired: [alice, bob]}`),
    {
      watch: (event) => {
        if (event.type === 'stored' && event.host === 'bob') records.add(event.record.id);
        if (event.type === 'discarded' && event.host === 'bob') records.delete(event.record);
      },
    },
  );
  t.is(verdict, 'pass');
  t.is(records.size, 1);
});
