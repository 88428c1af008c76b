/** How results become text. `reports/` has the functions; the program hands them in, so that `sim` needs no reports. */
import type { RunResult } from '../run.ts';

/** One run, and how long it took on this machine. */
export interface TimedRun {
  readonly result: RunResult;
  /** The scenario's file, as a person would name it. */
  readonly file: string;
}

export interface Render {
  /** For people: families by conversations, and every failure explained. */
  table(runs: readonly TimedRun[], seconds: number): string;
  /** One JSON object in one line. */
  json(run: TimedRun): string;
  tap(runs: readonly TimedRun[]): string;
  junit(runs: readonly TimedRun[]): string;
}
