/** What Linux does with sockets of a group, met on cables between namespaces: each trap shown, and that we are not in it. */
import { spawn } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { requireInterfaces } from '../interfaces.ts';
import { type Namespace, noNamespaces, openNamespace } from './namespaces.ts';
import type { Answer, Order } from './networker.ts';

const tell = noNamespaces === null ? test : test.skip;
const why = noNamespaces === null ? '' : ` (${noNamespaces})`;
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

/** Two machines on so many cables: 10.0.N.1 and 10.0.N.2 on `ethN`, without IPv6, so that nothing but what we say is said. */
async function neighbours(
  t: ExecutionContext,
  cables: number,
): Promise<{ here: Namespace; there: Namespace; names: readonly string[] }> {
  const here = await openNamespace(t);
  const there = await openNamespace(t, here);
  const names = Array.from({ length: cables }, (_, i) => `eth${i}`);
  for (const space of [here, there]) await space.shell('echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6');
  for (const [i, name] of names.entries()) {
    await here.cable(name, there, name);
    await here.shell(`ip addr add 10.0.${i}.1/24 dev ${name}`);
    await there.shell(`ip addr add 10.0.${i}.2/24 dev ${name}`);
  }
  return { here, there, names };
}

async function serving(t: ExecutionContext, space: Namespace, names: readonly string[]): Promise<Worker> {
  const worker = startWorker(t, space);
  worker.order({ order: 'serve', names });
  t.deepEqual(await worker.next(isTold('served')), { told: 'served', open: names.length, failures: [] });
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
