/**
 * Makes the vectors of identities: alice's of `pairing.json` with something else in it, and the rule that it breaks; or none,
 * where it is just good. `content` is the CBOR map, to be padded; `identity` all 1024 bytes where the padding is what is wrong.
 *
 *     node dist/protocol/test/lp1-identities.js > protocol/test/vectors/lp1/identities.json
 */
import { pathToFileURL } from 'node:url';
import { concat, toHex, utf8 } from '../bytes.ts';
import { type Cbor, CborMap, decodeMap, encode } from '../cbor.ts';
import { conversation } from './lp1-vectors.ts';

export interface IdentityVector {
  /** Null: it is taken. */
  readonly rule: string | null;
  readonly what: string;
  readonly content?: string;
  readonly identity?: string;
}

const { a, b } = conversation();

const contentOf = (identity: Uint8Array): Uint8Array =>
  identity.subarray(2, 2 + (identity[0] ?? 0) * 256 + (identity[1] ?? 0));
const sound = contentOf(a.identity);
const fields = ((): readonly (readonly [number, Cbor])[] => {
  const decoded = decodeMap(sound);
  if (!decoded.ok) throw new Error(decoded.refusal.detail);
  return [...decoded.value];
})();

/** With these in place of its own; null takes one out. */
function changed(...changes: readonly (readonly [number, Cbor | null])[]): Uint8Array {
  const all = new Map<number, Cbor | null>([...fields, ...changes]);
  return encode(new CborMap([...all].filter((entry): entry is [number, Cbor] => entry[1] !== null)));
}

const field = (bytes: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(0, 0, bytes.length >> 8, bytes.length & 255), bytes);
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

/** An ssh-rsa blob; the modulus is no product of primes, which nobody looks at. */
function rsa(bits: number, exponent: Uint8Array, last = 1): Uint8Array {
  const modulus = concat(Uint8Array.of(0), filled(bits / 8, 0xc1));
  modulus[modulus.length - 1] = last;
  return concat(field(utf8('ssh-rsa')), field(exponent), field(modulus));
}

const f4 = Uint8Array.of(1, 0, 1);
const ed = (point: Uint8Array): Uint8Array => concat(field(utf8('ssh-ed25519')), field(point));

const mapped = (last: Uint8Array): Uint8Array => concat(filled(10, 0), Uint8Array.of(255, 255), last);
const v6 = (first: number, last: number): Uint8Array =>
  concat(Uint8Array.of(first), filled(14, 0), Uint8Array.of(last));

type Row = readonly [rule: string | null, what: string, ...changes: (readonly [number, Cbor | null])[]];

const good: readonly Row[] = [
  [null, 'as in pairing.json'],
  [
    null,
    'no host keys, no addresses, no repository, display name and program',
    [3, []],
    [9, []],
    [7, ''],
    [8, ''],
    [11, ''],
  ],
  [null, 'a key of a later version', [12, 'later']],
  [
    null,
    'texts as long as they may be',
    [4, 'a'.repeat(64)],
    [5, `${'a'.repeat(63)}.${'b'.repeat(63)}`],
    [6, `/${'d'.repeat(127)}`],
    [7, 'r'.repeat(64)],
    [8, 'n'.repeat(64)],
    [11, 'p'.repeat(32)],
  ],
  [null, 'a user and a display name in composed letters of others', [4, 'Zoë.Ж_9@x+y-z'], [8, 'Zoë’s laptop']],
  [null, 'the home directory', [6, '~']],
  [null, 'a path with spaces and letters of others', [6, '~/Zoë und ich/annex.d']],
  [null, 'a label with a dash last, one of digits', [5, 'a-.7']],
  [null, 'RSA of 2048 bits with exponent 3', [3, [rsa(2048, Uint8Array.of(3))]]],
  [null, 'a host key that is no point of the curve', [3, [ed(filled(32, 0xff))]]],
  [
    null,
    'addresses of private, shared and link-local networks',
    [
      9,
      [
        Uint8Array.of(10, 0, 0, 1),
        Uint8Array.of(100, 64, 0, 1),
        Uint8Array.of(169, 254, 1, 1),
        v6(0xfd, 1),
        concat(Uint8Array.of(0xfe, 0x80), filled(13, 0), Uint8Array.of(1)),
      ],
    ],
  ],
  [null, 'the last port', [10, 65_535]],
];

const bad: readonly Row[] = [
  ['identity-key', 'a key of 31 bytes', [1, filled(31, 1)]],
  ['identity-key', 'no key', [1, null]],
  ['identity-possession', 'a signature by another key', [2, b.possession]],
  ['identity-possession', 'a signature of zeros', [2, filled(64, 0)]],
  ['identity-possession', 'no signature, and a bad user beside it', [2, null], [4, '-']],
  ['identity-fields', 'no display name', [8, null]],
  ['identity-fields', 'a user that is bytes', [4, utf8('alice')]],
  ['identity-user', 'no user', [4, '']],
  ['identity-user', '65 bytes', [4, 'a'.repeat(65)]],
  ['identity-user', 'a dash first', [4, '-rf']],
  ['identity-user', 'a space', [4, 'a b']],
  ['identity-user', 'a new line', [4, 'alice\nroot']],
  ['identity-user', 'not composed', [4, 'Zoe\u0308']],
  ['identity-user', 'a joiner that nobody sees', [4, 'al\u200dice']],
  ['identity-user', 'what Unicode 15.0 does not assign', [4, 'a\u0378']],
  ['identity-host', 'no host', [5, '']],
  ['identity-host', '129 bytes', [5, `${'a'.repeat(63)}.${'b'.repeat(63)}.c`]],
  ['identity-host', 'a label of 64', [5, 'a'.repeat(64)]],
  ['identity-host', 'a dash first', [5, 'a.-b']],
  ['identity-host', 'a dot last', [5, 'a.']],
  ['identity-host', 'two dots', [5, 'a..b']],
  ['identity-host', 'a letter beyond ASCII', [5, 'müller']],
  ['identity-directory', 'a path from nowhere', [6, 'annex']],
  ['identity-directory', 'somebody else’s home', [6, '~bob/annex']],
  ['identity-directory', 'upwards', [6, '~/../bob']],
  ['identity-directory', 'a sign of the shell', [6, '/tmp/$(id)']],
  ['identity-directory', '129 bytes', [6, `/${'d'.repeat(128)}`]],
  ['identity-repository', 'an underscore', [7, 'a_b']],
  ['identity-repository', '65 characters', [7, 'r'.repeat(65)]],
  ['identity-display', '65 bytes', [8, 'n'.repeat(65)]],
  ['identity-display', 'an escape', [8, '\u001b[2J']],
  ['identity-display', 'text that turns round', [8, 'a\u202egnp.exe']],
  ['identity-program', '33 characters', [11, 'p'.repeat(33)]],
  ['identity-program', 'a letter beyond ASCII', [11, 'lanpaïr']],
  ['identity-host-key', 'four of them', [3, [1, 2, 3, 4].map((byte) => ed(filled(32, byte)))]],
  ['identity-host-key', 'a byte behind it', [3, [concat(ed(filled(32, 1)), Uint8Array.of(0))]]],
  [
    'identity-host-key',
    'an ecdsa key',
    [3, [concat(field(utf8('ecdsa-sha2-nistp256')), field(utf8('nistp256')), field(filled(65, 4)))]],
  ],
  ['identity-host-key', 'RSA of 1024 bits', [3, [rsa(1024, f4)]]],
  ['identity-host-key', 'RSA with an even exponent', [3, [rsa(2048, Uint8Array.of(4))]]],
  ['identity-host-key', 'RSA with exponent 1', [3, [rsa(2048, Uint8Array.of(1))]]],
  ['identity-host-key', 'RSA with an even modulus', [3, [rsa(2048, f4, 2)]]],
  ['identity-host-key', 'a text', [3, ['ssh-ed25519']]],
  ['identity-address', 'none where a list should be', [9, null]],
  ['identity-address', 'nine of them', [9, Array.from({ length: 9 }, (_, i) => Uint8Array.of(10, 0, 0, i + 1))]],
  ['identity-address', 'five bytes', [9, [filled(5, 10)]]],
  ['identity-address', '0.1.2.3', [9, [Uint8Array.of(0, 1, 2, 3)]]],
  ['identity-address', '127.0.0.1', [9, [Uint8Array.of(127, 0, 0, 1)]]],
  ['identity-address', '224.0.0.1', [9, [Uint8Array.of(224, 0, 0, 1)]]],
  ['identity-address', '240.0.0.1', [9, [Uint8Array.of(240, 0, 0, 1)]]],
  ['identity-address', '255.255.255.255', [9, [filled(4, 255)]]],
  ['identity-address', '::', [9, [filled(16, 0)]]],
  ['identity-address', '::1', [9, [v6(0, 1)]]],
  ['identity-address', 'ff02::1', [9, [concat(Uint8Array.of(0xff, 2), filled(13, 0), Uint8Array.of(1))]]],
  ['identity-address', '::ffff:10.0.0.1', [9, [mapped(Uint8Array.of(10, 0, 0, 1))]]],
  ['identity-port', '0', [10, 0]],
  ['identity-port', '65536', [10, 65_536]],
  ['identity-port', 'none', [10, null]],
];

/** Where what is around the content is wrong. */
function around(): readonly IdentityVector[] {
  const long = new Uint8Array(a.identity);
  long.set([1023 >> 8, 1023 & 255]);
  const behind = new Uint8Array(a.identity);
  behind[1023] = 1;
  // Two keys in the wrong order: no canonical map.
  const [first, second] = [sound.subarray(1, 1 + 1 + 34), sound.subarray(1 + 1 + 34)];
  const turned = concat(sound.subarray(0, 1), second, first);
  return [
    { rule: 'identity-size', what: 'a length beyond the end', identity: toHex(long) },
    { rule: 'identity-padding', what: 'its last byte is 1', identity: toHex(behind) },
    { rule: 'identity-cbor', what: 'key 1 stands last', content: toHex(turned.slice(0, sound.length)) },
    { rule: 'identity-cbor', what: 'no content', content: '' },
  ];
}

export function identityVectors(): readonly IdentityVector[] {
  const made = [...good, ...bad].map(
    ([rule, what, ...changes]): IdentityVector => ({
      rule,
      what,
      content: toHex(changed(...changes)),
    }),
  );
  return [...made, ...around()];
}

export function printIdentities(): string {
  return `${JSON.stringify(identityVectors(), null, 2)}\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(printIdentities());
}
