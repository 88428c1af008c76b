/** The ground that every run stands on: order of events, draws, and the rolling hash. */
import test from 'ava';
import fc from 'fast-check';
import { EventQueue } from '../queue.ts';
import { parseRange, parseRatio, StreamRow, streamOf } from '../random.ts';
import { RollingHash } from '../trace/hash.ts';

test('events come out by time, and those of one instant in the order in which they were put in', (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 2000 }), (times) => {
      const queue = new EventQueue<number>();
      times.forEach((time, index) => queue.push(time, index));
      const wanted = times.map((time, index) => ({ time, index })).sort((a, b) => a.time - b.time || a.index - b.index);
      for (const { time, index } of wanted) {
        if (queue.pop() !== index || queue.nowUs !== time) return false;
      }
      return queue.pop() === undefined && queue.size === 0;
    }),
  );
  t.pass();
});

test('events put in while others come out keep the order', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 9 }), fc.boolean()), { maxLength: 500 }), (moves) => {
      const queue = new EventQueue<{ atUs: number; n: number }>();
      let last = { atUs: 0, n: -1 };
      let n = 0;
      const ordered = (event: { atUs: number; n: number } | undefined): boolean => {
        if (event === undefined) return true;
        const after = event.atUs > last.atUs || (event.atUs === last.atUs && event.n > last.n);
        last = event;
        return after && queue.nowUs === event.atUs;
      };
      for (const [delay, pop] of moves) {
        queue.push(queue.nowUs + delay, { atUs: queue.nowUs + delay, n: n++ });
        if (pop && !ordered(queue.pop())) return false;
      }
      while (queue.size > 0) if (!ordered(queue.pop())) return false;
      return true;
    }),
  );
  t.pass();
});

test('the past, fractions and NaN are refused', (t) => {
  const queue = new EventQueue<string>();
  queue.push(10, 'a');
  queue.pop();
  for (const time of [9, 10.5, Number.NaN, Number.POSITIVE_INFINITY, -1]) {
    t.throws(() => queue.push(time, 'b'), { instanceOf: RangeError, message: /expected an integer from 10 us on/ });
  }
});

test('the streams of a seed are what they were on the first day', (t) => {
  const draws = (stream = streamOf(7, 'link', 'alice', 'bob')): number[] =>
    Array.from({ length: 8 }, () => stream.integer(0, 999));
  t.deepEqual(draws(), [291, 998, 736, 660, 584, 457, 762, 169]);
  t.deepEqual(draws(streamOf(7, 'link', 'bob', 'alice')), [713, 595, 893, 487, 270, 737, 99, 871]);
  t.deepEqual(draws(streamOf(8, 'link', 'alice', 'bob')), [515, 2, 500, 803, 547, 880, 357, 41]);
  const coin = streamOf(1, 'coin');
  t.is(
    Array.from({ length: 10_000 }, () => coin.chance({ numerator: 1, denominator: 5 })).filter(Boolean).length,
    1941,
  );
});

test('names of a stream do not run together', (t) => {
  const first = (...names: string[]): number => streamOf(1, ...names).integer(0, 2 ** 31);
  t.not(first('ab', 'c'), first('a', 'bc'));
  t.not(first('a'), first('a', ''));
});

test('ratios and ranges are read strictly', (t) => {
  t.deepEqual(parseRatio('1/5'), { numerator: 1, denominator: 5 });
  t.deepEqual(parseRatio('1'), { numerator: 1, denominator: 1 });
  for (const bad of ['6/5', '1/0', '0.2', '20%', '', '-1/5', '1/5/2', '2']) t.is(parseRatio(bad), null, bad);
  t.deepEqual(parseRange('1..20'), { min: 1, max: 20 });
  t.deepEqual(parseRange('5'), { min: 5, max: 5 });
  for (const bad of ['20..1', '1-20', '1..', '1.5', '-1', '1..20ms']) t.is(parseRange(bad), null, bad);
});

test('the hash is the same on any machine, and any change of what happened changes it', (t) => {
  const of = (write: (hash: RollingHash) => void): string => {
    const hash = new RollingHash();
    write(hash);
    return hash.digest;
  };
  t.is(
    of((hash) => (hash.integers(1, 2, 3, 2 ** 50), hash.text('alice ü'), hash.bytes(Uint8Array.of(1, 2, 3)))),
    'c1d02d4fba009abd',
  );
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      (a, b) => a === b || of((hash) => hash.text(a)) !== of((hash) => hash.text(b)),
    ),
  );
  const names = fc.array(fc.constantFrom('', 'a', 'b', 'ab'));
  const named = (all: readonly string[]): string => of((hash) => all.forEach((name) => hash.name(name)));
  fc.assert(fc.property(names, names, (a, b) => String(a) === String(b) || named(a) !== named(b)));
  const numbers = fc.tuple(fc.maxSafeNat(), fc.nat(), fc.nat(), fc.nat());
  fc.assert(
    fc.property(
      numbers,
      numbers,
      (a, b) => String(a) === String(b) || of((hash) => hash.integers(...a)) !== of((hash) => hash.integers(...b)),
    ),
  );
});

test('a stream that was put back goes on where it was, beside others', (t) => {
  const row = new StreamRow();
  t.is(row.take(3), null);
  const [drawn, untouched] = [streamOf(1, 'one'), streamOf(1, 'one')];
  drawn.integer(0, 99);
  untouched.integer(0, 99);
  row.put(3, drawn, 8);
  row.put(12, streamOf(1, 'two'), 8);
  t.is(row.take(0), null);
  t.is(row.take(99), null);
  t.deepEqual(
    [row.take(3)?.integer(0, 2 ** 31), row.take(3)?.integer(0, 2 ** 31)],
    Array(2).fill(untouched.integer(0, 2 ** 31)),
  );
  t.is(row.take(12)?.integer(0, 2 ** 31), streamOf(1, 'two').integer(0, 2 ** 31));
});
