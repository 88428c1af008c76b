/**
 * What a hostile peer may say of itself, against the files that are written of it. The real code writes them on a host of
 * the lab; the judges are `ssh -G`, git, and a real sshd that is logged in to with each key. Whatever the fields hold, ssh
 * runs `lanpair connect <record>` and sshd runs `lanpair shell <record>`, each once and with these words alone, and the
 * peer's path arrives at the other end as one word.
 */
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { StoredRecord } from '../../../protocol/contract.ts';
import { identityFlaw } from '../../../protocol/lp1/identity.ts';
import { remoteUrl } from '../../provisioning.ts';
import { wordsOf } from '../../shell.ts';
import { type Host, inside, type Lab, openLab } from './lab.ts';
import { makeRepository } from './lanpair.ts';
import { skipReason } from './needs.ts';
import type { ProvisionAnswer, ProvisionRequest } from './provisioner.ts';

const reason = skipReason({ script: 'interop:faults', programs: [] });
const story = (title: string, tell: (t: ExecutionContext) => Promise<void>): void =>
  reason === null ? test.serial(title, tell) : test.serial.skip(`${title} (skipped: ${reason})`, tell);
const user = 'ann';
const home = `/home/${user}`;
/** About how many peers are made up, one to three at a time. */
const wanted = Number(process.env['LANPAIR_FUZZ'] ?? '30');
if (!(wanted >= 1)) throw new Error('LANPAIR_FUZZ: how many peers are made up, 1 or more');
/** A gate sees the same ones each time; whoever wants more wants others. */
const seed = process.env['LANPAIR_FUZZ'] === undefined ? { seed: 1 } : {};
/** On a machine that is slow there are fewer. */
const limitMs = 240_000 * Math.max(1, wanted / 30);
const peersMax = 3;
const log = `${home}/ran`;
const program = `${home}/recorder`;
/** Stands where `<node> <cli>` does. Notes its words and what sshd was asked for, each ended by a zero byte. */
const recorder = `#!/bin/bash
printf '%s\\0' "\${1-}" "\${2-}" "$#" "\${SSH_ORIGINAL_COMMAND-}" >> ${log}
if [ "$1" = connect ]; then
  exec 3<>/dev/tcp/127.0.0.1/22
  cat <&3 & cat >&3
else
  exec ${inside.node} ${inside.cli} "$@"
fi
`;

interface Fields {
  readonly userName: string;
  readonly hostName: string;
  readonly directory: string;
  readonly displayName: string;
}

interface World {
  readonly lab: Lab;
  readonly host: Host;
  readonly hostKey: string;
  /** `type base64`, of the keys in ~/keys. */
  readonly keys: readonly string[];
  readonly provision: (request: ProvisionRequest) => Promise<ProvisionAnswer>;
  /** Of a host that is nobody's alias. */
  readonly elsewhere: string;
  readonly names: string;
}

let world: World;
if (reason === null) {
  test.before('a host with an sshd', async (t) => {
    t.timeout(120_000);
    world = await openWorld();
  });
  test.after.always(() => world?.lab.close());
}

/** Rows C of the catalogue: what the readers let through is written, what they do not is refused or left out. */
const rows: readonly Fields[] = [
  { userName: user, hostName: 'bob', directory: '~/annex', displayName: 'bob' },
  { userName: '-oProxyCommand=touch', hostName: '-oProxyCommand=touch', directory: '-x', displayName: '-x' },
  { userName: 'a\nProxyCommand touch bad', hostName: 'b\n\tProxyCommand touch bad', directory: '/\n', displayName: '' },
  { userName: 'a b', hostName: '*', directory: '../../etc', displayName: '\u001b]52;c;eA==\u0007' },
  { userName: '%r', hostName: '%h', directory: '~/$(touch bad)`touch bad`;touch bad', displayName: '<img src=x>' },
  { userName: '.', hostName: 'localhost', directory: "/a'; touch bad #", displayName: '$(touch bad)' },
  { userName: '_@+-', hostName: '0', directory: "~/'(touch bad)'{a,b}[x]!! %h ~root", displayName: 'b\u202eob' },
  { userName: 'Üser', hostName: 'elsewhere.example', directory: '~/Bücher/#%25', displayName: 'a\u200bb' },
];

story('rows C: each hostile field of the catalogue', async (t) => {
  t.timeout(180_000);
  for (const fields of rows) await judge(t, [fields]);
  const [key = ''] = world.keys;
  const before = await files();
  const lines = ['command="touch bad" ', 'no-pty,', '\n', '# ', 'ecdsa-sha2-nistp256 '].map((text) => text + key);
  for (const bad of [...lines, `${key} x`, `${key}\nssh-rsa AAAA`, `${key}\u0000`, 'ssh-ed25519 AAAA', '']) {
    const record = recordOf(0, rows[0] as Fields);
    const { refused } = await world.provision(requestOf(record, bad, 0));
    t.regex(String(refused), /the key of the peer is not/, bad);
    await world.provision({ take: record.id, program: [program] });
    t.deepEqual(await files(), before);
  }
});

const letters = fc.constantFrom(...Array.from('abcdefghij.-_@+0Üж一'));
const signs = fc.constantFrom(
  ...Array.from(" '()[]{}!#%=,:~^-./abÜ"),
  "'; touch bad #",
  '%h',
  '${HOME}',
  '$(touch bad)',
);
const textOf = (unit: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.string({ unit, minLength: 1, maxLength: 12 });
const accepted: fc.Arbitrary<Fields> = fc
  .record({
    userName: textOf(letters),
    hostName: fc.stringMatching(/^[a-c0-9][a-zA-Z0-9-]{0,8}(\.[a-z0-9]{1,5})?$/),
    directory: textOf(signs).chain((text) => fc.constantFrom(`/${text}`, `~/${text}`)),
    displayName: textOf(signs),
  })
  .filter((fields) => identityFlaw(identityOf(fields)) === null);
/** As of a record that somebody has changed. */
const anything: fc.Arbitrary<Fields> = fc.record({
  userName: fc.string({ unit: 'binary' }),
  hostName: fc.string({ unit: 'binary' }),
  directory: fc.string({ unit: 'binary' }),
  displayName: fc.string({ unit: 'binary' }),
});
const peers = fc.array(fc.oneof({ arbitrary: accepted, weight: 4 }, anything), { minLength: 1, maxLength: peersMax });

story('made-up peers that the readers let through, up to three at once, and some that they would not', async (t) => {
  t.timeout(limitMs + 100_000);
  const begunMs = performance.now();
  let judged = 0;
  let aliases = 0;
  const details = await fc.check(
    fc.asyncProperty(peers, async (fields) => {
      aliases += await judge(t, fields);
      judged += fields.length;
    }),
    { numRuns: Math.ceil(wanted / 2), interruptAfterTimeLimit: limitMs, ...seed },
  );
  t.false(details.failed, fc.defaultReportMessage(details));
  t.true(judged > 0);
  t.log(
    `${judged} peers, ${aliases} of them with an alias, seed ${details.seed}: ${Math.round(performance.now() - begunMs)} ms`,
  );
});

/** Gives them all, has the judges look, and takes them back. How many aliases there were. */
async function judge(t: ExecutionContext, all: readonly Fields[]): Promise<number> {
  const { keys, provision } = world;
  const before = await files();
  const given = [];
  for (const [index, fields] of all.entries()) {
    const record = recordOf(index, fields);
    const { refused, alias } = await provision(requestOf(record, keys[index] ?? '', index));
    t.is(refused, null);
    given.push({ record, fields, index, alias });
  }
  for (const { record, fields, index, alias } of given) {
    if (alias === null) await judgeKey(t, record, index);
    else await judgeAlias(t, { record, fields, index, alias });
    await judgeScreen(t, record);
  }
  t.is((await must('ssh -G elsewhere.example')).trim(), world.elsewhere, 'no other host is touched');
  for (const { record } of given) t.is((await provision({ take: record.id, program: [program] })).refused, null);
  t.deepEqual(await files(), before, 'all is taken back');
  t.is(await names(), world.names, 'and nothing was made on the way');
  return given.filter(({ alias }) => alias !== null).length;
}

interface Given {
  readonly record: StoredRecord;
  readonly fields: Fields;
  readonly index: number;
  readonly alias: string;
}

async function judgeAlias(t: ExecutionContext, { record, fields, index, alias }: Given): Promise<void> {
  t.regex(alias, /^[a-z0-9][a-z0-9-]*\.lanpair$/);
  const told = (await must(`ssh -G ${alias}`)).split('\n');
  const state = `${home}/.local/state/lanpair`;
  for (const line of [
    `user ${fields.userName}`,
    `proxycommand ${program} connect ${record.id}`,
    `hostkeyalias lanpair-${record.id}`,
    `userknownhostsfile ${state}/ssh/known_hosts`,
    `identityfile ${home}/keys/${index}`,
    'stricthostkeychecking true',
    'identitiesonly yes',
    'permitlocalcommand no',
  ]) {
    t.true(told.includes(line), `${line}\n${told.join('\n')}`);
  }
  const url = remoteUrl(alias, fields.directory);
  t.is(await must(`git -C annex config --get remote.r${index}.url`), `${url}\n`);
  // Not as the user that the peer says it has, who is nobody here.
  await ran(`git -C annex -c core.sshCommand='ssh -l ${user}' ls-remote r${index}`);
  const [connect = [], shell = [], ...more] = await recorded();
  t.deepEqual(connect, ['connect', record.id, '2', '']);
  t.deepEqual(shell.slice(0, 3), ['shell', record.id, '2']);
  t.deepEqual(more, []);
  const [asked, path = '', ...rest] = wordsOf(shell[3] ?? '') ?? [];
  t.deepEqual([asked, rest], ['git-upload-pack', []]);
  t.is(resolve(home, path), resolve(home, fields.directory.replace(/^~\//, '')));
}

/** There is no alias: with the peer's key all the same nothing runs but its forced command, whatever is asked for. */
async function judgeKey(t: ExecutionContext, record: StoredRecord, index: number): Promise<void> {
  const options = ['IdentitiesOnly=yes', 'BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];
  const ssh = `ssh -F none -i keys/${index} ${options.map((option) => `-o ${option}`).join(' ')}`;
  const { code, stderr } = await ran(`${ssh} ${user}@127.0.0.1 'touch bad; id'`);
  t.not(code, 0);
  t.regex(stderr, /This key may run git-upload-pack/);
  t.deepEqual(await recorded(), [['shell', record.id, '2', 'touch bad; id']]);
}

async function judgeScreen(t: ExecutionContext, record: StoredRecord): Promise<void> {
  const shown = await must(`${inside.node} ${inside.cli} peers show ${record.id}`);
  t.notRegex(shown.replaceAll('\n', ''), /[\p{C}\p{Zl}\p{Zp}]/u);
  t.is(shown.trim().split('\n').length, 8, shown);
}

/** What ran, in order: words, how many, and what sshd was asked for. */
async function recorded(): Promise<readonly (readonly string[])[]> {
  const words = world.host.read(log).split('\0').slice(0, -1);
  await must(`: > ${log}`);
  return Array.from({ length: words.length / 4 }, (_, at) => words.slice(4 * at, 4 * at + 4));
}

const files = async (): Promise<readonly string[]> =>
  ['authorized_keys', 'config'].map((name) => world.host.read(`${home}/.ssh/${name}`));

/** Wherever a command that somebody got to run might have left something. */
const names = (): Promise<string> => must(`ls -A . annex .ssh keys /tmp /var/tmp; git -C annex remote`);

const ran = (command: string): ReturnType<Host['run']> => world.host.run(user, ['bash', '-c', command]);

async function must(command: string): Promise<string> {
  const { code, stdout, stderr } = await ran(command);
  if (code !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout;
}

function identityOf({ userName, hostName, directory, displayName }: Fields): Parameters<typeof identityFlaw>[0] {
  const sshKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
  return { sshKey, userName, hostName, directory, displayName, hostKeys: [], repository: '', program: 'x' };
}

function recordOf(index: number, fields: Fields): StoredRecord {
  const peer = { ...fields, sshKey: world.keys[index] ?? '', hostKeys: [world.hostKey], sshPort: 22 };
  const body = { step: 'installed', heard: 'done', self: { directory: '~/annex' }, peer };
  return { id: `${'abc'[index] ?? 'x'}`.repeat(16), protocol: 'lp1', body };
}

function requestOf(record: StoredRecord, key: string, index: number): ProvisionRequest {
  const give = { record: record.id, key };
  return { give, record, identityFile: `${home}/keys/${index}`, remote: `r${index}`, program: [program] };
}

async function openWorld(): Promise<World> {
  const lab = await openLab(process.cwd());
  const host = await lab.host({ hostName: 'alice', address: '10.86.0.11', users: [user] });
  await makeRepository(host, user, 'annex', 'git');
  const prepare = `
    mkdir -m 700 .ssh keys; echo '# mine' > .ssh/authorized_keys
    printf 'Host *\\n  ServerAliveInterval 7\\n' > .ssh/config
    for i in 0 1 2; do ssh-keygen -q -t ed25519 -N '' -C x -f keys/$i; done
    cat > ${program}; chmod 755 ${program}; : > ${log}
    mkdir -p .local/state/lanpair`;
  const made = await host.run(user, ['bash', '-ec', prepare], recorder);
  if (made.code !== 0) throw new Error(made.stderr);
  const keyIn = (path: string): string => host.read(path).trim().split(' ').slice(0, 2).join(' ');
  const child = host.spawn(user, [inside.node, `${inside.dist}/node/test/interop/provisioner.js`]);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let complained = '';
  child.stderr.on('data', (text: Buffer) => {
    complained += text.toString();
  });
  const partial = {
    lab,
    host,
    hostKey: keyIn('/etc/ssh/ssh_host_ed25519_key.pub'),
    keys: [0, 1, 2].map((index) => keyIn(`${home}/keys/${index}.pub`)),
    provision: async (request: ProvisionRequest) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const line = await answers.next();
      if (line.done === true) throw new Error(`the provisioner ended: ${complained}`);
      return JSON.parse(String(line.value)) as ProvisionAnswer;
    },
  };
  world = { ...partial, elsewhere: '', names: '' };
  return { ...world, elsewhere: (await must('ssh -G elsewhere.example')).trim(), names: await names() };
}
