/** Scenario files that a person opens in the viewer, in a real browser: good ones, broken ones, and such as somebody wrote to do harm. */
import { Buffer } from 'node:buffer';
import type { Page } from 'playwright-core';
import { drawn, judged, press, screenshot } from './browser.ts';
import { story } from './needs.ts';
import { catalogue, pageOnDisk } from './page.ts';
import { close, stage } from './stage.ts';

const { go } = stage();

async function load(page: Page, text: string, name: string = 'mine.yaml'): Promise<void> {
  const file = { name, mimeType: 'application/yaml', buffer: Buffer.from(text) };
  await page.locator('input[type=file]').setInputFiles(file);
}

/** Another address, and what stands there: the place where a file may be opened. */
async function toTraces(page: Page): Promise<void> {
  await page.evaluate('location.hash = "#/run/trace"');
  await page.locator('.drop').waitFor();
}

/** The run of this scenario is on show, and none is on its way. */
async function named(page: Page, scenario: string): Promise<void> {
  await page
    .locator('.run:not(.waiting) option:checked', { hasText: new RegExp(`^${scenario}$`) })
    .waitFor({ state: 'attached' });
}

const racer = catalogue()['scenarios/crypto/racer.yaml'] ?? '';
const outcome = 'details.outcome';

story(
  'a scenario file is opened and run as those of the page; changed, it is another run, and the one before is kept',
  async (t) => {
    const opened = await go('#/run/trace');
    const { page } = opened;
    await load(page, racer);
    await judged(page);
    t.is(await page.evaluate('location.hash.split("?")[0]'), '#/run/opened/mine');
    const hash = async (): Promise<string> => (await page.locator(outcome).textContent()) ?? '';
    const own = await hash();
    await page.goto(`${page.url().split('#')[0]}#/run/crypto/racer?protocol=lp1`);
    // Its title and its hash are the same: only its name is not.
    await named(page, 'crypto/racer');
    await judged(page);
    t.is(/[0-9a-f]{16}/.exec(own)?.[0], /[0-9a-f]{16}/.exec(await hash())?.[0], 'the run of the simulator');
    await toTraces(page);
    await load(page, racer.replace(/^title: .*/m, 'title: Another one'));
    await page.locator('h1', { hasText: 'Another one' }).waitFor();
    t.is(await page.evaluate('location.hash.split("?")[0]'), '#/run/opened/mine%20(2)');
    await page.locator('#viewer .back').click();
    await page.evaluate('location.hash = "#/run/opened/mine"');
    await named(page, 'opened/mine');
    t.regex((await page.locator('h1:visible').textContent()) ?? '', /A racer/);
    await page.reload();
    await page.locator('.trouble', { hasText: 'open it again' }).waitFor();
    await close(t, opened);
  },
);

story('a scenario that is broken, or of a later lanpair, is told with its line, and what to do', async (t) => {
  const cases: readonly (readonly [text: string, said: RegExp])[] = [
    ['', /mine\.yaml.*/],
    ['title: [', /mine \(\d\)\.yaml:\d+:\d+/],
    [`${racer}\nquantum: true\n`, /mine \(\d\)\.yaml:\d+:\d+.*quantum/s],
    [racer.replace(/protocols:.*/, 'protocols: {lp9: pass}'), /lp9/],
    [racer.replace(/^title:.*/m, `title: ${'A'.repeat(65_536)}`), /mine \(\d\)\.yaml:\d+:\d+/],
    ['x'.repeat(1_000_001), /1000000/],
  ];
  const opened = await go('#/run/trace');
  const { page } = opened;
  for (const [text, said] of cases) {
    await load(page, text);
    await page.locator('.trouble pre', { hasText: said }).waitFor();
    t.true(((await page.locator('.trouble').textContent()) ?? '').length < 10_000);
    await page.locator('.trouble a', { hasText: 'Back to the report' }).click();
    await toTraces(page);
  }
  await load(page, 'y'.repeat(4_000_001));
  await page.locator('.trouble pre', { hasText: 'too long for a scenario' }).waitFor();
  await close(t, opened);
});

story('a file that is dropped as soon as there is a place for it is opened', async (t) => {
  const opened = await go('#/run/crypto/racer?protocol=lp1');
  const { page } = opened;
  await judged(page);
  await page.evaluate(`(() => {
    const observer = new MutationObserver(() => {
      if (document.querySelector('.drop') === null) return;
      observer.disconnect();
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([${JSON.stringify(racer)}], 'dropped.yaml'));
      dispatchEvent(new DragEvent('drop', { dataTransfer }));
    });
    observer.observe(document.body, { childList: true, subtree: true });
    location.hash = '#/run/trace';
  })()`);
  await named(page, 'opened/dropped');
  await close(t, opened);
});

/** As YAML writes it in double quotes: HTML, what clears a terminal and renames its window, text that turns round. */
const evil =
  "<img src=x onerror='window.harmed=1'><script>window.harmed=1</script>\\u202Egnp.exe\\u2066\\e]0;x\\a\\e[2J";

const evilScenario = (text: string): string => `title: "${text}"
protocols: {lp1: pass, annex: pass}
network: {lan: {}}
hosts:
  alice: {on: lan, phrase: 73-ladder-acid-hope-rabbit}
  bob: {on: lan, phrase: 73-ladder-acid-hope-rabbit}
  carol: {on: lan, phrase: 73-ladder-acid-hope-rabbit, startsMs: 100, userName: "${text}"}
adversaries:
  mallory: {on: lan, is: imposter, phrase: 73-acid-rabbit-hope-ladder, racesAheadMs: 0, says: {hostName: "${text}", userName: "${text}", displayName: "${text}"}}
expect: [{notice: "${text}", host: alice}]
`;

story('what stands in a scenario is shown inert, and takes no more room than it is given', async (t) => {
  const long = `${evil}${'A'.repeat(900)}`;
  const url = pageOnDisk({ 'scenarios/x/evil.yaml': evilScenario(long) });
  for (const [how, protocol] of [
    ['in the page', 'lp1'],
    ['in the page', 'annex'],
    ['opened', 'lp1'],
  ] as const) {
    const opened = await go(`${url}${how === 'opened' ? '#/run/trace' : `#/run/x/evil?protocol=${protocol}`}`);
    const { page } = opened;
    if (how === 'opened') await load(page, evilScenario(long), '<img src=x onerror=alert(1)>\u202e.yaml');
    await judged(page);
    await page.locator(`${outcome} summary`).click();
    const look = async (): Promise<void> => {
      await drawn(page);
      const text = (await page.locator('#viewer').textContent()) ?? '';
      t.deepEqual(text.match(/[\p{Cc}\p{Cf}]/gu)?.filter((one) => one !== '\n') ?? [], []);
      t.true(text.length < 60_000, `${text.length} characters`);
      t.true(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing widens the page');
    };
    await look();
    await page.keyboard.press('Escape');
    for (let n = 0; n < 12; n++) {
      await press(page, 'n');
      await look();
    }
    await page.locator('.head').first().click();
    await look();
    await page.locator('.arrow').first().locator('.grip').dispatchEvent('click');
    await look();
    t.is(await page.locator('#viewer img, #viewer script').count(), 0);
    t.is(await page.evaluate('window.harmed'), undefined);
    await screenshot(page, `viewer-evil-${how.replace(' ', '-')}-${protocol}`);
    await close(t, opened);
  }
});
