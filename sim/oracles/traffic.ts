import { amount } from '../amount.ts';
import type { RunEvent, Watch } from '../events.ts';
import type { Datagram } from '../network.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';
import { failWith, inconclusive, type Oracle, pass } from './oracle.ts';

/** What a crowd shows of this, a few show as well. */
const hostsMax = 20;

/**
 * The same run with another phrase in place of each, of the same kind and estimate: everything else, the luck included, is
 * the same, so that any difference in what leaves the hosts comes from the phrase.
 */
export const traffic: Oracle = {
  number: 11,
  name: 'traffic',
  claim:
    'Two runs with different phrases of the same entropy send the same sizes to the same places at the same times.',
  watch({ scenario, subject }) {
    const isCrowd = scenario.hosts.length > hostsMax;
    const here = ledger(scenario, !isCrowd);
    return {
      sees: { sent: here.watch },
      finish({ again }) {
        const saw = amount(here.count(), 'datagrams');
        if (isCrowd) return inconclusive(`${saw}: more than ${hostsMax} hosts are not run twice`);
        const other = rephrased(scenario, subject);
        if (here.count() === 0 || other === null) return inconclusive(saw);
        const there = ledger(scenario, true);
        again({ scenario: other, watch: there.watch });
        if (areSame(here.lines, there.lines)) return pass(saw);
        // What leaves at one time has no order in the claim.
        const [mine, theirs] = [here.lines.map(written).toSorted(inOrder), there.lines.map(written).toSorted(inOrder)];
        const at = mine.findIndex(({ text }, index) => text !== theirs[index]?.text);
        if (at < 0 && mine.length === theirs.length) return pass(saw);
        const first = mine[at]?.datagram ?? theirs[at < 0 ? mine.length : at]?.datagram;
        return failWith(saw, [
          {
            text: `"${mine[at]?.text ?? 'nothing'}" became "${theirs[at]?.text ?? 'nothing'}" with another phrase`,
            hosts: first === undefined ? [] : [first.sender.host],
            facts: {},
          },
        ]);
      },
    };
  },
};

interface Line {
  readonly atUs: number;
  readonly datagram: Datagram;
}

/** The datagrams of the hosts; of a crowd only how many. */
function ledger(
  { hosts }: Scenario,
  keep: boolean,
): { readonly lines: readonly Line[]; readonly count: () => number; readonly watch: Watch } {
  const honest = new Set(hosts.map(({ name }) => name));
  const lines: Line[] = [];
  let count = 0;
  const watch = (event: RunEvent): void => {
    if (event.type !== 'sent' || !honest.has(event.datagram.sender.host)) return;
    count++;
    if (keep) lines.push({ atUs: event.atUs, datagram: event.datagram });
  };
  return { lines, count: () => count, watch };
}

/** Line by line, in all that `written` tells: nearly always they are, and no line need be written for that. */
function areSame(some: readonly Line[], others: readonly Line[]): boolean {
  return some.length === others.length && some.every((line, index) => isSame(line, others[index]));
}

function isSame({ atUs, datagram: { bytes, sender, source, to } }: Line, other: Line | undefined): boolean {
  if (other === undefined) return false;
  const there = other.datagram;
  return (
    atUs === other.atUs &&
    sender.host === there.sender.host &&
    source.port === there.source.port &&
    to.address === there.to.address &&
    to.port === there.to.port &&
    bytes.length === there.bytes.length
  );
}

interface Written {
  readonly text: string;
  readonly datagram: Datagram;
}

/** When, who, to where, how long: what an eavesdropper without keys sees of every datagram of the hosts. */
function written({ atUs, datagram }: Line): Written {
  const { bytes, sender, source, to } = datagram;
  const at = String(atUs).padStart(12, '0');
  return { text: `${at} us ${sender.host} ${source.port} to ${to.address} ${to.port}, ${bytes.length} B`, datagram };
}

function inOrder(a: Written, b: Written): number {
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

/** Equal phrases stay equal. Null where none is changed. */
function rephrased(scenario: Scenario, subject: Subject): Scenario | null {
  const numbers = new Map<string, number>();
  let changed = false;
  const other = (phrase: string): string => {
    const key = [...subject.phraseKey(phrase)].join();
    const number = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, number);
    const text = subject.rephrase(phrase, number);
    changed ||= text !== phrase;
    return text;
  };
  const typed = <T extends { readonly phrase: string | null }>(one: T): T =>
    one.phrase === null ? one : { ...one, phrase: other(one.phrase) };
  const result: Scenario = {
    ...scenario,
    hosts: scenario.hosts.map(typed),
    adversaries: scenario.adversaries.map(typed),
    script: scenario.script.map((item) =>
      item.action.does === 'types' || item.action.does === 'restart' ? { ...item, action: typed(item.action) } : item,
    ),
  };
  return changed ? result : null;
}
