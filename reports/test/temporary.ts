/** Directories of a file of tests, which go with its last test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

const made: string[] = [];
test.after.always('what was written for the tests goes', () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

/** A new one, empty. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'lanpair-report-'));
  made.push(directory);
  return directory;
}
