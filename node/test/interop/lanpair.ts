/** `lanpair pair` on a host of the lab, used as a script would: phrase on a descriptor, JSON events out. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { type Host, inside, type Result } from './lab.ts';
import { until } from './until.ts';

/** One line of `--json`. What else it holds depends on the event. */
export interface Event {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** When the test heard it, by its own clock. */
export interface Heard extends Event {
  readonly heardMs: number;
}

export interface Pairing {
  /** What it has said until now. */
  readonly events: readonly Heard[];
  /** Waits for the first event of that name. */
  event(name: string): Promise<Heard>;
  /** Gives it the phrase, if it has none yet. */
  type(phrase: string): void;
  /** To the program itself, not to what brought it into its namespaces. */
  signal(name: 'SIGINT' | 'SIGKILL'): void;
  /** What it has used until now; nothing when it has ended. */
  usage(): Usage;
  /** Its end, with the code -1 when it was killed; fails when it does not come in time. */
  end(): Promise<Result>;
}

export interface Usage {
  readonly cpuMs: number;
  /** Most memory that it ever held at once. */
  readonly peakMiB: number;
}

/** Where lanpair keeps the key that it makes for itself. */
export const keyFile = (user: string): string => `/home/${user}/.local/state/lanpair/id_ed25519`;

/** The repository of the person at our side, so that there is something to reach. */
export async function makeRepository(
  host: Host,
  user: string,
  directory: string,
  kind: 'git' | 'annex',
): Promise<void> {
  const make = `mkdir -p "$1" && cd "$1" && git init -q ${kind === 'annex' ? '&& git annex init -q' : ''}`;
  const made = await host.run(user, ['sh', '-c', make, 'sh', directory]);
  if (made.code !== 0) throw new Error(`git init: ${made.stderr}`);
}

export interface How {
  readonly directory: string;
  /** Null: typed later. */
  readonly phrase: string | null;
  /** When it gives up; three minutes if nothing is said: machines that run tests are slow at times. */
  readonly seconds?: number;
  /** Options of Node's own. */
  readonly node?: readonly string[];
  /** Further options of `lanpair pair`. */
  readonly more: readonly string[];
}

export function startPair(
  host: Host,
  user: string,
  { directory, phrase, seconds = 180, node = [], more }: How,
): Pairing {
  const how = ['--json', '--phrase-fd', '0', '--dir', directory, '--timeout', `${seconds}s`, ...more];
  const child = host.spawn(user, [inside.node, ...node, inside.cli, 'pair', ...how]);
  const events: Heard[] = [];
  let stdout = '';
  let stderr = '';
  let ended: Result | null = null;
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout += `${line}\n`;
    if (line.startsWith('{')) events.push({ ...(JSON.parse(line) as Event), heardMs: performance.now() });
  });
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  child.once('close', (code) => {
    ended = { code: code ?? -1, stdout, stderr };
  });
  child.stdin.on('error', () => undefined);
  const type = (text: string): void => void child.stdin.end(`${text}\n`);
  if (phrase !== null) type(phrase);

  const said = (): string => `\nlanpair said:\n${stdout}${stderr}`;
  return {
    events,
    event: async (name) => {
      const look = (): Heard | null => events.find(({ event }) => event === name) ?? null;
      const heard = await until(`lanpair to say ${name}`, 180, () => look() ?? (ended === null ? null : 'ended'));
      const found = heard === 'ended' ? look() : heard;
      if (found === null) throw new Error(`lanpair ended without saying ${name}${said()}`);
      return found;
    },
    type,
    signal: (name) => signalInner(child.pid, name),
    usage: () => usageOf(innerOf(child.pid)[0]),
    end: () =>
      until('lanpair to end', 200, () => ended).catch((error: unknown) => {
        throw new Error(`${String(error)}${said()}`);
      }),
  };
}

/** nsenter waits for the program, for only a child can be in another PID namespace. None when it has ended. */
function innerOf(nsenter: number | undefined): readonly number[] {
  try {
    const children = readFileSync(`/proc/${nsenter}/task/${nsenter}/children`, 'utf8').trim().split(' ');
    return children.filter((text) => text !== '').map(Number);
  } catch (error) {
    if (!isGone(error)) throw error;
    return [];
  }
}

function signalInner(nsenter: number | undefined, name: 'SIGINT' | 'SIGKILL'): void {
  try {
    for (const pid of innerOf(nsenter)) process.kill(pid, name);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

const isGone = (error: unknown): boolean => ['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code));

function usageOf(pid: number | undefined): Usage {
  if (pid === undefined) return { cpuMs: 0, peakMiB: 0 };
  // After the name in parentheses: `utime` and `stime` are fields 14 and 15, in hundredths of a second.
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [, peak = '0'] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return { cpuMs: 10 * (Number(fields[11]) + Number(fields[12])), peakMiB: Math.round(Number(peak) / 1024) };
}

/** Both say that they are paired, and nothing else that a person would have to read; then they are sent home. */
export async function bothPaired(t: ExecutionContext, pairings: readonly Pairing[]): Promise<void> {
  await Promise.all(pairings.map((pairing) => pairing.event('paired')));
  for (const pairing of pairings) {
    // One of them stays a little for the other's sake; here we know that it need not.
    pairing.signal('SIGINT');
    const { code, stdout, stderr } = await pairing.end();
    t.is(code, 0, stdout + stderr);
    const isTrouble = ({ event }: Event): boolean => event === 'trouble' || event === 'alarm';
    t.deepEqual(pairing.events.filter(isTrouble), []);
  }
}

/** `lanpair serve`, until the test is over. Resolves when it answers; the function says what it has said. */
export async function startServe(t: ExecutionContext, host: Host, user: string): Promise<() => string> {
  const child = host.spawn(user, [inside.node, inside.cli, 'serve', '--json']);
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  t.teardown(() => {
    signalInner(child.pid, 'SIGINT');
    return ended;
  });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      told += text.toString();
    });
  }
  await until(`${host.hostName} to serve`, 60, () => told.includes('"serving"')).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${told}`);
  });
  return () => told;
}
