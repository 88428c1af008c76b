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
    const here = ledger(scenario);
    return {
      see: here.watch,
      finish({ again }) {
        const saw = amount(here.lines.length, 'datagrams');
        const other = rephrased(scenario, subject);
        if (scenario.hosts.length > hostsMax)
          return inconclusive(`${saw}: more than ${hostsMax} hosts are not run twice`);
        if (here.lines.length === 0 || other === null) return inconclusive(saw);
        const there = ledger(scenario);
        again({ scenario: other, watch: there.watch });
        const [mine, theirs] = [here.lines.toSorted(inOrder), there.lines.toSorted(inOrder)];
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
  readonly text: string;
  readonly datagram: Datagram;
}

function inOrder(a: Line, b: Line): number {
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

/** When, who, to where, how long: what an eavesdropper without keys sees of every datagram of the hosts. */
function ledger({ hosts }: Scenario): { readonly lines: Line[]; readonly watch: Watch } {
  const honest = new Set(hosts.map(({ name }) => name));
  const lines: Line[] = [];
  const watch = (event: RunEvent): void => {
    if (event.type !== 'sent' || !honest.has(event.datagram.sender.host)) return;
    const { datagram } = event;
    const { bytes, sender, source, to } = datagram;
    const at = String(event.atUs).padStart(12, '0');
    const text = `${at} us ${sender.host} ${source.port} to ${to.address} ${to.port}, ${bytes.length} B`;
    lines.push({ text, datagram });
  };
  return { lines, watch };
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
