/** The viewer where people meet it: in the page that `lanpair report` writes, whose policy and style are the report's own. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import test from 'ava';
import type { Entry } from '../../data/report.ts';
import { temporaryDirectory } from '../temporary.ts';
import { judged, openBrowser, press, screenshot, told, visit } from './browser.ts';
import { reason, story } from './needs.ts';

const cli = fileURLToPath(new URL('../../../cli.js', import.meta.url));
const scenarios = fileURLToPath(new URL('../../../../scenarios', import.meta.url));
const title =
  'from the report into a run and back: what the page allows is enough, and its style leaves the viewer alone';

if (reason !== null) test.skip(`${title} (skipped: ${reason})`, () => undefined);
else
  test(title, async (t) => {
    t.timeout(240_000);
    const out = temporaryDirectory();
    const files = ['crypto/racer', 'network/loss-30'].map((name) => join(scenarios, `${name}.yaml`));
    execFileSync(process.execPath, [cli, 'report', ...files, '--jobs', '1', '--out', out], { stdio: 'pipe' });
    const browser = await openBrowser();
    const { page, complaints } = await visit(browser, `${pathToFileURL(join(out, 'index.html')).href}#scenarios`);
    await page.locator('#pages a[href^="#/run/crypto/racer"]:visible').first().click();
    await page.locator('#viewer .run').waitFor();
    t.false(await page.locator('#pages').isVisible());
    t.is(page.workers().length, 1, 'its policy lets the viewer work beside the page');
    await press(page, 'n', 3);
    t.not(await told(page), '0.000 s: alice starts');
    await judged(page);
    await screenshot(page, 'report-run');
    const [masthead, halves, legend] = await Promise.all(
      ['.masthead', '.halves', '.legend'].map((part) => page.locator(`#viewer ${part}`).boundingBox()),
    );
    t.true((masthead?.height ?? 0) > 50, 'the masthead is whole');
    t.is(Math.round((halves?.y ?? 0) + (halves?.height ?? 0)), Math.round(legend?.y ?? 0), 'no gap above the legend');
    t.is(Math.round((legend?.y ?? 0) + (legend?.height ?? 0)), 900, 'the legend is at the foot');
    await page.locator('#viewer .back').click();
    await page.locator('#pages').waitFor();
    await page.locator('#viewer').waitFor({ state: 'hidden' });
    t.deepEqual(complaints, []);
    await browser.close();
  });

story(
  'a run that had the real cryptography is walked through with it: with the other one it is another run',
  async (t) => {
    const out = temporaryDirectory();
    const file = join(scenarios, 'crypto/guesser-21-bits.yaml');
    const args = ['report', file, '--protocol', 'lp1', '--suite', 'real', '--jobs', '1', '--out', out];
    execFileSync(process.execPath, [cli, ...args], { stdio: 'pipe' });
    const { runs } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as { readonly runs: readonly Entry[] };
    const browser = await openBrowser();
    try {
      const { page, complaints } = await visit(browser, `${pathToFileURL(join(out, 'index.html')).href}#scenarios`);
      await page.locator('#runs a.chip').click();
      await page.locator('#viewer .run').waitFor();
      await judged(page);
      await page.locator('#viewer details.outcome summary').click();
      t.true((await page.locator('#viewer details.outcome').innerText()).includes(`hash ${runs[0]?.hash}`));
      t.regex(await page.locator('#viewer h1').innerText(), /real cryptography/);
      await press(page, 'n', 2);
      t.regex(await page.evaluate<string>('location.hash'), /suite=real/);
      t.deepEqual(complaints, []);
    } finally {
      await browser.close();
    }
  },
);
