/** What the tests with real programs need, and how it is said when something of it is not there. */
import { spawnSync } from 'node:child_process';

/** Of the lab itself. */
const programs = ['git', 'ip', 'iptables', 'nsenter', 'setpriv', 'ssh', 'ssh-keygen', 'sshd', 'unshare'];

export interface Needs {
  /** The npm script that runs these tests. */
  readonly script: string;
  /** Programs beyond the lab's own. */
  readonly programs: readonly string[];
  /** What else must hold; null when it does. */
  readonly also?: () => string | null;
}

/** Why these tests cannot run here, or null. */
function missing(needs: Needs): string | null {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const path = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  const wanted = [...programs, ...needs.programs];
  const absent = wanted.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`], { env: path }).status !== 0);
  if (absent.length > 0) return `needs ${absent.join(', ')}`;
  if (spawnSync('unshare', ['--net', '--mount', 'true']).status !== 0) return 'needs the right to make namespaces';
  return needs.also?.() ?? null;
}

/** git-annex took local pairing out in 10.20251215. */
export function annexThatPairs(): string | null {
  const { stdout } = spawnSync('git-annex', ['version'], { encoding: 'utf8' });
  return stdout.includes('Pairing') ? null : 'needs a git-annex that still has local pairing (until 10.20251215)';
}

/**
 * Why the tests with real programs are skipped, or null when they run. `LANPAIR_INTEROP` unset: they wait to be asked.
 * `try`: they run where they can. `required`: what cannot run is a failure.
 */
export function skipReason(needs: Needs): string | null {
  const wish = process.env['LANPAIR_INTEROP'] ?? '';
  if (wish === '') return `run \`npm run ${needs.script}\` as root`;
  const reason = missing(needs);
  if (reason === null || wish !== 'required') return reason;
  throw new Error(`${needs.script} is required here, but this machine ${reason}`);
}
