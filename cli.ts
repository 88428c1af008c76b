#!/usr/bin/env node
/** The `lanpair` program: the commands of its rooms, and one place where errors become a message and an exit code. */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { nodeCommands } from './node/commands.ts';
import { codeOf, exitCode, reasonOf } from './node/complaint.ts';
import { version } from './node/program.ts';

/** sysexits.h: our own fault. */
const internalError = 70;

/** What yargs says when a command lacks a word, by which its messages are replaced. */
const tooFew = 'Not enough non-option arguments: got %s, need at least %s';
const wordMissing = 'A word is missing behind that command (given: %s, needed: %s).';

process.on('uncaughtException', end);
process.on('unhandledRejection', end);
/** Why nothing can be said any more. */
let lost: unknown = null;
process.stdout.on('error', (error) => {
  lost ??= error;
  // Who listens himself has something to bring to an end first.
  if (process.stdout.listenerCount('error') === 1) end(error);
});
// Whom to tell that nobody can be told?
process.stderr.on('error', () => undefined);

const ours = namesOf(nodeCommands);
let others: typeof nodeCommands = [];

try {
  others = await otherCommands(process.argv[2]);
  await yargs(hideBin(process.argv))
    .scriptName('lanpair')
    // Half of the words in another language would be worse than none.
    .locale('en')
    .updateStrings({ [tooFew]: { one: wordMissing, other: wordMissing } as never })
    .usage('$0 <command>\n\nPairs two machines on a LAN with a spoken phrase.')
    .command([...nodeCommands, ...others])
    .example('$0 pair', 'on both machines, with the same phrase')
    .example('$0 peers', 'who is paired with this machine')
    .example('$0 sim run', 'every scenario in the simulator')
    .epilogue('lanpair <command> --help tells more of each.')
    .demandCommand(1, 'Say what to do: lanpair --help lists the commands.')
    .strict()
    .parserConfiguration({ 'camel-case-expansion': false, 'duplicate-arguments-array': true, 'greedy-arrays': false })
    .version(version)
    .help()
    // Also of a help that nobody could read.
    .exitProcess(false)
    .fail((message: string | null, error: Error | null | undefined) => {
      // An option without its value comes as an error of yargs, anything else that is wrong with the words as a message.
      if (error != null && error.name !== 'YError') throw error;
      complain(
        message ?? error?.message ?? 'The words cannot be read.',
        `Next: lanpair ${commandIn(hideBin(process.argv), message ?? '')}--help shows how it is written.`,
        exitCode.usage,
      );
    })
    .parseAsync();
  await said();
  // A pipe that nobody closes (standard input, for one) must not keep us.
  process.exit(process.exitCode ?? exitCode.done);
} catch (thrown) {
  end(thrown);
}

/** The simulator and the reports take longer to load than most of our own commands to run, and those have no use for them. */
async function otherCommands(first: string | undefined): Promise<typeof nodeCommands> {
  if (first !== undefined && ours.includes(first)) return [];
  const [{ render, reportCommand }, { simCommand }] = await Promise.all([
    import('./reports/index.ts'),
    import('./sim/cli/command.ts'),
  ]);
  return [simCommand(render), reportCommand] as never;
}

function namesOf(commands: readonly { readonly command?: unknown }[]): readonly string[] {
  return commands.map(({ command = '' }) => String(command).split(' ', 1)[0] ?? '');
}

/** The command whose help is meant, if one was named; of the simulator's own, if it is none that is not known. */
function commandIn([first = '', second = '']: readonly string[], complaint: string): string {
  if (![...ours, ...namesOf(others)].includes(first)) return '';
  return first === 'sim' && /^[a-z]+$/.test(second) && !complaint.endsWith(` ${second}`)
    ? `sim ${second} `
    : `${first} `;
}

/** What was said is out, or is known not to be: a full disk is only told after the last word. */
async function said(): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  if (lost !== null && codeOf(lost) !== 'EPIPE') end(lost);
}

/** Each room has its own kind of complaint: a message, what to do next, and the exit code. */
function end(thrown: unknown): never {
  // Who read our output wants no more of it.
  if (codeOf(thrown) === 'EPIPE') process.exit(exitCode.failed);
  if (thrown === lost && lost !== null)
    complain(
      `what there is to say could not be written: ${reasonOf(thrown)}`,
      'Next: free some space there, or let it be written somewhere else.',
      exitCode.cannotCreate,
    );
  if (thrown instanceof Error && 'next' in thrown && 'exitCode' in thrown) {
    complain(thrown.message, String(thrown.next), Number(thrown.exitCode));
  }
  // Whatever asks first where it is: the directory was deleted under the shell.
  if (thrown instanceof Error && 'syscall' in thrown && thrown.syscall === 'uv_cwd')
    complain(
      'the directory that you are in is gone',
      'Next: go to one that is there, and start again.',
      exitCode.noInput,
    );
  process.stderr.write(
    `lanpair: an error of our own: ${reasonOf(thrown)}\nNext: please report it, with what you did.\n`,
  );
  if (process.env['LANPAIR_DEBUG'] === '1')
    process.stderr.write(`${String(thrown instanceof Error ? thrown.stack : thrown)}\n`);
  process.exit(internalError);
}

function complain(message: string, next: string, code: number): never {
  process.stderr.write(`lanpair: ${message}\n${next}\n`);
  process.exit(code);
}
