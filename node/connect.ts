/**
 * `lanpair connect PEER`: standard input and output to the ssh port of a paired machine, wherever it is now. For ssh's
 * ProxyCommand. Each address at which the peer proves itself is tried at once, whether or not there is a better one; where it was
 * last, only when nobody answers.
 * Who is at the other end is ssh's to judge, by the host key that came with the phrase.
 */
import { connect as dial, type Socket } from 'node:net';
import type { StoredRecord } from '../protocol/contract.ts';
import { printable } from '../protocol/display.ts';
import { locate } from '../protocol/index.ts';
import { Complaint, type ExitCode, exitCode } from './complaint.ts';
import { type Locating, lastAddresses, openLocating, recorded } from './locating.ts';
import { theOneToAsk } from './peers.ts';
import { type Places, placesIn, placesOf } from './places.ts';
import type { Recording } from './recording.ts';
import { field, loadRecords } from './records.ts';
import type { Session } from './session.ts';

export interface ConnectOptions extends Locating {
  readonly peer: string;
  /** Null: where every program of this person looks. */
  readonly state: string | null;
}

/** By then a machine on this network has been asked three times. */
const patienceMs = 2500;
const windowMs = 30_000;
const graceMs = 1500;

export async function connect(options: ConnectOptions): Promise<ExitCode> {
  const usual = placesOf(process.env);
  const places = options.state === null ? usual : placesIn(usual.home, options.state);
  const { records } = await loadRecords(places.peers);
  const record = theOneToAsk(records, options.peer);
  const last = lastAddresses(records, record);
  const socket = await recorded(options, (recording) => reach(options, { places, record, last, recording }));
  return through(socket);
}

interface Aim {
  readonly places: Places;
  readonly record: StoredRecord;
  /** Where it was last. */
  readonly last: readonly string[];
  readonly recording: Recording | null;
}

async function reach(options: ConnectOptions, { places, record, last, recording }: Aim): Promise<Socket> {
  const given = field(field(record.body, 'peer'), 'sshPort');
  // ssh knows it by the record.
  const called = field(field(record.body, 'peer'), 'hostName');
  const name = printable(typeof called === 'string' ? called : options.peer, 80);
  const race = makeRace(typeof given === 'number' ? given : 22, () => giveUpSoon());
  const say = (text: string): void => void process.stderr.write(`lanpair: ${text}\n`);
  let isAnswered = false;
  const guess = (why: string): void => {
    if (isAnswered || race.isOver || last.length === 0) return;
    say(`${why}; trying where it was last: ${last.map((address) => printable(address)).join(', ')}`);
    for (const address of last) race.run(address);
  };
  let soon: NodeJS.Timeout | undefined;
  /** It is there, and nobody takes the call: another of its addresses has this long to be proven, and to be better. */
  const giveUpSoon = (): void => {
    if (!isAnswered || race.isRunning) return;
    clearTimeout(soon);
    soon = setTimeout(() => {
      if (!race.isRunning) race.end();
    }, graceMs);
  };
  let session: Session | null = null;
  try {
    session = await openLocating(options, {
      places,
      windowMs,
      recording,
      // The name does not matter here, and to look it up would tell the network.
      resolve: (_, done) => done(null, []),
      watch: (state) => {
        for (const address of locate.provenNow(state, record.id)) {
          isAnswered = true;
          race.run(address);
        }
      },
      notify: (notice) => {
        if (notice.event !== 'address' || notice.record !== record.id || notice.stale === true) return;
        isAnswered = true;
        race.run(notice.host);
        giveUpSoon();
      },
    });
  } catch (thrown) {
    if (!(thrown instanceof Complaint)) throw thrown;
    guess(`${name} cannot be asked for (${thrown.message})`);
  }
  const waits = [
    setTimeout(() => guess(`${name} does not answer`), patienceMs),
    setTimeout(() => race.end(), windowMs),
  ];
  try {
    session?.start();
    session?.command({ name: 'find', record: record.id });
    const socket = await race.winner;
    if (socket !== null) return socket;
    throw new Complaint(
      `${name} was not reached: ${race.failures.join('; ') || 'nobody answered'}.`,
      isAnswered
        ? 'Next: it is there, so start its ssh server (sudo systemctl start ssh), or let ssh through its firewall; lanpair doctor there says which.'
        : 'Next: is it on, on this network, and does sshd run there (and lanpair serve, if its address changed)? lanpair find says whether it answers.',
      exitCode.unavailable,
    );
  } finally {
    clearTimeout(soon);
    for (const wait of waits) clearTimeout(wait);
    await session?.close();
  }
}

interface Race {
  run(address: string): void;
  /** Nothing more will come. */
  end(): void;
  readonly isOver: boolean;
  /** Somebody has not been refused yet. */
  readonly isRunning: boolean;
  readonly failures: readonly string[];
  readonly winner: Promise<Socket | null>;
}

/** Connections to several addresses at once: the first that is there is kept. `refused`: one of them came to nothing. */
function makeRace(port: number, refused: () => void): Race {
  const runners = new Map<string, Socket>();
  let running = 0;
  const failures: string[] = [];
  let isOver = false;
  let resolve: (socket: Socket | null) => void = () => undefined;
  const winner = new Promise<Socket | null>((done) => {
    resolve = done;
  });
  const over = (first: Socket | null): void => {
    if (isOver) return;
    isOver = true;
    for (const socket of runners.values()) if (socket !== first) socket.destroy();
    resolve(first);
  };
  return {
    winner,
    failures,
    end: () => over(null),
    get isOver(): boolean {
      return isOver;
    },
    get isRunning(): boolean {
      return running > 0;
    },
    run(address): void {
      if (isOver || runners.has(address)) return;
      const socket = dial({ host: address, port, allowHalfOpen: true, noDelay: true });
      runners.set(address, socket);
      running++;
      socket.once('connect', () => over(socket));
      socket.on('error', (error) => {
        if (isOver) return;
        running--;
        failures.push(`${printable(address)}: ${printable(error.message)}`);
        refused();
      });
    },
  };
}

/** Until the other end has said all: ssh's input may end before. */
function through(socket: Socket): Promise<ExitCode> {
  return new Promise((resolve) => {
    socket.once('close', (hadError) => resolve(hadError ? exitCode.failed : exitCode.done));
    // ssh has gone.
    process.stdout.once('error', () => socket.destroy());
    process.stdin.on('error', () => socket.destroy());
    socket.pipe(process.stdout, { end: false });
    process.stdin.pipe(socket);
  });
}
