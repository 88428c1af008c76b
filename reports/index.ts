/** Results as something to look at: what `lanpair sim run` prints and writes, and the command `lanpair report`. */
export { reportCommand } from './cli/command.ts';

import { junitText, tapText } from './ci.ts';
import { resultLine } from './json.ts';
import { type Run, resultTable } from './terminal.ts';

export const render: {
  readonly table: (runs: readonly Run[], seconds: number) => string;
  readonly json: (run: Run) => string;
  readonly tap: (runs: readonly Run[]) => string;
  readonly junit: (runs: readonly Run[]) => string;
} = {
  table: resultTable,
  json: ({ result, file }) => resultLine(result, file),
  tap: tapText,
  junit: junitText,
};
