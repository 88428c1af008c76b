/** How fast the viewer is there, and whether a long run stays light. Times are printed; what is drawn is bounded. */
import { statSync } from 'node:fs';
import { drawn, screenshot, stepIn } from './browser.ts';
import { story } from './needs.ts';
import { stage } from './stage.ts';

const { go } = stage();

/** What a page with all scenarios and the viewer may weigh; the report's own pages come on top. */
const bundleMax = 1_000_000;

/** What a person takes for at once. It is printed and not asserted: a machine that does other things as well is slower. */
const paintMs = 1000;

/** Milliseconds from the opening of the page until something stands on it. */
async function firstPaint(): Promise<number> {
  const { page } = await go('#/run/crypto/racer?protocol=lp1');
  await page.locator('#viewer .run').waitFor();
  const ms = await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0]?.startTime");
  await page.close();
  return Math.round(ms);
}

story('the bundle is small, and the first paint comes before the run', async (t) => {
  const script = new URL('../../viewer/viewer.js', import.meta.url);
  const { size } = statSync(script);
  t.log(`viewer.js ${size} bytes`);
  t.true(size < bundleMax);
  const { page, complaints } = await go(`#/run/crypto/racer?protocol=lp1`);
  await page.locator('#viewer .run').waitFor();
  const run = await page.evaluate<number>('Math.round(performance.now())');
  t.deepEqual(complaints, []);
  await page.close();
  const paints: number[] = [];
  for (let n = 0; n < 5; n++) paints.push(await firstPaint());
  paints.sort((a, b) => a - b);
  t.log(
    `first paint from the disk after ${paints[2]} ms (of five the middle one: ${paints.join(', ')}; wanted: under ${paintMs}); the run is there after ${run} ms`,
  );
});

interface Frames {
  readonly most: number;
  readonly height: number;
  readonly median: number;
  readonly p95: number;
  /** How many of a hundred frames come at half the pace of the screen or faster. */
  readonly smooth: number;
  /** Elements and texts that came or went, and attributes that changed: in a frame that is in the middle of all, and in all of them. */
  readonly touched: number;
  readonly touchedInAll: number;
}

/** 240 frames of scrolling, so many pixels in each (0: the whole height in all of them), or of a step in each; elements and times of it. */
const frames = (px: number | 'steps'): string => `new Promise((then) => {
  const box = document.querySelector('#viewer .scroller');
  const times = [];
  const touched = [];
  let count = 0;
  const watch = new MutationObserver((changes) => {
    for (const { type, addedNodes, removedNodes } of changes)
      count += type === 'childList' ? addedNodes.length + removedNodes.length : 1;
  });
  watch.observe(document.querySelector('#viewer'), { subtree: true, childList: true, attributes: true, characterData: true });
  let most = 0;
  let last = performance.now();
  box.scrollTop = 0;
  const step = ${px === 'steps' ? 0 : px} || (box.scrollHeight - box.clientHeight) / 240;
  const frame = (now) => {
    times.push(now - last);
    last = now;
    touched.push(count);
    count = 0;
    most = Math.max(most, document.querySelectorAll('#viewer *').length);
    ${px === 'steps' ? "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }))" : 'box.scrollTop += step'};
    if (times.length < 240) requestAnimationFrame(frame);
    else {
      watch.disconnect();
      times.sort((a, b) => a - b);
      touched.sort((a, b) => a - b);
      const smooth = Math.floor((100 * times.filter((ms) => ms < 34).length) / times.length);
      const touchedInAll = touched.reduce((sum, one) => sum + one);
      then({ most, height: box.scrollHeight, median: times[120], p95: times[228], smooth, touched: touched[120], touchedInAll });
    }
  };
  requestAnimationFrame(frame);
})`;

/** Elements in the page; a view of sixty lanes has some thousands. */
const elementsMax = 15_000;

/** What a step may touch among some thousands of elements, while one comes in each frame; drawing the view anew touches 400 and more. */
const touchedMax = 30;
const touchedMeanMax = 60;

/** How long a page that has nothing to do waits for its frames here: what this machine has to spare. */
const idle = `new Promise((then) => {
  const times = [];
  let last = performance.now();
  const frame = (now) => {
    times.push(now - last);
    last = now;
    if (times.length < 120) requestAnimationFrame(frame);
    else then(times.sort((a, b) => a - b)[114]);
  };
  requestAnimationFrame(frame);
})`;

story('100,000 events: the page lives while they are made, and only what is in view is drawn', async (t) => {
  const { page, complaints } = await go(`#/run/replay/thirty-pairs-of-their-own?protocol=lp1`);
  page.setDefaultTimeout(240_000);
  // It tells how far it is, twice and more: so it is drawn meanwhile.
  const far = page.locator('.busy .far', { hasText: /[\d,]+ events/ });
  const first = (await far.textContent()) ?? '';
  await page.locator('.busy .far', { hasNotText: first }).filter({ hasText: 'events' }).waitFor();
  await page.locator('#viewer .run').waitFor();
  const ready: unknown = await page.evaluate('Math.round(performance.now())');
  const place = (await page.locator('.place').textContent()) ?? '';
  const events = Number(/of ([\d,]+)/.exec(place)?.[1]?.replaceAll(',', ''));
  t.true(events >= 100_000, place);
  t.log(`${events} events are there after ${String(ready)} ms`);
  for (const [words, px] of [
    ['the whole of it in 240 frames', 0],
    ['60 px a frame', 60],
    ['12 px a frame', 12],
    ['a step in each frame', 'steps'],
  ] as const) {
    const seen = await page.evaluate<Frames>(frames(px));
    t.log(
      `${words}: ${seen.height} px, at most ${seen.most} elements; a frame takes ${seen.median.toFixed(0)} ms, one of twenty ${seen.p95.toFixed(0)} ms or more; ${seen.smooth} of 100 within 33 ms; ${seen.touched} elements touched`,
    );
    t.true(seen.most < elementsMax, `${seen.most}`);
    if (px !== 'steps') continue;
    t.true(seen.touched <= touchedMax, `${seen.touched}`);
    t.true(seen.touchedInAll <= touchedMeanMax * 240, `${seen.touchedInAll}`);
  }
  // What ran behind has caught up: the drawing, what is told of the moment, and the address.
  await page.locator('.moment.at').waitFor({ state: 'attached' });
  await drawn(page);
  const standsAt = /event ([\d,]+)/.exec((await page.locator('.place').textContent()) ?? '')?.[1]?.replaceAll(',', '');
  t.is(await stepIn(page), Number(standsAt));
  t.true((await page.locator('.details h2').textContent())?.includes(`event ${standsAt}`));
  t.log(`with nothing to do one frame of twenty takes ${(await page.evaluate<number>(idle)).toFixed(0)} ms or more`);
  await page.keyboard.press('End');
  await page.locator('.moment.at').waitFor({ state: 'attached' });
  await screenshot(page, 'viewer-sixty');
  await page.locator('.details .changes').waitFor();
  await page.getByRole('button', { name: 'Ask the oracles' }).waitFor();
  await page.getByRole('button', { name: 'Run the whole of it' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('.busy').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Run the whole of it' }).waitFor();
  t.deepEqual(complaints, []);
  await page.close();
});

story('a run is called off while it is made, and made again', async (t) => {
  const { page, complaints } = await go(`#/run/replay/thirty-pairs-of-their-own?protocol=lp1`);
  page.setDefaultTimeout(240_000);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: 'This run was stopped' }).waitFor();
  await page.getByRole('button', { name: 'Run it again' }).click();
  await page.locator('.busy .far', { hasText: /[\d,]+ events/ }).waitFor();
  await page.evaluate('location.hash = "#/run/crypto/racer?protocol=lp1"');
  await page.locator('h1', { hasText: 'A racer with a wrong phrase' }).waitFor();
  t.deepEqual(complaints, []);
  await page.close();
});
