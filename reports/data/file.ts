/** `report.json`: from text to a report and back, and several of them laid together. Pure; whoever reads files is in cli/. */
import { Ajv } from 'ajv';
import { byKey, type Entry, keyOf, type Report, reportVersion } from './report.ts';
import { reportSchema } from './schema.ts';

export type ReadReport =
  | { readonly ok: true; readonly report: Report }
  | { readonly ok: false; readonly problem: string; readonly next: string };

const holds = new Ajv({ allowUnionTypes: true }).compile<Report>(reportSchema);

/** Keys in the order of the types and lines for each run, so that a difference of two files can be read. */
export function reportText({ runs, tables, specimens, ...head }: Report): string {
  const lines = (values: readonly unknown[]): string =>
    values.map((value) => `    ${JSON.stringify(value)}`).join(',\n');
  const headText = Object.entries(head).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  const tableTexts = Object.entries(tables).map(
    ([protocol, rows]) => `    ${JSON.stringify(protocol)}: [\n${lines(rows)}\n    ]`,
  );
  return `{\n${headText.join(',\n')},\n  "tables": {\n${tableTexts.join(',\n')}\n  },\n  "runs": [\n${lines(runs)}\n  ],\n  "specimens": [\n${lines(specimens)}\n  ]\n}\n`;
}

export function readReport(content: string): ReadReport {
  const again = 'Next: make it again with `lanpair report`, or name another file.';
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return { ok: false, problem: 'is no JSON, or was cut off', next: again };
  }
  const { lanpair, version } = headOf(value);
  if (lanpair !== 'report') return { ok: false, problem: 'is no report of lanpair', next: again };
  if (version !== reportVersion) {
    const newer = typeof version === 'number' && version > reportVersion;
    const problem = newer
      ? `was made by a newer lanpair: its version is ${version}, and this one reads ${reportVersion}`
      : 'has no version that this lanpair knows';
    return { ok: false, problem, next: newer ? 'Next: read it with that one, or make it again with this one.' : again };
  }
  if (holds(value)) return { ok: true, report: { ...value, runs: [...value.runs].sort(byKey) } };
  const [error] = holds.errors ?? [];
  const where = error?.instancePath === undefined || error.instancePath === '' ? 'its top' : error.instancePath;
  return { ok: false, problem: `is broken at ${where}: ${error?.message ?? 'not as it should be'}`, next: again };
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
    },
  };
}
