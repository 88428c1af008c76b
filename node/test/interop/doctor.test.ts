/** The doctor on hosts of their own: what it says of each ailment, and that what it tells to do heals it. */
import test, { type ExecutionContext } from 'ava';
import { doctor, noNames, type Report } from './doctor.ts';
import { type Host, type Lab, openLab } from './lab.ts';
import { skipReason } from './needs.ts';

const users = ['cat'] as const;
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
