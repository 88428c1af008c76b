/** A worker of `lanpair report`: is given a piece of work, and answers with what the report keeps of it. */
import { runTask, type Task } from '../data/entry.ts';
import { type FigurePoint, type FigureTask, figurePoint } from '../data/figures.ts';
import { type FlawedRun, type FlawTask, flawedRun } from '../data/flaws.ts';
import type { Entry } from '../data/report.ts';

export type Work = Task | FigureTask | FlawTask;
export type Done =
  | { readonly of: 'run'; readonly entry: Entry }
  | { readonly of: 'flaw'; readonly run: FlawedRun }
  | FigurePoint;

export default function work(task: Work): Done {
  switch (task.of) {
    case 'run':
      return { of: 'run', entry: runTask(task, () => performance.now()) };
    case 'flaw':
      return { of: 'flaw', run: flawedRun(task) };
    case 'loss':
    case 'guesses':
      return figurePoint(task);
  }
}
