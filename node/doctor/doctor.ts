/**
 * `lanpair doctor`: can this machine pair, and be reached by ssh afterwards? It opens what pairing would open, looks at
 * what else that needs, and says in plain words what is wrong, why it matters and what to do. It changes nothing.
 */
import { networkInterfaces } from 'node:os';
import { printable } from '../../protocol/display.ts';
import type { ExitCode } from '../complaint.ts';
import { requireInterfaces, requirePeers, selectInterfaces } from '../interfaces.ts';
import { elapsed, jsonLine } from '../narrator.ts';
import { pairingNames } from '../pairing-names.ts';
import { pairings } from '../protocols.ts';
import { makeScreen, type Screen } from '../screen.ts';
import { type Diagnosis, diagnose } from './diagnosis.ts';
import { type Facts, type Firewall, firewallQuestions } from './facts.ts';
import { askNames } from './names.ts';
import { pathLines } from './path-lines.ts';
import { probe } from './probe.ts';
import { askSshd } from './sshd.ts';
import { ask } from './system.ts';

export interface DoctorOptions {
  readonly interfaces: readonly string[];
  /** Addresses of machines on which a doctor runs as well. */
  readonly peers: readonly string[];
  readonly forMs: number;
  readonly json: boolean;
  /** Stands in for the conversations' own ports, in tests: this one and the next. */
  readonly port: number | null;
}

export async function doctor(options: DoctorOptions): Promise<ExitCode> {
  const screen = makeScreen(process.stdout, process.env);
  try {
    const facts = await observe(options, screen);
    const diagnosis = diagnose(facts);
    if (options.json) tellProgram(facts, diagnosis);
    else tellPerson(screen, facts, diagnosis);
    return diagnosis.exitCode;
  } finally {
    screen.close();
  }
}

async function observe({ interfaces: named, peers, forMs, json, port }: DoctorOptions, screen: Screen): Promise<Facts> {
  const seen = networkInterfaces();
  const selection = { named, families: [4, 6] as const };
  // A misspelt name is the person's error; no network at all is a finding.
  const interfaces = named.length > 0 ? requireInterfaces(seen, selection) : selectInterfaces(seen, selection);
  requirePeers(seen, selection, peers);
  const where = interfaces.map(({ name }) => name).join(' and ');
  const startedMs = performance.now();
  if (!json && interfaces.length > 0) {
    screen.bottom(() => `listening on ${where}  ${elapsed(performance.now() - startedMs)} of ${elapsed(forMs)}`);
  }
  const uses = pairingNames.map((conversation, index) => {
    const { network } = pairings[conversation].protocol;
    return { conversation, use: port === null ? network : { ...network, port: port + index } };
  });
  // One address of each family is enough: sshd listens on all or is told on which.
  const addresses = interfaces.flatMap((each) => each.addresses.slice(0, 1).map(({ address }) => address));
  const [heard, sshd, firewall, names] = await Promise.all([
    probe({ seen, interfaces, uses, peers, forMs: interfaces.length === 0 ? 0 : forMs }),
    Promise.all(addresses.map(askSshd)),
    askFirewall(),
    askNames(),
  ]);
  screen.bottom(null);
  return { named, ...heard, sshd, firewall, names, heardForMs: forMs };
}

async function askFirewall(): Promise<Firewall> {
  const questions = Object.entries(firewallQuestions);
  const readings = questions.map(async ([name, [program, ...parameters]]) => [name, await ask(program, parameters)]);
  return Object.fromEntries(await Promise.all(readings)) as Firewall;
}

function tellProgram({ paths, sshd, firewall, names, peers }: Facts, { findings, ...result }: Diagnosis): void {
  const lines = [
    ...paths.map((path) => ({ event: 'path', ...path })),
    ...sshd.map((answer) => ({ event: 'sshd', ...answer })),
    ...peers.map((peer) => ({ event: 'peer', ...peer })),
    { event: 'names', ...names },
    // All that a firewall says would be too long, and is nobody's business.
    ...Object.entries(firewall).map(([question, { outcome }]) => ({ event: 'firewall', question, outcome })),
    ...findings.map((finding) => ({ event: 'finding', ...finding })),
    { event: 'result', ...result },
  ];
  process.stdout.write(lines.map((line) => `${jsonLine(line)}\n`).join(''));
}

function tellPerson(screen: Screen, { paths, sshd, names, peers }: Facts, { headline, findings }: Diagnosis): void {
  screen.line(screen.strong(`${printable(headline, 400)}.`));
  if (paths.length > 0) {
    screen.line('');
    for (const line of pathLines(paths, screen.columns)) screen.line(line);
  }
  for (const { address, answer, detail } of sshd) {
    screen.line(`  sshd at ${printable(address)}: ${answer === 'ssh' ? '' : 'no, '}${printable(detail)}`);
  }
  for (const { address, answered } of peers) {
    screen.line(`  ${printable(address)}: ${answered ? 'answers' : 'does not answer'}`);
  }
  const found = names.addresses.length === 0 ? `no, ${names.failed}` : names.addresses.join(', ');
  screen.line(`  ${printable(names.name)}: ${printable(found)}`);
  findings.forEach(({ level, what, why, next }, index) => {
    screen.line('');
    screen.line(
      `${index + 1}. ${level === 'note' ? 'Note: ' : ''}${printable(level === 'note' ? what : capital(what), 400)}.`,
    );
    screen.line(`   ${printable(why, 400)}`);
    if (next !== null) screen.line(`   Next: ${printable(next, 400)}`);
  });
}

function capital(text: string): string {
  // The name of an interface is written as it is.
  return /^(this|no|some|nobody|a) /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
