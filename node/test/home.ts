/** A throw-away home directory for one test. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

export async function throwAwayHome(t: ExecutionContext): Promise<string> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'lanpair-test-')));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  return home;
}
