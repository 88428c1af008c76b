/** What a crash, a second program or a stray hand leaves on the disk, met at the next start. */
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { provision, unprovision } from '../authorized-keys.ts';
import { Complaint } from '../complaint.ts';
import { makePrivateDirectory, sweepTemporaries, writeDurably } from '../durable-file.ts';
import { ownKey } from '../keys.ts';
import { lockWithin, tryLock } from '../lock.ts';
import { storeRecord } from '../records.ts';
import { throwAwayHome } from './home.ts';
import { freePort } from './loopback.ts';
import { cli, homeWithRepository, lanpair, type Program } from './program.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDO4xHUaWPl41BPfJ23CFicChpWc81nl1FD1rLqc/4bm';
const id = '0123456789abcdef';

const isOwnSpace = spawnSync('unshare', ['--mount', 'true']).status === 0;
const onTinyDisk = isOwnSpace ? test : test.skip;

test('what a crash left half written goes at the next start, and nothing else does', async (t) => {
  const home = await homeWithRepository(await throwAwayHome(t));
  const [peers, ssh] = [join(home, '.local', 'state', 'lanpair', 'peers'), join(home, '.ssh')];
  await mkdir(ssh);
  await storeRecord(peers, { id, protocol: 'annex', body: {} });
  for (const folder of [peers, ssh]) {
    await writeFile(join(folder, '.0a1b2c3d4e5f.lanpair-tmp'), 'half');
    await writeFile(join(folder, 'mine.lanpair-tmp'), 'of a person');
  }
  // Any command that takes the lock; the key of nobody is taken back on the way.
  await lanpair(t, home, ['peers', 'forget', id]).exit;
  t.deepEqual(
    (await readdir(peers)).filter((name) => name.endsWith('tmp')),
    ['mine.lanpair-tmp'],
  );
  const gate = { ssh, program: ['/node', '/cli'], state: null };
  await provision(gate, { record: id, key });
  await unprovision(gate, id);
  t.deepEqual((await readdir(ssh)).sort(), ['authorized_keys', 'mine.lanpair-tmp']);
  await t.notThrowsAsync(sweepTemporaries(join(home, 'nowhere')));
});

test('a directory is made with those above it, for us alone; where none can be made that is told, also under /proc', async (t) => {
  const home = await throwAwayHome(t);
  const [above, path] = [join(home, 'a'), join(home, 'a', 'b')];
  await Promise.all([makePrivateDirectory(path), makePrivateDirectory(path)]);
  for (const made of [above, path]) t.is((await stat(made)).mode & 0o777, 0o700);
  await writeFile(join(path, 'file'), '');
  await t.throwsAsync(makePrivateDirectory(join(path, 'file', 'c')), { code: 'EEXIST' });
  await t.throwsAsync(makePrivateDirectory('/proc/lanpair/c'), { code: 'ENOENT' });
});

test('a file is wholly the old one when writing fails, and no temporary one is left', async (t) => {
  const home = await throwAwayHome(t);
  const path = join(home, 'file');
  await writeDurably(path, 'old', { mode: 0o600 });
  await t.throwsAsync(
    writeDurably(path, 'new', { mode: 0o600 }, () => Promise.reject(new Error('changed meanwhile'))),
    { message: 'changed meanwhile' },
  );
  t.is(await readFile(path, 'utf8'), 'old');
  t.deepEqual(await readdir(home), ['file']);
  await t.throwsAsync(writeDurably(join(home, 'none', 'file'), 'x', { mode: 0o600 }), { code: 'ENOENT' });
});

test('a lock that is empty was left by a machine that lost its power: after a while it is taken over, and not before', async (t) => {
  const path = join(await throwAwayHome(t), 'lock');
  await writeFile(path, '');
  // Made this moment, however long the machine takes to ask.
  const now = new Date(Date.now() + 3_600_000);
  await utimes(path, now, now);
  t.deepEqual(tryLock(path), { ok: false, holder: null });
  const before = new Date(Date.now() - 60_000);
  await utimes(path, before, before);
  const outcome = tryLock(path);
  t.true(outcome.ok);
  t.false(tryLock(path).ok);
  if (outcome.ok) outcome.lock.release();
  // Whoever wrote something else there meant something by it.
  await writeFile(path, 'a note');
  await utimes(path, before, before);
  t.deepEqual(tryLock(path), { ok: false, holder: null });
  t.deepEqual(await readdir(join(path, '..')), ['lock']);
});

onTinyDisk('on a full disk no command leaves half a lock or half a key, and the next one gets past it', async (t) => {
  const [home, port] = [await throwAwayHome(t), String(await freePort())];
  const run = (script: string): { readonly code: number | null; readonly said: string } => {
    const space = [
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      `mount -t tmpfs -o size=64k t "$HOME" && cd && ${script}`,
    ];
    const { status, stdout, stderr } = spawnSync('unshare', space, {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home, NODE: process.execPath, CLI: cli, PORT: port },
    });
    return { code: status, said: stdout + stderr };
  };
  const fill = 'mkdir -p annex/.git .local/state/lanpair; head -c 100000 /dev/zero > fill 2>/dev/null';
  const pair =
    'echo 73-ladder-acid-hope-rabbit | "$NODE" "$CLI" pair --dir annex --iface lo --port "$PORT" --phrase-fd 0 --timeout 1s';
  const full = run(`${fill}; ${pair}; code=$?; ls -A .local/state/lanpair; exit $code`);
  t.is(full.code, 73, full.said);
  t.regex(full.said, /^lanpair: Cannot use .*ENOSPC.*\nNext: free some space there.*\n$/);
  const later = run(`${fill}; ${pair}; rm fill; ${pair}`);
  t.notRegex(later.said, /Another lanpair/);
  t.regex(later.said, /looking on lo/);
});

onTinyDisk(
  'on a disk that becomes full a pairing that is cancelled is taken back, and the other machine told',
  async (t) => {
    const where = `--iface lo --port ${await freePort()}`;
    const begin = async (name: string, before: readonly string[]): Promise<{ home: string; program: Program }> => {
      const home = await homeWithRepository(await throwAwayHome(t));
      const how = `pair --json --dir annex --phrase-fd 3 --host-name ${name}-host --user-name ${name} ${where}`;
      const program = lanpair(t, home, how.split(' '), {}, before);
      program.say('73-ladder-acid-hope-rabbit');
      return { home, program };
    };
    const tiny =
      'mkdir -p "$HOME/.local/state/lanpair"; mount -t tmpfs -o size=64k t "$HOME/.local/state/lanpair"; exec "$@"';
    const alice = await begin('alice', ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', tiny, 'sh']);
    const bob = await begin('bob', []);
    await alice.program.event('proven');
    const state = `/proc/${alice.program.child.pid}/root${alice.home}/.local/state/lanpair`;
    await t.throwsAsync(writeFile(join(state, 'fill'), Buffer.alloc(100_000)), { code: 'ENOSPC' });
    alice.program.child.kill('SIGINT');
    t.like(await bob.program.event('ended'), { reason: 'cancelled' });
    t.deepEqual(await Promise.all([alice.program.exit, bob.program.exit]), [130, 1]);
    t.regex(String((await alice.program.event('trouble'))['reason']), /ENOSPC/);
    for (const { home, program } of [alice, bob]) {
      t.is(await readFile(join(home, '.ssh', 'authorized_keys'), 'utf8').catch(() => ''), '');
      const told = program.events.filter(({ event }) => event === 'revoked').length;
      t.true(told <= 1, 'a key is said to go once');
    }
    t.deepEqual(await readdir(join(bob.home, '.local', 'state', 'lanpair', 'peers')).catch(() => []), []);
  },
);

onTinyDisk('a home on a read-only disk is said to be one', async (t) => {
  const home = await throwAwayHome(t);
  const { status, stderr } = spawnSync(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', 'mount -t tmpfs -o ro t "$HOME" && "$NODE" "$CLI" serve'],
    { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: home, NODE: process.execPath, CLI: cli } },
  );
  t.is(status, 73);
  t.regex(stderr, /^lanpair: Cannot use .*EROFS: read-only file system.*\nNext: make it yours and writable/);
});

test('two that need a key at once make one key', async (t) => {
  const path = join(await throwAwayHome(t), 'state', 'id_ed25519');
  const made = await Promise.all(Array.from({ length: 4 }, () => ownKey(path, 'x')));
  t.is(new Set([...made, await ownKey(path, 'x')].map(({ publicKey }) => publicKey)).size, 1);
  t.deepEqual((await readdir(join(path, '..'))).sort(), ['id_ed25519', 'id_ed25519.pub']);
});

test('a key of ours that is damaged in any place is a complaint, and stays as it is', async (t) => {
  const path = join(await throwAwayHome(t), 'state', 'id_ed25519');
  await ownKey(path, 'x');
  const whole = await readFile(path, 'utf8');
  const [begin = '', ...rest] = whole.trim().split('\n');
  const bytes = Buffer.from(rest.slice(0, -1).join(''), 'base64');
  const armoured = (content: Buffer): string => [begin, content.toString('base64'), rest.at(-1) ?? '', ''].join('\n');
  const changed = (at: number, to: number): string => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(to, at);
    return armoured(copy);
  };
  const damaged = [
    '',
    'not a key',
    `${begin}\n`,
    armoured(bytes.subarray(0, 30)),
    armoured(bytes.subarray(0, bytes.length - 60)),
    // The magic, the name of the cipher, the number of keys, the first check number.
    changed(0, 0x20),
    changed(19, 0x41),
    changed(38, 2),
    changed(98, (bytes[98] ?? 0) ^ 1),
  ];
  for (const text of damaged) {
    await writeFile(path, text);
    const thrown = await t.throwsAsync(ownKey(path, 'x'), { instanceOf: Complaint }, text);
    t.regex(thrown?.next ?? '', /move it away/);
    t.is(await readFile(path, 'utf8'), text);
  }
  await writeFile(path, whole);
  await t.notThrowsAsync(ownKey(path, 'x'));
});

test('a lock that says nothing of its holder is not taken over, and one that is let go is', async (t) => {
  const path = join(await throwAwayHome(t), 'lock');
  for (const text of ['', 'garbage', '[]', '{"pid":-1,"started":""}', '{"pid":"1","started":""}', '{"pid":1}']) {
    await writeFile(path, text);
    t.deepEqual(tryLock(path), { ok: false, holder: null }, text);
  }
  t.false((await lockWithin(path, 100)).ok);
  await writeFile(path, JSON.stringify({ pid: process.pid, started: '1' }));
  const outcome = await lockWithin(path, 1000);
  t.is(outcome.ok, process.platform === 'linux');
});
