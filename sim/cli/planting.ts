/** Takes a rule out of a copy of the program, and sees which scenarios turn red (audit/plants). */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Plant } from '../audit/plants/plant.ts';
import { catalogueDirectory } from './files.ts';

const root = dirname(catalogueDirectory());

/** A copy of what runs; what it only reads is where it was. */
export function copyOfProgram(): string {
  const copy = mkdtempSync(join(tmpdir(), 'lanpair-plants-'));
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
  for (const name of ['node_modules', 'scenarios', 'package.json']) symlinkSync(join(root, name), join(copy, name));
  return copy;
}

/** The scenarios that fail, as `family/name`; null where the program did not run to its end. */
export function redIn(copy: string, scenarios: readonly string[]): readonly string[] | null {
  if (scenarios.length === 0) return [];
  const files = [...new Set(scenarios)].map((name) => join('scenarios', `${name}.yaml`));
  const program = [join(copy, 'dist/cli.js'), 'sim', 'run', ...files, '--no-shrink', '--json'];
  const { status, stdout } = spawnSync(process.execPath, ['--preserve-symlinks', ...program], {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 120_000,
  });
  if (status !== 0 && status !== 1 && status !== 2) return null;
  const runs = stdout.split('\n').filter((line) => line !== '');
  if (runs.length < new Set(scenarios).size) return null;
  const failed = runs.map((line) => JSON.parse(line) as { scenario: string; verdict: string });
  return [...new Set(failed.filter(({ verdict }) => verdict === 'fail').map(({ scenario }) => scenario))];
}

/** What became of one plant: which scenarios turned red, or why that cannot be said. */
export function tried(
  copy: string,
  { file, takes, puts, red }: Plant,
): { readonly red: readonly string[]; readonly fault: string } {
  const path = join(copy, 'dist', `${file}.js`);
  const sound = readFileSync(path, 'utf8');
  const parts = sound.split(takes);
  if (parts.length !== 2) return { red: [], fault: `what it takes is there ${parts.length - 1} times` };
  writeFileSync(path, parts.join(puts));
  const found = redIn(copy, red);
  writeFileSync(path, sound);
  return found === null ? { red: [], fault: 'the program did not run' } : { red: found, fault: '' };
}
