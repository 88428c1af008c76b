/** `npm start` in small: the part with two real processes. */
import { readdirSync } from 'node:fs';
import test from 'ava';
import { throwAwayHome } from './home.ts';
import { lanpair } from './program.ts';

test('the demo pairs two real processes, shows both results, and leaves nothing', async (t) => {
  // A folder of its own: whatever else runs on this machine has throw-away homes, too.
  const scratch = await throwAwayHome(t);
  const demo = lanpair(t, await throwAwayHome(t), ['demo', '--no-simulator'], { TMPDIR: scratch });
  t.is(await demo.exit, 0, demo.output() + demo.errors());
  for (const conversation of ['lp1', 'annex']) {
    t.regex(demo.output(), new RegExp(`${conversation} +alice +paired +\\d+\\.\\d s +yes +yes +yes`));
    t.regex(demo.output(), new RegExp(`${conversation} +bob +paired +\\d+\\.\\d s +yes +yes +yes`));
  }
  t.regex(demo.output(), /asks to pair \(not proven\)/);
  t.deepEqual(
    readdirSync(scratch).filter((name) => name.startsWith('lanpair-demo-')),
    [],
  );
});
