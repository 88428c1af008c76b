/** Two real `lanpair pair` processes on this machine's own multicast, each under a throw-away home. */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { throwAwayHome } from './home.ts';
import { freePort } from './loopback.ts';
import { cli, homeWithRepository, lanpair, type Program } from './program.ts';

const phrase = 'crater otter violin maple seventh anchor thirty';

interface Two {
  readonly port: number;
  readonly aliceHome: string;
  readonly bobHome: string;
  readonly start: (name: 'alice' | 'bob', ...more: string[]) => Program;
}

async function two(t: ExecutionContext): Promise<Two> {
  const port = await freePort();
  const aliceHome = await homeWithRepository(await throwAwayHome(t));
  const bobHome = await homeWithRepository(await throwAwayHome(t));
  return {
    port,
    aliceHome,
    bobHome,
    start: (name, ...more) =>
      lanpair(
        t,
        name === 'alice' ? aliceHome : bobHome,
        `pair --protocol annex --json --iface lo --port ${port} --dir annex --phrase-fd 3 --host-name ${name}-host --user-name ${name}`
          .split(' ')
          .concat(more),
      ),
  };
}

const authorized = (home: string): string => {
  const path = join(home, '.ssh', 'authorized_keys');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};
const records = (home: string): string[] => {
  const path = join(home, '.local', 'state', 'lanpair', 'peers');
  return existsSync(path) ? readdirSync(path) : [];
};
const publicKey = (home: string): string =>
  readFileSync(join(home, '.local', 'state', 'lanpair', 'id_ed25519.pub'), 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ');

test('two machines with one phrase pair: each holds the key and the record of the other, and can forget it', async (t) => {
  const { aliceHome, bobHome, start } = await two(t);
  const alice = start('alice');
  const bob = start('bob');
  alice.say(phrase);
  // Bob sees who asks before he types anything.
  const request = await bob.event('request');
  t.like(request, { peer: { userName: 'alice', hostName: 'alice-host', directory: '~/annex' } });
  t.is(authorized(bobHome), '');
  bob.say(phrase);
  t.deepEqual(await Promise.all([alice.exit, bob.exit]), [0, 0], `${alice.errors()}${bob.errors()}`);
  for (const [program, home, otherHome] of [
    [alice, aliceHome, bobHome],
    [bob, bobHome, aliceHome],
  ] as const) {
    t.like(await program.event('result'), { outcome: 'paired', exitCode: 0 });
    const [line = '', rest] = authorized(home).split('\n');
    const id = records(home)[0]?.replace('.json', '') ?? '';
    t.is(records(home).length, 1);
    t.true(line.startsWith('restrict,command="/'));
    t.true(line.endsWith(`shell ${id}" ${publicKey(otherHome)} lanpair:${id}`), line);
    t.is(rest, '');
    t.false(readFileSync(join(home, '.local', 'state', 'lanpair', 'peers', `${id}.json`), 'utf8').includes('otter'));
    t.false(program.output().includes('otter'), 'the phrase is in no event');
  }

  const list = lanpair(t, aliceHome, ['peers', 'list', '--json']);
  t.is(await list.exit, 0);
  t.regex(list.output(), /"hostName":"bob-host"/);
  const unasked = lanpair(t, aliceHome, ['find', 'bob-host']);
  t.is(await unasked.exit, 66);
  t.regex(unasked.errors(), /bob-host is paired by git-annex's conversation alone.*\nNext: run lanpair pair on both/);
  const show = lanpair(t, aliceHome, ['peers', 'show', 'bob@bob-host']);
  t.is(await show.exit, 0);
  t.regex(show.output(), /offered from here ~\/annex/);
  const forget = lanpair(t, aliceHome, ['peers', 'forget', 'bob-host']);
  t.is(await forget.exit, 0, forget.errors());
  t.is(authorized(aliceHome), '');
  t.deepEqual(records(aliceHome), []);
  const again = lanpair(t, aliceHome, ['peers', 'forget', 'bob-host']);
  t.is(await again.exit, 66);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} before the other side has finished takes back the key and the record`, async (t) => {
    const { aliceHome, bobHome, port, start } = await two(t);
    const alice = start('alice');
    alice.say(phrase);
    const bob = start('bob');
    await bob.event('request');
    // Alice is gone before she can hear an answer, so bob goes on answering.
    alice.child.kill('SIGKILL');
    await alice.exit;
    bob.say(phrase);
    await bob.event('seeking', ({ role }) => role === 'answering');
    t.true(authorized(bobHome).includes('lanpair:'), bob.output());
    bob.child.kill(signal);
    t.is(await bob.exit, 130, bob.errors());
    t.like(await bob.event('result'), { outcome: 'cancelled', exitCode: 130 });
    t.is(authorized(bobHome), '');
    t.deepEqual(records(bobHome), []);
    t.is(authorized(aliceHome), '');
    t.true(port > 0);
  });
}

test('an answer that nobody finishes ends half paired: said so, kept, and healed by forgetting', async (t) => {
  const { bobHome, start } = await two(t);
  const alice = start('alice');
  alice.say(phrase);
  const bob = start('bob', '--timeout', '20s');
  await bob.event('request');
  alice.child.kill('SIGKILL');
  await alice.exit;
  bob.say(phrase);
  t.is(await bob.exit, 2, bob.errors());
  t.like(await bob.event('result'), { outcome: 'half', exitCode: 2 });
  t.regex((await bob.event('half'))['why'] as string, /never said/);
  t.is(authorized(bobHome).split('\n').length, 2);
  const forget = lanpair(t, bobHome, ['peers', 'forget', 'alice@alice-host', '--json']);
  t.is(await forget.exit, 0, forget.errors());
  t.is(authorized(bobHome), '');
});

test('a port that is taken, and a machine without a network, say so', async (t) => {
  const { port, start, aliceHome } = await two(t);
  const squatter = createSocket({ type: 'udp4' });
  await new Promise<void>((resolve) => squatter.bind(port, () => resolve()));
  const taken = start('alice');
  t.is(await taken.exit, 69);
  t.regex(taken.errors(), /is taken by a program that does not share it\.\nNext: find it with `ss/);
  squatter.close();
  // A network namespace of its own has only a loopback interface that is down.
  const alone = spawnSync('unshare', ['-rn', process.execPath, cli, 'pair', '--dir', 'annex'], {
    cwd: aliceHome,
    env: { PATH: process.env['PATH'], HOME: aliceHome },
    encoding: 'utf8',
  });
  if (alone.error !== undefined || /unshare/.test(alone.stderr)) t.log('skipped: no namespaces here');
  else {
    t.is(alone.status, 69, alone.stderr);
    t.regex(alone.stderr, /This machine is on no network.*\nNext: connect to the network/);
  }
});

test('a wrong phrase pairs nobody, and the window ends with what to do next', async (t) => {
  const { aliceHome, bobHome, start } = await two(t);
  const alice = start('alice', '--timeout', '7s');
  const bob = start('bob', '--timeout', '7s');
  alice.say(phrase);
  bob.say(`${phrase} not`);
  t.deepEqual(await Promise.all([alice.exit, bob.exit]), [1, 1]);
  t.like(await alice.event('result'), { outcome: 'failed', exitCode: 1 });
  t.regex(alice.output(), /Is the other machine on this network/);
  for (const home of [aliceHome, bobHome]) {
    t.is(authorized(home), '');
    t.deepEqual(records(home), []);
  }
});

test('what is wrong at the start is one message, the next step and an exit code', async (t) => {
  const { aliceHome, port, start } = await two(t);
  const ends = async (program: Program, code: number, message: RegExp): Promise<void> => {
    t.is(await program.exit, code, program.output() + program.errors());
    t.regex(program.output() + program.errors(), message);
    t.regex(program.output() + program.errors(), /Next: /);
    t.notRegex(program.output() + program.errors(), /\n\s+at /);
  };
  const run = (...parameters: string[]): Program => lanpair(t, aliceHome, parameters);
  await ends(run('pair', '--dir', 'absent'), 66, /There is no directory/);
  await ends(run('pair'), 66, /is in no git repository/);
  await ends(run('pair', '--dir', 'annex', '--iface', 'nope0'), 64, /There is no interface "nope0"/);
  await ends(run('pair', '--timeout', '10'), 64, /no length of time/);
  await ends(run('pair', '--peer', 'bob.local'), 64, /no IP address/);
  for (const words of [
    ['pair', '--peer'],
    ['serve', '--iface'],
    ['doctor', '--peer'],
  ])
    await ends(run(...words), 64, /Not enough arguments following: (iface|peer)\nNext: lanpair \w+ --help/);
  await ends(
    run('pair', '--dir', 'annex', '--iface', 'lo', '--peer', 'fe80::1%nope0'),
    64,
    /names an interface that is not up/,
  );
  await ends(run('find', 'bob', '--peer', '224.0.0.1'), 64, /is a multicast group, and no machine's own/);
  await ends(run('doctor', '--peer', 'fe80::1%nope0'), 64, /names an interface that is not up/);
  await ends(run('pair', '--phrase', 'x'), 64, /Unknown argument/);
  await ends(run('pair', '--phrase-fd', '1'), 64, /no file descriptor/);
  await ends(run('pair', '--dir', 'annex', '--key', 'absent.pub'), 66, /Cannot read the key/);
  await ends(run('peers', 'show'), 64, /which machine/);
  await ends(run('find'), 64, /A word is missing .*\nNext: lanpair find --help/);
  await ends(run('sim', 'replay'), 64, /A word is missing .*\nNext: lanpair sim replay --help/);
  await ends(run('sim', 'nonsense'), 64, /Unknown .*nonsense\nNext: lanpair sim --help/);
  await ends(
    run('find', 'nobody', '--record'),
    64,
    /Not enough arguments following: record\nNext: lanpair find --help/,
  );
  await ends(run('peers', 'show', 'nobody'), 66, /No paired machine is called nobody/);
  const short = start('alice');
  short.say('abc');
  await ends(short, 64, /at least 6 letters or digits/);

  const first = start('alice');
  await first.event('seeking');
  await ends(start('alice'), 75, /Another lanpair is running/);
  first.child.kill('SIGINT');
  t.is(await first.exit, 130);
  t.true(port > 0);
});

test('a corrupt record is named and left, and pairing goes on', async (t) => {
  const { aliceHome, start } = await two(t);
  const first = start('alice');
  await first.event('seeking');
  first.child.kill('SIGINT');
  await first.exit;
  const peers = join(aliceHome, '.local', 'state', 'lanpair', 'peers');
  const { mkdir } = await import('node:fs/promises');
  await mkdir(peers, { recursive: true });
  await writeFile(join(peers, 'aaaaaaaaaaaaaaaa.json'), '{"half');
  const second = start('alice');
  await second.event('seeking');
  t.regex(second.output(), /aaaaaaaaaaaaaaaa\.json: is no whole JSON text/);
  second.child.kill('SIGINT');
  t.is(await second.exit, 130);
  const list = lanpair(t, aliceHome, ['peers']);
  t.is(await list.exit, 65);
  t.is(readFileSync(join(peers, 'aaaaaaaaaaaaaaaa.json'), 'utf8'), '{"half');
});

test('a state directory that cannot be written is a message', async (t) => {
  const { aliceHome, start } = await two(t);
  await writeFile(join(aliceHome, '.local'), 'a file where a directory should be');
  const alice = start('alice');
  t.is(await alice.exit, 73);
  t.regex(alice.errors(), /Cannot use .*\.local\/state\/lanpair.*\nNext: make it yours and writable/);
});

test('an authorized_keys that cannot be written fails the pairing and leaves no record', async (t) => {
  const { aliceHome, bobHome, start } = await two(t);
  await writeFile(join(bobHome, '.ssh'), 'a file where a directory should be');
  const alice = start('alice');
  alice.say(phrase);
  const bob = start('bob');
  await bob.event('request');
  bob.say(phrase);
  t.is(await bob.exit, 1);
  const { outcome, detail } = await bob.event('result');
  t.is(outcome, 'failed');
  t.regex(String(detail), /could not be installed/);
  t.deepEqual(records(bobHome), []);
  alice.child.kill('SIGINT');
  t.is(await alice.exit, 130);
  t.is(authorized(aliceHome), '');
});
