/** Phrases: what two people may type differently, and what is refused. */
import { wordlist } from '@scure/bip39/wordlists/english.js';
import test from 'ava';
import fc from 'fast-check';
import { toHex } from '../bytes.ts';
import { isGeneratedShape } from '../generated-phrase.ts';
import {
  checkPhrase,
  completions,
  generatePhrase,
  guesses,
  meantPerhaps,
  normalise,
  threeWords,
} from '../lp1/phrase.ts';

const prsOf = (text: string): string => {
  const check = checkPhrase({ text, bits: 50, accepted: ['slip'] });
  if (!check.ok) throw new Error(check.rule);
  return `${check.channel}|${toHex(check.prs)}`;
};
const ruleOf = (text: string, bits = 50, accepted: readonly ('weak' | 'slip')[] = []): string => {
  const check = checkPhrase({ text, bits, accepted });
  return check.ok ? 'ok' : check.rule;
};

const same: readonly (readonly [string, readonly string[]])[] = [
  [
    '73-ladder-acid-hope-rabbit',
    [
      '73 ladder acid hope rabbit',
      ' 73--LADDER, acid.hope rabbit\n',
      '73 ladd acid hope rabb',
      '７３ Ladder acid hope ｒabbit',
      '73-lad\u00adder-acid-hope-rab\u200bbit',
    ],
  ],
  ['my hovercraft is full of eels', ['My  Hovercraft is full-of eels!', 'my hovercraft 🦀 is full of eels']],
  ['crème brûlée', ['cre\u0300me bru\u0302le\u0301e', 'CRÈME BRÛLÉE']],
  ['ﬁfty-ﬁve ducks', ['fifty five ducks']],
];

for (const [phrase, spellings] of same) {
  test(`one phrase however it is typed: ${phrase}`, (t) => {
    for (const spelling of spellings) t.is(prsOf(spelling), prsOf(phrase), spelling);
  });
}

test('lower case knows no locale, and İ stays apart from i', (t) => {
  t.is(normalise('I'), 'i');
  t.not(prsOf('İstanbul ferry'), prsOf('istanbul ferry'));
});

test('only the exact shape has a channel, and the channel is compared as typed', (t) => {
  t.regex(prsOf('73-ladder-acid-hope-rabbit'), /^73\|/);
  t.is(prsOf('7-ladder-acid-hope-rabbit').split('|')[1], prsOf('73-ladder-acid-hope-rabbit').split('|')[1]);
  for (const channel of ['7', '073', '000'])
    t.regex(prsOf(`${channel} ladder acid hope rabbit`), new RegExp(`^${channel}\\|`));
  for (const other of [
    '7373 ladder acid hope rabbit',
    'ladder acid hope rabbit',
    '73 ladder acid hope',
    '٧٣ ladder acid hope rabbit',
    'ladder 73 acid hope rabbit',
  ]) {
    t.regex(prsOf(other), /^\|/, other);
    t.false(isGeneratedShape(other), other);
  }
});

test('a slip in a nearly generated phrase is asked about before anything is sent', (t) => {
  const check = checkPhrase({ text: '73 ladder acld hope rabbit', bits: 44 });
  t.like(check, { ok: false, rule: 'phrase-slip' });
  if (!check.ok) t.is(check.advice, 'word 2 is not on the list', 'without a word of the phrase: notices are logged');
  t.true(meantPerhaps('acld').includes('acid'));
  t.is(ruleOf('73 ladder acid hope'), 'phrase-slip');
  t.is(ruleOf('ladder acid hope rabbit'), 'phrase-slip');
  t.is(ruleOf('73 ladder acld hope rabbit', 44, ['slip']), 'ok');
  t.is(ruleOf('my hovercraft is full of eels'), 'ok');
  t.is(ruleOf('99 red balloons go by'), 'ok');
});

test('what is too short, too new or too weak is refused by name', (t) => {
  t.is(ruleOf('🦀🦀🦀🦀🦀🦀🦀🦀'), 'phrase-short');
  t.is(ruleOf('a-b-c-d-e'), 'phrase-short');
  t.is(ruleOf('\u0301\u0301\u0301\u0301\u0301\u0301\u0301'), 'phrase-short');
  t.is(ruleOf('abcdef\u{323b0}'), 'phrase-unassigned');
  t.is(ruleOf('something of mine', 33.9), 'phrase-weak');
  t.is(ruleOf('something of mine', 33.9, ['weak']), 'ok');
  t.is(ruleOf('something of mine', 20.9, ['weak']), 'phrase-too-weak');
  t.is(ruleOf('something of mine', Number.NaN, ['weak']), 'phrase-too-weak');
});

test('guesses: one for each 2^21 phrases', (t) => {
  t.deepEqual([21, 28, 34, 44].map(guesses), [1, 128, 8192, 2 ** 23]);
  t.is(guesses(4000), 2 ** 30);
});

test('a generated phrase has the shape, uses every bit of its entropy once, and needs no check', (t) => {
  const entropy = fc.uint8Array({ minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(entropy, (bytes) => {
      const phrase = generatePhrase(bytes);
      t.true(isGeneratedShape(phrase), phrase);
      t.is(normalise(phrase), phrase);
      const bits = phrase
        .split('-')
        .slice(1)
        .map((word) => wordlist.indexOf(word).toString(2).padStart(11, '0'))
        .join('');
      const given = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
      t.is(bits, given.slice(0, 44));
      t.is(threeWords(bytes), phrase.split('-').slice(1, 4).join(' '));
    }),
  );
  t.is(generatePhrase(new Uint8Array(32)), '1-abandon-abandon-abandon-abandon');
  t.throws(() => generatePhrase(new Uint8Array(7)), { message: /8 bytes/ });
});

test('normalising is idempotent, and completion offers list words', (t) => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => t.is(normalise(normalise(text)), normalise(text))));
  t.deepEqual(completions('lad'), ['ladder', 'lady']);
  t.deepEqual(completions(''), []);
});
