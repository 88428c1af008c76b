/** A real avahi on a host of the lab, with a D-Bus of its own, and a resolver that asks it for `.local` names. */
import { existsSync, readdirSync } from 'node:fs';
import type { Host } from './lab.ts';
import { until } from './until.ts';

export const avahiPrograms = ['avahi-daemon', 'dbus-daemon', 'getent'] as const;

/** The module by which the C library asks avahi is no program that could be looked for. */
export function resolverOfAvahi(): string | null {
  const libraries = ['/lib', '/usr/lib'].flatMap((top) => readdirSync(top).map((name) => `${top}/${name}`));
  const isThere = libraries.some((directory) => existsSync(`${directory}/libnss_mdns4_minimal.so.2`));
  return isThere ? null : 'needs libnss-mdns';
}

/** What lies in /run and the few files of /etc are the host's own: nothing of the machine hears or sees any of it. */
const script = `
set -e
mkdir -p /run/dbus /run/avahi-daemon
sed -i 's/^hosts:.*/hosts: files mdns4_minimal/' /run/etc/nsswitch.conf
cat /run/etc/nsswitch.conf > /etc/nsswitch.conf
printf '%s\\n' '[server]' 'allow-interfaces=eth0' '[publish]' 'publish-workstation=no' '[rlimits]' > /run/avahi.conf
dbus-daemon --system --fork --nopidfile
avahi-daemon --daemonize --no-chroot --no-rlimits -f /run/avahi.conf`;

/** Resolves when the host's own name is established. */
export async function startAvahi(host: Host): Promise<void> {
  await root(host, script);
  await until(`${host.hostName}.local to be established`, 40, async () =>
    (await resolved(host, `${host.hostName}.local`)).includes(host.address),
  );
}

/** Says farewell, so that nobody remembers the name. */
export async function stopAvahi(host: Host): Promise<void> {
  await root(host, 'avahi-daemon --kill -f /run/avahi.conf');
}

/** IPv4 addresses as any program of that host is told them. */
export async function resolved(host: Host, name: string): Promise<readonly string[]> {
  const { stdout } = await host.run(null, ['getent', 'ahostsv4', name]);
  return [...new Set(stdout.split('\n').flatMap((line) => line.split(/\s+/)[0] || []))];
}

async function root(host: Host, command: string): Promise<void> {
  const { code, stderr } = await host.run(null, ['sh', '-c', command]);
  if (code !== 0) throw new Error(`avahi on ${host.hostName}: ${stderr}`);
}
