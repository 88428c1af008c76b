/** `npm run schema`: writes scenarios/schema.json, which editors read, from the schema that files are checked against. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scenarioSchema } from '../scenario/schema.ts';
import { catalogueDirectory } from './files.ts';

writeFileSync(join(catalogueDirectory(), 'schema.json'), `${JSON.stringify(scenarioSchema, null, 2)}\n`);
