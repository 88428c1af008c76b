/**
 * The first line of an NDJSON trace: what the file is, and which run it was. The events follow it, one a line (`recorder.ts`).
 * Older traces have none, and are read without it.
 */
import type { RunResult } from '../run.ts';

/** Counts up with every change that an older reader would misunderstand. */
export const traceVersion = 1;

export interface TraceHead {
  readonly trace: 'lanpair';
  readonly version: number;
  /** Who wrote it: `lanpair 0.1.0`. Hashes of two versions of lanpair may differ for the same run. */
  readonly program: string;
  /** `family/name`. */
  readonly scenario: string;
  readonly title: string;
  readonly protocol: string;
  readonly seed: number;
  /** Name of the cryptography: `real` or `symbolic`. */
  readonly suite: string;
  /** Of the whole run. The last line has the same, unless the run was longer than a trace may be. */
  readonly hash: string;
  /** Lines that follow; a file with fewer was cut off. */
  readonly events: number;
}

export type HeadRead =
  | { readonly ok: true; readonly head: TraceHead }
  | { readonly ok: false; readonly why: string }
  /** It is no head: an event, or something else. */
  | null;

export function headOf(result: RunResult, suite: string, program: string): TraceHead {
  const { scenario, title, protocol, seed, hash, trace } = result;
  const which = { scenario, title, protocol, seed, suite };
  return { trace: 'lanpair', version: traceVersion, program, ...which, hash, events: trace.length };
}

/**
 * The head in a line that anybody may have written. Texts come as they are, and are not yet fit to be shown; those of a
 * newer lanpair are not looked at, its version aside.
 */
export function headIn(line: unknown): HeadRead {
  if (line === null || typeof line !== 'object' || !('trace' in line)) return null;
  const { trace, version, ...rest } = line as { readonly [field: string]: unknown };
  if (trace !== 'lanpair') return { ok: false, why: 'this is the trace of another program.' };
  if (!isCount(version)) return { ok: false, why: '"version" should be a whole number: the head is damaged.' };
  if (version !== traceVersion) {
    const newer = version > traceVersion ? ', by a newer lanpair' : '';
    return {
      ok: false,
      why: `a trace in form ${version}${newer}; this one reads form ${traceVersion}. Open it with the lanpair that wrote it.`,
    };
  }
  for (const name of ['program', 'scenario', 'title', 'protocol', 'suite', 'hash'])
    if (typeof rest[name] !== 'string') return { ok: false, why: `"${name}" should be a text: the head is damaged.` };
  for (const name of ['seed', 'events'])
    if (!isCount(rest[name])) return { ok: false, why: `"${name}" should be a whole number: the head is damaged.` };
  return { ok: true, head: line as TraceHead };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
