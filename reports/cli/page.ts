/** What the page is made of beside the report: the catalogue, the scenario files, and the run viewer if it was built. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogueDirectory, catalogueFiles } from '../../sim/cli/files.ts';
import type { Attack } from '../data/catalogue.ts';
import type { Entry } from '../data/report.ts';
import { type PageSource, pageText } from '../page/page.ts';
import { codeCoverage } from './code-coverage.ts';

/** The whole page. `files` are the scenarios that were read for it, by name; `out` is where it will stand. */
export function pageOf(
  made: Pick<PageSource, 'report' | 'coverage' | 'comparison' | 'unmet'>,
  files: ReadonlyMap<string, string>,
  out: string,
): string {
  return pageText({
    ...made,
    catalogue: JSON.parse(readFileSync(join(catalogueDirectory(), 'catalogue.json'), 'utf8')) as readonly Attack[],
    code: codeCoverage(out),
    texts: textsOf(made.report.runs, files),
    viewer: builtViewer(),
    digest: (text) => createHash('sha256').update(text).digest('base64'),
  });
}

/**
 * Scenarios by name. Of runs that a report of somebody else tells of, only what the catalogue has under that name: which
 * file of this machine a page takes in is not for a report to say.
 */
function textsOf(runs: readonly Entry[], files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const names = [...new Set(runs.map(({ scenario }) => scenario))].sort();
  const known = new Map([...catalogueFiles(), ...files]);
  return new Map(
    names.flatMap((name) => {
      const file = known.get(name);
      return file === undefined ? [] : [[name, readFileSync(file, 'utf8')] as const];
    }),
  );
}

function builtViewer(): PageSource['viewer'] {
  const [script, style] = ['viewer.js', 'viewer.css'].map((name) =>
    fileURLToPath(new URL(`../viewer/${name}`, import.meta.url)),
  );
  if (script === undefined || style === undefined || !existsSync(script) || !existsSync(style)) return null;
  return { script: readFileSync(script, 'utf8'), style: readFileSync(style, 'utf8') };
}
