/** `report.json`: from text to a report and back, and several of them laid together. Pure; whoever reads files is in cli/. */
import { Ajv } from 'ajv';
import { byKey, type Entry, keyOf, type Report, reportVersion, type Walk } from './report.ts';
import { metSchema, reportSchema } from './schema.ts';

export type ReadReport =
  | { readonly ok: true; readonly report: Report }
  | { readonly ok: false; readonly problem: string; readonly next: string };

const ajv = new Ajv({ allowUnionTypes: true });
const holds = ajv.compile<Report>(reportSchema);
const isMet = ajv.compile<Pick<Walk, 'name' | 'cells'>>(metSchema);

/** Keys in the order of the types and lines for each run, so that a difference of two files can be read. */
export function reportText({ runs, tables, specimens, walks, ...head }: Report): string {
  const lines = (values: readonly unknown[]): string =>
    values.map((value) => `    ${JSON.stringify(value)}`).join(',\n');
  const headText = Object.entries(head).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  const tableTexts = Object.entries(tables).map(
    ([protocol, rows]) => `    ${JSON.stringify(protocol)}: [\n${lines(rows)}\n    ]`,
  );
  return `{\n${headText.join(',\n')},\n  "tables": {\n${tableTexts.join(',\n')}\n  },\n  "runs": [\n${lines(runs)}\n  ],\n  "specimens": [\n${lines(specimens)}\n  ],\n  "walks": [\n${lines(walks)}\n  ]\n}\n`;
}

export function readReport(content: string): ReadReport {
  const again = 'Next: make it again with `lanpair report`, or name another file.';
  const value = parsed(content);
  if (value === undefined) return { ok: false, problem: 'is no JSON, or was cut off', next: again };
  const { lanpair, version } = headOf(value);
  if (lanpair !== 'report') return { ok: false, problem: 'is no report of lanpair', next: again };
  if (version !== reportVersion) {
    const newer = typeof version === 'number' && version > reportVersion;
    const problem = newer
      ? `was made by a newer lanpair: its version is ${version}, and this one reads ${reportVersion}`
      : 'has no version that this lanpair knows';
    return { ok: false, problem, next: newer ? 'Next: read it with that one, or make it again with this one.' : again };
  }
  // What older ones did not count, they did not meet.
  const whole = { walks: [], ...headOf(value) };
  if (holds(whole)) return { ok: true, report: { ...whole, runs: [...whole.runs].sort(byKey) } };
  return { ok: false, problem: breakIn(holds.errors), next: again };
}

function breakIn(errors: typeof holds.errors): string {
  const [error] = errors ?? [];
  const where = error?.instancePath === undefined || error.instancePath === '' ? 'its top' : error.instancePath;
  return `is broken at ${where}: ${error?.message ?? 'not as it should be'}`;
}

/** What a file of tests left with LANPAIR_CELLS. */
export function readMet(
  content: string,
):
  | { readonly ok: true; readonly walk: Walk }
  | { readonly ok: false; readonly problem: string; readonly next: string } {
  const next = 'Next: let the tests write it anew, with LANPAIR_CELLS.';
  const value = parsed(content);
  if (value === undefined) return { ok: false, problem: 'is no JSON, or was cut off', next };
  const { version } = headOf(value);
  if (version !== 1) return { ok: false, problem: 'was written by the tests of another version of lanpair', next };
  if (!isMet(value)) return { ok: false, problem: breakIn(isMet.errors), next };
  return { ok: true, walk: { of: 'tests', name: value.name, cells: value.cells } };
}

/** What a file is that lanpair may have written: null for none of these. Results of sweeps say it in their first line. */
export function kindOf(content: string): 'report' | 'cells' | 'sweep' | null {
  const first = headOf(parsed(content.split('\n', 1)[0] ?? ''));
  if ('sweep' in first) return 'sweep';
  // The head of a report comes first in it, so that one that was cut off is told from a file of something else.
  const [, kind] = /^\s*\{\s*"lanpair"\s*:\s*"(report|cells)"/.exec(content) ?? [];
  return kind === 'report' || kind === 'cells' ? kind : null;
}

/** Undefined for what is no JSON. */
function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

function headOf(value: unknown): { readonly lanpair?: unknown; readonly version?: unknown } {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

export type MergeResult =
  | { readonly ok: true; readonly report: Report }
  | { readonly ok: false; readonly problem: string };

/** Reports of shards, seeds or days as one. A run that two of them have must have come out alike, and counts once. */
export function mergeReports(reports: readonly [Report, ...Report[]]): MergeResult {
  const runs = new Map<string, Entry>();
  const tables = new Map<string, Report['tables'][string]>();
  for (const report of reports) {
    for (const [protocol, table] of Object.entries(report.tables)) {
      const known = tables.get(protocol) ?? table;
      if (JSON.stringify(known) !== JSON.stringify(table))
        return { ok: false, problem: `two versions of lanpair made them: the tables of ${protocol} differ` };
      tables.set(protocol, table);
    }
    for (const run of report.runs) {
      const known = runs.get(keyOf(run)) ?? run;
      if (known.hash !== run.hash)
        return { ok: false, problem: `two versions of lanpair made them: ${keyOf(run)} came out in two ways` };
      runs.set(keyOf(run), known);
    }
  }
  const specimens = new Map(
    reports.flatMap((report) =>
      report.specimens.map((run) => [`${run.protocol} ${run.specimen} ${run.scenario} ${run.seed}`, run] as const),
    ),
  );
  const [first] = reports;
  return {
    ok: true,
    report: {
      ...first,
      made: reports.map(({ made }) => made).reduce((a, b) => (a < b ? a : b)),
      seconds: reports.reduce((sum, { seconds }) => sum + seconds, 0),
      tables: Object.fromEntries(tables),
      runs: [...runs.values()].sort(byKey),
      specimens: [...specimens].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, run]) => run),
      figures: reports.find(({ figures }) => figures !== null)?.figures ?? null,
      walks: mergeWalks(reports.flatMap(({ walks }) => walks)),
    },
  };
}

/** Equal ones are one. Of two runs of one file of tests the steps add up; two sweeps stay two. */
export function mergeWalks(walks: readonly Walk[]): readonly Walk[] {
  const merged = new Map<string, Walk>();
  for (const walk of new Map(walks.map((one) => [JSON.stringify(one), one] as const)).values()) {
    const key = walk.of === 'tests' ? `tests ${walk.name}` : `sweep ${JSON.stringify(walk)}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? walk : { ...walk, cells: summed(known.cells, walk.cells) });
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, walk]) => walk);
}

function summed(a: Walk['cells'], b: Walk['cells']): Walk['cells'] {
  const sum: Record<string, Record<string, Record<string, number>>> = structuredClone(a);
  for (const [protocol, situations] of Object.entries(b))
    for (const [situation, events] of Object.entries(situations))
      for (const [event, times] of Object.entries(events)) {
        const row = ((sum[protocol] ??= {})[situation] ??= {});
        row[event] = (row[event] ?? 0) + times;
      }
  return sum;
}
