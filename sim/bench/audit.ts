/**
 * `npm run bench:audit [-- [specimens] --out FILE]`: the same specimens found by swarm and shrinker, and by a plain model-based
 * test, side by side: executions to find, and length of what is shown. No test: what is printed is a comparison, and some rows may
 * be lost. Both sides have the same bounds, so that it ends; with `--out` each row is kept, and what is there is not run again.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { auditSpecimen, median } from '../audit/audit.ts';
import { type Suspect, suspects } from '../audit/corpus.ts';
import { readScenarioFiles } from '../cli/files.ts';
import { canJudge, modelBased } from './model-based.ts';

const times = 3;
/** Executions of one search on either side; what is not found by then is `never`. */
const runsMax = 300;

/** What one side needed: the median of its searches, and the length of its counterexample. */
interface Side {
  readonly runs: number | null;
  readonly size: number | null;
}

interface Row {
  readonly specimen: string;
  readonly breaks: string;
  readonly ours: Side;
  /** Null: its oracle runs the same run again, which a model driven by hand cannot. */
  readonly theirs: Side | null;
}

const usage = `npm run bench:audit [-- [specimens] [--out FILE]]

Each planted flaw found by lanpair's audit and by a plain fast-check model-based test: at most ${runsMax} executions a search,
median of ${times} searches. With --out each row is kept in FILE as it is made, and rows that are there are not made again.

  ${suspects.map(nameOf).join('\n  ')}`;

function nameOf({ specimen, sound }: Suspect): string {
  return `${sound.name}/${specimen.name}`;
}

const scenarios = readScenarioFiles([]).scenarios.map(({ scenario, raw }) => ({ name: scenario.name, raw }));

function rowOf({ specimen, sound }: Suspect): Row {
  const report = auditSpecimen({ specimen, sound, scenarios, times, runsMax });
  const others = canJudge(specimen.breaks)
    ? Array.from({ length: times }, (_, index) =>
        modelBased(specimen.subject, sound, specimen.breaks, index + 1, runsMax),
      )
    : null;
  const sizes = others?.flatMap(({ size }) => size ?? []) ?? [];
  return {
    specimen: nameOf({ specimen, sound }),
    breaks: specimen.breaks,
    ours: { runs: median(report.runs), size: report.shrunk?.size ?? null },
    theirs: others === null ? null : { runs: median(others.map(({ runs }) => runs)), size: median(sizes) },
  };
}

function rowText({ specimen, breaks, ours, theirs }: Row): string {
  const name = `${specimen} (${breaks})`.padEnd(52);
  if (theirs === null)
    return `  ${name} ${text(ours.runs)} runs, length ${text(ours.size)}   / its oracle runs again, a model by hand cannot`;
  return `  ${name} ${text(ours.runs)} / ${text(theirs.runs)} runs, length ${text(ours.size)} / ${text(theirs.size)}`;
}

function text(number: number | null): string {
  return (number === null ? 'never' : String(number)).padStart(5);
}

function scoreText(rows: readonly Row[]): string {
  const both = rows.flatMap(({ ours, theirs }) => (theirs === null ? [] : [{ ours, theirs }]));
  const beyond = (value: number | null): number => value ?? Number.POSITIVE_INFINITY;
  const less = (of: keyof Side): string => {
    const [better, worse] = [
      both.filter(({ ours, theirs }) => beyond(ours[of]) < beyond(theirs[of])).length,
      both.filter(({ ours, theirs }) => beyond(ours[of]) > beyond(theirs[of])).length,
    ];
    return `${better} better, ${worse} worse`;
  };
  return `of ${both.length} that both can judge: executions ${less('runs')}; length ${less('size')}`;
}

function kept(file: string | undefined): readonly Row[] {
  if (file === undefined || !existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

function main(): void {
  const options = { out: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const unknown = positionals.find((name) => !suspects.some((one) => nameOf(one) === name));
  if (values.help === true || unknown !== undefined) {
    if (unknown !== undefined) process.exitCode = 64;
    console.log(unknown === undefined ? usage : `there is no specimen ${unknown}\n\n${usage}`);
    return;
  }
  console.log(
    `executions to find (median of ${times}, at most ${runsMax}) and length of the counterexample: ours / theirs`,
  );
  const known = kept(values.out);
  const rows: Row[] = [];
  for (const suspect of suspects) {
    if (positionals.length > 0 && !positionals.includes(nameOf(suspect))) continue;
    const before = known.find(({ specimen }) => specimen === nameOf(suspect));
    const row = before ?? rowOf(suspect);
    if (before === undefined && values.out !== undefined) appendFileSync(values.out, `${JSON.stringify(row)}\n`);
    rows.push(row);
    console.log(rowText(row));
  }
  console.log(scoreText(rows));
}

main();
