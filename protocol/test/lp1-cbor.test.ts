/** Canonical CBOR: what is written is read back, and of each value only one spelling is. */
import test from 'ava';
import { decode as cborgDecode, encode as cborgEncode } from 'cborg';
import fc from 'fast-check';
import { fromHex, fromUtf8, toHex, utf8 } from '../bytes.ts';
import { type Cbor, CborMap, decode, decodeMap, encode, encodedWithout } from '../cbor.ts';

const leaf: fc.Arbitrary<Cbor> = fc.oneof(
  fc.nat(),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.uint8Array({ maxLength: 300 }),
);
const key = fc.oneof(fc.nat(30), fc.nat());
const container = (inner: fc.Arbitrary<Cbor>): fc.Arbitrary<Cbor> =>
  fc.oneof(
    fc.array(inner, { maxLength: 4 }),
    fc.array(fc.tuple(key, inner), { maxLength: 4 }).map((entries): Cbor => new CborMap(entries)),
  );
const value: fc.Arbitrary<Cbor> = fc.oneof(leaf, container(fc.oneof(leaf, container(fc.oneof(leaf, container(leaf))))));

/** As the other implementation has it. */
const native = (of: Cbor): unknown =>
  of instanceof CborMap
    ? new Map([...of].map(([k, v]) => [k, native(v)]))
    : Array.isArray(of)
      ? (of as readonly Cbor[]).map(native)
      : of;

/** Ours and the other implementation's maps, by what is in them. */
const plain = (of: unknown): unknown =>
  of instanceof CborMap || of instanceof Map
    ? [...(of as Iterable<[number, unknown]>)].map(([k, v]) => [k, plain(v)])
    : Array.isArray(of)
      ? of.map(plain)
      : of;

test('every value comes back as it was', (t) => {
  fc.assert(
    fc.property(value, (given) => {
      const read = decode(encode(given));
      t.true(read.ok);
      if (read.ok) t.deepEqual(plain(read.value), plain(given));
    }),
    { numRuns: 2000 },
  );
});

test('a map without one of its keys is encoded from the bytes of the whole one', (t) => {
  const entries = fc.uniqueArray(fc.tuple(key, value), { selector: ([at]) => at, maxLength: 30 });
  fc.assert(
    fc.property(entries, key, fc.nat(3), (given, other, start) => {
      const map = new CborMap(given);
      const bytes = encode(map, new Uint8Array(start));
      for (const without of [...given.map(([at]) => at), other]) {
        const rest = new CborMap([...map].filter(([at]) => at !== without));
        t.deepEqual(encodedWithout(map, without, bytes, start), encode(rest));
      }
    }),
  );
});

test('a map has its keys in order, however they came, and each once, with what was set last', (t) => {
  const entries = fc.array(fc.tuple(fc.nat(12), fc.nat()), { maxLength: 30 });
  fc.assert(
    fc.property(entries, fc.nat(12), (given, asked) => {
      const [map, model] = [new CborMap(given), new Map(given)];
      t.deepEqual(
        [...map],
        [...model].toSorted(([a], [b]) => a - b),
      );
      t.is(map.size, model.size);
      t.is(map.has(asked), model.has(asked));
      t.is(map.get(asked), model.get(asked));
    }),
  );
});

test('short byte strings are copies, of the bytes of a Buffer as well; long ones hold what is theirs', (t) => {
  const long = new Uint8Array(65).fill(7);
  const read65 = decode(Buffer.from(encode(long)));
  t.deepEqual(read65, { ok: true, value: long });
  const bytes = Buffer.from(encode(Uint8Array.of(1, 2, 3)));
  const read = decode(bytes);
  bytes.fill(0);
  t.deepEqual(read, { ok: true, value: Uint8Array.of(1, 2, 3) });
});

test('whatever decodes at all re-encodes to the same bytes', (t) => {
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 12 }), value.map(encode)),
      fc.nat(),
      fc.nat(255),
      (bytes, at, byte) => {
        const bent = bytes.slice();
        if (bent.length > 0) bent[at % bent.length] = byte;
        const read = decode(bent);
        if (!read.ok) return;
        accepted++;
        t.deepEqual(encode(read.value), bent);
      },
    ),
    { numRuns: 20_000 },
  );
  t.true(accepted > 1000);
});

/** cborg lets longer heads of lengths, unsorted keys and more pass: what it reads and writes again alike is canonical. */
function byCborg(bytes: Uint8Array): unknown {
  try {
    const read: unknown = cborgDecode(bytes, { useMaps: true, strict: true, rejectDuplicateMapKeys: true });
    return toHex(new Uint8Array(cborgEncode(read, { typeEncoders: {} }))) === toHex(bytes) ? read : undefined;
  } catch {
    return undefined;
  }
}

test('another implementation writes the same bytes, and reads what we read as the same value', (t) => {
  fc.assert(
    fc.property(value, fc.nat(), fc.nat(255), (given, at, byte) => {
      const bytes = encode(given);
      t.deepEqual(bytes, new Uint8Array(cborgEncode(native(given), { typeEncoders: {} })));
      const bent = bytes.slice();
      bent[at % bent.length] = byte;
      const read = decode(bent);
      if (read.ok) t.deepEqual(plain(read.value), plain(byCborg(bent)));
    }),
    { numRuns: 5000 },
  );
});

test('text is UTF-8 in its one spelling: every code point comes back, and what cborg refuses is refused', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(), fc.nat(255), (text, at, byte) => {
      t.is(fromUtf8(utf8(text)), text);
      const bent = utf8(text);
      if (bent.length > 0) bent[at % bent.length] = byte;
      const other = byCborg(encodeText(bent));
      t.is(fromUtf8(bent), typeof other === 'string' ? other : null);
    }),
    { numRuns: 5000 },
  );
});

/** A text item of bytes that may be no UTF-8: a byte string whose head says text. */
function encodeText(bytes: Uint8Array): Uint8Array {
  const item = encode(bytes);
  item[0] = (item[0] ?? 0) | 0x20;
  return item;
}

const hostile: readonly (readonly [what: string, hex: string, detail: RegExp])[] = [
  ['nothing', '', /cut off/],
  ['cut in a head', '19 01', /cut off/],
  ['cut in a string', '43 01 02', /cut off/],
  ['cut in a map', 'a2 01 01', /cut off/],
  ['a count of 2^32 items', '9a ff ff ff ff', /cut off/],
  ['a string of 2^53 bytes', '5b 00 20 00 00 00 00 00 00', /beyond 2\^53/],
  ['bytes after the end', '01 01', /after the end/],
  ['an indefinite map', 'bf 01 01 ff', /indefinite/],
  ['an indefinite string', '5f 41 01 ff', /indefinite/],
  ['a reserved length', '1c', /indefinite or reserved/],
  ['a long head', '18 01', /./],
  ['a long length', '58 01 00', /canonical|minimal|more bytes/i],
  ['unsorted keys', 'a2 02 00 01 00', /canonical/],
  ['a key twice', 'a2 01 00 01 01', /repeat|duplicate|canonical/i],
  ['five deep', '81 81 81 81 81 01', /deeper than 4/],
  ['a thousand deep', '81 '.repeat(1000), /deeper than 4/],
  ['a text key', 'a1 61 61 01', /map key/],
  ['a prototype key', 'a1 69 5f 5f 70 72 6f 74 6f 5f 5f a1 61 78 01', /map key/],
  ['a map as a key', 'a1 a0 01', /map key/],
  ['a negative number', '20', /negative/],
  ['a tag', 'c0 01', /tag/],
  ['a float', 'f9 00 00', /float/],
  ['null', 'f6', /simple/],
  ['UTF-8 that is none', '62 c3 28', /canonical|utf/i],
  ['a lone surrogate', '63 ed a0 80', /canonical|utf/i],
  ['an overlong letter', '62 c1 81', /canonical|utf/i],
];

for (const [what, hex, detail] of hostile) {
  test(`refused: ${what}`, (t) => {
    const read = decode(fromHex(hex.replaceAll(' ', '')));
    t.false(read.ok);
    if (!read.ok) t.regex(read.refusal.detail, detail);
    t.is(({} as Record<string, unknown>)['x'], undefined);
  });
}

test('a map is asked for where a map must be', (t) => {
  t.false(decodeMap(encode([1])).ok);
  t.true(decodeMap(encode(new CborMap([[1, utf8('x')]]))).ok);
  t.is(
    toHex(
      encode(
        new CborMap([
          [300, 'b'],
          [1, 0],
        ]),
      ),
    ),
    'a2010019012c6162',
  );
  t.throws(() => encode(-1 as Cbor) && decodeOrThrow(encode(-1 as Cbor)));
});

function decodeOrThrow(bytes: Uint8Array): Cbor {
  const read = decode(bytes);
  if (!read.ok) throw new Error(read.refusal.detail);
  return read.value;
}
