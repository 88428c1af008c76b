/** Phrases: what two people may type differently, and what is refused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import test from 'ava';
import fc from 'fast-check';
import { toHex, utf8 } from '../bytes.ts';
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
import { realSuite } from '../suite.ts';
import { assignedIn15 } from '../unicode15.ts';

const prsOf = (text: string): string => {
  const check = checkPhrase({ text, bits: 50, accepted: ['slip'] });
  if (!check.ok) throw new Error(check.rule);
  return `${check.channel}|${toHex(check.prs)}`;
};
const ruleOf = (text: string, bits = 50, accepted: readonly ('weak' | 'slip')[] = []): string => {
  const check = checkPhrase({ text, bits, accepted });
  return check.ok ? 'ok' : check.rule;
};

interface PhraseVectors {
  readonly same: readonly {
    readonly phrase: string;
    readonly channel: string;
    readonly spellings: readonly string[];
  }[];
  readonly apart: readonly (readonly [string, string])[];
  readonly refused: readonly { readonly phrase: string; readonly rule: string }[];
}
const vectors = JSON.parse(
  readFileSync(join(process.cwd(), 'protocol/test/vectors/lp1/phrases.json'), 'utf8'),
) as PhraseVectors;

for (const { phrase, channel, spellings } of vectors.same) {
  test(`one phrase however it is typed: ${phrase}`, (t) => {
    t.regex(prsOf(phrase), new RegExp(`^${channel}\\|`));
    for (const spelling of spellings) {
      t.is(normalise(spelling), phrase, spelling);
      t.is(prsOf(spelling), prsOf(phrase), spelling);
    }
  });
}

test('what is not one phrase, and what is none', (t) => {
  for (const [one, other] of vectors.apart) t.not(prsOf(one), prsOf(other), `${one} and ${other}`);
  for (const { phrase, rule } of vectors.refused) t.is(ruleOf(phrase), rule, phrase);
});

test('one answer with every Unicode from 15.0 on: all assigned code points, alone, in a word and under an accent', (t) => {
  let text = '';
  for (let codePoint = 0; codePoint < 0x110000; codePoint++) {
    if (!assignedIn15(codePoint)) continue;
    const character = String.fromCodePoint(codePoint);
    const words = [character, `a${character}b`, `${character}\u0301`, `A${character}`, `i${character}\u0307`];
    text += `${words.map((word) => normalise(word)).join(' ')}\n`;
  }
  // Made with Unicode 15.0 (Node 20.5.1) and met with 17.0 (Node 20.20, 22.23, 24.21, 26.10).
  t.is(toHex(realSuite.hash(utf8(text)).slice(0, 16)), '6c7a428c3e946b37a13ab9dbfdb6991e');
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
    '七三 ladder acid hope rabbit',
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
  // The nearest first: of all within two letters, in the order of the list, it would be no longer among three.
  t.is(meantPerhaps('lader')[0], 'ladder');
  t.true(meantPerhaps('hpe').includes('hope'));
  t.deepEqual(meantPerhaps('zzzzzzzz'), []);
  t.true(meantPerhaps('lader').length <= 3);
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

test('a text of ASCII alone is read faster, and to the same words', (t) => {
  const typed = fc.string({
    unit: fc.constantFrom(
      ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)),
      'zoo',
      "don't",
      '007',
    ),
  });
  // A soft hyphen is ignored, and takes the text out of ASCII.
  fc.assert(fc.property(typed, (text) => normalise(text) === normalise(`${text}\u00ad`)));
  t.is(normalise("I'm at the Zoo_7"), 'im-at-the-zoo-7');
});
