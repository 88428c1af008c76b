/**
 * The rooms' boundaries, and that `protocol/` is pure: three of the four proofs of it. (The fourth, poisoned globals
 * while a scenario runs, is the simulator's.) Each proof is shown violations planted for it first: a proof that convicts
 * nobody proves nothing.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';

const root: string = process.cwd();
const bin = (name: string): string => join(root, 'node_modules/.bin', name);

/** Runs a program to its end. A failing exit is a result here, not an error. */
function output(file: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((done) => {
    execFile(file, args, { cwd, env: { ...process.env, NO_COLOR: '1' } }, (_, stdout, stderr) => done(stdout + stderr));
  });
}

/** A project of a few files in the shape of ours, with our own configuration, gone when the test ends. */
function fixture(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lanpair-purity-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'protocol'));
  for (const file of ['tsconfig.json', 'protocol/tsconfig.json', '.oxlintrc.json', 'package.json']) {
    copyFileSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [name, text] of Object.entries({ '.gitignore': 'node_modules\n', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

test('proof 1: in the type world of protocol/ there is no Node, no DOM and nothing outside', async (t) => {
  const planted = [
    "import { readFileSync } from 'node:fs'; export const text = (): unknown => readFileSync;",
    'export const a = (): unknown => process;',
    'export const b = (): unknown => setTimeout;',
    'export const c = (): unknown => performance;',
    'export const d = (): unknown => Buffer;',
    'export const e = (): unknown => console;',
    'export const f = (): unknown => new TextEncoder();',
    'export const g = (): unknown => queueMicrotask;',
    'export const h = (): unknown => globalThis.crypto;',
    "export { outside } from '../sim/outside.ts';",
  ];
  const allowed = "import { sha1 } from '@noble/hashes/legacy.js'; export const digest: unknown = sha1;";
  const folder = fixture(t, {
    'sim/outside.ts': 'export const outside: number = 1;\n',
    'protocol/planted.ts': `${[...planted, allowed].join('\n')}\n`,
  });
  const complaints = await output(bin('tsc'), ['-p', 'protocol', '--pretty', 'false'], folder);
  const lines = [...complaints.matchAll(/planted\.ts\((\d+),/g)].map((found) => Number(found[1]));
  t.deepEqual(
    [...new Set(lines)],
    [...planted.keys()].map((line) => line + 1),
  );
});

/** One file to a line of code: what oxlint must refuse, by file, code, and (part of) the rule that refuses it. */
const convicted: readonly (readonly [file: string, code: string, rule: string])[] = [
  ['protocol/annex/fs.ts', "export { readFileSync } from 'node:fs';", 'no-nodejs-modules'],
  ['protocol/sim.ts', "export { world } from '../sim/world.ts';", 'no-restricted-imports'],
  ['protocol/package.ts', "export { parse } from 'yaml';", 'no-restricted-imports'],
  ['protocol/lazy.ts', "export const lazy = (): unknown => import('yaml');", 'no-restricted-imports'],
  ['protocol/date.ts', 'export const now = (): number => Date.now();', 'no-restricted-globals'],
  ['protocol/intl.ts', 'export const lower = (): unknown => Intl.Collator;', 'no-restricted-globals'],
  ['protocol/weak.ts', 'export const weak = (): unknown => new WeakRef({});', 'no-restricted-globals'],
  ['protocol/random.ts', 'export const draw = (): number => Math.random();', 'no-restricted-properties'],
  ['sim/fs.ts', "export { readFileSync } from 'node:fs';", 'no-nodejs-modules'],
  ['sim/node.ts', "export { socket } from '../node/socket.ts';", 'no-restricted-imports'],
  ['sim/reports.ts', "export { page } from '../reports/page.ts';", 'no-restricted-imports'],
  ['sim/cli.ts', "export { sweep } from './cli/sweep.ts';", 'no-restricted-imports'],
  ['sim/package.ts', "export { hideBin } from 'yargs/helpers';", 'no-restricted-imports'],
  ['sim/date.ts', 'export const now = (): number => Date.now();', 'no-restricted-globals'],
  ['sim/log.ts', 'export const bits = (): number => Math.log2(10);', 'no-restricted-properties'],
  ['sim/specimens/exp.ts', 'export const tail = (): number => Math.exp(-1);', 'no-restricted-properties'],
  ['sim/random.ts', 'export const draw = (): number => Math.random();', 'no-restricted-properties'],
  ['sim/cli/node.ts', "export { socket } from '../../node/socket.ts';", 'no-restricted-imports'],
  ['sim/test/node.ts', "export { socket } from '../../node/socket.ts';", 'no-restricted-imports'],
  ['node/sim.ts', "export { world } from '../sim/world.ts';", 'no-restricted-imports'],
  ['node/test/sim.ts', "export { world } from '../../sim/world.ts';", 'no-restricted-imports'],
  ['node/reports.ts', "export { page } from '../reports/page.ts';", 'no-restricted-imports'],
  ['reports/node.ts', "export { socket } from '../node/socket.ts';", 'no-restricted-imports'],
];

/** What it must let pass: a rule that refuses everything would convict all of the above as well. */
const acquitted: readonly (readonly [file: string, code: string])[] = [
  ['protocol/annex/own.ts', "export { utf8 } from '../bytes.ts';"],
  ['protocol/noble.ts', "export { sha512 } from '@noble/hashes/sha2.js';"],
  ['sim/specimens/core.ts', "export { step } from '../../protocol/core.ts';\nexport { world } from '../world.ts';"],
  ['sim/yaml.ts', "export { parse } from 'yaml';"],
  ['sim/cli/files.ts', "export { readFileSync } from 'node:fs';\nexport { world } from '../world.ts';"],
  ['node/files.ts', "export { readFileSync } from 'node:fs';\nexport { step } from '../protocol/core.ts';"],
  ['reports/sim.ts', "export { world } from '../sim/world.ts';\nexport { readFileSync } from 'node:fs';"],
];

test('proof 2: oxlint knows who may import whom, and what reads a clock, a random number or an inexact function', async (t) => {
  const files = [...convicted.map(([file, code]) => [file, code]), ...acquitted] as readonly (readonly [
    string,
    string,
  ])[];
  const folder = fixture(t, Object.fromEntries(files.map(([file, code]) => [file, `${code}\n`])));
  const complaints = (await output(bin('oxlint'), ['--format', 'unix'], folder)).split('\n');
  for (const [file, code, rule] of convicted) {
    t.true(
      complaints.some((line) => line.startsWith(`${file}:`) && line.includes(rule)),
      `${file} must be refused by ${rule}: ${code}`,
    );
  }
  for (const [file] of acquitted)
    t.deepEqual(
      complaints.filter((line) => line.startsWith(`${file}:`)),
      [],
    );
});

/** Every module that loading `entry` loads, as paths below the project, or as they are (`node:fs`). */
async function modulesOf(entry: string): Promise<readonly string[]> {
  const trace = pathToFileURL(join(root, 'dist/protocol/test/module-trace.js')).href;
  const said = await output(process.execPath, ['--import', trace, entry], root);
  const here = `${pathToFileURL(root).href}/`;
  const urls = said.split('\n').filter((line) => /^(file|node|data):/.test(line));
  const modules = urls.map((url) => (url.startsWith(here) ? url.slice(here.length) : url));
  return [...new Set(modules)].sort();
}

const corePackages = /^(dist\/protocol\/(?!test\/)|node_modules\/(@noble|@scure)\/)/;

test('proof 3: loading the core loads nothing but the core and its two families of packages', async (t) => {
  const modules = await modulesOf('dist/protocol/index.js');
  t.true(modules.includes('dist/protocol/index.js') && modules.includes('dist/protocol/suite.js'), modules.join(' '));
  t.deepEqual(
    modules.filter((module) => !corePackages.test(module)),
    [],
  );
});

test('proof 3 convicts a module that reaches Node through another one', async (t) => {
  const folder = fixture(t, {
    'a.mjs': "import './b.mjs';\n",
    'b.mjs': "export const later = () => import('node:os');\nawait later();\n",
  });
  const modules = await modulesOf(join(folder, 'a.mjs'));
  t.true(modules.includes('node:os'), modules.join(' '));
});

test('loading the simulator loads nothing of Node', async (t) => {
  const modules = await modulesOf('dist/sim/index.js');
  t.true(modules.includes('dist/sim/index.js'));
  t.deepEqual(
    modules.filter(
      (module) => module.startsWith('node:') || /^dist\/(node|reports|sim\/cli|sim\/bench)\//.test(module),
    ),
    [],
  );
});
