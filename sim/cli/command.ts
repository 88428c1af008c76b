/** `lanpair sim ...`: the simulator from the command line. What it prints is made by `reports/` and given in. */
import type { CommandModule } from 'yargs';
import { auditCommand } from './audit.ts';
import type { Render } from './render.ts';
import { replayCommand } from './replay.ts';
import { runCommand } from './run.ts';
import { shrinkCommand } from './shrink.ts';
import { mergeCommand, sweepCommand } from './sweep.ts';

export function simCommand(render: Render): CommandModule {
  return {
    command: 'sim',
    describe: 'run scenarios in the simulator',
    builder: (yargs) =>
      yargs
        .command(runCommand(render))
        .command(replayCommand)
        .command(shrinkCommand)
        .command(sweepCommand)
        .command(mergeCommand)
        .command(auditCommand)
        .demandCommand(1, 'Say what the simulator shall do: lanpair sim --help lists it.')
        .strict(),
    handler: () => undefined,
  };
}
