/** Comparisons of proofs tell by their time nothing of where two differ (row A21): what is counted is looks, not seconds. */
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { equalBytes, fresh, fromHex, fromUtf8, toHex, utf8, utf8Length } from '../bytes.ts';

type Comparison = (a: Uint8Array, b: Uint8Array) => boolean;

/** How often a comparison looks at a byte of either side. */
function looks(compare: Comparison, a: Uint8Array, b: Uint8Array): number {
  let count = 0;
  const watched = (bytes: Uint8Array): Uint8Array =>
    new Proxy(bytes, {
      get: (target, name) => {
        if (typeof name === 'string' && /^\d+$/.test(name)) count++;
        return Reflect.get(target, name) as unknown;
      },
    });
  compare(watched(a), watched(b));
  return count;
}

const pairs = fc
  .integer({ min: 1, max: 64 })
  .chain((length) =>
    fc.tuple(
      fc.uint8Array({ minLength: length, maxLength: length }),
      fc.nat(length - 1),
      fc.integer({ min: 1, max: 255 }),
    ),
  );

test('two byte strings of one length are looked at whole, wherever they differ', (t) => {
  const whole = (compare: Comparison) =>
    fc.property(pairs, ([bytes, at, difference]) => {
      const other = bytes.map((byte, i) => (i === at ? byte ^ difference : byte));
      return looks(compare, bytes, other) === 2 * bytes.length && looks(compare, bytes, bytes) === 2 * bytes.length;
    });
  t.notThrows(() => fc.assert(whole(equalBytes)));
  // What the count is there to find: the usual comparison, which leaves at the first difference.
  const hasty: Comparison = (a, b) => a.every((byte, i) => byte === b[i]);
  t.true(fc.check(whole(hasty)).failed);
});

test('they are equal when all their bytes are', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        return equalBytes(a, a.slice()) && equalBytes(a, b) === (a.join() === b.join());
      }),
    ),
  );
});

test("fresh bytes are zeros and nobody else's, whatever was asked for before and whatever became of it", (t) => {
  const lengths = fc.array(fc.oneof(fc.nat(200), fc.constantFrom(0, 63, 64, 65, 1200, 2047, 2048, 2049, 40_000)), {
    maxLength: 60,
  });
  t.notThrows(() =>
    fc.assert(
      fc.property(lengths, (asked) => {
        const made = asked.map((length, number) => {
          const bytes = fresh(length);
          const isZero = bytes.length === length && bytes.every((byte) => byte === 0);
          return { bytes: bytes.fill(1 + number), isZero };
        });
        return made.every(
          ({ bytes, isZero }, number) =>
            isZero && bytes.byteOffset % 8 === 0 && bytes.every((byte) => byte === 1 + number),
        );
      }),
    ),
  );
});

/** A comparison of a proof by an operator, which leaves at the first difference. Lengths, kinds and absence are no secret. */
const proof = String.raw`(\w+\.)*(mac|tag|digest|cookie|sig|returned)\b(?!\.length)`;
const byOperator = new RegExp(
  String.raw`\b${proof}\)? *[!=]==?(?!=| *(null|undefined|'))|[!=]==? *${proof}(?! *[!=]==? *null)`,
);
/** Both sides of it came from the network: is it the request that was heard before? */
const ofStrangers = 'heard.message.digest === message.digest';

test('no proof is compared in another way', (t) => {
  const root = new URL('../../../protocol/', import.meta.url);
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('test/'),
  );
  t.true(sources.length > 40);
  const found = sources.flatMap((name) =>
    readFileSync(new URL(name, root), 'utf8')
      .split('\n')
      .flatMap((line, i) =>
        byOperator.test(line.replace(/\/\/.*|^ *\/?\*.*/, '').replace(ofStrangers, ''))
          ? [`${name}:${i + 1} ${line.trim()}`]
          : [],
      ),
  );
  t.deepEqual(found, []);
  // The pattern sees what it is there to see.
  for (const planted of [
    'if (message.digest === digestOf(message))',
    'return toHex(tag) === toHex(own)',
    'tagOf(x) !== here.tag',
  ])
    t.true(byOperator.test(planted), planted);
});

test('bytes are written in hex and read again; capitals are read, and nothing that is no pair of digits', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      t.is(toHex(bytes), Buffer.from(bytes).toString('hex'));
      t.deepEqual(fromHex(toHex(bytes)), bytes);
      t.deepEqual(fromHex(toHex(bytes).toUpperCase()), bytes);
    }),
  );
  for (const bad of ['0', 'abc', '0g', 'g0', ' 0', '0x', 'é0', '\u01600', '-1'])
    t.throws(() => fromHex(bad), undefined, bad);
});

test('text of any length is UTF-8 and comes back, from a part of the bytes as well', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.nat(5), (text, start) => {
      const bytes = Uint8Array.from(Buffer.concat([Buffer.alloc(start, 0xc3), Buffer.from(text), Buffer.of(0x80)]));
      t.is(fromUtf8(bytes, start, bytes.length - 1), text);
      t.is(utf8Length(text), utf8(text).length);
    }),
  );
  t.is(fromUtf8(Uint8Array.of(0x61, 0xc3, 0xa9), 0, 2), null);
});

test('bytes of any length are written in base64 and read again', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      t.is(encodeBase64(bytes), Buffer.from(bytes).toString('base64'));
      t.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
    }),
  );
});
