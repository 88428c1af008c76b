/** The runs of a report, on some of the machine's cores. */
import type { ScenarioFile } from '../../sim/cli/files.ts';
import { poolOf } from '../../sim/cli/pool.ts';
import { onSuite, subjects } from '../../sim/index.ts';
import type { Task } from '../data/entry.ts';
import type { Done, Work } from './worker.ts';

export interface Chosen {
  readonly protocol: string | undefined;
  readonly suite: 'real' | 'symbolic';
  readonly seed: number | undefined;
  readonly shard: { readonly index: number; readonly count: number };
}

/** Each scenario with each of its conversations; of a shard every so many-th one. */
export function tasksOf(scenarios: readonly ScenarioFile[], { protocol, suite, seed, shard }: Chosen): readonly Task[] {
  const all = scenarios.flatMap(({ raw, file, scenario }) =>
    Object.keys(scenario.protocols).flatMap((name): Task[] => {
      const subject = subjects.get(name);
      if (subject === undefined || (protocol !== undefined && protocol !== name)) return [];
      const on = onSuite(subject, suite).suite.name;
      return [{ of: 'run', raw, name: scenario.name, file, protocol: name, suite: on, seed: seed ?? scenario.seed }];
    }),
  );
  return all.filter((_, index) => index % shard.count === shard.index - 1);
}

/** Threads that are there, and take work. */
export interface Crew {
  /** In the order in which it is done. */
  doAll(works: readonly Work[], progress: (done: number) => void): Promise<readonly Done[]>;
  leave(): Promise<void>;
}

/** At most so many; `ready` of them begin to load at once, while whoever called reads what they are to do. */
export function hire(threads: number, ready: number): Crew {
  const pool = poolOf(new URL('./worker.js', import.meta.url), threads, null, ready);
  return {
    async doAll(works, progress) {
      const done: Done[] = [];
      // The longest first, or one core would be left alone with it at the end.
      await Promise.all(
        [...works]
          .sort((a, b) => weightOf(b) - weightOf(a))
          .map(async (work) => {
            done.push((await pool.run(work)) as Done);
            progress(done.length);
          }),
      );
      return done;
    },
    leave: () => pool.destroy(),
  };
}

/** Who floods or guesses makes a run of two as long as one of ten. */
const adversaryWeight = 8;
/** Points of the plots are many runs each. */
const figureWeight = 12;

/** What a run costs grows with its machines; nothing else is known before it. */
function weightOf(work: Work): number {
  if (!('raw' in work)) return figureWeight;
  const { hosts, adversaries = {} } = work.raw;
  return Object.keys(hosts).length + adversaryWeight * Object.keys(adversaries).length;
}
