/**
 * What a well-shaped file means: defaults filled in, units turned into microseconds, names looked up. Whatever refers to
 * something that is not there becomes a problem; the value that comes out is of use only if there is none.
 */
import type { Identity } from '../../protocol/contract.ts';
import { type LinkException, type LinkRules, quietLink } from '../network.ts';
import { checkChannels } from './channels.ts';
import type { Context, Vocabulary } from './context.ts';
import { expectationsOf } from './expect.ts';
import { suggestion } from './nearest.ts';
import { placesOf } from './places.ts';
import type { Path, Problems } from './problem.ts';
import { listOf, type Names, type RawAdversary, type RawHost, type RawScenario } from './raw.ts';
import { partOfRules, ratio, rulesOf, usRange } from './rules.ts';
import type { AdversarySpec, Expected, HostSpec, InterfaceSpec, Scenario } from './scenario.ts';
import { scriptOf } from './script.ts';
import { mistyped } from './slips.ts';

export function meaningOf(raw: RawScenario, name: string, vocabulary: Vocabulary, problems: Problems): Scenario {
  const context: Context = {
    problems,
    vocabulary,
    hosts: Object.keys(raw.hosts),
    adversaries: Object.keys(raw.adversaries ?? {}),
    segments: Object.keys(raw.network),
    places: placesOf(raw, problems),
    knows(word, known, what, path) {
      if (known.includes(word)) return true;
      problems.add(path, `there is no ${what} "${word}"`, suggestion(word, known));
      return false;
    },
  };
  for (const both of context.adversaries.filter((one) => context.hosts.includes(one))) {
    problems.add(
      ['adversaries', both],
      `"${both}" is a host and an adversary`,
      'Two machines with one name: rename one.',
      'key',
    );
  }
  checkChannels(raw, problems);
  const segments: [string, LinkRules][] = Object.entries(raw.network).map(([segment, rules]) => [
    segment,
    rulesOf(rules, ['network', segment], problems),
  ]);
  const { script, drops, shifts } = scriptOf(raw.script ?? [], raw.hosts, context);
  return {
    name,
    title: raw.title,
    covers: raw.covers ?? [],
    protocols: verdictsOf(raw, context),
    seed: raw.seed ?? 1,
    segments: Object.fromEntries(segments),
    links: linksOf(raw, Object.fromEntries(segments), context),
    hosts: Object.entries(raw.hosts).map(([host, spec]) => hostOf(host, spec, context)),
    adversaries: Object.entries(raw.adversaries ?? {}).map(([one, spec]) =>
      adversaryOf(one, spec, Object.keys(raw.protocols), context),
    ),
    routed: Object.entries(raw.network).flatMap(([segment, { routed }]) => (routed === true ? [segment] : [])),
    drops,
    shifts,
    script,
    expect: expectationsOf(raw.expect, context),
    endsUs: (raw.endsMs ?? 900_000) * 1000,
  };
}

function verdictsOf(raw: RawScenario, { vocabulary, knows }: Context): { readonly [protocol: string]: Expected } {
  const known = [...vocabulary.protocols, ...vocabulary.futureProtocols];
  for (const [protocol, expected] of Object.entries(raw.protocols)) {
    knows(protocol, known, 'protocol', ['protocols', protocol]);
    if (expected !== 'pass') knows(expected.breaks, vocabulary.oracles, 'oracle', ['protocols', protocol, 'breaks']);
  }
  return raw.protocols;
}

function linksOf(
  raw: RawScenario,
  segments: { readonly [name: string]: LinkRules },
  context: Context,
): readonly LinkException[] {
  const machines = [...context.hosts, ...context.adversaries];
  return (raw.links ?? []).flatMap((link, index) => {
    const named = (key: 'from' | 'to'): readonly string[] =>
      listOf(link[key]).filter((one) => context.knows(one, machines, 'machine', ['links', index, key]));
    const [senders, receivers] = [named('from'), named('to')];
    const part = partOfRules(link, ['links', index], context.problems);
    const way = (from: string, to: string): LinkException => {
      const segment = context.places.of(from)[0]?.segment ?? '';
      return { from, to, family: link.family ?? null, rules: { ...(segments[segment] ?? quietLink), ...part } };
    };
    return senders.flatMap((a) =>
      receivers.flatMap((b) => (link.both === true ? [way(a, b), way(b, a)] : [way(a, b)])),
    );
  });
}

function hostOf(name: string, raw: RawHost, context: Context): HostSpec {
  const at: Path = ['hosts', name];
  const { problems } = context;
  if (raw.typesMs !== undefined && raw.phrase === undefined) {
    problems.add([...at, 'typesMs'], `${name} types nothing`, 'Give it a phrase, or take typesMs away.', 'key');
  }
  return {
    name,
    interfaces: context.places.of(name),
    phrase: raw.phrase === undefined ? null : mistyped(raw.phrase, raw.slips ?? []),
    startsUs: (raw.startsMs ?? 0) * 1000,
    typesUs: raw.typesMs === undefined ? null : raw.typesMs * 1000,
    storeUs: usRange(raw.storeMs ?? '1..3', [...at, 'storeMs'], problems),
    provisionUs: usRange(raw.provisionMs ?? '3..8', [...at, 'provisionMs'], problems),
    lookupUs: usRange(raw.lookupMs ?? '1..30', [...at, 'lookupMs'], problems),
    signUs: usRange(raw.signMs ?? '5..15', [...at, 'signMs'], problems),
    fails: raw.fails ?? [],
    flaky: flakyOf(raw.flaky ?? {}, [...at, 'flaky'], problems),
    driftPpm: raw.driftPpm ?? 0,
    cloneOf: cloneOf(name, raw, context),
    names: lists(raw.names, (key) => key.toLowerCase()),
    reverse: lists(raw.reverse, (key) => key),
    peers: (raw.peers ?? []).flatMap((peer, index) => peerOf(peer, [...at, 'peers', index], context)),
    holds: Object.entries(raw.holds ?? {}).flatMap(([peer, as]) =>
      context.knows(peer, context.hosts, 'host', [...at, 'holds', peer]) ? [{ peer, as }] : [],
    ),
    phraseBits: raw.phraseBits ?? 44,
    accepts: raw.accepts ?? [],
    windowMs: raw.windowMs ?? 600_000,
    identity: identityOf(raw),
  };
}

function flakyOf(raw: NonNullable<RawHost['flaky']>, path: Path, problems: Problems): HostSpec['flaky'] {
  return Object.fromEntries(
    Object.entries(raw).map(([effect, chance]) => [effect, ratio(chance, [...path, effect], problems)]),
  );
}

function cloneOf(name: string, raw: RawHost, { hosts, knows, problems }: Context): string | null {
  if (raw.cloneOf === undefined) return null;
  const path: Path = ['hosts', name, 'cloneOf'];
  knows(raw.cloneOf, hosts, 'host', path);
  if (raw.cloneOf === name)
    problems.add(path, `${name} is a clone of itself`, 'Name the host that it was copied from.');
  return raw.cloneOf;
}

function identityOf({ hostName, userName, directory }: RawHost): Partial<Identity> {
  return {
    ...(hostName === undefined ? {} : { hostName }),
    ...(userName === undefined ? {} : { userName }),
    ...(directory === undefined ? {} : { directory }),
  };
}

function peerOf(peer: string, path: Path, context: Context): string[] {
  if (!context.knows(peer, [...context.hosts, ...context.adversaries], 'machine', path)) return [];
  const place = context.places.of(peer)[0];
  if (place === undefined) return [];
  if (place.address !== null) return [place.address];
  // A link-local address is of no use without the interface that leads there.
  const zone = context.places.of(String(path[1])).find(({ segment }) => segment === place.segment)?.name;
  return place.linkLocal === null ? [] : [zone === undefined ? place.linkLocal : `${place.linkLocal}%${zone}`];
}

function adversaryOf(name: string, raw: RawAdversary, protocols: readonly string[], context: Context): AdversarySpec {
  const at: Path = ['adversaries', name];
  const { adversaries } = context.vocabulary;
  if (context.knows(raw.is, [...new Set(Object.values(adversaries).flat())], 'adversary', [...at, 'is'])) {
    for (const protocol of protocols) {
      const kinds = adversaries[protocol];
      if (kinds === undefined || kinds.includes(raw.is)) continue;
      context.problems.add([...at, 'is'], `there is no "${raw.is}" who speaks ${protocol}`, suggestion(raw.is, kinds));
    }
  }
  const place = context.places.of(name)[0] ?? nowhere;
  const asksMs = raw.asksAfterMs ?? raw.racesAheadMs;
  const startsUs = (raw.startsMs ?? 0) * 1000;
  const untilUs = (raw.untilMs ?? 120_000) * 1000;
  if (untilUs < startsUs)
    context.problems.add([...at, 'untilMs'], `${name} gives up before it starts`, 'Make untilMs larger than startsMs.');
  return {
    name,
    is: raw.is,
    place,
    phrase: raw.phrase ?? null,
    startsUs,
    untilUs,
    reactsUs: (raw.reactsMs ?? 1) * 1000,
    asksAfterUs: asksMs === undefined ? null : asksMs * 1000,
    everyUs: (raw.everyMs ?? 2000) * 1000,
    times: raw.times ?? 10,
    kinds: raw.kinds ?? [],
    at: (raw.at ?? []).flatMap((one, index) => peerOf(one, [...at, 'at', index], context)),
    says: raw.says ?? {},
    claims: claimsOf(raw, at, context),
  };
}

const nowhere: InterfaceSpec = { name: 'eth0', segment: '', address: '0.0.0.0', prefix: 24, linkLocal: null };

function claimsOf({ claims }: RawAdversary, at: Path, { hosts, adversaries, knows }: Context): string | null {
  if (claims === undefined) return null;
  return knows(claims, [...hosts, ...adversaries], 'machine', [...at, 'claims']) ? claims : null;
}

function lists(
  raw: { readonly [name: string]: Names } | undefined,
  key: (name: string) => string,
): { readonly [name: string]: readonly string[] } {
  return Object.fromEntries(Object.entries(raw ?? {}).map(([name, names]) => [key(name), listOf(names)]));
}
