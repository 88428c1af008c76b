/** What a file of stories about the viewer needs: one browser, and a page on the disk with the whole catalogue. */
import test, { type ExecutionContext } from 'ava';
import type { Browser } from 'playwright-core';
import { judged, openBrowser, type Visit, visit } from './browser.ts';
import { reason } from './needs.ts';
import { catalogue, pageOnDisk } from './page.ts';

type Scheme = 'light' | 'dark';

export interface Stage {
  /** An address within the page, `#/run/...`; or a page of its own, by its whole address. */
  readonly go: (address: string, scheme?: Scheme) => Promise<Visit>;
  /** Opens a run, waits until it stands there and is judged. */
  readonly open: (hash: string, scheme?: Scheme) => Promise<Visit>;
}

/** Call once, at the top of a file: the browser is there before its stories, and goes after them. */
export function stage(): Stage {
  let browser: Browser;
  let url: string;
  if (reason === null) {
    test.before('a browser and a page', async () => {
      browser = await openBrowser();
      url = pageOnDisk(catalogue());
    });
    test.after.always(() => browser?.close());
  }
  const go: Stage['go'] = (address, scheme = 'light') =>
    visit(browser, address.startsWith('#') ? `${url}${address}` : address, scheme);
  return {
    go,
    open: async (hash, scheme) => {
      const opened = await go(hash, scheme);
      await opened.page.locator('#viewer .run').waitFor();
      await judged(opened.page);
      return opened;
    },
  };
}

/** Nothing was complained of, in the console or to the network. */
export async function close(t: ExecutionContext, { page, complaints }: Visit): Promise<void> {
  t.deepEqual(complaints, []);
  await page.close();
}
