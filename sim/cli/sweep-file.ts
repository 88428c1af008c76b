/**
 * Result files of sweeps: NDJSON, the plan in the first line and each finished block in one of its own, so that what was
 * interrupted goes on where it was, and files of shards can be laid together.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { blockCount, blocksOf, type Plan } from '../sweep/plan.ts';
import { add, nothing, type Tally } from '../sweep/tally.ts';
import { exitCode, WrongUse } from './complaint.ts';

export interface SweepResults {
  readonly plan: Plan;
  readonly blocks: ReadonlyMap<number, Tally>;
}

/** Null where there is no such file. A last line that was cut off in the middle is left out. */
export function readResults(file: string): SweepResults | null {
  if (!existsSync(file)) return null;
  const [head, ...lines] = readFileSync(file, 'utf8').split('\n');
  const plan = parsed(head ?? '')?.['sweep'] as Plan | undefined;
  if (plan === undefined)
    throw new WrongUse(`${file} is no result of a sweep`, 'Name another file with --out.', exitCode.data);
  const blocks = new Map<number, Tally>();
  for (const line of lines) {
    const one = parsed(line);
    if (one !== null && typeof one['block'] === 'number') blocks.set(one['block'], one['tally'] as Tally);
  }
  return { plan, blocks };
}

/** Makes a file that holds these results and nothing else, and answers with what adds a block to it. */
export function writeResults(file: string, { plan, blocks }: SweepResults): (block: number, tally: Tally) => void {
  const lineOf = (block: number, tally: Tally): string => `${JSON.stringify({ block, tally })}\n`;
  try {
    const lines = [...blocks].sort(([a], [b]) => a - b).map(([block, tally]) => lineOf(block, tally));
    writeFileSync(file, `${JSON.stringify({ sweep: plan })}\n${lines.join('')}`);
  } catch (error) {
    throw new WrongUse(
      `cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`,
      'Name a file where you may write.',
      exitCode.cannotCreate,
    );
  }
  return (block, tally) => appendFileSync(file, lineOf(block, tally));
}

/** Results of one plan, from several files. A block that two of them have must be the same in both. */
export function mergeResults(all: readonly (SweepResults & { readonly file: string })[]): SweepResults {
  const [first, ...others] = all;
  if (first === undefined) throw new WrongUse('nothing to merge', 'Name result files.', exitCode.usage);
  const blocks = new Map(first.blocks);
  for (const { file, plan, blocks: own } of others) {
    if (!samePlan(plan, first.plan))
      throw new WrongUse(
        `${file} and ${first.file} are of two sweeps`,
        'Merge files of one sweep: the same scenarios, seeds, protocols and suite.',
        exitCode.data,
      );
    for (const [block, tally] of own) {
      const known = blocks.get(block);
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(tally))
        throw new WrongUse(
          `block ${block} came out in two ways (${file})`,
          'The same seeds must give the same results: were the files made by two versions of lanpair?',
          exitCode.data,
        );
      blocks.set(block, tally);
    }
  }
  return { plan: first.plan, blocks };
}

export function samePlan(a: Plan, b: Plan): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The sum, in the order of blocks, and how many of the blocks of the whole plan are there. */
export function totalOf({ plan, blocks }: SweepResults): { readonly tally: Tally; readonly missing: number } {
  const there = blocksOf(plan, 1, 1).filter((block) => blocks.has(block));
  const tally = there.reduce((sum, block) => add(sum, blocks.get(block) ?? nothing), nothing);
  return { tally, missing: blockCount(plan) - there.length };
}

function parsed(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
