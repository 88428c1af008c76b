/** `lanpair pair` on a host of the lab, used as a script would: phrase on a descriptor, JSON events out. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Host, inside, type Result } from './lab.ts';
import { until } from './until.ts';

/** One line of `--json`. What else it holds depends on the event. */
export interface Event {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface Pairing {
  /** What it has said until now. */
  readonly events: readonly Event[];
  /** Waits for the first event of that name. */
  event(name: string): Promise<Event>;
  /** Gives it the phrase, if it has none yet. */
  type(phrase: string): void;
  /** To the program itself, not to what brought it into its namespaces. */
  signal(name: 'SIGINT' | 'SIGKILL'): void;
  /** Its end, with the code -1 when it was killed; fails when it does not come in time. */
  end(): Promise<Result>;
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
  /** Further options of `lanpair pair`. */
  readonly more: readonly string[];
}

export function startPair(host: Host, user: string, { directory, phrase, seconds = 180, more }: How): Pairing {
  const how = ['--json', '--phrase-fd', '0', '--dir', directory, '--timeout', `${seconds}s`, ...more];
  const child = host.spawn(user, [inside.node, inside.cli, 'pair', ...how]);
  const events: Event[] = [];
  let stdout = '';
  let stderr = '';
  let ended: Result | null = null;
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout += `${line}\n`;
    if (line.startsWith('{')) events.push(JSON.parse(line) as Event);
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
      const look = (): Event | null => events.find(({ event }) => event === name) ?? null;
      const heard = await until(`lanpair to say ${name}`, 180, () => look() ?? (ended === null ? null : 'ended'));
      const found = heard === 'ended' ? look() : heard;
      if (found === null) throw new Error(`lanpair ended without saying ${name}${said()}`);
      return found;
    },
    type,
    signal: (name) => signalInner(child.pid, name),
    end: () =>
      until('lanpair to end', 200, () => ended).catch((error: unknown) => {
        throw new Error(`${String(error)}${said()}`);
      }),
  };
}

/** nsenter waits for the program, for only a child can be in another PID namespace. One that has ended gets no signal. */
function signalInner(nsenter: number | undefined, name: 'SIGINT' | 'SIGKILL'): void {
  try {
    const children = readFileSync(`/proc/${nsenter}/task/${nsenter}/children`, 'utf8').trim().split(' ');
    for (const pid of children.filter((text) => text !== '')) process.kill(Number(pid), name);
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}
