/** The run viewer for everybody: with the keyboard alone, for who cannot see it, in the dark, and on paper. */
import axe from 'axe-core';
import { drawn, press, screenshot } from './browser.ts';
import { story } from './needs.ts';
import { close, stage } from './stage.ts';

const { open } = stage();

/** What axe finds that is serious. */
const faults =
  "axe.run('#viewer', { resultTypes: ['violations'] }).then(({violations}) => violations.filter(({impact}) => impact === 'serious' || impact === 'critical').map(({id, nodes}) => id + ': ' + nodes.map(({html}) => html).join(' ')))";

story('on paper the diagram and what is picked are left, in black on white', async (t) => {
  const opened = await open('#/run/crypto/racer?protocol=lp1&step=60', 'dark');
  const { page } = opened;
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await drawn(page);
  t.false(await page.locator('.tools').isVisible());
  t.false(await page.locator('.minimap').isVisible());
  t.is(
    await page.locator('#viewer :is(.masthead, .whatif) :is(input, select, button):visible').count(),
    0,
    'no field that only a screen has',
  );
  t.is(await page.locator('#viewer .which').innerText(), 'crypto/racer, lp1, seed 1');
  t.false(await page.locator('.legend .keys').isVisible(), 'paper has no keys');
  t.regex(
    await page.locator('#viewer .extent').innerText(),
    /^From \d+\.\d{3} s to \d+\.\d{3} s of a run of \d+\.\d{3} s\.$/,
  );
  t.true(await page.locator('.paper .arrow').first().isVisible());
  t.true(await page.locator('.details h2').isVisible());
  const [masthead, head] = await Promise.all(
    ['.masthead', '.head'].map((part) => page.locator(part).first().boundingBox()),
  );
  t.true((head?.y ?? 0) >= (masthead?.y ?? 0) + (masthead?.height ?? 0), 'names stand over the lanes');
  await screenshot(page, 'viewer-print');
  t.is(await page.evaluate("getComputedStyle(document.getElementById('viewer')).colorScheme"), 'light');
  const [drawing, legend, picked] = await Promise.all(
    ['.scroller', '.legend', '.details'].map((part) => page.locator(`#viewer ${part}`).boundingBox()),
  );
  const foot = (drawing?.y ?? 0) + (drawing?.height ?? 0);
  t.true((legend?.y ?? 0) >= foot && (legend?.y ?? 9999) < (picked?.y ?? 0), 'what the shapes mean stands under them');
  const over = await Promise.all(
    ['.head', '.lifeline'].map((part) => page.locator(`#viewer ${part}`).first().boundingBox()),
  );
  const [name, lane] = over.map((box) => (box?.x ?? 0) + (box?.width ?? 0) / 2);
  t.true(Math.abs((name ?? 0) - (lane ?? 99)) < 3, `${name} over ${lane}`);
  for (const landscape of [true, false]) {
    const pdf = (await page.pdf({ landscape })).toString('latin1');
    t.is(pdf.match(/\/Type\s*\/Page\b/g)?.length, 2, 'the diagram on one page, what is picked on another');
  }
  await close(t, opened);
});

story('with the keyboard alone one comes to everything, in the order of the page; Escape closes a menu', async (t) => {
  const opened = await open('#/run/crypto/racer?protocol=lp1');
  const { page } = opened;
  await page.locator('details.outcome').waitFor();
  const seen: string[] = [];
  for (let n = 0; n < 30; n++) {
    await page.keyboard.press('Tab');
    seen.push(
      await page.evaluate<string>(
        `(() => { const at = document.activeElement; return (getComputedStyle(at).outlineStyle === 'none' ? 'UNSEEN ' : '') +
          (at.getAttribute('aria-label') ?? at.labels?.[0]?.firstChild.textContent ?? at.textContent).trim(); })()`,
      ),
    );
  }
  t.deepEqual(seen.slice(0, 7), ['Report', 'Open a file ...', 'scenario', 'conversation', 'seed', 'loss', '✓ held']);
  t.deepEqual(
    seen.slice(7).map((name) => name.replace(/^alice.*|^⚑ mallory.*|^bob.*/, 'a machine')),
    [
      'First moment, Step back, Step forward, Last moment, How it went'.split(', '),
      'Back to what mattered, what matters, On to what matters, shown'.split(', '),
      'Shrink time, time × 1, Stretch time, Search'.split(', '),
      'Space-time diagram, a machine, a machine, a machine'.split(', '),
      seen.slice(24),
    ].flat(),
  );
  t.true(seen[24]?.startsWith('0.000 s'), seen[24]);
  t.false(
    seen.some((name) => name.startsWith('UNSEEN')),
    seen.join(),
  );
  const matters = page.locator('.menu', { hasText: 'what matters' });
  await matters.locator('summary').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  t.false(await matters.getByLabel('situations').isChecked());
  await page.keyboard.press('Escape');
  t.is(await matters.getAttribute('open'), null);
  t.is(await page.evaluate('document.activeElement.textContent'), 'what matters');
  await close(t, opened);
});

story('axe finds no fault that is serious in any view, in the light and in the dark', async (t) => {
  t.timeout(600_000);
  for (const scheme of ['light', 'dark'] as const) {
    const opened = await open('#/run/crypto/racer?protocol=lp1', scheme);
    const { page } = opened;
    await page.evaluate(axe.source);
    const look = async (view: string): Promise<void> => {
      t.deepEqual(await page.evaluate(faults), [], `${view}, ${scheme}`);
      await screenshot(page, `viewer-${view}-${scheme}`);
    };
    await page.locator('details.outcome').waitFor();
    await look('story');
    await page.locator('.head').first().click();
    // The third of what matters changes nothing in the open.
    await press(page, 'n', 4);
    await page.locator('.details .changes li').first().waitFor();
    await page.evaluate("for (const menu of document.querySelectorAll('details.menu')) menu.open = true");
    t.true((await page.locator('.menu .sheet:visible').count()) > 2);
    await look('menus');
    await press(page, 'Escape');
    await page.locator('.head.adversary').click();
    await press(page, 'End');
    await look('adversary');
    await page.locator('.paper .arrow.forged .grip').first().dispatchEvent('click');
    await page.locator('.details').getByRole('button', { name: 'dropped' }).click();
    await page.locator('.run:not(.waiting) .compared p').waitFor();
    await page.locator('.paper .arrow .grip').first().dispatchEvent('click');
    await look('what-if');
    await page.evaluate('location.hash = "#/run/crypto/no-such-thing"');
    await page.locator('.trouble').waitFor();
    await look('trouble');
    await page.evaluate('location.hash = "#/run/trace"');
    await page.locator('.drop').waitFor();
    await look('trace');
    await close(t, opened);
  }
});

story(
  'at the width of a telephone the diagram has room, nothing is wider than the page, and axe finds no fault',
  async (t) => {
    for (const scheme of ['light', 'dark'] as const) {
      const opened = await open('#/run/crypto/racer?protocol=lp1', scheme);
      const { page } = opened;
      await page.setViewportSize({ width: 390, height: 844 });
      await press(page, 'n', 3);
      const diagram = await page.locator('.scroller').boundingBox();
      t.true((diagram?.height ?? 0) >= 350, `${diagram?.height}`);
      t.is(await page.evaluate("document.querySelector('#viewer .run').scrollWidth"), 390);
      t.is(await page.evaluate("document.querySelector('.scroller').scrollLeft = 150"), 150);
      await drawn(page);
      const [times, axis, box] = await Promise.all(
        ['.gutter text', '.axis', '.scroller'].map((part) => page.locator(part).first().boundingBox()),
      );
      for (const stays of [times, axis]) {
        t.true((stays?.x ?? -1) >= (box?.x ?? 0), 'times stay where lanes are scrolled sideways');
        t.true((stays?.x ?? 999) < (box?.x ?? 0) + 84);
      }
      await page.locator('.legend').scrollIntoViewIfNeeded();
      t.true(((await page.locator('.legend').boundingBox())?.y ?? 844) < 844, 'the legend can be come to');
      await page.evaluate(axe.source);
      t.deepEqual(await page.evaluate(faults), [], scheme);
      await screenshot(page, `viewer-narrow-${scheme}`);
      await close(t, opened);
    }
  },
);
