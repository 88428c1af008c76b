/** What Linux does with sockets of a group, met on cables between namespaces: each trap shown, and that we are not in it. */
import { spawn } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { requireInterfaces } from '../interfaces.ts';
import { until } from './interop/until.ts';
import { lacks, type Namespace, noNamespaces, openNamespace } from './namespaces.ts';
import { type Answer, groupPort, type Order } from './networker.ts';

const tell = noNamespaces === null ? test : test.skip;
const why = noNamespaces === null ? '' : ` (${noNamespaces})`;
const ipv6 = '/proc/sys/net/ipv6/conf';
const networker = fileURLToPath(new URL('networker.js', import.meta.url));

interface Worker {
  readonly answers: Answer[];
  order(order: Order): void;
  /** The next one that fits, of those that were not taken yet. One after the other. */
  next(fits: (answer: Answer) => boolean): Promise<Answer>;
}

function startWorker(t: ExecutionContext, { enter }: Namespace): Worker {
  const [file, ...words] = [...enter, process.execPath, networker];
  const child = spawn(file, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  t.teardown(() => {
    child.stdin.end();
    return ended;
  });
  const answers: Answer[] = [];
  let look: () => void = () => undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    answers.push(JSON.parse(line) as Answer);
    look();
  });
  return {
    answers,
    order: (order) => void child.stdin.write(`${JSON.stringify(order)}\n`),
    next: (fits) =>
      new Promise((resolve) => {
        look = () => {
          const at = answers.findIndex(fits);
          if (at < 0) return;
          look = () => undefined;
          resolve(answers.splice(at, 1)[0] as Answer);
        };
        look();
      }),
  };
}

/** A socket of Node's own, `s`, does this in there, until it is closed. What it printed. */
function bare(space: Namespace, does: string, type: 'udp4' | 'udp6' = 'udp4'): Promise<string> {
  const script = `const dgram = require('dgram'); const s = dgram.createSocket({ type: '${type}', reuseAddr: true }); ${does}`;
  return space.run([process.execPath, '-e', script]);
}

const isTold =
  (told: Answer['told']) =>
  (answer: Answer): boolean =>
    answer.told === told;
const isHeard =
  (text: string) =>
  (answer: Answer): boolean =>
    answer.told === 'heard' && answer.text === text;
/** What was heard so, where. */
const whereHeard = ({ answers }: Worker, text: string): string[] =>
  answers.flatMap((answer) => (isHeard(text)(answer) && answer.told === 'heard' ? [answer.interface] : []));

/** Two machines on so many cables: 10.0.N.1 and 10.0.N.2 on `ethN`; without IPv6, where it is not asked for, so that nothing but what we say is said. */
async function neighbours(
  t: ExecutionContext,
  cables: number,
  families: readonly (4 | 6)[] = [4],
): Promise<{ here: Namespace; there: Namespace; names: readonly string[] }> {
  const here = await openNamespace(t);
  const there = await openNamespace(t, here);
  const names = Array.from({ length: cables }, (_, i) => `eth${i}`);
  const six = families.includes(6) ? 'accept_dad=0' : 'disable_ipv6=1';
  for (const space of [here, there]) await space.shell(`echo ${six.slice(-1)} > ${ipv6}/default/${six.slice(0, -2)}`);
  for (const [i, name] of names.entries()) {
    await here.cable(name, there, name);
    await here.shell(`ip addr add 10.0.${i}.1/24 dev ${name}`);
    await there.shell(`ip addr add 10.0.${i}.2/24 dev ${name}`);
  }
  return { here, there, names };
}

async function serving(
  t: ExecutionContext,
  space: Namespace,
  names: readonly string[],
  families: readonly (4 | 6)[] = [4],
): Promise<Worker> {
  const worker = startWorker(t, space);
  worker.order({ order: 'serve', names, families });
  const open = names.length * families.length;
  t.deepEqual(await worker.next(isTold('served')), { told: 'served', open, failures: [] });
  return worker;
}

tell(`what is said on two interfaces at once leaves by each, and is heard on that one alone${why}`, async (t) => {
  const { here, there, names } = await neighbours(t, 2);
  const [speaker, listener] = [await serving(t, here, names), await serving(t, there, names)];
  speaker.order({ order: 'race', names, text: 'trap' });
  // A bare socket: both left by the last interface, and the network knows it by where the source is.
  await listener.next(isHeard('trap eth1'));
  t.deepEqual(whereHeard(listener, 'trap eth0'), ['eth1'], 'two sends around setMulticastInterface race');
  for (let i = 0; i < 20; i++) speaker.order({ order: 'say', names, text: `${i}` });
  for (const name of names) listener.answers.push(await listener.next(isHeard(`19 ${name}`)));
  for (const name of names) {
    for (let i = 0; i < 20; i++) t.deepEqual(whereHeard(listener, `${i} ${name}`), [name]);
  }
});

tell(`one socket joins at most 20 interfaces, and we have one for each${why}`, async (t) => {
  const { here, there, names } = await neighbours(t, 21);
  await here.shell('echo 20 > /proc/sys/net/ipv4/igmp_max_memberships');
  const bare = startWorker(t, here);
  bare.order({ order: 'joinAll', names });
  t.deepEqual(await bare.next(isTold('joined')), { told: 'joined', count: 20, code: 'ENOBUFS' });
  // More than `interfacesMax` are never served; those that are hear their group, the last one as well.
  const most = names.slice(0, 16);
  const [ours, theirs] = [await serving(t, here, most), await serving(t, there, most)];
  theirs.order({ order: 'say', names: most, text: 'to all' });
  for (const name of most) await ours.next(isHeard(`to all ${name}`));
  t.pass();
});

tell(`a membership outlives the cable${why}`, async (t) => {
  const { here, there, names } = await neighbours(t, 1);
  const [ours, theirs] = [await serving(t, here, names), await serving(t, there, names)];
  theirs.order({ order: 'say', names, text: 'before' });
  await ours.next(isHeard('before eth0'));
  await there.shell('ip link set eth0 down');
  theirs.order({ order: 'say', names, text: 'without a way' });
  t.like(await theirs.next(isTold('failed')), { interface: 'eth0' });
  await there.shell('ip link set eth0 up');
  await here.shell('ip link set eth0 down; ip link set eth0 up');
  theirs.order({ order: 'say', names, text: 'after' });
  await ours.next(isHeard('after eth0'));
  ours.order({ order: 'say', names, text: 'also back' });
  await theirs.next(isHeard('also back eth0'));
  t.pass();
});

tell(
  `what comes while nobody reads is lost in silence beyond some hundreds, and what comes later is heard${why}`,
  async (t) => {
    const { here, there, names } = await neighbours(t, 1);
    const [ours, theirs] = [await serving(t, here, names), await serving(t, there, names)];
    ours.order({ order: 'sleep', ms: 3000 });
    await ours.next(isTold('deaf'));
    const times = 2000;
    theirs.order({ order: 'tell', address: '10.0.0.1', text: 'x', times });
    // Other sockets, other buffers: this one is not lost, and comes after the flood.
    theirs.order({ order: 'say', names, text: 'end' });
    await ours.next(isHeard('end eth0'));
    theirs.order({ order: 'tell', address: '10.0.0.1', text: 'later', times: 1 });
    await ours.next(isHeard('later'));
    const heard = whereHeard(ours, 'x').length;
    t.true(heard >= 200 && heard < times, `${heard} of ${times} were heard`);
    t.deepEqual(ours.answers.filter(isTold('failed')), []);
  },
);

tell(
  `what is sent to the port of the group reaches the one of us who came last, and us all by our own ports${why}`,
  async (t) => {
    const { here, there, names } = await neighbours(t, 1);
    const [first, last] = [await serving(t, here, names), await serving(t, here, names)];
    const theirs = await serving(t, there, names);
    theirs.order({ order: 'tell', address: '10.0.0.1', text: 'to one', times: 1 });
    await last.next(isHeard('to one'));
    theirs.order({ order: 'say', names, text: 'to both' });
    await Promise.all([first.next(isHeard('to both eth0')), last.next(isHeard('to both eth0'))]);
    t.deepEqual(whereHeard(first, 'to one'), []);
  },
);

tell(`in IPv6 the source says by which interface it came, and counts for that one alone${why}`, async (t) => {
  const { here, there, names } = await neighbours(t, 2, [6]);
  const [ours, theirs] = [await serving(t, here, names, [6]), await serving(t, there, names, [6])];
  for (const text of ['hello', 'end']) theirs.order({ order: 'say', names, text });
  for (const name of names) {
    const heard = await ours.next(isHeard(`end ${name}`));
    t.regex(heard.told === 'heard' ? heard.source : '', new RegExp(`^fe80::.*%${name}$`));
    t.deepEqual(whereHeard(ours, `hello ${name}`), [name], 'once, whatever else is joined here');
  }
});

tell(`a bridge that passes on only to who joined passes both families on to us${why}`, async (t) => {
  const bridge = await openNamespace(t);
  const spaces = [await openNamespace(t, bridge), await openNamespace(t, bridge)] as const;
  // It asks who is there at once, and believes the answers a tenth of a second later.
  const snooping = 'mcast_snooping 1 mcast_querier 1 mcast_query_response_interval 10';
  await bridge.shell(`ip link add br0 type bridge ${snooping}; ip link set br0 up`);
  for (const [i, space] of spaces.entries()) {
    await space.shell(`echo 0 > ${ipv6}/default/accept_dad`);
    await bridge.cable(`p${i}`, space, 'eth0');
    await bridge.shell(`ip link set p${i} master br0`);
    await space.shell(`ip addr add 10.0.0.${i + 1}/24 dev eth0`);
  }
  const [ours, theirs] = [await serving(t, spaces[0], ['eth0'], [4, 6]), await serving(t, spaces[1], ['eth0'], [4, 6])];
  // 224.0.0.251 passes every bridge; ff02::fb passes where it was joined.
  await until('the bridge to know who joined', 30, async () => {
    const known = await bridge.shell('bridge mdb show');
    return ['p0', 'p1'].every((port) => known.includes(`port ${port} grp ff02::fb`));
  });
  theirs.order({ order: 'say', names: ['eth0'], text: 'through' });
  ours.order({ order: 'say', names: ['eth0'], text: 'back' });
  for (const [worker, text] of [
    [ours, 'through eth0'],
    [theirs, 'back eth0'],
  ] as const) {
    const both = [await worker.next(isHeard(text)), await worker.next(isHeard(text))];
    const overV6 = both.filter((heard) => heard.told === 'heard' && heard.source.includes(':'));
    // One over each family, in whichever order.
    t.is(overV6.length, 1);
  }
});

tell(
  `on a cable we hear ourselves; who turns that off is heard by others, with TTL 0 by nobody else${why}`,
  async (t) => {
    const { here, there, names } = await neighbours(t, 1);
    const [ours, theirs] = [await serving(t, here, names), await serving(t, there, names)];
    await bare(
      here,
      `s.bind(0, '10.0.0.1', () => {
      s.setMulticastInterface('10.0.0.1');
      s.setMulticastLoopback(false);
      s.send('unheard here', ${groupPort}, '224.0.0.251', () => {
        s.setMulticastLoopback(true);
        s.setMulticastTTL(0);
        s.send('unheard there', ${groupPort}, '224.0.0.251', () => s.close());
      });
    });`,
    );
    ours.order({ order: 'say', names, text: 'end' });
    for (const worker of [ours, theirs]) await worker.next(isHeard('end eth0'));
    t.deepEqual([whereHeard(ours, 'unheard here'), whereHeard(theirs, 'unheard here')], [[], ['eth0']]);
    t.deepEqual([whereHeard(ours, 'unheard there'), whereHeard(theirs, 'unheard there')], [['eth0'], []]);
  },
);

tell(`a socket that joined nothing hears what another one joined, so ours are bound to the group${why}`, async (t) => {
  const { here, there, names } = await neighbours(t, 1);
  const theirs = await serving(t, there, names);
  const ours = await serving(t, here, names);
  const heard = bare(
    here,
    `s.on('message', (m) => { console.log(String(m)); s.close(); }).bind(${groupPort}, () => console.error());`,
  );
  // It says when it listens to nobody: told until it has heard.
  const saying = setInterval(() => theirs.order({ order: 'say', names, text: 'to the group' }), 100);
  t.is(await heard, 'to the group eth0\n');
  clearInterval(saying);
  await ours.next(isHeard('to the group eth0'));
});

tell(`20,000 datagrams at once: no error, and what is said next is said${why}`, async (t) => {
  const { here, there, names } = await neighbours(t, 1);
  const theirs = await serving(t, there, names);
  const ours = await serving(t, here, names);
  ours.order({ order: 'tell', address: '10.0.0.2', text: 'x', times: 20_000 });
  ours.order({ order: 'say', names, text: 'end' });
  await ours.next(isHeard('end eth0'));
  ours.order({ order: 'tell', address: '10.0.0.2', text: 'last', times: 1 });
  await theirs.next(isHeard('last'));
  t.deepEqual(ours.answers.filter(isTold('failed')), []);
});

const noNft = lacks('nft');
(noNft === null ? test : test.skip)(
  `what the system will not send is told, each time with its reason, and the next is sent${noNft === null ? '' : ` (${noNft})`}`,
  async (t) => {
    const { here, names } = await neighbours(t, 1);
    const ours = await serving(t, here, names);
    await here.shell('ip route add prohibit 10.50.0.0/16');
    await here.shell('nft add table ip f; nft add chain ip f out "{ type filter hook output priority 0; }"');
    await here.shell('nft add rule ip f out ip daddr 10.0.0.3 reject; nft add rule ip f out ip daddr 10.0.0.4 drop');
    for (const [address, reason] of [
      ['10.0.0.255', 'EACCES'], // Of the whole network, which no socket of ours may speak to.
      ['10.50.0.1', 'EACCES'],
      ['10.0.0.3', 'EPERM'],
      ['10.0.0.4', 'EPERM'],
      ['10.99.0.1', 'ENETUNREACH'],
      [`${'a'.repeat(64)}.invalid`, 'ENOTFOUND'], // `--peer` takes no names at all.
    ] as const) {
      ours.order({ order: 'tell', address, text: 'x', times: 1 });
      const failed = await ours.next(isTold('failed'));
      t.true(failed.told === 'failed' && failed.reason.includes(reason), `${address}: ${JSON.stringify(failed)}`);
    }
    ours.order({ order: 'say', names, text: 'still here' });
    await ours.next(isHeard('still here eth0'));
  },
);

tell(
  `without a route a socket that knows no interface can neither join nor speak; ours know theirs${why}`,
  async (t) => {
    const { here, names } = await neighbours(t, 1);
    const lost = `s.bind(0, () => {
    try { s.addMembership('224.0.0.251'); } catch (e) { console.log(e.code); }
    s.send('x', ${groupPort}, '224.0.0.251', (e) => { console.log(e && e.code); s.close(); });
  });`;
    t.is(await bare(here, lost), 'ENODEV\nENETUNREACH\n');
    const ours = await serving(t, here, names);
    ours.order({ order: 'say', names, text: 'out' });
    await ours.next(isHeard('out eth0'));
  },
);

tell(
  `lo has no multicast in IPv6, so nothing is opened for ::1; in IPv4 it works where there is lo alone${why}`,
  async (t) => {
    const alone = await openNamespace(t);
    const six = `s.bind(0, () => s.send('x', ${groupPort}, 'ff02::fb%lo', (e) => { console.log(e && e.code); s.close(); }));`;
    t.is(await bare(alone, six, 'udp6'), 'ENETUNREACH\n');
    const worker = startWorker(t, alone);
    worker.order({ order: 'serve', names: ['lo'], families: [4, 6] });
    t.deepEqual(await worker.next(isTold('served')), { told: 'served', open: 1, failures: [] });
    await bare(
      alone,
      `s.bind(0, '127.0.0.1', () => {
      s.setMulticastInterface('127.0.0.1');
      s.setMulticastLoopback(false);
      s.send('in spite of it', ${groupPort}, '224.0.0.251', () => s.close());
    });`,
    );
    await worker.next(isHeard('in spite of it'));
    worker.order({ order: 'say', names: ['lo'], text: 'to myself' });
    await worker.next(isHeard('to myself lo'));
  },
);

tell(`reusePort is nothing before Node 22.12: two share a port by reuseAddr, as ours do${why}`, async (t) => {
  const alone = await openNamespace(t);
  const two = (option: string): string => `const b = dgram.createSocket({ type: 'udp4', ${option}: true });
    const a = dgram.createSocket({ type: 'udp4', ${option}: true });
    b.on('error', (e) => { console.log(e.code); a.close(); s.close(); });
    a.bind(${groupPort}, () => b.bind(${groupPort}, () => { console.log('both'); a.close(); b.close(); s.close(); }));`;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isHeeded = major > 22 || (major === 22 && minor >= 12);
  t.is(await bare(alone, two('reusePort')), isHeeded ? 'both\n' : 'EADDRINUSE\n');
  t.is(await bare(alone, two('reuseAddr')), 'both\n');
});

tell(`an interface that is not there is joined without a word, so we ask the system first${why}`, async (t) => {
  const { here } = await neighbours(t, 1);
  await here.shell('echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6');
  const joins = `const s = require('dgram').createSocket('udp6'); s.bind(0, () => { s.addMembership('ff02::fb', '::%nope'); s.close(); })`;
  t.is(await here.shell(`${process.execPath} -e "${joins}"`), '');
  const seen = networkInterfaces();
  t.throws(() => requireInterfaces(seen, { named: ['nope'], families: [4, 6] }), {
    message: /There is no interface "nope"/,
  });
});
