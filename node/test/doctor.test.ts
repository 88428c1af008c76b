/** The doctor: what facts mean, by tables; and the built program over lo, with a pairing beside it that must stay silent. */
import { createSocket } from 'node:dgram';
import test from 'ava';
import { diagnose } from '../doctor/diagnosis.ts';
import type { Facts, Firewall, Path, Reading } from '../doctor/facts.ts';
import type { Finding } from '../doctor/finding.ts';
import { pathLines } from '../doctor/path-lines.ts';
import { throwAwayHome } from './home.ts';
import { freePort } from './loopback.ts';
import { homeWithRepository, lanpair, type Program } from './program.ts';
import { hasTerminal, lanpairAtTerminal } from './terminal.ts';

const well: Path = {
  interface: 'eth0',
  kind: 'real',
  isWireless: false,
  family: 4,
  address: '10.0.0.1',
  conversation: 'lp1',
  group: '224.0.0.251',
  port: 55_557,
  openFailed: null,
  sendFailed: null,
  hearsItself: true,
  others: ['10.0.0.2'],
  doctors: ['10.0.0.2'],
  heardBy: ['10.0.0.2'],
};
const well6: Path = { ...well, family: 6, address: 'fe80::1%eth0', group: 'ff02::fb' };
const annex: Path = { ...well, conversation: 'annex', port: 55_556 };
const absent: Reading = { outcome: 'absent', text: '' };
const noFirewall: Firewall = {
  nft: { outcome: 'read', text: '{"nftables": []}' },
  iptables: absent,
  ip6tables: absent,
  iptablesLegacy: absent,
  ip6tablesLegacy: absent,
  ufw: absent,
  firewalldDefault: absent,
  firewalldZones: absent,
};
const healthy: Facts = {
  firewall: noFirewall,
  named: [],
  paths: [well, well6, annex],
  sshd: [{ address: '10.0.0.1', answer: 'ssh', detail: 'SSH-2.0-OpenSSH_9.2' }],
  names: {
    name: 'here.local',
    services: 'files mdns4_minimal dns',
    hasAvahi: true,
    addresses: ['10.0.0.1'],
    failed: null,
  },
  ours: ['10.0.0.1', 'fe80::1%eth0'],
  peers: [],
  heardForMs: 10_000,
};
const ill = (code: string): { readonly code: string; readonly reason: string } => ({ code, reason: `it said ${code}` });

interface Case {
  readonly title: string;
  readonly facts: Partial<Facts>;
  readonly verdict: 'well' | 'hindered' | 'blocked';
  /** `level rule interface`, in order. */
  readonly findings: readonly string[];
  readonly headline: RegExp;
}

const cases: Case[] = [
  { title: 'healthy', facts: {}, verdict: 'well', findings: [], headline: /^All is well here: .* on eth0$/ },
  {
    title: 'alone',
    facts: { paths: [well, annex].map((path) => ({ ...path, others: [], doctors: [], heardBy: [] })) },
    verdict: 'well',
    findings: ['note alone null'],
    headline: /^All is well/,
  },
  {
    title: 'no interface at all',
    facts: { paths: [], sshd: [] },
    verdict: 'blocked',
    findings: ['blocks no-network null'],
    headline: /^Nobody can pair here: this machine is on no network$/,
  },
  {
    title: 'lo alone, and nobody named it',
    facts: { paths: [{ ...well, interface: 'lo', kind: 'loopback', address: '127.0.0.1' }] },
    verdict: 'blocked',
    findings: ['blocks no-network null'],
    headline: /no network/,
  },
  {
    title: 'lo, as it was named',
    facts: { named: ['lo'], paths: [{ ...well, interface: 'lo', kind: 'loopback', doctors: [], heardBy: [] }] },
    verdict: 'well',
    findings: [],
    headline: /on lo$/,
  },
  {
    title: 'the port is taken',
    facts: { paths: [{ ...well, hearsItself: false, openFailed: ill('EADDRINUSE') }, annex] },
    verdict: 'blocked',
    findings: ['blocks port-taken eth0'],
    headline: /UDP port 55557 is taken/,
  },
  {
    title: 'the only address is still being asked about',
    facts: { paths: [{ ...well6, hearsItself: false, openFailed: ill('EADDRNOTAVAIL') }] },
    verdict: 'blocked',
    findings: ['blocks address-not-ready eth0'],
    headline: /the address fe80::1%eth0 of eth0 cannot be used yet/,
  },
  {
    title: 'the port of the other conversation is taken',
    facts: { paths: [well, { ...annex, hearsItself: false, openFailed: ill('EADDRINUSE') }] },
    verdict: 'hindered',
    findings: ['hinders port-taken eth0'],
    headline: /^Pairing can work on eth0, but: UDP port 55556/,
  },
  {
    title: 'IPv6 does not open, IPv4 does',
    facts: { paths: [well, { ...well6, hearsItself: false, openFailed: ill('ENODEV') }, annex] },
    verdict: 'well',
    findings: ['note cannot-listen eth0'],
    headline: /^All is well/,
  },
  {
    title: 'nothing comes back, in either family',
    facts: { paths: [well, well6, annex].map((path) => ({ ...path, hearsItself: false })) },
    verdict: 'blocked',
    findings: ['blocks no-echo eth0', 'blocks no-echo eth0', 'blocks no-echo eth0'],
    headline: /eth0 \(IPv4\) does not hear itself/,
  },
  {
    title: 'one of two interfaces is deaf; a virtual one is of no matter',
    facts: {
      paths: [
        well,
        { ...well, interface: 'wlan0', hearsItself: false },
        { ...well, interface: 'tun0', kind: 'virtual', hearsItself: false, sendFailed: ill('ENETUNREACH') },
        annex,
      ],
    },
    verdict: 'hindered',
    findings: ['hinders no-echo wlan0', 'note cannot-send tun0'],
    headline: /^Pairing can work on eth0, but: wlan0 \(IPv4\) does not hear itself/,
  },
  {
    title: 'a firewall that lets nothing out',
    facts: { paths: [{ ...well, hearsItself: false, sendFailed: ill('EPERM') }] },
    verdict: 'blocked',
    findings: ['blocks send-refused eth0'],
    headline: /lets nothing out/,
  },
  {
    title: 'no sshd',
    facts: { sshd: [{ address: '10.0.0.1', answer: 'refused', detail: 'ECONNREFUSED' }] },
    verdict: 'hindered',
    findings: ['hinders no-sshd null'],
    headline: /^Pairing can work on eth0, but: no sshd answers on this machine$/,
  },
];

const company = [well, well6, annex];
const quiet = company.map((path) => ({ ...path, others: [], doctors: [], heardBy: [] }));
const wireless = quiet.map((path) => ({ ...path, isWireless: true }));
const bob = (answered: boolean): Facts['peers'] => [{ address: '10.0.0.2', answered }];
const names = (more: Partial<Facts['names']>): Partial<Facts> => ({
  names: { ...healthy.names, addresses: [], failed: 'ENOTFOUND', ...more },
});
cases.push(
  {
    title: 'alone on Wi-Fi',
    facts: { paths: wireless },
    verdict: 'well',
    findings: ['note isolation-suspected null'],
    headline: /^All is well/,
  },
  {
    title: 'on Wi-Fi with others that are no doctors',
    facts: { paths: wireless.map((path) => ({ ...path, others: ['10.0.0.9'] })) },
    verdict: 'well',
    findings: ['note alone null'],
    headline: /^All is well/,
  },
  {
    title: 'a named machine answers, and multicast passes',
    facts: { paths: company, peers: bob(true) },
    verdict: 'well',
    findings: [],
    headline: /^All is well/,
  },
  {
    title: 'a named machine answers, and multicast does not pass',
    facts: { paths: quiet, peers: bob(true) },
    verdict: 'hindered',
    findings: ['hinders no-multicast null'],
    headline: /10\.0\.0\.2 answers, but multicast does not pass/,
  },
  {
    title: 'a named machine is silent',
    facts: { paths: quiet, peers: bob(false) },
    verdict: 'hindered',
    findings: ['hinders peer-silent null'],
    headline: /10\.0\.0\.2 did not answer/,
  },
  {
    title: 'a named machine is silent on Wi-Fi',
    facts: { paths: wireless, peers: bob(false) },
    verdict: 'hindered',
    findings: ['hinders isolation-suspected null'],
    headline: /10\.0\.0\.2 did not answer/,
  },
  {
    title: 'heard one way only',
    facts: { paths: company.map((path) => ({ ...path, others: [], doctors: [] })) },
    verdict: 'well',
    findings: ['note one-way null'],
    headline: /^All is well/,
  },
  {
    title: '.local names are not looked up',
    facts: names({ services: 'files dns' }),
    verdict: 'well',
    findings: ['note local-not-asked null'],
    headline: /^All is well/,
  },
  {
    title: 'avahi does not run',
    facts: names({ hasAvahi: false }),
    verdict: 'well',
    findings: ['note no-avahi null'],
    headline: /^All is well/,
  },
  {
    title: 'avahi runs and does not find us',
    facts: names({}),
    verdict: 'well',
    findings: ['note local-not-found null'],
    headline: /^All is well/,
  },
  {
    title: 'another machine has our name',
    facts: names({ addresses: ['10.0.0.66'], failed: null }),
    verdict: 'well',
    findings: ['note local-name-taken null'],
    headline: /^All is well/,
  },
);

const short = ({ level, rule, interface: name }: Finding): string => `${level} ${rule} ${name}`;

for (const { title, facts, verdict, findings, headline } of cases) {
  test(`diagnosis: ${title}`, (t) => {
    const diagnosis = diagnose({ ...healthy, ...facts });
    t.deepEqual(diagnosis.findings.map(short), findings);
    t.is(diagnosis.verdict, verdict);
    t.is(diagnosis.exitCode, verdict === 'well' ? 0 : 1);
    t.regex(diagnosis.headline, headline);
    for (const { level, next } of diagnosis.findings) t.true(level === 'note' || next !== null);
  });
}

test('where the table has no room each path is a block, in which nothing is broken that has room', (t) => {
  const six = { ...well, address: 'fe80::14ed:aff:fedb:41d2%eth0' };
  const shut = { ...well, conversation: 'annex' as const, port: 55_556, openFailed: ill('EADDRINUSE') };
  const paths = [well, six, shut];
  t.is(pathLines(paths, Number.POSITIVE_INFINITY)[0]?.split(/ {2,}/).length, 9, 'eight titles behind the indent');
  const wide = Math.max(...pathLines(paths, Number.POSITIVE_INFINITY).map(({ length }) => length));
  t.is(pathLines(paths, wide).length, 4);
  t.deepEqual(pathLines(paths, 80), [
    '  eth0, 10.0.0.1, lp1, UDP port 55557',
    '    listens: yes, sends: yes, hears itself: yes, hears others: 1',
    '  eth0, fe80::14ed:aff:fedb:41d2%eth0, lp1, UDP port 55557',
    '    listens: yes, sends: yes, hears itself: yes, hears others: 1',
    '  eth0, 10.0.0.1, annex, UDP port 55556',
    '    listens: no',
  ]);
  t.deepEqual(pathLines([six], 40), [
    '  eth0, fe80::14ed:aff:fedb:41d2%eth0,',
    '  lp1, UDP port 55557',
    '    listens: yes, sends: yes,',
    '    hears itself: yes, hears others: 1',
  ]);
  for (let columns = 12; columns < wide; columns++) {
    const tooLong = pathLines(paths, columns).filter(({ length }) => length > columns);
    t.true(
      tooLong.every((line) => !line.trim().includes(', ')),
      `${columns}: ${tooLong.join()}`,
    );
  }
});

const examine = (home: string, t: Parameters<typeof lanpair>[0], port: number, ...more: string[]): Program =>
  lanpair(t, home, ['doctor', '--iface', 'lo', '--port', `${port}`, '--timeout', '1s', ...more]);
const result = { event: 'result' };

test('over lo it hears itself at both ports, and says so in JSON, one object a line', async (t) => {
  const home = await throwAwayHome(t);
  const port = await freePort();
  const doctor = examine(home, t, port, '--json');
  const code = await doctor.exit;
  const paths = doctor.events.filter(({ event }) => event === 'path');
  t.deepEqual(
    paths.map(({ conversation, port: at, hearsItself, openFailed }) => [conversation, at, hearsItself, openFailed]),
    [
      ['lp1', port, true, null],
      ['annex', port + 1, true, null],
    ],
  );
  t.is(doctor.events.filter(({ event }) => event === 'sshd').length, 1);
  t.like(doctor.events.at(-1), { ...result, exitCode: code });
  t.is(doctor.output().trim().split('\n').length, doctor.events.length, 'nothing but JSON');
});

test('a port that is taken is the first line, with the way to find who has it', async (t) => {
  const squatter = createSocket({ type: 'udp4' });
  await new Promise<void>((resolve) => squatter.bind(0, () => resolve()));
  t.teardown(() => squatter.close());
  const { port } = squatter.address();
  const doctor = examine(await throwAwayHome(t), t, port);
  t.is(await doctor.exit, 1);
  const [first] = doctor.output().split('\n');
  t.is(first, `Nobody can pair here: UDP port ${port} is taken by a program that does not share it.`);
  t.regex(doctor.output(), new RegExp(`Next: find it with \`ss -ulpn sport = :${port}\``));
  t.notRegex(doctor.output().replaceAll('\n', ''), /\p{Cc}/u);
});

test('an interface that is not there is the caller\u2019s error', async (t) => {
  const doctor = lanpair(t, await throwAwayHome(t), ['doctor', '--iface', 'nope0']);
  t.is(await doctor.exit, 64);
  t.regex(doctor.errors(), /There is no interface "nope0".*\nNext: /);
});

for (const protocol of ['lp1', 'annex'] as const) {
  (hasTerminal ? test : test.skip)(`a pairing by ${protocol} that hears a doctor says nothing of it`, async (t) => {
    const port = await freePort();
    const home = await homeWithRepository(await throwAwayHome(t));
    const options = `--protocol ${protocol} --iface lo --port ${port} --dir annex --weak-phrase --as-typed`;
    const pairing = lanpairAtTerminal(t, home, `pair ${options}`);
    await pairing.until(/[Pp]hrase/);
    pairing.type('crater otter violin maple seventh anchor thirty\r');
    await pairing.until(protocol === 'lp1' ? /looking on lo/ : /we ask on lo/);
    const before = pairing.shown().length;
    // Its own ports are this one and the next: of the two conversations the one that is asked is heard at `port`.
    const doctor = examine(await throwAwayHome(t), t, protocol === 'lp1' ? port : port - 1, '--json');
    await doctor.exit;
    const path = doctor.events.find(({ event, port: at }) => event === 'path' && at === port);
    t.true(path?.['hearsItself'] === true);
    // The bottom line counts on; nothing else is new.
    const news = pairing
      .shown()
      .slice(before)
      .split(/[\r\n]+/);
    t.deepEqual(
      news.filter((line) => line !== '' && !line.includes('Ctrl-C: end)')),
      [],
    );
    pairing.type('\u0003');
    await pairing.exit;
  });
}
