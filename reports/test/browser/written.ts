/** Pages of reports that nobody made. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Attack } from '../../data/catalogue.ts';
import { coverageOf } from '../../data/coverage.ts';
import type { LossPoint } from '../../data/figures.ts';
import { type PageSource, pageText } from '../../page/page.ts';
import { temporaryDirectory } from '../temporary.ts';

const file = fileURLToPath(new URL('../../../../scenarios/catalogue.json', import.meta.url));

/** The catalogue's rows. */
export const attacks = JSON.parse(readFileSync(file, 'utf8')) as readonly Attack[];

/** On the disk: its address. */
export function written({ report, ...changes }: Pick<PageSource, 'report'> & Partial<PageSource>): string {
  const text = pageText({
    report,
    coverage: coverageOf(report),
    comparison: null,
    unmet: [],
    catalogue: [],
    code: [],
    texts: new Map(),
    viewer: null,
    digest: () => '',
    ...changes,
  });
  const file = join(temporaryDirectory(), 'index.html');
  writeFileSync(file, text);
  return pathToFileURL(file).href;
}

/** Both conversations on three networks: what plots of loss are drawn from. */
export function lossPoints(): readonly LossPoint[] {
  const rest = { runs: 9, withinMs: 20_000, medianMs: 900, p95Ms: 99_000, datagrams: 99 };
  return ['annex', 'lp1'].flatMap((protocol) =>
    [0, 4, 8].map((loss): LossPoint => ({ ...rest, protocol, loss, paired: rest.runs - loss })),
  );
}
