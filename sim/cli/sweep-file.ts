/**
 * Result files of sweeps: NDJSON, the plan in the first line and each finished block in one of its own, so that what was
 * interrupted goes on where it was, and files of shards can be laid together.
 */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { blockCount, blocksOf, type Plan } from '../sweep/plan.ts';
import { add, nothing, type Tally } from '../sweep/tally.ts';
import { exitCode, WrongUse } from './complaint.ts';
import { isBlock, isHead, sweepFormat } from './sweep-shape.ts';
import { writeOut } from './write.ts';

export interface SweepResults {
  readonly plan: Plan;
  readonly blocks: ReadonlyMap<number, Tally>;
}

/** Null where there is no such file. A last line that was cut off in the middle is left out. Throws WrongUse. */
export function readResults(file: string): SweepResults | null {
  if (!existsSync(file)) return null;
  const [first = '', ...lines] = readFileSync(file, 'utf8').split('\n');
  const plan = planOf(first, file);
  const count = blockCount(plan);
  const blocks = new Map<number, Tally>();
  lines.forEach((line, index) => {
    const one = parsed(line);
    // What was interrupted ends in the middle of a line; an editor may leave an empty one.
    if (line === '' || (one === undefined && index === lines.length - 1)) return;
    if (isBlock(one) && one.block < count) blocks.set(one.block, one.tally);
    else
      throw new WrongUse(
        `${file} is broken in line ${index + 2}`,
        'Take that line away: its block is run again.',
        exitCode.data,
      );
  });
  return { plan, blocks };
}

function planOf(line: string, file: string): Plan {
  const head = parsed(line);
  if (isHead(head)) return head.sweep;
  const { sweep, format } = head !== null && typeof head === 'object' ? (head as Record<string, unknown>) : {};
  if (sweep === undefined)
    throw new WrongUse(`${file} is no result of a sweep`, 'Name another file with --out.', exitCode.data);
  if (format === sweepFormat)
    throw new WrongUse(`${file} is broken in line 1`, 'Name another file, or sweep again.', exitCode.data);
  throw new WrongUse(
    `${file} was written by another version of lanpair, which counted other things`,
    'Read it with that version, or name another file with --out and sweep again.',
    exitCode.data,
  );
}

/** Makes a file that holds these results and nothing else. */
export function writeResults(file: string, { plan, blocks }: SweepResults): void {
  const lines = [...blocks].sort(([a], [b]) => a - b).map(([block, tally]) => lineOf(block, tally));
  writeOut(file, `${headOf(plan)}${lines.join('')}`);
}

/**
 * Answers with what adds a block to a file that `readResults` read, or to a new one. What is there is left alone but for
 * half a line at its end: to write it anew would lose all of it, were that interrupted.
 */
export function addToResults(file: string, plan: Plan): (block: number, tally: Tally) => void {
  if (existsSync(file)) truncateSync(file, readFileSync(file).lastIndexOf(0x0a) + 1);
  else writeOut(file, headOf(plan));
  return (block, tally) => {
    try {
      appendFileSync(file, lineOf(block, tally));
    } catch (error) {
      throw new WrongUse(
        `cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`,
        'Make room, then run the same line again: it goes on where it was.',
        exitCode.cannotCreate,
      );
    }
  };
}

function headOf(plan: Plan): string {
  return `${JSON.stringify({ format: sweepFormat, sweep: plan })}\n`;
}

function lineOf(block: number, tally: Tally): string {
  return `${JSON.stringify({ block, tally })}\n`;
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

/** Undefined for what is no JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
