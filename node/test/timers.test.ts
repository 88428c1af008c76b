/** Timers over a sleeping laptop, and look-ups that never come back. */
import test from 'ava';
import type { Outcome, Query } from '../../protocol/contract.ts';
import { makeLookups, type Resolve } from '../lookup.ts';
import { type Clocks, makeTimers } from '../timers.ts';

function handClocks(): Clocks & { sleep(ms: number): void; run(ms: number): void; step(ms: number): void } {
  let [running, boot, wall] = [1000, 5000, 1_700_000_000_000];
  const run = (ms: number): void => {
    running += ms;
    boot += ms;
    wall += ms;
  };
  return {
    running: () => running,
    boot: () => boot,
    wall: () => wall,
    run,
    sleep: (ms) => {
      boot += ms;
      wall += ms;
    },
    step: (ms) => {
      wall += ms;
    },
  };
}

const set = (name: string, ms: number): { type: 'setTimer'; name: string; minMs: number; maxMs: number } => ({
  type: 'setTimer',
  name,
  minMs: ms,
  maxMs: ms,
});

test('after a sleep the timers that are due fire in order, the others wait for what is left', async (t) => {
  const clocks = handClocks();
  const fired: string[] = [];
  const resumed: Uint8Array[] = [];
  await new Promise<void>((resolve) => {
    const timers = makeTimers(
      (name) => {
        fired.push(name);
        if (fired.length === 2) resolve();
      },
      (entropy) => resumed.push(entropy),
      clocks,
    );
    t.teardown(() => timers.close());
    timers.set(set('late', 3_600_000));
    timers.set(set('second', 60_000));
    timers.set(set('first', 50_000));
    clocks.run(1000);
    clocks.sleep(600_000);
    timers.check();
  });
  t.deepEqual(fired, ['first', 'second']);
  t.is(resumed.length, 1);
  t.is(resumed[0]?.length, 32);
});

test('a machine that is only busy did not sleep; a restored snapshot is told and moves no timer', (t) => {
  const clocks = handClocks();
  const resumed: Uint8Array[] = [];
  const timers = makeTimers(
    () => t.fail(),
    (entropy) => resumed.push(entropy),
    clocks,
  );
  t.teardown(() => timers.close());
  timers.set(set('late', 60_000));
  clocks.run(30_000);
  timers.check();
  clocks.step(-7_200_000);
  timers.check();
  t.is(resumed.length, 0);
  clocks.step(7_200_000);
  timers.check();
  t.is(resumed.length, 1);
});

test('a delay is drawn within its range, both ends included', (t) => {
  const clocks = handClocks();
  const timers = makeTimers(
    () => undefined,
    () => undefined,
    clocks,
  );
  t.teardown(() => timers.close());
  t.notThrows(() => timers.set({ type: 'setTimer', name: 'x', minMs: 1000, maxMs: 1001 }));
  t.notThrows(() => timers.set({ type: 'setTimer', name: 'x', minMs: 1000, maxMs: 1000 }));
  t.notThrows(() => timers.set({ type: 'setTimer', name: 'x', minMs: 0, maxMs: 1e12 }));
});

test('at most two look-ups are under way; one that hangs keeps its place but not the others', async (t) => {
  const pending: (() => void)[] = [];
  const asked: Query[] = [];
  const resolve: Resolve = (query, done) => {
    asked.push(query);
    pending.push(() => done(null, ['10.0.0.1']));
  };
  const answers: Outcome[] = [];
  const lookups = makeLookups((outcome) => answers.push(outcome), resolve);
  t.teardown(() => lookups.close());
  for (const id of ['a', 'b', 'c', 'd']) lookups.ask(id, { kind: 'addresses', name: `${id}.local` });
  t.is(asked.length, 2);
  pending[1]?.();
  t.is(asked.length, 3);
  pending[2]?.();
  t.deepEqual(
    answers.map((outcome) => ('id' in outcome ? outcome.id : '')),
    ['b', 'c'],
  );
  t.is(asked.length, 4);
});

test('no name is an empty answer, an error is a failure, and odd names never reach the resolver', async (t) => {
  const codes = ['ENOTFOUND', 'EAI_AGAIN'];
  const answers: Outcome[] = [];
  const lookups = makeLookups(
    (outcome) => answers.push(outcome),
    (_query, done) => done(Object.assign(new Error('resolver'), { code: codes.shift() }), []),
  );
  t.teardown(() => lookups.close());
  lookups.ask('none', { kind: 'names', address: '10.0.0.1' });
  lookups.ask('error', { kind: 'addresses', name: 'bob.local' });
  for (const name of ['-evil', 'a b', 'a\u0000b', '', `${'a'.repeat(254)}`, 'b\u00f6b']) {
    lookups.ask('odd', { kind: 'addresses', name });
  }
  lookups.ask('odd', { kind: 'names', address: 'bob' });
  await Promise.resolve();
  t.deepEqual(answers.slice(0, 2), [
    { of: 'lookup', id: 'none', ok: true, answers: [] },
    { of: 'lookup', id: 'error', ok: false, reason: 'resolver' },
  ]);
  t.is(answers.length, 9);
  t.true(answers.slice(2).every((outcome) => !outcome.ok));
});
