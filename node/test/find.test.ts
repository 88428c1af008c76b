/** find, connect and serve between real processes on this machine's own multicast. */
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fromHex } from '../../protocol/bytes.ts';
import { CborMap } from '../../protocol/cbor.ts';
import { padded, sealKeys, tagOf } from '../../protocol/locate/sealed.ts';
import { writeSealed } from '../../protocol/lp1/messages.ts';
import { realSuite } from '../../protocol/suite.ts';
import { newPhrase } from '../phrases.ts';
import { throwAwayHome } from './home.ts';
import { freePort } from './loopback.ts';
import { cli, homeWithRepository, lanpair, type Program } from './program.ts';
import { hasProc, listensOn } from './tcp.ts';

interface Pair {
  readonly homes: { readonly alice: string; readonly bob: string };
  readonly run: (name: 'alice' | 'bob', ...words: string[]) => Program;
  /** Its arguments on the loopback interface and on a port of this test. */
  readonly where: readonly string[];
}

/** Two that are paired already. */
async function paired(t: ExecutionContext): Promise<Pair> {
  const where = ['--iface', 'lo', '--port', String(await freePort())];
  const homes = {
    alice: await homeWithRepository(await throwAwayHome(t)),
    bob: await homeWithRepository(await throwAwayHome(t)),
  };
  const run: Pair['run'] = (name, ...words) => lanpair(t, homes[name], [...words, ...where]);
  const phrase = newPhrase();
  const how = (name: string): string[] =>
    `pair --json --dir annex --phrase-fd 3 --host-name ${name}-host --user-name ${name}`.split(' ');
  const both = (['alice', 'bob'] as const).map((name) => run(name, ...how(name)));
  for (const program of both) program.say(phrase);
  await Promise.all(both.map((program) => program.event('paired')));
  for (const { child } of both) child.kill('SIGINT');
  t.deepEqual(await Promise.all(both.map(({ exit }) => exit)), [0, 0]);
  return { homes, run, where };
}

const peersOf = (home: string): string => join(home, '.local', 'state', 'lanpair', 'peers');

/** Something that answers in place of bob's sshd: his record at alice names its port. */
async function inPlaceOfSsh(t: ExecutionContext, home: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.write('SSH-2.0-test\n');
    socket.on('data', (bytes) => socket.write(bytes.toString().toUpperCase())).on('end', () => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const [name = ''] = readdirSync(peersOf(home)).filter((each) =>
    readFileSync(join(peersOf(home), each), 'utf8').includes('"lp1"'),
  );
  const path = join(peersOf(home), name);
  const record = JSON.parse(readFileSync(path, 'utf8')) as { body: { peer: { sshPort: number } } };
  record.body.peer.sshPort = (server.address() as AddressInfo).port;
  writeFileSync(path, JSON.stringify(record));
  return server;
}

/** As ssh runs a ProxyCommand: what comes out of it, and its end. */
function throughConnect(
  home: string,
  words: readonly string[],
): Promise<{ out: string; err: string; code: number | null }> {
  const child = spawn(process.execPath, [cli, 'connect', 'bob-host', ...words], {
    env: { PATH: process.env['PATH'], HOME: home, NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'] },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => {
    out += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    err += text.toString();
  });
  child.stdin.on('error', () => undefined).end('hello\n');
  return new Promise((resolve) => child.once('close', (code) => resolve({ out, err, code })));
}

test.serial('a peer whose sealed words cannot be read is told of where it is served', async (t) => {
  const { homes, run, where } = await paired(t);
  const serving = run('alice', 'serve', '--json');
  await serving.event('serving');
  const name = readdirSync(peersOf(homes.alice)).find((each) =>
    readFileSync(join(peersOf(homes.alice), each), 'utf8').includes('"lp1"'),
  );
  const { body } = JSON.parse(readFileSync(join(peersOf(homes.alice), name ?? ''), 'utf8')) as {
    readonly body: { readonly [field: string]: string };
  };
  const { theirs } = sealKeys(realSuite, fromHex(body['pair'] ?? ''), body['mine'] ?? '', body['theirs'] ?? '');
  const nonce = new Uint8Array(24).fill(7);
  const tag = tagOf(realSuite, theirs, 'WHERE', nonce);
  // Of the fields not one is there.
  const box = realSuite.aead.seal(theirs.q, nonce, padded('WHERE', new CborMap()), tag);
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  socket.send(writeSealed('WHERE', nonce, tag, box), Number(where[3]), '127.0.0.1');
  t.like(await serving.event('refused'), { refusal: { rule: 'sealed-content' }, source: { address: '127.0.0.1' } });
  serving.child.kill('SIGINT');
  t.is(await serving.exit, 0);
});

test.serial(
  'find, connect and serve are recorded without a key, and replay equal, also who stepped aside meanwhile',
  async (t) => {
    const { homes, run, where } = await paired(t);
    const bob = run('bob', 'serve', '--json', '--record', 'serve.ndjson');
    await bob.event('serving');
    const found = run('alice', 'find', 'bob-host', '--record', 'find.ndjson');
    t.is(await found.exit, 0, found.errors());
    const alice = run('alice', 'serve', '--json');
    await alice.event('serving');
    // Who serves steps aside for this one, and begins anew.
    t.is(await run('bob', 'find', 'alice-host').exit, 0);
    await inPlaceOfSsh(t, homes.alice);
    const told = join(homes.alice, 'connect.ndjson');
    const reached = await throughConnect(homes.alice, [...where, '--record', told]);
    t.is(reached.code, 0, reached.err);
    t.is(reached.out, 'SSH-2.0-test\nHELLO\n');
    for (const { child, exit } of [alice, bob]) {
      child.kill('SIGINT');
      t.is(await exit, 0);
    }
    const lives = readFileSync(join(homes.bob, 'serve.ndjson'), 'utf8').split('"type":"start"').length - 1;
    t.true(lives > 1, 'one file holds what came before and after it stepped aside');
    const keys = Object.values(homes).flatMap((home) =>
      readdirSync(peersOf(home)).flatMap((name) => {
        const text = readFileSync(join(peersOf(home), name), 'utf8');
        return [...text.matchAll(/"(?:finMine|finTheirs|pair)": ?"([0-9a-f]{64})"/g)].map(([, key = '']) => key);
      }),
    );
    t.is(keys.length, 6);
    for (const [home, name] of [
      [homes.bob, 'serve.ndjson'],
      [homes.alice, 'find.ndjson'],
      [homes.alice, 'connect.ndjson'],
    ] as const) {
      const text = readFileSync(join(home, name), 'utf8');
      for (const key of keys) t.false(text.includes(key.slice(0, 16)));
      const again = lanpair(t, home, ['sim', 'replay', name]);
      t.is(await again.exit, 0, again.output());
      t.regex(again.output(), /and the core does the same again\n$/);
    }
    const twice = run('alice', 'find', 'bob-host', '--record', 'find.ndjson');
    t.is(await twice.exit, 73);
    const nobody = run('alice', 'find', 'carol', '--record', 'none.ndjson');
    t.is(await nobody.exit, 66);
    t.false(existsSync(join(homes.alice, 'none.ndjson')));
  },
);

test.serial('who serves is found and connected to, also while the one who asks serves, too', async (t) => {
  const { homes, run, where } = await paired(t);
  await inPlaceOfSsh(t, homes.alice);
  const bob = run('bob', 'serve', '--json');
  await bob.event('serving');
  if (hasProc) t.deepEqual(listensOn(bob.child.pid ?? 0), []);
  const found = run('alice', 'find', 'bob-host', '--json');
  t.is(await found.exit, 0, found.output() + found.errors());
  t.like(await found.event('address'), { host: '127.0.0.1', rung: 'address', stale: false });

  const alice = run('alice', 'serve', '--json');
  await alice.event('serving');
  const again = run('alice', 'find', 'bob-host');
  t.is(await again.exit, 0, again.output() + again.errors());
  t.regex(again.output(), /bob-host is at 127\.0\.0\.1 \(it answers from there\)/);
  const reached = await Promise.all([throughConnect(homes.alice, where), throughConnect(homes.alice, where)]);
  for (const each of reached) t.deepEqual(each, { out: 'SSH-2.0-test\nHELLO\n', err: '', code: 0 });

  // It stepped aside, and serves again: the other one finds it.
  const back = run('bob', 'find', 'alice-host', '--json');
  t.is(await back.exit, 0, back.output() + back.errors());
  for (const program of [alice, bob]) {
    program.child.kill('SIGTERM');
    t.is(await program.exit, 0, program.errors());
  }
});

test.serial('who does not answer is said to be stale, and connect tries where it was last', async (t) => {
  const { homes, run, where } = await paired(t);
  const server = await inPlaceOfSsh(t, homes.alice);
  // From the loopback interface nothing can be said to anybody else (192.0.2.0/24 is of documentation).
  const found = run('alice', 'find', 'bob-host', '--peer', '192.0.2.1');
  t.is(await found.exit, 2);
  t.regex(found.errors(), /^lanpair: cannot send on lo: [^\n]*192\.0\.2\.1:\d+\)\n$/);
  t.regex(found.output(), /bob-host does not answer\. It was last at 127\.0\.0\.1\.\nNext: .*lanpair serve/);
  const reached = await throughConnect(homes.alice, where);
  t.is(reached.code, 0, reached.err);
  t.is(reached.out, 'SSH-2.0-test\nHELLO\n');
  t.regex(reached.err, /bob-host does not answer; trying where it was last: 127\.0\.0\.1/);
  server.close();
  const nobody = run('alice', 'find', 'carol');
  t.is(await nobody.exit, 66);
  t.regex(nobody.errors(), /No paired machine is called carol/);
});

test.serial('who is there, and has no ssh server, is told soon, by the name that a person knows', async (t) => {
  const { homes, run, where } = await paired(t);
  const server = await inPlaceOfSsh(t, homes.alice);
  server.close();
  const bob = run('bob', 'serve', '--json');
  await bob.event('serving');
  const startedMs = performance.now();
  const refused = await throughConnect(homes.alice, where);
  t.is(refused.code, 69);
  t.regex(
    refused.err,
    /^lanpair: bob-host was not reached: 127\.0\.0\.1: connect ECONNREFUSED .*\nNext: it is there, so start/,
  );
  t.true(performance.now() - startedMs < 25_000, 'sooner than who is not there at all');
  bob.child.kill('SIGINT');
  t.is(await bob.exit, 0);
});

test.serial('a watcher is told once where it is; who forgets is heard of by whom serves', async (t) => {
  const { homes, run } = await paired(t);
  const bob = run('bob', 'serve');
  const hears = async (text: string): Promise<void> => {
    while (!bob.output().includes(text)) await once(bob.child.stdout ?? bob.child, 'data');
  };
  await hears('answering');
  const watcher = run('alice', 'find', 'bob-host', '--watch', '--json');
  await watcher.event('address');
  watcher.child.kill('SIGINT');
  t.is(await watcher.exit, 0, watcher.errors());
  t.is(watcher.events.length, 1);
  t.is(await lanpair(t, homes.alice, ['peers', 'forget', 'bob-host']).exit, 0);
  const alice = run('alice', 'serve');
  await hears('the key of alice@alice-host is taken back\n');
  t.is(readFileSync(join(homes.bob, '.ssh', 'authorized_keys'), 'utf8'), '');
  const second = run('alice', 'serve');
  t.is(await second.exit, 75);
  for (const program of [alice, bob]) program.child.kill('SIGTERM');
  t.deepEqual([await alice.exit, await bob.exit], [0, 0]);
  t.is(alice.output(), 'answering paired machines on lo\n', 'that his key was taken back was said by who did it');
});

test.serial(
  'a key that cannot be taken back is told so, and turned away; forgotten is it only when it is gone',
  async (t) => {
    const { homes } = await paired(t);
    const forget = (): Program => lanpair(t, homes.alice, ['peers', 'forget', 'bob-host']);
    const keys = (): string => readFileSync(join(homes.alice, '.ssh', 'authorized_keys'), 'utf8');
    // No one gets past it, root included.
    const inTheWay = join(homes.alice, '.ssh', '.lanpair-lock');
    mkdirSync(inTheWay);
    for (const time of ['first', 'second']) {
      const told = forget();
      t.is(await told.exit, 73, time);
      t.regex(told.errors(), /The key of bob@bob-host could not be taken out of ~\/\.ssh\/authorized_keys: /, time);
      t.regex(
        told.errors(),
        /Next: make ~\/\.ssh writable, and forget it again; or delete the line there that ends with lanpair:/,
      );
      t.is(told.output(), '', 'it does not claim that anything is forgotten');
    }
    const [, command = ''] = /command="([^"]+)"/.exec(keys()) ?? [];
    t.not(command, '');
    const asked = (more: string): { status: number | null; stderr: string } =>
      spawnSync('sh', ['-c', `${command}${more}`], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: homes.alice, SSH_ORIGINAL_COMMAND: "git-upload-pack 'annex'" },
      });
    for (const more of ['', ' --whole']) {
      const { status, stderr } = asked(more);
      t.is(status, 1, stderr);
      t.regex(stderr, /This machine has taken your pairing back/);
    }
    const shell = lanpair(t, homes.alice, ['peers', 'shell', 'bob-host']);
    t.is(await shell.exit, 73, shell.errors());
    t.regex(
      shell.errors(),
      /What the key of bob@bob-host may do could not be changed: .*\nNext: make ~\/\.ssh writable/,
    );
    rmdirSync(inTheWay);
    t.is(await forget().exit, 0);
    t.is(keys(), '');
  },
);
