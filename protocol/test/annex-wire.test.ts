/** The wire of `annex` against what git-annex really sent, and what its reader really said. */
import test from 'ava';
import fc from 'fast-check';
import { sign, verify } from '../annex/digest.ts';
import type { Body, Message } from '../annex/message.ts';
import { phraseBytesMin, phraseKey, unassigned } from '../annex/phrase.ts';
import { read, readMax } from '../annex/reader.ts';
import { bodyText, datagramMax, write } from '../annex/writer.ts';
import { toHex, utf8 } from '../bytes.ts';
import { Misuse } from '../contract.ts';
import { realSuite } from '../suite.ts';
import { fromBase64, readerCases, recorded, stricter } from './vectors.ts';

// ---------------------------------------------------------------------------------------------------------- recordings

test('every recorded datagram is read, verified with its phrase, and written again byte for byte', (t) => {
  t.is(recorded.length, 37);
  for (const entry of recorded) {
    const bytes = fromBase64(entry.datagramBase64);
    const message = accepted(bytes);
    const { address, addressInteger, ...data } = entry.fields;
    t.deepEqual(message, { stage: entry.stage as Message['stage'], data, address, digest: entry.digest }, entry.name);
    t.true(bodyText(message).endsWith(`,IPv4Addr ${addressInteger})`), entry.name);
    t.is(bodyText(message), entry.signed, entry.name);
    t.true(verify(message, phraseKey(entry.secretPhrase)), entry.name);
    t.deepEqual(write(message), bytes, entry.name);
  }
});

test('every recorded phrase makes the key that git-annex made of it', (t) => {
  for (const entry of recorded) {
    const key = phraseKey(entry.secretPhrase);
    t.is(Buffer.from(key).toString('utf8'), entry.normalizedSecret, entry.secretPhrase);
    t.is(unassigned(entry.secretPhrase), null, entry.secretPhrase);
  }
});

test('the digest of every recorded body, signed anew, is the recorded one', (t) => {
  for (const entry of recorded) {
    const { stage, data, address } = accepted(fromBase64(entry.datagramBase64));
    t.is(sign({ stage, data, address }, phraseKey(entry.secretPhrase)).digest, entry.digest, entry.name);
  }
});

test('one recorded datagram is longer than git-annex itself can read: we read it, the limit for sending is another', (t) => {
  const long = recorded.filter((entry) => fromBase64(entry.datagramBase64).length > datagramMax);
  t.deepEqual(
    long.map((entry) => [entry.name, entry.datagram.length]),
    [['over-PairReq', 1055]],
  );
});

// -------------------------------------------------------------------------------------------- git-annex's own verdicts

test('nothing is read that git-annex rejects, and nothing that it ignores for control characters', (t) => {
  const rejected = readerCases.filter((entry) => !entry.parsed || entry.ignoredForControlCharacters);
  t.is(rejected.length, 28 + 6);
  for (const entry of rejected) t.false(read(fromBase64(entry.datagramBase64)).ok, entry.name);
});

test('stricter.json lists exactly the cases that git-annex reads and we refuse, each with its rule and a reason', (t) => {
  const differences = readerCases
    .filter((entry) => entry.parsed)
    .map((entry) => ({ name: entry.name, rule: ruleOf(fromBase64(entry.datagramBase64)) }))
    .filter((entry) => entry.rule !== null);
  t.deepEqual(
    differences,
    stricter.map(({ name, rule }) => ({ name, rule })),
  );
  for (const entry of stricter) t.true(entry.why.length > 40, entry.name);
});

test('a lax spelling verifies over the canonical text of its value, and only over that', (t) => {
  const key = phraseKey('correct horse battery staple');
  const base = accepted(fromBase64(readerCases.find((entry) => entry.name === 'base')?.datagramBase64 ?? ''));
  const right = sign(base, key);
  const spellings: readonly (readonly [string, (text: string) => string])[] = [
    ['white space', (text) => ` ${text.replaceAll(' = ', '\n=\t')} `],
    ['no white space', (text) => text.replaceAll(' = ', '=').replaceAll(', ', ',').replaceAll(' {', '{')],
    ['hex, octal and named escapes', (text) => text.replace('"alice"', String.raw`"\x61\X6c\o151\O143\SP\&e"`)],
    ['a string gap', (text) => text.replace('"alice-host"', '"alice-\\ \n \\host"')],
    ['an escaped apostrophe', (text) => text.replace('"~/time1"', String.raw`"~/time\'1"`)],
    ['leading zeros', (text) => text.replace('16796938', '0016796938')],
  ];
  for (const [name, respell] of spellings) {
    const odd = respell(Buffer.from(write(right)).toString());
    const message = accepted(utf8(odd));
    const signed = { ...message, digest: sign(message, key).digest };
    t.not(odd, Buffer.from(write(right)).toString(), name);
    t.true(verify(signed, key), name);
    t.deepEqual(accepted(write(signed)), signed, name);
    const signedText = odd.trim().slice('PairMsg (Verifiable {verifiableVal = '.length).split(', verifiableDigest')[0];
    t.not(bodyText(message), signedText, name);
  }
});

// --------------------------------------------------------------------------------------------------------------- rules

const good = (body: Partial<Body['data']> = {}, rest: Partial<Message> = {}): Message => ({
  stage: 'PairReq',
  data: {
    remoteHostName: 'vm',
    remoteUserName: 'alice',
    remoteDirectory: '~/annex',
    remoteSshPubKey: 'ssh-ed25519 AAAA',
    pairUUID: 'ca370826-45ae-43a9-811d-3a99459cc158',
    ...body,
  },
  address: '10.77.0.1',
  digest: '00'.repeat(20),
  ...rest,
});

const text = Buffer.from(write(good())).toString();

const broken: readonly (readonly [rule: string, what: string, bytes: Uint8Array])[] = [
  ['too-long', 'one byte above the limit', new Uint8Array(readMax + 1).fill(32)],
  ['not-ascii', 'a byte above 127', Uint8Array.of(...utf8(text), 0xff)],
  ['truncated', 'nothing', new Uint8Array()],
  ['truncated', 'the beginning of a word', utf8('PairM')],
  ['truncated', 'the last byte is missing', utf8(text.slice(0, -1))],
  ['truncated', 'the end within a string', utf8(text.slice(0, 90))],
  [
    'truncated',
    'the end within an escape',
    utf8('PairMsg (Verifiable {verifiableVal = (PairReq,PairData {remoteHostName = Just "\\'),
  ],
  ['syntax', 'another field', utf8(text.replace('remoteUserName', 'remoteName'))],
  ['syntax', 'two words in one', utf8(text.replace('IPv4Addr ', 'IPv4Addr'))],
  ['syntax', 'a third kind of address', utf8(text.replace('IPv4Addr', 'IPv5Addr'))],
  ['syntax', 'neither Just nor Nothing', utf8(text.replace('Just', 'Maybe'))],
  ['syntax', 'a word for a string', utf8(text.replace('"alice"', 'alice'))],
  ['syntax', 'three words of IPv6', utf8(text.replace('IPv4Addr 16796938', 'IPv6Addr (1,2,3)'))],
  ['unknown-stage', 'a stage of tomorrow', utf8(text.replace('PairReq', 'PairNak'))],
  ['unknown-escape', 'an escape that is none', utf8(text.replace('alice', '\\q'))],
  ['unknown-escape', 'a hex escape without digits', utf8(text.replace('alice', '\\xg'))],
  ['unknown-escape', 'half a gap', utf8(text.replace('alice', '\\  x'))],
  ['code-point', 'above Unicode', utf8(text.replace('alice', '\\1114112'))],
  ['code-point', 'a thousand digits', utf8(text.replace('alice', `\\${'9'.repeat(1000)}`))],
  ['surrogate', 'half a pair', utf8(text.replace('alice', '\\55357'))],
  ['surrogate', 'a pair as two characters', utf8(text.replace('alice', '\\55357\\56832'))],
  ['surrogate', 'below the bytes', utf8(text.replace('alice', '\\56447'))],
  ['surrogate', 'above the bytes', utf8(text.replace('alice', '\\56576'))],
  ['control-character', 'raw', utf8(text.replace('alice', 'al\x1bice'))],
  ['control-character', 'by number', utf8(text.replace('alice', '\\27'))],
  ['control-character', 'by name', utf8(text.replace('alice', '\\ESC'))],
  ['control-character', 'by letter', utf8(text.replace('alice', '\\n'))],
  ['control-character', 'by caret', utf8(text.replace('alice', '\\^['))],
  ['control-character', 'of the upper set', utf8(text.replace('alice', '\\155'))],
  ['uuid-not-bytes', 'a UUID with a wide character', write(good({ pairUUID: 'x\u0100' }))],
  ['address-range', 'an address above 32 bits', utf8(text.replace('16796938', '4294967296'))],
  ['trailing-bytes', 'a second message', utf8(text + text)],
  ['trailing-bytes', 'a NUL', utf8(`${text}\0`)],
];

test('each rule has bytes that break it and no other', (t) => {
  for (const [rule, what, bytes] of broken) t.is(ruleOf(bytes), rule, what);
});

test('a refusal says where, and never quotes what came', (t) => {
  const result = read(utf8(text.replace('alice', '\\qsecret')));
  t.deepEqual(result, {
    ok: false,
    refusal: {
      fault: 'malformed',
      rule: 'unknown-escape',
      detail: `an escape that is none, at byte ${text.indexOf('alice') + 1} of ${text.length + 3}`,
    },
  });
});

test('a datagram of exactly the longest length is read', (t) => {
  const bytes = write(good({ remoteDirectory: 'd'.repeat(readMax - text.length + '~/annex'.length) }));
  t.is(bytes.length, readMax);
  t.true(read(bytes).ok);
});

test('Nothing, NoUUID and an IPv6 address are read and written', (t) => {
  const message = good({ remoteHostName: null, pairUUID: null }, { address: 'fe80::1' });
  const wire = Buffer.from(write(message)).toString();
  t.true(wire.includes('remoteHostName = Nothing, '));
  t.true(wire.includes('pairUUID = NoUUID},IPv6Addr (4269801472,0,0,1)), '));
  t.deepEqual(accepted(utf8(wire)), message);
});

test('an address that the wire cannot carry is a misuse', (t) => {
  for (const address of ['fe80::1%eth0', 'vm.local', '', '10.77.0.01']) {
    t.throws(() => bodyText(good({}, { address })), { instanceOf: Misuse }, address);
  }
});

test('strings are written as Haskell shows them', (t) => {
  const shown = (value: string): string =>
    /"(.*)", remoteDirectory/.exec(
      bodyText(good({ remoteUserName: value })).split('remoteUserName = ')[1] ?? '',
    )?.[1] ?? '';
  t.is(shown('é1'), String.raw`\233\&1`);
  t.is(shown('éa'), String.raw`\233a`);
  t.is(shown('éé'), String.raw`\233\233`);
  t.is(shown('\x0eH'), String.raw`\SO\&H`);
  t.is(shown('\x0eA\x01H'), String.raw`\SOA\SOHH`);
  t.is(shown('\x7f9'), String.raw`\DEL9`);
  t.is(shown('\x00\x07\x08\t\n\v\f\r\x1b\x1f'), String.raw`\NUL\a\b\t\n\v\f\r\ESC\US`);
  t.is(shown(`"'\\`), String.raw`\"'\\`);
  t.is(shown('\u{1f600}7'), String.raw`\128512\&7`);
  t.is(shown('\udcff\udcc3'), String.raw`\56575\56515`);
  t.is(shown('\x80\xa0'), String.raw`\128\160`);
});

// -------------------------------------------------------------------------------------------------------------- digest

test('the digest is compared exactly: upper case, white space, a cut or empty one is wrong', (t) => {
  const key = phraseKey('correct horse battery staple');
  const message = sign(good(), key);
  t.true(verify(message, key));
  const { digest } = message;
  for (const wrong of [digest.toUpperCase(), ` ${digest}`, `${digest} `, digest.slice(1), `${digest}0`, '', 'zz']) {
    t.false(verify({ ...message, digest: wrong }, key), wrong);
  }
});

test('the suite that is given is the one that signs and verifies', (t) => {
  const suite = {
    ...realSuite,
    name: 'ideal',
    hmacSha1: (key: Uint8Array, bytes: Uint8Array) => Uint8Array.of(key.length, bytes.length % 256),
  };
  const message = sign(good(), utf8('abcdef'), suite);
  t.regex(message.digest, /^06..$/);
  t.true(verify(message, utf8('abcdef'), suite));
  t.false(verify(message, utf8('abcdef')));
});

// -------------------------------------------------------------------------------------------------------------- phrase

test('a phrase is lower-cased character by character, without final sigma and without normalisation', (t) => {
  const keyOf = (phrase: string): string => Buffer.from(phraseKey(phrase)).toString();
  t.is(keyOf('ΟΔΥΣΣΕΥΣ ΣΑΣ.'), 'οδυσσευσσασ');
  t.is(keyOf('İI'), 'i\u0307i');
  t.is(keyOf('é'), 'é');
  t.is(keyOf('e\u0301'), 'e');
  t.is(keyOf('ẞ Ⅷ Ⓐ ①²½'), 'ßⅷ①²½');
  t.is(keyOf('\ud83d!? 😀\udcff'), '');
  t.is(phraseKey('ééé').length, phraseBytesMin);
});

test('a phrase with a character that Unicode 15.0 does not assign is named, on any engine', (t) => {
  t.is(unassigned('my hovercraft is full of eels, 日本語 😀'), null);
  t.is(unassigned('a\u{1f6dc}\u{31350}'), null, 'new in 15.0');
  t.is(unassigned('a\u{2ebf0}'), '\u{2ebf0}', 'new in 15.1');
  t.is(unassigned('a\u{a7cb}b'), '\ua7cb', 'new in 16.0');
  t.is(unassigned('a\u{323b0}'), '\u{323b0}', 'new in 17.0');
  t.is(unassigned('a\u0378'), '\u0378', 'never assigned yet');
  t.is(unassigned('\u{10ffff}'), '\u{10ffff}', 'a noncharacter');
});

test('what Unicode 15.0 assigns, this engine knows as assigned: the table is not shifted', (t) => {
  let count = 0;
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    if (unassigned(character) !== null) continue;
    count += 1;
    if (/\p{Cn}/u.test(character)) t.fail(code.toString(16));
  }
  // 149,186 graphic and format characters (the Unicode 15.0 standard, appendix D), 65 controls, 2,048 surrogates, and
  // 137,468 of private use.
  t.is(count, 149_186 + 65 + 2_048 + 137_468);
});

// ---------------------------------------------------------------------------------------------------------- properties

/** Characters that a message may hold: no controls, of surrogates only escaped bytes, and often the awkward ones. */
const character = fc.oneof(
  fc.constantFrom('"', '\\', "'", '&', 'H', '0', '9', 'é', '日', '😀', '\udc80', '\udcff', '\u{10ffff}', '\xa0'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((unit) => !/[\p{Cc}\p{Cs}]/u.test(unit)),
);
const words = fc.string({ unit: character, maxLength: 24 });
const uuid = fc.oneof(fc.uuid(), fc.string({ unit: fc.constantFrom('a', '0', '\xe9', '\xff', '"'), maxLength: 8 }));

const messages: fc.Arbitrary<Message> = fc.record({
  stage: fc.constantFrom('PairReq' as const, 'PairAck' as const, 'PairDone' as const),
  data: fc.record({
    remoteHostName: fc.option(words),
    remoteUserName: words,
    remoteDirectory: words,
    remoteSshPubKey: words,
    pairUUID: fc.option(uuid),
  }),
  address: fc.oneof(fc.ipV4(), fc.constantFrom('fe80::1', '::', '2001:db8::8:800:200c:417a', '::ffff:10.0.0.1')),
  digest: words,
});

test('what is written is read as the same value', (t) => {
  fc.assert(
    fc.property(messages, (message) => {
      t.deepEqual(accepted(write(message)), message);
    }),
    { numRuns: 1000 },
  );
});

test('arbitrary bytes up to 64 KiB never make the reader throw', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 65_536, size: 'max' }), (bytes) => typeof read(bytes).ok === 'boolean'),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'PairMsg(){}=,"\\ \n19&xSO'.split('')), maxLength: 400 }),
      (tail) => {
        for (const at of [0, 37, 80, 120, text.length]) read(utf8(text.slice(0, at) + tail));
        return true;
      },
    ),
    { numRuns: 2000 },
  );
  t.pass();
});

test('a mutated datagram is refused, or says the same, or no longer verifies', (t) => {
  const key = phraseKey('correct horse battery staple');
  const valid = recorded.filter((entry) => entry.secretPhrase === 'correct horse battery staple');
  let stillRead = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...valid),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom('flip', 'drop', 'add', 'swap'), fc.nat(127)), {
        minLength: 1,
        maxLength: 3,
      }),
      (entry, changes) => {
        const bytes = [...fromBase64(entry.datagramBase64)];
        for (const [place, kind, value] of changes) mutate(bytes, place % bytes.length, kind, value);
        const result = read(Uint8Array.from(bytes));
        if (!result.ok) return true;
        stillRead += 1;
        const same = bodyText(result.message) === entry.signed && result.message.digest === entry.digest;
        return verify(result.message, key) === same;
      },
    ),
    { numRuns: 3000 },
  );
  t.true(stillRead > 0, 'some mutations are still messages');
});

test('no changed field verifies, and no other key does', (t) => {
  const key = phraseKey('correct horse battery staple');
  fc.assert(
    fc.property(messages, messages, fc.uint8Array({ maxLength: 20 }), (one, other, otherKey) => {
      const message = sign(one, key);
      const changed: Message[] = (Object.keys(one.data) as (keyof Body['data'])[])
        .filter((field) => one.data[field] !== other.data[field])
        .map((field) => ({ ...message, data: { ...message.data, [field]: other.data[field] } }));
      if (one.stage !== other.stage) changed.push({ ...message, stage: other.stage });
      if (one.address !== other.address) changed.push({ ...message, address: other.address });
      return verify(message, key) && !verify(message, otherKey) && changed.every((entry) => !verify(entry, key));
    }),
    { numRuns: 300 },
  );
  t.pass();
});

// ------------------------------------------------------------------------------------------------------------- helpers

function accepted(bytes: Uint8Array): Message {
  const result = read(bytes);
  if (!result.ok) throw new Error(`${result.refusal.rule}: ${result.refusal.detail}`);
  return result.message;
}

function ruleOf(bytes: Uint8Array): string | null {
  const result = read(bytes);
  return result.ok ? null : result.refusal.rule;
}

function mutate(bytes: number[], at: number, kind: string, value: number): void {
  if (kind === 'flip') bytes[at] = value;
  else if (kind === 'drop') bytes.splice(at, 1);
  else if (kind === 'add') bytes.splice(at, 0, value);
  else bytes.splice(at, 2, ...bytes.slice(at, at + 2).reverse());
}

test('a phrase of ASCII alone has the key that it has with an accent after it, which a key leaves out', (t) => {
  const ascii = fc.string({
    unit: fc.constantFrom(...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))),
  });
  fc.assert(fc.property(ascii, (phrase) => toHex(phraseKey(phrase)) === toHex(phraseKey(`${phrase}\u0301`))));
  t.is(toHex(phraseKey("It's 7!")), toHex(utf8('its7')));
});
