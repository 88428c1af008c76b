/** What `lanpair report` is given: reports of earlier days or other machines, sweeps, tests, a baseline, and what is required. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { printable } from '../../protocol/display.ts';
import { exitCode, WrongUse } from '../../sim/cli/complaint.ts';
import { mergeResults, readResults, type SweepResults, totalOf } from '../../sim/cli/sweep-file.ts';
import { kindOf, mergeReports, mergeWalks, readMet, readReport } from '../data/file.ts';
import { cellsIn, type Requirement } from '../data/gate.ts';
import type { Report, Walk } from '../data/report.ts';
import { count } from '../terminal.ts';
import { foundIn } from './finds.ts';

/** The catalogue's report is a hundredth of it. */
const reportMax = 64 * 1024 * 1024;
const requireMax = 1024 * 1024;

/** Everything that is on the command line, by what it is. */
export interface Inputs {
  /** Scenario files and directories. */
  readonly scenarios: readonly string[];
  readonly reports: readonly Report[];
  readonly walks: readonly Walk[];
}

export function inputsAt(files: readonly string[]): Inputs {
  const data = files.filter((file) => !isScenario(file));
  const contents = data.map((file) => ({ file, content: textOf(file, reportMax) }));
  const of = (wanted: ReturnType<typeof kindOf>): typeof contents =>
    contents.filter(({ content }) => kindOf(content) === wanted);
  const [strange] = of(null);
  // Whoever names a report that is none hears what is wrong with it.
  if (strange !== undefined) reportAt(strange.file);
  const met = of('cells').map(({ file, content }) => {
    const read = readMet(content);
    if (read.ok) return read.walk;
    throw new WrongUse(`${file} ${read.problem}`, read.next, exitCode.data);
  });
  const scenarios = files.filter(isScenario);
  return {
    scenarios,
    reports: of('report').map(({ file }) => reportAt(file)),
    walks: mergeWalks([
      ...met,
      ...sweepsAt(
        of('sweep').map(({ file }) => file),
        scenarios,
      ),
    ]),
  };
}

/** By its name, or by what is in it: results of a sweep may be called anything. */
function isScenario(file: string): boolean {
  if (/\.ya?ml$/i.test(file)) return true;
  if (/\.(nd)?json$/i.test(file)) return existsSync(file) && statSync(file).isDirectory();
  return !existsSync(file) || statSync(file).isDirectory() || kindOf(textOf(file, reportMax)) === null;
}

/** Shards of one sweep are laid together first, so that no block counts twice. */
function sweepsAt(files: readonly string[], scenarios: readonly string[]): readonly Walk[] {
  const sweeps = new Map<string, (SweepResults & { readonly file: string })[]>();
  for (const file of files) {
    const results = readResults(file);
    if (results === null) continue;
    const key = JSON.stringify(results.plan);
    sweeps.set(key, [...(sweeps.get(key) ?? []), { ...results, file }]);
  }
  return [...sweeps.values()].map((parts): Walk => {
    const whole = mergeResults(parts);
    const { seeds, suite, catalogue } = whole.plan;
    const { tally, missing } = totalOf(whole);
    const all = missing === 0 ? '' : ', not all of them';
    const name = `seeds ${seeds.first}..${seeds.last}${all}, ${suite}, catalogue ${catalogue}: ${count(tally.runs, 'run')}`;
    const { cells, pairs = {}, guesses = {} } = tally;
    return { of: 'sweep', name, cells, pairs, guesses, found: foundIn(whole.plan, tally, scenarios) };
  });
}

export function reportAt(file: string): Report {
  const content = textOf(file, reportMax);
  if (content.trim() === '')
    throw new WrongUse(`${file} is empty`, 'Next: make it again, or take it away.', exitCode.data);
  const read = readReport(content);
  if (read.ok) return read.report;
  throw new WrongUse(`${file} ${read.problem}`, read.next, exitCode.data);
}

export function merged(reports: readonly [Report, ...Report[]]): Report {
  const result = mergeReports(reports);
  if (result.ok) return result.report;
  throw new WrongUse(
    `these reports do not belong together: ${result.problem}`,
    'Next: merge reports of one lanpair and one catalogue.',
    exitCode.data,
  );
}

/** `80` and `80%` are a share of the cells that are possible; anything else is a file that names cells. */
export function requirementOf(text: string): Requirement {
  const number = /^(\d{1,3}(?:\.\d{1,6})?)%?$/.exec(text);
  if (number === null) {
    const cells = cellsIn(textOf(text, requireMax));
    const next = 'Next: name a cell in a line, as `lp1 Seeking beaconTimer`.';
    if (cells.length === 0) throw new WrongUse(`${text} requires nothing`, next, exitCode.data);
    const strange = cells.find((cell) => cell.split(' ').length !== 3);
    if (strange === undefined) return { of: 'cells', cells };
    throw new WrongUse(`${text} names what is no cell: "${printable(strange, 80)}"`, next, exitCode.data);
  }
  const share = Number(number[1]) / 100;
  if (share <= 1) return { of: 'share', share };
  throw new WrongUse(`--require ${text} is more than there is`, 'Take a percentage from 0 to 100.', exitCode.usage);
}

function textOf(file: string, max: number): string {
  if (!existsSync(file) || statSync(file).isDirectory())
    throw new WrongUse(`${file} is no file`, 'Next: name one that is there.', exitCode.noInput);
  if (statSync(file).size > max)
    throw new WrongUse(`${file} is too large: more than ${max} bytes`, 'Next: name another file.', exitCode.data);
  return readFileSync(file, 'utf8');
}
