/** Records, the lock and our own key: what is on the disk after each of them, and what a person is told. */
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import type { StoredRecord } from '../../protocol/contract.ts';
import { Complaint, codeOf } from '../complaint.ts';
import { namedKey, ownKey, sshSignature } from '../keys.ts';
import { tryLock } from '../lock.ts';
import { theOne, theOneToAsk } from '../peers.ts';
import { placesOf } from '../places.ts';
import { discardRecord, loadRecords, readRecordById, storeRecord } from '../records.ts';
import { throwAwayHome } from './home.ts';

const run = promisify(execFile);
const record: StoredRecord = { id: '0123456789abcdef', protocol: 'annex', body: { peer: { hostName: 'bob' } } };

test('a stored record is read back, private, and leaves no temporary file', async (t) => {
  const peers = join(await throwAwayHome(t), 'state', 'peers');
  await storeRecord(peers, record);
  await storeRecord(peers, { ...record, body: { peer: null } });
  t.deepEqual(await loadRecords(peers), { records: [{ ...record, body: { peer: null } }], problems: [] });
  t.deepEqual(await readdir(peers), ['0123456789abcdef.json']);
  t.is((await stat(peers)).mode & 0o777, 0o700);
  t.is((await stat(join(peers, '0123456789abcdef.json'))).mode & 0o777, 0o600);
  await discardRecord(peers, record.id);
  await discardRecord(peers, record.id);
  t.deepEqual((await loadRecords(peers)).records, []);
});

test('a corrupt, foreign or newer file is named and left alone; the others still load', async (t) => {
  const peers = join(await throwAwayHome(t), 'peers');
  await storeRecord(peers, record);
  const whole = await readFile(join(peers, `${record.id}.json`), 'utf8');
  const bad: Record<string, string> = {
    'aaaaaaaaaaaaaaaa.json': whole.slice(0, 40),
    'bbbbbbbbbbbbbbbb.json': '["foreign"]',
    'cccccccccccccccc.json': whole.replace('"version": 1', '"version": 9'),
    'dddddddddddddddd.json': whole,
    'notes.txt': 'not a record, and not looked at',
  };
  for (const [name, text] of Object.entries(bad)) await writeFile(join(peers, name), text);
  const { records, problems } = await loadRecords(peers);
  t.deepEqual(records, [record]);
  t.is(problems.length, 4);
  t.regex(problems[0] ?? '', /aaaaaaaaaaaaaaaa\.json: is no whole JSON text\. It was left as it is/);
  t.regex(problems[2] ?? '', /has the version 9, and this lanpair reads 1/);
  t.regex(problems[3] ?? '', /holds another id than its name says/);
  for (const [name, text] of Object.entries(bad)) t.is(await readFile(join(peers, name), 'utf8'), text);
  t.false((await readRecordById(peers, 'aaaaaaaaaaaaaaaa')).ok);
  t.false((await readRecordById(peers, '../../etc/passwd')).ok);
});

test('of two pairings with one machine it is said which is which; where it is, only one of them can be asked', (t) => {
  const lp1: StoredRecord = { ...record, id: 'aaaaaaaaaaaaaaaa', protocol: 'lp1' };
  const both = t.throws(() => theOne([record, lp1], 'bob'), { instanceOf: Complaint, message: /2 paired machines/ });
  t.is(both?.next, 'Next: name the record: 0123456789abcdef (by annex) or aaaaaaaaaaaaaaaa.');
  t.is(theOneToAsk([record, lp1], 'bob'), lp1);
  t.throws(() => theOneToAsk([record], 'bob'), { instanceOf: Complaint, message: /git-annex's conversation alone/ });
  // What locate remembers of a machine is no machine.
  const note: StoredRecord = { id: 'bbbbbbbbbbbbbbbb', protocol: 'locate', body: { record: lp1.id } };
  const unknown = t.throws(() => theOneToAsk([lp1, note], 'carol'), { instanceOf: Complaint });
  t.is(unknown?.next, 'Next: name one of these: (damaged, aaaaaaaaaaaaaaaa).');
});

test('a record id never becomes a path', async (t) => {
  const peers = join(await throwAwayHome(t), 'peers');
  await t.throwsAsync(storeRecord(peers, { ...record, id: '../../../evil/x' }));
  await t.throwsAsync(discardRecord(peers, '..'));
});

test('of two lanpairs at once one holds the lock; a dead one loses it', async (t) => {
  const path = join(await throwAwayHome(t), 'lock');
  const first = tryLock(path);
  t.true(first.ok);
  const second = tryLock(path);
  t.false(second.ok);
  if (!second.ok) t.is(second.holder?.pid, process.pid);
  if (first.ok) first.lock.release();

  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.once('exit', resolve));
  await writeFile(path, JSON.stringify({ pid: child.pid, started: '1' }));
  const third = tryLock(path);
  t.true(third.ok);
  // The same pid, but another start: the machine was restarted since.
  await writeFile(path, JSON.stringify({ pid: process.pid, started: '1' }));
  t.is(tryLock(path).ok, process.platform === 'linux');
});

test('releasing a lock that somebody took over leaves theirs', async (t) => {
  const path = join(await throwAwayHome(t), 'lock');
  const mine = tryLock(path);
  await writeFile(path, '{"pid":1,"started":""}');
  if (mine.ok) mine.lock.release();
  t.is(await readFile(path, 'utf8'), '{"pid":1,"started":""}');
});

test('our own key is made once, private, and ssh-keygen agrees about its public half', async (t) => {
  const path = join(await throwAwayHome(t), 'state', 'id_ed25519');
  const made = await ownKey(path, 'lanpair@test');
  const again = await ownKey(path, 'another comment');
  t.is(again.publicKey, made.publicKey);
  t.is((await stat(path)).mode & 0o777, 0o600);
  t.is(await readFile(`${path}.pub`, 'utf8'), `${made.publicKey} lanpair@test\n`);
  try {
    const { stdout } = await run('ssh-keygen', ['-y', '-f', path]);
    t.is(stdout.trim(), `${made.publicKey} lanpair@test`);
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw thrown;
    t.log('no ssh-keygen here: its agreement was not checked');
  }
});

test('ssh-keygen verifies our signatures', async (t) => {
  const home = await throwAwayHome(t);
  const key = await ownKey(join(home, 'id_ed25519'), 'x');
  const { createHash } = await import('node:crypto');
  const signature = sshSignature(key, 'lanpair', createHash('sha512').update('the message').digest());
  const armour = `-----BEGIN SSH SIGNATURE-----\n${signature?.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
  await writeFile(join(home, 'sig'), armour);
  await writeFile(join(home, 'allowed'), `me ${key.publicKey}\n`);
  const verify = (message: string): Promise<number | null> =>
    new Promise((resolve, reject) => {
      const child = spawn('ssh-keygen', ['-Y', 'verify', '-f', 'allowed', '-I', 'me', '-n', 'lanpair', '-s', 'sig'], {
        cwd: home,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      child.once('error', reject).once('exit', resolve);
      child.stdin.end(message);
    });
  try {
    t.is(await verify('the message'), 0);
    t.not(await verify('another message'), 0);
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw thrown;
    t.log('no ssh-keygen here');
    t.pass();
  }
});

test('a named key must be one that git-annex accepts; each refusal says what to do', async (t) => {
  const home = await throwAwayHome(t);
  const own = await ownKey(join(home, 'id'), 'me@here');
  t.is((await namedKey(join(home, 'id.pub'), null)).publicKey, own.publicKey);
  const refused: readonly (readonly [string, RegExp])[] = [
    ['ecdsa-sha2-nistp256 AAAA me', /git-annex fails on ecdsa keys/],
    [`command="x" ${own.publicKey}`, /without options/],
    [`${own.publicKey}\n${own.publicKey}`, /exactly one line/],
    ['', /begins with ssh-ed25519 or ssh-rsa/],
    [own.publicKey.replace('ssh-ed25519', 'ssh-rsa'), /says inside/],
    ['ssh-ed25519 AAA', /base64 without errors/],
    [await readFile(join(home, 'id'), 'utf8'), /it is a private key/],
  ];
  for (const [text, message] of refused) {
    await writeFile(join(home, 'key.pub'), text);
    const complaint = await t.throwsAsync(namedKey(join(home, 'key.pub'), null), { instanceOf: Complaint });
    t.regex(complaint?.message ?? '', message);
    t.regex(complaint?.next ?? '', /^Next: /);
  }
  const missing = await t.throwsAsync(namedKey(join(home, 'absent.pub'), null), { instanceOf: Complaint });
  t.is(missing?.exitCode, 66);
  await writeFile(join(home, 'id'), 'scribble');
  const broken = await t.throwsAsync(ownKey(join(home, 'id'), 'x'), { instanceOf: Complaint });
  t.is(broken?.exitCode, 65);
});

test('a state directory that cannot be made is a complaint, not a stack trace', async (t) => {
  const home = await throwAwayHome(t);
  await writeFile(join(home, 'file'), '');
  const complaint = await t.throwsAsync(ownKey(join(home, 'file', 'id'), 'x'), { instanceOf: Complaint });
  t.is(complaint?.exitCode, 73);
  if (process.getuid?.() !== 0) {
    await mkdir(join(home, 'closed'));
    await chmod(join(home, 'closed'), 0o500);
    await t.throwsAsync(ownKey(join(home, 'closed', 'lanpair', 'id'), 'x'), { instanceOf: Complaint });
  }
});

test('places follow XDG, and a relative XDG_STATE_HOME is ignored', (t) => {
  t.is(placesOf({ HOME: '/home/a' }).peers, '/home/a/.local/state/lanpair/peers');
  t.is(placesOf({ HOME: '/home/a', XDG_STATE_HOME: '/x' }).state, '/x/lanpair');
  t.is(placesOf({ HOME: '/home/a', XDG_STATE_HOME: 'x' }).state, '/home/a/.local/state/lanpair');
});
