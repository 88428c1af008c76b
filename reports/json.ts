/** Results for programs: JSON lines. Bytes of no reader's terminal: everything is escaped by JSON. */
import type { RunResult } from '../sim/index.ts';

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
