/**
 * Swarm testing (Groce et al., 2012): each seed draws its own subset of the faults, and how hard each of them is, for a
 * scenario. A run that has all faults at once looks alike every time; one that has three of them, hard, goes to places.
 *
 * Every variation has two phases: an adverse one, then the network heals, adversaries fall silent and whoever crashed is back
 * with his phrase typed; from then on the oracles can require that everybody converges. Times are whole milliseconds, so
 * that every variation can be written down as a file.
 */
import type { Stream } from '../random.ts';
import { addressText, parseAddress, parseSubnet } from '../scenario/address.ts';
import { channelOf } from '../scenario/channels.ts';
import { listOf, type RawAdversary, type RawHost, type RawScenario, type RawScriptItem } from '../scenario/raw.ts';
import { harmless } from '../shrink/atoms.ts';

/** When the adverse phase ends: mostly soon, because what comes after it is told by a few minutes as well as by ten. */
const adverseMs: readonly number[] = [10_000, 20_000, 40_000, 80_000, 150_000];

/** Windows are so many times as long as the adverse phase, and never shorter than the other number. */
const windowsPerHeal = 4;
const windowMsMin = 120_000;

/** Somebody may be back so long after the last thing that has a time, and have a window then. */
const lateMs = 40_000;

/** How many of the adversaries of one run come from here. */
const strangersMax = 2;

interface Draft {
  readonly network: { [segment: string]: RawScenario['network'][string] };
  readonly hosts: { [name: string]: RawHost };
  readonly adversaries: { [name: string]: RawAdversary };
  readonly script: RawScriptItem[];
  /** When the adverse phase ends. */
  readonly healsMs: number;
}

type Fault = (draft: Draft, stream: Stream, kinds: readonly string[]) => void;

/** The scenario with faults drawn from the stream. `kinds`: the adversaries that all of its protocols have. */
export function vary(raw: RawScenario, stream: Stream, kinds: readonly string[]): RawScenario {
  const draft: Draft = {
    network: { ...raw.network },
    hosts: { ...raw.hosts },
    adversaries: { ...raw.adversaries },
    script: [...(raw.script ?? [])],
    healsMs: pick(stream, adverseMs),
  };
  // Each is on in one run of three: in most runs three or four of them are.
  for (const fault of faults) if (stream.integer(1, 3) === 1) fault(draft, stream, kinds);
  const { network, healsMs } = draft;
  // A window that is over before all heals, or before the last one comes, would end what nobody could have done in time; a
  // long one only costs.
  const windowMs = Math.max(windowMsMin, healsMs * windowsPerHeal, lastEntranceMs(draft) + windowMsMin);
  const hosts = Object.fromEntries(Object.entries(draft.hosts).map(([name, host]) => [name, { ...host, windowMs }]));
  const adversaries = Object.fromEntries(
    Object.entries(draft.adversaries).map(([name, one]) => {
      const startsMs = Math.min(one.startsMs ?? 0, healsMs);
      return [name, { ...one, startsMs, untilMs: Math.max(startsMs, Math.min(one.untilMs ?? 120_000, healsMs)) }];
    }),
  );
  const { endsMs } = raw;
  // Who is cut off in the middle of his window need not have said yet how it stands with him.
  const ends = endsMs === undefined ? {} : { endsMs: Math.max(endsMs, lastEntranceMs(draft) + windowMs + lateMs) };
  return {
    ...raw,
    ...ends,
    network,
    hosts,
    adversaries,
    script: [...draft.script, { atMs: healsMs, network: 'heal' }],
    // What a scenario expects, it expects of its own weather. Oracles hold in any.
    expect: [harmless(Object.keys(hosts)[0] ?? '')],
  };
}

/** When the last thing happens that the scenario itself has a time for: somebody starts, types, moves, is back. */
function lastEntranceMs({ hosts, script }: Draft): number {
  const entrances = Object.values(hosts).flatMap(({ startsMs = 0, typesMs = 0 }) => [startsMs, typesMs]);
  return Math.max(0, ...entrances, ...script.map(({ atMs = 0 }) => atMs));
}

const faults: readonly Fault[] = [
  loses,
  loses,
  delays,
  doubles,
  reorders,
  bursts,
  damages,
  cuts,
  crashes,
  crashesAtMoment,
  crashesAtMoment,
  moves,
  rebinds,
  setsClock,
  resumes,
  slows,
  starts,
  invites,
  invites,
  neighbours,
  families,
];

function loses(draft: Draft, stream: Stream): void {
  changeRules(draft, stream, { loss: `${stream.integer(1, 10)}/20` });
}

function delays(draft: Draft, stream: Stream): void {
  changeRules(draft, stream, { delayMs: `1..${pick(stream, [5, 20, 100, 400, 1500])}` });
}

function doubles(draft: Draft, stream: Stream): void {
  const rules = {
    duplicate: `${stream.integer(1, 10)}/20`,
    duplicateAfterMs: `1..${pick(stream, [50, 2000, 20_000])}`,
  };
  changeRules(draft, stream, rules);
}

function reorders(draft: Draft, stream: Stream): void {
  changeRules(draft, stream, {
    reorder: `${stream.integer(1, 10)}/20`,
    reorderByMs: `5..${pick(stream, [100, 3000])}`,
  });
}

function bursts(draft: Draft, stream: Stream): void {
  const burst = { starts: `1/${pick(stream, [20, 100])}`, ends: `1/${pick(stream, [3, 10])}`, loss: '19/20' };
  changeRules(draft, stream, { burst });
}

function damages(draft: Draft, stream: Stream): void {
  changeRules(draft, stream, { [pick(stream, ['corrupt', 'truncate'])]: `${stream.integer(1, 5)}/20` });
}

function changeRules({ network }: Draft, stream: Stream, rules: RawScenario['network'][string]): void {
  const segment = pick(stream, Object.keys(network));
  network[segment] = { ...network[segment], ...rules };
}

function cuts({ hosts, script, healsMs }: Draft, stream: Stream): void {
  const [a, b] = pickTwo(stream, Object.keys(hosts));
  if (a === undefined || b === undefined) return;
  script.push({
    atMs: stream.integer(0, healsMs),
    network: pick(stream, ['cut', 'cut', 'clog'] as const),
    between: a,
    and: b,
    oneWay: stream.integer(0, 1) === 1,
  });
}

function crashes({ hosts, script, healsMs }: Draft, stream: Stream): void {
  const host = pick(stream, Object.keys(hosts));
  const atMs = stream.integer(1, Math.min(healsMs, 20_000));
  script.push({ atMs, host, do: 'crash' }, { atMs: atMs + stream.integer(1, 20_000), host, do: 'restart' });
}

/** At the moments that matter: between a durable step and the next thing. */
function crashesAtMoment({ hosts, script }: Draft, stream: Stream): void {
  const host = pick(stream, Object.keys(hosts));
  const seen = pick(stream, [
    { stores: true },
    { authorizes: true },
    { notice: 'proven' },
    { notice: 'paired' },
  ] as const);
  const when = { host, ...seen, nth: stream.integer(1, 2) };
  const plusMs = pick(stream, [0, 0, 1, 5, 50]);
  script.push(
    { when, ...(plusMs === 0 ? {} : { plusMs }), host, do: 'crash' },
    { when, plusMs: plusMs + stream.integer(1, 15_000), host, do: 'restart' },
  );
}

function moves({ hosts, network, script, healsMs }: Draft, stream: Stream): void {
  const host = pick(stream, Object.keys(hosts));
  const segment = listOf(hosts[host]?.on)[0] ?? '';
  const index = Object.keys(network).indexOf(segment);
  const subnet = parseSubnet(network[segment]?.subnet ?? `10.0.${index}.0/24`);
  if (subnet === null || subnet.prefix > 24 || network[segment]?.ipv6 === 'alone') return;
  // Far above those that are given out, and nobody else's.
  const taken = Object.values(hosts).map(({ address }) => parseAddress(address ?? ''));
  const address = subnet.base + stream.integer(201, 250);
  if (taken.includes(address)) return;
  script.push({
    atMs: stream.integer(1, Math.min(healsMs, 20_000)),
    host,
    change: 'address',
    to: addressText(address),
  });
}

function rebinds({ hosts, script, healsMs }: Draft, stream: Stream): void {
  script.push({ atMs: stream.integer(1, healsMs), host: pick(stream, Object.keys(hosts)), change: 'port' });
}

function setsClock({ hosts, script, healsMs }: Draft, stream: Stream): void {
  const byMs = pick(stream, [-3_600_000, -1000, 1000, 31_536_000_000]);
  script.push({ atMs: stream.integer(1, healsMs), host: pick(stream, Object.keys(hosts)), change: 'clock', byMs });
}

function resumes({ hosts, script, healsMs }: Draft, stream: Stream): void {
  script.push({ atMs: stream.integer(1, healsMs), host: pick(stream, Object.keys(hosts)), do: 'resume' });
}

function slows({ hosts }: Draft, stream: Stream): void {
  const name = pick(stream, Object.keys(hosts));
  const host = hosts[name];
  if (host === undefined) return;
  const what = pick(stream, ['storeMs', 'provisionMs', 'lookupMs', 'signMs'] as const);
  hosts[name] = { ...host, [what]: `1..${pick(stream, [50, 500, 5000])}` };
}

function starts({ hosts }: Draft, stream: Stream): void {
  const name = pick(stream, Object.keys(hosts));
  const host = hosts[name];
  if (host !== undefined) hosts[name] = { ...host, startsMs: (host.startsMs ?? 0) + stream.integer(1, 20_000) };
}

/** A stranger of the kinds that need not know anything. */
function invites({ hosts, adversaries, network, healsMs }: Draft, stream: Stream, kinds: readonly string[]): void {
  const able = kinds.filter((kind) => strangers.includes(kind));
  const name = ['trudy', 'oscar'].slice(0, strangersMax).find((one) => adversaries[one] === undefined);
  if (able.length === 0 || name === undefined) return;
  const startsMs = stream.integer(0, healsMs);
  adversaries[name] = {
    on: pick(stream, Object.keys(network)),
    is: pick(stream, able),
    phrase: wrongGuess(hosts),
    startsMs,
    reactsMs: pick(stream, [0, 1, 30]),
    everyMs: pick(stream, [20, 300, 2000]),
    times: pick(stream, [1, 3, 10, 60]),
    ...(stream.integer(0, 1) === 1 ? { asksAfterMs: stream.integer(0, 5000) } : {}),
  };
}

/** A wrong phrase that is heard all the same: on the channel of a host, if there is one. */
function wrongGuess(hosts: Draft['hosts']): string {
  const channels = Object.values(hosts).flatMap(({ phrase }) => channelOf(phrase) ?? []);
  return channels.includes('') || channels[0] === undefined
    ? 'nothing but a wrong guess'
    : `${channels[0]}-abandon-ability-able-about`;
}

/** Somebody who wants to pair with somebody else, at the same time and in the same room. */
function neighbours({ hosts, network }: Draft, stream: Stream): void {
  const on = pick(stream, Object.keys(network));
  if (hosts['niaj'] === undefined)
    hosts['niaj'] = { on, phrase: 'what somebody else agreed upon', startsMs: stream.integer(0, 5000) };
}

/** The machines have IPv6 beside IPv4, and now and then one of the two dies on the way. */
function families({ network, script, healsMs }: Draft, stream: Stream): void {
  for (const [name, rules] of Object.entries(network)) network[name] = { ...rules, ipv6: rules.ipv6 ?? 'also' };
  if (stream.integer(0, 1) === 0) return;
  const [segment, family] = [pick(stream, Object.keys(network)), pick(stream, [4, 6] as const)];
  script.push({
    atMs: stream.integer(0, healsMs),
    network: 'change',
    segment,
    family,
    loss: pick(stream, ['1', '1/2']),
  });
}

const strangers: readonly string[] = ['imposter', 'spoofer', 'replayer', 'reflector', 'usurper', 'forger'];

export function pick<T>(stream: Stream, list: readonly T[]): T {
  const found = list[stream.integer(0, list.length - 1)];
  if (found === undefined) throw new RangeError('nothing to pick from');
  return found;
}

/** Two different ones; fewer where there are fewer. */
function pickTwo<T>(stream: Stream, list: readonly T[]): readonly T[] {
  const first = pick(stream, list);
  const others = list.filter((one) => one !== first);
  return others.length === 0 ? [first] : [first, pick(stream, others)];
}
