/** What a person is shown of data that others sent. */
import test from 'ava';
import fc from 'fast-check';
import { endpointText, hostNameOk, printable } from '../display.ts';
import { recorded } from './vectors.ts';

test('what can be seen is shown as it is', (t) => {
  for (const text of [
    '',
    'alice@vm:~/annex',
    'it\'s "quoted" \\ back',
    'hôte-é',
    '日本 太郎',
    'pc-😀',
    'ภาษาไทย',
    'עברית',
    'e\u0301',
  ]) {
    t.is(printable(text), text);
  }
});

test('what cannot be seen, or would be seen as something else, is shown as an escape', (t) => {
  const cases: readonly (readonly [what: string, text: string, shown: string])[] = [
    ['terminal escape', '\x1b[2Jrm', '\\u{1b}[2Jrm'],
    ['8-bit terminal escape', '\x9b2J', '\\u{9b}2J'],
    ['line break', 'a\r\nb', 'a\\u{d}\\u{a}b'],
    ['NUL and DEL', '\0\x7f', '\\u{0}\\u{7f}'],
    ['bidi override', 'a\u202etxt.exe', 'a\\u{202e}txt.exe'],
    ['bidi isolate', '\u2066a\u2069', '\\u{2066}a\\u{2069}'],
    ['right-to-left mark', 'a\u200fb', 'a\\u{200f}b'],
    ['zero width', 'al\u200bice\u200d\ufeff', 'al\\u{200b}ice\\u{200d}\\u{feff}'],
    ['soft hyphen', '~/\xad soft', '~/\\u{ad} soft'],
    ['invisible letters', '\u3164\u115f\u2800', '\\u{3164}\\u{115f}\\u{2800}'],
    ['variation selector', '1\ufe0f', '1\\u{fe0f}'],
    ['tags', 'a\u{e0061}', 'a\\u{e0061}'],
    ['bytes that were not UTF-8', 'bad\udcff', 'bad\\u{dcff}'],
    ['line and paragraph separators', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['other spaces', 'nb\xa0sp\u3000', 'nb\\u{a0}sp\\u{3000}'],
    ['private use', '\ue000\u{f0000}', '\\u{e000}\\u{f0000}'],
    ['unassigned', '\u0378\u{10ffff}', '\\u{378}\\u{10ffff}'],
    ['newer than Unicode 15', '\u{1fae9}', '\\u{1fae9}'],
    ['a mark without a letter', '\u0301a', '\\u{301}a'],
    ['a mark on an escape', '\u200b\u0301', '\\u{200b}\\u{301}'],
    ['a tower of marks', `o${'\u0301'.repeat(5)}`, `o${'\u0301'.repeat(3)}${'\\u{301}'.repeat(2)}`],
  ];
  for (const [what, text, shown] of cases) t.is(printable(text), shown, what);
});

test('a long text is cut at the limit, never within an escape or a pair', (t) => {
  t.is(printable('abcdef', 6), 'abcdef');
  t.is(printable('abcdefg', 6), 'abcde…');
  t.is(printable('😀😀😀😀', 3), '😀😀…');
  t.is(printable('ab\u202e', 8), 'ab…');
  t.is(printable('ab\u202e', 10), 'ab\\u{202e}');
  t.is(printable('ab\u202ecd', 10), 'ab…');
  t.is(printable('abc', 1), '…');
  t.is(Array.from(printable('x'.repeat(65_536))).length, 200);
});

test('names that git-annex really sent stay readable', (t) => {
  const shown = new Set(
    recorded.flatMap(({ fields }) => [printable(fields.remoteHostName), printable(fields.remoteUserName)]),
  );
  for (const name of ['日本', 'pc-😀', 'al"ice', 'nb\\u{a0}sp', '\\u{feff}bom', 'h\\u{dcc3}\\u{dcb4}te'])
    t.true(shown.has(name), name);
});

test('nothing hidden is ever in the output, it is never too long, and twice is once', (t) => {
  const nasty = fc.constantFrom(
    '\x1b',
    '\u202e',
    '\u200d',
    '\udcff',
    '\ud800',
    '\u0301',
    '\ue000',
    '\u0378',
    '😀',
    'a',
    ' ',
    '\\',
    '}',
  );
  const unit = fc.oneof(nasty, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }));
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 60 }), fc.integer({ min: 1, max: 80 }), (text, max) => {
      const shown = printable(text, max);
      t.notRegex(shown, /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
      t.notRegex(shown, /[^\P{Z} ]/u);
      t.notRegex(shown, /^\p{M}|\p{M}{4}/u);
      t.true(Array.from(shown).length <= max);
      t.is(printable(shown, max), shown);
    }),
    { numRuns: 2000 },
  );
});

test('a host name is one that ssh and a resolver take for nothing else', (t) => {
  const label = 'a'.repeat(63);
  const good = [
    'vm',
    'alice-host',
    'a.b.c',
    '3com',
    'VM.Local',
    'x-',
    label,
    `${label}.${label}.${label}.${'b'.repeat(61)}`,
  ];
  for (const name of good) t.true(hostNameOk(name), name);
  const bad = [
    '',
    '-oProxyCommand=x',
    '.local',
    'a.',
    'a..b',
    'a.-b',
    'a_b',
    'a b',
    'a\n',
    'hôte',
    'fe80::1',
    'a/b',
    'a@b',
    '*',
    '%h',
  ];
  for (const name of [...bad, 'a'.repeat(64), `${label}.${label}.${label}.${'b'.repeat(62)}`])
    t.false(hostNameOk(name), name);
});

test('an endpoint is told as in a URL, and no more of an address than an address can have', (t) => {
  t.is(endpointText({ address: '10.0.0.1', port: 80 }), '10.0.0.1:80');
  t.is(endpointText({ address: 'fe80::1%eth0', port: 55_557 }), '[fe80::1%eth0]:55557');
  t.is(endpointText({ address: `\u202e${'9'.repeat(100)}`, port: 1 }), `\\u{202e}${'9'.repeat(51)}…:1`);
});
