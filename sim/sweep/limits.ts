/**
 * Known limits: breaks that a sweep meets again and again, that belong to a conversation and not to our program, with the
 * reason. They are counted by name, and are no finds. Only what was looked at and understood stands here.
 */
import { listOf, type RawScenario, type RawScriptItem } from '../scenario/raw.ts';

export interface Limit {
  /** Null: any. */
  readonly protocol: string | null;
  readonly oracles: readonly string[];
  readonly why: string;
  applies(raw: RawScenario): boolean;
}

export const limits: readonly Limit[] = [
  {
    protocol: 'annex',
    oracles: ['agreement', 'quiet-end'],
    why: 'a PairDone does not say for whom it is: of three with one phrase, two answer and both take it for theirs',
    applies: (raw) => mostWithOnePhrase(raw) > 2,
  },
  {
    protocol: 'annex',
    oracles: ['replay', 'quiet-end'],
    why: 'nothing in a request tells that it is old: a replayer brings it to who missed it, as a very slow network does',
    applies: ({ adversaries }) => Object.values(adversaries ?? {}).some(({ is }) => is === 'replayer'),
  },
  {
    protocol: null,
    oracles: ['strangers', 'replay'],
    why: 'a host that its script leaves down ends wherever the crash met it: a little earlier or later is another end',
    applies: ({ hosts, script }) => Object.keys(hosts).some((host) => staysDown(host, script ?? [])),
  },
  {
    protocol: null,
    oracles: ['strangers', 'replay'],
    why: 'whether the word of a failure or of a cancel gets through is luck; strangers shift luck, not what anybody may do',
    applies: ({ hosts, script }) =>
      Object.values(hosts).some(({ fails }) => fails !== undefined) ||
      (script ?? []).some((item) => item.fails !== undefined || item.do === 'cancel'),
  },
  {
    protocol: 'annex',
    oracles: ['fair-loss'],
    why: 'who is done, or back without the phrase, knows an answer by its bytes alone, and they hold the address: of one who moved it does not',
    applies: ({ script = [] }) => script.some(({ change }) => change === 'address') && script.some(interrupts),
  },
  {
    protocol: 'lp1',
    oracles: ['fair-loss'],
    why: 'who sleeps with a record wakes without the phrase: of a peer that crashed before its own record he says half, until it is typed again',
    applies: ({ script = [] }) => script.some(wakes) && script.some((item) => item.do === 'crash'),
  },
  {
    protocol: null,
    oracles: ['strangers', 'replay'],
    why: 'of three with one phrase it is luck which two are first; strangers shift luck, not what anybody may do',
    applies: (raw) => mostWithOnePhrase(raw) > 2,
  },
  {
    protocol: 'lp1',
    oracles: ['traffic'],
    why: 'of two who proved the phrase a hash of the secret says which is spoken to first; the luck of timers is dealt in that order',
    applies: (raw) => mostWithOnePhrase(raw) > 2,
  },
];

/** The limit that explains this break of this case, or null. */
export function limitOf(protocol: string, oracle: string, raw: RawScenario): Limit | null {
  return (
    limits.find(
      (one) => (one.protocol === null || one.protocol === protocol) && one.oracles.includes(oracle) && one.applies(raw),
    ) ?? null
  );
}

function staysDown(host: string, script: readonly RawScriptItem[]): boolean {
  const own = script.filter((item) => item.host === host);
  return own.filter((item) => item.do === 'crash').length > own.filter((item) => item.do === 'restart').length;
}

/** The two cannot hear each other for a while, or one is not what it was. */
function interrupts(item: RawScriptItem): boolean {
  return item.do === 'crash' || item.do === 'restart' || item.network === 'cut' || item.network === 'clog';
}

function wakes(item: RawScriptItem): boolean {
  return item.do === 'resume' || item.do === 'sleep' || item.change === 'clock';
}

/** Machines that have typed one phrase, or overheard it. */
function mostWithOnePhrase({ hosts, adversaries, script }: RawScenario): number {
  const byPhrase = new Map<string, Set<string>>();
  const types = (phrase: string | null | undefined, host: string): void => {
    if (phrase !== undefined && phrase !== null) byPhrase.set(phrase, (byPhrase.get(phrase) ?? new Set()).add(host));
  };
  for (const [host, { phrase }] of Object.entries(hosts)) types(phrase, host);
  for (const [name, { phrase }] of Object.entries(adversaries ?? {})) types(phrase, name);
  for (const item of script ?? []) for (const host of listOf(item.host)) types(item.types ?? item.phrase, host);
  return Math.max(0, ...[...byPhrase.values()].map((some) => some.size));
}
