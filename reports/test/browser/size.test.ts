/** How fast the viewer is there, and whether a long run stays light. Times are printed; what is drawn is bounded. */
import { statSync } from 'node:fs';
import test from 'ava';
import type { Browser } from 'playwright-core';
import { openBrowser, screenshot, visit } from './browser.ts';
import { reason, story } from './needs.ts';
import { catalogue, pageOnDisk } from './page.ts';

let browser: Browser;
let url: string;

if (reason === null) {
  test.before('a browser and a page', async () => {
    browser = await openBrowser();
    url = pageOnDisk(catalogue());
  });
  test.after.always(() => browser?.close());
}

/** What a page with all scenarios and the viewer may weigh; the report's own pages come on top. */
const bundleMax = 1_000_000;

story('the bundle is small, and the first paint comes before the run', async (t) => {
  const script = new URL('../../viewer/viewer.js', import.meta.url);
  const { size } = statSync(script);
  t.log(`viewer.js ${size} bytes`);
  t.true(size < bundleMax);
  const { page, complaints } = await visit(browser, `${url}#/run/crypto/racer?protocol=lp1`);
  await page.locator('#viewer .run').waitFor();
  const paints: unknown = await page.evaluate(
    "performance.getEntriesByType('paint').map(({name, startTime}) => name + ' ' + Math.round(startTime) + ' ms').join(', ') + ', the run ' + Math.round(performance.now()) + ' ms'",
  );
  t.log(paints);
  t.deepEqual(complaints, []);
  await page.close();
});

/** Frames in which the whole height is scrolled through; elements and times of it. */
const scrolling = `new Promise((then) => {
  const box = document.querySelector('#viewer .scroller');
  const times = [];
  let most = 0;
  let last = performance.now();
  const step = (box.scrollHeight - box.clientHeight) / 240;
  const frame = (now) => {
    times.push(now - last);
    last = now;
    most = Math.max(most, document.querySelectorAll('#viewer *').length);
    box.scrollTop += step;
    if (times.length < 240) requestAnimationFrame(frame);
    else {
      times.sort((a, b) => a - b);
      then({ most, height: box.scrollHeight, median: times[120], p95: times[228] });
    }
  };
  requestAnimationFrame(frame);
})`;

/** Elements in the page; a view of sixty lanes has some thousands. */
const elementsMax = 15_000;

story('100,000 events: only what is in view is drawn, from the first to the last', async (t) => {
  const { page, complaints } = await visit(browser, `${url}#/run/replay/thirty-pairs-of-their-own?protocol=lp1`);
  page.setDefaultTimeout(180_000);
  await page.locator('#viewer .run').waitFor();
  const place = (await page.locator('.place').textContent()) ?? '';
  const events = Number(/of ([\d,]+)/.exec(place)?.[1]?.replaceAll(',', ''));
  t.true(events >= 100_000, place);
  const seen = await page.evaluate<{ most: number; height: number; median: number; p95: number }>(scrolling);
  t.log(
    `${events} events, ${seen.height} px, at most ${seen.most} elements; a frame takes ${seen.median.toFixed(0)} ms, one of twenty ${seen.p95.toFixed(0)} ms or more`,
  );
  t.true(seen.most < elementsMax, `${seen.most}`);
  await page.keyboard.press('End');
  await page.locator('.moment.at').waitFor({ state: 'attached' });
  await screenshot(page, 'viewer-sixty');
  await page.getByRole('button', { name: 'Ask the oracles' }).waitFor();
  await page.getByRole('button', { name: 'Run the whole of it' }).waitFor();
  t.deepEqual(complaints, []);
  await page.close();
});
