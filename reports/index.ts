/** What `lanpair sim run` prints and writes, as the simulator's command takes it. */
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
