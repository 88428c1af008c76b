/** A worker of `lanpair report`: is given a run to make, and answers with what the report keeps of it. */
import { runTask, type Task } from '../data/entry.ts';
import type { Entry } from '../data/report.ts';

export default function run(task: Task): Entry {
  return runTask(task, () => performance.now());
}
