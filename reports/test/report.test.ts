/** `lanpair report` from its command line, the file that it writes, and what it says of files that are not right. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { coverageOf } from '../data/coverage.ts';
import { mergeReports, readReport, reportText } from '../data/file.ts';
import { summaryText } from '../summary.ts';
import { entry, on } from './entries.ts';
import { temporaryDirectory as directory } from './temporary.ts';

const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));
const scenarios = fileURLToPath(new URL('../../../scenarios/', import.meta.url));

interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function lanpair(...args: readonly string[]): Promise<Told> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

const some = ['replay/start-together', 'replay/lost-done', 'crypto/imposter-answers-first'].map((name) =>
  join(scenarios, `${name}.yaml`),
);

test('a report of some scenarios: results, coverage, what was slow, what no run went through, and where the file is', async (t) => {
  const out = directory();
  const { code, out: text } = await lanpair('report', ...some, '--out', out, '--jobs', '1');
  // As wide as the narrowest terminal, and without a word for it alone.
  t.deepEqual(
    text.split('\n').filter((line) => line.length > 80 && !line.startsWith('report: ')),
    [],
  );
  t.false(text.includes('\u001b'));
  t.is(code, 0, text);
  t.regex(text, /^3 scenarios, 2 conversations, 5 runs {3}\d+\.\d s\n/);
  t.regex(text, /\nslowest\n( +\d+\.\d s {2}\S+ \(\w+, seed \d+\)\n){3}/);
  t.regex(text, /\n {2}lp1 +650 +\d+ \(\d+\.\d %\) +\d+ +124 +0\n/);
  t.regex(text, /\nnever covered, lp1\n {2}Waiting: /);
  t.true(text.includes(`report: ${join(out, 'report.json')}`));
  const read = readReport(readFileSync(join(out, 'report.json'), 'utf8'));
  t.true(read.ok);
  t.is(read.ok && read.report.runs.length, 5);
});

test('the report of a subset fails the gate that the whole is held to, and names what is missing', async (t) => {
  const whole = directory();
  await lanpair('report', ...some, '--out', whole, '--jobs', '1');
  const read = readReport(readFileSync(join(whole, 'report.json'), 'utf8'));
  if (!read.ok) return t.fail(read.problem);
  const covered = coverageOf(read.report).flatMap(({ protocol, cells }) =>
    cells
      .filter(({ state }) => state === 'covered')
      .map(({ situation, event }) => `${protocol} ${situation} ${event}\n`),
  );
  const list = join(whole, 'required');
  writeFileSync(list, covered.join(''));
  t.is((await lanpair('report', join(whole, 'report.json'), '--out', whole, '--require', list)).code, 0);
  const subset = await lanpair('report', some[0] ?? '', '--out', directory(), '--require', list, '--jobs', '1');
  t.is(subset.code, 1);
  t.regex(subset.out, /\nREQUIRED, and not there: \d+\n {2}\w+ \w+ \w+: no run went through it\n/);
  const share = await lanpair('report', some[0] ?? '', '--out', directory(), '--require', '90%', '--jobs', '1');
  t.is(share.code, 1);
  t.regex(share.out, /lp1: \d+\.\d % of its cells are covered, 90\.0 % are required/);
});

test('shards laid together are the whole, and a baseline tells what one of them lacks', async (t) => {
  const [whole, one, two, all] = [directory(), directory(), directory(), directory()];
  const fileIn = (where: string): string => join(where, 'report.json');
  await lanpair('report', ...some, '--out', whole, '--jobs', '1');
  await lanpair('report', ...some, '--out', one, '--jobs', '1', '--shard', '1/2');
  await lanpair('report', ...some, '--out', two, '--jobs', '1', '--shard', '2/2');
  t.is((await lanpair('report', fileIn(one), fileIn(two), '--out', all)).code, 0);
  // All but the clock of the wall is the same.
  const timeless = (where: string): string =>
    readFileSync(fileIn(where), 'utf8').replaceAll(/"(made|seconds|tookMs)":\s*("[^"]*"|[\d.]+)/g, '');
  t.is(timeless(all), timeless(whole));
  // Those who ran them had the files; who lays reports together has the catalogue, and takes them from there.
  const scenariosIn = (where: string): string =>
    /id="lanpair-scenarios">(.*?)<\/script>/.exec(readFileSync(join(where, 'index.html'), 'utf8'))?.[1] ?? '';
  t.is(scenariosIn(all), scenariosIn(whole));
  t.true(scenariosIn(all).includes('"scenarios/replay/start-together.yaml":'));
  const half = directory();
  const { code, out } = await lanpair('report', fileIn(one), '--out', half, '--baseline', fileIn(whole));
  t.is(code, 1);
  t.regex(out, /since the baseline\n {2}LOST: covered then, and not now: \d+\n/);
  const lost = Number(/covered then, and not now: (\d+)/.exec(out)?.[1]);
  t.true(
    readFileSync(join(half, 'index.html'), 'utf8').includes(
      `<th scope="row">covered then, and not now</th><td class="number">${lost}</td>`,
    ),
  );
  const back = await lanpair('report', fileIn(whole), '--out', directory(), '--baseline', fileIn(one), '--json');
  t.is(back.code, 0);
  const told = JSON.parse(back.out) as { baseline: { gained: string[]; lost: string[] }; runs: number };
  t.deepEqual(told.baseline.lost, []);
  t.true(told.baseline.gained.length > 0);
  t.is(told.runs, 5);
});

test('a run that fails makes the report fail; one that proves nothing makes it inconclusive', (t) => {
  const text = (changes: Parameters<typeof entry>[0]): string => {
    const report = on([entry(changes)]);
    return summaryText(report, coverageOf(report), { files: [], cells: 'moves', comparison: null, unmet: [] });
  };
  t.regex(text({ verdict: 'fail', failures: ['oracle 1 (proof): no'] }), /\nFAIL {2}scenarios\/crypto\/x.yaml \(lp1/);
  t.regex(
    text({ threw: [{ host: 'alice', message: 'Idle cannot hear answer: nobody was asked' }] }),
    /what must not be\n {2}THREW {2}crypto\/x \(lp1, seed 1\): the core of alice: Idle cannot hear answer.*\n {2}REACHED {2}lp1 Idle answer, "nobody was asked": 1 time, by crypto\/x\n/,
  );
});

test('files that are broken, newer, or of something else are told apart, and what to do next is said', async (t) => {
  const out = directory();
  const good = reportText(on([entry()]));
  const cases: readonly (readonly [content: string, says: RegExp])[] = [
    [good.slice(0, -20), /is no JSON, or was cut off/],
    ['[1]', /is no report of lanpair/],
    ['{"lanpair":"trace","version":1}', /is no report of lanpair/],
    [
      good.replace('"version": 1', '"version": 2'),
      /was made by a newer lanpair: its version is 2, and this one reads 1/,
    ],
    [good.replace('"version": 1', '"version": "x"'), /has no version that this lanpair knows/],
    [good.replace('"seed":1', '"seed":-1'), /is broken at \/runs\/0\/seed: must be >= 0/],
    [
      good.replace('"cells":{}', '"cells":{"Asking":{"answer":"<img>"}}'),
      /is broken at \/runs\/0\/cells\/Asking\/answer/,
    ],
  ];
  for (const [index, [content, says]] of cases.entries()) {
    const file = join(out, `${index}.json`);
    writeFileSync(file, content);
    const { code, err } = await lanpair('report', file, '--out', out);
    t.is(code, 65, err);
    t.regex(err, says);
    t.regex(err, /\nNext: /);
  }
  t.is((await lanpair('report', join(out, 'none.json'), '--out', out)).code, 66);
  t.is((await lanpair('report', '--require', '101')).code, 64);
  for (const [list, says] of [
    ['# for people alone\n', /list requires nothing\nNext: name a cell/],
    [
      'lp1 Seeking beaconTimer\nlp1 \u001b[1mSeeking\n',
      /list names what is no cell: "lp1 \\u\{1b\}\[1mSeeking"\nNext: /,
    ],
  ] as const) {
    writeFileSync(join(out, 'list'), list);
    const told = await lanpair('report', '--require', join(out, 'list'), '--out', out);
    t.is(told.code, 65, told.err);
    t.regex(told.err, says);
  }
  for (const [option, value] of [
    ['--figures', '1.5'],
    ['--jobs', 'many'],
  ] as const) {
    const wrong = await lanpair('report', option, value);
    t.is(wrong.code, 64);
    t.true(wrong.err.includes(`${option} "${value}" is not a whole number`), wrong.err);
  }
  t.is((await lanpair('report', '--shard', '3/2')).code, 64);
  const flawed = await lanpair('report', some[0] ?? '', '--specimen', 'shuots', '--out', out);
  t.is(flawed.code, 64);
  t.regex(flawed.err, /--specimen shuots is none\nTake one of: .*\bshouts\b/);
});

test('a sweep, its shards and what tests met are laid beside the scenarios, whatever their files are called', async (t) => {
  const out = directory();
  const [one, two, met] = ['part-1', 'part-2.ndjson', 'met.json'].map((name) => join(out, name));
  const sweep = ['sim', 'sweep', some[0] ?? '', '--seeds', '20', '--protocol', 'lp1', '--no-shrink', '--jobs', '1'];
  t.is((await lanpair(...sweep, '--shard', '1/2', '--out', one ?? '')).code, 0);
  t.is((await lanpair(...sweep, '--shard', '2/2', '--out', two ?? '')).code, 0);
  const cells = { lp1: { Choosing: { forget: 3 } } };
  writeFileSync(met ?? '', JSON.stringify({ lanpair: 'cells', version: 1, name: 'a-walk', cells }));
  const inputs = [some[0] ?? '', one ?? '', two ?? '', met ?? ''];
  const { code, out: text } = await lanpair('report', ...inputs, '--out', out, '--jobs', '1', '--cells');
  t.is(code, 0, text);
  t.regex(text, /coverage of +cells +covered +by scenarios +by sweeps +by tests +by tests only +never/);
  const read = readReport(readFileSync(join(out, 'report.json'), 'utf8'));
  if (!read.ok) return t.fail(read.problem);
  const [swept, tests] = read.report.walks;
  t.regex(swept?.name ?? '', /^seeds 1\.\.20, symbolic, catalogue [0-9a-f]{16}: 20 runs$/);
  t.deepEqual(tests, { of: 'tests', name: 'a-walk', cells });
  const swarm = Object.entries(swept?.pairs ?? {});
  t.true(swarm.length > 0 && swarm.every(([weather]) => weather.startsWith('lp1 ')));
  t.regex(
    readFileSync(join(out, 'index.html'), 'utf8'),
    /From sweeps<\/h3>\s*<p class="quiet">Two machines with one phrase in \d+ runs/,
  );
  // Once more from the report itself, as when shards of it are laid together: nothing counts twice.
  const again = await lanpair('report', join(out, 'report.json'), one ?? '', two ?? '', '--out', out, '--json');
  const { coverage } = JSON.parse(again.out) as { coverage: { lp1: { testedOnly: string[]; bySweeps: number } } };
  t.deepEqual(coverage.lp1.testedOnly, ['Choosing forget']);
  t.true(coverage.lp1.bySweeps > 10);
  t.deepEqual(readReport(readFileSync(join(out, 'report.json'), 'utf8')), read);
  const broken: readonly (readonly [content: string, says: RegExp])[] = [
    ['{"lanpair":"cells","version":2,"name":"x","cells":{}}', /was written by the tests of another version/],
    ['{"lanpair":"cells","version":1,"name":"x","cells":{"lp1":{"a":{"b":0}}}}', /is broken at \/cells\/lp1\/a\/b/],
    ['{"lanpair":"cells","version":1,', /is no JSON, or was cut off/],
    ['{"format":99,"sweep":{}}\n', /was written by another version of lanpair/],
  ];
  for (const [content, says] of broken) {
    writeFileSync(met ?? '', content);
    const told = await lanpair('report', some[0] ?? '', met ?? '', '--out', out);
    t.is(told.code, 65, told.err);
    t.regex(told.err, says);
  }
});

test('a report that cannot stand where it should is told at once, and nothing is run', async (t) => {
  const file = join(directory(), 'file');
  writeFileSync(file, '');
  // The system says of /proc that what is new there is not there.
  const places = [
    file,
    join(file, 'deeper'),
    '',
    ...(existsSync('/proc/self') ? ['/proc/lanpair', '/proc/lanpair/out'] : []),
  ];
  for (const out of places) {
    const told = await lanpair('report', ...some, '--out', out, '--jobs', '1');
    t.is(told.code, 73, told.err);
    t.regex(told.err, /cannot make the directory .*\nName one where you may write\.\n$/);
    t.is(told.out, '');
  }
  const empty = join(directory(), 'sweep.ndjson');
  writeFileSync(empty, '');
  const told = await lanpair('report', some[0] ?? '', empty, '--out', directory());
  t.is(told.code, 65);
  t.true(told.err.startsWith(`lanpair: ${empty} is empty\n`), told.err);
});

test('reports of two versions are not laid together', (t) => {
  const one = on([entry()]);
  const merged = mergeReports([one, on([entry({ hash: 'f'.repeat(16) })])]);
  t.like(merged, {
    ok: false,
    problem: 'two versions of lanpair made them: crypto/x (lp1, symbolic, seed 1) came out in two ways',
  });
  const other = { ...one, tables: { lp1: [...(one.tables['lp1'] ?? [])].reverse() } };
  t.like(mergeReports([one, other]), {
    ok: false,
    problem: 'two versions of lanpair made them: the tables of lp1 differ',
  });
  t.like(mergeReports([one, one]), { ok: true });
});

test('the summary is harmless to a terminal, whatever stands in a file', (t) => {
  const bad = 'x\u001b[2J\u202e\u0007\n<b>';
  const report = on([
    entry({
      scenario: bad,
      title: bad,
      file: bad,
      verdict: 'fail',
      failures: [bad.repeat(10_000)],
      threw: [{ host: bad, message: bad }],
    }),
  ]);
  const text = summaryText(report, coverageOf(report), { files: [], cells: 'all', comparison: null, unmet: [bad] });
  for (const character of '\u001b\u202e\u0007') t.false(text.includes(character));
  t.true(text.length < 10_000);
});

test('what a sweep found is told with its seed, the command that makes it small, and the scenario that the seed makes; the report fails', async (t) => {
  const out = directory();
  const [scenario = ''] = some;
  const [file, page] = [join(out, 'sweep.ndjson'), join(out, 'index.html')];
  await lanpair(
    'sim',
    'sweep',
    scenario,
    '--seeds',
    '7..7',
    '--protocol',
    'lp1',
    '--no-shrink',
    '--jobs',
    '1',
    '--out',
    file,
  );
  const [head = '', block = ''] = readFileSync(file, 'utf8').split('\n');
  const { tally, ...rest } = JSON.parse(block) as { tally: object };
  const find = { scenario: 'replay/start-together', protocol: 'lp1', why: 'nobody <b>knows</b>', events: 3 };
  const failure = { of: 'oracle', name: 'proof' };
  const first = [7, 8, 9, 10].map((seed) => ({ ...find, seed, failure }));
  const found = {
    'lp1 oracle proof': { count: 5, first },
    'lp1 core threw': { count: 1, first: [{ ...find, seed: 7, failure: { of: 'core', name: 'threw' } }] },
  };
  writeFileSync(file, `${head}\n${JSON.stringify({ ...rest, tally: { ...tally, found } })}\n`);
  const { code, out: text } = await lanpair('report', scenario, file, '--out', out, '--jobs', '1', '--brief');
  t.is(code, 1, text);
  t.true(
    text.includes(`
what sweeps found
  FOUND  lp1: the core throws, in 1 run
    seed 7, replay/start-together: nobody <b>knows</b>
    again, and smaller: lanpair sim sweep FILES --seeds 7..7 --protocol lp1
  FOUND  lp1: oracle proof is broken, in 5 runs
`),
    text,
  );
  const html = readFileSync(page, 'utf8');
  t.regex(html, /<h1>All came out as stated, and sweeps found 2 kinds of breaks<\/h1>/);
  t.true(html.includes('href="#/run/found/replay-start-together-7?protocol=lp1&amp;seed=7"'));
  t.true(html.includes('; also seeds 10</small>') && html.includes('nobody &lt;b&gt;knows'));
  t.regex(html, /"scenarios\/found\/replay-start-together-7\.yaml":"# Drawn from replay\/start-together by a sweep/);
  const again = await lanpair('report', join(out, 'report.json'), '--out', out, '--json');
  t.is(again.code, 1);
  const { found: told } = JSON.parse(again.out) as {
    found: readonly { what: string; first: readonly { seed: number }[] }[];
  };
  t.deepEqual(
    told.map(({ what, first: runs }) => [what, runs.map(({ seed }) => seed)]),
    [
      ['the core throws', [7]],
      ['oracle proof is broken', [7, 8, 9, 10]],
    ],
  );
  // Of scenarios that are not here the runs cannot be drawn: they are told all the same.
  await lanpair('report', some[1] ?? '', file, '--out', out, '--jobs', '1');
  t.regex(readFileSync(page, 'utf8'), /<span class="chip failed">7<\/span>/);
});
