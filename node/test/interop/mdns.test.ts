/**
 * `.local` names: with a real avahi on both hosts `find` chooses the name, since it leads to where the peer proved itself.
 * With a third host that answers for that name with its own address, nobody ever ends up at the wrong machine.
 */
import test, { type ExecutionContext } from 'ava';
import { doubtText } from '../../doubts.ts';
import { avahiPrograms, resolved, resolverOfAvahi, startAvahi, stopAvahi } from './avahi.ts';
import { type Host, inside, type Lab, openLab, type Result } from './lab.ts';
import { bothPaired, makeRepository, startPair, startServe } from './lanpair.ts';
import { skipReason } from './needs.ts';
import { until } from './until.ts';

const reason = skipReason({ script: 'interop:lan', programs: avahiPrograms, also: resolverOfAvahi });
const story = (title: string, tell: (t: ExecutionContext) => Promise<void>): void =>
  reason === null ? test.serial(title, tell) : test.serial.skip(`${title} (skipped: ${reason})`, tell);
const user = 'ann';
const phrase = '73-ladder-acid-hope-rabbit';

interface World {
  readonly lab: Lab;
  readonly alice: Host;
  readonly bob: Host;
  /** Has an sshd as everybody has, and a user of bob's name. */
  readonly mallory: Host;
}

let world: World;
if (reason === null) {
  test.before('two hosts with avahi, and one without', async (t) => {
    t.timeout(120_000);
    const lab = await openLab(process.cwd());
    const host = (hostName: string, address: string): Promise<Host> => lab.host({ hostName, address, users: [user] });
    const [alice, bob, mallory] = await Promise.all([
      host('alice', '10.86.0.11'),
      host('bob', '10.86.0.12'),
      host('mallory', '10.86.0.66'),
    ]);
    world = { lab, alice, bob, mallory };
    for (const each of [alice, bob]) await makeRepository(each, user, 'annex', 'git');
    await Promise.all([startAvahi(alice), startAvahi(bob)]);
  });
  test.after.always(() => world?.lab.close());
}

story('the .local name is chosen, and it works', async (t) => {
  const { alice, bob } = world;
  await bothPaired(t, [begin(alice), begin(bob)]);
  await startServe(t, bob, user);
  t.like(await find(t, alice), { host: 'bob.local', rung: 'mdns' });
  const told = await alice.run(user, [inside.node, inside.cli, 'find', 'bob']);
  t.deepEqual([told.code, told.stderr], [0, ''], 'there is nothing to doubt');
  const reached = await byName(alice);
  t.is(reached.code, 0, reached.stderr);
});

story('bob answers for his name, and a liar as well: whoever is believed, nobody ends up at the liar', async (t) => {
  const { alice, bob, mallory } = world;
  await startServe(t, bob, user);
  const believed = new Set<string>();
  let refusals = 0;
  // With nothing remembered of the name, alice asks the network for it.
  await stopAvahi(alice);
  const stopLying = await startLying(t);
  await startAvahi(alice);
  const round = async (): Promise<void> => {
    const addresses = await resolved(alice, 'bob.local');
    for (const address of addresses) believed.add(address);
    const { host } = await find(t, alice);
    t.true(host === bob.address || host === 'bob.local', host);
    const { code, stderr } = await byName(alice);
    if (/Host key verification failed/.test(stderr)) refusals++;
    // While the two dispute the name, it may lead nowhere.
    else t.true(code === 0 || /Could not resolve/.test(stderr), stderr);
  };
  await until('the liar to be believed, and refused', 120, async () => {
    await round();
    return refusals > 0;
  });
  // By where bob proved himself to be ssh gets through, whatever the name says by now.
  const toBob = await alice.run(user, ['git', 'ls-remote', 'bob.lanpair:annex']);
  t.is(toBob.code, 0, toBob.stderr);
  t.notRegex(mallory.read('/run/sshd.log'), /Accepted/);
  t.log(`the name led to ${[...believed].join(' and ')}; ssh refused ${refusals} times`);
  await stopLying();
});

story(
  'somebody answers for that name with his own address: find names bob alone, and ssh refuses the liar',
  async (t) => {
    const { alice, bob, mallory } = world;
    await startServe(t, bob, user);
    await stopAvahi(bob);
    await startLying(t);
    await until('alice to believe the liar', 40, async () =>
      (await resolved(alice, 'bob.local')).includes(mallory.address),
    );

    t.like(await find(t, alice), { host: bob.address, rung: 'address' });
    const told = await alice.run(user, [inside.node, inside.cli, 'find', 'bob']);
    t.is(told.stderr.trim(), `lanpair: ${doubtText('bob', 'bob.local', [mallory.address])}`);
    t.false(told.stdout.includes(mallory.address));
    const toBob = await alice.run(user, ['git', 'ls-remote', 'bob.lanpair:annex']);
    t.is(toBob.code, 0, toBob.stderr);
    t.deepEqual(await resolved(alice, 'bob.local'), [mallory.address], 'and all the time the name led to the liar');
    const misled = await byName(alice);
    t.not(misled.code, 0);
    t.regex(misled.stderr, /Host key verification failed/);
    // His sshd notes who asked it when it sees that alice has hung up, which may be after she has ended.
    await until('mallory’s sshd to say that alice asked it', 20, () =>
      mallory.read('/run/sshd.log').includes(alice.address),
    );
    t.pass();
  },
);

function begin(host: Host): ReturnType<typeof startPair> {
  return startPair(host, user, { directory: 'annex', phrase, more: [] });
}

/** Mallory says that he is bob.local, until the test is over or he is stopped. */
async function startLying(t: ExecutionContext): Promise<() => Promise<void>> {
  const { mallory } = world;
  const program = `${inside.dist}/node/test/interop/liar.js`;
  const lying = mallory.spawn(null, [inside.node, program, 'bob.local', mallory.address]);
  const ended = new Promise<void>((done) => lying.once('close', () => done()));
  let said = '';
  lying.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const stop = (): Promise<void> => {
    lying.stdin.end();
    return ended;
  };
  t.teardown(stop);
  await until('the liar to listen', 60, () => said.includes('listening'));
  return stop;
}

async function find(t: ExecutionContext, from: Host): Promise<{ readonly host: string }> {
  const { code, stdout, stderr } = await from.run(user, [inside.node, inside.cli, 'find', 'bob', '--json']);
  t.is(code, 0, stdout + stderr);
  t.false(stdout.includes(world.mallory.address), stdout);
  return JSON.parse(stdout) as { readonly host: string };
}

/** As somebody who goes by the name and not by `lanpair connect`, with all else that the alias says. */
function byName(from: Host): Promise<Result> {
  const ssh = 'ssh -o ProxyCommand=none -o HostName=bob.local';
  return from.run(user, ['git', '-c', `core.sshCommand=${ssh}`, 'ls-remote', 'bob.lanpair:annex']);
}
