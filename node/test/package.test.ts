/**
 * What `npm pack` makes, judged where it is used: in an empty folder, far from this repository. The packages that it
 * depends on are links to ours, and no others; with LANPAIR_INTEROP npm itself gets them from the registry.
 */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const usesRegistry = (process.env['LANPAIR_INTEROP'] ?? '') !== '';

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

let folder: string;
let packed: Packed;
let manifest: Manifest;

test.before('the tarball, installed in an empty folder', async (t) => {
  t.timeout(170_000);
  folder = await mkdtemp(join(tmpdir(), 'lanpair-package-'));
  manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
  const pack = await run(root, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]);
  t.is(pack.code, 0, pack.err);
  packed = (JSON.parse(pack.out) as [Packed])[0];
  await writeFile(join(folder, 'package.json'), '{"private": true, "type": "module"}');
  await (usesRegistry ? installed() : unpacked());
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

test('it has what is run and read, and nothing of tests, benches and source maps', (t) => {
  const paths = packed.files.map(({ path }) => path);
  for (const wanted of [
    'README.md',
    'LICENSE',
    'dist/cli.js',
    'protocol/lp1/SPEC.md',
    'reports/diagram/lp1.svg',
    'scenarios/schema.json',
  ])
    t.true(paths.includes(wanted), wanted);
  t.deepEqual(
    paths.filter((path) => /(^|\/)(test|bench)\/|\.map$|(?<!\.d)\.ts$/.test(path)),
    [],
  );
});

test('publint finds nothing wrong with its entries and types', async (t) => {
  const { messages, pkg } = await publint({
    pkgDir: join(folder, 'node_modules', 'lanpair'),
    pack: false,
    strict: true,
  });
  t.deepEqual(
    messages.map((message) => formatMessage(message, pkg)),
    [],
  );
});

test('the program says its version, makes a phrase, and shows examples', async (t) => {
  t.deepEqual(await lanpair('--version'), { code: 0, out: `${manifest.version}\n`, err: '' });
  const phrase = await lanpair('phrase');
  t.deepEqual([phrase.code, phrase.err], [0, '']);
  t.regex(phrase.out, /^\d+(-[a-z]+){4}\n$/);
  for (const command of [[], ['pair'], ['peers'], ['phrase'], ['find'], ['connect'], ['serve'], ['demo']]) {
    const { code, out } = await lanpair(...command, '--help');
    t.is(code, 0, command.join());
    t.regex(out, /Examples:\n {2}\S/, command.join());
  }
});

test('a path into scenarios/ means the bundled catalogue where the folder has none, and that is said', async (t) => {
  const named = await lanpair('sim', 'run', 'scenarios/network/loss-30.yaml', '--json');
  t.is(named.code, 0, named.err);
  t.regex(named.err, /^scenarios\/network\/loss-30\.yaml is not in this folder: taken from the catalogue/);
  const lines = named.out.trimEnd().split('\n');
  t.true(lines.length > 0 && lines.every((line) => (JSON.parse(line) as { verdict: string }).verdict === 'pass'));
  t.is((await lanpair('sim', 'run', './scenarios/fields', '--protocol', 'lp1')).code, 0);
  const absent = await lanpair('sim', 'run', 'scenarios/network/no-such.yaml');
  t.deepEqual([absent.code, absent.out], [66, '']);
  t.regex(absent.err, /no-such\.yaml is not there/);
  const above = await lanpair('sim', 'run', 'scenarios/../package.json');
  t.not(above.code, 0);
  t.notRegex(above.err, /taken from the catalogue/);
});

test('the workers of a sweep are there', async (t) => {
  const { code, out, err } = await lanpair('sim', 'sweep', '--seeds', '4', '--jobs', '1', '--no-shrink');
  t.is(code, 0, err);
  t.regex(out, /nothing found/);
});

test('a program in strict TypeScript compiles against lanpair/protocol and lanpair/sim, and runs', async (t) => {
  await writeFile(join(folder, 'use.ts'), use);
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    const options = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--target',
      'es2023',
      '--lib',
      'es2023',
      '--types',
      '',
    ];
    const { code, out } = await run(folder, process.execPath, [
      join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
      ...options,
      ...`--module ${module} --moduleResolution ${resolution} use.ts`.split(' '),
    ]);
    t.is(code, 0, `${resolution}: ${out}`);
  }
  const { code, out, err } = await run(folder, process.execPath, ['use.js']);
  t.deepEqual([code, out, err], [0, '', '']);
});

/** The global `console` is not in `lib`: what it shows, it shows by throwing. */
const use = `import { annex, lp1, drive, realSuite, type Ports, type Protocol } from 'lanpair/protocol';
import { oracles, problemText, readScenario, runScenario, subjects, vocabulary, type RunResult } from 'lanpair/sim';

const names: readonly string[] = [annex.protocol, lp1.protocol].map((one: Pick<Protocol, 'name'>) => one.name);
const step: (ports: Ports) => { readonly state: { readonly situation: string } } = (ports) =>
  drive({ protocol: annex.protocol, suite: realSuite, ports });
const text = \`title: Two pair
protocols: {lp1: pass}
seed: 1
network: {lan: {}}
hosts: {alice: {on: lan, phrase: my hovercraft is full of eels}, bob: {on: lan, phrase: my hovercraft is full of eels}}
expect: [{paired: [alice, bob]}]
\`;
const read = readScenario(text, { file: 'two.yaml', name: 'own/two', vocabulary });
const subject = subjects.get('lp1');
if (!read.ok) throw new Error(read.problems.map(problemText).join());
if (subject === undefined || names.join() !== 'annex,lp1' || step.length !== 1) throw new Error(names.join());
const result: RunResult = runScenario(read.scenario, subject, 7);
if (result.verdict !== 'pass' || oracles.length === 0) throw new Error(result.failures.join());
// @ts-expect-error a verdict has a type: without types of ours, this line is an error.
const wrong: number = result.verdict;
`;

function lanpair(...parameters: readonly string[]): Promise<Ended> {
  return run(folder, join(folder, 'node_modules', '.bin', 'lanpair'), parameters);
}

async function installed(): Promise<void> {
  const { code, err } = await run(
    folder,
    'npm',
    'install --ignore-scripts --no-audit --no-fund'.split(' ').concat(join(folder, packed.filename)),
  );
  if (code !== 0) throw new Error(`npm install: ${err}`);
}

async function unpacked(): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '.bin'), { recursive: true });
  const { code, err } = await run(modules, 'tar', ['-xzf', join(folder, packed.filename)]);
  if (code !== 0) throw new Error(`tar: ${err}`);
  await run(modules, 'mv', ['package', 'lanpair']);
  await symlink('../lanpair/dist/cli.js', join(modules, '.bin', 'lanpair'));
  for (const name of Object.keys(manifest.dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await access(join(root, 'node_modules', name));
    await symlink(join(root, 'node_modules', name), join(modules, name));
  }
}

/** Under a home of its own, and in English. */
function run(cwd: string, program: string, parameters: readonly string[]): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME: program === 'npm' ? HOME : folder, LC_ALL: 'C', NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(program, parameters, { cwd, env, maxBuffer: 1 << 26 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, err });
    });
  });
}
