/** The forced command: what a peer's key may do here, and all the rest that it may not. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { Complaint } from '../complaint.ts';
import { storeRecord } from '../records.ts';
import { type Allowed, allow, environmentFor, wordsOf } from '../shell.ts';
import { throwAwayHome } from './home.ts';
import { cli } from './program.ts';

async function homeWith(
  t: ExecutionContext,
): Promise<{ home: string; ask: (original: string, annex?: boolean) => Allowed }> {
  const home = await throwAwayHome(t);
  await mkdir(join(home, 'annex', '.git'), { recursive: true });
  await mkdir(join(home, 'private', '.git'), { recursive: true });
  await mkdir(join(home, 'annex.git'));
  await symlink('../private', join(home, 'annex', 'out'));
  await symlink('annex', join(home, 'alias'));
  const ask = (original: string, annex = false): Allowed =>
    allow({ original, offered: '~/annex', home, hasAnnexShell: annex });
  return { home, ask };
}

test('git may use the offered directory, however it spells it', async (t) => {
  const { home, ask } = await homeWith(t);
  for (const path of ['~/annex', '/~/annex/', 'annex', './annex/.', `${home}/annex`, 'alias', '~/annex/.git']) {
    t.deepEqual(ask(`git-upload-pack '${path}'`), {
      program: 'git-shell',
      parameters: ['-c', `git-upload-pack '${home}/annex/.git'`],
      environment: {},
    });
  }
  t.is(ask("git-receive-pack 'annex'").parameters[1], `git-receive-pack '${home}/annex/.git'`);
  t.is(ask("git-upload-archive '~/annex'").parameters[1], `git-upload-archive '${home}/annex/.git'`);
});

test('where git-annex is, its shell is held to the directory, and its words are quoted anew', async (t) => {
  const { home, ask } = await homeWith(t);
  t.deepEqual(ask("git-annex-shell 'p2pstdio' '/~/annex/' 'a b' --uuid it\\'s", true), {
    program: 'git-annex-shell',
    parameters: ['-c', `git-annex-shell 'p2pstdio' '${home}/annex' 'a b' '--uuid' 'it'\\''s'`],
    environment: { GIT_ANNEX_SHELL_DIRECTORY: `${home}/annex` },
  });
  t.throws(() => ask("git-annex-shell 'configlist' '/~/annex/'"), { message: /git-annex is not installed/ });
});

test('no other directory, no other program, no shell', async (t) => {
  const { ask } = await homeWith(t);
  const bad = [
    '',
    'bash',
    'git-upload-pack',
    "git-upload-pack 'private'",
    "git-upload-pack '~/annex/../private'",
    "git-upload-pack '~/annex/out'",
    "git-upload-pack 'annex.git'",
    "git-upload-pack '~'",
    "git-upload-pack '/'",
    "git-upload-pack --help 'annex'x",
    "git-upload-pack '--upload-pack=evil'",
    "git-upload-pack 'annex' 'private'",
    "git-upload-pack 'annex'; id",
    'git-upload-pack $(id)',
    'git-upload-pack `id`',
    "git-upload-pack 'annex' | id",
    "git-upload-pack 'annex\n'",
    "git-upload-pack 'annex",
    "GIT_DIR=private git-upload-pack 'annex'",
    "/usr/bin/git-upload-pack 'annex'",
    "git upload-pack 'annex'",
    "git-annex-shell 'configlist' '~/private'",
    "git-annex-shell 'configlist'",
    "git-annex-shell '-c' '~/annex'",
    `git-upload-pack '${'a'.repeat(20_000)}'`,
  ];
  for (const original of bad) {
    for (const annex of [false, true]) t.throws(() => ask(original, annex), { instanceOf: Complaint }, original);
  }
});

test('whatever is asked, what is run names the offered directory alone', async (t) => {
  const { home, ask } = await homeWith(t);
  const piece = fc.oneof(
    fc.constantFrom(
      "'",
      '\\',
      ' ',
      '~',
      '/',
      '..',
      'annex',
      'private',
      '$',
      ';',
      '\n',
      '--',
      'git-upload-pack',
      'git-annex-shell',
    ),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, annex) => {
      const request = `git-upload-pack ${pieces.join('')}`;
      try {
        const { parameters } = ask(request, annex);
        const last = wordsOf(parameters[1] ?? '')?.at(-1);
        t.true(last === join(home, 'annex') || last === join(home, 'annex', '.git'), request);
      } catch (thrown) {
        t.true(thrown instanceof Complaint, request);
      }
    }),
    { numRuns: 500 },
  );
});

test('git gets a language in which it can read every name, and of GIT_* what a peer may say alone', async (t) => {
  const { ask } = await homeWith(t);
  const allowed = ask("git-annex-shell 'configlist' '/~/annex'", true);
  const directory = allowed.environment['GIT_ANNEX_SHELL_DIRECTORY'];
  const given = { HOME: '/h', GIT_PROTOCOL: 'version=2', GIT_DIR: '/private', GIT_ANNEX_SHELL_DIRECTORY: '/' };
  t.deepEqual(environmentFor(allowed, given), {
    HOME: '/h',
    GIT_PROTOCOL: 'version=2',
    LC_ALL: 'C.UTF-8',
    GIT_ANNEX_SHELL_DIRECTORY: directory,
  });
  t.is(environmentFor(allowed, { LANG: 'de_DE.UTF-8' })['LC_ALL'], undefined);
  t.is(environmentFor(allowed, { LANG: 'de_DE.UTF-8', LC_ALL: 'C' })['LC_ALL'], 'C.UTF-8');
});

test('words are read as git quotes them', (t) => {
  t.deepEqual(wordsOf("git-upload-pack 'it'\\''s here'"), ['git-upload-pack', "it's here"]);
  t.deepEqual(wordsOf("a 'wow'\\!''"), ['a', 'wow!']);
  t.deepEqual(wordsOf("a '' b"), ['a', '', 'b']);
  t.is(wordsOf('a "b"'), null);
  t.is(wordsOf('a\u0000b'), null);
});

function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(join(directory, name)));
}

test('a clone through the forced command brings the repository, and another one is refused', async (t) => {
  if (!hasProgram('git') || !hasProgram('git-shell')) {
    t.log('skipped: there is no git here');
    t.pass();
    return;
  }
  const home = await throwAwayHome(t);
  const environment = { PATH: process.env['PATH'], HOME: home, GIT_CONFIG_NOSYSTEM: '1' };
  const git = (directory: string, ...parameters: string[]): string =>
    execFileSync('git', ['-C', directory, ...parameters], { env: environment, encoding: 'utf8', stdio: 'pipe' });
  for (const name of ['annex', 'private']) {
    await mkdir(join(home, name));
    git(join(home, name), 'init', '-q');
    git(join(home, name), '-c', 'user.name=x', '-c', 'user.email=x@y', 'commit', '-q', '--allow-empty', '-m', name);
  }
  const id = 'abcdefgh01234567';
  const peers = join(home, 'elsewhere', 'lanpair', 'peers');
  await storeRecord(peers, { id, protocol: 'annex', body: { self: { directory: '~/annex' }, peer: null } });
  // Stands for ssh and sshd: the words of git become SSH_ORIGINAL_COMMAND, and the forced command runs.
  const ssh = join(home, 'ssh.sh');
  const { writeFile } = await import('node:fs/promises');
  await writeFile(
    ssh,
    `#!/bin/sh\nfor last; do :; done\nSSH_ORIGINAL_COMMAND="$last" GIT_DIR=/nowhere exec '${process.execPath}' '${cli}' shell ${id} --state '${join(home, 'elsewhere', 'lanpair')}'\n`,
    { mode: 0o755 },
  );
  const clone = (path: string, to: string): { status: number | null; stderr: string } =>
    spawnSync('git', ['clone', '-q', path, join(home, to)], {
      env: { ...environment, GIT_SSH: ssh, GIT_SSH_VARIANT: 'simple' },
      encoding: 'utf8',
    });
  const good = clone('peer:annex', 'clone');
  t.is(good.status, 0, good.stderr);
  t.is(git(join(home, 'clone'), 'log', '--format=%s').trim(), 'annex');
  t.is(clone('ssh://peer/~/annex', 'clone2').status, 0);
  const bad = clone('peer:private', 'stolen');
  t.not(bad.status, 0);
  t.regex(bad.stderr, /may use the one repository of its pairing alone/);
  t.false(existsSync(join(home, 'stolen')));

  const unknown = spawnSync(process.execPath, [cli, 'shell', 'zzzzzzzzzzzzzzzz'], {
    env: { ...environment, SSH_ORIGINAL_COMMAND: "git-upload-pack 'annex'" },
    encoding: 'utf8',
  });
  t.is(unknown.status, 1);
  t.regex(unknown.stderr, /no longer knows your pairing/);
});

test('with a whole shell the login shell runs what was asked for, or is the person’s; without the record it does not', async (t) => {
  const home = await throwAwayHome(t);
  const id = 'abcdefgh01234567';
  const state = join(home, 'state');
  await storeRecord(join(state, 'peers'), {
    id,
    protocol: 'annex',
    body: { self: { directory: '~/annex' }, peer: null },
  });
  const ask = (original: string | undefined, input: string, record = id): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [cli, 'shell', record, '--whole', '--state', state], {
      env: {
        HOME: home,
        PATH: process.env['PATH'],
        ...(original === undefined ? {} : { SSH_ORIGINAL_COMMAND: original }),
      },
      encoding: 'utf8',
      input,
    });
  const asked = ask('cat; echo $((40 + 2)) "$SSH_ORIGINAL_COMMAND"; exit 7', 'from there\n');
  t.deepEqual([asked.status, asked.stdout], [7, 'from there\n42 \n']);
  const login = ask(undefined, 'echo "$0"; exit 3\n');
  t.is(login.status, 3);
  t.regex(String(login.stdout), /^-[a-z]+\n$/m);
  const unknown = ask('id', '', 'zzzzzzzzzzzzzzzz');
  t.deepEqual([unknown.status, unknown.stdout], [1, '']);
});
