/**
 * Real firewalls, each as people run it, on hosts of their own: the doctor names where it drops, what it tells to do is done
 * word for word, and behind the firewall, which still stands, two machines pair.
 */
import test, { type ExecutionContext } from 'ava';
import { doctor } from './doctor.ts';
import { type Host, openLab } from './lab.ts';
import { bothPaired, makeRepository, startPair } from './lanpair.ts';
import { skipReason } from './needs.ts';
import { until } from './until.ts';

interface Wall {
  readonly programs: readonly string[];
  readonly raise: (host: Host) => Promise<unknown>;
  /** What the doctor says first. */
  readonly findings: readonly string[];
  /** What each command that it tells to run begins with. */
  readonly command: RegExp;
}

const both = ['blocks firewall', 'hinders firewall-ssh'];

/** Of iptables, in each of its two kinds. */
const iptablesWall = (kind: '' | '-legacy'): string =>
  `for t in iptables${kind} ip6tables${kind}; do
    $t -A INPUT -i lo -j ACCEPT; $t -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT; $t -P INPUT DROP
  done
  ip6tables${kind} -A INPUT -p icmpv6 -j ACCEPT`;

/** Its own table lets in; the accept of another table does not override its drop. */
const nftWall = `nft -f - <<'END'
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
END`;

/** As after its installation. What it writes goes into copies of its files, which are this host's own. */
const ufwWall = `for d in ufw default; do cp -r /etc/$d /run/etc; mount --bind /run/etc/$d /etc/$d; done
  mkdir -p /run/lock && sed -i 's/^IPV6=.*/IPV6=yes/' /etc/default/ufw && ufw --force enable`;

/** As after its installation, with a D-Bus of its own. */
async function startFirewalld(host: Host): Promise<void> {
  await must(
    host,
    'mount -t tmpfs tmpfs /etc/firewalld && mkdir -p /run/dbus && dbus-daemon --system --fork --nopidfile',
  );
  let said = '';
  const daemon = host.spawn(null, ['firewalld', '--nofork', '--nopid']);
  for (const stream of [daemon.stdout, daemon.stderr]) {
    stream.on('data', (text: Buffer) => {
      said += text.toString();
    });
  }
  await until(`firewalld on ${host.hostName}`, 60, async () => {
    const { code } = await host.run(null, ['firewall-cmd', '--state']);
    return code === 0;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${said}`);
  });
}

const walls: Readonly<Record<string, Wall>> = {
  nftables: {
    programs: ['nft'],
    raise: (host) => must(host, nftWall),
    findings: both,
    command: /^sudo nft insert rule inet guard incoming /,
  },
  iptables: {
    programs: ['ip6tables'],
    raise: (host) => must(host, iptablesWall('')),
    findings: both,
    command: /^sudo iptables -t filter -I INPUT .*&& sudo ip6tables -t filter -I INPUT /,
  },
  'iptables of the old kind': {
    programs: ['iptables-legacy', 'ip6tables-legacy'],
    raise: (host) => must(host, iptablesWall('-legacy')),
    findings: both,
    command: /^sudo iptables-legacy -t filter -I INPUT .*&& sudo ip6tables-legacy -t filter -I INPUT /,
  },
  ufw: { programs: ['ufw'], raise: (host) => must(host, ufwWall), findings: both, command: /^sudo ufw allow \S+$/ },
  firewalld: {
    programs: ['firewalld', 'firewall-cmd', 'dbus-daemon'],
    raise: startFirewalld,
    // It lets ssh in by itself.
    findings: ['blocks firewall'],
    command: /^sudo firewall-cmd --permanent --zone=public --add-port=55556-55557\/udp && sudo firewall-cmd --reload$/,
  },
};

const user = 'ann';

for (const [name, { programs, raise, findings, command }] of Object.entries(walls)) {
  const reason = skipReason({ script: 'interop:lan', programs });
  const title = `${name}: where it drops is named, the command opens it, and behind it two machines pair`;
  const tell = async (t: ExecutionContext): Promise<void> => {
    const lab = await openLab(process.cwd());
    t.teardown(() => lab.close());
    const hosts = await Promise.all(
      [11, 12].map((last) => lab.host({ hostName: `host${last}`, address: `10.86.0.${last}`, users: [user] })),
    );
    await Promise.all(hosts.map(raise));
    await Promise.all(
      hosts.map(async (host) => {
        const before = await doctor(host);
        t.is(before.code, 1);
        t.deepEqual(
          before.findings.filter((finding) => !finding.startsWith('note')),
          findings,
        );
        for (const finding of findings) {
          const next = before.next(finding.split(' ')[1] ?? '');
          t.regex(next, command);
          await must(host, next.replaceAll('sudo ', ''));
        }
      }),
    );
    const after = await Promise.all(hosts.map((host) => doctor(host, { seconds: 6 })));
    for (const report of after) t.deepEqual([report.code, ...report.findings], [0]);
    for (const host of hosts) await makeRepository(host, user, 'annex', 'git');
    const how = { directory: 'annex', phrase: '73-ladder-acid-hope-rabbit', more: [] };
    await bothPaired(
      t,
      hosts.map((host) => startPair(host, user, how)),
    );
  };
  if (reason === null) test.serial(title, tell);
  else test.serial.skip(`${title} (skipped: ${reason})`, tell);
}

async function must(host: Host, command: string): Promise<void> {
  const { code, stdout, stderr } = await host.run(null, ['sh', '-c', command]);
  if (code !== 0) throw new Error(`${command} on ${host.hostName}: ${stdout}${stderr}`);
}
