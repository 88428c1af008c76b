/** Shrinks failures, writes each as a scenario file with its story, and says in a few lines what is left. */
import { join } from 'node:path';
import { amount } from '../amount.ts';
import { vocabulary } from '../protocols.ts';
import { runScenario } from '../run.ts';
import type { RawScenario } from '../scenario/raw.ts';
import { readScenario } from '../scenario/read.ts';
import { scriptText } from '../scenario/words.ts';
import { type Failure, failureText } from '../shrink/failure.ts';
import { type ShrinkResult, shrink } from '../shrink/shrink.ts';
import type { Subject } from '../subject.ts';
import { traceFormats } from '../trace/format.ts';
import { programName } from './files.ts';
import { makeDirectory, writeOut } from './write.ts';

/** A run that failed, as it can be run again. */
export interface FailedRun {
  readonly raw: RawScenario;
  /** `family/name`. */
  readonly name: string;
  readonly subject: Subject;
  readonly seed: number;
  readonly failure?: Failure;
}

/** Failures shrunk by one command; each may take a minute. */
const shrunkMax = 5;

/** Answers with what to tell, one failure after the other. */
export function shrinkAll(failed: readonly FailedRun[], directory: string): string {
  const told = failed.slice(0, shrunkMax).map((run) => shrinkOne(run, directory).text);
  const more = failed.length - told.length;
  if (more > 0) told.push(`${more} more failed and are not shrunk: lanpair sim shrink FILE --seed N does it.\n`);
  return told.join('\n');
}

export function shrinkOne(
  run: FailedRun,
  directory: string,
): { readonly text: string; readonly result: ShrinkResult; readonly file: string | null } {
  const { name, subject, seed } = run;
  const result = shrink(run);
  const what = `${name} (${subject.name}, seed ${seed})`;
  if (!result.ok) return { text: `${what} is not shrunk: ${result.why}\n`, result, file: null };
  const { failure, sizeBefore, size, runs, minimal } = result;
  const slug = `${name}-${subject.name}-${failure.of === 'oracle' ? failure.name : failure.of}`.replace(
    /[^a-z0-9]+/g,
    '-',
  );
  const file = join(directory, `${slug}.yaml`);
  makeDirectory(directory);
  writeOut(file, result.text);
  const told = tell(result.text, run);
  if (told !== null) writeOut(join(directory, `${slug}.txt`), told.story);
  const lines = (told?.script ?? []).map((line, index) => `  ${index + 1}  ${line}`);
  const why = result.result.failures.map((one) => `  so: ${one}`);
  const how = `  shrunk from ${sizeBefore} parts to ${size} in ${amount(runs, 'runs')}${minimal ? '; none of them can go' : '; the search was ended early, some may still go'}`;
  const again = `  the story: ${slug}.txt beside it · again with: lanpair sim run ${file}`;
  return { text: [`${what}: ${failureText(failure)}`, ...lines, ...why, how, again, ''].join('\n'), result, file };
}

/** The shrunk file run once more: its script in words, and its story. */
function tell(
  text: string,
  { subject }: FailedRun,
): { readonly script: readonly string[]; readonly story: string } | null {
  const read = readScenario(text, { file: 'shrunk.yaml', name: 'shrunk/run', vocabulary });
  if (!read.ok) return null;
  const tracer = traceFormats.story.create(read.scenario, subject, programName());
  const result = runScenario(read.scenario, subject, read.scenario.seed, { watch: tracer.watch });
  return { script: scriptText(read.scenario), story: String(tracer.finish(result)) };
}
