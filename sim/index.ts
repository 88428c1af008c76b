/** The public names of the simulator: `import { runScenario } from 'lanpair/sim'`. It runs in a browser as well. */
export type { RunEvent, StepEvent, Watch } from './events.ts';
export type { ExpectationResult } from './expectation.ts';
export { oracles } from './oracles/index.ts';
export type { Ending, Finding, Oracle, Setting, Watcher } from './oracles/oracle.ts';
export { subjects, vocabulary } from './protocols.ts';
export { eventsMax, type OracleResult, type RunOptions, type RunResult, runScenario, type Verdict } from './run.ts';
export { type Problem, problemText } from './scenario/problem.ts';
export { type ReadOptions, type ReadResult, readScenario } from './scenario/read.ts';
export type { Scenario } from './scenario/scenario.ts';
export { scenarioSchema } from './scenario/schema.ts';
export { onSuite, type Subject } from './subject.ts';
export { type Cells, countCells } from './trace/cells.ts';
export type { TraceLine } from './trace/recorder.ts';
