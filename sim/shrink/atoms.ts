/**
 * The single steps that make a scenario smaller or calmer: each takes one thing away, or sets it back to what it is when
 * nobody says anything. Works on the file's own form, so that every candidate can be written down and read again.
 */
import {
  listOf,
  type Names,
  type RawAdversary,
  type RawHost,
  type RawScenario,
  type RawScriptItem,
} from '../scenario/raw.ts';

export interface Atom {
  /** For messages and tests. */
  readonly what: string;
  /** What it takes away helps the machines: without it they may fail for lack of it. */
  readonly helps: boolean;
  apply(raw: RawScenario): RawScenario;
}

/** Everything that can still be made smaller by one step; machines first, because much goes with them. */
export function atomsOf(raw: RawScenario): readonly Atom[] {
  return [
    ...Object.keys(raw.adversaries ?? {}).map((name) => atom(`without ${name}`, (one) => withoutMachine(one, name))),
    ...Object.keys(raw.hosts)
      .filter(() => Object.keys(raw.hosts).length > 1)
      .map((name) => atom(`without ${name}`, (one) => withoutMachine(one, name))),
    ...(raw.script ?? []).map((_, index) =>
      atom(`without item ${index + 1} of the script`, (one) => withoutItem(one, index)),
    ),
    ...(raw.links ?? []).map((_, index) =>
      atom(`without link ${index + 1}`, (one) => ({
        ...one,
        links: (one.links ?? []).filter((_, at) => at !== index),
      })),
    ),
    ...networkAtoms(raw),
    ...Object.entries(raw.hosts).flatMap(([name, host]) => hostAtoms(name, host)),
    ...Object.entries(raw.adversaries ?? {}).flatMap(([name, one]) => adversaryAtoms(name, one)),
    ...(raw.script ?? []).flatMap((item, index) => itemAtoms(item, index)),
    ...(raw.endsMs === undefined ? [] : [atom('to the usual end', (one) => omit(one, 'endsMs'))]),
    ...(raw.seed === undefined || raw.seed === 1 ? [] : [atom('seed 1', (one) => ({ ...one, seed: 1 }))]),
  ];
}

/** Without a host or an adversary, and without all that names it. */
export function withoutMachine(raw: RawScenario, name: string): RawScenario {
  const keep = (names: Names | undefined): string | readonly string[] => {
    const [first, ...more] = listOf(names).filter((one) => one !== name);
    return first === undefined ? [] : more.length === 0 ? first : [first, ...more];
  };
  const script = (raw.script ?? []).flatMap((item): RawScriptItem[] => {
    const { host, from, to, chooses, when, between, and } = item;
    if ([host, from, to, chooses, when?.host, item.while?.host].includes(name)) return [];
    if (between === undefined) return [item];
    const left = { between: keep(between), ...(and === undefined ? {} : { and: keep(and) }) };
    return left.between.length === 0 || left.and?.length === 0 ? [] : [{ ...item, ...left }];
  });
  const expect = raw.expect.flatMap((one) => {
    if (one.key === name || one.who === name || listOf(one.paired).includes(name)) return [];
    const left = {
      ...(one.host === undefined ? {} : { host: keep(one.host) }),
      ...(one.unpaired === undefined ? {} : { unpaired: keep(one.unpaired) }),
    };
    return left.host?.length === 0 || left.unpaired?.length === 0 ? [] : [{ ...one, ...left }];
  });
  const hosts = Object.fromEntries(
    Object.entries(raw.hosts)
      .filter(([one, host]) => one !== name && host.cloneOf !== name)
      .map(([one, host]) => [one, host.peers === undefined ? host : { ...host, peers: listOf(keep(host.peers)) }]),
  );
  return {
    ...raw,
    hosts,
    ...(raw.adversaries === undefined
      ? {}
      : { adversaries: Object.fromEntries(Object.entries(raw.adversaries).filter(([one]) => one !== name)) }),
    ...(raw.links === undefined ? {} : { links: raw.links.flatMap((link) => linkWithout(link, name)) }),
    ...(raw.script === undefined ? {} : { script }),
    expect: expect.length > 0 ? expect : [harmless(Object.keys(hosts)[0] ?? name)],
  };
}

/** Without one of its ends; nothing where no other is left. */
function linkWithout<L extends NonNullable<RawScenario['links']>[number]>(link: L, name: string): L[] {
  const from = listOf(link.from).filter((one) => one !== name);
  const to = listOf(link.to).filter((one) => one !== name);
  return from.length === 0 || to.length === 0 ? [] : [{ ...link, from, to }];
}

/** A scenario must expect something: that nobody lets his own key in is always so. */
export function harmless(host: string): RawScenario['expect'][number] {
  return { never: 'authorized', host, key: host };
}

function withoutItem(raw: RawScenario, index: number): RawScenario {
  return { ...raw, script: (raw.script ?? []).filter((_, at) => at !== index) };
}

function networkAtoms(raw: RawScenario): readonly Atom[] {
  const used = new Set(
    [...Object.values(raw.hosts), ...Object.values(raw.adversaries ?? {})].flatMap(({ on }) => listOf(on)),
  );
  return Object.entries(raw.network).flatMap(([segment, rules]) => {
    const become = (changed: RawScenario['network'][string]): ((one: RawScenario) => RawScenario) => {
      return (one) => ({ ...one, network: { ...one.network, [segment]: changed } });
    };
    if (!used.has(segment))
      return [
        atom(`without ${segment}`, (one) => ({
          ...one,
          network: Object.fromEntries(Object.entries(one.network).filter(([name]) => name !== segment)),
        })),
      ];
    return [
      ...(Object.keys(rules).length > 1 ? [atom(`${segment} is calm`, become({}))] : []),
      ...Object.keys(rules).map((key) =>
        atom(`${key} of ${segment} as usual`, become(omit(rules, key as keyof typeof rules))),
      ),
    ];
  });
}

/** What of a host may go; its place and what its person types belong to the story. */
const hostKeys: readonly (keyof RawHost)[] = [
  'startsMs',
  'typesMs',
  'storeMs',
  'provisionMs',
  'lookupMs',
  'signMs',
  'slips',
  'fails',
  'flaky',
  'driftPpm',
  'cloneOf',
  'names',
  'reverse',
  'peers',
  'phraseBits',
  'accepts',
  'windowMs',
  'hostName',
  'userName',
  'directory',
  'address',
];

const helping: readonly (keyof RawHost)[] = ['names', 'reverse', 'peers', 'phraseBits', 'accepts', 'windowMs'];

function hostAtoms(name: string, host: RawHost): readonly Atom[] {
  const become = (changed: RawHost): ((raw: RawScenario) => RawScenario) => {
    return (raw) => ({ ...raw, hosts: { ...raw.hosts, [name]: changed } });
  };
  return [
    ...places(host.on).map((on) => atom(`${name} on ${on} alone`, become({ ...host, on }), true)),
    ...hostKeys
      .filter((key) => host[key] !== undefined)
      .map((key) => atom(`${key} of ${name} as usual`, become(omit(host, key)), helping.includes(key))),
    ...rounded(host.startsMs).map((startsMs) =>
      atom(`${name} starts at ${startsMs} ms`, become({ ...host, startsMs })),
    ),
  ];
}

const adversaryKeys: readonly (keyof RawAdversary)[] = [
  'startsMs',
  'untilMs',
  'reactsMs',
  'asksAfterMs',
  'racesAheadMs',
  'everyMs',
  'kinds',
  'phrase',
  'address',
];

function adversaryAtoms(name: string, adversary: RawAdversary): readonly Atom[] {
  const become = (changed: RawAdversary): ((raw: RawScenario) => RawScenario) => {
    return (raw) => ({ ...raw, adversaries: { ...raw.adversaries, [name]: changed } });
  };
  const { times = 10, startsMs } = adversary;
  return [
    ...(times > 1
      ? [...new Set([1, Math.floor(times / 2), times - 1])].map((fewer) =>
          atom(`${name} does it ${fewer} times`, become({ ...adversary, times: fewer })),
        )
      : []),
    ...adversaryKeys
      .filter((key) => adversary[key] !== undefined)
      .map((key) => atom(`${key} of ${name} as usual`, become(omit(adversary, key)))),
    ...rounded(startsMs).map((ms) => atom(`${name} starts at ${ms} ms`, become({ ...adversary, startsMs: ms }))),
  ];
}

function itemAtoms(item: RawScriptItem, index: number): readonly Atom[] {
  const become = (changed: RawScriptItem): ((raw: RawScenario) => RawScenario) => {
    return (raw) => ({ ...raw, script: (raw.script ?? []).map((one, at) => (at === index ? changed : one)) });
  };
  const range = /^(\d+)\.\.(\d+)$/.exec(String(item.nth ?? ''));
  const [first, last] = [Number(range?.[1]), Number(range?.[2])];
  const what = `item ${index + 1} of the script`;
  return [
    ...(range === null
      ? []
      : [`${first}..${last - 1}`, `${first + 1}..${last}`].map((nth) =>
          atom(`${nth} in ${what}`, become({ ...item, nth: tidy(nth) })),
        )),
    ...(['plusMs', 'oneWay'] as const)
      .filter((key) => item[key] !== undefined)
      .map((key) => atom(`no ${key} in ${what}`, become(omit(item, key)))),
    ...(item.when?.nth === 1
      ? [atom(`nth 1 of when in ${what} as usual`, become({ ...item, when: omit(item.when, 'nth') }))]
      : []),
    ...rounded(item.atMs).map((atMs) => atom(`${what} at ${atMs} ms`, become({ ...item, atMs }))),
    ...rounded(item.plusMs).map((plusMs) => atom(`${what} ${plusMs} ms later`, become({ ...item, plusMs }))),
    ...rounded(item.byMs).map((byMs) => atom(`${what} by ${byMs} ms`, become({ ...item, byMs }))),
  ];
}

/** `3..3` is 3. */
function tidy(range: string): number | string {
  const [first, last] = range.split('..');
  return first === last ? Number(first) : range;
}

function places(on: Names): readonly string[] {
  const names = listOf(on);
  return names.length > 1 ? names : [];
}

/** The nearest round time below, in ms, if it is not round already. */
function rounded(ms: number | undefined): readonly number[] {
  if (ms === undefined) return [];
  const step = [1000, 100, 10].find((one) => ms > one && ms % one !== 0);
  return step === undefined ? [] : [ms - (ms % step)];
}

/** Without an optional key. */
function omit<T extends object>(object: T, key: keyof T): T {
  const { [key]: _, ...rest } = object;
  return rest as T;
}

function atom(what: string, apply: (raw: RawScenario) => RawScenario, helps = false): Atom {
  return { what, helps, apply };
}
