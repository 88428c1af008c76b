/**
 * `lanpair pair`: listen at once, ask for the phrase, show who asks, and end with the peer's key authorised or with
 * nothing left behind. All decisions are the core's; this gives it a voice, a keyboard and an end.
 */
import { isatty } from 'node:tty';
import type { Command, Endpoint, Notice } from '../protocol/contract.ts';
import { Complaint, type ExitCode, exitCode } from './complaint.ts';
import { estimateBits } from './entropy.ts';
import { identityOf, offeredDirectory } from './identity.ts';
import { namedKey, ownKey } from './keys.ts';
import { type Circumstances, elapsed, hearing, jsonNarrator, lineNarrator, type Narrator } from './narrator.ts';
import { readPhrase } from './phrase-source.ts';
import { placesOf } from './places.ts';
import { ownProgram } from './program.ts';
import { type PairingName, pairings } from './protocols.ts';
import { ask, makeScreen, type Screen } from './screen.ts';
import { openSession, type Session } from './session.ts';

export interface PairOptions {
  readonly protocol: PairingName;
  readonly interfaces: readonly string[];
  readonly peers: readonly Endpoint[];
  readonly directory: string | undefined;
  readonly key: string | undefined;
  readonly phraseDescriptor: number | undefined;
  readonly windowMs: number;
  readonly json: boolean;
  readonly ssh: boolean;
  readonly port: number | null;
  readonly hostName: string | undefined;
  readonly userName: string | undefined;
}

/** How the run is to end, once it is known. */
interface Ending {
  readonly outcome: 'paired' | 'half' | 'failed' | 'cancelled';
  readonly exitCode: ExitCode;
  readonly detail: string;
}

/** An interrupted pairing is given this long to take back what it did. */
const undoMaxMs = 5000;
/** By then two machines on a working network have long heard each other. */
const lonelyAfterMs = 60_000;
/** Paired, and still here: whoever is done sooner need not be told. */
const sayAfterMs = 1000;
/** Below this, who recorded one datagram finds the phrase with a rack of graphics cards in a year. */
const annexBitsMin = 77;

export async function pair(options: PairOptions): Promise<ExitCode> {
  const startedMs = performance.now();
  const places = placesOf(process.env);
  const { path: directory, isRepository } = offeredDirectory(options.directory, process.cwd());
  const comment = `lanpair@${options.hostName ?? 'here'}`;
  const key = options.key === undefined ? await ownKey(places.key, comment) : await namedKey(options.key);
  const { hostName, userName } = options;
  const self = await identityOf({
    home: places.home,
    environment: process.env,
    directory,
    sshKey: key.publicKey,
    ...(hostName === undefined ? {} : { hostName }),
    ...(userName === undefined ? {} : { userName }),
  });
  let heard: (notice: Notice) => void = () => undefined;
  const session = await openSession({
    protocol: pairings[options.protocol].protocol,
    places,
    gate: options.ssh ? { ssh: places.ssh, program: ownProgram, state: places.unusualState } : null,
    key,
    self,
    network: { named: options.interfaces, port: options.port },
    peers: options.peers,
    phrase: null,
    windowMs: options.windowMs,
    notify: (notice) => heard(notice),
  });
  const screen = makeScreen(process.stdout, process.env);
  const circumstances: Circumstances = {
    interfaces: () => session.interfaces.map(({ name }) => name),
    keyPath: options.key === undefined ? places.key : null,
    installsKeys: options.ssh,
    startedMs,
  };
  const narrator = options.json
    ? jsonNarrator((line) => process.stdout.write(`${line}\n`), circumstances)
    : lineNarrator(screen, circumstances);
  try {
    for (const problem of session.problems) narrator.say(`A record could not be read. ${problem}`);
    if (!isRepository)
      narrator.say(`${directory} is no git repository yet; make it one before the other machine clones it.`);
    const run = makeRun({ options, session, narrator, screen, startedMs });
    heard = (notice) => run.heard(notice);
    const ending = await run.go();
    if (session.dropped > 0) narrator.say(`${session.dropped} datagrams came faster than they could be read`);
    narrator.result({ ...ending, record: run.record() });
    return ending.exitCode;
  } finally {
    screen.close();
    await session.close();
  }
}

interface Run {
  heard(notice: Notice): void;
  go(): Promise<Ending>;
  record(): string | null;
}

/** One conversation with the core and the person, from the first prompt to the ending. */
interface Stage {
  readonly options: PairOptions;
  readonly session: Session;
  readonly narrator: Narrator;
  readonly screen: Screen;
  readonly startedMs: number;
}

function makeRun(stage: Stage): Run {
  const { session, narrator } = stage;
  let record: string | null = null;
  let reached: Ending | null = null;
  let isInterrupted = false;
  let staying: NodeJS.Timeout | undefined;
  const lonely = setTimeout(() => narrator.say(hearing(session.interfaces, session.heard)), lonelyAfterMs);
  let finish: (ending: Ending) => void = () => undefined;
  const finished = new Promise<Ending>((resolve) => {
    finish = resolve;
  });
  const interrupt = (): void => {
    if (isInterrupted) finish(cancelled('interrupted twice: what was begun may be left; look with lanpair peers list'));
    isInterrupted = true;
    // What is paired stays paired: only an unfinished pairing is taken back.
    if (reached !== null && reached.outcome !== 'failed') return finish(reached);
    session.command({ name: 'cancel' });
    setTimeout(() => finish(cancelled('taking back took too long; look with lanpair peers list')), undoMaxMs).unref();
  };
  const keyboard = makeKeyboard(stage, interrupt, finish);
  const heard = (notice: Notice): void => {
    narrator.notice(notice);
    if ('record' in notice && notice.event !== 'unfinished') record = notice.record;
    if (notice.event === 'proven') {
      clearTimeout(lonely);
      keyboard.close();
    }
    if (notice.event === 'choose') keyboard.choose(notice.candidates.map(({ candidate }) => candidate));
    if (notice.event === 'phraseRefused') keyboard.refused();
    const ending = endingOf(notice, isInterrupted);
    if (ending !== null) reached = ending;
    if (notice.event === 'paired') {
      staying = setTimeout(
        () => narrator.say('staying a little, in case the other side must hear it again'),
        sayAfterMs,
      );
    }
    if (notice.event === 'settled' || notice.event === 'ended') finish(reached ?? failed('ended without a reason'));
  };
  return {
    heard,
    record: () => record,
    async go(): Promise<Ending> {
      process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
      try {
        session.start();
        keyboard.askPhrase();
        const ending = await finished;
        stage.screen.bottom(null);
        await session.quiet();
        return ending;
      } finally {
        clearTimeout(staying);
        clearTimeout(lonely);
        keyboard.close();
        process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      }
    },
  };
}

function endingOf(notice: Notice, isInterrupted: boolean): Ending | null {
  if (notice.event === 'paired') return { outcome: 'paired', exitCode: exitCode.done, detail: '' };
  if (notice.event === 'half') return { outcome: 'half', exitCode: exitCode.inconclusive, detail: '' };
  if (notice.event !== 'ended') return null;
  if (notice.reason !== 'cancelled') return failed(endings[notice.reason]);
  const ending = cancelled(notice.detail);
  return isInterrupted ? ending : { ...ending, exitCode: exitCode.failed };
}

const endings: Readonly<Record<'timeout' | 'storage' | 'provision' | 'identity' | 'forgotten', string>> = {
  timeout:
    'Nobody with this phrase was found in time. Is the other machine on this network, with the phrase typed? On guest Wi-Fi machines often cannot see each other. Next: try another network, or lanpair pair --peer ADDRESS on both',
  storage:
    'The record could not be written, so nothing was installed. Next: free some space or make the state directory writable, and pair again',
  provision:
    'The key could not be installed, so nothing was kept. Next: look at ~/.ssh and its authorized_keys, and pair again, or use --no-ssh',
  identity:
    'What we would say of this machine does not fit into a datagram. Next: use a shorter directory name, or an ed25519 key',
  forgotten: 'The pairing was forgotten',
};

function cancelled(detail: string): Ending {
  return { outcome: 'cancelled', exitCode: exitCode.interrupted, detail };
}

function failed(detail: string): Ending {
  return { outcome: 'failed', exitCode: exitCode.failed, detail };
}

interface Keyboard {
  askPhrase(): void;
  refused(): void;
  choose(candidates: readonly string[]): void;
  close(): void;
}

function makeKeyboard(stage: Stage, interrupt: () => void, finish: (ending: Ending) => void): Keyboard {
  const { options, session, narrator, screen, startedMs } = stage;
  // Not process.stdin.isTTY: to ask it would open standard input, which may be a pipe that we read ourselves.
  const hasTerminal = isatty(0) && screen.isLive && options.phraseDescriptor === undefined;
  const command = (given: Command): void => session.command(given);
  let open: { close(): void } | null = null;
  let isRefused = false;
  const close = (): void => {
    open?.close();
    open = null;
  };
  const give = (text: string): void => {
    const bits = estimateBits(text);
    const warning = warningOf(options.protocol, bits);
    isRefused = false;
    screen.bottom(
      () => `${elapsed(performance.now() - startedMs).padStart(6)}  waiting for the other machine (Ctrl-C ends it)`,
    );
    command({ name: 'phrase', phrase: { text, bits } });
    if (!isRefused && warning !== null) narrator.say(warning);
  };
  const prompt = (question: string, isHidden: boolean, then: (answer: string) => void): void => {
    close();
    const asked = ask(screen, process.stdin, { prompt: question, isHidden, onInterrupt: interrupt });
    open = asked;
    void asked.answer.then((answer) => {
      open = null;
      if (answer === null) interrupt();
      else then(answer);
    });
  };
  const askPhrase = (): void => {
    if (hasTerminal) return prompt('Phrase for both machines (not shown while you type): ', true, give);
    readPhrase(options.phraseDescriptor ?? 0).then(give, (thrown: unknown) => {
      if (!(thrown instanceof Complaint)) throw thrown;
      finish({ outcome: 'failed', exitCode: thrown.exitCode, detail: `${thrown.message} ${thrown.next}` });
    });
  };
  return {
    askPhrase,
    close,
    refused(): void {
      isRefused = true;
      if (hasTerminal) return queueMicrotask(askPhrase);
      finish({
        outcome: 'failed',
        exitCode: exitCode.usage,
        detail: 'Next: agree on another phrase, and run it again on both',
      });
    },
    choose(candidates): void {
      if (!hasTerminal) {
        const detail = 'Several machines know the phrase, and only a person can choose. Next: run it on a terminal';
        command({ name: 'cancel' });
        return finish({ outcome: 'failed', exitCode: exitCode.inconclusive, detail });
      }
      prompt('Number (Ctrl-C: none of them): ', false, (answer) => {
        const candidate = candidates[Number(answer) - 1];
        if (candidate === undefined) this.choose(candidates);
        else command({ name: 'choose', candidate });
      });
    },
  };
}

/** What the conversation costs with such a phrase, said before it is used. */
function warningOf(protocol: PairingName, bits: number): string | null {
  if (protocol !== 'annex' || bits >= annexBitsMin) return null;
  return `careful: this phrase is worth about ${bits} bits. With git-annex's conversation, anybody on this network who records\none datagram can try phrases on it at home; from ${annexBitsMin} bits (seven random words) that is hopeless.`;
}
