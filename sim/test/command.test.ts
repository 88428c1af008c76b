/** `lanpair sim run` as a program: what it prints, and how it exits. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { WrongUse } from '../cli/complaint.ts';
import { wholeNumber } from '../cli/options.ts';
import { couple } from './play.ts';

const program = fileURLToPath(new URL('../../cli.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'lanpair-sim-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function sim(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, 'sim', ...args],
      { cwd: directory, env: { ...process.env, NO_COLOR: '1' } },
      (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, out, err });
      },
    );
  });
}

function file(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return name;
}

const good = file('good.yaml', couple('expect:\n  - {paired: [alice, bob]}'));
const bad = file('bad.yaml', couple('expect:\n  - {unpaired: [alice, bob]}'));
const typo = file('typo.yaml', couple('expect:\n  - {unpared: [alice, bob]}'));
const stale = file(
  'stale.yaml',
  couple('script:\n  - {drop: PairDun, from: alice}\nexpect:\n  - {paired: [alice, bob]}'),
);

test('--json prints one line a run, with scenario, protocol, seed, hash and verdict', async (t) => {
  const { code, out, err } = await sim('run', good, '--json', '--seed', '7');
  t.deepEqual([code, err], [0, '']);
  const lines = out.trimEnd().split('\n');
  t.is(lines.length, 1);
  const result = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  t.like(result, { protocol: 'annex', seed: 7, verdict: 'pass', breaks: null, failures: [] });
  t.regex(String(result['hash']), /^[0-9a-f]{16}$/);
  t.regex(String(result['scenario']), /good$/);
});

test('a failed run exits with 1, says why, and how to see more', async (t) => {
  const { code, out } = await sim('run', bad, good);
  t.is(code, 1);
  t.regex(out, /^2 scenarios, 1 conversation, 2 runs/);
  t.regex(out, /1 held, 1 FAILED/);
  t.regex(
    out,
    /FAIL {2}bad\.yaml \(annex, seed 1\): two pair\n {2}expected: alice, bob unpaired; saw: paired: alice, bob\n.*lanpair sim run bad\.yaml/,
  );
});

test('a script that waits in vain makes the run inconclusive: exit code 2', async (t) => {
  const { code, out } = await sim('run', stale);
  t.is(code, 2);
  t.regex(out, /stale: the script waited in vain for: PairDun number 1 from alice \(seen 0\)/);
});

test('a broken file is told with its line, nothing is run, exit code 65', async (t) => {
  const { code, out, err } = await sim('run', good, typo);
  t.deepEqual([code, out], [65, '']);
  t.regex(err, /typo\.yaml:9:6: "unpared" is not known here\n {4}Did you mean "unpaired"\?/);
});

test('wrong use is told without a stack trace, with the next step, exit codes 64 and up', async (t) => {
  for (const [args, code, message] of [
    [['run', 'nowhere.yaml'], 66, /nowhere\.yaml is not there\nName a scenario file/],
    [['run', good, '--sed', '1'], 64, /Unknown argument: sed/],
    [['run', good, '--seed', 'x'], 64, /--seed "x" is not a whole number from 0 to \d+\nNext: write it in digits/],
    [['run', good, '--seed', '1', '--seed', '2'], 64, /--seed is given more than once/],
    [['run', good, '--json', '--tap'], 64, /--json and --tap want the same output/],
    [['run', good, '--protocol', 'x'], 64, /Choices: "annex", "lp1"/],
    [['run', good, '--junit', 'no/such/x.xml'], 73, /cannot write no\/such\/x\.xml/],
    [[], 64, /Say what the simulator shall do/],
  ] as const) {
    const ended = await sim(...args);
    t.is(ended.code, code, args.join(' '));
    t.regex(ended.err, message);
    t.notRegex(ended.err, /\n\s+at /);
  }
});

test('--tap, --junit and --trace write what CI and people read', async (t) => {
  const { code, out } = await sim('run', good, bad, '--tap', '--junit', 'x.xml', '--trace', 'traces');
  t.is(code, 1);
  t.regex(out, /^TAP version 14\n1\.\.2\nnot ok 1 - .*bad \(annex, seed 1\)\n {2}---\n[\s\S]*ok 2 - /);
  const xml = readFileSync(join(directory, 'x.xml'), 'utf8');
  t.regex(xml, /<testsuite name="annex" tests="2" failures="1" errors="0" skipped="0">/);
  t.regex(xml, /<failure message="expected: alice, bob unpaired; saw: paired: alice, bob">/);
  const traces = readdirSync(join(directory, 'traces')).sort();
  t.is(traces.length, 2);
  const lines = readFileSync(join(directory, 'traces', traces[1] ?? ''), 'utf8')
    .trimEnd()
    .split('\n');
  t.true(lines.length > 20);
  t.regex(lines[0] ?? '', /^\{"trace":"lanpair","version":1,"program":"lanpair \d/);
  for (const line of lines) t.notThrows(() => JSON.parse(line) as unknown);
});

test('whoever has read enough may go: a closed pipe ends it quietly', async (t) => {
  const script = `"$0" "$1" sim run --json --protocol annex | head -n 1`;
  const { code, out, err } = await new Promise<Ended>((resolve) => {
    execFile('bash', ['-o', 'pipefail', '-c', script, process.execPath, program], (error, text, errors) => {
      resolve({ code: error === null ? 0 : Number(error.code), out: text, err: errors });
    });
  });
  t.deepEqual([code, err, out.split('\n').length], [0, '', 2]);
});

test('--format says how a run is written down, more than one way at once', async (t) => {
  const { code } = await sim(
    'run',
    good,
    '--trace',
    'forms',
    '--format',
    'story',
    '--format',
    'pcapng',
    '--format',
    'mermaid',
  );
  t.is(code, 0);
  const names = readdirSync(join(directory, 'forms')).sort();
  t.deepEqual(
    names.map((name) => name.split('.').at(-1)),
    ['mmd', 'pcapng', 'txt'],
  );
  t.regex(readFileSync(join(directory, 'forms', names[2] ?? ''), 'utf8'), /^two pair\n/);
  t.regex(readFileSync(join(directory, 'forms', names[0] ?? ''), 'utf8'), /^sequenceDiagram\n/);
});

test('a word that is no command leads to the help of those that are', async (t) => {
  const { code, err } = await sim('nonsense');
  t.is(code, 64);
  t.regex(err, /nonsense\nNext: lanpair sim --help/);
});

test('a directory that was deleted under the shell is told, and is no error of our own', async (t) => {
  // Node that measures coverage ends before our first line where there is no directory.
  const leave = 'unset NODE_V8_COVERAGE; mkdir gone && cd gone && rmdir ../gone && exec "$@"';
  const child = spawnSync('sh', ['-c', leave, 'sh', process.execPath, program, 'sim', 'run'], { cwd: directory });
  t.is(child.status, 66);
  t.regex(String(child.stderr), /the directory that you are in is gone\nNext: go to one that is there/);
});

test('--help shows examples', async (t) => {
  const { code, out } = await sim('run', '--help');
  t.is(code, 0);
  t.regex(out, /lanpair sim run scenarios\/replay --json/);
});

test('whatever is no number is told as it was typed, with what would be one', async (t) => {
  const numeric: readonly (readonly [command: readonly string[], option: string])[] = [
    [['run', good], 'seed'],
    [['shrink', good], 'seed'],
    [['sweep', good], 'jobs'],
    [['audit'], 'jobs'],
    [['audit'], 'times'],
    [['audit'], 'runs'],
  ];
  const typed = ['x', '', '-1', '1.5', '1e3', '0x10', '99999999999999999999', 'NaN'];
  for (const [index, [command, option]] of numeric.entries()) {
    // One of them each by the whole program, which takes its second; of the others the same function says it.
    const text = typed[index % typed.length] ?? '';
    const { code, err } = await sim(...command, `--${option}=${text}`);
    t.is(code, 64, `${command.join(' ')} --${option}=${text}`);
    t.true(err.includes(`--${option} "${text}" is not a whole number from `), err);
    t.regex(err, new RegExp(`--${option} \\d+ for one`));
  }
  for (const text of typed)
    t.throws(() => wholeNumber({ jobs: text }, 'jobs', { min: 1, max: 1024 }), { instanceOf: WrongUse });
  for (const text of ['1', '7', '1024', '007'])
    t.is(wholeNumber({ jobs: text }, 'jobs', { min: 1, max: 1024 }), Number(text));
  for (const text of ['0', '1025'])
    t.throws(() => wholeNumber({ jobs: text }, 'jobs', { min: 1, max: 1024 }), { message: /from 1 to 1024/ });
});
