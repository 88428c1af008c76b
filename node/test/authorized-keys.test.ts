/** authorized_keys as people have it: whatever is in it stays, byte for byte. */
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { accessOf, type Gate, lineOf, provision, setAccess, unprovision } from '../authorized-keys.ts';
import { ed25519Blob } from '../ssh-wire.ts';
import { throwAwayHome } from './home.ts';

const keyOf = (fill: number): string => `ssh-ed25519 ${ed25519Blob(Buffer.alloc(32, fill)).toString('base64')}`;
const grant = { record: 'abcdefghijklmnop', key: keyOf(1) };
const other = { record: 'ponmlkjihgfedcba', key: keyOf(2) };

async function gateWith(t: ExecutionContext, content: string | null): Promise<Gate & { readonly file: string }> {
  const ssh = join(await throwAwayHome(t), '.ssh');
  const file = join(ssh, 'authorized_keys');
  if (content !== null) {
    await mkdir(ssh, { mode: 0o700 });
    await writeFile(file, content, { mode: 0o640 });
  }
  return { ssh, program: ['/usr/bin/node', '/opt/lanpair/dist/cli.js'], state: null, file };
}

test('the line is rebuilt from the key, restricted, and tagged with its record', async (t) => {
  const gate = await gateWith(t, null);
  await provision(gate, grant);
  t.is(
    await readFile(gate.file, 'utf8'),
    `restrict,command="/usr/bin/node /opt/lanpair/dist/cli.js shell abcdefghijklmnop" ${grant.key} lanpair:abcdefghijklmnop\n`,
  );
  t.is((await stat(gate.ssh)).mode & 0o777, 0o700);
  t.is((await stat(gate.file)).mode & 0o777, 0o600);
});

test('an unusual state directory goes into the line, or sshd would look elsewhere', async (t) => {
  const gate = { ...(await gateWith(t, null)), state: '/srv/state/lanpair' };
  await provision(gate, grant);
  t.regex(await readFile(gate.file, 'utf8'), / shell abcdefghijklmnop --state \/srv\/state\/lanpair" ssh-ed25519 /);
  await t.throwsAsync(provision({ ...gate, state: '/srv/"; evil' }, grant));
  await unprovision(gate, grant.record);
  t.is(await readFile(gate.file, 'utf8'), '');
});

test('provisioning twice is provisioning once, and taking back restores the file', async (t) => {
  const before = '# mine\nssh-rsa AAAAB3 me@here\n\n  # indented\r\nno-pty ssh-rsa AAAAB4 x\n';
  const gate = await gateWith(t, before);
  await provision(gate, grant);
  const once = await stat(gate.file);
  await provision(gate, grant);
  t.is((await stat(gate.file)).ino, once.ino, 'the second time nothing was written');
  await provision(gate, other);
  t.is(await readFile(gate.file, 'utf8'), `${before}${lineOf(gate, grant)}\n${lineOf(gate, other)}\n`);
  await unprovision(gate, grant.record);
  await unprovision(gate, other.record);
  await unprovision(gate, other.record);
  t.is(await readFile(gate.file, 'utf8'), before);
  t.is((await stat(gate.file)).mode & 0o777, 0o640, 'the mode of the file stays');
  t.deepEqual(await readdir(gate.ssh), ['authorized_keys'], 'no lock and no temporary file is left');
});

test('a whole shell is given and taken back in place; healing keeps it, a new pairing has none, and forgetting ends it', async (t) => {
  const before = '# mine\r\nssh-rsa AAAAB3 me@here\r\n';
  const gate = await gateWith(t, before);
  t.false(await setAccess(gate, grant, 'shell'));
  t.is(await accessOf(gate, grant.record), null);
  t.is(await readFile(gate.file, 'utf8'), before);
  await provision(gate, grant);
  await provision(gate, other);
  t.is(await accessOf(gate, grant.record), 'git');
  t.true(await setAccess(gate, grant, 'shell'));
  const line = `restrict,pty,command="/usr/bin/node /opt/lanpair/dist/cli.js shell abcdefghijklmnop --whole" ${grant.key} lanpair:abcdefghijklmnop`;
  t.is(lineOf(gate, grant, 'shell'), line);
  t.is(await readFile(gate.file, 'utf8'), `${before}${line}\r\n${lineOf(gate, other)}\r\n`);
  await provision(gate, grant);
  t.deepEqual([await accessOf(gate, grant.record), await accessOf(gate, other.record)], ['shell', 'git']);
  // sshd takes the first line of a key: that of the new pairing, whose person has given nothing yet.
  const anew = { ...grant, record: 'qqqqqqqqqqqqqqqq' };
  await provision(gate, anew);
  const [, , first] = (await readFile(gate.file, 'utf8')).split('\r\n');
  t.is(first, lineOf(gate, anew));
  await unprovision(gate, anew.record);
  t.true(await setAccess(gate, grant, 'git'));
  t.is(await readFile(gate.file, 'utf8'), `${before}${lineOf(gate, grant)}\r\n${lineOf(gate, other)}\r\n`);
  t.true(await setAccess(gate, grant, 'shell'));
  await unprovision(gate, grant.record);
  await unprovision(gate, other.record);
  t.is(await readFile(gate.file, 'utf8'), before);
});

test('whatever lines there are, they stay byte for byte', async (t) => {
  const line = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a)));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.boolean(), async (lines, isEnded) => {
      const gate = await gateWith(t, '');
      const text = Buffer.concat(lines.flatMap((entry) => [entry, Buffer.from('\n')]));
      const before = isEnded ? text : text.subarray(0, -1);
      await writeFile(gate.file, before);
      await provision(gate, grant);
      await provision(gate, other);
      await unprovision(gate, grant.record);
      await unprovision(gate, other.record);
      const after = await readFile(gate.file);
      const wholeLines =
        before.length > 0 && before.at(-1) !== 0x0a ? Buffer.concat([before, Buffer.from('\n')]) : before;
      const wholeCrLf = Buffer.concat([before, Buffer.from('\r\n')]);
      t.true(after.equals(wholeLines) || after.equals(wholeCrLf));
    }),
    { numRuns: 40 },
  );
});

test('a last line without an end is not joined with ours', async (t) => {
  const gate = await gateWith(t, 'ssh-rsa AAAAB3 me');
  await provision(gate, grant);
  t.is(await readFile(gate.file, 'utf8'), `ssh-rsa AAAAB3 me\n${lineOf(gate, grant)}\n`);
});

test('a file in CRLF gets a line in CRLF, found again when it is taken back', async (t) => {
  const gate = await gateWith(t, 'ssh-rsa AAAAB3 me\r\n# x\r\n');
  await provision(gate, grant);
  t.true((await readFile(gate.file, 'utf8')).endsWith(`${lineOf(gate, grant)}\r\n`));
  await provision(gate, grant);
  await unprovision(gate, grant.record);
  t.is(await readFile(gate.file, 'utf8'), 'ssh-rsa AAAAB3 me\r\n# x\r\n');
});

test('a symbolic link is followed and stays one, also to a file that is not there yet', async (t) => {
  const gate = await gateWith(t, null);
  await mkdir(gate.ssh);
  await symlink('elsewhere', gate.file);
  await provision(gate, grant);
  t.true((await lstat(gate.file)).isSymbolicLink());
  t.is(await readFile(join(gate.ssh, 'elsewhere'), 'utf8'), `${lineOf(gate, grant)}\n`);
  await unprovision(gate, grant.record);
  t.true((await lstat(gate.file)).isSymbolicLink());
  t.is(await readFile(join(gate.ssh, 'elsewhere'), 'utf8'), '');
});

test('a second pairing of one key goes before the first: sshd takes the first line of a key', async (t) => {
  const gate = await gateWith(t, '# top\n');
  await provision(gate, grant);
  const second = { record: other.record, key: grant.key };
  await provision(gate, second);
  t.is(await readFile(gate.file, 'utf8'), `# top\n${lineOf(gate, second)}\n${lineOf(gate, grant)}\n`);
  await unprovision(gate, second.record);
  t.is(await readFile(gate.file, 'utf8'), `# top\n${lineOf(gate, grant)}\n`);
});

test('a line of a person that only mentions our tag is not ours', async (t) => {
  const before = `ssh-rsa AAAAB3 lanpair:${grant.record}\n# restrict,command="x" lanpair:${grant.record}\n`;
  const gate = await gateWith(t, before);
  await unprovision(gate, grant.record);
  t.is(await readFile(gate.file, 'utf8'), before);
});

test('many writers at once lose no line', async (t) => {
  const gate = await gateWith(t, '# top\n');
  const records = Array.from({ length: 8 }, (_, index) => `record0000000000${index}`.slice(-16));
  await Promise.all(records.map((record, index) => provision(gate, { record, key: keyOf(index) })));
  const lines = (await readFile(gate.file, 'utf8')).trim().split('\n');
  t.deepEqual(
    lines
      .slice(1)
      .map((line) => line.slice(-16))
      .sort(),
    records,
  );
});

test('a large file is no trouble', async (t) => {
  const before = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC me@here\n'.repeat(40_000);
  const gate = await gateWith(t, before);
  await provision(gate, grant);
  await unprovision(gate, grant.record);
  t.is(await readFile(gate.file, 'utf8'), before);
});

test('nothing of the peer and no odd path of ours gets into the file', async (t) => {
  const gate = await gateWith(t, '# top\n');
  const bad = [
    { ...grant, key: `${grant.key}\nssh-rsa AAAA evil` },
    { ...grant, key: `command="evil" ${grant.key}` },
    { ...grant, key: `${grant.key} comment` },
    { ...grant, key: `ssh-rsa ${grant.key.split(' ')[1]}` },
    { ...grant, key: 'ssh-ed25519 !!!!' },
    { ...grant, record: 'x"; rm -rf ~; "xx' },
  ];
  for (const each of bad) await t.throwsAsync(provision(gate, each));
  const spaced = { ...gate, program: ['/usr/bin/node', '/home/a b/cli.js'] };
  await t.throwsAsync(provision(spaced, grant), { message: /use a path without spaces/ });
  t.is(await readFile(gate.file, 'utf8'), '# top\n');
});

test('what cannot be written says so and changes nothing', async (t) => {
  const home = await throwAwayHome(t);
  await writeFile(join(home, '.ssh'), 'a file where a directory should be');
  const gate = { ssh: join(home, '.ssh'), program: ['/usr/bin/node', '/opt/cli.js'], state: null };
  await t.throwsAsync(provision(gate, grant), { message: /EEXIST|ENOTDIR/ });
});
