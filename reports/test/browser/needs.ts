/** The browser that the tests ask for, and how it is said when it is not there. */
import { existsSync } from 'node:fs';

/** Debian's. No browser is ever downloaded. */
export const chromiumPath: string = process.env['LANPAIR_CHROMIUM'] ?? '/usr/bin/chromium';

/**
 * Why the tests in a browser are skipped, or null when they run. `LANPAIR_INTEROP` unset: they wait to be asked.
 * `try`: they run where they can. `required`: what cannot run is a failure.
 */
export function skipReason(): string | null {
  const wish = process.env['LANPAIR_INTEROP'] ?? '';
  if (wish === '') return 'run `npm run interop:browser`';
  if (existsSync(chromiumPath)) return null;
  const reason = `needs ${chromiumPath}: install chromium, or name another in LANPAIR_CHROMIUM`;
  if (wish !== 'required') return reason;
  throw new Error(`interop:browser is required here, but this machine ${reason}`);
}
