/**
 * Known limits: breaks that a sweep meets again and again, that belong to a conversation and not to our program, with the
 * reason. They are counted by name, and are no finds. Only what was looked at and understood stands here, and each is held
 * to what the break says of itself (who, which datagram) and not to the look of its scenario: what else breaks in such a one
 * is a find.
 */
import type { Break } from '../oracles/oracle.ts';
import type { RunResult } from '../run.ts';
import { listOf, type RawScenario, type RawScriptItem } from '../scenario/raw.ts';
import type { Failure } from '../shrink/failure.ts';

export interface Limit {
  /** Null: any. */
  readonly protocol: string | null;
  readonly oracles: readonly string[];
  readonly why: string;
  explains(broken: Break, raw: RawScenario): boolean;
}

export const limits: readonly Limit[] = [
  {
    protocol: 'annex',
    oracles: ['agreement'],
    why: 'a PairDone does not say for whom it is: of three with one phrase, two answer and both take it for theirs',
    explains: ({ hosts }, raw) => isCrowd(raw, hosts) && new Set(hosts).size > 2,
  },
  {
    protocol: 'annex',
    oracles: ['quiet-end'],
    why: 'a PairDone does not say for whom it is: who is not meant says paired, and who said it is with a third of that phrase',
    explains: ({ hosts, facts }, raw) =>
      namesIn(facts['paired']).length === 1 && namesIn(facts['others']).some((name) => isCrowd(raw, [...hosts, name])),
  },
  {
    protocol: 'annex',
    oracles: ['one-peer'],
    why: 'an answer to our own request comes before a request that we answer: of three with one phrase the first key is taken back first',
    explains: ({ hosts, facts }, raw) =>
      isCrowd(raw, hosts) && facts['atOnce'] === 1 && namesIn(facts['paired']).length < 2,
  },
  {
    protocol: 'annex',
    oracles: ['replay', 'quiet-end'],
    why: 'nothing in a request tells that it is old: a replayer brings it to who missed it, as a very slow network does',
    explains: ({ hosts, facts }, raw) =>
      namesIn(facts['repeats']).some((one) => {
        const [kind = '', to = ''] = one.split(' ');
        return kind === 'PairReq' && hosts.some((host) => host === to || shareAPhrase(raw, [host, to]));
      }),
  },
  {
    protocol: 'annex',
    oracles: ['replay'],
    why: 'who is done answers a PairAck by its bytes alone, whoever brings it: a replayer has the PairDone said again that had got lost',
    explains: ({ hosts, facts }) =>
      facts['more'] === 1 && namesIn(facts['answered']).some((one) => hosts.some((host) => one === `PairAck ${host}`)),
  },
  {
    protocol: 'annex',
    oracles: ['quiet-end'],
    why: 'a digest proves the phrase, and not whose the key is: an insider says that it is his, and its owner knows nothing of it',
    explains: ({ facts }, raw) => {
      const [paired = '', ...others] = namesIn(facts['paired']);
      const sayers = namesIn(facts['sayers']);
      const isInsider = (name: string): boolean =>
        raw.adversaries?.[name] !== undefined && shareAPhrase(raw, [paired, name]);
      return others.length === 0 && sayers.length > 0 && sayers.every(isInsider);
    },
  },
  {
    protocol: 'annex',
    oracles: ['quiet-end'],
    why: 'nothing is said of a cancel, nor of forgetting: whose answer has left takes the key back, and the other is paired',
    explains: ({ hosts, facts }, { script = [] }) => {
      const paired = namesIn(facts['paired']);
      const other = hosts.find((host) => !paired.includes(host));
      const takesBack = (item: RawScriptItem): boolean => item.do === 'cancel' || item.forgets !== undefined;
      return paired.length === 1 && script.some((item) => takesBack(item) && item.host === other);
    },
  },
  {
    protocol: null,
    oracles: ['strangers', 'replay'],
    why: 'a host that is down in the end ended wherever the crash met it: a little earlier or later is another end',
    explains: ({ hosts, facts }, raw) => concerns(raw, hosts, (host) => namesIn(facts['down']).includes(host)),
  },
  {
    protocol: null,
    oracles: ['strangers', 'replay'],
    why: 'whether the word of a failure or of a cancel gets through, or what is forgotten is there yet, is luck; strangers shift luck, not what anybody may do',
    explains: ({ hosts }, raw) =>
      concerns(
        raw,
        hosts,
        (host) =>
          raw.hosts[host]?.fails !== undefined ||
          raw.hosts[host]?.flaky !== undefined ||
          (raw.script ?? []).some(
            (item) =>
              of(item, host) && (item.fails !== undefined || item.do === 'cancel' || item.forgets !== undefined),
          ),
      ),
  },
  {
    protocol: 'annex',
    oracles: ['fair-loss', 'replay'],
    why: 'who is done, or back without the phrase, knows an answer by its bytes alone, and they hold the address: of one who moved it does not',
    explains: ({ hosts, facts }, { script = [] }) =>
      (facts['repeats'] === undefined || actsOn('PairAck', facts, hosts)) &&
      hosts.some((host) => script.some((item) => item.change === 'address' && of(item, host))) &&
      script.some((item) => interrupts(item, hosts)),
  },
  {
    protocol: 'lp1',
    oracles: ['fair-loss', 'strangers', 'replay'],
    why: 'who sleeps with a record wakes without the phrase: of a peer that began anew before its own record he says half, until it is typed again',
    explains: ({ hosts, facts }, { script = [] }) =>
      namesIn(facts['half']).some((half) => {
        const other = hosts.find((host) => host !== half) ?? '';
        const own = script.filter((item) => of(item, half));
        return (
          own.some(wakes) &&
          script.some((item) => of(item, other) && (item.do === 'crash' || item.do === 'restart' || wakes(item)))
        );
      }),
  },
  {
    protocol: 'lp1',
    oracles: ['strangers', 'replay'],
    why: 'who comes back without his disk said words that were lost and that he cannot stand by: brought later, they make the other one’s record whole',
    explains: ({ hosts, facts }, raw) =>
      hosts.some((host) => {
        const wiped = (raw.script ?? []).some((item) => item.do === 'restart' && item.wiped === true && of(item, host));
        return (
          wiped &&
          hosts.some((other) => {
            const heard = actsOn('READY', facts, [other]) || actsOn('DONE', facts, [other]);
            return other !== host && heard && shareAPhrase(raw, [host, other]);
          })
        );
      }),
  },
  {
    protocol: 'lp1',
    oracles: ['strangers', 'replay'],
    why: 'who starts again without the phrase has what is on the disk: the proof of a life of the peer that is over, brought late, is a dead record',
    explains: ({ hosts, facts }, { script = [] }) =>
      namesIn(facts['half']).some((half) => {
        const mute = script.some((item) => item.do === 'restart' && item.phrase === null && of(item, half));
        const others = hosts.filter((host) => host !== half);
        const began = script.some((item) => item.do === 'restart' && others.some((host) => of(item, host)));
        return hosts.includes(half) && mute && began && actsOn('CONFIRM', facts, [half]);
      }),
  },
  {
    protocol: 'lp1',
    oracles: ['fair-loss'],
    why: 'who types another phrase while an earlier pairing is half done is done when that becomes whole: the new one says half, or waits',
    explains: ({ facts }) => namesIn(facts['earlier']).length > 0 && namesIn(facts['paired']).length === 0,
  },
  {
    protocol: null,
    oracles: ['strangers', 'replay'],
    why: 'an adversary who knows the phrase hears the others as well, and says to a host what he likes',
    explains: ({ hosts: [host = '', ...others] }, raw) =>
      others.length > 0 &&
      others.every((name) => name === 'a stranger') &&
      Object.keys(raw.adversaries ?? {}).some((name) => shareAPhrase(raw, [host, name])),
  },
  {
    protocol: null,
    oracles: ['strangers', 'replay'],
    why: 'of three with one phrase it is luck which two are first; strangers shift luck, not what anybody may do',
    explains: ({ hosts }, raw) => isCrowd(raw, hosts),
  },
  {
    protocol: null,
    oracles: ['strangers'],
    why: 'of two and an adversary who overheard their phrase it is luck which two are first, too; his key is a stranger’s',
    explains: tookAnInsider,
  },
  {
    protocol: 'annex',
    oracles: ['replay'],
    why: 'of two and an adversary who overheard their phrase it is luck which two are first: a repeated answer moves them by as much as a slow network',
    explains: tookAnInsider,
  },
];

/** The limit that explains this break of this case, or null. */
export function limitOf(protocol: string, oracle: string, broken: Break, raw: RawScenario): Limit | null {
  return (
    limits.find(
      (one) =>
        (one.protocol === null || one.protocol === protocol) &&
        one.oracles.includes(oracle) &&
        one.explains(broken, raw),
    ) ?? null
  );
}

/** The limits that explain all breaks of a failure; null where one of them is explained by none. */
export function limitsMet(result: RunResult, { of, name }: Failure, raw: RawScenario): readonly Limit[] | null {
  const breaks = of === 'oracle' ? (result.oracles.find((oracle) => oracle.name === name)?.breaks ?? []) : [];
  const met = breaks.flatMap((broken) => limitOf(result.protocol, name, broken, raw) ?? []);
  return breaks.length > 0 && met.length === breaks.length ? met : null;
}

/** Whether one of these hosts did something about a repeated datagram of this kind. */
function actsOn(kind: string, facts: Break['facts'], hosts: readonly string[]): boolean {
  return namesIn(facts['repeats']).some((one) => hosts.some((host) => one === `${kind} ${host}`));
}

function namesIn(fact: Break['facts'][string] | undefined): readonly string[] {
  return Array.isArray(fact) ? (fact as readonly string[]) : [];
}

/**
 * Of a difference: the host that ends otherwise is one of these, or all that it differs in are; where it has no more and no
 * less than before, one with its phrase.
 */
function concerns(raw: RawScenario, [host = '', ...others]: readonly string[], is: (host: string) => boolean): boolean {
  if (is(host)) return true;
  if (others.length > 0) return others.every(is);
  return Object.keys(raw.hosts).some((other) => other !== host && is(other) && shareAPhrase(raw, [host, other]));
}

function of({ host }: RawScriptItem, name: string): boolean {
  return listOf(host).includes(name);
}

/** These cannot hear each other for a while, or one of them is not what it was. */
function interrupts(item: RawScriptItem, hosts: readonly string[]): boolean {
  if (item.network === 'cut' || item.network === 'clog') {
    const sides = [...listOf(item.between), ...listOf(item.and)];
    return sides.length === 0 || sides.some((side) => hosts.includes(side));
  }
  return (item.do === 'crash' || item.do === 'restart') && hosts.some((host) => of(item, host));
}

function wakes(item: RawScriptItem): boolean {
  return item.do === 'resume' || item.do === 'sleep' || item.change === 'clock';
}

/** All that differ are a machine, an adversary with its phrase, and whom it would have taken without him. */
function tookAnInsider({ hosts }: Break, raw: RawScenario): boolean {
  const known = hosts.filter((name) => name !== 'a stranger');
  return known.length < hosts.length && isCrowd(raw, known);
}

/** Whether all of these have typed one phrase, or overheard it. */
function shareAPhrase(raw: RawScenario, machines: readonly string[]): boolean {
  return [...typedBy(raw).values()].some((typed) => machines.every((machine) => typed.has(machine)));
}

/** Whether all of these have one phrase that three machines have. */
function isCrowd(raw: RawScenario, machines: readonly string[]): boolean {
  return [...typedBy(raw).values()].some(
    (typed) => typed.size > 2 && machines.length > 0 && machines.every((machine) => typed.has(machine)),
  );
}

/** Who has typed each phrase, or overheard it. */
export function typedBy({ hosts, adversaries, script }: RawScenario): ReadonlyMap<string, ReadonlySet<string>> {
  const byPhrase = new Map<string, Set<string>>();
  const types = (phrase: string | null | undefined, host: string): void => {
    if (phrase !== undefined && phrase !== null) byPhrase.set(phrase, (byPhrase.get(phrase) ?? new Set()).add(host));
  };
  for (const [host, { phrase }] of Object.entries(hosts)) types(phrase, host);
  for (const [name, { phrase }] of Object.entries(adversaries ?? {})) types(phrase, name);
  for (const item of script ?? []) for (const host of listOf(item.host)) types(item.types ?? item.phrase, host);
  return byPhrase;
}
