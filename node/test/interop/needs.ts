/** What the tests with real programs need, and how it is said when something of it is not there. */
import { spawnSync } from 'node:child_process';

const programs = ['git', 'git-annex', 'ip', 'iptables', 'nsenter', 'setpriv', 'ssh', 'ssh-keygen', 'sshd', 'unshare'];

/** Why these tests cannot run here, or null. */
function missing(): string | null {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const path = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  const absent = programs.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`], { env: path }).status !== 0);
  if (absent.length > 0) return `needs ${absent.join(', ')}`;
  if (!spawnSync('git-annex', ['version'], { encoding: 'utf8' }).stdout.includes('Pairing')) {
    return 'needs a git-annex that still has local pairing (until 10.20251215)';
  }
  if (spawnSync('unshare', ['--net', '--mount', 'true']).status !== 0) return 'needs the right to make namespaces';
  return null;
}

/**
 * Why the tests with real programs are skipped, or null when they run. `LANPAIR_INTEROP` unset: they wait to be asked.
 * `try`: they run where they can. `required`: what cannot run is a failure.
 */
export function skipReason(): string | null {
  const wish = process.env['LANPAIR_INTEROP'] ?? '';
  if (wish === '') return 'run `npm run interop:git-annex` as root';
  const reason = missing();
  if (reason === null || wish !== 'required') return reason;
  throw new Error(`the tests with a real git-annex are required here, but this machine ${reason}`);
}
