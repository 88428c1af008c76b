/**
 * CPace against the draft's own vectors, and noble's ristretto255 against libsodium's.
 *
 * The vectors are others' and are not part of this package: LANPAIR_VECTORS says where they are.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { concat, fromHex, toHex, utf8 } from '../bytes.ts';
import {
  generator,
  generatorString,
  lvCat,
  orderedCat,
  prependLength,
  sessionKey,
  share,
  transcript,
} from '../lp1/cpace.ts';
import { realSuite } from '../suite.ts';

type Table = Readonly<Record<string, string>>;

interface Vectors {
  readonly prepend_len: Table;
  readonly lv_cat: Table;
  readonly o_cat: Table;
  readonly transcript_oc: Table;
  readonly calculate_generator: Table;
  readonly run: Table;
  readonly points: { readonly Valid: Table; readonly 'Invalid Y1': string; readonly 'Invalid Y2': string };
}

const folder = process.env['LANPAIR_VECTORS'] ?? join(process.cwd(), '../shared/vectors');
const file = join(folder, 'cpace-ristretto255-sha512.json');
const present = existsSync(file);
if (!present && process.env['CI'] === 'true') throw new Error(`CI needs the CPace vectors: ${file} is not there`);
const vectorTest = present ? test : test.skip;
if (!present) console.log(`skipped: CPace vectors (no ${file}; set LANPAIR_VECTORS to their folder)`);
const vectors: Vectors | null = present ? (JSON.parse(readFileSync(file, 'utf8')) as Vectors) : null;

function all(): Vectors {
  if (vectors === null) throw new Error('no vectors');
  return vectors;
}
const hex = (table: Table, name: string): string => {
  const value = table[name];
  if (value === undefined) throw new Error(`the vectors lack ${name}`);
  return value.toLowerCase();
};
const bytes = (table: Table, name: string): Uint8Array => fromHex(hex(table, name));
const count = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

vectorTest("prepend_len, lv_cat, o_cat and transcript_oc are the draft's", (t) => {
  const lengths = all().prepend_len;
  t.is(toHex(prependLength(count(0))), hex(lengths, "prepend_len(b'')"));
  t.is(toHex(prependLength(utf8('1234'))), hex(lengths, "prepend_len(b'1234')"));
  t.is(toHex(prependLength(count(127))), hex(lengths, 'prepend_len(bytes(range(127)))'));
  t.is(toHex(prependLength(count(128))), hex(lengths, 'prepend_len(bytes(range(128)))'));
  t.is(
    toHex(lvCat(utf8('1234'), utf8('5'), utf8(''), utf8('678'))),
    hex(all().lv_cat, "lv_cat(b'1234',b'5',b'',b'678')"),
  );
  const ordered = all().o_cat;
  t.is(toHex(orderedCat(utf8('ABCD'), utf8('BCD'))), hex(ordered, "o_cat(b'ABCD',b'BCD')"));
  t.is(toHex(orderedCat(utf8('BCD'), utf8('ABCDE'))), hex(ordered, "o_cat(b'BCD',b'ABCDE')"));
  const pair = (ya: string, ada: string, yb: string, adb: string): string =>
    toHex(transcript({ y: utf8(ya), ad: utf8(ada) }, { y: utf8(yb), ad: utf8(adb) }));
  t.is(
    pair('123', 'PartyA', '234', 'PartyB'),
    hex(all().transcript_oc, "transcript_oc(b'123',b'PartyA',b'234',b'PartyB')"),
  );
  t.is(
    pair('3456', 'PartyA', '2345', 'PartyB'),
    hex(all().transcript_oc, "transcript_oc(b'3456',b'PartyA',b'2345',b'PartyB')"),
  );
});

vectorTest("the generator is the draft's, every step of it", (t) => {
  const steps = all().calculate_generator;
  const setting = { prs: bytes(steps, 'PRS'), ci: bytes(steps, 'CI'), sid: bytes(steps, 'sid') };
  t.is(toHex(generatorString(setting)), hex(steps, 'generator_string(G.DSI,PRS,CI,sid,H.s_in_bytes)'));
  t.is(toHex(realSuite.hash(generatorString(setting))), hex(steps, 'hash result'));
  t.is(toHex(generator(realSuite, setting)), hex(steps, 'encoded generator g'));
});

vectorTest("a whole symmetric run is the draft's, from either side", (t) => {
  const run = all().run;
  const sid = bytes(run, 'sid');
  const setting = { prs: bytes(run, 'PRS'), ci: bytes(run, 'CI'), sid };
  const a = { y: bytes(run, 'Ya'), ad: bytes(run, 'ADa') };
  const b = { y: bytes(run, 'Yb'), ad: bytes(run, 'ADb') };
  t.deepEqual(share(realSuite, setting, bytes(run, 'ya')), a.y);
  t.deepEqual(share(realSuite, setting, bytes(run, 'yb')), b.y);
  t.is(toHex(realSuite.group.multiply(bytes(run, 'ya'), b.y) ?? utf8('')), hex(run, 'K'));
  const atA = sessionKey(realSuite, { scalar: bytes(run, 'ya'), sid, mine: a, theirs: b });
  const atB = sessionKey(realSuite, { scalar: bytes(run, 'yb'), sid, mine: b, theirs: a });
  t.is(toHex(atA ?? utf8('')), hex(run, 'ISK_SY'));
  t.deepEqual(atA, atB);
  t.is(toHex(realSuite.hash(concat(utf8('CPaceSidOutput'), transcript(b, a)))), hex(run, 'sid_output_oc'));
});

vectorTest("scalar_mult_vfy: the valid point gives the draft's product, both invalid points give nothing", (t) => {
  const { Valid: valid, ...invalid } = all().points;
  t.is(
    toHex(realSuite.group.multiply(bytes(valid, 's'), bytes(valid, 'X')) ?? utf8('')),
    hex(valid, 'G.scalar_mult_vfy(s,X)'),
  );
  for (const y of Object.values(invalid)) {
    t.is(realSuite.group.multiply(bytes(valid, 's'), fromHex(y.toLowerCase())), null, y);
    const mine = { y: bytes(valid, 'X'), ad: utf8('') };
    const theirs = { y: fromHex(y.toLowerCase()), ad: utf8('') };
    t.is(sessionKey(realSuite, { scalar: bytes(valid, 's'), sid: utf8('sid'), mine, theirs }), null);
  }
});

test('a scalar of zero and encodings of a wrong length give nothing', (t) => {
  const g = realSuite.group.element(new Uint8Array(64).fill(7));
  t.is(realSuite.group.multiply(new Uint8Array(32), g), null);
  for (const length of [0, 31, 33]) t.is(realSuite.group.multiply(Uint8Array.of(5), new Uint8Array(length)), null);
});

/** Of libsodium-wrappers-sumo what this test needs; the package ships types that want the DOM. */
interface Sodium {
  readonly ready: Promise<void>;
  crypto_core_ristretto255_from_hash(uniform: Uint8Array): Uint8Array;
  crypto_core_ristretto255_scalar_reduce(uniform: Uint8Array): Uint8Array;
  crypto_core_ristretto255_is_valid_point(element: Uint8Array): boolean;
  crypto_scalarmult_ristretto255(scalar: Uint8Array, element: Uint8Array): Uint8Array;
}

test('libsodium agrees on the map, on scalars, on products, and on what is a point', async (t) => {
  const sodium = createRequire(import.meta.url)('libsodium-wrappers-sumo') as Sodium;
  await sodium.ready;
  const uniform = fc.uint8Array({ minLength: 64, maxLength: 64 });
  const { group } = realSuite;
  fc.assert(
    fc.property(uniform, uniform, fc.uint8Array({ minLength: 32, maxLength: 32 }), (forPoint, forScalar, noise) => {
      const g = group.element(forPoint);
      const s = group.scalar(forScalar);
      t.deepEqual(g, sodium.crypto_core_ristretto255_from_hash(forPoint));
      t.deepEqual(s, sodium.crypto_core_ristretto255_scalar_reduce(forScalar));
      t.deepEqual(group.multiply(s, g), sodium.crypto_scalarmult_ristretto255(s, g));
      t.is(group.multiply(s, noise) !== null, sodium.crypto_core_ristretto255_is_valid_point(noise));
    }),
    { numRuns: 100 },
  );
});
