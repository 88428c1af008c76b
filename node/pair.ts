/**
 * `lanpair pair`: listen at once, ask for the phrase, show who asks, and end with the peer's key authorised or with
 * nothing left behind. All decisions are the core's; this gives it a voice, a keyboard and an end.
 */
import { existsSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Endpoint, Identity, Notice } from '../protocol/contract.ts';
import { printable } from '../protocol/display.ts';
import { Complaint, type ExitCode, exitCode } from './complaint.ts';
import { remoteOwner } from './git-remote.ts';
import { identityOf, offeredDirectory } from './identity.ts';
import { type Accepted, type Keyboard, makeKeyboard } from './keyboard.ts';
import { namedKey, ownKey } from './keys.ts';
import { type Circumstances, choiceText, jsonNarrator, lineNarrator, type Narrator, type Result } from './narrator.ts';
import type { PairingName } from './pairing-names.ts';
import { type Places, placesOf } from './places.ts';
import { ownProgram } from './program.ts';
import { hearing, makeWait } from './progress.ts';
import { pairings } from './protocols.ts';
import { openRecording } from './recording.ts';
import { makeScreen, type Screen } from './screen.ts';
import { openSession, type Session } from './session.ts';

export interface PairOptions {
  readonly protocol: PairingName;
  readonly interfaces: readonly string[];
  readonly peers: readonly Endpoint[];
  readonly directory: string | undefined;
  readonly key: string | undefined;
  readonly phraseDescriptor: number | undefined;
  readonly accepted: readonly Accepted[];
  readonly windowMs: number;
  readonly json: boolean;
  readonly ssh: boolean;
  /** A git remote of this name for the peer. */
  readonly remote: string | undefined;
  /** The run is written down in this file, which must not be there yet. */
  readonly record: string | undefined;
  readonly port: number | null;
  readonly hostName: string | undefined;
  readonly userName: string | undefined;
}

/** How the run is to end, once it is known. */
interface Ending {
  readonly outcome: Result['outcome'];
  readonly exitCode: ExitCode;
  readonly detail: string;
}

/** An interrupted pairing is given this long to take back what it did. */
const undoMaxMs = 5000;
/** By then two machines on a working network have long heard each other. */
const lonelyAfterMs = 60_000;
/** Paired, and still here: whoever is done sooner need not be told. */
const sayAfterMs = 1000;

export async function pair(options: PairOptions): Promise<ExitCode> {
  const startedMs = performance.now();
  const places = placesOf(process.env);
  const { path: directory, isRepository } = offeredDirectory(options.directory, process.cwd());
  if (options.remote !== undefined) await requireFreeRemote(directory, options.remote);
  const comment = `lanpair@${options.hostName ?? 'here'}`;
  const key =
    options.key === undefined
      ? await ownKey(places.key, comment)
      : await namedKey(options.key, options.protocol === 'lp1' ? 'ssh-ed25519' : null);
  const self = await selfOf(options, places, directory, key.publicKey);
  let heard: (notice: Notice) => void = () => undefined;
  let say: (text: string) => void = (text) => void process.stderr.write(`${text}\n`);
  const recording =
    options.record === undefined
      ? null
      : openRecording({ file: options.record, protocol: options.protocol, trouble: (text) => say(text) });
  const session = await openSession({
    protocol: pairings[options.protocol].protocol,
    places,
    gate: options.ssh ? { ssh: places.ssh, program: ownProgram, state: places.unusualState } : null,
    key,
    self,
    network: { named: options.interfaces, port: options.port },
    identityFile: privateHalf(key.file) ?? places.key,
    ...(options.remote === undefined ? {} : { remote: options.remote }),
    peers: options.peers,
    phrase: null,
    windowMs: options.windowMs,
    notify: (notice) => heard(notice),
    ...(recording === null ? {} : { suite: recording.suite, observe: recording.observe }),
  }).catch((thrown: unknown) => {
    recording?.discard();
    throw thrown;
  });
  const screen = makeScreen(process.stdout, process.env);
  // What is asked goes to the person, wherever what is told goes.
  const asking = options.json || !screen.isLive ? makeScreen(process.stderr, process.env) : screen;
  const circumstances: Circumstances = {
    protocol: options.protocol,
    interfaces: () => session.interfaces.map(({ name }) => name),
    keyPath: options.key === undefined ? places.key : null,
    installsKeys: options.ssh,
    alias: (record) => session.alias(record),
    startedMs,
  };
  const narrator = options.json
    ? jsonNarrator((line) => process.stdout.write(`${line}\n`), circumstances)
    : lineNarrator(screen, circumstances);
  say = (text) => narrator.say(text);
  try {
    for (const problem of session.problems) narrator.say(`A record could not be read. ${printable(problem, 400)}`);
    if (!isRepository)
      narrator.say(`${directory} is no git repository yet; make it one before the other machine clones it.`);
    if (options.protocol === 'annex') narrator.say(annexCosts);
    if (options.record !== undefined) narrator.say(recordingNote(options.record));
    const run = runOf({ options, session, narrator, screen: asking, isWaitingShown: asking === screen, startedMs });
    heard = (notice) => run.heard(notice);
    const ending = await run.go();
    if (session.dropped > 0) narrator.say(`${session.dropped} datagrams came faster than they could be read`);
    narrator.result({ ...ending, record: leavesNothing(ending) ? null : run.record() });
    return ending.exitCode;
  } finally {
    screen.close();
    asking.close();
    await session.close();
    recording?.close();
  }
}

/** Half pairings of earlier runs were told, and are not what came of this one. */
function leavesNothing({ outcome }: Ending): boolean {
  return outcome === 'failed' || outcome === 'cancelled';
}

function selfOf(options: PairOptions, places: Places, directory: string, sshKey: string): Promise<Identity> {
  const { hostName, userName } = options;
  return identityOf({
    home: places.home,
    environment: process.env,
    directory,
    sshKey,
    hostKeyDirectory: hostName === undefined ? '/etc/ssh' : null,
    ...(hostName === undefined ? {} : { hostName }),
    ...(userName === undefined ? {} : { userName }),
  });
}

function recordingNote(file: string): string {
  return `written down in ${printable(file)}: who pairs, where and when is in it, the phrase is not. Next: lanpair sim replay ${printable(file)}`;
}

/** ssh wants the private half, and asks the agent for it when it is given the public one alone. */
function privateHalf(file: string | null): string | null {
  const half = file?.replace(/\.pub$/, '') ?? null;
  return half !== null && existsSync(half) ? half : file;
}

async function requireFreeRemote(directory: string, name: string): Promise<void> {
  const owner = await remoteOwner(directory, name);
  if (owner === null || owner !== '') return;
  throw new Complaint(
    `${directory} has a git remote ${name} already.`,
    'Next: take another name for --git-remote, or remove that one with `git remote remove`.',
    exitCode.usage,
  );
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
  /** Where questions go. */
  readonly screen: Screen;
  readonly isWaitingShown: boolean;
  readonly startedMs: number;
  readonly awaited: () => string;
}

/** One that knows what to say while it waits. */
function runOf(stage: Omit<Stage, 'awaited'>): Run {
  const wait = makeWait(stage.session, stage.startedMs);
  const run = makeRun({ ...stage, awaited: wait.text });
  return {
    ...run,
    heard(notice): void {
      wait.note(notice);
      // Who chooses has to see among whom, wherever what is told goes.
      if (notice.event === 'choose' && !stage.isWaitingShown) {
        for (const line of choiceText(notice).split('\n')) stage.screen.line(line);
      }
      run.heard(notice);
    },
  };
}

function makeRun(stage: Stage): Run {
  const { session, narrator } = stage;
  const hasRoles = stage.options.protocol === 'annex';
  let record: string | null = null;
  let reached: Ending | null = null;
  let isInterrupted = false;
  let isOver = false;
  let staying: NodeJS.Timeout | undefined;
  let lonely: NodeJS.Timeout | undefined;
  let finish: (ending: Ending) => void = () => undefined;
  const finished = new Promise<Ending>((resolve) => {
    finish = resolve;
  });
  const interrupt = (): void => {
    // The last words are being written, and what came out is to be said by the exit code, unless that takes for ever.
    if (isOver && isInterrupted) process.exit(exitCode.interrupted);
    if (isInterrupted) finish(interrupted('Ended at once, without waiting for what was begun to be taken back.'));
    isInterrupted = true;
    // What is paired stays paired: only an unfinished pairing is taken back.
    if (isOver || (reached !== null && reached.outcome !== 'failed')) return finish(reached ?? cancelled(''));
    session.command({ name: 'cancel' });
    setTimeout(() => finish(interrupted(unheard[stage.options.protocol])), undoMaxMs).unref();
  };
  const keyboard = keyboardOf(stage, interrupt, (ending) => finish(ending));
  const heard = (notice: Notice): void => {
    // Whoever is paired waits for nobody any more.
    if (notice.event === 'paired') stage.screen.bottom(null);
    narrator.notice(notice);
    if ('record' in notice && notice.event !== 'unfinished') record = notice.record;
    // In lp1 nothing is said before the phrase is typed, so nothing can be heard either.
    if (notice.event === 'seeking' && (hasRoles || notice.role === 'asking')) {
      lonely ??= setTimeout(() => narrator.say(hearing(session.interfaces, session.heard)), lonelyAfterMs);
    }
    if (notice.event === 'proven') clearTimeout(lonely);
    // In lp1 a proof may still come to nothing, and the person stays of use.
    if (notice.event === (hasRoles ? 'proven' : 'paired')) keyboard.close();
    if (notice.event === 'choose') keyboard.choose(notice.candidates.map(({ candidate }) => candidate));
    if (notice.event === 'phraseRefused') keyboard.refused(notice.rule);
    if (notice.event === 'alarm' && notice.rule === 'guesses-used') keyboard.mayGrant();
    const ending = endingOf(notice, isInterrupted);
    if (ending !== null) reached = ending;
    if (notice.event === 'paired') staying = setTimeout(() => narrator.say(stayingNote), sayAfterMs);
    // lp1 tells the peer that it ended, and waits to hear that it was heard.
    if (notice.event === 'settled' || (hasRoles && notice.event === 'ended'))
      finish(reached ?? failed('ended without a reason'));
  };
  return {
    heard,
    record: () => record,
    async go(): Promise<Ending> {
      onceLeft(interrupt);
      try {
        session.start();
        keyboard.askPhrase();
        const ending = await finished;
        isOver = true;
        stage.screen.bottom(null);
        await session.quiet();
        return ending;
      } finally {
        isOver = true;
        clearTimeout(staying);
        clearTimeout(lonely);
        keyboard.close();
      }
    },
  };
}

/** The person has enough, or is gone: a pairing that nobody follows is taken back. */
function onceLeft(interrupt: () => void): void {
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  // The window was closed. Without a terminal it may be nohup, which means to go on.
  if (process.stdout.isTTY) process.on('SIGHUP', interrupt);
  // Nobody reads any more what we say (a pipe into `head`, for one).
  process.stdout.once('error', interrupt).on('error', () => undefined);
}

function keyboardOf(
  { options, session, narrator, screen, isWaitingShown, startedMs, awaited }: Stage,
  interrupt: () => void,
  finish: (ending: Ending) => void,
): Keyboard {
  return makeKeyboard({
    ...options,
    typing: isForAnswers(options.phraseDescriptor) ? process.stdin : null,
    narrator,
    screen,
    isWaitingShown,
    startedMs,
    interrupt,
    awaited,
    command: (command) => session.command(command),
    giveUp: (detail, code) => finish({ outcome: 'failed', exitCode: code, detail }),
  });
}

/**
 * Whether a person can answer at standard input. Not process.stdin.isTTY: to ask it would open standard input, which may be a pipe
 * that we read ourselves. Of a terminal that the phrase is read from line by line the next line is lost in what reads it.
 */
function isForAnswers(phraseDescriptor: number | undefined): boolean {
  return isatty(0) && (phraseDescriptor === undefined || !isatty(phraseDescriptor));
}

/** Said to whoever need not wait; the demo ends the one that says it. */
export const stayingNote = 'staying a little, in case the other side must hear it again (Ctrl-C: go now)';

const unheard: Readonly<Record<PairingName, string>> = {
  annex: 'Taking it back took too long.',
  lp1: 'The other machine did not say that it heard of it; it is told as soon as both run lanpair pair again.',
};

const annexCosts =
  "git-annex's conversation: everybody on this network sees user, host, path and key, and can look for the phrase in what they record; nothing says what the other machine's ssh host key is. Without --protocol annex none of this is so.";

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
    'Nobody with this phrase was found in time. Is the other machine on this network, with the phrase typed? On guest Wi-Fi machines often cannot see each other. Next: lanpair doctor, on both at the same time, or lanpair pair --peer ADDRESS on both',
  storage:
    'The record could not be written, so nothing was installed. Next: free some space or make the state directory writable, and pair again',
  provision:
    'The key could not be installed, so nothing was kept. Next: look at ~/.ssh and its authorized_keys, and pair again, or use --no-ssh',
  identity:
    'Nothing was sent. Next: mend what the line before this one names (another name for this machine, the user or the directory; an ed25519 key, or one that is in the agent)',
  forgotten: 'The pairing was forgotten',
};

function cancelled(detail: string): Ending {
  return { outcome: 'cancelled', exitCode: exitCode.interrupted, detail };
}

function interrupted(detail: string): Ending {
  return { ...cancelled(detail), outcome: 'interrupted' };
}

function failed(detail: string): Ending {
  return { outcome: 'failed', exitCode: exitCode.failed, detail };
}
