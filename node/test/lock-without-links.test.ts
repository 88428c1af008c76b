/** Locks where the file system has no hard links: a file of its own, since it takes them from the whole process. */
import fs from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import { tryLock } from '../lock.ts';
import { throwAwayHome } from './home.ts';

function failing(code: string): (from: fs.PathLike, to: fs.PathLike) => void {
  return () => {
    throw Object.assign(new Error(`${code}: link`), { code, syscall: 'link' });
  };
}

test.serial('without links it is made in its place, and held against the next all the same', async (t) => {
  const home = await throwAwayHome(t);
  const path = join(home, 'lock');
  fs.linkSync = failing('EPERM');
  syncBuiltinESMExports();
  const first = tryLock(path);
  t.true(first.ok);
  t.like(JSON.parse(await readFile(path, 'utf8')), { pid: process.pid });
  t.like(tryLock(path), { ok: false, holder: { pid: process.pid } });
  t.deepEqual(await readdir(home), ['lock']);
  if (first.ok) first.lock.release();
  t.true(tryLock(path).ok);
});

test.serial(
  'whose own was swept away by the holder comes too late, and says so; a directory that is not there is told',
  async (t) => {
    const home = await throwAwayHome(t);
    fs.linkSync = failing('ENOENT');
    syncBuiltinESMExports();
    t.deepEqual(tryLock(join(home, 'lock')), { ok: false, holder: null });
    t.deepEqual(await readdir(home), []);
    t.throws(() => tryLock(join(home, 'none', 'lock')), { code: 'ENOENT' });
  },
);
