/** The datagrams and the identity of lp1: sizes, strictness, and every hostile field refused by name (rows C). */
import test from 'ava';
import fc from 'fast-check';
import { concat, toHex, utf8 } from '../bytes.ts';
import { type Cbor, CborMap, encode } from '../cbor.ts';
import type { Identity, Interface } from '../contract.ts';
import { edLine, readIdentity, writeIdentity } from '../lp1/identity.ts';
import * as keys from '../lp1/keys.ts';
import * as messages from '../lp1/messages.ts';
import { signatureIn, sshsigBlob } from '../lp1/sshsig.ts';
import { realSuite } from '../suite.ts';
import { symbolicSuite } from '../suite-symbolic.ts';

const fill = (length: number, byte = 7): Uint8Array => new Uint8Array(length).fill(byte);
const pair = { from: fill(16, 1), to: fill(16, 2) };
const share = {
  ...pair,
  vk: fill(32),
  y: fill(32),
  ad: keys.associatedData(fill(16), 55_557),
  cookie: fill(8),
  returned: fill(8),
  sentTo: fill(16),
  sig: fill(64),
};
const confirm = { ...pair, y: fill(32), ad: share.ad, box: fill(messages.boxBytes), tag: fill(32) };
const fin = { ...pair, status: 1, reason: 2, held: fill(8), mac: fill(32) };

const written: Readonly<Record<string, Uint8Array>> = {
  BEACON: messages.writeBeacon({ from: pair.from, channel: '73', cookie: null, returned: null }),
  SHARE: messages.writeShare(share),
  CONFIRM: messages.writeConfirm(confirm),
  READY: messages.writeFin({ kind: 'READY', ...fin }),
  DONE: messages.writeFin({ kind: 'DONE', ...fin }),
  CANCEL: messages.writeFin({ kind: 'CANCEL', ...fin }),
  HINT: messages.writeHint({ ...pair, versions: [1, 2] }),
  WHERE: messages.writeSealed('WHERE', fill(24), fill(8), fill(messages.whereBoxBytes)),
  HERE: messages.writeSealed('HERE', fill(24), fill(8), fill(messages.hereBoxBytes)),
};

test('every message is read as it was written, in its one size', (t) => {
  const sizes: Record<string, number> = {};
  for (const [kind, bytes] of Object.entries(written)) {
    const read = messages.read(bytes);
    t.true(read.ok, kind);
    if (read.ok) t.is(read.message.kind, kind as messages.Kind);
    t.is(messages.describe(bytes).kind, kind);
    sizes[kind] = bytes.length;
  }
  t.deepEqual(sizes, {
    BEACON: 96,
    SHARE: 247,
    CONFIRM: 1186,
    READY: 90,
    DONE: 90,
    CANCEL: 90,
    HINT: 45,
    WHERE: 109,
    HERE: 318,
  });
  t.true((sizes['SHARE'] ?? 0) <= 3 * messages.beaconBytes, 'three times the bytes of a BEACON');
});

test('a BEACON is as long with a channel and cookies as without', (t) => {
  for (const channel of ['', '7', '073']) {
    for (const cookie of [null, fill(8)]) {
      for (const returned of [null, fill(8)]) {
        const bytes = messages.writeBeacon({ from: pair.from, channel, cookie, returned });
        t.is(bytes.length, 96);
        const read = messages.read(bytes);
        t.like(read, { ok: true, message: { kind: 'BEACON', channel, cookie, returned } });
      }
    }
  }
});

test('reading is total; what is read has its proof over exactly the rest', (t) => {
  const any = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(...Object.values(written)));
  fc.assert(
    fc.property(any, fc.nat(), fc.nat(255), fc.nat(1300), (bytes, at, byte, length) => {
      const bent = bytes.slice(0, length);
      if (bent.length > 0) bent[at % bent.length] = byte;
      const read = messages.read(bent);
      t.true(read.ok || read.refusal.rule.length > 0);
      messages.describe(bent);
    }),
    { numRuns: 20_000 },
  );
  const read = messages.read(messages.writeShare(share));
  if (read.ok && read.message.kind === 'SHARE') t.deepEqual(read.message.body, messages.shareBody(share));
  t.like(messages.read(fill(1201)), { ok: false, refusal: { rule: 'size' } });
  t.like(messages.read(utf8('PairMsg (Verifiable')), { ok: false, refusal: { rule: 'not-lanpair' } });
  t.like(messages.read(Uint8Array.of(0x4c, 0x50, 2, 1)), {
    ok: false,
    refusal: { fault: 'incompatible', rule: 'version' },
  });
  t.like(messages.read(Uint8Array.of(0x4c, 0x50, 1, 77)), { ok: false, refusal: { rule: 'type' } });
});

test('the longest AD that a SHARE may have is one that a CONFIRM has room for', (t) => {
  const confirm = { from: pair.from, to: pair.to, y: fill(32), box: fill(1040), tag: fill(32) };
  const longest = messages.writeConfirm({ ...confirm, ad: fill(42) });
  t.is(longest.length, 1200);
  t.true(messages.read(longest).ok);
  t.false(messages.read(messages.writeConfirm({ ...confirm, ad: fill(43) })).ok);
  t.true(messages.read(messages.writeShare({ ...share, ad: fill(42) })).ok);
  t.like(messages.read(messages.writeShare({ ...share, ad: fill(43) })), { refusal: { rule: 'fields' } });
});

test('a key of a later version is ignored, and covered by the proof', (t) => {
  const known = new CborMap([
    [1, pair.from],
    [2, pair.to],
    [13, 0],
    [14, 0],
    [18, fill(8)],
  ]);
  const later = new CborMap([...known, [40, 'later']]);
  const bytes = concat(Uint8Array.of(0x4c, 0x50, 1, 4), encode(new CborMap([...later, [15, fill(32)]])));
  const read = messages.read(bytes);
  t.true(read.ok);
  if (read.ok && read.message.kind === 'READY') t.deepEqual(read.message.body, encode(later));
});

// ------------------------------------------------------------------------------------------------------------ identity

const seed = fill(32, 9);
const vk = realSuite.signatures.publicKey(fill(32, 3));
const owner = realSuite.signatures.publicKey(seed);
const possession = signatureIn(sshsigBlob(realSuite, seed, keys.possessionMessage(vk)), owner) ?? fill(64);
const hostKey = edLine(fill(32, 5));
const self: Identity = {
  hostName: 'darkstar.example.org',
  userName: 'joey',
  directory: '~/annex',
  sshKey: edLine(owner),
  hostKeys: [hostKey],
  displayName: "Joey's laptop",
  repository: 'cdbecf39-0000-4000-8000-000000000000',
  program: 'lanpair 0.1.0',
};
const eth0: Interface = {
  name: 'eth0',
  addresses: [
    { family: 4, address: '10.0.0.5', prefix: 24 },
    { family: 6, address: 'fe80::5%eth0', prefix: 64 },
    { family: 4, address: '127.0.0.1', prefix: 8 },
  ],
};

function written1024(with_: Partial<Identity> = {}): Uint8Array {
  const padded = writeIdentity({ ...self, ...with_ }, [eth0], possession);
  if (!padded.ok) throw new Error(padded.refusal.rule);
  return padded.value;
}

test('an identity comes back as it was, 1,024 bytes whatever is in it', (t) => {
  const padded = written1024();
  t.is(padded.length, 1024);
  const read = readIdentity(realSuite, padded, vk);
  t.like(read, {
    ok: true,
    value: { hostName: self.hostName, userName: 'joey', directory: '~/annex', sshKey: self.sshKey },
  });
  if (read.ok) t.deepEqual([read.value.hostKeys, read.value.addresses], [[hostKey], ['10.0.0.5', 'fe80::5']]);
  const wide = 'x'.repeat(60);
  const long = {
    hostName: `${wide}.${wide}`,
    userName: 'é'.repeat(32),
    directory: `/${'d'.repeat(127)}`,
    displayName: 'n'.repeat(64),
  };
  t.is(written1024(long).length, 1024);
});

/** The identity with one entry of its map replaced: what a hostile peer can send. */
function bent(at: number, value: Cbor): Uint8Array {
  const padded = written1024();
  const map = new CborMap([
    [1, owner],
    [2, possession],
    [3, []],
    [4, 'joey'],
    [5, 'darkstar'],
    [6, '~/annex'],
    [7, ''],
    [8, ''],
    [9, []],
    [10, 22],
    [11, ''],
  ]);
  const content = encode(map.set(at, value));
  const out = new Uint8Array(padded.length);
  out.set([content.length >> 8, content.length & 255], 0);
  out.set(content, 2);
  return out;
}

const rsa512 = concat(
  Uint8Array.of(0, 0, 0, 7),
  utf8('ssh-rsa'),
  Uint8Array.of(0, 0, 0, 1, 3, 0, 0, 0, 64),
  fill(64, 0x55),
);
const hostile: readonly (readonly [row: string, what: string, at: number, value: Cbor, rule: string])[] = [
  ['C01', 'a key that is a line with options', 1, 'command="x" ssh-ed25519 AAAA', 'identity-key'],
  ['C03', 'a key of a wrong length', 1, fill(33), 'identity-key'],
  ['C04', "somebody else's ssh key", 1, realSuite.signatures.publicKey(fill(32, 8)), 'identity-possession'],
  ['C04', 'no signature', 2, fill(63), 'identity-possession'],
  ['C03', 'an RSA-512 host key', 3, [rsa512], 'identity-host-key'],
  ['C02', 'a host key with a second line', 3, [concat(utf8('ssh-ed25519\n'), fill(40))], 'identity-host-key'],
  ['C03', 'four host keys', 3, [fill(1), fill(1), fill(1), fill(1)], 'identity-host-key'],
  ['C05', 'a host name that is an option', 5, '-oProxyCommand=x', 'identity-host'],
  ['C05', 'a label that is an option', 5, 'a.-b', 'identity-host'],
  ['C06', 'a host name of two lines', 5, 'a\nProxyCommand x', 'identity-host'],
  ['C06', 'a user name of two lines', 4, 'joey\nx', 'identity-user'],
  ['C06', 'a user name that is an option', 4, '-lroot', 'identity-user'],
  ['C07', 'a directory above', 6, '~/../../etc', 'identity-directory'],
  ['C07', 'a directory that runs', 6, '/tmp/$(reboot)', 'identity-directory'],
  ['C07', 'a directory with backticks', 6, '/tmp/`x`', 'identity-directory'],
  ['C07', 'a directory with a semicolon', 6, '/tmp;x', 'identity-directory'],
  ['C07', 'a directory with a star', 6, '/tmp/*', 'identity-directory'],
  ['C07', "another's home", 6, '~root/x', 'identity-directory'],
  ['C07', 'a relative directory', 6, 'annex', 'identity-directory'],
  ['C08', 'a terminal escape', 8, '\u001b]52;c;x\u0007', 'identity-display'],
  ['C08', 'a carriage return', 8, 'bob\rmallory', 'identity-display'],
  ['C10', 'a right-to-left override', 8, 'bob\u202ecilam', 'identity-display'],
  ['C10', 'a zero-width space', 8, 'bo\u200bb', 'identity-display'],
  ['C10', 'a name of 65 bytes', 8, 'x'.repeat(65), 'identity-display'],
  ['C10', 'letters not composed', 8, 'e\u0301', 'identity-display'],
  ['C11', 'a character from the future', 8, '\u{323b0}', 'identity-display'],
  ['C12', 'a repository that is a map', 7, new CborMap([[1, 'x']]), 'identity-fields'],
  ['C15', 'a repository with a slash', 7, '../x', 'identity-repository'],
  ['C13', 'the loopback address', 9, [Uint8Array.of(127, 0, 0, 1)], 'identity-address'],
  ['C13', 'a multicast address', 9, [Uint8Array.of(224, 0, 0, 251)], 'identity-address'],
  ['C13', 'no address at all', 9, [fill(16, 0)], 'identity-address'],
  ['C13', 'the broadcast address', 9, [fill(4, 255)], 'identity-address'],
  ['C13', 'nine addresses', 9, Array.from({ length: 9 }, () => fill(4, 10)), 'identity-address'],
  ['C13', 'port 0', 10, 0, 'identity-port'],
  ['C08', 'an escape in the program', 11, '\u001b[2J', 'identity-program'],
];

for (const [row, what, at, value, rule] of hostile) {
  test(`${row}: ${what} is refused as ${rule}`, (t) => {
    t.like(readIdentity(realSuite, bent(at, value), vk), { ok: false, refusal: { fault: 'misbehaved', rule } });
  });
}

test('an identity with other padding, another length or other CBOR is refused', (t) => {
  const padded = written1024();
  t.like(
    readIdentity(
      realSuite,
      padded.map((b, i) => (i === 1023 ? 1 : b)),
      vk,
    ),
    { refusal: { rule: 'identity-padding' } },
  );
  t.like(readIdentity(realSuite, padded.slice(1), vk), { refusal: { rule: 'identity-size' } });
  t.like(readIdentity(realSuite, fill(1024, 255), vk), { refusal: { rule: 'identity-size' } });
  t.like(readIdentity(realSuite, fill(1024, 0), vk), { refusal: { rule: 'identity-cbor' } });
  t.like(
    readIdentity(realSuite, padded, fill(32)),
    { refusal: { rule: 'identity-possession' } },
    'signed over another vk',
  );
});

test('our own identity is held to the same rules', (t) => {
  const rule = (with_: Partial<Identity>): string => {
    const padded = writeIdentity({ ...self, ...with_ }, [], possession);
    return padded.ok ? 'ok' : padded.refusal.rule;
  };
  t.is(rule({}), 'ok');
  t.is(rule({ sshKey: 'ssh-rsa AAAA' }), 'identity-key');
  t.is(rule({ hostName: '-x' }), 'identity-host');
});

test('an SSHSIG blob gives its 64 bytes only for its key, namespace and hash', (t) => {
  for (const suite of [realSuite, symbolicSuite]) {
    const blob = sshsigBlob(suite, seed, utf8('message'));
    const publicKey = suite.signatures.publicKey(seed);
    t.is(signatureIn(blob, publicKey)?.length, 64);
    t.is(signatureIn(blob, fill(32)), null);
    t.is(signatureIn(blob.slice(1), publicKey), null);
    t.is(
      signatureIn(
        blob.map((byte, i) => (i === 80 ? byte ^ 1 : byte)),
        publicKey,
      ),
      null,
    );
  }
  t.regex(toHex(vk), /^[0-9a-f]{64}$/);
});
