/** Both suites keep the laws that lp1 leans on; the ideal one only faster. */
import test from 'ava';
import fc from 'fast-check';
import { toHex, utf8 } from '../bytes.ts';
import type { Suite } from '../contract.ts';
import { realSuite } from '../suite.ts';
import { symbolicSuite } from '../suite-symbolic.ts';

const uniform = fc.uint8Array({ minLength: 64, maxLength: 64 });
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const some = fc.uint8Array({ maxLength: 100 });

for (const [suite, runs] of [
  [realSuite, 20],
  [symbolicSuite, 1000],
] as readonly (readonly [Suite, number])[]) {
  test(`${suite.name}: products commute, and differ where the generators do`, (t) => {
    const { group } = suite;
    fc.assert(
      fc.property(uniform, uniform, uniform, (a, b, seed) => {
        const [x, y, g] = [group.scalar(a), group.scalar(b), group.element(seed)];
        const [gx, gy] = [group.multiply(x, g), group.multiply(y, g)];
        fc.pre(gx !== null && gy !== null);
        t.deepEqual(group.multiply(y, gx), group.multiply(x, gy));
        t.notDeepEqual(group.multiply(x, group.element(seed.map((byte) => byte ^ 1))), gx);
        t.is(
          group.multiply(
            x,
            gx.map((byte, i) => (i === 7 ? byte ^ 1 : byte)),
          )?.length ?? 32,
          32,
        );
      }),
      { numRuns: runs },
    );
    t.is(group.multiply(new Uint8Array(32), group.element(new Uint8Array(64))), null);
    t.is(group.multiply(group.scalar(new Uint8Array(64).fill(1)), new Uint8Array(32)), null);
    t.is(group.multiply(group.scalar(new Uint8Array(64).fill(1)), new Uint8Array(31)), null);
  });

  test(`${suite.name}: a signature is for one key and one message`, (t) => {
    const { signatures } = suite;
    fc.assert(
      fc.property(key, key, some, some, (seed, otherSeed, message, otherMessage) => {
        const publicKey = signatures.publicKey(seed);
        const signature = signatures.sign(seed, message);
        t.deepEqual([publicKey.length, signature.length], [32, 64]);
        t.true(signatures.verify(publicKey, message, signature));
        t.is(signatures.verify(publicKey, otherMessage, signature), toHex(message) === toHex(otherMessage));
        t.is(signatures.verify(signatures.publicKey(otherSeed), message, signature), toHex(seed) === toHex(otherSeed));
        t.false(
          signatures.verify(
            publicKey,
            message,
            signature.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
          ),
        );
      }),
      { numRuns: runs },
    );
    t.false(signatures.verify(new Uint8Array(32).fill(255), utf8('x'), new Uint8Array(64)));
  });

  test(`${suite.name}: what was sealed opens with the same key, nonce and data, and with no other`, (t) => {
    const { aead } = suite;
    fc.assert(
      fc.property(key, fc.constantFrom(12, 24), some, some, fc.nat(), (secret, length, plaintext, associated, at) => {
        const nonce = new Uint8Array(length).fill(3);
        const sealed = aead.seal(secret, nonce, plaintext, associated);
        t.is(sealed.length, plaintext.length + 16);
        t.deepEqual(aead.open(secret, nonce, sealed, associated), plaintext);
        const bent = sealed.map((byte, i) => (i === at % sealed.length ? byte ^ 1 : byte));
        t.is(aead.open(secret, nonce, bent, associated), null);
        t.is(
          aead.open(
            secret.map((byte) => byte ^ 1),
            nonce,
            sealed,
            associated,
          ),
          null,
        );
        t.is(
          aead.open(
            secret,
            nonce.map(() => 4),
            sealed,
            associated,
          ),
          null,
        );
        t.is(aead.open(secret, nonce, sealed, Uint8Array.of(...associated, 0)), null);
      }),
      { numRuns: runs * 5 },
    );
    t.is(aead.open(new Uint8Array(32), new Uint8Array(12), new Uint8Array(15), utf8('')), null);
  });

  test(`${suite.name}: hash, hmac, derive and expand keep their arguments apart`, (t) => {
    const values = [
      suite.hash(utf8('ab')),
      suite.hash(utf8('abc')),
      suite.hash(utf8('ab\0')),
      suite.hmac(utf8('a'), utf8('b')),
      suite.hmac(utf8('ab'), utf8('')),
      suite.derive(utf8('e'), 'l', utf8('c'), 64),
      suite.derive(utf8('e'), 'lc', utf8(''), 64),
      suite.expand(utf8('k'), utf8('s'), utf8('i'), 64),
      suite.expand(utf8('k'), utf8('si'), utf8(''), 64),
    ].map(toHex);
    t.is(new Set(values).size, values.length);
    t.true(values.every((value) => value.length === 128));
  });
}

test('symbolic: hashes of neighbours do not collide in 64 bits', (t) => {
  const seen = new Set<string>();
  const input = new Uint8Array(8);
  for (let i = 0; i < 200_000; i++) {
    new DataView(input.buffer).setUint32(i % 5, i);
    seen.add(toHex(symbolicSuite.hash(input).subarray(0, 8)));
    input.fill(0);
  }
  t.true(seen.size > 199_000);
});
