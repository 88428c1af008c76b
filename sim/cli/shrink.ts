/** `lanpair sim shrink`: from a run that fails to the smallest scenario that fails in the same way. */
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { subjects } from '../protocols.ts';
import { problemText } from '../scenario/problem.ts';
import { onSuite } from '../subject.ts';
import { exitCode, WrongUse } from './complaint.ts';
import { readScenarioFiles } from './files.ts';
import { once, protocolOption, seedOf, seedOption, suiteOption } from './options.ts';
import { shrinkOne } from './shrunk.ts';

interface Options {
  readonly scenario: string | undefined;
  readonly protocol: string | undefined;
  readonly suite: 'real' | 'symbolic';
  readonly seed: string | undefined;
  readonly shrunk: string;
}

export const shrinkCommand: CommandModule<object, Options> = {
  command: 'shrink <scenario>',
  describe: 'make a failing run as small as it gets, and write it as a scenario file',
  builder: options,
  handler: run,
};

function options(yargs: Argv): Argv<Options> {
  return yargs
    .positional('scenario', { type: 'string', describe: 'a scenario file' })
    .option('protocol', protocolOption)
    .option('suite', suiteOption)
    .option('seed', seedOption)
    .option('shrunk', {
      type: 'string',
      requiresArg: true,
      default: 'shrunk',
      describe: 'directory for what comes out',
    })
    .example('$0 sim shrink my.yaml --seed 7', 'the run with seed 7, as small as it fails')
    .epilogue('Exit codes: 1 a failure was shrunk, 0 there is none, 2 it could not be shrunk, 64 and up wrong use.');
}

function run(args: ArgumentsCamelCase<Options>): void {
  once(args, ['protocol', 'suite', 'seed', 'shrunk']);
  const seed = seedOf(args.seed);
  const { scenarios, problems } = readScenarioFiles([args.scenario ?? '']);
  if (problems.length > 0) throw new WrongUse(problems.map(problemText).join('\n'), 'Nothing was run.', exitCode.data);
  const [first, ...others] = scenarios;
  if (first === undefined || others.length > 0)
    throw new WrongUse('one scenario is shrunk at a time', 'Name one file.', exitCode.usage);
  const { raw, scenario } = first;
  const results = Object.keys(scenario.protocols).flatMap((protocol) => {
    const subject = subjects.get(protocol);
    if (subject === undefined || (args.protocol !== undefined && args.protocol !== protocol)) return [];
    const failed = { raw, name: scenario.name, subject: onSuite(subject, args.suite), seed: seed ?? scenario.seed };
    const { text, result } = shrinkOne(failed, args.shrunk);
    process.stdout.write(text);
    return [result];
  });
  if (results.length === 0)
    throw new WrongUse(
      'this scenario is not for this conversation',
      'Take --protocol away, or add it under protocols in the file.',
      exitCode.noInput,
    );
  const healthy = results.every((one) => !one.ok && one.why === 'the run does not fail');
  process.exitCode = results.some(({ ok }) => ok) ? exitCode.failed : healthy ? exitCode.passed : exitCode.inconclusive;
}
