/** `npm run required`: the list of cells that CI requires grows by those that the catalogue goes through surely. */
import { readFileSync } from 'node:fs';
import { writeOut } from '../../sim/cli/write.ts';
import { coverageOf } from '../data/coverage.ts';
import { cellsIn, grown } from '../data/gate.ts';
import { reportAt } from './inputs.ts';

/** A cell of one scenario goes with that scenario's next edit; three are no accident. */
const scenariosMin = 3;
const list = 'reports/required-cells.txt';

const before = readFileSync(list, 'utf8');
const after = grown(before, coverageOf(reportAt('reports/out/report.json')), scenariosMin);
writeOut(list, after);
process.stdout.write(`${list}: ${cellsIn(before).length} cells before, ${cellsIn(after).length} now\n`);
