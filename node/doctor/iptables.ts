/** What `iptables-save` and `ip6tables-save` say, as chains of rules for one packet. An option that we do not know: `maybe`. */
import { addressIn } from './addresses.ts';
import {
  all,
  any,
  type Chain,
  type Fate,
  fateIn,
  is,
  type Match,
  not,
  type Packet,
  type Rule,
  type Verdict,
} from './rules.ts';

export interface Gate {
  readonly table: string;
  readonly chain: string;
  readonly fate: Fate;
}

/** In the order in which packets pass them. */
export function iptablesGates(text: string, packet: Packet): readonly Gate[] {
  const chains = new Map<string, { rules: Rule[]; policy: Chain['policy'] }>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const [, name, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
    const key = (chain: string): string => `${table} ${chain}`;
    if (name !== undefined) {
      chains.set(key(name), { rules: [], policy: policy === '-' ? null : policy === 'DROP' ? 'drop' : 'accept' });
    }
    const words = line.startsWith('-A ') ? wordsOf(line) : [];
    const rule = words.length === 0 ? null : ruleOf(words.slice(2), packet, key);
    if (rule !== null) chains.get(key(words[1] ?? ''))?.rules.push(rule);
  }
  return gateNames.flatMap(([gateTable, chain]) => {
    const name = `${gateTable} ${chain}`;
    return chains.has(name) ? [{ table: gateTable, chain, fate: fateIn(chains, name) }] : [];
  });
}

const gateNames = [
  ['raw', 'PREROUTING'],
  ['mangle', 'PREROUTING'],
  ['mangle', 'INPUT'],
  ['filter', 'INPUT'],
] as const;

/** Null: it ends nothing (it counts, logs or marks). */
function ruleOf(words: readonly string[], packet: Packet, key: (chain: string) => string): Rule | null {
  const matches: Match[] = [];
  let verdict: Verdict | null = null;
  for (let at = 0; at < words.length; at++) {
    const isNot = words[at] === '!';
    if (isNot) at++;
    const option = words[at] ?? '';
    const value = words[at + 1] ?? '';
    if (option === '-j' || option === '-g') {
      verdict = verdictOf(option, value, key);
      break; // What follows belongs to the target.
    }
    const match = matchOf(option, value, packet);
    matches.push(isNot ? not(match) : match);
    // An option has a value, two, or none.
    while (at + 1 < words.length && !/^(-|!$)/.test(words[at + 1] ?? '')) at++;
  }
  return verdict === null ? null : { match: all(matches), verdict };
}

function verdictOf(option: '-j' | '-g', target: string, key: (chain: string) => string): Verdict | null {
  if (target === 'ACCEPT' || target === 'DROP' || target === 'RETURN') return { is: lower[target] };
  if (target === 'REJECT') return { is: 'drop' };
  if (harmless.includes(target)) return null;
  if (['NFQUEUE', 'QUEUE', 'TPROXY', 'SYNPROXY'].includes(target)) return { is: 'unknown' };
  return { is: option === '-g' ? 'goto' : 'jump', chain: key(target) };
}

const lower = { ACCEPT: 'accept', DROP: 'drop', RETURN: 'return' } as const;
const harmless = [
  'LOG',
  'NFLOG',
  'ULOG',
  'MARK',
  'CONNMARK',
  'CT',
  'NOTRACK',
  'TRACE',
  'TCPMSS',
  'TOS',
  'DSCP',
  'SET',
  'AUDIT',
];

function matchOf(option: string, value: string, packet: Packet): Match {
  switch (option) {
    case '-i':
      return is(value.endsWith('+') ? packet.interface.startsWith(value.slice(0, -1)) : value === packet.interface);
    case '-p':
      return is(value === packet.protocol || value === 'all');
    case '-d': {
      const [address = '', length] = value.split('/');
      return is(addressIn(packet.to, address, length === undefined ? null : Number(length)));
    }
    case '--dport':
    case '--dports':
      return any(value.split(',').map((range) => portIn(range, packet.port)));
    case '--ctstate':
    case '--state':
      return is(value.split(',').includes('NEW'));
    case '--dst-type':
      return is(value.split(',').includes(packet.isMulticast ? 'MULTICAST' : 'LOCAL'));
    case '--pkt-type':
      return is(value === (packet.isMulticast ? 'multicast' : 'unicast'));
    case '-m':
    case '--match':
      return modules.includes(value) ? 'yes' : 'maybe';
    case '--comment':
      return 'yes';
    default:
      return 'maybe';
  }
}

/** Modules whose options are all in `matchOf`, or are `maybe` there. */
const modules = ['udp', 'tcp', 'multiport', 'conntrack', 'state', 'addrtype', 'pkttype', 'comment'];

function portIn(range: string, port: number): Match {
  const [from = '', to = from] = range.split(':');
  return /^\d+$/.test(from) && /^\d+$/.test(to) ? is(Number(from) <= port && port <= Number(to)) : 'maybe';
}

/** As iptables-save quotes them. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
