/** Results for people at a terminal: a table of families by conversations, then every run that went wrong, explained. */
import { printable } from '../protocol/display.ts';
import type { RunResult } from '../sim/index.ts';

/** A run, and the file that its scenario came from. */
export interface Run {
  readonly result: RunResult;
  readonly file: string;
}

/** Longest text of a file that is shown, in code points. */
const lineMax = 1_000;

export function resultTable(runs: readonly Run[], seconds: number): string {
  const protocols = [...new Set(runs.map(({ result }) => result.protocol))];
  const families = [...new Set(runs.map(({ result }) => familyOf(result)))].sort();
  const scenarios = new Set(runs.map(({ result }) => result.scenario)).size;
  const rows = families.map((family) => [
    line(family),
    ...protocols.map((protocol) =>
      tally(runs.filter(({ result }) => result.protocol === protocol && familyOf(result) === family)),
    ),
  ]);
  const head = `${count(scenarios, 'scenario')}, ${count(protocols.length, 'conversation')}, ${count(runs.length, 'run')}   ${seconds.toFixed(1)} s`;
  const table = columns([['family', ...protocols.map(line)], ...rows]).map((line) => `  ${line}`);
  const bad = runs.filter(({ result }) => result.verdict !== 'pass');
  return `${[head, ...table, ...bad.flatMap(explained)].join('\n')}\n`;
}

/** "17 held, 9 break as stated, 1 FAILED". */
function tally(runs: readonly Run[]): string {
  const of = (wanted: (result: RunResult) => boolean): number => runs.filter(({ result }) => wanted(result)).length;
  const stated = of(({ verdict, expected }) => verdict === 'pass' && expected !== 'pass');
  const parts: [number, string][] = [
    [of(({ verdict, expected }) => verdict === 'pass' && expected === 'pass'), 'held'],
    [stated, stated === 1 ? 'breaks as stated' : 'break as stated'],
    [of(({ verdict }) => verdict === 'fail'), 'FAILED'],
    [of(({ verdict }) => verdict === 'inconclusive'), 'inconclusive'],
  ];
  const said = parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  return said.length === 0 ? '-' : said.join(', ');
}

function explained({ result, file }: Run): readonly string[] {
  const { verdict, protocol, seed, title, failures } = result;
  const again = `lanpair sim run ${line(file)} --protocol ${line(protocol)} --seed ${seed} --trace traces`;
  return [
    '',
    `${verdict === 'fail' ? 'FAIL' : 'INCONCLUSIVE'}  ${line(file)} (${line(protocol)}, seed ${seed}): ${line(title)}`,
    ...failures.map((failure) => `  ${line(failure)}`),
    `  again, with every event written down: ${again}`,
  ];
}

/** Texts of files, on one line, and harmless to a terminal. */
function line(text: string): string {
  return printable(text, lineMax);
}

function familyOf({ scenario }: RunResult): string {
  return scenario.split('/', 1)[0] ?? scenario;
}

/** Rows of equal length, their cells under each other. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
}

export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
