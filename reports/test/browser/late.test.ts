/** What comes after it is wanted, or never: who has gone on is left where he is, and nobody waits for what will not come. */
import { Buffer } from 'node:buffer';
import type { Page } from 'playwright-core';
import { drawn, judged, press, told } from './browser.ts';
import { story } from './needs.ts';
import { catalogue } from './page.ts';
import { close, stage } from './stage.ts';

const { go, open } = stage();

const racer = catalogue()['scenarios/crypto/racer.yaml'] ?? '';

async function load(page: Page, name: string, text: string): Promise<void> {
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
}

/** A disk that is slow, for the page alone: files are read when the test says so. */
async function onSlowDisk(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(`{
    const read = Blob.prototype.text;
    const spun = new Promise((then) => { window.spin = then; });
    Blob.prototype.text = function () { return spun.then(() => read.call(this)); };
  }`);
  return async () => {
    // Whoever waits for the text has had it when this comes back: his turn is before the next one.
    await page.evaluate('window.spin(); new Promise((then) => setTimeout(then))');
    await drawn(page);
  };
}

/** What is done beside the page comes to nothing, where it is this. */
async function failing(page: Page, does: string): Promise<void> {
  await page.evaluate(`{
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (task) {
      if (task.does !== '${does}') post.call(this, task);
      else setTimeout(() => this.onmessage?.(new MessageEvent('message', { data: { threw: 'a planted error' } })));
    };
  }`);
}

/** It begins, and never ends. */
async function hanging(page: Page, does: string): Promise<void> {
  await page.evaluate(`{
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (task) { if (task.does !== '${does}') post.call(this, task); };
  }`);
}

story('a scenario that is read slowly takes nobody away who has gone on meanwhile', async (t) => {
  for (const place of ['#/', '#/run/network/loss-30?protocol=lp1']) {
    const opened = await go('#/run/trace');
    const { page } = opened;
    const spin = await onSlowDisk(page);
    await load(page, 'mine.yaml', racer);
    await page.evaluate(`location.hash = '${place}'`);
    await (place === '#/' ? page.locator('#pages') : page.locator('.run')).waitFor();
    const there: string = await page.evaluate('location.hash.split("&")[0]');
    await spin();
    t.is(await page.evaluate('location.hash.split("&")[0]'), there);
    await close(t, opened);
  }
});

story('of two files that are opened the second is shown, however slowly the first is read', async (t) => {
  const opened = await go('#/run/trace');
  const { page } = opened;
  const spin = await onSlowDisk(page);
  await load(page, 'mine.yaml', racer);
  await load(page, 'second.ndjson', '{"version": 9}');
  await page.locator('.trouble pre', { hasText: 'newer lanpair (9)' }).waitFor();
  await spin();
  t.is(await page.evaluate('location.hash'), '#/run/trace');
  t.true(await page.locator('.trouble pre', { hasText: 'newer lanpair (9)' }).isVisible());
  await close(t, opened);
});

story('a trace that is being read says so; who leaves it has his run at once', async (t) => {
  const opened = await go('#/run/trace');
  const { page } = opened;
  await hanging(page, 'read');
  await load(page, 'long.ndjson', '{}');
  await page.locator('.reading', { hasText: 'long.ndjson' }).waitFor();
  await page.evaluate('location.hash = "#/run/crypto/racer?protocol=lp1"');
  await judged(page);
  await close(t, opened);
});

story('a trace that has the name of the one before is begun at its beginning', async (t) => {
  const opened = await go('#/run/trace');
  const { page } = opened;
  const lines = (host: string): string =>
    [1, 2, 3]
      .map((n) => JSON.stringify({ n, atUs: n, event: 'booted', host: `${host}${n}`, boot: 1, hash: '0' }))
      .join('\n');
  await load(page, 'same.ndjson', lines('alice'));
  await page.locator('.head', { hasText: 'alice1' }).waitFor();
  await press(page, 'End');
  t.regex(await told(page), /alice3/);
  await load(page, 'same.ndjson', lines('bob'));
  await page.locator('.head', { hasText: 'bob1' }).waitFor();
  t.regex(await told(page), /bob1/);
  await close(t, opened);
});

story('what cannot be done is told where it is waited for: a verdict, a comparison, a state, a guess', async (t) => {
  const planted = (part: string): string => `#viewer ${part} .fault`;
  const opened = await open('#/run/crypto/offline-dictionary?protocol=annex');
  const { page } = opened;
  const said = async (part: string): Promise<void> => {
    await page.locator(planted(part), { hasText: 'a planted error' }).waitFor();
    t.pass();
  };
  await failing(page, 'guess');
  await page.locator('.head.adversary').click();
  await press(page, 'End');
  await page.locator('.details').getByRole('button', { name: 'Try it on this recording' }).click();
  await said('.details');
  await failing(page, 'states');
  await page.locator('.head:not(.adversary)').first().click();
  await said('.details');
  await failing(page, 'judge');
  await page.getByRole('textbox', { name: 'loss' }).fill('100%');
  await page.getByRole('textbox', { name: 'loss' }).press('Enter');
  await said('.whatif');
  await said('.masthead');
  await close(t, opened);
});
