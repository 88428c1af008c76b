/** Which ssh public keys are taken, by what rule others are refused, and that only rebuilt text comes out. */
import test from 'ava';
import fc from 'fast-check';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { fingerprint, parseSshKey, type SshKey } from '../ssh-key.ts';
import { recorded } from './vectors.ts';

const github = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';

/** An odd number of so many bits as an mpint: its bytes, with a zero before a first bit that is set. */
function mpint(bits: number, last = 1): Buffer {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  bytes[0] = 0xff >> (8 * bytes.length - bits);
  bytes[bytes.length - 1] = last;
  return bits % 8 === 0 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

function blob(...fields: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = Buffer.from(field as Uint8Array);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

const line = (type: string, ...fields: readonly (string | Uint8Array)[]): string =>
  `${type} ${blob(...fields).toString('base64')}`;

const e = Buffer.of(1, 0, 1);
const point = Buffer.alloc(32, 7);
const ed25519 = line('ssh-ed25519', 'ssh-ed25519', point);
const rsa = (modulus: Uint8Array, exponent: Uint8Array = e): string => line('ssh-rsa', 'ssh-rsa', exponent, modulus);

test('every key that git-annex sent is taken as it is', (t) => {
  for (const entry of recorded) {
    const key = accepted(entry.fields.remoteSshPubKey);
    t.is(key.text, entry.fields.remoteSshPubKey, entry.name);
    t.is(key.type, 'ssh-rsa', entry.name);
  }
});

test('the fingerprint is the one that ssh-keygen shows', (t) => {
  // GitHub publishes its host key and its fingerprint; the other was shown by `ssh-keygen -l` of OpenSSH 9.2.
  const key = accepted(`ssh-ed25519 ${github} github.com`);
  t.is(fingerprint(key), 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
  const theirs = accepted(recorded[0]?.fields.remoteSshPubKey ?? '');
  t.is(fingerprint(theirs), 'SHA256:nT8DHo3bLuqZ7GXoYF5IkUYH8tiyiNlx3++RBV9uQ6k');
});

test('a comment and the end of the line are dropped, whatever the comment says', (t) => {
  for (const tail of ['', '\n', ' alice@vm', ' my laptop\n', ' ssh-rsa AAAA', ' command="x"', ' é😀']) {
    t.is(accepted(ed25519 + tail).text, ed25519, tail);
  }
});

test('the limits of RSA are inside', (t) => {
  for (const bits of [2048, 2049, 3072, 4096, 8191, 8192]) t.is(accepted(rsa(mpint(bits))).text, rsa(mpint(bits)));
  for (const exponent of [Buffer.of(3), Buffer.of(37), e, mpint(64)]) accepted(rsa(mpint(2048), exponent));
  t.pass();
});

const refused: readonly (readonly [rule: string, what: string, text: string])[] = [
  ['key-too-long', 'a comment without end', `${ed25519} ${'x'.repeat(4096)}`],
  ['key-lines', 'two keys', `${ed25519}\n${ed25519}`],
  ['key-lines', 'an empty second line', `${ed25519}\n\n`],
  ['key-lines', 'a carriage return', `${ed25519}\r\n`],
  ['key-lines', 'an escape in the comment', `${ed25519} \x1b[2J`],
  ['key-lines', 'a tab for the space', ed25519.replace(' ', '\t')],
  ['key-options', 'a command', `command="/bin/sh" ${ed25519}`],
  ['key-options', 'two options', `no-pty,from="10.0.0.1" ${ed25519}`],
  ['key-options', 'an option and an ecdsa key', 'no-pty ecdsa-sha2-nistp256 AAAA'],
  ['key-ecdsa', 'what git-annex dies of', line('ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256', 'nistp256', point)],
  ['key-ecdsa', 'one with a security key', 'sk-ecdsa-sha2-nistp256@openssh.com AAAA'],
  ['key-dss', 'DSA', line('ssh-dss', 'ssh-dss', mpint(1024))],
  ['key-type', 'an ed25519 key with a security key', 'sk-ssh-ed25519@openssh.com AAAA'],
  ['key-type', 'a certificate', 'ssh-ed25519-cert-v01@openssh.com AAAA'],
  ['key-type', 'in capitals', ed25519.replace('ssh-', 'SSH-')],
  ['key-type', 'nothing', ''],
  ['key-type', 'a file that is not a key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
  ['key-base64', 'only a type', 'ssh-ed25519'],
  ['key-base64', 'two spaces', ed25519.replace(' ', '  ')],
  ['key-base64', 'missing padding', rsa(mpint(3072)).replace(/=+$/, '')],
  ['key-base64', 'extra padding', `${ed25519}====`],
  ['key-base64', 'of the URL alphabet', `ssh-ed25519 ${github.replace('A', '_')}`],
  ['key-base64', 'bits that stand for nothing', `ssh-rsa ${'A'.repeat(5)}B==`],
  ['key-length', 'a point of 31 bytes', line('ssh-ed25519', 'ssh-ed25519', point.subarray(1))],
  ['key-length', 'a point of 33 bytes', line('ssh-ed25519', 'ssh-ed25519', Buffer.alloc(33))],
  ['key-length', 'no point', line('ssh-ed25519', 'ssh-ed25519')],
  ['key-length', 'a field after the point', line('ssh-ed25519', 'ssh-ed25519', point, '')],
  [
    'key-length',
    'a byte after the point',
    `ssh-ed25519 ${Buffer.concat([blob('ssh-ed25519', point), Buffer.of(0)]).toString('base64')}`,
  ],
  ['key-length', 'a length beyond the end', `ssh-ed25519 ${Buffer.of(255, 255, 255, 255, 1).toString('base64')}`],
  ['key-length', 'RSA without a modulus', line('ssh-rsa', 'ssh-rsa', e)],
  ['key-length', 'RSA with a private field', line('ssh-rsa', 'ssh-rsa', e, mpint(2048), e)],
  ['key-inner-type', 'RSA that says ed25519 inside', line('ssh-rsa', 'ssh-ed25519', point)],
  ['key-inner-type', 'ed25519 that says ecdsa inside', line('ssh-ed25519', 'ecdsa-sha2-nistp256', point)],
  ['key-modulus', 'RSA of 1024 bits', rsa(mpint(1024))],
  ['key-modulus', 'RSA of 2047 bits', rsa(mpint(2047))],
  ['key-modulus', 'RSA of 8193 bits', rsa(mpint(8193))],
  ['key-modulus', 'an even modulus', rsa(mpint(2048, 2))],
  ['key-modulus', 'a negative modulus', rsa(mpint(2048).subarray(1))],
  ['key-modulus', 'a modulus with a needless zero', rsa(Buffer.concat([Buffer.of(0), mpint(2047)]))],
  ['key-modulus', 'an empty modulus', rsa(Buffer.alloc(0))],
  ['key-exponent', 'one', rsa(mpint(2048), Buffer.of(1))],
  ['key-exponent', 'zero', rsa(mpint(2048), Buffer.alloc(0))],
  ['key-exponent', 'even', rsa(mpint(2048), Buffer.of(4))],
  ['key-exponent', 'of 65 bits', rsa(mpint(2048), mpint(65))],
];

test('each other text is refused by its rule, without being quoted', (t) => {
  for (const [rule, what, text] of refused) {
    const result = parseSshKey(text);
    if (result.ok) t.fail(what);
    else {
      t.is(result.refusal.rule, rule, what);
      t.regex(result.refusal.detail, /^(expected|at most) /, what);
      t.false(result.refusal.detail.includes('AAAA'), what);
    }
  }
});

test('what is taken is rebuilt: one line, one space, and read again as the same key', (t) => {
  const lines = fc.constantFrom(ed25519, rsa(mpint(2048)), `command="x" ${ed25519}`);
  const edit = fc.tuple(fc.nat(), fc.string({ unit: 'binary', maxLength: 3 }), fc.nat(3));
  fc.assert(
    fc.property(lines, fc.array(edit, { maxLength: 2 }), (text, edits) => {
      let odd = text;
      for (const [place, put, drop] of edits) {
        const at = place % (odd.length + 1);
        odd = odd.slice(0, at) + put + odd.slice(at + drop);
      }
      const result = parseSshKey(odd);
      if (!result.ok) return true;
      const { key } = result;
      const again = parseSshKey(key.text);
      return /^ssh-(rsa|ed25519) [A-Za-z0-9+/]+=*$/.test(key.text) && again.ok && again.key.text === key.text;
    }),
    { numRuns: 3000 },
  );
  t.pass();
});

test('base64 agrees with the platform, and reads only what it writes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const text = Buffer.from(bytes).toString('base64');
      t.is(encodeBase64(bytes), text);
      t.deepEqual(decodeBase64(text), bytes);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('A', 'B', 'Q', '/', '=', '\n', '-'), maxLength: 8 }), (text) => {
      const bytes = decodeBase64(text);
      return bytes === null || encodeBase64(bytes) === text;
    }),
    { numRuns: 2000 },
  );
  t.is(decodeBase64('QQ=='.repeat(2)), null);
});

function accepted(text: string): SshKey {
  const result = parseSshKey(text);
  if (!result.ok) throw new Error(`${result.refusal.rule}: ${result.refusal.detail}`);
  return result.key;
}
