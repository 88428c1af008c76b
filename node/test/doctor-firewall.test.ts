/** What the status of a firewall says of one packet: recorded outputs and rules, by tables. Real rules: interop/doctor.test.ts. */
import test from 'ava';
import type { Firewall, Reading } from '../doctor/facts.ts';
import { judge, opening, placeOf } from '../doctor/firewall.ts';
import { iptablesGates } from '../doctor/iptables.ts';
import { firewalldFate, ufwFate } from '../doctor/managers.ts';
import { nftGates } from '../doctor/nft.ts';
import type { Fate, Packet } from '../doctor/rules.ts';

const udp: Packet = {
  interface: 'eth0',
  family: 4,
  protocol: 'udp',
  port: 55_557,
  to: '224.0.0.251',
  isMulticast: true,
};
const udp6: Packet = { ...udp, family: 6, to: 'ff02::fb' };
const ssh: Packet = { interface: 'eth0', family: 4, protocol: 'tcp', port: 22, to: '10.0.0.1', isMulticast: false };
const onEth1: Packet = { ...udp, interface: 'eth1' };
const read = (text: string): Reading => ({ outcome: 'read', text });
const absent: Reading = { outcome: 'absent', text: '' };
const refused: Reading = { outcome: 'refused', text: 'Operation not permitted (you must be root)' };

/** Of ufw 0.36.2, with spaces as it writes them. */
const ufwStatus = (rules: string): string => `Status: active
Logging: on (low)
Default: deny (incoming), allow (outgoing), disabled (routed)
New profiles: skip

To                         Action      From
--                         ------      ----
${rules}
`;

const ufwCases: readonly (readonly [string, string, Packet, Fate | null])[] = [
  ['nothing is let in', ufwStatus(''), udp, 'drop'],
  ['another port is', ufwStatus('22/tcp                     ALLOW IN    Anywhere                  '), udp, 'drop'],
  ['ssh by port', ufwStatus('22/tcp                     ALLOW IN    Anywhere                  '), ssh, 'accept'],
  ['ssh by name, a few at a time', ufwStatus('OpenSSH                    LIMIT IN    Anywhere'), ssh, 'accept'],
  ['the ports', ufwStatus('55556:55557/udp            ALLOW IN    Anywhere                  '), udp, 'accept'],
  ['of IPv4 alone', ufwStatus('55556:55557/udp            ALLOW IN    Anywhere                  '), udp6, 'drop'],
  ['of IPv6', ufwStatus('55556:55557/udp (v6)       ALLOW IN    Anywhere (v6)             '), udp6, 'accept'],
  ['on another interface', ufwStatus('55556:55557/udp on eth1    ALLOW IN    Anywhere'), udp, 'drop'],
  ['on this one', ufwStatus('55556:55557/udp on eth1    ALLOW IN    Anywhere'), onEth1, 'accept'],
  [
    'IPv6 on this one',
    ufwStatus('55556:55557/udp (v6) on eth1 ALLOW IN    Anywhere (v6)'),
    { ...udp6, interface: 'eth1' },
    'accept',
  ],
  [
    'a denial comes first',
    ufwStatus('55557/udp   DENY IN     Anywhere\n55556:55557/udp   ALLOW IN    Anywhere'),
    udp,
    'drop',
  ],
  ['only from one network', ufwStatus('55556:55557/udp            ALLOW IN    10.0.0.0/24'), udp, 'maybe'],
  ['what goes out is another matter', ufwStatus('55556:55557/udp            ALLOW OUT   Anywhere'), udp, 'drop'],
  ['everything is let in', ufwStatus('').replace('deny (incoming)', 'allow (incoming)'), udp, 'accept'],
  ['inactive', 'Status: inactive\n', udp, null],
];
for (const [title, text, packet, fate] of ufwCases) {
  test(`ufw: ${title}`, (t) => t.is(ufwFate(read(text), packet), fate));
}

/** As firewall-offline-cmd of firewalld 1.3.3 writes them; firewall-cmd prints by the same code. */
const zones = ({ ports = '', target = 'default', rich = '' } = {}): string => `home
  target: default
  icmp-block-inversion: no
  interfaces: 
  sources: 
  services: dhcpv6-client mdns samba-client ssh
  ports: 55556-55557/udp
  protocols: 
  forward: yes
  masquerade: no
  forward-ports: 
  source-ports: 
  icmp-blocks: 
  rich rules: 

public (active)
  target: ${target}
  icmp-block-inversion: no
  interfaces: eth0
  sources: 
  services: dhcpv6-client ssh
  ports: ${ports}
  protocols: 
  forward: yes
  masquerade: no
  forward-ports: 
  source-ports: 
  icmp-blocks: 
  rich rules: ${rich}
`;
const zoneCases: readonly (readonly [string, string, Packet, Fate, string])[] = [
  ['nothing is let in', zones(), udp, 'drop', 'public'],
  ['ssh is, as a service', zones(), ssh, 'accept', 'public'],
  ['the ports are', zones({ ports: '1714-1764/tcp 55556-55557/udp' }), udp, 'accept', 'public'],
  ['a trusting zone', zones({ target: 'ACCEPT' }), udp, 'accept', 'public'],
  [
    'a rich rule may',
    zones({ rich: '\n\trule family="ipv4" source address="10.0.0.0/24" accept' }),
    udp,
    'maybe',
    'public',
  ],
  ['an interface of no zone is in the default one', zones(), onEth1, 'accept', 'home'],
];
for (const [title, text, packet, fate, zone] of zoneCases) {
  test(`firewalld: ${title}`, (t) => {
    t.deepEqual(firewalldFate({ zones: read(text), usual: read('home\n') }, packet), { fate, zone });
  });
}
test('firewalld that does not run says nothing', (t) => {
  t.is(firewalldFate({ zones: { outcome: 'failed', text: 'FirewallD is not running' }, usual: absent }, udp), null);
});

const saved = (policy: string, ...rules: string[]): string =>
  `# Generated by iptables-save v1.8.9 (nf_tables)\n*filter\n:INPUT ${policy} [0:0]\n:FORWARD ACCEPT [0:0]\n:mine - [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
const iptablesCases: readonly (readonly [string, string, Packet, Fate])[] = [
  ['no rules', saved('ACCEPT'), udp, 'accept'],
  ['a policy', saved('DROP'), udp, 'drop'],
  [
    'lo and answers alone',
    saved('DROP', '-A INPUT -i lo -j ACCEPT', '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'),
    udp,
    'drop',
  ],
  ['the ports', saved('DROP', '-A INPUT -p udp -m udp --dport 55556:55557 -j ACCEPT'), udp, 'accept'],
  ['several ports', saved('DROP', '-A INPUT -p udp -m multiport --dports 53,55000:56000 -j ACCEPT'), udp, 'accept'],
  ['ports of tcp', saved('DROP', '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'), udp, 'drop'],
  ['ssh', saved('DROP', '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'), ssh, 'accept'],
  [
    'not from lo',
    saved('ACCEPT', '-A INPUT ! -i lo -p udp -j REJECT --reject-with icmp-port-unreachable'),
    udp,
    'drop',
  ],
  ['another group', saved('ACCEPT', '-A INPUT -d 224.0.0.252/32 -j DROP'), udp, 'accept'],
  ['all groups', saved('ACCEPT', '-A INPUT -d 224.0.0.0/4 -j DROP'), udp, 'drop'],
  ['multicast by kind', saved('DROP', '-A INPUT -m addrtype --dst-type MULTICAST -j ACCEPT'), udp, 'accept'],
  ['a sender decides', saved('DROP', '-A INPUT -s 10.0.0.0/24 -j ACCEPT'), udp, 'maybe'],
  ['three of ten', saved('ACCEPT', '-A INPUT -m statistic --mode random --probability 0.3 -j DROP'), udp, 'maybe'],
  [
    'flags of two words',
    saved('ACCEPT', '-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN FIN -j ACCEPT', '-A INPUT -j DROP'),
    udp,
    'drop',
  ],
  [
    'a chain that returns',
    saved('ACCEPT', '-A INPUT -j mine', '-A INPUT -j DROP', '-A mine -p udp -j RETURN', '-A mine -j ACCEPT'),
    udp,
    'drop',
  ],
  ['a chain that accepts', saved('DROP', '-A INPUT -j mine', '-A mine -p udp -j ACCEPT'), udp, 'accept'],
  [
    'a chain that is gone over to',
    saved('ACCEPT', '-A INPUT -g mine', '-A INPUT -j DROP', '-A mine -p tcp -j DROP'),
    udp,
    'accept',
  ],
  ['a circle ends', saved('DROP', '-A INPUT -j mine', '-A mine -j mine'), udp, 'drop'],
  [
    'what is written to a log goes on',
    saved('ACCEPT', '-A INPUT -j LOG --log-prefix "-j ACCEPT "', '-A INPUT -j DROP'),
    udp,
    'drop',
  ],
];
for (const [title, text, packet, fate] of iptablesCases) {
  test(`iptables: ${title}`, (t) => {
    t.deepEqual(iptablesGates(text, packet), [{ table: 'filter', chain: 'INPUT', fate }]);
  });
}

/** One input chain, as nft 1.0 writes it in JSON. */
const ruleset = (policy: string, ...rules: object[][]): string => {
  const place = { family: 'inet', table: 'filter' };
  const chain = { ...place, name: 'input', handle: 1, type: 'filter', hook: 'input', prio: 0, policy };
  const set = { ...place, name: 'open', type: 'inet_service', elem: [22, { range: [55_556, 55_557] }] };
  const nftables = [
    { metainfo: { version: '1.0.6', json_schema_version: 1 } },
    { chain },
    { chain: { ...place, name: 'mine', handle: 2 } },
    { set },
    ...rules.map((expr) => ({ rule: { ...place, chain: 'input', expr } })),
  ];
  return JSON.stringify({ nftables });
};
const payload = (protocol: string, field: string): object => ({ payload: { protocol, field } });
const match = (left: object, right: unknown, op = '=='): object => ({ match: { op, left, right } });
const dport = payload('udp', 'dport');
const iif = { meta: { key: 'iifname' } };
const nftCases: readonly (readonly [string, string, Packet, Fate])[] = [
  ['a policy', ruleset('drop'), udp, 'drop'],
  [
    'the ports',
    ruleset('drop', [match(dport, { set: [5353, { range: [55_556, 55_557] }] }), { accept: null }]),
    udp,
    'accept',
  ],
  ['a named set', ruleset('drop', [match(dport, '@open'), { accept: null }]), udp, 'accept'],
  ['a set that is not there', ruleset('drop', [match(dport, '@closed'), { accept: null }]), udp, 'maybe'],
  ['of any transport', ruleset('drop', [match(payload('th', 'dport'), 55_557), { accept: null }]), udp, 'accept'],
  ['tcp is not udp', ruleset('drop', [match(payload('tcp', 'dport'), 55_557), { accept: null }]), udp, 'drop'],
  ['ssh by name', ruleset('drop', [match(payload('tcp', 'dport'), 'ssh'), { accept: null }]), ssh, 'accept'],
  [
    'a state map',
    ruleset('drop', [
      {
        vmap: {
          key: { ct: { key: 'state' } },
          data: {
            set: [
              ['established', { accept: null }],
              ['new', { accept: null }],
            ],
          },
        },
      },
    ]),
    udp,
    'accept',
  ],
  [
    'a state map without new',
    ruleset('drop', [{ vmap: { key: { ct: { key: 'state' } }, data: { set: [['established', { accept: null }]] } } }]),
    udp,
    'drop',
  ],
  [
    'answers',
    ruleset('drop', [match({ ct: { key: 'state' } }, ['established', 'related'], 'in'), { accept: null }]),
    udp,
    'drop',
  ],
  [
    'names of interfaces',
    ruleset('accept', [match(iif, 'eth*'), { counter: { packets: 0, bytes: 0 } }, { drop: null }]),
    udp,
    'drop',
  ],
  ['all but lo', ruleset('accept', [match(iif, 'lo', '!='), { reject: null }]), udp, 'drop'],
  ['the other family', ruleset('accept', [match(payload('ip6', 'daddr'), 'ff02::fb'), { drop: null }]), udp, 'accept'],
  [
    'a prefix',
    ruleset('accept', [match(payload('ip', 'daddr'), { prefix: { addr: '224.0.0.0', len: 4 } }), { drop: null }]),
    udp,
    'drop',
  ],
  ['IPv6', ruleset('accept', [match(payload('ip6', 'daddr'), 'ff02::fb'), { drop: null }]), udp6, 'drop'],
  [
    'at random',
    ruleset('accept', [match({ numgen: { mode: 'random', mod: 100 } }, 30, '<'), { drop: null }]),
    udp,
    'maybe',
  ],
  ['a few a second', ruleset('drop', [{ limit: { rate: 10, per: 'second' } }, { accept: null }]), udp, 'maybe'],
  ['a match of iptables', ruleset('accept', [{ xt: { type: 'match', name: 'string' } }, { drop: null }]), udp, 'maybe'],
  ['a chain without rules', ruleset('drop', [{ jump: { target: 'mine' } }, { accept: null }]), udp, 'accept'],
];
for (const [title, text, packet, fate] of nftCases) {
  test(`nft: ${title}`, (t) => {
    t.deepEqual(nftGates(text, packet), [{ family: 'inet', table: 'filter', chain: 'input', fate }]);
  });
}
test('nft: what is no ruleset is none, whatever it is', (t) => {
  for (const text of ['', 'null', '[]', '{"nftables": 7}', 'x']) t.is(nftGates(text, udp), null);
  const odd = JSON.stringify({ nftables: [null, 7, { chain: null }, { rule: { expr: 7 } }, { set: [] }] });
  t.deepEqual(nftGates(odd, udp), []);
});

const firewall = (more: Partial<Firewall>): Firewall => ({
  nft: absent,
  iptables: absent,
  ip6tables: absent,
  iptablesLegacy: absent,
  ip6tablesLegacy: absent,
  ufw: absent,
  firewalldDefault: absent,
  firewalldZones: absent,
  ...more,
});
const advice = (status: Partial<Firewall>, packet: Packet): readonly (string | null)[] =>
  judge(firewall(status), packet).by.map((dropper) => opening(dropper, packet.protocol, [55_556, 55_557]));

test('who drops is who is told to open: the manager, else the very chain', (t) => {
  const nft = read(ruleset('drop'));
  t.deepEqual(advice({ nft }, udp), ['sudo nft insert rule inet filter input udp dport 55556-55557 accept']);
  t.deepEqual(advice({ nft, iptables: read(saved('DROP')) }, udp), [
    'sudo iptables -t filter -I INPUT -p udp --dport 55556:55557 -j ACCEPT',
    'sudo nft insert rule inet filter input udp dport 55556-55557 accept',
  ]);
  // Where iptables speaks nft, rules of the old kind are beside it; where it does not, it has shown them.
  const old = read(saved('DROP').replace(' (nf_tables)', ' on Sat'));
  t.deepEqual(advice({ nft: read(ruleset('accept')), iptables: read(saved('ACCEPT')), iptablesLegacy: old }, udp), [
    'sudo iptables-legacy -t filter -I INPUT -p udp --dport 55556:55557 -j ACCEPT',
  ]);
  t.deepEqual(advice({ iptables: old, iptablesLegacy: old }, udp), [
    'sudo iptables -t filter -I INPUT -p udp --dport 55556:55557 -j ACCEPT',
  ]);
  t.deepEqual(advice({ nft, ufw: read(ufwStatus('')) }, udp), ['sudo ufw allow 55556:55557/udp']);
  t.deepEqual(advice({ nft, firewalldZones: read(zones()), firewalldDefault: read('home\n') }, udp), [
    'sudo firewall-cmd --permanent --zone=public --add-port=55556-55557/udp && sudo firewall-cmd --reload',
  ]);
  // Not root: firewalld tells everybody, the rules themselves do not.
  t.deepEqual(advice({ nft: refused, firewalldZones: read(zones()), firewalldDefault: read('home\n') }, udp).length, 1);
  t.is(judge(firewall({ nft: refused, iptables: refused }), udp).fate, null);
  t.is(judge(firewall({}), udp).fate, 'accept', 'no program that makes rules');
});

test('a name in a ruleset that a shell would read gets into no command', (t) => {
  const odd = { tool: 'nft', family: 'inet', table: 'a;reboot', chain: 'input' } as const;
  t.is(opening(odd, 'udp', [1]), null);
  t.regex(placeOf(odd), /a;reboot/);
  t.is(opening({ tool: 'firewalld', zone: '$(reboot)' }, 'udp', [1]), null);
});
