/** What ssh starts, here and over there, each time: a person waits for it, so nothing is loaded that it has no use for. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import test from 'ava';
import { throwAwayHome } from './home.ts';
import { cli } from './program.ts';

const root = pathToFileURL(fileURLToPath(new URL('../../../', import.meta.url))).href;
const trace = new URL('../../protocol/test/module-trace.js', import.meta.url).href;

/** The modules that a command of lanpair loads until it ends, by their paths in the project. */
function loadedBy(home: string, words: readonly string[]): readonly string[] {
  const { stdout } = spawnSync(process.execPath, ['--import', trace, cli, ...words], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: home },
  });
  const urls = stdout.split('\n').filter((line) => line.startsWith(root));
  return urls.map((url) => url.slice(root.length));
}

const simulator = /^dist\/(sim|reports)\/|^node_modules\/(yaml|ajv|@dagrejs|tinypool)\//;
const conversation = /^dist\/protocol\/(lp1|annex|locate)\/|^node_modules\/(@noble|@scure)\//;

test('connect loads no simulator; the forced command no conversation either', async (t) => {
  const home = await throwAwayHome(t);
  const connecting = loadedBy(home, ['connect', 'bob']);
  t.true(connecting.includes('dist/node/connect.js'), connecting.join(' '));
  t.true(connecting.some((path) => conversation.test(path)));
  t.deepEqual(
    connecting.filter((path) => simulator.test(path)),
    [],
  );
  const shell = loadedBy(home, ['shell', 'aaaaaaaaaaaaaaaa']);
  t.true(shell.includes('dist/node/shell.js'), shell.join(' '));
  t.deepEqual(
    shell.filter((path) => simulator.test(path) || conversation.test(path)),
    [],
  );
  t.true(
    loadedBy(home, ['sim', 'run', '--help']).some((path) => simulator.test(path)),
    'it would be seen',
  );
});
