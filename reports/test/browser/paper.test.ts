/** The report as it is printed: nothing is cut off, no sheet is wasted, and all is told that a screen would show when it is asked. */
import test from 'ava';
import type { Browser } from 'playwright-core';
import { subjects } from '../../../sim/index.ts';
import { flaws } from '../../data/flaws.ts';
import { entry, on } from '../entries.ts';
import { openBrowser, visit } from './browser.ts';
import { reason, story } from './needs.ts';
import { attacks as catalogue, lossPoints, written } from './written.ts';

const tables = Object.fromEntries([...subjects].map(([name, { protocol }]) => [name, protocol.table]));
let browser: Browser;
test.before('a browser', async () => {
  if (reason === null) browser = await openBrowser();
});
test.after.always(() => browser?.close());

story('on paper no table is wider than it, with all planted flaws side by side', async (t) => {
  const report = {
    ...on([entry()]),
    specimens: flaws.map(({ name: specimen, protocol, breaks }) => {
      return { specimen, protocol, scenario: 'crypto/x', covers: ['A01'], seed: 1, oracles: [breaks], why: 'a reason' };
    }),
  };
  const { page } = await visit(browser, written({ report, catalogue }));
  // A4 without its margins.
  await page.setViewportSize({ width: 703, height: 1030 });
  await page.emulateMedia({ media: 'print' });
  t.is(await page.locator('#grid .turned').count(), flaws.length + 1);
  const wide = await page.evaluate(
    "[...document.querySelectorAll('.scroll')].filter((at) => at.scrollWidth > 703).map((at) => at.getAttribute('aria-label') + ' ' + at.scrollWidth)",
  );
  t.deepEqual(wide, []);
  await page.close();
});

story('on paper long tables are close, and nothing in them lies over what is beside it', async (t) => {
  const covers = catalogue.slice(0, 3).map(({ id }) => id);
  const breaks = { verdict: 'pass', breaks: 'proof' } as const;
  const many = Array.from({ length: 60 }, (_, nth) =>
    entry({ scenario: `crypto/somebody-says-again-what-was-lost-${nth}`, covers, ...(nth === 0 ? breaks : {}) }),
  );
  const { page } = await visit(browser, written({ report: { ...on(many), tables }, catalogue }));
  await page.setViewportSize({ width: 703, height: 1030 });
  await page.emulateMedia({ media: 'print' });
  const sheets = async (of: string): Promise<number> =>
    ((await page.locator(of).first().boundingBox())?.height ?? Number.POSITIVE_INFINITY) / 1030;
  t.true((await sheets('#cells')) < 36, `${await sheets('#cells')} sheets of cells`);
  t.true((await sheets('#A01')) < 1, `${await sheets('#A01')} of a sheet for a row of the catalogue`);
  const over = await page.evaluate<readonly string[]>(
    `[...document.querySelectorAll('.chip')].filter((chip) => {
      const cell = chip.closest('td, th');
      return cell !== null && chip.getBoundingClientRect().right > cell.getBoundingClientRect().right;
    }).map((chip) => chip.closest('table').id + ': ' + chip.textContent)`,
  );
  t.deepEqual(over, []);
  await page.close();
});

story('on paper each machine has a sheet, the first one together with the title of its page', async (t) => {
  const { page } = await visit(browser, written({ report: { ...on([entry()]), tables }, catalogue }));
  await page.evaluate(
    "for (const other of document.querySelectorAll('header, footer, .page:not(#machines)')) other.remove(); location.hash = 'machines'",
  );
  const machines = await page.locator('#machines figure').count();
  t.true(machines > 1);
  for (const landscape of [true, false]) {
    const pdf = (await page.pdf({ landscape })).toString('latin1');
    t.is(pdf.match(/\/Type\s*\/Page\b/g)?.length, machines, landscape ? 'across' : 'upright');
  }
  await page.close();
});

story('on paper plots stand two abreast', async (t) => {
  const report = { ...on([entry()]), figures: { loss: lossPoints(), guesses: [] } };
  const { page } = await visit(browser, written({ report, catalogue }));
  await page.setViewportSize({ width: 703, height: 1030 });
  await page.emulateMedia({ media: 'print' });
  const plots = page.locator('#figures .plot');
  const [first, second] = await Promise.all([plots.nth(0).boundingBox(), plots.nth(1).boundingBox()]);
  t.is(first?.y, second?.y);
  t.true((second?.x ?? 0) + (second?.width ?? 999) <= 703);
  await page.close();
});

story(
  'on paper all is told that a screen shows when it is asked, and nothing is said of what only a screen can do',
  async (t) => {
    const run = {
      protocol: 'lp1',
      covers: ['A01', 'A02'],
      seed: 1,
      oracles: ['guesses'],
      why: 'three strangers had a guess',
    };
    const specimens = ['crypto/x', 'crypto/y'].map((scenario) => ({ ...run, specimen: 'no-budget', scenario }));
    const measured = { statements: 98.1, branches: 96, link: '../coverage/index.html' };
    const code = [{ what: 'the tests', command: 'npm run coverage', measured }];
    const { page } = await visit(browser, written({ report: { ...on([entry()]), specimens }, catalogue, code }));
    const text = async (): Promise<string> => await page.evaluate("document.getElementById('pages').innerText");
    const onScreen = /Press \/|Point at|Follow a/;
    t.regex(await text(), /Press \//);
    await page.emulateMedia({ media: 'print' });
    t.notRegex(await text(), onScreen);
    t.is(await page.locator('#pages :is(input, select, button):visible').count(), 0);
    t.true(await page.locator('#specimens details li', { hasText: 'three strangers' }).first().isVisible());
    t.is(
      await page.evaluate("getComputedStyle(document.querySelector('#code-coverage a'), '::after').content"),
      '" (../coverage/index.html)"',
    );
    t.regex(await page.locator('#scenarios > p').innerText(), /lanpair sim run \S+ --protocol \w+ --seed \d+/);
    await page.close();
  },
);
