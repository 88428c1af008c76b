/** From what a sweep found to that very run: the one thing that a person does with a find before he mends what it shows. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import type { Browser } from 'playwright-core';
import { temporaryDirectory } from '../temporary.ts';
import { judged, openBrowser, screenshot, visit } from './browser.ts';
import { story } from './needs.ts';

const cli = fileURLToPath(new URL('../../../cli.js', import.meta.url));

let browser: Browser | null = null;
test.after.always(() => browser?.close());

/** It claims more than annex can hold: whoever has the phrase brings any key that he has seen. */
const claim = `title: annex keeps out the key of somebody else, whoever brings it
protocols: {annex: pass}
network: {lan: {delayMs: 1..20}}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels}
  bob: {on: lan, phrase: my postillion was struck by lightning}
adversaries:
  mallory: {on: lan, is: cloner, phrase: my hovercraft is full of eels, claims: bob, says: {hostName: bob}, asksAfterMs: 1000}
expect:
  - {lines: 1, host: alice}
`;

/** Ends with 1: something was found. */
async function finding(...args: readonly string[]): Promise<void> {
  const code = await promisify(execFile)(process.execPath, [cli, ...args]).then(
    () => 0,
    (error: unknown) => (error as { readonly code?: unknown }).code,
  );
  if (code !== 1) throw new Error(`lanpair ${args.join(' ')} ended with ${String(code)}`);
}

interface Found {
  readonly found: Readonly<
    Record<
      string,
      { readonly first: readonly { readonly seed: number; readonly why: string; readonly events: number }[] }
    >
  >;
}

story(
  'from a find of a sweep its link leads to that very run, which breaks there as it did for the sweep',
  async (t) => {
    t.timeout(240_000);
    const out = temporaryDirectory();
    const [family, sweep] = [join(out, 'claims'), join(out, 'sweep.ndjson')];
    const file = join(family, 'key-of-bob.yaml');
    mkdirSync(family);
    writeFileSync(file, claim);
    await finding('sim', 'sweep', file, '--seeds', '1..2', '--no-shrink', '--jobs', '1', '--out', sweep);
    await finding('report', file, sweep, '--jobs', '1', '--brief', '--out', out);
    const [, block = ''] = readFileSync(sweep, 'utf8').split('\n');
    const { tally } = JSON.parse(block) as { readonly tally: Found };
    const first = tally.found['annex oracle proof']?.first ?? [];
    t.true(first.length > 1, block);
    browser = await openBrowser();
    const { page, complaints } = await visit(browser, pathToFileURL(join(out, 'index.html')).href);
    for (const { seed, why, events } of first) {
      const row = page.locator('#found tbody tr', { has: page.getByRole('link', { name: `seed ${seed},` }) });
      t.true((await row.innerText()).includes(why));
      await row.getByRole('link').click();
      await page.locator('#viewer .run').waitFor();
      t.false(await page.locator('#pages').isVisible());
      t.is(await page.getByRole('combobox', { name: 'scenario' }).inputValue(), `found/claims-key-of-bob-${seed}`);
      t.is(await page.getByRole('combobox', { name: 'conversation' }).inputValue(), 'annex');
      t.is(await page.getByRole('spinbutton', { name: 'seed' }).inputValue(), String(seed));
      t.regex(await page.locator('#viewer h1').innerText(), new RegExp(`, with the faults of seed ${seed}$`));
      await judged(page, 'failed');
      await page.locator('#viewer details.outcome summary').click();
      const outcome = await page.locator('#viewer details.outcome').innerText();
      t.true(outcome.includes(why), outcome);
      // The same faults at the same times: another run has another number of them.
      t.true(outcome.includes(`${events} events`), `${events}: ${outcome}`);
      await screenshot(page, 'found-run');
      await page.goBack();
      await page.locator('#found').waitFor();
    }
    t.deepEqual(complaints, []);
  },
);
