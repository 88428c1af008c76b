/** Finds and reads scenario files. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, normalize, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vocabulary } from '../protocols.ts';
import { type Problem, scenarioFileMax } from '../scenario/problem.ts';
import type { RawScenario } from '../scenario/raw.ts';
import { readScenario } from '../scenario/read.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { exitCode, WrongUse } from './complaint.ts';

export interface ScenarioFile {
  readonly file: string;
  readonly scenario: Scenario;
  readonly raw: RawScenario;
}

export interface ScenarioFiles {
  readonly scenarios: readonly ScenarioFile[];
  readonly problems: readonly Problem[];
}

/** The catalogue that comes with the program: from dist/sim/cli, or sim/cli, up to the package. */
export function catalogueDirectory(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); dirname(at) !== at; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return join(at, 'scenarios');
  }
  throw new WrongUse(
    'the scenarios of this package are not there',
    'Name scenario files, or install lanpair again.',
    exitCode.noInput,
  );
}

/** Who writes a file: `lanpair 0.1.0`. */
export function programName(): string {
  const { version } = JSON.parse(readFileSync(join(catalogueDirectory(), '..', 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return `lanpair ${version}`;
}

/**
 * Reads files and whole directories; without any, the catalogue. Sorted by path. A path into `scenarios/`, as the README
 * writes it, means the catalogue where this folder has none; that is said, because it could be a slip.
 */
export function readScenarioFiles(paths: readonly string[]): ScenarioFiles {
  const files = (paths.length === 0 ? [catalogueDirectory()] : paths.map(inCatalogue)).flatMap(yamlFilesAt).sort();
  if (files.length === 0)
    throw new WrongUse('no scenario is here', 'Name a .yaml file, or a directory that holds some.', exitCode.noInput);
  const scenarios: ScenarioFile[] = [];
  const problems: Problem[] = [];
  for (const path of files) {
    const file = relative('.', path).startsWith('..') ? path : relative('.', path);
    const result = readScenario(textOf(path), { file, name: nameOf(path), vocabulary });
    if (result.ok) scenarios.push({ file, scenario: result.scenario, raw: result.raw });
    else problems.push(...result.problems);
  }
  return { scenarios, problems };
}

/** Files of the catalogue by the names of their scenarios. None of them is read: to read them all takes longer than to make a page. */
export function catalogueFiles(): ReadonlyMap<string, string> {
  return new Map(yamlFilesAt(catalogueDirectory()).map((file) => [nameOf(file), file]));
}

function inCatalogue(path: string): string {
  const [first, ...rest] = normalize(path).split(sep);
  if (first !== 'scenarios' || existsSync(path)) return path;
  const bundled = join(catalogueDirectory(), ...rest);
  if (!existsSync(bundled)) return path;
  process.stderr.write(`${path} is not in this folder: taken from the catalogue that comes with lanpair\n`);
  return bundled;
}

function yamlFilesAt(path: string): readonly string[] {
  if (!existsSync(path))
    throw new WrongUse(
      `${path} is not there`,
      'Name a scenario file or a directory of them; without any, all run.',
      exitCode.noInput,
    );
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => join(path, name));
}

/** `family/file`: the last folder and the name, of a file in this folder as well: traces are called so, and none may hide behind a dot. */
function nameOf(path: string): string {
  return `${basename(dirname(resolve(path)))}${sep}${basename(path).replace(/\.ya?ml$/, '')}`.replaceAll(sep, '/');
}

function textOf(path: string): string {
  // One character is at most four bytes; a file that is larger is not even read.
  if (statSync(path).size > scenarioFileMax * 4)
    throw new WrongUse(`${path} is too large for a scenario`, `At most ${scenarioFileMax} characters.`, exitCode.data);
  return readFileSync(path, 'utf8');
}
