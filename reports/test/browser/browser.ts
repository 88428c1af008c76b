/** A real browser that opens pages from the disk, and tells of everything that a page should not do. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { chromiumPath } from './needs.ts';

const screens = join(dirname(fileURLToPath(import.meta.url)), '../../../../reports/out/screens');

export interface Visit {
  readonly page: Page;
  /** Requests beyond the page's own file, errors, and everything on the console: must stay empty. */
  readonly complaints: readonly string[];
}

export async function openBrowser(): Promise<Browser> {
  // The tests may run as root, for whom chromium has no sandbox; the page is our own.
  return await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] });
}

export async function visit(browser: Browser, url: string, scheme: 'light' | 'dark' = 'light'): Promise<Visit> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: scheme });
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  const [file] = url.split('#');
  page.on('request', (request) => {
    // What the page makes itself it may use: its worker.
    if (request.url().split('#')[0] !== file && !request.url().startsWith('blob:'))
      complaints.push(`request: ${request.url()}`);
  });
  page.on('console', (message) => complaints.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.stack ?? error.message}`));
  await page.goto(url);
  return { page, complaints };
}

/** A picture to be looked at, in reports/out/screens. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(screens, { recursive: true });
  await page.screenshot({ path: join(screens, `${name}.png`) });
}

/** What a screen reader is told of the moment at the cursor. */
export async function told(page: Page): Promise<string> {
  await drawn(page);
  return (await page.locator('#viewer [role=status]').textContent()) ?? '';
}

export async function stepIn(page: Page): Promise<number> {
  await drawn(page);
  return Number(/step=(\d+)/.exec(await page.evaluate('location.hash'))?.[1]);
}

/** What is read beside the diagram is that of what was picked last. */
export async function details(page: Page): Promise<string> {
  await drawn(page);
  return (await page.locator('#viewer .details').textContent()) ?? '';
}

/**
 * Waits for a verdict with these words. Where the machine is so busy that a run took its seconds, the oracles look only when they
 * are asked to.
 */
export async function judged(page: Page, words: string | RegExp = ''): Promise<void> {
  const outcome = page.locator('#viewer details.outcome', { hasText: words });
  const ask = page.getByRole('button', { name: 'Ask the oracles' });
  await outcome.or(ask).first().waitFor();
  if (await ask.isVisible()) await ask.click();
  await outcome.waitFor();
}

export async function press(page: Page, key: string, times: number = 1): Promise<void> {
  for (let n = 0; n < times; n++) await page.keyboard.press(key);
  await drawn(page);
}

/** Two frames later all that was asked for is on the screen, and what is read beside it when it has come after. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate('new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))');
  await page.locator('#viewer .details[aria-busy=true]').waitFor({ state: 'detached' });
}
