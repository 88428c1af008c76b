/** The runs of a report, on some of the machine's cores. */
import { Tinypool } from 'tinypool';
import type { ScenarioFile } from '../../sim/cli/files.ts';
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

/** In the order in which they end. */
export async function doAll(
  works: readonly Work[],
  jobs: number,
  progress: (done: number) => void,
): Promise<readonly Done[]> {
  const threads = Math.min(jobs, works.length);
  if (threads === 0) return [];
  const pool = new Tinypool({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
  const done: Done[] = [];
  try {
    // The longest first, or one core would be left alone with it at the end.
    await Promise.all(
      [...works].sort(byHosts).map(async (work) => {
        done.push((await pool.run(work)) as Done);
        progress(done.length);
      }),
    );
    return done;
  } finally {
    await pool.destroy();
  }
}

/** What a run costs grows with its machines; nothing else is known before it. */
function byHosts(a: Work, b: Work): number {
  return hostsOf(b) - hostsOf(a);
}

function hostsOf(work: Work): number {
  return 'raw' in work ? Object.keys(work.raw.hosts).length : 0;
}
