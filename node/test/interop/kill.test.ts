/**
 * kill -9 at every step of giving and of taking back: whatever a pairing writes on a machine (records, authorized_keys, what
 * ssh is told, the git remote), the process is killed right before each single change of it. Whatever is left then, it is
 * never two lines of a key and never a line without its record; and the next run ends the pairing or takes it back, and says so.
 */
import test, { type ExecutionContext } from 'ava';
import { keyLines } from './assistant.ts';
import { type Host, inside, type Lab, openLab } from './lab.ts';
import { bothPaired, keyFile, makeRepository, type Pairing, startPair, startServe } from './lanpair.ts';
import { skipReason } from './needs.ts';
import { until } from './until.ts';

const reason = skipReason({ script: 'interop:faults', programs: [] });
const story = (title: string, tell: (t: ExecutionContext) => Promise<void>): void =>
  reason === null ? test.serial(title, tell) : test.serial.skip(`${title} (skipped: ${reason})`, tell);
const user = 'ann';
const home = `/home/${user}`;
const phrase = '73-ladder-acid-hope-rabbit';
const log = `${home}/steps`;
/** Most of the time of a pairing is waiting, so several LANs wait side by side. */
const lanes = 4;
/** Above the number of changes that any of them makes. */
const stepsMax = 200;

/** Of a record, what says that the pairing is whole. */
interface Stored {
  readonly body: { readonly step: string; readonly heard: string };
}

interface Lane {
  readonly lab: Lab;
  /** Lives on. */
  readonly alice: Host;
  /** Is killed. */
  readonly bob: Host;
}

const opened: Lane[] = [];
const started: Pairing[] = [];
if (reason === null) {
  test.before('LANs of two hosts each', async (t) => {
    t.timeout(120_000);
    await Promise.all(Array.from({ length: lanes }, openLane));
  });
  // What a failed story leaves running would pair with the next one's.
  test.afterEach.always(async () => {
    for (const pairing of started) pairing.signal('SIGKILL');
    await Promise.all(started.splice(0).map((pairing) => pairing.end()));
  });
  test.after.always(() => Promise.all(opened.map(({ lab }) => lab.close())));
}

async function openLane(): Promise<void> {
  const lab = await openLab(process.cwd());
  const [alice, bob] = await Promise.all([
    lab.host({ hostName: 'alice', address: '10.86.0.11', users: [user] }),
    lab.host({ hostName: 'bob', address: '10.86.0.12', users: [user] }),
  ]);
  opened.push({ lab, alice, bob });
  for (const host of [alice, bob]) await makeRepository(host, user, 'annex', 'git');
  for (const host of [alice, bob]) {
    // What the person has written is there before, and stays.
    await must(host, 'mkdir -m 700 .ssh; echo "# mine" > .ssh/authorized_keys; echo "# mine too" > .ssh/config');
    await must(host, 'tar cf unpaired.tar .ssh annex/.git/config');
  }
}

story('a pairing, killed at every step: started anew it is whole', async (t) => {
  t.timeout(600_000);
  await everywhere(t, pairKilled);
});

story('both are killed when one has given all and not noted it: when both serve it is whole', async (t) => {
  const [lane] = opened;
  if (lane === undefined) return t.fail();
  const { alice, bob } = lane;
  await restore(lane, 'unpaired');
  // Once without a kill, to count.
  await bothPaired(t, [begin(alice), begin(bob, stepsMax)]);
  const at = stepsOf(bob).findIndex(
    (what, index, all) => all[index - 1]?.endsWith('.fetch') && what.startsWith('make'),
  );
  await restore(lane, 'unpaired');
  const one = begin(alice);
  const victim = begin(bob, at + 1);
  t.is((await victim.end()).code, -1);
  t.is(lastStep(bob), 'make peers/new');
  one.signal('SIGKILL');
  await one.end();
  t.regex(await must(bob, `${inside.node} ${inside.cli} peers`), /^ann@alice +half /);
  const [, told] = [await startServe(t, alice, user), await startServe(t, bob, user)];
  await until('bob to say that it is whole', 120, () => told().includes('"paired"'));
  t.regex(await must(bob, `${inside.node} ${inside.cli} peers`), /^ann@alice +paired /);
  await until('alice to know it', 120, async () =>
    /^ann@bob +paired /.test(await must(alice, `${inside.node} ${inside.cli} peers`)),
  );
  assertWhole(t, bob, alice, 'healed by serve');
  assertWhole(t, alice, bob, 'healed by serve');
});

story('peers forget, killed at every step: said again it is done', async (t) => {
  t.timeout(600_000);
  for (const lane of opened) {
    await restore(lane, 'unpaired');
    const pairings = [begin(lane.alice), begin(lane.bob)];
    await bothPaired(t, pairings);
    for (const host of [lane.alice, lane.bob]) await must(host, 'tar cf paired.tar .ssh .local annex/.git/config');
  }
  await everywhere(t, forgetKilled);
});

/** Runs with a kill at that step. What bob was about to do then; null when he was done before he came to it. */
type Killed = (t: ExecutionContext, lane: Lane, at: number) => Promise<string | null>;

/** Every step in turn, in whichever lane is free, until one that is not reached any more. */
async function everywhere(t: ExecutionContext, killed: Killed): Promise<void> {
  const begunMs = performance.now();
  const taken: string[] = [];
  let next = 1;
  let last = stepsMax;
  const work = async (lane: Lane): Promise<void> => {
    while (next < last) {
      const at = next++;
      const what = await killed(t, lane, at).catch((error: unknown) => {
        last = 0;
        throw error;
      });
      if (what === null) last = Math.min(last, at);
      else taken[at] = what;
    }
  };
  // All lanes end before the first failure is told: what runs on would meet the next story's.
  for (const lane of await Promise.allSettled(opened.map(work))) if (lane.status === 'rejected') throw lane.reason;
  t.log(`${taken.filter((what) => what !== undefined).length} steps, ${Math.round(performance.now() - begunMs)} ms`);
  t.true(last < stepsMax, 'there is an end of it');
  for (const file of ['peers/', '.ssh/authorized_keys', '.ssh/config', 'ssh/known_hosts', 'ssh/config', 'git ']) {
    t.true(taken.join('; ').includes(file), `killed before a step of ${file}`);
  }
}

async function pairKilled(t: ExecutionContext, lane: Lane, at: number): Promise<string | null> {
  const { alice, bob } = lane;
  await restore(lane, 'unpaired');
  let one = begin(alice);
  const victim = begin(bob, at);
  const isDone = await victim.event('paired').then(
    () => true,
    () => false,
  );
  if (isDone) victim.signal('SIGINT');
  const { code, stdout, stderr } = await victim.end();
  if (code === 0) {
    await bothPaired(t, [one]);
    return null;
  }
  t.is(code, -1, `killed, and nothing else: ${stdout}${stderr}`);
  const what = lastStep(bob);
  const when = `killed at step ${at}, ${what}`;
  assertSound(t, bob, when);
  // A record that is whole already leaves nothing to be gone on with.
  const isHalf = records(bob).length > 0 && !isWhole(bob);
  const two = begin(bob);
  let hasSaid = false;
  await until(`${when}: both to be paired`, 200, async () => {
    hasSaid ||= isPaired(one);
    // Whoever heard the last word before the kill is done, and has gone. What is half then heals when the two meet again:
    // here she starts anew as well, in the next story both serve.
    if (one.events.some(({ event }) => event === 'result') && !isPaired(two)) {
      await one.end();
      one = begin(alice);
    }
    return hasSaid && isPaired(two);
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${JSON.stringify(one.events)}\n${JSON.stringify(two.events)}`);
  });
  await bothPaired(t, isPaired(one) ? [one, two] : [two]);
  t.is(
    two.events.some(({ event }) => event === 'unfinished'),
    isHalf,
    `${when}: what goes on is said`,
  );
  // For her all was said in the run before.
  one.signal('SIGKILL');
  await one.end();
  assertSound(t, bob, when);
  assertWhole(t, bob, alice, when);
  assertWhole(t, alice, bob, when);
  t.is((await must(bob, 'git -C annex remote')).trim(), 'other', when);
  t.regex(await must(bob, 'ssh -G alice.lanpair'), /^proxycommand .* connect /m, when);
  return what;
}

async function forgetKilled(t: ExecutionContext, lane: Lane, at: number): Promise<string | null> {
  const { bob } = lane;
  await restore(lane, 'paired');
  const forget = (more: readonly string[]): ReturnType<Host['run']> =>
    bob.run(user, [inside.node, ...more, inside.cli, 'peers', 'forget', 'alice']);
  const first = await forget(killing(at));
  if (first.code === 0) return null;
  t.is(first.code, -1, `killed, and nothing else: ${first.stdout}${first.stderr}`);
  const what = lastStep(bob);
  const when = `killed at step ${at}, ${what}`;
  assertSound(t, bob, when);
  const again = await forget([]);
  t.is(again.code, 0, `${when}: ${again.stderr}`);
  t.regex(again.stdout, /^Forgot ann@alice; its key can no longer log in here\./, when);
  t.is(bob.read(`${home}/.ssh/authorized_keys`), '# mine\n', when);
  t.is(bob.read(`${home}/.ssh/config`), '# mine too\n', when);
  t.deepEqual(bob.list(`${home}/.ssh`), ['authorized_keys', 'config'], when);
  t.is((await must(bob, 'git -C annex remote')).trim(), '', when);
  assertSound(t, bob, when);
  return what;
}

const stepsOf = (bob: Host): readonly string[] => bob.read(log).trim().split('\n');
const lastStep = (bob: Host): string => stepsOf(bob).at(-1) ?? '';

const killing = (at: number): readonly string[] => [
  '--import',
  `file://${inside.dist}/node/test/interop/killer.js?at=${at}&log=${log}`,
];

function begin(host: Host, at?: number): Pairing {
  const node = at === undefined ? [] : killing(at);
  const pairing = startPair(host, user, { directory: 'annex', phrase, node, more: ['--git-remote', 'other'] });
  started.push(pairing);
  return pairing;
}

async function restore({ alice, bob }: Lane, state: 'unpaired' | 'paired'): Promise<void> {
  for (const host of [alice, bob]) await must(host, `rm -rf .ssh .local steps; tar xf ${state}.tar`);
}

const isPaired = ({ events }: Pairing): boolean => events.some(({ event }) => event === 'paired');

/** Lines of authorized_keys. */
const ours = (host: Host): readonly string[] =>
  keyLines(host.read(`${home}/.ssh/authorized_keys`)).filter((line) => line.includes('lanpair:'));
const records = (host: Host): readonly string[] =>
  host
    .list(`${home}/.local/state/lanpair/peers`)
    // What serve remembers of a peer lies beside its record.
    .filter(
      (name) => name.endsWith('.json') && host.read(`${home}/.local/state/lanpair/peers/${name}`).includes('"lp1"'),
    );

const isWhole = (host: Host): boolean => {
  const { body } = JSON.parse(host.read(`${home}/.local/state/lanpair/peers/${records(host)[0]}`)) as Stored;
  return body.step === 'installed' && body.heard === 'done';
};

/** What must hold at every moment. */
function assertSound(t: ExecutionContext, host: Host, when: string): void {
  const lines = ours(host);
  t.true(lines.length <= 1, `${when}: ${lines.length} lines`);
  for (const line of lines) t.true(records(host).includes(`${line.split('lanpair:')[1]}.json`), `${when}: an orphan`);
  t.true(host.read(`${home}/.ssh/authorized_keys`).startsWith('# mine\n'), `${when}: the person's own line`);
  t.true(host.read(`${home}/.ssh/config`).endsWith('# mine too\n'), `${when}: the person's own line`);
}

function assertWhole(t: ExecutionContext, host: Host, peer: Host, when: string): void {
  t.is(records(host).length, 1, when);
  t.true(isWhole(host), `${when}: the record of ${host.hostName} is whole`);
  const [line = ''] = ours(host);
  const key = peer
    .read(`${keyFile(user)}.pub`)
    .split(' ')
    .slice(0, 2)
    .join(' ');
  t.true(key !== '' && line.includes(key), `${when}: the key of ${peer.hostName} at ${host.hostName}: ${line}`);
  const state = `${home}/.local/state/lanpair`;
  for (const directory of [`${home}/.ssh`, `${state}/peers`, `${state}/ssh`]) {
    const left = host.list(directory).filter((name) => name.includes('lanpair-tmp') || name.includes('stale'));
    t.deepEqual(left, [], `${when}: left in ${directory}`);
  }
  const includes = host
    .read(`${home}/.ssh/config`)
    .split('\n')
    .filter((text) => text.startsWith('Include '));
  t.is(includes.length, 1, when);
  t.is(host.read(`${state}/ssh/known_hosts`).trim().split('\n').length, 1, when);
}

async function must(host: Host, command: string): Promise<string> {
  const { code, stdout, stderr } = await host.run(user, ['sh', '-c', command]);
  if (code !== 0) throw new Error(`${command} on ${host.hostName}: ${stderr}`);
  return stdout;
}
