/** The browser that the tests ask for, and how it is said when it is not there. */
import { existsSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';

/** Debian's. No browser is ever downloaded. */
export const chromiumPath: string = process.env['LANPAIR_CHROMIUM'] ?? '/usr/bin/chromium';

/**
 * Why the tests in a browser are skipped, or null when they run. `LANPAIR_INTEROP` unset: they wait to be asked.
 * `try`: they run where they can. `required`: what cannot run is a failure.
 */
function skipReason(): string | null {
  const wish = process.env['LANPAIR_INTEROP'] ?? '';
  if (wish === '') return 'run `npm run interop:browser`';
  if (existsSync(chromiumPath)) return null;
  const reason = `needs ${chromiumPath}: install chromium, or name another in LANPAIR_CHROMIUM`;
  if (wish !== 'required') return reason;
  throw new Error(`interop:browser is required here, but this machine ${reason}`);
}

/** Null: there is a browser. */
export const reason: string | null = skipReason();

/** One test in the browser after the other; without a browser each is skipped, and says why. */
export function story(title: string, tell: (t: ExecutionContext) => Promise<void>): void {
  if (reason === null) test.serial(title, tell);
  else test.serial.skip(`${title} (skipped: ${reason})`, tell);
}
