import { amount } from '../amount.ts';
import type { Summary } from '../summary.ts';
import { type Break, failWith, inconclusive, type Oracle, pass } from './oracle.ts';
import { differing, downIn, halvesIn, isWorse, type Outcome, outcomeOf, outcomeText, shiftsUs } from './outcome.ts';
import { actedOnRepeats } from './repeats.ts';

/** Adversaries that add nothing of their own. */
const replaying: readonly string[] = ['replayer'];

/**
 * Luck is a stream for each link, so that the same run without the replayer differs in nothing but what it repeats: what
 * hosts end with must be equal. Where it is not, the run is made a third time, with repeats only for who had not heard them,
 * as from a slow network: what comes of those alone may bring a pair to its end, and take nothing from anybody. A record more, by
 * itself, lets nobody in: its host waits. Both are made
 * as the script has it there, and with all that it has befall the machines at the times at which it did here, or a little off them.
 */
export const replayChangesNothing: Oracle = {
  number: 12,
  name: 'replay',
  claim: 'Replaying recorded datagrams changes nothing in the end; one that had got lost may complete a pairing.',
  watch({ scenario, subject }) {
    const repeats = actedOnRepeats(subject);
    let repeated = 0;
    return {
      sees: {
        sent({ datagram }) {
          if (datagram.repeats !== null) repeated++;
        },
        step: repeats.see,
      },
      finish({ summary, again }) {
        const saw = amount(repeated, 'datagrams said again');
        const silent = scenario.adversaries.filter(({ is }) => replaying.includes(is)).map(({ name }) => name);
        if (repeated === 0 || silent.length === 0) return inconclusive(saw);
        const [here, there] = [outcomesOf(summary), outcomesOf(again({ silent }))];
        const changes = [...here.keys()].filter((host) => !same(here.get(host), there.get(host)));
        if (changes.length === 0) return pass(saw);
        const shifted = (host: string, changed: { readonly silent?: readonly string[]; readonly lateOnly?: boolean }) =>
          shiftsUs.some((soonerUs) => same(here.get(host), outcomesOf(again({ ...changed, soonerUs })).get(host)));
        const changed = changes.filter((host) => !shifted(host, { silent }));
        const late = outcomesOf(again({ lateOnly: true }));
        const [first, ...others] = changed.flatMap((host): Break[] => {
          const [mine, alone] = [here.get(host) ?? nothing, there.get(host) ?? nothing];
          const isMore = !isWorse(mine, alone) && isMutual(host, alone, here);
          if (isMore && (same(mine, late.get(host)) || shifted(host, { lateOnly: true }))) return [];
          if (isMore && differing(mine, alone).length === 0 && mine.records >= alone.records) return [];
          const text = `${host} ends ${outcomeText(mine)}; without the replays ${outcomeText(alone)}`;
          const hosts = [host, ...differing(mine, alone)];
          return [
            {
              text,
              hosts,
              facts: {
                repeats: repeats.acted(),
                answered: repeats.answered(),
                more: Number(isMore),
                half: halvesIn(summary),
                down: downIn(summary),
              },
            },
          ];
        });
        return first === undefined
          ? pass(`${saw}, of which some came late and not again`)
          : failWith(saw, [first, ...others]);
      },
    };
  },
};

const nothing: Outcome = { paired: [], lines: [], records: 0, ended: [] };

type Outcomes = ReadonlyMap<string, Outcome>;

function outcomesOf(summary: Summary): Outcomes {
  return new Map([...summary.hosts].map(([name, host]) => [name, outcomeOf(host, summary)]));
}

function same(a: Outcome = nothing, b: Outcome = nothing): boolean {
  return outcomeText(a) === outcomeText(b);
}

/** Whomever the host has more than `alone`, as a peer or by its key, has the host as well. */
function isMutual(host: string, alone: Outcome, here: Outcomes): boolean {
  const mine = here.get(host) ?? nothing;
  const paired = mine.paired.filter((name) => !alone.paired.includes(name));
  const lines = mine.lines.filter((name) => !alone.lines.includes(name));
  return (
    paired.every((name) => here.get(name)?.paired.includes(host)) &&
    lines.every((name) => here.get(name)?.lines.includes(host))
  );
}
