/** What `lanpair report` is given: reports of earlier days or other machines, a baseline, and what is required. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { exitCode, WrongUse } from '../../sim/cli/complaint.ts';
import { mergeReports, readReport } from '../data/file.ts';
import { cellsIn, type Requirement } from '../data/gate.ts';
import type { Report } from '../data/report.ts';

/** The catalogue's report is a hundredth of it. */
const reportMax = 64 * 1024 * 1024;
const requireMax = 1024 * 1024;

export function reportAt(file: string): Report {
  const read = readReport(textOf(file, reportMax));
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
    if (cells.length > 0) return { of: 'cells', cells };
    throw new WrongUse(
      `${text} requires nothing`,
      'Next: name a cell in a line, as `lp1 Seeking beaconTimer`.',
      exitCode.data,
    );
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
