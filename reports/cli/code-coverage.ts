/** Code coverage that was measured beside the report: of the tests, of the scenarios, and of both together. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { catalogueDirectory } from '../../sim/cli/files.ts';
import type { CodeCoverage } from '../page/page.ts';

/** Where `npm run coverage` and its kin write; what was never measured is not there. */
const places: readonly (readonly [what: string, command: string, directory: string])[] = [
  ['the tests', 'npm run coverage', 'reports/coverage'],
  ['the scenarios', 'npm run coverage:scenarios', 'reports/coverage/scenarios'],
  ['both together', 'npm run coverage:together', 'reports/coverage/together'],
];

/** Links are relative to the page, which stands in `out`. */
export function codeCoverage(out: string, root: string = dirname(catalogueDirectory())): readonly CodeCoverage[] {
  return places.map(([what, command, directory]) => {
    const share = sharesIn(join(root, directory, 'coverage-summary.json'));
    const link = relative(out, join(root, directory, 'index.html'))
      .split(sep)
      .map(encodeURIComponent)
      .join('/');
    return { what, command, measured: share === null ? null : { ...share, link } };
  });
}

/** Null where the file is not there, or says nothing. */
function sharesIn(file: string): { readonly statements: number; readonly branches: number } | null {
  if (!existsSync(file)) return null;
  try {
    const { total } = JSON.parse(readFileSync(file, 'utf8')) as { total?: Record<string, { pct?: unknown }> };
    const [statements, branches] = [total?.['statements']?.pct, total?.['branches']?.pct];
    return typeof statements === 'number' && typeof branches === 'number' ? { statements, branches } : null;
  } catch {
    // Cut off in the middle: it is being written, or was.
    return null;
  }
}
