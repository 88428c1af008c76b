/** The doctor on hosts of their own: what it says of each ailment, and that what it tells to do heals it. */
import test, { type ExecutionContext } from 'ava';
import { type Host, inside, type Lab, openLab } from './lab.ts';
import { type Event, makeRepository, startPair } from './lanpair.ts';
import { skipReason } from './needs.ts';

const users = ['ann', 'bea', 'cat'] as const;
const reason = skipReason({ script: 'interop:lan', programs: ['ip6tables', 'nft'] });
const story = (title: string, tell: (t: ExecutionContext) => Promise<void>): void =>
  reason === null ? test.serial(title, tell) : test.serial.skip(`${title} (skipped: ${reason})`, tell);

let lab: Lab;
let alice: Host;
let bob: Host;

if (reason === null) {
  test.before('a bridge and two hosts', async (t) => {
    t.timeout(120_000);
    lab = await openLab(process.cwd());
    [alice, bob] = await Promise.all([
      lab.host({ hostName: 'alice', address: '10.86.0.11', users }),
      lab.host({ hostName: 'bob', address: '10.86.0.12', users }),
    ]);
  });
  test.afterEach.always(async () => {
    for (const host of [alice, bob]) {
      await must(host, 'nft flush ruleset; for t in iptables ip6tables; do $t -P INPUT ACCEPT; $t -F; done');
    }
  });
  test.after.always(() => lab?.close());
}

interface Report {
  readonly code: number;
  readonly events: readonly Event[];
  /** `level rule`, in order, without `noNames`. */
  readonly findings: readonly string[];
  readonly next: (rule: string) => string;
  readonly paths: readonly Event[];
}

interface More {
  readonly user?: string;
  readonly seconds?: number;
  readonly peer?: string;
}

/** The hosts of the lab look up no `.local` names, and every report says so. */
const noNames = 'local-not-asked';

async function doctor(host: Host, { user, seconds = 3, peer }: More = {}): Promise<Report> {
  const how = ['doctor', '--json', '--timeout', `${seconds}s`, ...(peer === undefined ? [] : ['--peer', peer])];
  const { code, stdout, stderr } = await host.run(user ?? null, [inside.node, inside.cli, ...how]);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  const found = events.filter(({ event }) => event === 'finding');
  if (stderr !== '') throw new Error(stderr);
  return {
    code,
    events,
    findings: found.filter(({ rule }) => rule !== noNames).map(({ level, rule }) => `${String(level)} ${String(rule)}`),
    next: (rule) => String(found.find((finding) => finding['rule'] === rule)?.['next']),
    paths: events.filter(({ event }) => event === 'path'),
  };
}

/** On both at once, so that they hear each other. */
const both = (): Promise<readonly [Report, Report]> =>
  Promise.all([doctor(alice, { seconds: 6 }), doctor(bob, { seconds: 6 })]);

story('two healthy machines hear each other, in both families and on both ports', async (t) => {
  const reports = await both();
  for (const { code, events, findings, paths } of reports) {
    t.deepEqual([code, ...findings], [0]);
    t.true(events.some(({ rule }) => rule === noNames));
    t.deepEqual(
      paths.map(({ family, conversation, doctors, heardBy }) => [
        family,
        conversation,
        (doctors as string[]).length,
        (heardBy as string[]).length,
      ]),
      [
        [4, 'lp1', 1, 1],
        [6, 'lp1', 1, 1],
        [4, 'annex', 1, 1],
      ],
    );
  }
});

const walls: readonly (readonly [string, (typeof users)[number], string])[] = [
  [
    'nftables',
    'ann',
    `nft -f - <<'END'
table inet guard {
  chain incoming {
    type filter hook input priority filter; policy drop;
    iif lo accept
    ct state established,related accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query } accept
  }
}
table inet other {
  chain incoming {
    type filter hook input priority filter + 10; policy accept;
    udp dport 1-65535 accept
  }
}
END`,
  ],
  [
    'iptables',
    'bea',
    'for t in iptables ip6tables; do $t -A INPUT -i lo -j ACCEPT; $t -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT; $t -P INPUT DROP; done; ip6tables -A INPUT -p icmpv6 -j ACCEPT',
  ],
];
for (const [tool, user, wall] of walls) {
  story(`${tool}: where it drops is named, the command opens it, and behind it two machines pair`, async (t) => {
    for (const host of [alice, bob]) await must(host, wall);
    const before = await doctor(alice);
    t.is(before.code, 1);
    t.deepEqual(before.findings.slice(0, 2), ['blocks firewall', 'hinders firewall-ssh']);
    for (const host of [alice, bob]) {
      for (const rule of ['firewall', 'firewall-ssh']) {
        const command = before.next(rule);
        t.log(command);
        await must(host, command.replaceAll('sudo ', ''));
      }
    }
    for (const { code, findings } of await both()) t.deepEqual([code, ...findings], [0]);
    for (const host of [alice, bob]) await makeRepository(host, user, 'annex', 'git');
    const pairings = [alice, bob].map((host) =>
      startPair(host, user, { directory: 'annex', phrase: '73-ladder-acid-hope-rabbit', more: [] }),
    );
    for (const pairing of pairings) await pairing.event('paired');
    for (const pairing of pairings) pairing.signal('SIGINT');
    for (const pairing of pairings) t.is((await pairing.end()).code, 0);
  });
}

story('whoever is not root is told what is not known, and nothing is wrong', async (t) => {
  await must(alice, 'nft add table inet guard');
  const { code, findings } = await doctor(alice, { user: 'cat' });
  t.deepEqual([code, ...findings], [0, 'note firewall-unknown', 'note alone']);
});

story('one hears no multicast: told there, and the other one still hears it', async (t) => {
  await must(alice, 'iptables -A INPUT -d 224.0.0.251 -j DROP');
  const [deaf, hears] = await both();
  t.deepEqual([deaf.code, deaf.findings[0]], [1, 'hinders firewall']);
  t.is(hears.code, 0);
});

story('multicast passes neither way, and both answer when spoken to: told with what to do', async (t) => {
  const others = [
    [alice, '10.86.0.12'],
    [bob, '10.86.0.11'],
  ] as const;
  for (const [host, other] of others) {
    await must(host, `iptables -A INPUT -s ${other} -d 224.0.0.0/4 -j DROP; ip6tables -A INPUT -d ff02::fb -j DROP`);
  }
  const reports = await Promise.all(others.map(([host, peer]) => doctor(host, { seconds: 6, peer })));
  for (const [index, { code, events, findings, next }] of reports.entries()) {
    t.is(code, 1);
    t.true(events.some(({ event, answered }) => event === 'peer' && answered === true));
    t.true(findings.includes('hinders no-multicast'), findings.join());
    t.true(next('no-multicast').startsWith(`lanpair pair --peer ${others[index]?.[1]}`));
  }
});

story('a machine that is spoken to and has no doctor is said to be silent', async (t) => {
  const { code, findings } = await doctor(alice, { peer: '10.86.0.12' });
  t.deepEqual([code, findings[0]], [1, 'hinders peer-silent']);
});

story('without a way for multicast it is all the same: each socket knows its interface', async (t) => {
  await must(alice, 'ip route del 224.0.0.0/4 dev eth0');
  const { code, findings } = await doctor(alice);
  await must(alice, 'ip route add 224.0.0.0/4 dev eth0');
  t.deepEqual([code, ...findings], [0, 'note alone']);
});

story('no sshd, then no network', async (t) => {
  // A host has process numbers of its own, so that this ends no other sshd.
  await must(bob, 'kill $(pidof sshd)');
  const bare = await doctor(bob);
  t.deepEqual([bare.code, ...bare.findings], [1, 'hinders no-sshd', 'note alone']);
  await must(bob, 'ip link set eth0 down; ip addr flush dev eth0');
  const cut = await doctor(bob);
  t.deepEqual([cut.code, cut.findings[0]], [1, 'blocks no-network']);
});

async function must(host: Host, command: string): Promise<void> {
  const { code, stderr } = await host.run(null, ['sh', '-c', command]);
  if (code !== 0) throw new Error(`${command} on ${host.hostName}: ${stderr}`);
}
