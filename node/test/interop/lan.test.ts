/**
 * lp1 between real processes on a LAN of their own, and what real LANs do to it: IPv6 alone, multicast that arrives one way
 * only, firewalls, loss, somebody with another phrase, a process that is killed. The judge is git over ssh, both ways.
 */
import test, { type ExecutionContext } from 'ava';
import { keyLines } from './assistant.ts';
import { type Host, type Lab, openLab } from './lab.ts';
import { keyFile, makeRepository, type Pairing, startPair } from './lanpair.ts';
import { skipReason } from './needs.ts';
import { countSent, loseThirtyPercent, type Sent, total } from './traffic.ts';
import { until } from './until.ts';

interface Place {
  readonly host: Host;
  /** Where ssh reaches it. */
  readonly address: string;
}

interface World {
  readonly lab: Lab;
  readonly alice: Place;
  readonly bob: Place;
  readonly stranger: Place;
  /** On the same bridge, with no IPv4 address at all. */
  readonly alice6: Place;
  readonly bob6: Place;
}

const directory = 'annex';
const phrase = '73-ladder-acid-hope-rabbit';
/** One for each story, on every host: who is paired already is another story. */
const users = ['ann', 'bea', 'cat', 'four', 'six', 'oneway', 'walled', 'lossy', 'beside', 'killed', 'healed'] as const;
type User = (typeof users)[number];

const reason = skipReason({ script: 'interop:lan', programs: ['ip6tables'] });
const story = (title: string, tell: (t: ExecutionContext) => Promise<void>): void =>
  reason === null ? test.serial(title, tell) : test.serial.skip(`${title} (skipped: ${reason})`, tell);

let world: World;
/** Of the story that is being told: what a failed one leaves running would pair with the next one's. */
const started: Pairing[] = [];

if (reason === null) {
  test.before('a bridge and five hosts', async (t) => {
    t.timeout(120_000);
    world = await openWorld();
  });
  test.afterEach.always(async () => {
    for (const pairing of started.splice(0)) pairing.signal('SIGKILL');
    for (const { host } of places()) {
      await host.run(null, ['sh', '-c', 'for t in iptables ip6tables; do $t -P INPUT ACCEPT; $t -F; done']);
    }
  });
  test.after.always(() => world?.lab.close());
}

story('a clean LAN with both families pairs', async (t) => {
  const { alice, bob } = world;
  for (const user of ['ann', 'bea', 'cat'] as const) {
    const first = start(alice, user);
    await looking(first);
    const second = start(bob, user, { phrase: null });
    await second.event('seeking');
    const sent = await metered([alice, bob]);
    second.type(phrase);
    await assertPaired(t, user, [alice, first], [bob, second], async () => t.log(await figures(second, sent)));
  }
});

story('IPv4 alone pairs', async (t) => {
  const { alice, bob } = world;
  for (const place of [alice, bob]) await must(place, 'ip6tables -A INPUT -j DROP');
  const [one, two] = [start(alice, 'four'), start(bob, 'four')];
  await assertPaired(t, 'four', [alice, one], [bob, two]);
  t.like(await one.event('address'), { host: bob.address });
  t.like(await two.event('address'), { host: alice.address });
});

story('IPv6 alone pairs: link-local addresses, and the group ff02::fb', async (t) => {
  const { alice6, bob6 } = world;
  const [one, two] = [start(alice6, 'six'), start(bob6, 'six')];
  await assertPaired(t, 'six', [alice6, one], [bob6, two]);
  t.like(await one.event('address'), { host: bob6.address });
  t.like(await two.event('address'), { host: alice6.address });
});

story('one of them hears no multicast: they pair all the same', async (t) => {
  const { alice, bob } = world;
  await must(alice, 'iptables -A INPUT -d 224.0.0.251 -j DROP; ip6tables -A INPUT -d ff02::fb -j DROP');
  await assertPaired(t, 'oneway', [alice, start(alice, 'oneway')], [bob, start(bob, 'oneway')], async () => {
    t.true((await dropped(alice)) > 0, 'there was multicast to be dropped');
  });
});

story(
  'what the system refuses to send is said: a --peer that no route leads to, a firewall that lets nothing out',
  async (t) => {
    const { alice } = world;
    await must(alice, 'iptables -A OUTPUT -d 224.0.0.251 -j DROP; ip6tables -A OUTPUT -d ff02::fb -j DROP');
    const lost = start(alice, 'four', { peer: { ...alice, address: '10.99.0.1' }, seconds: 5 });
    t.is((await lost.end()).code, 1);
    const reasons = lost.events.filter(({ event }) => event === 'trouble').map(({ reason }) => String(reason));
    t.true(
      reasons.some((text) => text.includes('EPERM')),
      reasons.join(),
    );
    t.true(
      reasons.some((text) => text.includes('10.99.0.1')),
      reasons.join(),
    );
  },
);

story('two firewalls that let in answers alone: nobody is found, but with --peer on both they pair', async (t) => {
  const { alice, bob } = world;
  for (const place of [alice, bob]) {
    await must(
      place,
      'for t in iptables ip6tables; do $t -A INPUT -i lo -j ACCEPT; $t -A INPUT -p icmpv6 -j ACCEPT 2> /dev/null; $t -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT; $t -P INPUT DROP; done',
    );
  }
  const alone = [start(alice, 'walled', { seconds: 5 }), start(bob, 'walled', { seconds: 5 })];
  for (const pairing of alone) t.is((await pairing.end()).code, 1);
  for (const { events } of alone) t.false(events.some(({ event }) => event === 'proven'));
  const [one, two] = [start(alice, 'walled', { peer: bob }), start(bob, 'walled', { peer: alice })];
  await assertPaired(t, 'walled', [alice, one], [bob, two], async () => {
    t.true((await dropped(alice)) > 0 && (await dropped(bob)) > 0);
  });
});

story('three of ten datagrams are lost, both ways: they pair', async (t) => {
  const { alice, bob } = world;
  for (const { host } of [alice, bob]) await loseThirtyPercent(host);
  const [one, two] = [start(alice, 'lossy'), start(bob, 'lossy', { phrase: null })];
  await looking(one);
  await two.event('seeking');
  const sent = await metered([alice, bob]);
  two.type(phrase);
  await assertPaired(t, 'lossy', [alice, one], [bob, two], async () => {
    t.true((await dropped(alice)) + (await dropped(bob)) > 0);
    t.log(`30 % lost: ${await figures(two, sent)}`);
  });
});

story('somebody with another phrase on the same channel pairs with nobody, and hinders nobody', async (t) => {
  const { alice, bob, stranger } = world;
  const third = start(stranger, 'beside', { phrase: '73-ladder-acid-hope-range', seconds: 20 });
  await looking(third);
  await assertPaired(t, 'beside', [alice, start(alice, 'beside')], [bob, start(bob, 'beside')], async () => {
    await until('the stranger to be refused', 60, () => third.events.some(({ event }) => event === 'refused'));
  });
  t.is((await third.end()).code, 1);
  t.false(third.events.some(({ event }) => ['proven', 'paired', 'granted'].includes(event)));
  t.deepEqual([records(stranger, 'beside'), authorized(stranger, 'beside')], [[], []]);
});

story('one is killed when the phrase was proven, and started anew: they pair', async (t) => {
  const { alice, bob } = world;
  const [one, two] = [start(alice, 'killed'), start(bob, 'killed')];
  await Promise.all([one.event('proven'), two.event('proven')]);
  two.signal('SIGKILL');
  t.is((await two.end()).code, -1);
  await assertPaired(t, 'killed', [alice, one], [bob, start(bob, 'killed')]);
});

story(
  'one is killed when it installed the key and the other knows nothing of it: started anew, they pair',
  async (t) => {
    const { alice, bob } = world;
    // READY and DONE of lp1 (SPEC.md §4): what bob says of himself does not arrive.
    for (const type of ['04', '05']) {
      await must(alice, `iptables -A INPUT -p udp -m string --algo bm --hex-string '|4c5001${type}|' -j DROP`);
      await must(alice, `ip6tables -A INPUT -p udp -m string --algo bm --hex-string '|4c5001${type}|' -j DROP`);
    }
    const [one, two] = [start(alice, 'healed'), start(bob, 'healed')];
    await two.event('granted');
    two.signal('SIGKILL');
    t.is((await two.end()).code, -1);
    t.true((await dropped(alice)) > 0);
    t.is(authorized(bob, 'healed').length, 1);
    t.is(authorized(alice, 'healed').length, 0, 'alice has not heard that bob stored her');
    await must(alice, 'iptables -F; ip6tables -F');
    await assertPaired(t, 'healed', [alice, one], [bob, start(bob, 'healed')]);
  },
);

async function openWorld(): Promise<World> {
  const lab = await openLab(process.cwd());
  const place = async (hostName: string, address: string): Promise<Place> => {
    const host = await lab.host({ hostName, address, users });
    for (const user of users) await makeRepository(host, user, directory, 'git');
    return { host, address: address === '' ? await linkLocal(host) : address };
  };
  const [alice, bob, stranger, alice6, bob6] = await Promise.all([
    place('alice', '10.86.0.11'),
    place('bob', '10.86.0.12'),
    place('stranger', '10.86.0.13'),
    place('alice6', ''),
    place('bob6', ''),
  ]);
  return { lab, alice, bob, stranger, alice6, bob6 };
}

function places(): readonly Place[] {
  const { alice, bob, stranger, alice6, bob6 } = world;
  return [alice, bob, stranger, alice6, bob6];
}

/** With its zone, as soon as the kernel has made sure that nobody else has it. */
async function linkLocal(host: Host): Promise<string> {
  const address = await until(`a link-local address of ${host.hostName}`, 20, async () => {
    const { stdout } = await host.run(null, ['ip', '-6', '-o', 'addr', 'show', 'dev', 'eth0', 'scope', 'link']);
    return stdout.includes('tentative') ? null : (/inet6 (fe80:[^/]+)/.exec(stdout)?.[1] ?? null);
  });
  return `${address}%eth0`;
}

interface More {
  readonly phrase?: string | null;
  readonly peer?: Place;
  readonly seconds?: number;
}

function start({ host }: Place, user: User, more: More = {}): Pairing {
  const peer = more.peer === undefined ? [] : ['--peer', more.peer.address];
  const said = more.phrase === undefined ? phrase : more.phrase;
  const pairing = startPair(host, user, {
    directory,
    phrase: said,
    ...(more.seconds === undefined ? {} : { seconds: more.seconds }),
    more: peer,
  });
  started.push(pairing);
  return pairing;
}

/** When it took its phrase and began to look, in ms after its start. */
async function looking(pairing: Pairing): Promise<number> {
  const isAsking = ({ event, role }: { readonly event: string; readonly role?: unknown }): boolean =>
    event === 'seeking' && role === 'asking';
  return until('lanpair to look', 60, () => {
    const told = pairing.events.find(isAsking);
    return told === undefined ? null : Number(told['atMs']);
  });
}

async function metered(two: readonly Place[]): Promise<() => Promise<Sent>> {
  const counts = await Promise.all(two.map(({ host }) => countSent(host)));
  return async () => total(await Promise.all(counts.map((count) => count())));
}

/** Of a pairing in which this one got its phrase last. */
async function figures(second: Pairing, sent: () => Promise<Sent>): Promise<string> {
  const { datagrams, bytes } = await sent();
  const typed = await looking(second);
  const after = async (name: string): Promise<number> => Number((await second.event(name))['atMs']) - typed;
  return `from the second phrase: proven ${await after('proven')} ms, paired ${await after('paired')} ms, ${datagrams} datagrams, ${bytes} bytes`;
}

type Side = readonly [Place, Pairing];

/** Both say it, each holds the other's key and one record, and git gets through both ways. */
async function assertPaired(
  t: ExecutionContext,
  user: User,
  one: Side,
  two: Side,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<void> {
  await Promise.all([one[1].event('paired'), two[1].event('paired')]);
  await meanwhile();
  for (const [{ host }, pairing] of [one, two]) {
    // One of them stays a little for the other's sake; here we know that it need not.
    pairing.signal('SIGINT');
    const end = await pairing.end();
    t.is(end.code, 0, `${host.hostName}: ${end.stdout}${end.stderr}`);
    t.deepEqual(
      pairing.events.filter(({ event }) => event === 'trouble' || event === 'alarm'),
      [],
    );
    await host.run(null, ['sh', '-c', 'for t in iptables ip6tables; do $t -P INPUT ACCEPT; $t -F; done']);
  }
  for (const [[here], [there]] of [
    [one, two],
    [two, one],
  ] as const) {
    t.is(records(here, user).length, 1);
    const theirs = there.host
      .read(`${keyFile(user)}.pub`)
      .split(' ')
      .slice(0, 2)
      .join(' ');
    const lines = authorized(here, user);
    t.is(lines.length, 1);
    t.true(lines[0]?.includes(theirs), `the key of ${there.host.hostName} at ${here.host.hostName}`);
    const options = ['IdentitiesOnly=yes', 'BatchMode=yes', 'StrictHostKeyChecking=accept-new'];
    // A percent sign begins a token of ssh's own.
    options.push(`HostName=${there.address.replace('%', '%%')}`);
    const ssh = `ssh -i ${keyFile(user)} ${options.map((option) => `-o ${option}`).join(' ')}`;
    const url = `${user}@${there.host.hostName}:${directory}`;
    const reached = await here.host.run(user, ['git', '-c', `core.sshCommand=${ssh}`, 'ls-remote', url]);
    t.is(reached.code, 0, `git from ${here.host.hostName} to ${there.host.hostName}: ${reached.stderr}`);
  }
}

const authorized = ({ host }: Place, user: User): readonly string[] =>
  keyLines(host.read(`/home/${user}/.ssh/authorized_keys`));
const records = ({ host }: Place, user: User): readonly string[] =>
  host.list(`/home/${user}/.local/state/lanpair/peers`).filter((name) => name.endsWith('.json'));

async function must({ host }: Place, command: string): Promise<void> {
  const { code, stderr } = await host.run(null, ['sh', '-c', command]);
  if (code !== 0) throw new Error(`${command} on ${host.hostName}: ${stderr}`);
}

/** Datagrams that the rules and the policy of both families have dropped. */
async function dropped({ host }: Place): Promise<number> {
  const list = 'for t in iptables ip6tables; do $t -L INPUT -v -n -x; done';
  const { stdout } = await host.run(null, ['sh', '-c', list]);
  const counts = [...stdout.matchAll(/^Chain INPUT \(policy DROP (\d+) packets|^\s*(\d+)\s+\d+ DROP /gm)];
  return counts.reduce((sum, [, byPolicy, byRule]) => sum + Number(byPolicy ?? byRule), 0);
}
