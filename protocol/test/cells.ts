/**
 * Which cells of the transition tables the tests of the core go through. AVA loads this before each test file; with
 * LANPAIR_CELLS=DIRECTORY every file of tests in protocol/ leaves its steps there by situation and event, for `lanpair report`.
 * Without it nothing is done.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { registerCompletionHandler } from 'ava';
import type { PlainState, Protocol } from '../contract.ts';

type Counts = Record<string, Record<string, number>>;

const directory = process.env['LANPAIR_CELLS'];
const file = fileURLToPath(test.meta.file);
if (directory !== undefined && directory !== '' && /[\\/]protocol[\\/]test[\\/][^\\/]*$/.test(file)) {
  const { annex, locate, lp1 } = await import('../index.ts');
  const cells = {
    annex: countSteps(annex.protocol),
    lp1: countSteps(lp1.protocol),
    locate: countSteps(locate.protocol),
  };
  registerCompletionHandler(() => {
    const met = Object.fromEntries(Object.entries(cells).filter(([, counts]) => Object.keys(counts).length > 0));
    if (Object.keys(met).length === 0) return;
    const name = basename(file, '.test.js');
    mkdirSync(directory, { recursive: true });
    writeFileSync(
      join(directory, `${name}.json`),
      `${JSON.stringify({ lanpair: 'cells', version: 1, name, cells: met })}\n`,
    );
  });
}

/** Steps that were taken, from now on. What throws was none. */
function countSteps<S extends PlainState>(protocol: Protocol<S>): Counts {
  const counts: Counts = {};
  const step: Protocol<S>['step'] = protocol.step.bind(protocol);
  Object.assign(protocol, {
    step: ((state, input, suite) => {
      const result = step(state, input, suite);
      const { situation, event } = result[2];
      const row = (counts[situation] ??= {});
      row[event] = (row[event] ?? 0) + 1;
      return result;
    }) satisfies Protocol<S>['step'],
  });
  return counts;
}
