/** Plants: that each of them still fits the program, and that the tool tells what is noticed from what is not. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { plants } from '../audit/plants/index.ts';
import type { Plant } from '../audit/plants/plant.ts';
import { catalogueDirectory } from '../cli/files.ts';
import { copyOfProgram, redIn, tried } from '../cli/planting.ts';

const root = dirname(catalogueDirectory());

test('each plant takes what is there once, and names scenarios that are there, or why there is none', (t) => {
  for (const { file, takes, puts, red, rule, why } of plants) {
    t.is(readFileSync(join(root, 'dist', `${file}.js`), 'utf8').split(takes).length, 2, rule);
    t.not(takes, puts, rule);
    for (const name of red) t.true(existsSync(join(catalogueDirectory(), `${name}.yaml`)), name);
    t.is(red.length === 0, why !== undefined, rule);
  }
  t.is(new Set(plants.map(({ rule }) => rule)).size, plants.length);
});

test('a rule that is taken out turns its scenario red; what changes nothing does not, and what does not fit is said', (t) => {
  const copy = copyOfProgram();
  t.teardown(() => rmSync(copy, { recursive: true, force: true }));
  const plant = plants.find(({ rule }) => rule === 'an iid is the hash of its key');
  if (plant === undefined) return t.fail();
  const red = ['crypto/somebody-elses-iid'];
  t.deepEqual(redIn(copy, red), []);
  t.deepEqual(tried(copy, plant), { red, fault: '' });
  t.deepEqual(redIn(copy, red), [], 'the copy is sound again');
  const harmless: Plant = { ...plant, puts: `(${plant.takes})` };
  t.deepEqual(tried(copy, harmless), { red: [], fault: '' });
  t.deepEqual(tried(copy, { ...plant, takes: 'what is nowhere' }), {
    red: [],
    fault: 'what it takes is there 0 times',
  });
  t.deepEqual(tried(copy, { ...plant, puts: ') nothing that can be read' }), {
    red: [],
    fault: 'the program did not run',
  });
});
