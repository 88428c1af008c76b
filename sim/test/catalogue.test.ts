/** The scenario files as a whole: they are all sound, they name rows of the catalogue, and every verdict is as stated. */
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { readScenarioFiles } from '../cli/files.ts';
import { runScenario, scenarioSchema, subjects } from '../index.ts';
import { problemText } from '../scenario/problem.ts';

const directory = new URL('../../../scenarios/', import.meta.url);
const rows = JSON.parse(readFileSync(new URL('catalogue.json', directory), 'utf8')) as {
  id: string;
  family: string;
  power: string[];
  /** Of a row that cannot be simulated: why, and the test that holds it instead, as `file: title`; null where there is none. */
  instead?: { why: string; test: string | null; note?: string };
}[];
const { scenarios, problems } = readScenarioFiles([]);

test('every scenario file can be read', (t) => {
  t.deepEqual(problems.map(problemText), []);
  t.true(scenarios.length >= 30);
});

test('the schema for editors is the one that files are checked against', (t) => {
  const published: unknown = JSON.parse(readFileSync(new URL('schema.json', directory), 'utf8'));
  t.deepEqual(published, JSON.parse(JSON.stringify(scenarioSchema)), 'write it anew: npm run schema');
});

test('the catalogue has its 86 rows, each once', (t) => {
  t.is(rows.length, 86);
  t.is(new Set(rows.map((row) => row.id)).size, 86);
  for (const row of rows) t.true(row.power.length > 0, row.id);
});

test('each scenario names rows that are there, and stands in the folder of one of their families', (t) => {
  const families = new Map(rows.map((row) => [row.id, row.family]));
  for (const { scenario } of scenarios) {
    t.true(scenario.covers.length > 0, scenario.name);
    for (const row of scenario.covers)
      t.true(families.has(row), `${scenario.name} covers ${row}, which the catalogue has not`);
    const folder = scenario.name.split('/')[0] ?? '';
    t.true(
      scenario.covers.some((row) => families.get(row) === folder),
      `${scenario.name} covers no row of ${folder}`,
    );
  }
});

test('every row has a scenario, or says why it cannot have one and what tests it instead', (t) => {
  const covered = new Set(scenarios.flatMap(({ scenario }) => scenario.covers));
  const bare = rows.filter(({ id, instead }) => !covered.has(id) && instead === undefined).map(({ id }) => id);
  t.deepEqual(bare, [], 'rows without a scenario');
  for (const { id, instead } of rows) {
    if (instead === undefined) continue;
    t.false(covered.has(id), `${id} can be simulated: a scenario covers it`);
    t.true(instead.why.length > 20, id);
    // No test is no shame, as long as it is said.
    if (instead.test === null) {
      t.true((instead.note ?? '').length > 10, id);
      continue;
    }
    const [file = '', title = ''] = instead.test.split(/: (.*)/s);
    const text = readFileSync(new URL(`../${file}`, directory), 'utf8');
    t.true(text.includes(title), `${id}: ${file} has no test "${title}"`);
  }
});

test('there are no files beside scenarios, the catalogue and the schema', (t) => {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  t.deepEqual(
    names
      .filter(({ name }) => !name.endsWith('.yaml'))
      .map(({ name }) => name)
      .sort(),
    ['catalogue.json', 'schema.json'],
  );
});

for (const [name, subject] of subjects) {
  test(`every scenario of ${name} comes out as it states`, (t) => {
    for (const { scenario, file } of scenarios) {
      if (scenario.protocols[name] === undefined) continue;
      const { verdict, failures } = runScenario(scenario, subject);
      t.deepEqual(failures, [], file);
      t.is(verdict, 'pass', file);
    }
  });

  test(`no scenario of ${name} breaks more than it states, with five other seeds`, (t) => {
    for (const { scenario, file } of scenarios) {
      if (scenario.protocols[name] === undefined) continue;
      // A classroom is slow, and has enough luck in one run.
      const seeds = scenario.hosts.length > 20 ? [] : [101, 102, 103, 104, 105];
      for (const seed of seeds) {
        const { oracles } = runScenario(scenario, subject, seed);
        const broken = oracles.filter(({ verdict }) => verdict === 'fail').map((oracle) => oracle.name);
        const stated = scenario.protocols[name];
        const unstated = broken.filter((oracle) => stated === 'pass' || stated.breaks !== oracle);
        t.deepEqual(unstated, [], `${file}, seed ${seed}`);
      }
    }
  });
}
