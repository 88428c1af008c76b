/** What the oracle of secrets says of sealing, call by call. */
import test from 'ava';
import { utf8 } from '../../protocol/bytes.ts';
import type { CryptoCall } from '../crypto-log.ts';
import { watchSeals } from '../oracles/seals.ts';

function seal(key: string, nonce: string, plaintext: string, more = 'from alice to bob'): CryptoCall {
  return { of: 'seal', key: utf8(key), nonce: utf8(nonce), plaintext: utf8(plaintext), more: utf8(more) };
}

function made(value: string, info: string): CryptoCall {
  return { of: 'expand', key: utf8('isk'), info: utf8(info), value: utf8(value) };
}

/** One step for each list of calls. */
function said(...steps: readonly (readonly CryptoCall[])[]): readonly (string | null)[] {
  const watch = watchSeals();
  return steps.map((calls) => watch(calls));
}

const twice = 'seals two texts under one key and nonce';
const second = 'seals under a second nonce with a box key, which seals once';

test('the same text sealed again is the same box', (t) => {
  t.deepEqual(said([seal('k', '0', 'alice')], [seal('k', '0', 'alice')]), [null, null]);
});

test('another text under one key and nonce is told, and so is one that is bound to another place', (t) => {
  t.deepEqual(said([seal('k', '0', 'alice')], [seal('k', '0', 'alice and bob')]), [null, twice]);
  t.deepEqual(said([seal('k', '0', 'alice'), seal('k', '0', 'alice', 'from bob to alice')]), [twice]);
});

test('another key or another nonce is another box', (t) => {
  t.deepEqual(said([seal('k', '0', 'alice'), seal('l', '0', 'bob'), seal('k', '1', 'carol')]), [null]);
});

test('a box key of lp1 seals under one nonce; a key of locate under many', (t) => {
  const calls = [seal('k', '0', 'alice'), seal('k', '1', 'alice')];
  t.deepEqual(said([made('k', 'lanpair/1 box lo'), ...calls]), [second]);
  t.deepEqual(said([made('k', 'lanpair/1 q lo'), ...calls]), [null]);
});
