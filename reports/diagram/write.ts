/** Writes the diagrams anew: `npm run diagrams`. */
import { writeFileSync } from 'node:fs';
import { subjects } from '../../sim/index.ts';
import { diagramOf } from './diagrams.ts';

for (const [name, { protocol }] of subjects)
  writeFileSync(`reports/diagram/${name}.svg`, `${diagramOf(name, protocol.table)}\n`);
