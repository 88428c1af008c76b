/** `lanpair sim sweep`: many seeds, each with its own faults, on all cores; and `lanpair sim merge`, for what shards found. */
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { subjects } from '../protocols.ts';
import { problemText } from '../scenario/problem.ts';
import { onSuite } from '../subject.ts';
import { blocksOf, caseOf, catalogueHash, type NamedScenario, type Plan } from '../sweep/plan.ts';
import { add, nothing, type Tally } from '../sweep/tally.ts';
import { exitCode, WrongUse } from './complaint.ts';
import { readScenarioFiles } from './files.ts';
import { jobsOf, jobsOption, once, protocolOption, suiteOption } from './options.ts';
import { poolOf } from './pool.ts';
import { type FailedRun, shrinkAll } from './shrunk.ts';
import {
  addToResults,
  mergeResults,
  readResults,
  type SweepResults,
  samePlan,
  totalOf,
  writeResults,
} from './sweep-file.ts';
import { progressText, totalsText } from './sweep-table.ts';
import type { SweepWork } from './sweep-worker.ts';

interface Options {
  readonly scenarios: string[];
  readonly seeds: string;
  readonly protocol: string | undefined;
  readonly suite: 'real' | 'symbolic';
  readonly jobs: string;
  readonly shard: string;
  readonly out: string | undefined;
  readonly shrink: boolean;
  readonly shrunk: string;
}

export const sweepCommand: CommandModule<object, Options> = {
  command: 'sweep [scenarios..]',
  describe: 'run many seeds, each with faults of its own',
  builder: options,
  handler: sweep,
};

/** One case of so many is made up, where the catalogue is swept. */
const madeUp = 4;

function options(yargs: Argv): Argv<Options> {
  return yargs
    .positional('scenarios', {
      type: 'string',
      array: true,
      default: [],
      describe: 'scenario files or directories; without any, the catalogue and made up ones',
    })
    .option('seeds', {
      type: 'string',
      requiresArg: true,
      default: '1000',
      describe: '1000 (which is 1..1000) or 1001..2000',
    })
    .option('protocol', protocolOption)
    .option('suite', suiteOption)
    .option('jobs', jobsOption)
    .option('shard', {
      type: 'string',
      requiresArg: true,
      default: '1/1',
      describe: 'only this part of the seeds: 2/8',
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'write results here, block by block; what is there already is not run again',
    })
    .option('shrink', { type: 'boolean', default: true, describe: 'shrink what is found; --no-shrink does not' })
    .option('shrunk', {
      type: 'string',
      requiresArg: true,
      default: 'shrunk',
      describe: 'directory for what comes of it',
    })
    .example('$0 sim sweep --seeds 20000 --out sweep.ndjson', 'again the same line, if it was interrupted')
    .example('$0 sim sweep --seeds 100000 --shard 3/8 --out part3.ndjson', 'on the third of eight machines')
    .example('$0 sim merge part*.ndjson', 'what all of them found')
    .epilogue(
      'Each seed draws a scenario and its weather. What takes its seconds is drawn less often, so that an hour meets more of what can go wrong: rooms of more than 8 machines 20 times, adversaries who speak from many places at once 5 times. The result file says how often each was run.',
    )
    .epilogue('Exit codes: 0 nothing found, 1 found, 2 not all seeds ran, or none had a run, 64 and up wrong use.');
}

async function sweep(args: ArgumentsCamelCase<Options>): Promise<void> {
  once(args, ['seeds', 'protocol', 'suite', 'jobs', 'shard', 'out', 'shrunk']);
  const jobs = jobsOf(args);
  const { scenarios, problems } = readScenarioFiles(args.scenarios);
  if (problems.length > 0) throw new WrongUse(problems.map(problemText).join('\n'), 'Nothing was run.', exitCode.data);
  const named = scenarios.map(({ scenario, raw }) => ({ name: scenario.name, raw }));
  const plan: Plan = {
    seeds: seedRange(args.seeds),
    protocols: args.protocol === undefined ? [...subjects.keys()] : [args.protocol],
    suite: args.suite,
    madeUp: args.scenarios.length === 0 ? madeUp : 0,
    catalogue: catalogueHash(named),
  };
  const shard = shardOf(args.shard);
  const known = args.out === undefined ? null : readResults(args.out);
  if (known !== null && !samePlan(known.plan, plan))
    throw new WrongUse(
      `${args.out ?? ''} holds another sweep: other scenarios, seeds, protocols or suite`,
      'Name another file with --out, or take that one away.',
      exitCode.data,
    );
  const blocks = blocksOf(plan, shard.index, shard.count);
  const ended = await runBlocks({ plan, blocks: new Map(known?.blocks) }, blocks, named, { jobs, out: args.out });
  const mine = blocks.filter((block) => ended.blocks.has(block));
  const tally = mine.reduce((sum, block) => add(sum, ended.blocks.get(block) ?? nothing), nothing);
  process.stdout.write(totalsText(plan, tally, blocks.length - mine.length));
  if (args.shrink) process.stdout.write(shrinkFound(plan, named, tally, args.shrunk));
  process.exitCode = exitCodeOf(tally, { there: mine.length, missing: blocks.length - mine.length });
}

async function runBlocks(
  results: { readonly plan: Plan; readonly blocks: Map<number, Tally> },
  wanted: readonly number[],
  scenarios: readonly NamedScenario[],
  { jobs, out }: { readonly jobs: number; readonly out: string | undefined },
): Promise<SweepResults> {
  const keep = out === undefined ? null : addToResults(out, results.plan);
  const todo = wanted.filter((block) => !results.blocks.has(block));
  if (todo.length === 0) return results;
  const work: SweepWork = { plan: results.plan, scenarios };
  const threads = Math.min(jobs, todo.length);
  const pool = poolOf(new URL('./sweep-worker.js', import.meta.url), threads, work);
  const started = performance.now();
  let here = nothing;
  let done = 0;
  const show = process.stderr.isTTY && process.env['TERM'] !== 'dumb';
  await Promise.all(
    todo.map(async (block) => {
      const tally = (await pool.run(block)) as Tally;
      results.blocks.set(block, tally);
      keep?.(block, tally);
      here = add(here, tally);
      done++;
      const seconds = (performance.now() - started) / 1000;
      if (show) process.stderr.write(`\r\u001b[K${progressText(done, todo.length, here, seconds)}`);
    }),
  );
  if (show) process.stderr.write('\r\u001b[K');
  const seconds = (performance.now() - started) / 1000;
  process.stderr.write(
    `${here.runs} runs in ${seconds.toFixed(1)} s, ${Math.round(here.runs / seconds)} runs/s, ${threads} worker${threads === 1 ? '' : 's'}\n`,
  );
  await pool.destroy();
  return results;
}

/** The first find of each kind. */
function shrinkFound(plan: Plan, scenarios: readonly NamedScenario[], { found }: Tally, directory: string): string {
  const failed = Object.values(found).flatMap(({ first }): FailedRun[] => {
    // The one that is shortest to run is the quickest to shrink.
    const [best] = [...first].sort((a, b) => a.events - b.events || a.seed - b.seed);
    const subject = subjects.get(best?.protocol ?? '');
    if (best === undefined || subject === undefined) return [];
    const { seed, failure } = best;
    const { raw, name } = caseOf(plan, scenarios, seed);
    return [{ raw, name: `${name}-${seed}`, subject: onSuite(subject, plan.suite), seed, failure }];
  });
  return failed.length === 0 ? '' : `\n${shrinkAll(failed, directory)}`;
}

interface MergeOptions {
  readonly files: string[];
  readonly out: string | undefined;
}

export const mergeCommand: CommandModule<object, MergeOptions> = {
  command: 'merge <files..>',
  describe: 'lay the results of a sweep together, of shards or of days',
  builder: (yargs: Argv): Argv<MergeOptions> =>
    yargs
      .positional('files', { type: 'string', array: true, default: [], describe: 'what sim sweep wrote with --out' })
      .option('out', { type: 'string', requiresArg: true, describe: 'write all of it into this file' })
      .epilogue(
        'Exit codes: 0 nothing found, 1 found, 2 not all seeds are there, or none had a run, 64 and up wrong use.',
      ),
  handler(args) {
    once(args, ['out']);
    const all = args.files.map((file) => {
      const results = readResults(file);
      if (results === null)
        throw new WrongUse(`${file} is not there`, 'Name what sim sweep wrote with --out.', exitCode.noInput);
      return { ...results, file };
    });
    const merged = mergeResults(all);
    if (args.out !== undefined) writeResults(args.out, merged);
    const { tally, missing } = totalOf(merged);
    process.stdout.write(totalsText(merged.plan, tally, missing));
    process.exitCode = exitCodeOf(tally, { there: merged.blocks.size, missing });
  },
};

/** Where nothing ran nothing was shown. A shard without a block of its own has done its part. */
function exitCodeOf({ found, runs }: Tally, { there, missing }: { there: number; missing: number }): number {
  if (Object.keys(found).length > 0) return exitCode.failed;
  return missing > 0 || (runs === 0 && there > 0) ? exitCode.inconclusive : exitCode.passed;
}

/** A month of it, on a hundred cores. */
const seedsMax = 100_000_000;

function seedRange(text: string): Plan['seeds'] {
  const match = /^(?:(\d{1,15})\.\.)?(\d{1,15})$/.exec(text);
  const first = Number(match?.[1] ?? 1);
  const last = Number(match?.[2]);
  if (match === null || last < first)
    throw new WrongUse(`--seeds ${text} is no range of seeds`, 'Write 1000, or 1001..2000.', exitCode.usage);
  if (last - first >= seedsMax)
    throw new WrongUse(
      `--seeds ${text} is more than one sweep can have`,
      `Take at most ${seedsMax.toLocaleString('en')}, and the next ones in another sweep.`,
      exitCode.usage,
    );
  return { first, last };
}

function shardOf(text: string): { readonly index: number; readonly count: number } {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index < 1 || index > count)
    throw new WrongUse(`--shard ${text} is no shard`, 'Write 3/8 for the third of eight.', exitCode.usage);
  return { index, count };
}
