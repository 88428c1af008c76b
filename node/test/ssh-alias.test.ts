/** What ssh is told of peers: judged by ssh itself where it is there; files of the person stay as they were. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { Json } from '../../protocol/contract.ts';
import { addRemote, isRemoteName, remoteOwner, removeRemotes } from '../git-remote.ts';
import { type Places, placesOf } from '../places.ts';
import { remoteUrl } from '../provisioning.ts';
import { discardRecord, storeRecord } from '../records.ts';
import { wordsOf } from '../shell.ts';
import { knownOf, writeAliases } from '../ssh-alias.ts';
import { throwAwayHome } from './home.ts';

const program = ['/usr/bin/node', '/opt/lanpair/cli.js'];
const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';

type Fields = { readonly [name: string]: Json };

function body(peer: Fields, step = 'installed'): Json {
  const whole = { hostName: 'darkstar', userName: 'joey', directory: '~/annex', sshKey: 'one', hostKeys: [hostKey] };
  return { step, self: { directory: '~/annex' }, peer: { ...whole, ...peer } };
}

interface Room {
  readonly places: Places;
  readonly store: (id: string, peer?: Fields, step?: string) => Promise<void>;
  readonly write: (current?: { record: string; identityFile: string }) => Promise<ReadonlyMap<string, string>>;
  readonly config: () => Promise<string>;
}

async function room(home: string): Promise<Room> {
  const places = placesOf({ HOME: home });
  const gate = { ssh: places.ssh, program, state: null };
  return {
    places,
    store: (id, peer = {}, step) => storeRecord(places.peers, { id, protocol: 'lp1', body: body(peer, step) }),
    write: (current) => writeAliases(gate, places, current ?? null),
    config: () => readFile(join(places.ssh, 'config'), 'utf8'),
  };
}

const id = (letter: string): string => letter.repeat(16);
const hasSsh = spawnSync('ssh', ['-V']).status === 0;

test('an alias comes and goes; the person’s ssh config keeps its order, mode and every byte', async (t) => {
  const { places, store, write, config } = await room(await throwAwayHome(t));
  const own = '# mine\nHost *\n  ServerAliveInterval 5\n\nHost elsewhere\n  User root # no end';
  await mkdir(places.ssh, { mode: 0o700 });
  await writeFile(join(places.ssh, 'config'), own);
  await chmod(join(places.ssh, 'config'), 0o640);
  await store(id('a'));
  t.deepEqual([...(await write())], [[id('a'), 'darkstar.lanpair']]);
  const first = [await config(), await readFile(places.sshConfig, 'utf8')];
  t.is(first[0], `Include ${places.sshConfig}\n${own}`);
  t.is(await readFile(join(places.ssh, 'config.before-lanpair'), 'utf8'), own);
  await write();
  t.deepEqual([await config(), await readFile(places.sshConfig, 'utf8')], first, 'twice is once');
  t.is(await readFile(places.knownHosts, 'utf8'), `lanpair-${id('a')} ${hostKey}\n`);
  await store(id('a'), {}, 'revoked');
  t.deepEqual([...(await write())], []);
  t.is(await config(), own);
  t.is((await stat(join(places.ssh, 'config'))).mode & 0o777, 0o640);
  t.deepEqual([await readdir(places.ssh), await readdir(join(places.state, 'ssh'))], [['config'], []]);
});

test('a copy that a kill left behind is made anew when our line comes, and goes with it', async (t) => {
  const { places, store, write, config } = await room(await throwAwayHome(t));
  const copy = join(places.ssh, 'config.before-lanpair');
  await mkdir(places.ssh, { mode: 0o700 });
  await writeFile(join(places.ssh, 'config'), '# now\n');
  await writeFile(copy, '# long ago\n');
  await store(id('a'));
  await write();
  t.is(await readFile(copy, 'utf8'), '# now\n');
  await writeFile(join(places.ssh, 'config'), '# now\n');
  await discardRecord(places.peers, id('a'));
  await write();
  t.is(await config(), '# now\n');
  t.deepEqual(await readdir(places.ssh), ['config']);
});

test('where there was no ssh config, none is left', async (t) => {
  const { places, store, write, config } = await room(await throwAwayHome(t));
  await store(id('a'));
  await write();
  t.is(await config(), `Include ${places.sshConfig}\n`);
  t.is((await stat(join(places.ssh, 'config'))).mode & 0o777, 0o600);
  await discardRecord(places.peers, id('a'));
  await write();
  t.deepEqual(await readdir(places.ssh), []);
});

test('who has a name keeps it; a machine that pairs anew takes its own over; each keeps its key', async (t) => {
  const { places, store, write } = await room(await throwAwayHome(t));
  await store(id('m'), { hostName: 'Darkstar.example.org' });
  await write({ record: id('m'), identityFile: '/keys/named' });
  await store(id('a'), { sshKey: 'two' });
  t.deepEqual(Object.fromEntries(await write()), { [id('m')]: 'darkstar.lanpair', [id('a')]: 'darkstar-aaaa.lanpair' });
  const text = await readFile(places.sshConfig, 'utf8');
  t.true(text.includes(`# record ${id('m')}\n  IdentityFile /keys/named\n`));
  t.true(text.includes(`# record ${id('a')}\n  IdentityFile ${places.key}\n`));
  await store(id('b'));
  const names = await write({ record: id('b'), identityFile: places.key });
  t.is(names.get(id('b')), 'darkstar.lanpair');
  t.is(names.get(id('a')), 'darkstar-aaaa.lanpair');
  t.is(names.get(id('m')), 'darkstar-mmmm.lanpair');
});

(hasSsh ? test : test.skip)(
  'ssh reads of an alias what it should, whatever comes after it in the config',
  async (t) => {
    const { places, store, write } = await room(await throwAwayHome(t));
    await mkdir(places.ssh, { mode: 0o700 });
    await writeFile(
      join(places.ssh, 'config'),
      'Host *\n  StrictHostKeyChecking no\n  User root\n  ProxyJump elsewhere\n  HostKeyAlias x\n',
    );
    await store(id('a'));
    await write();
    const asked = (host: string): string =>
      spawnSync('ssh', ['-G', '-F', join(places.ssh, 'config'), host], { encoding: 'utf8' }).stdout;
    const told = asked('darkstar.lanpair');
    for (const line of [
      'user joey',
      'stricthostkeychecking true',
      'identitiesonly yes',
      `identityfile ${places.key}`,
      `hostkeyalias lanpair-${id('a')}`,
      `userknownhostsfile ${places.knownHosts}`,
      `proxycommand ${program.join(' ')} connect ${id('a')}`,
    ]) {
      t.true(told.split('\n').includes(line), `${line}\n${told}`);
    }
    t.regex(asked('darkstar'), /^user root$/m);
    t.notRegex(asked('darkstar'), /proxycommand/);
  },
);

/** What passes, about as often as what does not. */
const anyText = fc.oneof(fc.stringMatching(/^[a-z0-9.-]{0,12}$/), fc.string({ unit: 'binary' }));

test('nothing of a peer gets into ssh’s files but by rule: odd fields mean no alias', async (t) => {
  const odd = ['', '-oProxyCommand=id', 'a b', 'a\nProxyCommand id', '*', '%h', '$(id)', '"x"', 'ä', '${HOME}'];
  for (const text of odd) {
    t.is(knownOf({ id: id('a'), protocol: 'lp1', body: body({ hostName: text }) }), null, text);
    t.is(knownOf({ id: id('a'), protocol: 'lp1', body: body({ userName: text }) }), null, text);
    t.is(knownOf({ id: id('a'), protocol: 'lp1', body: body({ hostKeys: [text] }) }), null, text);
  }
  t.is(knownOf({ id: id('a'), protocol: 'annex', body: body({}) }), null);
  t.is(knownOf({ id: id('a'), protocol: 'lp1', body: body({ hostKeys: 'x' }) }), null);
  const { places, store, write } = await room(await throwAwayHome(t));
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (hostName, userName) => {
      await store(id('a'), { hostName: `a${hostName}`, userName: `u${userName}` });
      const [name] = (await write()).values();
      const text = name === undefined ? null : await readFile(places.sshConfig, 'utf8');
      t.true(text === null || text.split('\n').length === 15, String(text));
      t.regex(text ?? 'Host a.lanpair', /^Host [a-z0-9-]+\.lanpair$/m);
    }),
    { numRuns: 40 },
  );
});

test('a path that ssh would read in its own way is refused, and nothing is written', async (t) => {
  const places = placesOf({ HOME: join(await throwAwayHome(t), 'a b') });
  await storeRecord(places.peers, { id: id('a'), protocol: 'lp1', body: body({}) });
  const gate = { ssh: places.ssh, program, state: null };
  await t.throwsAsync(writeAliases(gate, places, null), { message: /cannot stand unquoted/ });
  await t.throwsAsync(readdir(places.ssh), { code: 'ENOENT' });
});

const signs = fc.constantFrom(...Array.from(" '()[]{}!#%=,:~^-./@+abÜ"));
const directories = fc
  .tuple(fc.constantFrom('/', '~/'), fc.string({ unit: signs, minLength: 1, maxLength: 8 }))
  .map((parts) => parts.join(''))
  .filter((directory) => !directory.split('/').includes('..'));

test('whatever the peer’s path, git asks for that path and runs nothing but ssh', async (t) => {
  const home = await throwAwayHome(t);
  const ssh = join(home, 'ssh');
  // Git gives it the host and one word, for the shell over there.
  await writeFile(ssh, `#!/bin/sh\nfor word; do :; done\nprintf %s "$word" > ${home}/asked\nexit 1\n`, { mode: 0o755 });
  await fc.assert(
    fc.asyncProperty(directories, async (directory) => {
      await rm(join(home, 'asked'), { force: true });
      if (/@\[.*\]/.test(directory))
        return void t.throws(() => remoteUrl('d.lanpair', directory), { message: /a host/ });
      const { stderr } = spawnSync('git', [
        '-c',
        `core.sshCommand=${ssh}`,
        'ls-remote',
        remoteUrl('d.lanpair', directory),
      ]);
      const asked = await readFile(join(home, 'asked'), 'utf8').catch(() => String(stderr));
      const [command, path = '', ...more] = wordsOf(asked) ?? [asked];
      t.deepEqual([command, more], ['git-upload-pack', []]);
      t.is(resolve('/home/joey', path), resolve('/home/joey', directory.replace(/^~\//, '')));
    }),
    { numRuns: 60 },
  );
});

test('a git remote is added once, never over one of the person’s, and found again to be removed', async (t) => {
  const home = await throwAwayHome(t);
  const git = (...words: string[]): string => spawnSync('git', ['-C', home, ...words], { encoding: 'utf8' }).stdout;
  git('init', '-q');
  git('remote', 'add', 'mine', 'elsewhere:x');
  const remote = { name: 'darkstar', url: remoteUrl('darkstar.lanpair', '~/annex'), record: id('a') };
  await addRemote(home, remote);
  await addRemote(home, remote);
  t.regex(git('remote', '-v'), /^darkstar\tdarkstar\.lanpair:annex \(fetch\)$/m);
  t.is(await remoteOwner(home, 'darkstar'), id('a'));
  await t.throwsAsync(addRemote(home, { ...remote, name: 'mine' }), { message: /already/ });
  await removeRemotes(home, id('b'));
  t.is(git('remote'), 'darkstar\nmine\n');
  await removeRemotes(home, id('a'));
  t.is(git('remote'), 'mine\n');
  await removeRemotes(join(home, 'gone'), id('a'));
  for (const bad of ['', '-x', 'a..b', 'a b', 'x.lock', 'a/b']) t.false(isRemoteName(bad), bad);
  t.is(remoteUrl('d.lanpair', '/srv/annex'), 'd.lanpair:/srv/annex');
  t.is(remoteUrl('d.lanpair', '~/-x'), 'd.lanpair:./-x');
  t.is(remoteUrl('d.lanpair', '~/a~x'), 'd.lanpair:./a~x');
  t.is(remoteUrl('d.lanpair', '/~x'), 'd.lanpair:/./~x');
  t.is(remoteUrl('d.lanpair', '~/:x'), 'd.lanpair:./:x');
  t.is(remoteUrl('d.lanpair', '//x'), 'd.lanpair:/.//x');
  t.is(remoteUrl('d.lanpair', '/a://x'), 'd.lanpair:/a:/./x');
});
