/** One run, made and written down as a report keeps it. */
import {
  countCells,
  onSuite,
  runScenario,
  type Scenario,
  type Subject,
  subjects,
  vocabulary,
} from '../../sim/index.ts';
import { meaningOf } from '../../sim/scenario/meaning.ts';
import type { RawScenario } from '../../sim/scenario/raw.ts';
import type { Entry } from './report.ts';

/** What to run: plain data, because it goes to another thread. */
export interface Task {
  readonly of: 'run';
  readonly raw: RawScenario;
  readonly name: string;
  readonly file: string;
  readonly protocol: string;
  readonly suite: string;
  readonly seed: number;
}

/** `clock` counts milliseconds. Throws RangeError where the task is of no scenario or protocol: it was read before. */
export function runTask(task: Task, clock: () => number): Entry {
  const { raw, name, file, protocol, suite, seed } = task;
  const subject = subjects.get(protocol);
  if (subject === undefined) throw new RangeError(`there is no protocol ${protocol}`);
  const scenario = meaningOf(raw, name, vocabulary, { found: [], add: () => undefined });
  return entryOf(scenario, onSuite(subject, suite), { file, seed }, clock);
}

export function entryOf(
  scenario: Scenario,
  subject: Subject,
  { file, seed }: { readonly file: string; readonly seed: number },
  clock: () => number,
): Entry {
  const { watch, cells, moves, threw } = countCells(scenario.hosts.map(({ name }) => name));
  const started = clock();
  const { trace: _, expected, ...result } = runScenario(scenario, subject, seed, { watch });
  return {
    ...result,
    file,
    covers: scenario.covers,
    suite: subject.suite.name,
    breaks: expected === 'pass' ? null : expected.breaks,
    tookMs: Math.round(clock() - started),
    threw: threw.map(({ host, message }) => ({ host, message })),
    cells: cells(),
    moves: moves(),
  };
}
