/**
 * A pairing that outlives an address: git through the ssh alias between two hosts with a real sshd, one of which moves to
 * another address, and then to another network. Nobody does anything; the same `git pull` works again.
 */
import test, { type ExecutionContext } from 'ava';
import { type Host, inside, type Lab, openLab } from './lab.ts';
import { bothPaired, makeRepository, startPair, startServe } from './lanpair.ts';
import { skipReason } from './needs.ts';
import { until } from './until.ts';

const reason = skipReason({ script: 'interop:lan', programs: [] });
// Why it is skipped belongs to the title: a run in which nothing may be skipped tells from it which stage runs it.
const story = (title: string, tell: (t: ExecutionContext) => Promise<void>): void =>
  reason === null ? test.serial(title, tell) : test.serial.skip(`${title} (skipped: ${reason})`, tell);
const user = 'ann';
const phrase = '73-ladder-acid-hope-rabbit';

let lab: Lab | undefined;
test.after.always(() => lab?.close());

story(
  'git clone and push through the alias, and the same git pull after the other host has moved, twice',
  async (t) => {
    lab = await openLab(process.cwd());
    const alice = await lab.host({ hostName: 'alice', address: '10.86.0.11', users: [user] });
    const bob = await lab.host({ hostName: 'bob', address: '10.86.0.12', users: [user] });
    for (const host of [alice, bob]) await makeRepository(host, user, 'annex', 'git');
    const commit = (text: string): Promise<unknown> =>
      must(bob, `cd annex && echo ${text} > file && git add file && git commit -qm ${text}`);
    /** A branch of alice's own: the one that bob has before him takes no push. */
    const pushed = async (branch: string): Promise<void> => {
      await must(alice, `cd copy && git push -q origin HEAD:refs/heads/${branch}`);
      const [here, there] = [await must(alice, 'git -C copy rev-parse HEAD'), `git -C annex rev-parse ${branch}`];
      t.is(await must(bob, there), here, `the push of ${branch} arrived`);
    };
    await commit('one');
    const pairings = [alice, bob].map((host) =>
      startPair(host, user, { directory: 'annex', phrase, more: ['--git-remote', 'other'] }),
    );
    await bothPaired(t, pairings);
    for (const host of [alice, bob]) await startServe(t, host, user);
    await must(alice, 'git clone -q bob.lanpair:annex copy && cd annex && git fetch -q other');
    t.is((await must(alice, 'cat copy/file')).trim(), 'one');
    await pushed('home');

    for (const [from, to, text] of [
      ['10.86.0.12/24', '10.86.0.77/24', 'two'],
      ['10.86.0.77/24', '10.87.0.77/24', 'three'],
    ] as const) {
      await commit(text);
      await root(
        bob,
        `ip addr add ${to} dev eth0; ip addr del ${from} dev eth0; ip route replace 224.0.0.0/4 dev eth0`,
      );
      // With another network, the router's part: both are in it.
      if (text === 'three') await root(alice, 'ip addr add 10.87.0.11/24 dev eth0');
      const movedMs = performance.now();
      const pulled = await until('git pull', 60, async () => {
        const { code } = await alice.run(user, ['git', '-C', 'copy', 'pull', '-q']);
        return code === 0;
      });
      t.true(pulled);
      t.is((await must(alice, 'cat copy/file')).trim(), text);
      t.log(`${to}: git pull works again ${Math.round(performance.now() - movedMs)} ms after the move`);
      await pushed(text);
    }

    await must(alice, `${inside.node} ${inside.cli} peers forget bob`);
    // serve, which had stepped aside, looks at these files when it comes back, under the lock that is then beside them.
    const left = await until('the lock is gone', 20, async () => {
      const names = alice.list(`/home/${user}/.ssh`);
      return names.includes('.lanpair-lock') ? null : names;
    });
    t.deepEqual(left, ['authorized_keys']);
    t.is((await must(alice, 'git -C annex remote')).trim(), '');
    t.not((await alice.run(user, ['git', '-C', 'copy', 'pull', '-q'])).code, 0);
  },
);

async function must(host: Host, command: string): Promise<string> {
  return done(host, user, command);
}

async function root(host: Host, command: string): Promise<string> {
  return done(host, null, command);
}

async function done(host: Host, as: string | null, command: string): Promise<string> {
  const { code, stdout, stderr } = await host.run(as, ['sh', '-c', command]);
  if (code !== 0) throw new Error(`${command} on ${host.hostName}: ${stderr}`);
  return stdout;
}
