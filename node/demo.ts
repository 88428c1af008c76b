/**
 * `lanpair demo`, which `npm start` runs: the whole catalogue in the simulator, with a report of it, then for each conversation two
 * processes on this machine's own multicast, each under a throw-away home. It looks at what is on the disk
 * afterwards rather than at what was said, and fails if anything did.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { printable } from '../protocol/display.ts';
import { Complaint, type ExitCode, exitCode } from './complaint.ts';
import { elapsed } from './narrator.ts';
import { stayingNote } from './pair.ts';
import { type PairingName, pairingNames } from './pairing-names.ts';
import { newPhrase } from './phrases.ts';
import { placesOf } from './places.ts';
import { ownProgram } from './program.ts';

/** Each of the two gives up after this; pairing takes about four seconds. */
const windowS = 45;
/** Beyond the window and what follows it: something hangs. */
const nodeMaxMs = 90_000;
const simulatorMaxMs = 600_000;
/** For annex seven words of 2,048: the 77 bits that git-annex's conversation needs. */
const phrases: Readonly<Record<PairingName, () => string>> = {
  lp1: newPhrase,
  annex: () => Array.from({ length: 7 }, () => wordlist[randomInt(wordlist.length)]).join(' '),
};

/** One of the two. */
interface Machine {
  readonly name: string;
  readonly home: string;
}

interface Row {
  readonly conversation: PairingName;
  readonly name: string;
  readonly outcome: string;
  readonly tookMs: number;
  readonly key: boolean;
  readonly record: boolean;
  readonly forgotten: boolean;
}

export async function demo(options: { readonly simulator: boolean }): Promise<ExitCode> {
  const simulated = options.simulator ? await simulate() : 0;
  const loopback = loopbackName();
  say(`\n2  Two lanpairs for each conversation, on this machine's own multicast (${loopback}):   lanpair pair\n`);
  const rows = (await Promise.all(pairingNames.map((name) => pairTwo(name, loopback)))).flat();
  say(`\n${table(rows)}`);
  const isGood = rows.every(
    ({ outcome, key, record, forgotten }) => outcome === 'paired' && key && record && forgotten,
  );
  say('');
  if (options.simulator)
    say(`simulator   ${simulated === 0 ? 'every scenario came out as stated' : 'FAILED: see above'}`);
  say(`real nodes  ${isGood ? 'paired, and taken back again' : 'FAILED: see above'}`);
  if (simulated === 0 && isGood) return exitCode.done;
  say(
    `Next: ${simulated === 0 ? 'lanpair pair --json --iface NAME shows every event' : 'lanpair sim run --json names each run that failed'}`,
  );
  return exitCode.failed;
}

async function simulate(): Promise<number> {
  say('1  Every scenario in the simulator, in virtual time:   lanpair report\n');
  const child = spawn(...commandOf(['report', '--brief', '--figures', '0']), {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return ended(child, simulatorMaxMs);
}

async function pairTwo(conversation: PairingName, loopback: string): Promise<readonly Row[]> {
  const directory = await mkdtemp(join(tmpdir(), 'lanpair-demo-'));
  try {
    const machines = ['alice', 'bob'].map((name) => ({ name, home: join(directory, name) }));
    for (const { home } of machines) await mkdir(join(home, 'annex', '.git'), { recursive: true });
    // A port of the demo's own: a git-annex or lanpair on this machine shall not hear it.
    const port = randomInt(49_152, 65_536);
    const paired = await pairAll(conversation, machines, ['--iface', loopback, '--port', String(port)]);
    const rows: Row[] = [];
    for (const machine of machines) {
      const other = machines.find(({ name }) => name !== machine.name) ?? machine;
      const found = look(machine.home, other.home);
      const { outcome = 'nothing', tookMs = 0 } = paired.get(machine.name) ?? {};
      const forgotten = found.record !== null && (await forget(machine.home, found.record));
      rows.push({
        conversation,
        name: machine.name,
        outcome,
        tookMs,
        key: found.key,
        record: found.record !== null,
        forgotten,
      });
    }
    return rows;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Outcome {
  readonly outcome: string;
  readonly tookMs: number;
}

/**
 * Both at once, the phrase through a pipe. In annex the second one types it when it has seen who asks, as people would; in
 * lp1 nobody is seen before the phrase is proven, so both have it at once. Ends when both have ended.
 */
async function pairAll(
  conversation: PairingName,
  machines: readonly Machine[],
  where: readonly string[],
): Promise<ReadonlyMap<string, Outcome>> {
  const phrase = phrases[conversation]();
  const outcomes = new Map<string, Outcome>();
  const lingering: ChildProcess[] = [];
  const finishEarly = (): void => {
    // One of the two stays some seconds in case the other must hear it again. Here we know that it need not. The
    // other one is ending by itself, and a signal at that moment could change its exit code.
    if (outcomes.size === machines.length) for (const child of lingering) child.kill('SIGINT');
  };
  const endings = machines.map(({ name, home }) => {
    const parameters = `pair --protocol ${conversation} --json --phrase-fd 3 --dir annex --timeout ${windowS}s --host-name ${name}-host --user-name ${name}`;
    const child = spawn(...commandOf([...parameters.split(' '), ...where]), {
      cwd: home,
      env: environmentOf(home),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const who = `${conversation.padEnd(6)} ${name.padEnd(6)}`;
    const pipe = child.stdio[3];
    // One that ends without reading its phrase resets the pipe; its own message says why.
    pipe?.on('error', () => undefined);
    const type = (): void => {
      if (pipe !== null && pipe !== undefined && 'end' in pipe && !pipe.writableEnded) pipe.end(`${phrase}\n`);
    };
    if (conversation === 'lp1' || name === machines[0]?.name) type();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => say(`   ${who} ${text.trimEnd()}`));
    onLines(child, (line) => {
      const told = JSON.parse(line) as Readonly<Record<string, unknown>>;
      const text = sentenceOf(told);
      if (text !== null) say(`   ${elapsed(Number(told['atMs']))}  ${who} ${text}`);
      if (told['event'] === 'request') type();
      if (told['event'] === 'paired') outcomes.set(name, { outcome: 'paired', tookMs: Number(told['atMs']) });
      else if (told['text'] === stayingNote) lingering.push(child);
      else return;
      finishEarly();
    });
    return ended(child, nodeMaxMs).then((code) => {
      if (code !== 0) outcomes.set(name, { outcome: `exit code ${code}`, tookMs: 0 });
    });
  });
  await Promise.all(endings);
  return outcomes;
}

/** What is on the disk of one that paired: the other's own key in authorized_keys, and a record. */
function look(home: string, otherHome: string): { readonly key: boolean; readonly record: string | null } {
  const { ssh, peers } = placesOf({ HOME: home });
  const names = existsSync(peers) ? readdirSync(peers) : [];
  const record = names.length === 1 ? (names[0]?.replace(/\.json$/, '') ?? null) : null;
  const file = join(ssh, 'authorized_keys');
  const lines = existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
  const publicKey = `${placesOf({ HOME: otherHome }).key}.pub`;
  const otherKey = existsSync(publicKey) ? readFileSync(publicKey, 'utf8').split(' ').slice(0, 2).join(' ') : null;
  const isOnly = lines.length === 1 && otherKey !== null && record !== null;
  return { key: isOnly && lines[0]?.endsWith(`" ${otherKey} lanpair:${record}`) === true, record };
}

/** lp1 keeps what the peer has not heard of; the other one of the two is gone, so that is given up by a second word. */
async function forget(home: string, record: string, isAgain = false): Promise<boolean> {
  const child = spawn(...commandOf(['peers', 'forget', record, '--json']), {
    env: environmentOf(home),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await ended(child, nodeMaxMs);
  const { ssh, peers } = placesOf({ HOME: home });
  if (code === 0 && !isAgain && readdirSync(peers).length > 0) return forget(home, record, true);
  return code === 0 && readFileSync(join(ssh, 'authorized_keys'), 'utf8') === '' && readdirSync(peers).length === 0;
}

function sentenceOf(told: Readonly<Record<string, unknown>>): string | null {
  const { event, peer, role, text, detail } = told;
  const who = nameIn(peer);
  if (event === 'request') return `${who} asks to pair (not proven)`;
  if (event === 'seeking') return role === 'listening' ? null : `${role === 'asking' ? 'looking' : 'answering'} ...`;
  if (event === 'proven') return `phrase proven by ${who}; storing and installing its key`;
  if (event === 'paired') return `paired with ${who}`;
  if (event === 'address') return `reach it as ${printable(String(told['host']))}`;
  if (event === 'alarm' || event === 'trouble') return `${event}: ${printable(String(detail ?? told['reason']), 400)}`;
  if (event === 'result') return detail === '' ? null : printable(String(detail), 400);
  return event === 'note' ? printable(String(text).replaceAll('\n', ' '), 400) : null;
}

function nameIn(peer: unknown): string {
  if (typeof peer !== 'object' || peer === null || !('userName' in peer) || !('hostName' in peer)) return 'somebody';
  return printable(`${String(peer.userName)}@${String(peer.hostName)}`, 80);
}

function table(rows: readonly Row[]): string {
  const mark = (is: boolean): string => (is ? 'yes' : 'NO');
  const cells = [
    ['', '', 'outcome', 'after', 'key of the other installed', 'record', 'forgotten again'],
    ...rows.map(({ conversation, name, outcome, tookMs, key, record, forgotten }) => [
      conversation,
      name,
      outcome,
      `${(tookMs / 1000).toFixed(1)} s`,
      mark(key),
      mark(record),
      mark(forgotten),
    ]),
  ];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  return cells
    .map(
      (row) =>
        `   ${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}`,
    )
    .join('\n');
}

function commandOf(parameters: readonly string[]): [string, string[]] {
  const [node = process.execPath, ...program] = ownProgram;
  return [node, [...program, ...parameters]];
}

/** Nothing of the person's own home, keys or agent reaches the two. */
function environmentOf(home: string): NodeJS.ProcessEnv {
  const { PATH, NODE_V8_COVERAGE } = process.env;
  return { PATH, HOME: home, ...(NODE_V8_COVERAGE === undefined ? {} : { NODE_V8_COVERAGE }) };
}

function loopbackName(): string {
  const found = Object.entries(networkInterfaces()).find(([, infos]) => infos?.some(({ internal }) => internal));
  if (found !== undefined) return found[0];
  throw new Complaint(
    'This machine has no loopback interface that is up, and the two nodes need one.',
    'Next: bring it up (`ip link set lo up`), or run `lanpair sim run` alone.',
    exitCode.unavailable,
  );
}

/** The exit code; ended by force when it takes longer than `maxMs`. */
async function ended(child: ChildProcess, maxMs: number): Promise<number> {
  const timeout = setTimeout(() => child.kill('SIGKILL'), maxMs);
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? exitCode.failed));
    });
  } finally {
    clearTimeout(timeout);
    process.off('exit', kill);
  }
}

function onLines(child: ChildProcess, hear: (line: string) => void): void {
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{')) hear(line);
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
