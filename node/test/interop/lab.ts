/**
 * A LAN of our own, or several: hosts that are each a set of Linux namespaces (net, uts, mount, pid, ipc), joined by bridges
 * in a further one. A host has its own users, home directories, /etc/passwd, /etc/ssh, host name, sshd and an interface eth0.
 *
 * Nothing of the machine is touched, and nothing has to be cleaned up: every file of a host lies on a tmpfs of its mount
 * namespace, and a host lives only as long as its first process, which reads from a pipe that this process holds. When
 * the pipe closes, for whatever reason, a kill -9 of this process included, the kernel takes the whole host away.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface HostPlan {
  readonly hostName: string;
  /** IPv4 address in 10.86.0.0/24; empty: it has IPv6 alone, a link-local address of the kernel's making. */
  readonly address: string;
  readonly users: readonly string[];
  /** Interfaces beside eth0. */
  readonly cards?: readonly Card[];
  /** The segment of eth0; `lan` if nothing is said. */
  readonly segment?: string;
}

/** A further interface of a host. */
export interface Card {
  readonly name: string;
  /** Who is on the same segment hears one another, and nobody else does. Null: there is nobody, as behind docker0. */
  readonly segment: string | null;
  /** With its prefix; empty: none but what the kernel makes. */
  readonly address: string;
}

/** A program's end. A failing exit is a result here, not an error. */
export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Host extends HostPlan {
  /** Runs a program to its end as this user, in his home directory; `null` is root in /. */
  run(user: string | null, argv: readonly string[], input?: string): Promise<Result>;
  /** As `run`, but gives the process: end it through its standard input or with `kill`. */
  spawn(user: string | null, argv: readonly string[]): ChildProcessWithoutNullStreams;
  /** Text of a file of this host; empty where there is none. */
  read(path: string): string;
  /** Names in a directory of this host; none where there is none. */
  list(path: string): readonly string[];
  /** How many UDP sockets of this host are bound to a port. */
  listeners(port: number): number;
}

export interface Lab {
  host(plan: HostPlan): Promise<Host>;
  close(): Promise<void>;
}

/** Where a host finds this project and this Node, whatever their place on the machine. */
export const inside = { cli: '/run/lanpair/dist/cli.js', node: '/run/node/node', dist: '/run/lanpair/dist' } as const;

/** First process of the namespace of the bridges. */
const bridgeScript = `
echo ready
read -r _ || true`;

/** First process of a host. Arguments: host name, project, Node, then the users. */
const hostScript = `
set -e
host=$1 project=$2 node=$3; shift 3
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lanpair /run/node /run/sshd /run/etc/ssh
mount --bind "$project" /run/lanpair
touch /run/node/node; mount --bind "$node" /run/node/node
for d in /home /tmp /var/tmp; do mount -t tmpfs -o mode=1777 tmpfs $d; done
chmod 755 /home
cp /etc/passwd /etc/group /etc/shadow /run/etc; chmod 640 /run/etc/shadow
id=20000
for user; do
  id=$((id + 1))
  echo "$user:x:$id:$id::/home/$user:/bin/bash" >> /run/etc/passwd
  echo "$user:x:$id:" >> /run/etc/group
  echo "$user:*:19000:0:99999:7:::" >> /run/etc/shadow
  mkdir -m 755 "/home/$user"
  printf '[user]\\n\\tname = %s\\n\\temail = %s@lab.invalid\\n[init]\\n\\tdefaultBranch = main\\n' "$user" "$user" > "/home/$user/.gitconfig"
  chown -R $id:$id "/home/$user"
done
printf '127.0.0.1 localhost\\n' > /run/etc/hosts
printf 'hosts: files\\npasswd: files\\ngroup: files\\nshadow: files\\nservices: files\\nprotocols: files\\n' > /run/etc/nsswitch.conf
: > /run/etc/resolv.conf
for f in passwd group shadow hosts nsswitch.conf resolv.conf ssh; do mount --bind /run/etc/$f /etc/$f; done
printf %s "$host" > /proc/sys/kernel/hostname
ip link set lo up
# Nobody else can have an address here, so it need not be asked for: until that is done none of IPv6 can be bound.
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
printf '%s\\n' 'Port 22' 'UsePAM no' 'PasswordAuthentication no' 'PidFile none' 'UseDNS no' > /etc/ssh/sshd_config
$(command -v sshd || echo /usr/sbin/sshd) -E /run/sshd.log
echo ready
read -r _ || true`;

/** Opens an empty lab. Needs root, and `unshare`, `nsenter`, `setpriv`, `ip`, `sshd`, `ssh-keygen`. */
export async function openLab(project: string): Promise<Lab> {
  const bridge = await hold(['--net', '--fork', '--kill-child'], bridgeScript, []);
  const held = [bridge];
  const plug = makeSwitch(bridge.pid);
  return {
    host: async (plan) => {
      const spaces = ['--net', '--uts', '--mount', '--pid', '--ipc', '--fork', '--kill-child', '--mount-proc'];
      const holder = await hold(spaces, hostScript, [plan.hostName, project, process.execPath, ...plan.users]);
      held.push(holder);
      const { address, segment = 'lan', cards = [] } = plan;
      await plug(holder.pid, { name: 'eth0', segment, address: address === '' ? '' : `${address}/24` });
      for (const card of cards) await plug(holder.pid, card);
      // git-annex joins the group on the default multicast interface: without a route, joining fails.
      if (address !== '') await ipIn(holder.pid, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0');
      return hostOf(plan, holder.pid);
    },
    close: async () => {
      await Promise.all(held.map((holder) => holder.release()));
    },
  };
}

/** One bridge for each segment, made when somebody is first on it. */
function makeSwitch(pid: number): (host: number, card: Card) => Promise<void> {
  const segments = new Map<string, Promise<string>>();
  let ports = 0;
  const bridgeOf = (segment: string): Promise<string> => {
    const made = segments.get(segment) ?? addBridge(pid, `br${segments.size}`);
    segments.set(segment, made);
    return made;
  };
  return async (host, { name, segment, address }) => {
    const port = `p${ports++}`;
    const bridge = await bridgeOf(segment ?? `nobody but ${port}`);
    await ipIn(pid, 'link', 'add', port, 'type', 'veth', 'peer', 'name', name, 'netns', `${host}`);
    await ipIn(pid, 'link', 'set', port, 'master', bridge, 'up');
    if (address !== '')
      await ipIn(host, 'addr', 'add', address, ...(address.includes(':') ? [] : ['brd', '+']), 'dev', name);
    await ipIn(host, 'link', 'set', name, 'multicast', 'on', 'up');
  };
}

async function addBridge(pid: number, name: string): Promise<string> {
  await ipIn(pid, 'link', 'add', name, 'type', 'bridge', 'mcast_snooping', '0');
  await ipIn(pid, 'link', 'set', name, 'up');
  return name;
}

/** `ip` in the network namespace of that process. */
function ipIn(pid: number, ...words: readonly string[]): Promise<void> {
  return must('nsenter', ['-t', `${pid}`, '-n', '--', 'ip', ...words]);
}

function hostOf(plan: HostPlan, pid: number): Host {
  const start = (user: string | null, argv: readonly string[]): ChildProcessWithoutNullStreams =>
    spawn('nsenter', ['-t', `${pid}`, '-n', '-u', '-m', '-p', '-i', '--', ...asUser(user, argv)]);
  return {
    ...plan,
    spawn: start,
    run: (user, argv, input = '') => finish(start(user, argv), input),
    read: (path) => {
      try {
        return readFileSync(`/proc/${pid}/root${path}`, 'utf8');
      } catch {
        return '';
      }
    },
    list: (path) => {
      try {
        return readdirSync(`/proc/${pid}/root${path}`).sort();
      } catch {
        return [];
      }
    },
    listeners: (port) => {
      const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
      const rows = readFileSync(`/proc/${pid}/net/udp`, 'utf8').split('\n');
      return rows.filter((row) => row.trim().split(/\s+/)[1]?.endsWith(local)).length;
    },
  };
}

/** The same clean environment for everybody: UTF-8, and nothing of ours. */
function asUser(user: string | null, argv: readonly string[]): readonly string[] {
  const language = ['LANG=C.UTF-8', 'LC_ALL=C.UTF-8', 'PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'];
  if (user === null) return ['env', '-i', ...language, ...argv];
  const become = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--reset-env'];
  const known = [`USER=${user}`, `LOGNAME=${user}`, `HOME=/home/${user}`];
  return [...become, 'env', '-C', `/home/${user}`, ...language, ...known, ...argv];
}

interface Holder {
  /** The first process of the namespaces, as the machine numbers it. */
  readonly pid: number;
  release(): Promise<void>;
}

/** Starts a script as the first process of new namespaces, and waits until it says that it is ready. */
async function hold(spaces: readonly string[], script: string, args: readonly string[]): Promise<Holder> {
  const child = spawn('unshare', [...spaces, 'bash', '-c', script, 'lab', ...args]);
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  await new Promise<void>((ready, failed) => {
    child.stdout.once('data', () => ready());
    child.once('error', failed);
    child.once('close', () => failed(new Error(`the lab could not make its namespaces: ${said.trim()}`)));
  });
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  return {
    pid: Number(children[0]),
    release: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/** Longest that any single program of the lab may take, in ms. */
const programMs = 60_000;

function finish(child: ChildProcessWithoutNullStreams, input: string): Promise<Result> {
  return new Promise((done, failed) => {
    const limit = setTimeout(() => child.kill('SIGKILL'), programMs);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => {
      stdout += text.toString();
    });
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
    });
    child.once('error', failed);
    child.once('close', (code) => {
      clearTimeout(limit);
      done({ code: code ?? -1, stdout, stderr });
    });
    child.stdin.on('error', () => undefined); // It may end before it has read everything: its own affair.
    child.stdin.end(input);
  });
}

function must(file: string, args: readonly string[]): Promise<void> {
  return new Promise((done, failed) => {
    execFile(file, args, (error, _, stderr) =>
      error === null ? done() : failed(new Error(`${error.message}: ${stderr}`)),
    );
  });
}
