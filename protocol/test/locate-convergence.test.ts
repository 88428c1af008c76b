/**
 * However bad the network and whenever the machines crash: half a pairing becomes whole, one taken back goes on both sides,
 * a peer that is there is found. And what was said once is worth nothing when it is said again.
 */
import test from 'ava';
import fc from 'fast-check';
import type { Json } from '../contract.ts';
import { type Machine, type Pair, paired } from './locate-lan.ts';
import { Lan, type Weather } from './lp1-lan.ts';
import { canonical } from './plain.ts';

const weathers: fc.Arbitrary<Weather> = fc.record({
  loss: fc.nat(60),
  twice: fc.nat(30),
  delay: fc.constantFrom([1, 1] as const, [1, 80] as const, [1, 400] as const),
});

/** What may be on the two disks after lp1 was interrupted somewhere: pairs of fields that can be there together. */
const halves = fc.constantFrom<readonly { [name: string]: Json }[]>(
  [
    { step: 'stored', heard: 'nothing' },
    { step: 'stored', heard: 'nothing' },
  ],
  [
    { step: 'stored', heard: 'nothing' },
    { step: 'installed', heard: 'ready' },
  ],
  [
    { step: 'installed', heard: 'ready' },
    { step: 'installed', heard: 'ready' },
  ],
  [
    { step: 'installed', heard: 'done' },
    { step: 'installed', heard: 'ready' },
  ],
  [
    { step: 'failed', heard: 'done' },
    { step: 'installed', heard: 'failed' },
  ],
  [{}, {}],
);

const crashes = fc.array(
  fc.record({ atMs: fc.nat(4000), alice: fc.boolean(), downMs: fc.integer({ min: 1, max: 3000 }) }),
  {
    maxLength: 4,
  },
);

interface Trouble {
  readonly atMs: number;
  readonly alice: boolean;
  readonly downMs: number;
}

/** Both start, and crash as told; afterwards both are up. */
function live({ lan, alice, bob }: Pair, troubles: readonly Trouble[]): void {
  for (const machine of [alice, bob]) machine.start();
  for (const { atMs, alice: hers, downMs } of troubles) {
    const machine = hers ? alice : bob;
    lan.later(atMs, () => machine.crash());
    lan.later(atMs + downMs, () => machine.start());
  }
  lan.pass(8000);
}

function whole({ body, keys }: Machine): boolean {
  return body?.['step'] === 'installed' && body['heard'] === 'done' && keys.size === 1;
}

function none({ records, keys }: Machine): boolean {
  return [...records.values()].every(({ protocol }) => protocol !== 'lp1') && keys.size === 0;
}

test('what lp1 left half is whole on both sides after a contact, whatever is lost and whoever crashes', (t) => {
  fc.assert(
    fc.property(fc.nat(), weathers, halves, crashes, (seed, weather, [alice = {}, bob = {}], troubles) => {
      const pair = paired(new Lan(undefined, seed), { alice, bob });
      pair.lan.weather = weather;
      live(pair, troubles);
      t.true(
        pair.lan.until(() => whole(pair.alice) && whole(pair.bob), 3_600_000),
        canonical([pair.alice.body, pair.bob.body]).slice(0, 300),
      );
    }),
    { numRuns: 60 },
  );
});

test('what one side took back is gone on both after a contact, whatever is lost and whoever crashes', (t) => {
  fc.assert(
    fc.property(fc.nat(), weathers, crashes, fc.boolean(), fc.nat(4000), (seed, weather, troubles, both, atMs) => {
      const pair = paired(new Lan(undefined, seed));
      const { lan, alice, bob } = pair;
      lan.weather = weather;
      const forgets = (machine: Machine): void => machine.command({ name: 'forget', record: machine.record });
      lan.later(atMs, () => forgets(alice));
      if (both) lan.later(atMs + 3, () => forgets(bob));
      live(pair, troubles);
      // Down, or the crash came before the tombstone: the person sees it and says it again.
      if (!none(alice) && alice.body?.['step'] !== 'revoked') forgets(alice);
      // The last word can be lost with the program that said it: then a tombstone stays, and nothing is installed.
      const over = (machine: Machine): boolean =>
        none(machine) || (troubles.length > 0 && machine.keys.size === 0 && machine.body?.['step'] === 'revoked');
      const well = lan.until(() => none(alice) && none(bob), 1_800_000) || (over(alice) && over(bob));
      t.true(well, fc.stringify({ seed, weather, troubles, both, atMs }));
      t.true(none(alice) || none(bob));
    }),
    { numRuns: 60 },
  );
});

test('a peer that is there is found, through loss and after any number of restarts and backups put back', (t) => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.nat(40),
      fc.array(fc.constantFrom('find', 'restart', 'backup', 'restore', 'bob restarts', 'bob restores'), {
        maxLength: 12,
      }),
      (seed, loss, acts) => {
        const pair = paired(new Lan(undefined, seed));
        const { lan, alice, bob } = pair;
        for (const machine of [alice, bob]) machine.start();
        const backups = { alice: alice.backup(), bob: bob.backup() };
        const again = (machine: Machine, restore: boolean): void => {
          machine.crash();
          if (restore) machine.restore(backups[machine.name === 'alice' ? 'alice' : 'bob']);
          machine.start();
        };
        for (const act of acts) {
          if (act === 'find') alice.find();
          if (act === 'backup') backups.alice = alice.backup();
          if (act === 'restart' || act === 'restore') again(alice, act === 'restore');
          if (act === 'bob restarts' || act === 'bob restores') again(bob, act === 'bob restores');
          lan.pass(700);
        }
        lan.weather = { loss, twice: 10, delay: [1, 20] };
        const found = (): boolean => alice.said('address').some(({ stale }) => stale === undefined);
        alice.notices.length = 0;
        // A person tries again when it says that nobody answers.
        for (let i = 0; i < 8 && !found(); i++) {
          alice.find();
          lan.until(found, 40_000);
        }
        t.true(found());
      },
    ),
    { numRuns: 100 },
  );
});

test('replaying all that was ever said, from anywhere, to both, also after restarts, changes nothing and is not answered', (t) => {
  fc.assert(
    fc.property(fc.nat(), halves, fc.boolean(), fc.boolean(), (seed, [alice = {}, bob = {}], restart, own) => {
      const pair = paired(new Lan(undefined, seed), { alice, bob });
      const { lan } = pair;
      live(pair, []);
      pair.alice.find();
      lan.until(() => whole(pair.alice) && whole(pair.bob), 600_000);
      lan.pass(60_000);
      const tape = lan.sent.slice();
      for (const machine of [pair.alice, pair.bob]) {
        if (restart) {
          machine.crash();
          machine.start();
        }
      }
      lan.pass(60_000);
      const disks = canonical([...pair.alice.records.values(), ...pair.bob.records.values()]);
      const said = lan.sent.length;
      for (const { bytes, source } of tape) {
        for (const machine of [pair.alice, pair.bob])
          machine.deliver(bytes, own ? source : { address: '10.0.0.99', port: 40_099 }, 'group');
        lan.pass(200);
      }
      lan.pass(60_000);
      t.is(lan.sent.length, said);
      t.is(canonical([...pair.alice.records.values(), ...pair.bob.records.values()]), disks);
    }),
    { numRuns: 40 },
  );
});
