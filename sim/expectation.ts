/** Whether what a scenario expects of its run has come true. */
import type { Attack } from './adversaries/adversary.ts';
import { amount } from './amount.ts';
import type { Expectation } from './scenario/scenario.ts';
import type { HostSummary, Summary } from './summary.ts';

export interface ExpectationResult {
  /** The expectation in words. */
  readonly what: string;
  readonly held: boolean;
  /** What was seen. */
  readonly saw: string;
}

/** What a run left to be looked at. */
export interface Remains {
  readonly summary: Summary;
  /** ssh keys of all machines by name. */
  readonly keys: ReadonlyMap<string, string>;
  /** What came of an adversary's guesses; null for one that makes none. */
  readonly attackOf: (name: string) => Attack | null;
  /** Whether an honest person typed it. */
  readonly isTyped: (phrase: string) => boolean;
}

/** Results of those that are meant for this protocol. */
export function checkExpectations(
  expect: readonly Expectation[],
  protocol: string,
  remains: Remains,
): readonly ExpectationResult[] {
  return expect
    .filter((one) => one.protocols === null || one.protocols.includes(protocol))
    .map((one) => check(one, remains));
}

function check(expectation: Expectation, remains: Remains): ExpectationResult {
  const { summary, keys } = remains;
  const hostOf = (name: string): HostSummary => {
    const host = summary.hosts.get(name);
    if (host === undefined) throw new RangeError(`no host ${name}`);
    return host;
  };
  switch (expectation.that) {
    case 'paired':
      return checkPaired(expectation.hosts.map(hostOf), expectation.withinUs);
    case 'unpaired': {
      const paired = expectation.hosts.filter((name) => hostOf(name).pairings.length > 0);
      return {
        what: `${expectation.hosts.join(', ')} unpaired`,
        held: paired.length === 0,
        saw: paired.length === 0 ? 'none paired' : `paired: ${paired.join(', ')}`,
      };
    }
    case 'neverAuthorized': {
      const key = keys.get(expectation.key);
      const guilty = expectation.hosts.filter((name) => hostOf(name).authorized.some((line) => line.key === key));
      return {
        what: `never authorized: ${expectation.key}, by ${expectation.hosts.join(', ')}`,
        held: guilty.length === 0,
        saw: guilty.length === 0 ? 'never' : `by ${guilty.join(', ')}`,
      };
    }
    case 'notice':
      return checkNotice(expectation, hostOf(expectation.host));
    case 'lines': {
      const { length } = hostOf(expectation.host).lines;
      return {
        what: `${amount(expectation.count, 'lines in authorized_keys')} of ${expectation.host}`,
        held: length === expectation.count,
        saw: `${length}`,
      };
    }
    case 'learns':
      return checkLearnt(expectation, remains);
    case 'sends': {
      const { host, kind, count } = expectation;
      const sent = hostOf(host).sent.get(kind) ?? 0;
      return {
        what: `${host} sends ${kind} ${timesText(count)}`,
        held: sent >= count.min && sent <= count.max,
        saw: amount(sent, 'times'),
      };
    }
  }
}

/** An adversary that never came to try anything has shown nothing: then neither holds. */
function checkLearnt(
  { who, what: wanted }: Extract<Expectation, { that: 'learns' }>,
  { attackOf, isTyped }: Remains,
): ExpectationResult {
  const what = `${who} learns ${wanted === 'phrase' ? 'the phrase' : 'nothing'}`;
  const attack = attackOf(who);
  if (attack === null) return { what, held: false, saw: `${who} guesses no phrases` };
  const { phrase, tries, heard } = attack;
  if (tries === 0) return { what, held: false, saw: `${who} could try nothing: ${heard}` };
  const learnt = phrase === null ? 'nothing' : isTyped(phrase) ? `"${phrase}"` : `"${phrase}", which nobody typed`;
  const held = wanted === 'nothing' ? phrase === null : phrase !== null && isTyped(phrase);
  return { what, held, saw: `${who} learnt ${learnt} in ${tries} tries, from ${heard}` };
}

function checkPaired(hosts: readonly HostSummary[], withinUs: number | null): ExpectationResult {
  const [a, b] = hosts;
  const names = hosts.map((host) => host.name).join(' and ');
  const what = `${names} paired${withinUs === null ? '' : ` within ${withinUs / 1000} ms`}`;
  if (a === undefined || b === undefined) return { what, held: false, saw: 'no such hosts' };
  const first = a.pairings.find((pairing) => pairing.key === b.key);
  const second = b.pairings.find((pairing) => pairing.key === a.key);
  if (first === undefined || second === undefined) {
    const missing = [first === undefined ? a : null, second === undefined ? b : null].filter((host) => host !== null);
    return {
      what,
      held: false,
      saw: missing.map((host) => `${host.name} ends ${host.situation ?? 'down'}, not paired`).join('; '),
    };
  }
  const atUs = Math.max(first.atUs, second.atUs);
  return { what, held: withinUs === null || atUs <= withinUs, saw: `paired at ${Math.round(atUs / 1000)} ms` };
}

function checkNotice(
  { host: name, event, detail, count }: Extract<Expectation, { that: 'notice' }>,
  host: HostSummary,
): ExpectationResult {
  const wanted = count ?? { min: 1, max: Number.MAX_SAFE_INTEGER };
  const seen =
    event === 'refused'
      ? (host.noticeCounts.get(detail === null ? event : `refused ${detail}`) ?? 0)
      : host.notices.filter(
          ({ notice }) =>
            notice.event === event &&
            (detail === null ||
              Object.entries(notice).some(([name, value]) => value === detail || (value === true && name === detail))),
        ).length;
  return {
    what: `${name} says ${event}${detail === null ? '' : ` (${detail})`} ${timesText(wanted)}`,
    held: seen >= wanted.min && seen <= wanted.max,
    saw: amount(seen, 'times'),
  };
}

function timesText({ min, max }: { readonly min: number; readonly max: number }): string {
  if (min === max) return amount(min, 'times');
  return max === Number.MAX_SAFE_INTEGER ? `at least ${amount(min, 'times')}` : `${min} to ${amount(max, 'times')}`;
}
