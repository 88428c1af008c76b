/** What is said of an attack, and of the oracles: nothing that the runs do not show. */
import test from 'ava';
import { type Attack, judge, oracleTotals } from '../data/catalogue.ts';
import { entry } from './entries.ts';

const attack: Attack = {
  id: 'A01',
  family: 'crypto',
  scenario: 'an imposter',
  power: ['injector'],
  broken: 'accepts',
  right: 'refuses',
  source: 'here',
};
const oracle = { number: 1, name: 'proof', verdict: 'pass', saw: '2 keys authorised', why: null } as const;
const learnt = { what: 'eve learns the phrase', held: true, saw: 'eve learnt "purple banana" in 12 tries' };

test('an attack is held, broken as stated, failed, inconclusive, or was not tried, each with one sentence', (t) => {
  const outcome = (...runs: readonly ReturnType<typeof entry>[]) => {
    const { outcome: what, why } = judge(attack, 'lp1', runs);
    return [what, why];
  };
  const held = entry({
    expectations: [
      { what: 'alice and bob paired', held: true, saw: 'paired at 3 ms' },
      { what: 'never authorized: mallory, by alice', held: true, saw: 'never' },
    ],
  });
  const broken = entry({
    breaks: 'proof',
    oracles: [{ ...oracle, verdict: 'fail', why: 'alice authorised the key of mallory' }],
  });
  t.deepEqual(outcome(held), ['held', 'never authorized: mallory, by alice: never']);
  t.deepEqual(outcome(entry({ oracles: [oracle] })), ['held', 'no oracle broke: proof']);
  t.deepEqual(outcome(held, broken), ['broken', 'proof: alice authorised the key of mallory']);
  t.deepEqual(outcome(held, entry({ expectations: [learnt] })), ['broken', learnt.saw]);
  t.deepEqual(outcome(broken, entry({ verdict: 'fail', failures: ['expected: no'] })), [
    'failed',
    'crypto/x: expected: no',
  ]);
  t.deepEqual(outcome(held, entry({ verdict: 'inconclusive', failures: ['stale'] })), [
    'inconclusive',
    'crypto/x: stale',
  ]);
  t.deepEqual(outcome(entry({ covers: ['A02'] })), ['unrun', 'no run of this report covers it']);
  t.deepEqual(outcome(entry({ protocol: 'annex' })), ['none', 'no scenario plays it with lp1, only with annex']);
  const instead = { why: 'there is no time in it', test: null };
  t.is(judge({ ...attack, instead }, 'lp1', []).why, instead.why);
});

test('an oracle that saw nothing to judge is counted as idle, and what it saw is summed by its wording', (t) => {
  const [proof] = oracleTotals([
    entry({ oracles: [oracle] }),
    entry({ oracles: [{ ...oracle, saw: '3 keys authorised' }] }),
    entry({ oracles: [{ ...oracle, verdict: 'inconclusive', saw: '0 keys authorised' }] }),
    entry({ breaks: 'proof', oracles: [{ ...oracle, verdict: 'fail', saw: '1 keys authorised', why: 'no' }] }),
    entry({ oracles: [{ ...oracle, verdict: 'fail', saw: 'it did not watch', why: 'no' }] }),
  ]);
  t.like(proof, { number: 1, held: 2, stated: 1, broken: 1, idle: 1 });
  t.deepEqual(proof?.saw, [
    { words: 'keys authorised', sum: 6, runs: 4 },
    { words: 'it did not watch', sum: 0, runs: 1 },
  ]);
});
