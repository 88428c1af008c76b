/**
 * Network namespaces of a test's own, without root where the system lets anybody make them. Each lives as long as its first
 * process, which reads from a pipe that this process holds: when the test ends, however, the kernel takes them away.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { ExecutionContext } from 'ava';

export interface Namespace {
  /** What is to stand before a command line, so that it runs in there. */
  readonly enter: readonly string[];
  /** Runs a program in there, and gives what it printed; fails when it fails. */
  run(argv: readonly string[]): Promise<string>;
  /** Runs a line of shell in there, and gives what it printed; fails when it fails. */
  shell(line: string): Promise<string>;
  /** A cable from here to there; both ends are up, without any address that we gave them. */
  cable(here: string, other: Namespace, there: string): Promise<void>;
  readonly pid: number;
}

/** Why there can be none here, or null. */
export const noNamespaces: string | null = ((): string | null => {
  if (process.platform !== 'linux') return 'needs Linux';
  const tried = spawnSync('unshare', ['-rn', 'ip', 'link', 'set', 'lo', 'up'], { encoding: 'utf8' });
  if (tried.error !== undefined) return 'needs unshare (util-linux)';
  return tried.status === 0 ? null : `needs the right to make network namespaces, and ip: ${tried.stderr.trim()}`;
})();

/** Why what needs a program cannot be, or null. */
export function lacks(program: string): string | null {
  if (noNamespaces !== null) return noNamespaces;
  return spawnSync('sh', ['-c', `command -v ${program}`], { env }).status === 0 ? null : `needs ${program}`;
}

/** The system's own programs come first: packages of ours bring one that is called nft as well. */
const env = { ...process.env, PATH: `/usr/sbin:/usr/bin:/sbin:/bin:${process.env['PATH'] ?? ''}` };

/** The first is a user namespace as well; give it to those who are to be its neighbours. */
export async function openNamespace(t: ExecutionContext, first?: Namespace): Promise<Namespace> {
  const [file, ...words] = [...(first?.enter ?? []), 'unshare', first === undefined ? '-rn' : '-n'];
  const child = spawn(file, [...words, 'sh', '-c', 'ip link set lo up && echo $$ && read -r _']);
  const ended = once(child, 'close');
  t.teardown(() => {
    child.stdin.end();
    return ended;
  });
  const pid = Number(await firstLine(child));
  const enter = ['nsenter', '-t', `${pid}`, '-U', '--preserve-credentials', '-n', '--'];
  const runHere = (argv: readonly string[]): Promise<string> => run([...enter, ...argv]);
  const shell = (line: string): Promise<string> => runHere(['sh', '-ec', line]);
  return {
    enter,
    pid,
    run: runHere,
    shell,
    async cable(here, other, there): Promise<void> {
      await shell(`ip link add ${here} type veth peer name ${there} netns ${other.pid}; ip link set ${here} up`);
      await other.shell(`ip link set ${there} up`);
    },
  };
}

/** It is the process number: neither program on the way forks. */
function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => reject(new Error(`no namespace: ${said.trim()}`)));
    child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
  });
}

function run([file = '', ...words]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, words, { env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}: ${stderr}`));
    });
  });
}
