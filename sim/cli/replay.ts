/** `lanpair sim replay`: a recording of a real run, through the same core once more, with the same effects or not. */
import { readFileSync, statSync } from 'node:fs';
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { printable } from '../../protocol/display.ts';
import { replay, type Verdict } from '../../protocol/index.ts';
import { subjects } from '../protocols.ts';
import { headIn } from '../trace/head.ts';
import { createRetelling } from '../trace/retelling.ts';
import { exitCode, WrongUse } from './complaint.ts';
import { once } from './options.ts';

interface Options {
  readonly file: string | undefined;
  readonly json: boolean;
  readonly story: boolean;
}

/** Twice what `--record` writes. */
const fileMax = 64 * 1024 * 1024;

export const replayCommand: CommandModule<object, Options> = {
  command: 'replay <file>',
  describe: 'feed a recording of a real run (--record) through the core, and compare',
  builder: options,
  handler: run,
};

function options(yargs: Argv): Argv<Options> {
  return yargs
    .positional('file', { type: 'string', describe: 'what pair, find, connect or serve wrote with --record' })
    .option('story', { type: 'boolean', default: true, describe: 'tell what happened; --no-story: only what came out' })
    .option('json', { type: 'boolean', default: false, describe: 'what came out, as one JSON object' })
    .example('$0 pair --record run.ndjson', 'a real run')
    .example('$0 sim replay run.ndjson', 'the same run, told, and compared step by step')
    .epilogue(
      'Exit codes: 0 the core does the same again, 1 it does something else, 2 the recording was cut off, 64 and up wrong use or a damaged file.',
    );
}

function run(args: ArgumentsCamelCase<Options>): void {
  once(args, ['file']);
  const file = args.file ?? '';
  const lines = linesOf(file);
  if (isTrace(lines[0] ?? ''))
    throw new WrongUse(
      `${printable(file)} is the trace of a simulated run, and no recording of a real one`,
      'Open it in the page that lanpair report writes; lanpair sim run makes the run again.',
      exitCode.data,
    );
  const retelling = createRetelling();
  const verdict = replay({
    lines,
    protocol(name) {
      const subject = subjects.get(name);
      if (subject !== undefined) retelling.open(subject);
      return subject?.protocol ?? null;
    },
    observe: (step, atMs) => retelling.step(step, atMs),
  });
  if (args.json) process.stdout.write(`${JSON.stringify({ file, ...verdict })}\n`);
  else {
    const told = args.story ? retelling.lines() : [];
    process.stdout.write([...told, verdictText(file, verdict), ''].join('\n'));
  }
  process.exitCode = codes[verdict.verdict];
}

function isTrace(line: string): boolean {
  try {
    return headIn(JSON.parse(line)) !== null;
  } catch {
    return false;
  }
}

const codes: { readonly [verdict in Verdict['verdict']]: number } = {
  equal: exitCode.passed,
  different: exitCode.failed,
  cutOff: exitCode.inconclusive,
  unreadable: exitCode.data,
};

/** Data of whoever wrote the file is in it. */
function verdictText(file: string, verdict: Verdict): string {
  const count = `${verdict.steps} step${verdict.steps === 1 ? '' : 's'}`;
  if (verdict.verdict === 'equal') {
    const full = verdict.end === 'full' ? '; the recording was full then, and the run went on' : '';
    return `${printable(file)}: ${count}, and the core does the same again${full}`;
  }
  const where = `${printable(file)}:${verdict.line}`;
  const why = printable(verdict.why, 1000);
  switch (verdict.verdict) {
    case 'different':
      return `DIFFERENT  ${where}: ${why}\n${count} before it came out the same. It says that ${printable(verdict.program)} wrote it. Was that another version, or is the line changed?`;
    case 'cutOff':
      return `CUT OFF  ${where}: ${why}\n${count} before it came out the same.`;
    case 'unreadable':
      return `UNREADABLE  ${where}: ${why}\n${count} before it came out the same. Next: name a whole file that lanpair wrote with --record.`;
  }
}

function linesOf(file: string): readonly string[] {
  const advice = 'Name a file that lanpair wrote with --record.';
  try {
    const { size } = statSync(file);
    if (size > fileMax) throw new WrongUse(`${file} is too large for a recording`, advice, exitCode.data);
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if (error instanceof WrongUse) throw error;
    throw new WrongUse(
      `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`,
      advice,
      exitCode.noInput,
    );
  }
}
