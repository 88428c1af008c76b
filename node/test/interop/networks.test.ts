/**
 * Networks that are not one clean LAN: a router in between that passes no multicast, interfaces that lead nowhere or to the
 * wrong people, no IPv4 at all, a cable that is pulled out and put back. The judge is git through the alias that the pairing wrote, both ways.
 */
import test, { type ExecutionContext } from 'ava';
import { type Card, type Host, inside, type Lab, openLab } from './lab.ts';
import { bothPaired, makeRepository, type Pairing, startPair, startServe } from './lanpair.ts';
import { skipReason } from './needs.ts';
import { until } from './until.ts';

const reason = skipReason({ script: 'interop:lan', programs: ['ss'] });
const story = (title: string, tell: (t: ExecutionContext) => Promise<void>): void =>
  reason === null ? test.serial(title, tell) : test.serial.skip(`${title} (skipped: ${reason})`, tell);
const user = 'ann';
const phrase = '73-ladder-acid-hope-rabbit';

let lab: Lab | undefined;
const started: Pairing[] = [];
test.afterEach.always(async () => {
  for (const pairing of started.splice(0)) pairing.signal('SIGKILL');
  await lab?.close();
  lab = undefined;
});

/** An interface as Docker makes it: the same address on every machine, and nobody behind it. */
const docker: Card = { name: 'docker0', segment: null, address: '172.17.0.1/16' };

story(
  'a router without multicast lies between them: with --peer on both they pair, and git gets through',
  async (t) => {
    const router = await host('router', '10.86.0.1', {
      cards: [{ name: 'eth1', segment: 'far', address: '10.87.0.1/24' }],
    });
    const alice = await host('alice', '10.86.0.11');
    const bob = await host('bob', '10.87.0.12', { segment: 'far' });
    await root(router, 'echo 1 > /proc/sys/net/ipv4/ip_forward');
    await root(alice, 'ip route add default via 10.86.0.1');
    await root(bob, 'ip route add default via 10.87.0.1');

    // Who is not on the link is answered only when a person has named him.
    const deaf = [begin(alice, ['--peer', '10.87.0.12'], 5), begin(bob, [], 5)];
    for (const pairing of deaf) t.is((await pairing.end()).code, 1);
    for (const { events } of deaf) t.false(events.some(({ event }) => event === 'proven'));
    const [one, two] = [begin(alice, ['--peer', '10.87.0.12']), begin(bob, ['--peer', '10.86.0.11'])];
    await bothPaired(t, [one, two]);
    t.like(await one.event('address'), { host: '10.87.0.12' });
    t.like(await two.event('address'), { host: '10.86.0.11' });
    await assertGit(t, alice, bob);
  },
);

story('docker0 on both, with the same address: they pair on the network that they share', async (t) => {
  const alice = await host('alice', '10.86.0.11', { cards: [docker] });
  const bob = await host('bob', '10.86.0.12', { cards: [docker] });
  const pairings = [begin(alice, []), begin(bob, [])];
  await bothPaired(t, pairings);
  for (const pairing of pairings) await assertOnLan(t, pairing);
  await assertGit(t, alice, bob);
});

story('the wrong interface has the default route, and a stranger behind it: they pair on the other one', async (t) => {
  const wrong = (name: string, last: number): Card => ({ name, segment: 'wrong', address: `192.168.9.${last}/24` });
  // Only alice is there, so whoever speaks by the default route alone is never heard by bob.
  const alice = await host('alice', '10.86.0.11', { cards: [wrong('eth1', 11)] });
  const bob = await host('bob', '10.86.0.12', { cards: [docker] });
  const stranger = await host('stranger', '', { segment: 'elsewhere', cards: [wrong('eth1', 1)] });
  await root(alice, 'ip route replace 224.0.0.0/4 dev eth1; ip route add default via 192.168.9.1 dev eth1');
  const third = begin(stranger, [], 60, '73-ladder-acid-hope-range');
  await third.event('seeking');
  const pairings = [begin(alice, []), begin(bob, [])];
  await bothPaired(t, pairings);
  for (const pairing of pairings) await assertOnLan(t, pairing);
  t.false(third.events.some(({ event }) => ['proven', 'paired', 'granted'].includes(event)));
  await assertGit(t, alice, bob);
});

story('IPv6 alone: find says where the other is, and git gets through', async (t) => {
  const alice = await host('alice', '');
  const bob = await host('bob', '');
  const pairings = [begin(alice, []), begin(bob, [])];
  await bothPaired(t, pairings);
  await startServe(t, bob, user);
  const found = await alice.run(user, [inside.node, inside.cli, 'find', 'bob', '--json']);
  t.is(found.code, 0, found.stderr);
  const { host: at } = JSON.parse(found.stdout) as { readonly host: string };
  t.regex(at, /^fe80:.*%eth0$/);
  const { stdout } = await bob.run(null, ['ip', '-6', '-o', 'addr', 'show', 'dev', 'eth0']);
  t.true(stdout.includes(at.replace('%eth0', '/')), `${at} is bob's: ${stdout}`);
  await assertGit(t, alice, bob);
});

story('the network that they share is the second one of an interface, and there is no IPv6', async (t) => {
  const alice = await host('alice', '10.86.0.11');
  const bob = await host('bob', '10.88.0.12');
  await root(bob, 'ip addr add 10.86.0.12/24 dev eth0');
  for (const each of [alice, bob]) await root(each, 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6');
  const pairings = [begin(alice, []), begin(bob, [])];
  await bothPaired(t, pairings);
  for (const pairing of pairings) t.regex(String((await pairing.event('address'))['host']), /^10\.86\.0\.1[12]$/);
  await startServe(t, bob, user);
  const found = await alice.run(user, [inside.node, inside.cli, 'find', 'bob', '--json']);
  t.is(found.code, 0, found.stdout + found.stderr);
  t.like(JSON.parse(found.stdout), { host: '10.86.0.12' });
  await assertGit(t, alice, bob);
});

story('the link goes down and up, and an address comes back, while one looks and while one serves', async (t) => {
  const alice = await host('alice', '10.86.0.11');
  const bob = await host('bob', '10.86.0.12');
  // As on any machine, and not as in the rest of the lab: an IPv6 address that comes back is asked about first.
  for (const each of [alice, bob]) await root(each, 'echo 1 > /proc/sys/net/ipv6/conf/eth0/accept_dad');
  const one = begin(alice, []);
  await until('alice to look', 60, () =>
    one.events.some(({ event, role }) => event === 'seeking' && role === 'asking'),
  );
  await loseAndRegain(alice);
  await root(bob, 'ip link set eth0 down; ip link set eth0 up');
  const two = begin(bob, []);
  await Promise.all([one.event('paired'), two.event('paired')]);
  for (const pairing of [one, two]) {
    pairing.signal('SIGINT');
    // That nothing could be sent meanwhile was told, and is no alarm.
    t.is((await pairing.end()).code, 0);
    t.false(pairing.events.some(({ event }) => event === 'alarm'));
  }
  await startServe(t, bob, user);
  await loseAndRegain(bob);
  const found = await alice.run(user, [inside.node, inside.cli, 'find', 'bob', '--json']);
  t.is(found.code, 0, found.stdout + found.stderr);
  await assertGit(t, alice, bob);
});

story('where it answers first is good enough for ssh, which does not wait for a better address', async (t) => {
  const [alice, bob] = [await host('alice', '10.86.0.11'), await host('bob', '10.86.0.12')];
  const both = [begin(alice, []), begin(bob, [])];
  await bothPaired(t, both);
  await startServe(t, bob, user);
  // Bob lists an address of IPv4, at which he hears nobody: he is asked there three times before it is given up.
  await root(bob, 'iptables -A INPUT -p udp -s 10.86.0.11 -j DROP');
  const reached = await alice.run(user, [inside.node, inside.cli, 'connect', 'bob', '--record', 'run.ndjson']);
  t.is(reached.code, 0, reached.stderr);
  t.regex(reached.stdout, /^SSH-2\.0-/);
  const run = alice.read(`/home/${user}/run.ndjson`);
  t.is(reached.stderr.includes('does not answer'), false, reached.stderr);
  t.false(run.includes('"event":"address"'), 'nobody waited until the best one was known');
});

story('IPv4 is closed towards who asks: the answer in the other family finds him, and ssh gets through', async (t) => {
  const [alice, bob] = [await host('alice', '10.86.0.11'), await host('bob', '10.86.0.12')];
  const both = [begin(alice, []), begin(bob, [])];
  await bothPaired(t, both);
  await startServe(t, bob, user);
  await root(alice, 'iptables -A INPUT -s 10.86.0.12 -j DROP');
  const found = await alice.run(user, [inside.node, inside.cli, 'find', 'bob', '--json']);
  t.is(found.code, 0, found.stdout + found.stderr);
  const { host: at } = JSON.parse(found.stdout) as { readonly host: string };
  t.regex(at, /^fe80:.*%eth0$/);
  const reached = await alice.run(user, [inside.node, inside.cli, 'connect', 'bob']);
  t.regex(reached.stdout, /^SSH-2\.0-/, reached.stderr);
});

/** Link, then address: gone until nothing is bound to it any more, back until something is; then faster than is seen. */
async function loseAndRegain(on: Host): Promise<void> {
  const isBound = async (): Promise<boolean> => {
    const { stdout } = await on.run(null, ['ss', '-Huln', 'src', on.address]);
    return stdout.trim() !== '';
  };
  for (const [lose, regain] of [
    ['link set eth0 down', 'link set eth0 up'],
    [`addr del ${on.address}/24 dev eth0`, `addr add ${on.address}/24 brd + dev eth0`],
  ] as const) {
    await root(on, `ip ${lose}`);
    await until(`${on.hostName} to notice: ${lose}`, 60, async () => !(await isBound()));
    await root(on, `ip ${regain}`);
    await until(`${on.hostName} to notice: ${regain}`, 60, isBound);
  }
  await root(on, 'ip link set eth0 down; ip link set eth0 up');
}

async function host(
  hostName: string,
  address: string,
  more: { readonly segment?: string; readonly cards?: readonly Card[] } = {},
): Promise<Host> {
  lab ??= await openLab(process.cwd());
  const made = await lab.host({ hostName, address, users: [user], ...more });
  await makeRepository(made, user, 'annex', 'git');
  return made;
}

function begin(on: Host, more: readonly string[], seconds = 120, said = phrase): Pairing {
  const pairing = startPair(on, user, { directory: 'annex', phrase: said, seconds, more });
  started.push(pairing);
  return pairing;
}

/** In either family. */
async function assertOnLan(t: ExecutionContext, pairing: Pairing): Promise<void> {
  t.regex(String((await pairing.event('address'))['host']), /^10\.86\.0\.\d+$|^fe80:.*%eth0$/);
}

/** Through ssh's ProxyCommand, `lanpair connect`. */
async function assertGit(t: ExecutionContext, one: Host, two: Host): Promise<void> {
  for (const [here, there] of [
    [one, two],
    [two, one],
  ] as const) {
    const reached = await here.run(user, ['git', 'ls-remote', `${there.hostName}.lanpair:annex`]);
    t.is(reached.code, 0, `git from ${here.hostName} to ${there.hostName}: ${reached.stderr}`);
  }
}

async function root(on: Host, command: string): Promise<void> {
  const { code, stderr } = await on.run(null, ['sh', '-c', command]);
  if (code !== 0) throw new Error(`${command} on ${on.hostName}: ${stderr}`);
}
