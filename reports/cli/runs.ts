/** The runs of a report, on some of the machine's cores. */
import { Tinypool } from 'tinypool';
import type { ScenarioFile } from '../../sim/cli/files.ts';
import { onSuite, subjects } from '../../sim/index.ts';
import type { Task } from '../data/entry.ts';
import { byKey, type Entry } from '../data/report.ts';

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
      return [{ raw, name: scenario.name, file, protocol: name, suite: on, seed: seed ?? scenario.seed }];
    }),
  );
  return all.filter((_, index) => index % shard.count === shard.index - 1);
}

/** Sorted. */
export async function runAll(
  tasks: readonly Task[],
  jobs: number,
  progress: (done: number) => void,
): Promise<readonly Entry[]> {
  const threads = Math.min(jobs, tasks.length);
  if (threads === 0) return [];
  const pool = new Tinypool({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
  let done = 0;
  try {
    // The longest first, or one core would be left alone with it at the end.
    const entries = await Promise.all(
      [...tasks].sort(byHosts).map(async (task) => {
        const entry = (await pool.run(task)) as Entry;
        progress(++done);
        return entry;
      }),
    );
    return entries.sort(byKey);
  } finally {
    await pool.destroy();
  }
}

/** What a run costs grows with its machines; nothing else is known before it. */
function byHosts(a: Task, b: Task): number {
  return Object.keys(b.raw.hosts).length - Object.keys(a.raw.hosts).length;
}
