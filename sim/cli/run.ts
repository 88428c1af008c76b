/** `lanpair sim run`: runs scenarios, each with each of its protocols, and says what came out. */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { subjects } from '../protocols.ts';
import { type RunResult, runScenario } from '../run.ts';
import { problemText } from '../scenario/problem.ts';
import { onSuite } from '../subject.ts';
import { type FormatName, traceFormats } from '../trace/format.ts';
import { exitCode, WrongUse } from './complaint.ts';
import { programName, readScenarioFiles, type ScenarioFiles } from './files.ts';
import { once, protocolOption, seedOf, seedOption, suiteOption } from './options.ts';
import type { Render, TimedRun } from './render.ts';
import { type FailedRun, shrinkAll } from './shrunk.ts';
import { makeDirectory, writeOut } from './write.ts';

interface Options {
  readonly files: string[];
  readonly protocol: string | undefined;
  readonly suite: 'real' | 'symbolic';
  readonly seed: string | undefined;
  readonly json: boolean;
  readonly tap: boolean;
  readonly junit: string | undefined;
  readonly trace: string | undefined;
  readonly format: FormatName[];
  readonly shrink: boolean;
  readonly shrunk: string;
}

/** A run, and what is needed to run it again. */
interface Run extends TimedRun {
  readonly again: FailedRun;
}

const formats = Object.keys(traceFormats) as readonly FormatName[];

export function runCommand(render: Render): CommandModule<object, Options> {
  return {
    command: 'run [files..]',
    describe: 'run scenario files, or the whole catalogue',
    builder: options,
    handler: (args) => run(args, render),
  };
}

function options(yargs: Argv): Argv<Options> {
  return yargs
    .positional('files', {
      type: 'string',
      array: true,
      default: [],
      describe: 'scenario files, or directories of them',
    })
    .option('protocol', protocolOption)
    .option('suite', suiteOption)
    .option('seed', seedOption)
    .option('json', { type: 'boolean', default: false, describe: 'one JSON object a line, one line a run' })
    .option('tap', { type: 'boolean', default: false, describe: 'Test Anything Protocol' })
    .option('junit', { type: 'string', requiresArg: true, describe: 'write JUnit XML into this file as well' })
    .option('trace', {
      type: 'string',
      requiresArg: true,
      describe: 'write each run down in this directory',
    })
    .option('format', {
      choices: formats,
      array: true,
      default: ['ndjson'] as FormatName[],
      describe: `with --trace, once or more: ${formats.map((name) => `${name} (${traceFormats[name].describe})`).join('; ')}`,
    })
    .option('shrink', { type: 'boolean', default: true, describe: 'shrink what fails; --no-shrink does not' })
    .option('shrunk', {
      type: 'string',
      requiresArg: true,
      default: 'shrunk',
      describe: 'directory for what comes of it',
    })
    .example('$0 sim run', 'the whole catalogue')
    .example('$0 sim run scenarios/replay --json', 'one family, for a program')
    .example('$0 sim run my.yaml --seed 7 --trace traces', 'one run, every event written down')
    .example('$0 sim run my.yaml --trace traces --format story --format pcapng', 'to read, and for Wireshark')
    .epilogue('Exit codes: 0 all came out as stated, 1 not, 2 inconclusive, 64 and up wrong use.');
}

async function run(args: ArgumentsCamelCase<Options>, render: Render): Promise<void> {
  // The reader has seen enough (`| head`): that is no error, and nobody is left to tell.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  if (args.json && args.tap)
    throw new WrongUse('--json and --tap want the same output', 'Next: take one of them.', exitCode.usage);
  once(args, ['protocol', 'suite', 'seed', 'junit', 'trace', 'shrunk']);
  const seed = seedOf(args.seed);
  const read = readScenarioFiles(args.files);
  if (read.problems.length > 0) {
    const text = read.problems.map(problemText).join('\n');
    throw new WrongUse(text, 'Nothing was run.', exitCode.data);
  }
  const started = performance.now();
  const runs = await runAll(read, { ...args, seed }, render);
  const seconds = (performance.now() - started) / 1000;
  if (args.tap) process.stdout.write(render.tap(runs));
  else if (!args.json) process.stdout.write(render.table(runs, seconds));
  if (args.junit !== undefined) writeOut(args.junit, render.junit(runs));
  const failed = runs.filter(({ result }) => result.verdict === 'fail');
  if (args.shrink && failed.length > 0) {
    // What a program reads stays as it is.
    const out = args.json || args.tap ? process.stderr : process.stdout;
    out.write(
      `\n${shrinkAll(
        failed.map(({ again }) => again),
        args.shrunk,
      )}`,
    );
  }
  process.exitCode = exitCodeOf(runs.map((one) => one.result));
}

async function runAll(
  read: ScenarioFiles,
  args: Pick<Options, 'protocol' | 'suite' | 'trace' | 'format' | 'json'> & { readonly seed: number | undefined },
  render: Render,
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for (const { file, scenario, raw } of read.scenarios) {
    for (const protocol of Object.keys(scenario.protocols)) {
      const subject = subjects.get(protocol);
      if (subject === undefined || (args.protocol !== undefined && args.protocol !== protocol)) continue;
      const again = {
        raw,
        name: scenario.name,
        subject: onSuite(subject, args.suite),
        seed: args.seed ?? scenario.seed,
      };
      const tracers = (args.trace === undefined ? [] : args.format).map((name) => ({
        name,
        tracer: traceFormats[name].create(scenario, again.subject, programName()),
      }));
      const result = runScenario(scenario, again.subject, again.seed, {
        trace: tracers.some(({ name }) => name === 'ndjson'),
        watch: (event) => {
          for (const { tracer } of tracers) tracer.watch(event);
        },
      });
      const one: TimedRun = { result, file };
      if (args.json) {
        process.stdout.write(render.json(one));
        // Whether the reader is still there is told between two runs.
        await setImmediate();
      }
      for (const { name, tracer } of tracers)
        writeTrace(args.trace ?? '.', result, traceFormats[name].ending, tracer.finish(result));
      // Lines are on the disk now; in memory they would pile up.
      runs.push({ file, result: { ...result, trace: [] }, again });
    }
  }
  if (runs.length > 0) return runs;
  throw new WrongUse(
    'no scenario here is for this conversation',
    'Take --protocol away, or add it under protocols in the file.',
    exitCode.noInput,
  );
}

function writeTrace(directory: string, result: RunResult, ending: string, text: string | Uint8Array): void {
  const { scenario, protocol, seed } = result;
  makeDirectory(directory);
  writeOut(join(directory, `${scenario.replaceAll('/', '-')}-${protocol}-${seed}.${ending}`), text);
}

function exitCodeOf(results: readonly RunResult[]): number {
  if (results.some(({ verdict }) => verdict === 'fail')) return exitCode.failed;
  return results.some(({ verdict }) => verdict === 'inconclusive') ? exitCode.inconclusive : exitCode.passed;
}
