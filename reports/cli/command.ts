/** `lanpair report`: runs scenarios, or reads reports of earlier runs, and writes what came out to be looked at. */
import { join } from 'node:path';
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { exitCode, WrongUse } from '../../sim/cli/complaint.ts';
import { programName, readScenarioFiles, type ScenarioFile } from '../../sim/cli/files.ts';
import {
  jobsOf,
  jobsOption,
  once,
  protocolOption,
  seedOf,
  seedOption,
  suiteOption,
  wholeNumber,
} from '../../sim/cli/options.ts';
import { makeDirectory, writeOut } from '../../sim/cli/write.ts';
import { problemText, subjects } from '../../sim/index.ts';
import { type Comparison, compare } from '../data/compare.ts';
import { type Coverage, coverageOf } from '../data/coverage.ts';
import { figuresOf, figureTasks } from '../data/figures.ts';
import { mergeWalks, reportText } from '../data/file.ts';
import { type FlawedRun, flaws, flawTasks } from '../data/flaws.ts';
import { unmet } from '../data/gate.ts';
import { byKey, foundOf, type Report, reportVersion } from '../data/report.ts';
import { summaryLine } from '../json.ts';
import { progressText } from '../progress.ts';
import { findings, summaryText } from '../summary.ts';
import { type Inputs, inputsAt, merged, reportAt, requirementOf } from './inputs.ts';
import { pageOf } from './page.ts';
import { type Chosen, type Crew, hire, tasksOf } from './runs.ts';
import type { Done, Work } from './worker.ts';

interface Options {
  readonly files: string[];
  readonly out: string;
  readonly json: boolean;
  readonly cells: boolean;
  readonly brief: boolean;
  readonly require: string | undefined;
  readonly baseline: string | undefined;
  readonly protocol: string | undefined;
  readonly suite: 'real' | 'symbolic';
  readonly seed: string | undefined;
  readonly shard: string;
  readonly figures: string | undefined;
  readonly specimens: boolean;
  readonly specimen: string[];
  readonly jobs: string;
}

/** Of each point of a plot, where nothing else is said. */
const figureRunsEach = 20;

export const reportCommand: CommandModule<object, Options> = {
  command: 'report [files..]',
  describe: 'run the catalogue, and write down what was tested and what was not',
  builder: options,
  handler: report,
};

function options(yargs: Argv): Argv<Options> {
  return yargs
    .positional('files', {
      type: 'string',
      array: true,
      default: [],
      describe:
        'scenario files or directories (without any, the catalogue); report.json files, which are laid together; results of sweeps (--out); cells that tests met',
    })
    .option('out', { type: 'string', requiresArg: true, default: 'reports/out', describe: 'directory to write into' })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON object instead of the summary' })
    .option('cells', { type: 'boolean', default: false, describe: 'name every cell that no run went through' })
    .option('brief', { type: 'boolean', default: false, describe: 'print no cells that no run went through' })
    .option('require', {
      type: 'string',
      requiresArg: true,
      describe: 'fail unless these cells are covered: a file with one a line, or a percentage for each conversation',
    })
    .option('baseline', {
      type: 'string',
      requiresArg: true,
      describe: 'compare with this report.json, and fail where a cell is covered no longer',
    })
    .option('protocol', protocolOption)
    .option('suite', suiteOption)
    .option('seed', seedOption)
    .option('shard', { type: 'string', requiresArg: true, default: '1/1', describe: 'only this part of the runs: 2/8' })
    .option('specimens', {
      type: 'boolean',
      default: false,
      describe:
        'run each specimen, which has one planted flaw, in enough scenarios to play every attack once (a minute or two), not in one alone that shows its flaw',
    })
    .option('specimen', {
      type: 'string',
      array: true,
      requiresArg: true,
      default: [],
      describe: 'run this specimen, in every scenario of its conversation; more than one may be named',
    })
    .option('figures', {
      type: 'string',
      requiresArg: true,
      describe: 'runs for each point of the plots (20 for the whole catalogue, else 0)',
    })
    .option('jobs', jobsOption)
    .example('$0 report', 'the whole catalogue')
    .example('$0 report --require cells.txt --baseline kept/report.json', 'for CI')
    .example('$0 report part1/report.json part2/report.json --out all', 'what shards ran, as one')
    .example('$0 report sweep.ndjson cells/*.json', 'the catalogue, and what a sweep and tests went through')
    .epilogue(
      'Exit codes: 0 all came out as stated, 1 something did not, or the gate is shut, 2 inconclusive, 64 and up wrong use.',
    );
}

async function report(args: ArgumentsCamelCase<Options>): Promise<void> {
  once(args, ['out', 'require', 'baseline', 'protocol', 'suite', 'seed', 'shard', 'figures', 'jobs']);
  // What is wrong with these is said before the runs, not a minute later.
  const requirement = args.require === undefined ? null : requirementOf(args.require);
  const baseline = args.baseline === undefined ? null : reportAt(args.baseline);
  makeDirectory(args.out);
  const { made, files } = await reportOf(args);
  const coverage = coverageOf(made);
  const comparison = baseline === null ? null : compare(coverageOf(baseline), coverage);
  const missing = requirement === null ? [] : unmet(requirement, coverage);
  const file = join(args.out, 'report.json');
  writeOut(file, reportText(made));
  const page = join(args.out, 'index.html');
  writeOut(page, pageOf({ report: made, coverage, comparison, unmet: missing }, files, args.out));
  const shown = {
    files: [page, file],
    cells: args.cells ? ('all' as const) : args.brief ? ('none' as const) : ('moves' as const),
    comparison,
    unmet: missing,
  };
  process.stdout.write(args.json ? summaryLine(made, coverage, shown) : summaryText(made, coverage, shown));
  process.exitCode = exitCodeOf(made, coverage, comparison, missing);
}

/** Of what is given: reports are read, scenarios are run, and all is one report. */
async function reportOf(
  args: ArgumentsCamelCase<Options>,
): Promise<{ readonly made: Report; readonly files: ReadonlyMap<string, string> }> {
  const inputs = inputsAt(args.files);
  const { reports, walks } = inputs;
  const isMerge = reports.length > 0 && inputs.scenarios.length === 0;
  const { scenarios, fresh } = isMerge ? { scenarios: [], fresh: [] } : await freshReport(args, inputs);
  const [first, ...others] = [...reports, ...fresh];
  if (first === undefined) throw new RangeError('neither a report nor a run');
  const whole = merged([first, ...others]);
  const files = new Map(scenarios.map(({ scenario, file }) => [scenario.name, file]));
  if (whole.runs.length > 0) return { made: { ...whole, walks: mergeWalks([...whole.walks, ...walks]) }, files };
  throw new WrongUse(
    'there is no run to report: no scenario here is for this conversation, or in this shard',
    'Next: name other files, or take --protocol or --shard away.',
    exitCode.noInput,
  );
}

function scenariosAt(paths: readonly string[]): readonly ScenarioFile[] {
  const { scenarios, problems } = readScenarioFiles(paths);
  if (problems.length === 0) return scenarios;
  throw new WrongUse(problems.map(problemText).join('\n'), 'Nothing was run.', exitCode.data);
}

/** Of runs that are made now, and the scenarios that they are of. */
async function freshReport(
  args: ArgumentsCamelCase<Options>,
  inputs: Inputs,
): Promise<{ readonly scenarios: readonly ScenarioFile[]; readonly fresh: readonly Report[] }> {
  const { protocol, suite } = args;
  const chosen: Chosen = { protocol, suite, seed: seedOf(args.seed), shard: shardOf(args.shard) };
  const jobs = jobsOf(args);
  // One file is often one run.
  const crew = hire(jobs, inputs.scenarios.length === 0 ? jobs : 1);
  try {
    const scenarios = scenariosAt(inputs.scenarios);
    return { scenarios, fresh: [await runAll(crew, scenarios, chosen, args, inputs)] };
  } finally {
    await crew.leave();
  }
}

async function runAll(
  crew: Crew,
  scenarios: readonly ScenarioFile[],
  chosen: Chosen,
  args: ArgumentsCamelCase<Options>,
  inputs: Inputs,
): Promise<Report> {
  const { protocol } = chosen;
  const works: readonly Work[] = [
    ...tasksOf(scenarios, chosen),
    ...figureTasks(figureRuns(args, inputs)),
    ...flawsOf(scenarios, args, inputs),
  ];
  const isShown = process.stderr.isTTY && process.env['TERM'] !== 'dumb';
  const made = new Date().toISOString();
  const started = performance.now();
  const done = await crew.doAll(works, (count) => {
    const seconds = (performance.now() - started) / 1000;
    if (isShown) process.stderr.write(`\r\u001b[K${progressText(count, works.length, seconds)}`);
  });
  if (isShown) process.stderr.write('\r\u001b[K');
  const tables = [...subjects]
    .filter(([name]) => protocol === undefined || protocol === name)
    .map(([name, subject]) => [name, subject.protocol.table] as const);
  return {
    lanpair: 'report',
    version: reportVersion,
    program: programName(),
    made,
    seconds: Math.round(performance.now() - started) / 1000,
    tables: Object.fromEntries(tables),
    ...piecesOf(done),
    walks: [],
  };
}

/** The whole catalogue has a proof against each specimen beside it; more is asked for. */
function flawsOf(
  scenarios: readonly ScenarioFile[],
  args: ArgumentsCamelCase<Options>,
  inputs: Inputs,
): readonly Work[] {
  const { specimens, specimen } = args;
  const strange = specimen.find((name) => flaws.every((flaw) => flaw.name !== name));
  if (strange !== undefined)
    throw new WrongUse(
      `--specimen ${strange} is none`,
      `Take one of: ${flaws.map(({ name }) => name).join(', ')}.`,
      exitCode.usage,
    );
  const played = scenarios.map(({ raw, scenario: { name, seed } }) => ({ raw, name, seed }));
  if (specimens) return flawTasks(played, 'attacks');
  if (specimen.length > 0) return flawTasks(played, 'all', specimen);
  return isWhole(args, inputs) ? flawTasks(played, 'proof') : [];
}

/** What came of the work, in an order that does not depend on who was first. */
function piecesOf(done: readonly Done[]): Pick<Report, 'runs' | 'specimens' | 'figures'> {
  const runs = done.flatMap((one) => (one.of === 'run' ? [one.entry] : []));
  const specimens = done.flatMap((one) => (one.of === 'flaw' ? [one.run] : []));
  const points = done.flatMap((one) => (one.of === 'loss' || one.of === 'guesses' ? [one] : []));
  const flawKey = ({ protocol, specimen, scenario, seed }: FlawedRun): string =>
    `${protocol} ${specimen} ${scenario} ${seed}`;
  return {
    runs: runs.sort(byKey),
    specimens: specimens.sort((a, b) => (flawKey(a) < flawKey(b) ? -1 : 1)),
    figures: figuresOf(points),
  };
}

/** Plots are of two machines of their own: who looks at one scenario does not wait for them. */
function figureRuns(args: ArgumentsCamelCase<Options>, inputs: Inputs): number {
  const { figures } = args;
  if (figures === undefined) return isWhole(args, inputs) ? figureRunsEach : 0;
  return wholeNumber({ figures }, 'figures', { min: 0, max: 10_000 });
}

/** Nothing is chosen: the whole catalogue is run here. */
function isWhole({ shard, protocol }: ArgumentsCamelCase<Options>, { scenarios, reports }: Inputs): boolean {
  return scenarios.length + reports.length === 0 && shard === '1/1' && protocol === undefined;
}

function shardOf(text: string): Chosen['shard'] {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index < 1 || index > count)
    throw new WrongUse(`--shard ${text} is no shard`, 'Write 3/8 for the third of eight.', exitCode.usage);
  return { index, count };
}

function exitCodeOf(
  { runs, specimens, walks }: Report,
  coverage: readonly Coverage[],
  comparison: Comparison | null,
  missing: readonly string[],
): number {
  const isShut = missing.length > 0 || (comparison?.lost.length ?? 0) > 0;
  const isWrong =
    runs.some(({ verdict }) => verdict === 'fail') ||
    findings(coverage, runs, specimens).length > 0 ||
    foundOf(walks).length > 0;
  if (isShut || isWrong) return exitCode.failed;
  return runs.some(({ verdict }) => verdict === 'inconclusive') ? exitCode.inconclusive : exitCode.passed;
}
