/**
 * A machine paired by lp1 as a git-annex remote: real git-annex on both, real sshd, and nothing between them but the alias
 * that lanpair wrote and the forced command that it installed. No `annex` conversation has a part in it, so any version will do.
 */
import test, { type ExecutionContext } from 'ava';
import { keyLines } from './assistant.ts';
import { type Host, type Lab, openLab, inside as paths } from './lab.ts';
import { bothPaired, makeRepository, startPair } from './lanpair.ts';
import { skipReason } from './needs.ts';

const reason = skipReason({ script: 'interop:git-annex', programs: ['git-annex'] });
const story = (title: string, tell: (t: ExecutionContext) => Promise<void>): void =>
  reason === null ? test.serial(title, tell) : test.serial.skip(`${title} (skipped: ${reason})`, tell);
const user = 'ann';
const phrase = '73-ladder-acid-hope-rabbit';
/** Its sshd says no language: git-annex-shell alone could not read this name. */
const directory = 'Bücher';

let lab: Lab | undefined;
test.after.always(() => lab?.close());

story(
  'git annex get, copy and drop over the alias of a machine that lp1 paired, and nothing beyond its directory',
  async (t) => {
    lab = await openLab(process.cwd());
    const alice = await lab.host({ hostName: 'alice', address: '10.86.0.11', users: [user] });
    const bob = await lab.host({ hostName: 'bob', address: '10.86.0.12', users: [user] });
    for (const host of [alice, bob]) await makeRepository(host, user, directory, 'annex');
    await makeRepository(bob, user, 'private', 'annex');
    await inside(bob, 'echo spoken > song && git annex add -q song && git commit -qm song');

    const pairings = [alice, bob].map((host) =>
      startPair(host, user, { directory, phrase, more: ['--git-remote', 'other'] }),
    );
    await bothPaired(t, pairings);
    t.is(keyLines(bob.read(`/home/${user}/.ssh/authorized_keys`)).length, 1);

    await inside(
      alice,
      'git fetch -q other && git merge -q --allow-unrelated-histories other/main && git annex merge -q',
    );
    t.is((await alice.run(user, ['cat', `${directory}/song`])).stdout, '', 'only the name of the file came by git');
    await inside(alice, 'git annex get -q song');
    t.is(await inside(alice, 'cat song'), 'spoken\n');

    await inside(alice, 'echo answered > reply && git annex add -q reply && git commit -qm reply');
    await inside(alice, 'git annex copy -q --to other reply && git annex drop -q reply');
    t.is(await inside(bob, 'find .git/annex/objects -type f | wc -l'), '2\n');
    await inside(alice, 'git annex get -q reply');
    t.is(await inside(alice, 'cat reply'), 'answered\n');

    const asked = async (command: string): Promise<string> => {
      const { code, stderr } = await alice.run(user, ['ssh', 'bob.lanpair', command]);
      t.not(code, 0, command);
      return stderr;
    };
    t.regex(await asked("git-annex-shell 'configlist' '/~/private'"), /the one repository of its pairing alone/);
    t.regex(await asked("git-annex-shell 'configlist' '/~/annex'; id"), /git-annex-shell alone/);
    t.regex(await asked('id'), /git-annex-shell alone/);

    // A whole shell is for bob's person to give, and to take back; git and git-annex go on.
    const peers = async (...words: string[]): Promise<string> => {
      const { code, stdout, stderr } = await bob.run(user, [paths.node, paths.cli, 'peers', ...words]);
      t.is(code, 0, stderr);
      return stdout;
    };
    const lines = (): readonly string[] => keyLines(bob.read(`/home/${user}/.ssh/authorized_keys`));
    t.regex(await peers('shell', 'alice'), /run anything as ann\.\n.*--off/);
    t.regex(await peers('show', 'alice'), /a whole shell/);
    t.regex(await peers(), /a whole shell$/m);
    const forwarded = await alice.run(user, ['ssh', '-W', '127.0.0.1:22', 'bob.lanpair']);
    t.regex(forwarded.stderr, /prohibited/, 'and no way on into the network behind it');
    t.is((await alice.run(user, ['ssh', 'bob.lanpair', 'id -un; exit 5'])).stdout, `${user}\n`);
    t.is((await alice.run(user, ['ssh', 'bob.lanpair', 'exit 5'])).code, 5);
    const terminal = await alice.run(user, ['sh', '-c', 'echo "tty; exit" | ssh -tt bob.lanpair']);
    t.regex(terminal.stdout, /\/dev\/pts\/\d/, terminal.stderr);
    await inside(alice, 'git fetch -q other && git annex drop -q song && git annex get -q song');
    t.is(lines().length, 1);
    await peers('shell', 'alice', '--off');
    t.regex(await asked('id'), /git-annex-shell alone/);
    await peers('shell', 'alice');
    await peers('forget', 'alice');
    t.deepEqual(lines(), []);
    t.not((await alice.run(user, ['ssh', 'bob.lanpair', 'id'])).code, 0);
  },
);

/** In the repository that was offered. Its standard output. */
async function inside(host: Host, command: string): Promise<string> {
  const { code, stdout, stderr } = await host.run(user, ['sh', '-ec', `cd "$1" && ${command}`, 'sh', directory]);
  if (code !== 0) throw new Error(`${command} on ${host.hostName}: ${stdout}${stderr}`);
  return stdout;
}
