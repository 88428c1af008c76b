/** Results for programs: JSON lines. Bytes of no reader's terminal: everything is escaped by JSON. */
import type { RunResult } from '../sim/index.ts';
import { type CellState, type Coverage, nameOf, totalsOf } from './data/coverage.ts';
import { convictions, flawsIn, isOf } from './data/flaws.ts';
import type { Entry, Report } from './data/report.ts';
import { type SummaryOptions, slowest } from './summary.ts';

/** One run in one line. `verdict` is `pass` when what the scenario states came out, a stated break included. */
export function resultLine(result: RunResult, file: string): string {
  const {
    scenario,
    protocol,
    seed,
    hash,
    verdict,
    expected,
    virtualMs,
    events,
    deliveries,
    steps,
    oracles,
    expectations,
    failures,
  } = result;
  const breaks = expected === 'pass' ? null : expected.breaks;
  return `${JSON.stringify({ scenario, protocol, seed, hash, verdict, breaks, virtualMs, events, deliveries, steps, oracles, expectations, failures, file })}\n`;
}

/** A whole report in one line: totals, and what a gate or a person asks first. REPORT.md describes it. */
export function summaryLine(
  { runs, specimens, seconds, made, program, walks }: Report,
  coverage: readonly Coverage[],
  { files, comparison, unmet }: SummaryOptions,
): string {
  const verdicts = (wanted: string): number => runs.filter(({ verdict }) => verdict === wanted).length;
  const brief = ({ scenario, protocol, seed, tookMs }: Entry): object => ({ scenario, protocol, seed, tookMs });
  return `${JSON.stringify({
    program,
    made,
    seconds,
    files,
    runs: runs.length,
    passed: verdicts('pass'),
    failed: verdicts('fail'),
    inconclusive: verdicts('inconclusive'),
    slowest: slowest(runs).map(brief),
    coverage: Object.fromEntries(
      coverage.map(({ protocol, cells, unknown }) => {
        const named = (state: CellState): readonly string[] => cells.filter((cell) => cell.state === state).map(nameOf);
        return [
          protocol,
          {
            ...totalsOf(cells),
            testedOnly: named('tested'),
            neverCovered: named('uncovered'),
            reachedThoughImpossible: named('contradicted'),
            unknown,
          },
        ];
      }),
    ),
    threw: runs.flatMap(({ scenario, protocol, seed, threw }) =>
      threw.map((one) => ({ scenario, protocol, seed, ...one })),
    ),
    specimens: flawsIn(specimens).map((flaw) => ({
      specimen: flaw.name,
      protocol: flaw.protocol,
      breaks: flaw.breaks,
      runs: specimens.filter((run) => isOf(flaw, run)).length,
      convicted: convictions(flaw, specimens).length,
    })),
    found: walks.flatMap(({ name, found = [] }) =>
      found.map(({ protocol, what, count, first }) => ({
        sweep: name,
        protocol,
        what,
        count,
        first: first.map(({ seed, scenario, why, again }) => ({ seed, scenario, why, again })),
      })),
    ),
    required: { unmet },
    baseline: comparison,
  })}\n`;
}
