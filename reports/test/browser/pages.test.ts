/** The pages of the report in a real browser: opened from the disk, without a network, read with the keyboard, and led from to a run. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { pageNames } from '../../page/style.ts';
import { entry, on } from '../entries.ts';
import { temporaryDirectory } from '../temporary.ts';
import { openBrowser, screenshot, type Visit, visit } from './browser.ts';
import { reason, story } from './needs.ts';
import { lossPoints, written } from './written.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64');
const cli = fileURLToPath(new URL('../../../cli.js', import.meta.url));
const scenarios = fileURLToPath(new URL('../../../../scenarios/', import.meta.url));
let browser: Browser;
let url: string;

test.before('a report of some scenarios', async () => {
  if (reason !== null) return;
  const out = temporaryDirectory();
  const some = ['replay/start-together', 'crypto/racer', 'fields/key-of-somebody-else-annex'];
  const files = some.map((name) => join(scenarios, `${name}.yaml`));
  await promisify(execFile)(process.execPath, [cli, 'report', ...files, '--out', out, '--jobs', '1']);
  url = pathToFileURL(join(out, 'index.html')).href;
  browser = await openBrowser();
});
test.after.always(() => browser?.close());

story(
  'every page, light and dark, has no serious fault for those who cannot see it, and asks for nothing',
  async (t) => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page, complaints } = await visit(browser, url, scheme);
      await page.evaluate(axe.source);
      for (const name of pageNames) {
        await goTo(page, name);
        t.is(await page.locator('.page:visible').count(), 1, name);
        const faults = await page.evaluate<readonly string[]>(
          "axe.run(document).then(({violations}) => violations.map(({id, impact, nodes}) => impact + ': ' + id + ', ' + nodes[0].html))",
        );
        t.deepEqual(
          faults.filter((fault) => /^(serious|critical)/.test(fault)),
          [],
          `${name}, ${scheme}`,
        );
        await screenshot(page, `report-${name}-${scheme}`);
      }
      t.deepEqual(complaints, []);
      await page.close();
    }
  },
);

story(
  'on a telephone tables scroll by themselves, and no page is wider than the screen; paper has all of it',
  async (t) => {
    const { page, complaints } = await visit(browser, url);
    await page.setViewportSize({ width: 390, height: 844 });
    for (const name of pageNames) {
      await goTo(page, name);
      t.is(await page.evaluate('document.documentElement.scrollWidth'), 390, name);
      await screenshot(page, `report-${name}-narrow`);
    }
    await page.setViewportSize({ width: 794, height: 1123 });
    await page.emulateMedia({ media: 'print' });
    t.is(await page.locator('.page:visible').count(), pageNames.length);
    await screenshot(page, 'report-print');
    t.deepEqual(complaints, []);
    await page.close();
  },
);

story('on paper it is light, also where the screen is dark', async (t) => {
  const colours = async (scheme: 'light' | 'dark'): Promise<readonly string[]> => {
    const { page } = await visit(browser, url, scheme);
    await page.emulateMedia({ media: 'print', colorScheme: scheme });
    const seen = await page.evaluate<readonly string[]>(
      "[...document.querySelectorAll('.chip, .machine, .machine rect, .machine text, .plot text, td')].map((at) => ['color', 'backgroundColor', 'fill', 'stroke'].map((what) => getComputedStyle(at)[what]).join())",
    );
    await page.close();
    return [...new Set(seen)];
  };
  const light = await colours('light');
  t.true(light.length > 5, light.join('\n'));
  t.deepEqual(await colours('dark'), light);
});

story('a table shows at its edges that it goes on, where it does, and can be come to with the keyboard', async (t) => {
  for (const scheme of ['light', 'dark'] as const) {
    const { page, complaints } = await visit(browser, `${url}#overview`, scheme);
    await page.setViewportSize({ width: 390, height: 844 });
    await goTo(page, 'oracles');
    const table = page.locator('#oracles .scroll');
    t.truthy(await table.getAttribute('aria-label'));
    await table.scrollIntoViewIfNeeded();
    /** Beside the caption, where nothing else is drawn. */
    const edge = async (side: 'left' | 'right'): Promise<string> => {
      const { x, y, width } = (await table.boundingBox()) ?? { x: 0, y: 0, width: 0 };
      const clip = { x: side === 'left' ? x : x + width - 4, y: y + 34, width: 4, height: 6 };
      return (await page.screenshot({ clip })).toString('base64');
    };
    const [left, right] = [await edge('left'), await edge('right')];
    t.not(left, right, 'at first there is more at the right alone');
    await table.focus();
    t.true(await page.evaluate("document.activeElement.matches('#oracles .scroll')"), 'the keyboard comes to it');
    await page.evaluate('{ const at = document.activeElement; at.scrollLeft = at.scrollWidth; at.blur(); }');
    t.is(await edge('right'), left, 'at its end there is no more');
    t.not(await edge('left'), left);
    t.deepEqual(complaints, []);
    await page.close();
  }
});

story('a table is filtered with the keyboard alone', async (t) => {
  const { page, complaints } = await visit(browser, `${url}#coverage`);
  const shown = page.locator('#cells-shown');
  t.is(await shown.textContent(), `${await page.locator('#cells > tbody > tr').count()} rows`);
  await page.keyboard.press('/');
  await page.keyboard.type('lp1 never seeking');
  t.regex((await shown.textContent()) ?? '', /^\d+ of \d+ rows$/);
  const rows = await page.locator('#cells > tbody > tr:visible').allTextContents();
  t.true(rows.length > 0 && rows.every((row) => /lp1/.test(row) && /never/.test(row) && /seeking/i.test(row)));
  await page.keyboard.press('Escape');
  t.regex((await shown.textContent()) ?? '', /^\d+ rows$/);
  t.deepEqual(complaints, []);
  await page.close();
});

story('a verdict leads to its run, and back', async (t) => {
  const { page, complaints } = await visit(browser, `${url}#scenarios`);
  // Back at once, while the run is being made, or when it stands there: whoever has gone back stays there.
  for (const part of ['#viewer', '#viewer h1', '#viewer .run']) {
    await page.locator('#runs a.chip').first().focus();
    await page.keyboard.press('Enter');
    await page.locator(part).waitFor({ state: 'visible' });
    t.false(await page.locator('#pages').isVisible());
    await page.goBack();
    await page.locator('#scenarios').waitFor({ state: 'visible' });
  }
  t.deepEqual(complaints, []);
  await page.close();
});

story('on a telephone the words of a plot can be read, and none of them leaves the page', async (t) => {
  const { page } = await visit(
    browser,
    written({ report: { ...on([entry()]), figures: { loss: lossPoints(), guesses: [] } } }),
  );
  await page.setViewportSize({ width: 390, height: 844 });
  await goTo(page, 'figures');
  const words = await page.evaluate<
    readonly { readonly size: number; readonly left: number; readonly right: number }[]
  >(
    `[...document.querySelectorAll('#figures .plot text')].map((text) => {
      const { left, right } = text.getBoundingClientRect();
      return { size: text.getScreenCTM().a * Number.parseFloat(getComputedStyle(text).fontSize), left, right };
    })`,
  );
  t.true(words.length > 20);
  t.deepEqual(
    words.filter(({ size, left, right }) => size < 9 || left < 0 || right > 390),
    [],
  );
  await page.close();
});

story(
  'where nothing points, a tap on a dot, an arrow or a box tells its numbers at the foot of the page',
  async (t) => {
    const { page, complaints } = await visit(
      browser,
      written({ report: { ...on([entry()]), figures: { loss: lossPoints(), guesses: [] } }, digest: sha256 }),
    );
    await page.setViewportSize({ width: 390, height: 844 });
    const taps: readonly (readonly [name: string, part: string])[] = [
      ['figures', 'figure circle'],
      ['machines', 'figure g .big'],
      ['machines', 'figure g .label'],
    ];
    for (const [name, part] of taps) {
      await goTo(page, name);
      const told = page.locator(`#${name} .told`);
      const before = await told.textContent();
      // The last one: others may lie beneath.
      await page.locator(`#${name} ${part}`).last().click();
      const title = await page.evaluate<string>(
        `(([part]) => (part.querySelector('title') ?? part.closest('g').querySelector('title')).textContent)([...document.querySelectorAll('#${name} ${part}')].slice(-1))`,
      );
      t.is(await told.textContent(), title);
      t.not(title, before);
      t.true(await told.isVisible());
    }
    t.deepEqual(complaints, []);
    await page.close();
  },
);

story('a report of somebody else runs nothing here', async (t) => {
  const bad = '<img src=x onerror=alert(1)><script>alert(2)</script>" onmouseover="alert(3)';
  const report = on([
    entry({
      scenario: bad,
      title: bad,
      verdict: 'fail',
      failures: [bad],
      covers: ['A01'],
      threw: [{ host: bad, message: bad }],
    }),
  ]);
  const { page, dialogs } = await listening(
    await visit(browser, written({ report, unmet: [bad], texts: new Map([[bad, bad]]) })),
  );
  for (const name of pageNames) {
    await goTo(page, name);
    t.is(await page.locator('img').count(), 0);
  }
  t.deepEqual(dialogs, []);
  await page.close();
});

async function goTo(page: Page, name: string): Promise<void> {
  await page.evaluate(`location.hash = '${name}'`);
  await page.locator(`#${name}`).waitFor({ state: 'visible' });
}

async function listening({ page }: Visit): Promise<{ readonly page: Page; readonly dialogs: readonly string[] }> {
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await page.reload();
  return { page, dialogs };
}
