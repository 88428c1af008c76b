/** `lanpair pair --protocol annex` on a host of the lab, used as a script would: phrase on a descriptor, JSON events out. */
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
  /** Its end; fails when it does not come within a minute. */
  end(): Promise<Result>;
}

/** Where lanpair keeps the key that it makes for itself. */
export const keyFile = (user: string): string => `/home/${user}/.local/state/lanpair/id_ed25519`;

/** The repository of the person at our side, so that there is something to reach. */
export async function makeRepository(host: Host, user: string, directory: string): Promise<void> {
  const made = await host.run(user, [
    'sh',
    '-c',
    'mkdir -p "$1" && cd "$1" && git init -q && git annex init -q',
    'sh',
    directory,
  ]);
  if (made.code !== 0) throw new Error(`git annex init: ${made.stderr}`);
}

export function startPair(host: Host, user: string, directory: string, phrase: string): Pairing {
  const how = ['--protocol', 'annex', '--json', '--phrase-fd', '0', '--dir', directory, '--timeout', '1m'];
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
  child.stdin.end(`${phrase}\n`);

  const said = (): string => `\nlanpair said:\n${stdout}${stderr}`;
  return {
    events,
    event: async (name) => {
      const look = (): Event | null => events.find(({ event }) => event === name) ?? null;
      const heard = await until(`lanpair to say ${name}`, 60, () => look() ?? (ended === null ? null : 'ended'));
      const found = heard === 'ended' ? look() : heard;
      if (found === null) throw new Error(`lanpair ended without saying ${name}${said()}`);
      return found;
    },
    end: () =>
      until('lanpair to end', 70, () => ended).catch((error: unknown) => {
        throw new Error(`${String(error)}${said()}`);
      }),
  };
}
