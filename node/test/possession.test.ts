/** Signing with a key of the person's own: through ssh-keygen and the agent, as `--key` does it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseSshKey } from '../../protocol/ssh-key.ts';
import { realSuite } from '../../protocol/suite.ts';
import { Complaint } from '../complaint.ts';
import { namedKey, ownKey } from '../keys.ts';
import { signWith } from '../possession.ts';
import { throwAwayHome } from './home.ts';

const hasSsh =
  spawnSync('ssh-keygen', ['-?']).error === undefined && spawnSync('ssh-agent', ['-?']).error === undefined;
const withSsh = hasSsh ? test.serial : test.serial.skip;
const bytes = Buffer.from('what the core asks for');
const how = { hash: (data: Uint8Array) => realSuite.hash(data), signal: new AbortController().signal };

function makeKey(path: string, ...more: string[]): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-C', 'me', '-f', path, ...(more.length > 0 ? more : ['-N', ''])]);
}

/** What OpenSSH itself thinks of a signature. */
function isGood(home: string, publicKey: string, signature: Uint8Array, message: Uint8Array): boolean {
  const armour = Buffer.from(signature).toString('base64');
  writeFileSync(join(home, 'sig'), `-----BEGIN SSH SIGNATURE-----\n${armour}\n-----END SSH SIGNATURE-----\n`);
  writeFileSync(join(home, 'allowed'), `me ${publicKey}\n`);
  const verify = ['-Y', 'verify', '-f', 'allowed', '-I', 'me', '-n', 'lanpair', '-s', 'sig'];
  return spawnSync('ssh-keygen', verify, { cwd: home, input: message }).status === 0;
}

async function agent(t: ExecutionContext, home: string): Promise<string> {
  const socket = join(home, 'agent');
  const child: ChildProcess = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.teardown(() => child.kill());
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return socket;
}

withSsh('our own key and one beside its public half give the same signature, which ssh-keygen accepts', async (t) => {
  const home = await throwAwayHome(t);
  const own = await ownKey(join(home, 'own'), 'x');
  const named = await namedKey(join(home, 'own.pub'), 'ssh-ed25519');
  t.is(named.privateKey, null);
  const statement = { namespace: 'lanpair', bytes };
  const [here, there] = [await signWith(own, statement, how), await signWith(named, statement, how)];
  t.deepEqual(Buffer.from(here), Buffer.from(there));
  t.true(isGood(home, own.publicKey, here, bytes));
  t.false(isGood(home, own.publicKey, here, Buffer.from('something else')));
});

withSsh('a key whose private half only the agent has signs; without the agent it says what to do', async (t) => {
  const home = await throwAwayHome(t);
  makeKey(join(home, 'id'));
  const socket = await agent(t, home);
  const before = process.env['SSH_AUTH_SOCK'];
  t.teardown(() => {
    if (before === undefined) delete process.env['SSH_AUTH_SOCK'];
    else process.env['SSH_AUTH_SOCK'] = before;
  });
  process.env['SSH_AUTH_SOCK'] = socket;
  execFileSync('ssh-add', ['-q', join(home, 'id')]);
  renameSync(join(home, 'id'), join(home, 'elsewhere'));
  const key = await namedKey(join(home, 'id.pub'), 'ssh-ed25519');
  const signature = await signWith(key, { namespace: 'lanpair', bytes }, how);
  t.true(isGood(home, key.publicKey, signature, bytes));
  execFileSync('ssh-add', ['-q', '-D']);
  const error = await t.throwsAsync(signWith(key, { namespace: 'lanpair', bytes }, how));
  t.regex(error.message, /^ssh-keygen: .*ssh-add/);
});

withSsh('a locked key is refused with what to do, and nobody is asked for its passphrase', async (t) => {
  const home = await throwAwayHome(t);
  makeKey(join(home, 'id'), '-N', 'locked away');
  const key = await namedKey(join(home, 'id.pub'), 'ssh-ed25519');
  const error = await t.throwsAsync(signWith(key, { namespace: 'lanpair', bytes }, how));
  t.regex(error.message, /ssh-keygen: .*ssh-add/);
});

withSsh('a program that hangs is ended with the session; one that lies gives no signature', async (t) => {
  const home = await throwAwayHome(t);
  makeKey(join(home, 'id'));
  const key = await namedKey(join(home, 'id.pub'), 'ssh-ed25519');
  const path = process.env['PATH'] ?? '';
  t.teardown(() => {
    process.env['PATH'] = path;
  });
  const pretend = (script: string): void => {
    writeFileSync(join(home, 'ssh-keygen'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(home, 'ssh-keygen'), 0o755);
    process.env['PATH'] = `${home}:${path}`;
  };
  pretend('echo signed');
  await t.throwsAsync(signWith(key, { namespace: 'lanpair', bytes }, how), { message: /gave no signature/ });
  pretend(`touch ${home}/begun; exec sleep 1000`);
  const closing = new AbortController();
  const hanging = signWith(key, { namespace: 'lanpair', bytes }, { ...how, signal: closing.signal });
  while (!existsSync(join(home, 'begun'))) await new Promise((resolve) => setImmediate(resolve));
  closing.abort();
  await t.throwsAsync(hanging);
});

withSsh('lp1 takes ed25519 alone, and says how to get one', async (t) => {
  const home = await throwAwayHome(t);
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', join(home, 'old')]);
  const taken = await namedKey(join(home, 'old.pub'), null);
  t.true(parseSshKey(taken.publicKey).ok);
  const complaint = await t.throwsAsync(namedKey(join(home, 'old.pub'), 'ssh-ed25519'), { instanceOf: Complaint });
  t.regex(
    `${complaint.message} ${complaint.next}`,
    /is ssh-rsa, and this conversation takes ssh-ed25519 alone.*ssh-keygen -t ed25519/,
  );
});
