/** The script: what happens when. Each item has one verb and, unless it drops datagrams, one moment. */
import { type Context, protocolsOf } from './context.ts';
import { checkedAddress } from './places.ts';
import type { Path } from './problem.ts';
import { listOf, type RawHost, type RawMoment, type RawScriptItem } from './raw.ts';
import { countRange, partOfRules } from './rules.ts';
import type { Action, Drop, Moment, ScriptItem, Selector, Shift, Trigger } from './scenario.ts';
import { mistyped } from './slips.ts';

const verbs = [
  'types',
  'do',
  'chooses',
  'finds',
  'forgets',
  'change',
  'fails',
  'network',
  'drop',
  'delay',
  'repeat',
] as const;
const changes = { address: 'to', interface: 'up', port: null, clock: 'byMs' } as const;
const sights = ['sends', 'hears', 'stores', 'authorizes', 'notice', 'situation'] as const;

export interface Script {
  readonly script: readonly ScriptItem[];
  readonly drops: readonly Drop[];
  readonly shifts: readonly Shift[];
}

export function scriptOf(
  items: readonly RawScriptItem[],
  hosts: { readonly [name: string]: RawHost },
  context: Context,
): Script {
  const script: ScriptItem[] = [];
  const drops: Drop[] = [];
  const shifts: Shift[] = [];
  items.forEach((item, index) => {
    const path: Path = ['script', index];
    const said = verbs.filter((verb) => item[verb] !== undefined);
    if (said.length !== 1) {
      const what = said.length === 0 ? 'nothing happens here' : `two things happen here: ${said.join(' and ')}`;
      context.problems.add(path, what, `One item has one of: ${verbs.join(', ')}.`);
      return;
    }
    const protocols = protocolsOf(item.for, [...path, 'for'], context);
    const kind = item.drop ?? item.delay ?? item.repeat;
    if (kind !== undefined) {
      const selector = { ...selectorOf(item, kind, path, context), protocols };
      const does = item.delay === undefined ? 'repeat' : 'delay';
      if (item.drop !== undefined) drops.push(selector);
      else shifts.push({ ...selector, does, byUs: shiftUs(item, path, context) });
      return;
    }
    const trigger = triggerOf(item, path, context);
    const action = actionOf(item, hosts, path, context);
    if (trigger !== null && action !== null) script.push({ trigger, action, protocols });
  });
  return { script, drops, shifts };
}

/** By how much; a shift without it is a problem. */
function shiftUs({ byMs }: RawScriptItem, path: Path, { problems }: Context): number {
  if (byMs === undefined || byMs < 1) problems.add(path, 'by how much later?', 'Add byMs: <milliseconds>, from 1 on.');
  return (byMs ?? 1) * 1000;
}

function selectorOf(item: RawScriptItem, kind: string, path: Path, context: Context): Omit<Selector, 'protocols'> {
  const machines = [...context.hosts, ...context.adversaries];
  if (item.from === undefined)
    context.problems.add(
      path,
      item.drop === undefined ? 'whose datagrams are meant?' : 'whose datagrams are dropped?',
      'Add from: <machine>.',
    );
  else context.knows(item.from, machines, 'machine', [...path, 'from']);
  if (item.to !== undefined) context.knows(item.to, machines, 'machine', [...path, 'to']);
  const which = countRange(item.nth ?? 1, [...path, 'nth'], context.problems);
  if (which.min < 1) context.problems.add([...path, 'nth'], 'the first datagram is number 1', 'Count from 1.');
  if (item.atMs !== undefined || item.when !== undefined)
    context.problems.add(path, 'a drop has no time', 'It counts datagrams: take atMs and when away, use nth.');
  const meanwhile = item.while ?? null;
  if (meanwhile !== null) context.knows(meanwhile.host, context.hosts, 'host', [...path, 'while', 'host']);
  return { kind, from: item.from ?? '', to: item.to ?? null, first: which.min, last: which.max, meanwhile };
}

function triggerOf(item: RawScriptItem, path: Path, context: Context): Trigger | null {
  if ((item.atMs === undefined) === (item.when === undefined)) {
    context.problems.add(
      path,
      'when does this happen?',
      'Give it atMs, or when: {host: ..., sends: ...}; one of them.',
    );
    return null;
  }
  if (item.when === undefined) {
    if (item.plusMs !== undefined)
      context.problems.add([...path, 'plusMs'], 'plusMs belongs to when', 'Add it to atMs instead.', 'key');
    return { atUs: (item.atMs ?? 0) * 1000 };
  }
  const when = momentOf(item.when, [...path, 'when'], context);
  return when === null ? null : { when, plusUs: (item.plusMs ?? 0) * 1000 };
}

function momentOf(raw: RawMoment, path: Path, context: Context): Moment | null {
  const seen = sights.filter((sight) => raw[sight] !== undefined);
  const sees = seen[0];
  if (sees === undefined || seen.length > 1) {
    context.problems.add(path, 'a moment is one thing that is seen', `Give it exactly one of: ${sights.join(', ')}.`);
    return null;
  }
  context.knows(raw.host, context.hosts, 'host', [...path, 'host']);
  const said = raw[sees];
  return { host: raw.host, sees, what: typeof said === 'string' ? said : null, nth: raw.nth ?? 1 };
}

function actionOf(
  item: RawScriptItem,
  hosts: { readonly [name: string]: RawHost },
  path: Path,
  context: Context,
): Action | null {
  if (item.network !== undefined) return networkAction(item, item.network, path, context);
  const { host } = item;
  if (host === undefined) {
    context.problems.add(path, 'to whom does this happen?', 'Add host: <name>.');
    return null;
  }
  if (!context.knows(host, context.hosts, 'host', [...path, 'host'])) return null;
  if (item.types !== undefined) return { does: 'types', host, phrase: mistyped(item.types, item.slips ?? []) };
  if (item.change !== undefined) return changeOf(item, item.change, host, path, context);
  if (item.fails !== undefined) return { does: 'fails', host, fails: item.fails };
  if (item.chooses !== undefined) {
    context.knows(item.chooses, [...context.hosts, ...context.adversaries], 'machine', [...path, 'chooses']);
    return { does: 'chooses', host, peer: item.chooses };
  }
  for (const does of ['finds', 'forgets'] as const) {
    const peer = item[does];
    if (peer === undefined) continue;
    return context.knows(peer, context.hosts, 'host', [...path, does]) ? { does, host, peer } : null;
  }
  if (item.do === 'restart') {
    const phrase = item.phrase === undefined ? (hosts[host]?.phrase ?? null) : item.phrase;
    const disk = item.wiped === true ? 'wiped' : item.restored === true ? 'restored' : 'kept';
    return { does: 'restart', host, phrase, disk };
  }
  if (item.do !== undefined) return { does: item.do, host };
  return null;
}

function changeOf(
  item: RawScriptItem,
  what: NonNullable<RawScriptItem['change']>,
  host: string,
  path: Path,
  context: Context,
): Action | null {
  const needs = changes[what];
  if (needs !== null && item[needs] === undefined) {
    const [question, next] = missing[needs];
    context.problems.add(path, question, next);
    return null;
  }
  const interfaces = context.places.of(host);
  const name = item.interface ?? interfaces[0]?.name ?? '';
  const known = interfaces.map((one) => one.name);
  if (!context.knows(name, known, 'interface', [...path, 'interface'])) return null;
  if (what === 'port') return { does: 'rebinds', host };
  if (what === 'clock') return { does: 'clock', host, byMs: item.byMs ?? 0 };
  if (what === 'interface') return { does: 'plug', host, interface: name, up: item.up === true };
  const place = interfaces.find((one) => one.name === name);
  const to = item.to ?? '';
  if (place?.address === null) {
    context.problems.add(
      [...path, 'to'],
      `${place.segment} has IPv6 alone`,
      'Only an IPv4 address changes: say ipv6: also.',
    );
    return null;
  }
  const segment = place?.segment ?? '';
  const address = checkedAddress(to, segment, context.places.subnets, [...path, 'to'], context.problems);
  return address === null ? null : { does: 'moves', host, interface: name, address: to };
}

const missing = {
  to: ['to which address?', 'Add to: <address>.'],
  up: ['is it plugged in or out?', 'Add up: true, or up: false.'],
  byMs: ['by how much is the clock set?', 'Add byMs: <milliseconds>, below 0 to set it back.'],
} as const;

function linkChange(item: RawScriptItem, path: Path, context: Context): Action | null {
  const machines = [...context.hosts, ...context.adversaries];
  if (item.from === undefined || item.to === undefined) {
    context.problems.add(path, 'a link has two ends', 'Give it from: <machine> and to: <machine>, or segment: <name>.');
    return null;
  }
  const from = context.knows(item.from, machines, 'machine', [...path, 'from']);
  const to = context.knows(item.to, machines, 'machine', [...path, 'to']);
  const rules = partOfRules(item, path, context.problems);
  return from && to ? { does: 'changeLink', from: item.from, to: item.to, family: item.family ?? null, rules } : null;
}

function networkAction(
  item: RawScriptItem,
  network: NonNullable<RawScriptItem['network']>,
  path: Path,
  context: Context,
): Action | null {
  if (network === 'heal') return { does: 'heal' };
  if (network === 'change' && (item.from !== undefined || item.to !== undefined))
    return linkChange(item, path, context);
  if (network === 'change') {
    const segment = item.segment ?? context.segments[0] ?? '';
    if (!context.knows(segment, context.segments, 'segment', [...path, 'segment'])) return null;
    const rules = partOfRules(item, path, context.problems);
    return { does: 'change', segment, family: item.family ?? null, rules };
  }
  const machines = [...context.hosts, ...context.adversaries];
  const between = listOf(item.between);
  const and = item.and === undefined ? machines.filter((one) => !between.includes(one)) : listOf(item.and);
  if (between.length === 0)
    context.problems.add(path, 'between whom is the network cut?', 'Add between: <machines>, and: <machines>.');
  for (const one of between) context.knows(one, machines, 'machine', [...path, 'between']);
  for (const one of and) context.knows(one, machines, 'machine', [...path, 'and']);
  return { does: network, between, and, oneWay: item.oneWay ?? false };
}
