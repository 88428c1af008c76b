/** `lanpair sim audit`: are planted flaws found? Prints who is convicted by what, and fails when a specimen survives. */
import { join } from 'node:path';
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { median, type SpecimenReport, survives } from '../audit/audit.ts';
import { suspects } from '../audit/corpus.ts';
import { oracles } from '../oracles/index.ts';
import { subjects } from '../protocols.ts';
import type { AuditWork } from './audit-worker.ts';
import { exitCode, WrongUse } from './complaint.ts';
import { readScenarioFiles } from './files.ts';
import { jobsOf, jobsOption, once, wholeNumber } from './options.ts';
import { poolOf } from './pool.ts';
import { makeDirectory, writeOut } from './write.ts';

interface Options {
  readonly specimens: string[];
  readonly protocol: string | undefined;
  readonly times: string;
  readonly runs: string;
  readonly jobs: string;
  readonly json: boolean;
  readonly shrunk: string | undefined;
}

export const auditCommand: CommandModule<object, Options> = {
  command: 'audit [specimens..]',
  describe: 'plant flaws, and see which oracle finds each of them',
  builder: options,
  handler: audit,
};

function options(yargs: Argv): Argv<Options> {
  return yargs
    .positional('specimens', {
      type: 'string',
      array: true,
      default: [],
      describe: 'specimens by name; without any, all',
    })
    .option('protocol', {
      type: 'string',
      choices: [...subjects.keys()],
      describe: 'only specimens of this conversation',
    })
    .option('times', {
      type: 'string',
      requiresArg: true,
      default: '3',
      describe: 'searches for each, with other seeds',
    })
    .option('runs', {
      type: 'string',
      requiresArg: true,
      default: '400',
      describe: 'runs of one search before it is given up',
    })
    .option('jobs', jobsOption)
    .option('json', { type: 'boolean', default: false, describe: 'one JSON object a line, one line a specimen' })
    .option('shrunk', { type: 'string', requiresArg: true, describe: 'write the counterexamples into this directory' })
    .example('$0 sim audit', 'the whole kill matrix')
    .example('$0 sim audit pair-done-once --times 9', 'one of them, more often')
    .epilogue(
      'Exit codes: 0 all are convicted by the oracle that is meant for them, 1 one survives, 64 and up wrong use.',
    );
}

async function audit(args: ArgumentsCamelCase<Options>): Promise<void> {
  once(args, ['protocol', 'times', 'runs', 'jobs', 'shrunk']);
  const times = wholeNumber(args, 'times', { min: 1, max: 1000 });
  const runsMax = wholeNumber(args, 'runs', { min: 1, max: 1_000_000 });
  const jobs = jobsOf(args);
  const chosen = chosenSuspects(args);
  const scenarios = readScenarioFiles([]).scenarios.map(({ scenario, raw }) => ({ name: scenario.name, raw }));
  const threads = Math.min(jobs, chosen.length);
  const pool = poolOf(new URL('./audit-worker.js', import.meta.url), threads);
  const show = process.stderr.isTTY && process.env['TERM'] !== 'dumb';
  let done = 0;
  const reports = await Promise.all(
    chosen.map(async ({ specimen, sound }) => {
      const work: AuditWork = {
        protocol: sound.name,
        specimen: specimen.name,
        scenarios,
        times,
        runsMax,
      };
      const report = (await pool.run(work)) as SpecimenReport;
      const line = `${++done}/${chosen.length} specimens, ${sound.name} ${specimen.name}: ${survives(report) ? 'survives' : `run ${report.runs.map((one) => one ?? '-').join(', ')}`}`;
      process.stderr.write(show ? `\r\u001b[K${line}` : `${line}\n`);
      return report;
    }),
  );
  if (show) process.stderr.write('\r\u001b[K');
  await pool.destroy();
  if (args.shrunk !== undefined) writeShrunk(reports, args.shrunk);
  process.stdout.write(args.json ? reports.map((one) => `${JSON.stringify(one)}\n`).join('') : matrixText(reports));
  process.exitCode = reports.some(survives) ? exitCode.failed : exitCode.passed;
}

function chosenSuspects({ specimens, protocol }: Pick<Options, 'specimens' | 'protocol'>): typeof suspects {
  const unknown = specimens.find((name) => !suspects.some(({ specimen }) => specimen.name === name));
  if (unknown !== undefined)
    throw new WrongUse(
      `there is no specimen "${unknown}"`,
      `Known: ${suspects.map(({ specimen }) => specimen.name).join(', ')}.`,
      exitCode.usage,
    );
  return suspects.filter(
    ({ specimen, sound }) =>
      (specimens.length === 0 || specimens.includes(specimen.name)) &&
      (protocol === undefined || sound.name === protocol),
  );
}

function writeShrunk(reports: readonly SpecimenReport[], directory: string): void {
  makeDirectory(directory);
  for (const { protocol, name, shrunk } of reports) {
    if (shrunk !== null) writeOut(join(directory, `${protocol}-${name}.yaml`), shrunk.text);
  }
}

/** A row for each specimen, a column for each oracle by its number. */
export function matrixText(reports: readonly SpecimenReport[]): string {
  const head = `  ${'specimen'.padEnd(34)}${oracles.map(({ number }) => String(number).padStart(3)).join('')}   runs (median)   shrunk`;
  const rows = reports.map((report) => {
    const { protocol, name, breaks, killedBy, runs, shrunk } = report;
    const marks = oracles.map((oracle) =>
      killedBy[oracle.name] === undefined ? '.' : oracle.name === breaks ? 'X' : 'x',
    );
    const middle = median(runs);
    const size = shrunk === null ? '-' : `${shrunk.from} to ${shrunk.size} in ${shrunk.runs} runs`;
    const times = survives(report) ? 'SURVIVES' : `${runs.map((one) => one ?? '-').join(' ')} (${middle ?? '-'})`;
    return `  ${`${protocol} ${name}`.padEnd(34)}${marks.map((mark) => mark.padStart(3)).join('')}   ${times.padEnd(16)}${size}`;
  });
  const names = oracles.map(({ number, name }) => `${number} ${name}`).join(', ');
  const alive = reports.filter(survives);
  const convicted = reports.flatMap(({ runs }) => median(runs) ?? []);
  const sizes = reports.flatMap(({ shrunk }) => (shrunk === null ? [] : [shrunk.size]));
  return `${[
    `${reports.length} specimens; X: convicted by the oracle that is meant for it, x: by another one as well`,
    head,
    ...rows,
    `  oracles: ${names}`,
    `${reports.length - alive.length} convicted, ${alive.length} survive; median of runs ${median(convicted) ?? '-'}, of what is left ${median(sizes) ?? '-'} machines and items`,
    ...alive.map(
      ({ protocol, name, flaw, breaks }) => `SURVIVES  ${protocol} ${name}: ${flaw}; nobody of ${breaks} saw it`,
    ),
  ].join('\n')}\n`;
}
