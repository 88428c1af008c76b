/**
 * `npm run bench:audit`: the same specimens found by swarm and shrinker, and by a plain model-based test, side by side:
 * executions to find, and length of what is shown. No test: what is printed is a comparison, and some rows may be lost.
 */
import { auditSpecimen, median, type SpecimenReport } from '../audit/audit.ts';
import { suspects } from '../audit/corpus.ts';
import { readScenarioFiles } from '../cli/files.ts';
import { canJudge, type ModelBased, modelBased } from './model-based.ts';

const times = 3;
const runsMax = 300;

const scenarios = readScenarioFiles([]).scenarios.map(({ scenario, raw }) => ({ name: scenario.name, raw }));
const score = { faster: 0, slower: 0, shorter: 0, longer: 0, rows: 0 };

console.log(
  `executions to find (median of ${times}, at most ${runsMax}) and length of the counterexample: ours / fast-check's`,
);
for (const { specimen, sound } of suspects) {
  const ours = auditSpecimen({ specimen, sound, scenarios, times, runsMax });
  const theirs = canJudge(specimen.breaks)
    ? Array.from({ length: times }, (_, index) =>
        modelBased(specimen.subject, sound, specimen.breaks, index + 1, runsMax),
      )
    : null;
  console.log(row(ours, theirs));
}
console.log(
  `of ${score.rows} that both can judge: found sooner ${score.faster}, later ${score.slower}; shorter ${score.shorter}, longer ${score.longer}`,
);

function row(ours: SpecimenReport, theirs: readonly ModelBased[] | null): string {
  const name = `${ours.protocol} ${ours.name} (${ours.breaks})`.padEnd(52);
  const runs = median(ours.runs);
  const size = ours.shrunk?.size ?? null;
  if (theirs === null)
    return `  ${name} ${text(runs)} runs, length ${text(size)}   / its oracle runs again, a model by hand cannot`;
  const otherRuns = median(theirs.map((one) => one.runs));
  const otherSize = median(theirs.flatMap((one) => (one.size === null ? [] : [one.size])));
  compare(runs, otherRuns, size, otherSize);
  return `  ${name} ${text(runs)} / ${text(otherRuns)} runs, length ${text(size)} / ${text(otherSize)}`;
}

function compare(runs: number | null, otherRuns: number | null, size: number | null, otherSize: number | null): void {
  const beyond = Number.POSITIVE_INFINITY;
  score.rows++;
  if ((runs ?? beyond) < (otherRuns ?? beyond)) score.faster++;
  if ((runs ?? beyond) > (otherRuns ?? beyond)) score.slower++;
  if ((size ?? beyond) < (otherSize ?? beyond)) score.shorter++;
  if ((size ?? beyond) > (otherSize ?? beyond)) score.longer++;
}

function text(number: number | null): string {
  return (number === null ? 'never' : String(number)).padStart(5);
}
