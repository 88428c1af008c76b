/**
 * What `nft -j list ruleset` says (libnftables-json(5)), as chains of rules for one packet. What we do not know how to
 * read is `maybe`, never a guess.
 */

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

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Fields = { readonly [key: string]: Json };

/** A chain in which packets come in, and what becomes of this one there. */
export interface Gate {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly fate: Fate;
}

/** Null: that is no ruleset. In the order in which packets pass them. */
export function nftGates(text: string, packet: Packet): readonly Gate[] | null {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    return null;
  }
  const entries = fieldsOf(whole as Json)['nftables'];
  if (!Array.isArray(entries)) return null;
  const named = (kind: string): readonly Fields[] =>
    (entries as readonly Json[]).flatMap((entry) => {
      const fields = fieldsOf(entry)[kind];
      return fields === undefined ? [] : [fieldsOf(fields)];
    });
  const families = ['inet', packet.family === 4 ? 'ip' : 'ip6'];
  const sets = new Map(named('set').map((set) => [tableOf(set, set['name']), set['elem'] ?? []] as const));
  const rules = named('rule');
  const chains = new Map<string, Chain>();
  const gates: { readonly fields: Fields; readonly key: string }[] = [];
  for (const fields of named('chain')) {
    const key = tableOf(fields, fields['name']);
    const own = rules.filter((rule) => tableOf(rule, rule['chain']) === key);
    const isGate = fields['type'] === 'filter' && ['prerouting', 'input'].includes(textOf(fields['hook']));
    const policy = fields['policy'] === 'drop' ? 'drop' : 'accept';
    chains.set(key, {
      policy: isGate ? policy : null,
      rules: own.flatMap((rule) => rulesOf(rule, packet, sets)),
    });
    if (isGate && families.includes(textOf(fields['family']))) gates.push({ fields, key });
  }
  const turn = ({ fields }: { readonly fields: Fields }): number =>
    (fields['hook'] === 'prerouting' ? 0 : 1e9) + Number(fields['prio'] ?? 0);
  return gates
    .sort((a, b) => turn(a) - turn(b))
    .map(({ fields, key }) => ({
      family: textOf(fields['family']),
      table: textOf(fields['table']),
      chain: textOf(fields['name']),
      fate: fateIn(chains, key),
    }));
}

type Sets = ReadonlyMap<string, Json>;

/** A verdict map is several rules. */
function rulesOf(fields: Fields, packet: Packet, sets: Sets): readonly Rule[] {
  const matches: Match[] = [];
  const here = (name: string): string => tableOf(fields, name);
  const ends: { readonly match: Match; readonly verdict: Verdict }[] = [];
  for (const statement of listOf(fields['expr'])) {
    const [kind, value] = firstOf(statement);
    const verdict = verdictOf(kind, value, here);
    if (verdict !== null) ends.push({ match: 'yes', verdict });
    else if (kind === 'match') matches.push(matchOf(fieldsOf(value), packet, (name) => sets.get(here(name)) ?? null));
    else if (kind === 'vmap') ends.push(...vmapOf(fieldsOf(value), packet, here, sets));
    else if (!harmless.includes(kind)) matches.push('maybe');
  }
  return ends.map(({ match, verdict }) => ({ match: all([...matches, match]), verdict }));
}

/** They change neither whether the rule matches nor what becomes of the packet. */
const harmless = ['counter', 'log', 'comment', 'mangle', 'notrack', 'ct helper', 'meta', 'set'];

function verdictOf(kind: string, value: Json, here: (name: string) => string): Verdict | null {
  if (kind === 'accept' || kind === 'drop' || kind === 'return') return { is: kind };
  if (kind === 'reject') return { is: 'drop' };
  if (kind === 'jump' || kind === 'goto') return { is: kind, chain: here(textOf(fieldsOf(value)['target'])) };
  return kind === 'queue' || kind === 'xt' ? { is: 'unknown' } : null;
}

function vmapOf(fields: Fields, packet: Packet, here: (name: string) => string, sets: Sets): readonly Rule[] {
  const data = fields['data'] ?? null;
  const inline = fieldsOf(data)['set'];
  if (inline === undefined) return [{ match: 'maybe', verdict: { is: 'unknown' } }];
  return listOf(inline).map((pair) => {
    const [key = null, end = null] = listOf(pair);
    const [kind, value] = firstOf(end);
    const match = matchOf(
      { op: '==', left: fields['key'] ?? null, right: key },
      packet,
      (name) => sets.get(here(name)) ?? null,
    );
    return { match, verdict: verdictOf(kind, value, here) ?? { is: 'unknown' } };
  });
}

function matchOf(fields: Fields, packet: Packet, setOf: (name: string) => Json): Match {
  const { op = '==', left = null, right = null } = fields;
  const test = testOf(left, packet);
  if (test === null) return 'maybe';
  if (typeof test === 'string') return test;
  const found = within(right, test, setOf);
  if (op === '==' || op === 'in') return found;
  return op === '!=' ? not(found) : 'maybe';
}

/** What is asked of one value; or the answer at once, where the packet has no such field; or null: not known. */
function testOf(left: Json, packet: Packet): ((right: Json) => Match) | Match | null {
  const [kind, value] = firstOf(left);
  const fields = fieldsOf(value);
  if (kind === 'meta') return metaTest(textOf(fields['key']), packet);
  if (kind === 'payload') return payloadTest(textOf(fields['protocol']), textOf(fields['field']), packet);
  if (kind === 'ct') return fields['key'] === 'state' ? (right) => is(right === 'new') : null;
  if (kind === 'fib' && fields['result'] === 'type' && flagsOf(fields['flags']) === 'daddr') {
    return (right) => is(right === (packet.isMulticast ? 'multicast' : 'local'));
  }
  return null;
}

function metaTest(key: string, packet: Packet): ((right: Json) => Match) | null {
  switch (key) {
    case 'iif':
    case 'iifname':
      return (right) => is(typeof right === 'string' && nameFits(right, packet.interface));
    case 'l4proto':
      return (right) => is(right === packet.protocol || right === protocolNumbers[packet.protocol]);
    case 'nfproto':
      return (right) => is(right === (packet.family === 4 ? 'ipv4' : 'ipv6'));
    case 'protocol':
      return (right) => is(right === (packet.family === 4 ? 'ip' : 'ip6'));
    case 'pkttype':
      return (right) =>
        is(right === (packet.isMulticast ? 'multicast' : 'host') || (!packet.isMulticast && right === 'unicast'));
    default:
      return null;
  }
}

function payloadTest(protocol: string, field: string, packet: Packet): ((right: Json) => Match) | Match | null {
  if (protocol === 'ip' || protocol === 'ip6') {
    if ((protocol === 'ip') !== (packet.family === 4)) return 'no';
    if (field === 'daddr') return (right) => addressMatch(right, packet.to);
    if (field === 'protocol') return metaTest('l4proto', packet);
    return null;
  }
  if (protocol === 'icmp' || protocol === 'icmpv6') return 'no';
  if (protocol !== 'th' && protocol !== packet.protocol)
    return ['udp', 'tcp', 'sctp', 'dccp', 'udplite'].includes(protocol) ? 'no' : null;
  return field === 'dport' ? (right) => portMatch(right, packet.port) : null;
}

const protocolNumbers = { udp: 17, tcp: 6 } as const;

/** A value, a set of values, a named set. */
function within(right: Json, test: (right: Json) => Match, setOf: (name: string) => Json): Match {
  if (typeof right === 'string' && right.startsWith('@')) {
    const elements = setOf(right.slice(1));
    return elements === null ? 'maybe' : any(listOf(elements).map(test));
  }
  if (Array.isArray(right)) return any((right as readonly Json[]).map(test));
  const inline = fieldsOf(right)['set'];
  return inline === undefined ? test(right) : any(listOf(inline).map(test));
}

function portMatch(right: Json, port: number): Match {
  if (typeof right === 'number') return is(right === port);
  const range = fieldsOf(right)['range'];
  if (range !== undefined) {
    const [from, to] = listOf(range);
    return is(Number(from) <= port && port <= Number(to));
  }
  const names: Readonly<Record<string, number>> = { ssh: 22, mdns: 5353 };
  return typeof right === 'string' && names[right] !== undefined ? is(names[right] === port) : 'maybe';
}

function addressMatch(right: Json, address: string): Match {
  if (typeof right === 'string') return is(addressIn(address, right, null));
  const { addr, len } = fieldsOf(fieldsOf(right)['prefix'] ?? null);
  return typeof addr === 'string' && typeof len === 'number' ? is(addressIn(address, addr, len)) : 'maybe';
}

/** `eth*` is a pattern. */
function nameFits(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function tableOf(fields: Fields, name: Json | undefined): string {
  return JSON.stringify([fields['family'] ?? '', fields['table'] ?? '', name ?? '']);
}

function fieldsOf(json: Json): Fields {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Fields) : {};
}

/** A statement, an expression: an object with one field. */
function firstOf(json: Json): readonly [string, Json] {
  return Object.entries(fieldsOf(json))[0] ?? ['', null];
}

function textOf(json: Json | undefined): string {
  return typeof json === 'string' ? json : '';
}

/** One flag is written as itself or as a list of one. */
function flagsOf(json: Json | undefined): string {
  return typeof json === 'string' ? json : listOf(json).map(textOf).join();
}

function listOf(json: Json | undefined): readonly Json[] {
  return Array.isArray(json) ? (json as readonly Json[]) : [];
}
