/**
 * `lanpair pair`: listen at once, ask for the phrase, show who asks, and end with the peer's key authorised or with
 * nothing left behind. All decisions are the core's; this gives it a voice, a keyboard and an end.
 */
import { existsSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Endpoint, Identity, Notice } from '../protocol/contract.ts';
import { printable } from '../protocol/display.ts';
import { accessOf } from './authorized-keys.ts';
import { Complaint, type ExitCode, exitCode } from './complaint.ts';
import { remoteOwner } from './git-remote.ts';
import { identityOf, offeredDirectory } from './identity.ts';
import { type Accepted, type Keyboard, makeKeyboard } from './keyboard.ts';
import { namedKey, ownKey } from './keys.ts';
import { type Circumstances, choiceText, jsonNarrator, lineNarrator, type Narrator } from './narrator.ts';
import {
  type Course,
  cancelled,
  courseAfter,
  type Ending,
  endingByHand,
  failed,
  interrupted,
  isPairedIn,
  type Left,
  leftOn,
  outset,
  resultOf,
  unheard,
} from './outcome.ts';
import type { PairingName } from './pairing-names.ts';
import { type Places, placesOf } from './places.ts';
import { ownProgram } from './program.ts';
import { hearing, makeWait } from './progress.ts';
import { pairings } from './protocols.ts';
import { openRecording } from './recording.ts';
import { loadRecords } from './records.ts';
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
  let situation = '';
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
    observe: (step) => {
      ({ situation } = step.state);
      recording?.observe(step);
    },
    ...(recording === null ? {} : { suite: recording.suite }),
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
    for (const remark of remarksOn(options, session)) narrator.say(remark);
    if (!isRepository)
      narrator.say(`${directory} is no git repository yet; make it one before the other machine clones it.`);
    const isWaitingShown = asking === screen;
    const run = runOf({ options, session, narrator, screen: asking, isWaitingShown, startedMs });
    heard = (notice) => run.heard(notice, situation);
    return await gone(run, { options, places, session, narrator });
  } finally {
    screen.close();
    asking.close();
    await session.close();
    recording?.close();
  }
}

/** Through to the last word. */
async function gone(
  run: Run,
  { options, places, session, narrator }: Pick<Stage, 'options' | 'session' | 'narrator'> & { readonly places: Places },
): Promise<ExitCode> {
  const ending = await run.go();
  if (session.dropped > 0) narrator.say(`${session.dropped} datagrams came faster than they could be read`);
  const left = await leftNow(options, places, session, run.course());
  const result = resultOf(ending, run.course(), left);
  narrator.result(result, left.earlier);
  return result.exitCode;
}

/** What a person should know before it begins. */
function remarksOn({ protocol, record }: PairOptions, { problems }: Session): readonly string[] {
  return [
    ...problems.map((problem) => `A record could not be read. ${printable(problem, 400)}`),
    ...(protocol === 'annex' ? [annexCosts] : []),
    ...(record === undefined ? [] : [recordingNote(record)]),
  ];
}

/** What the run leaves on this machine. What cannot be looked at does not hide how the run ended. */
async function leftNow(
  { protocol, ssh }: PairOptions,
  places: Places,
  { records: before }: Session,
  course: Course,
): Promise<Left> {
  const { records } = await loadRecords(places.peers).catch(() => ({ records: before }));
  const after = records.filter((record) => record.protocol === protocol);
  const gate = { ssh: places.ssh, program: ownProgram, state: places.unusualState };
  const keyed = new Set<string>();
  for (const id of ssh ? [...before.map((record) => record.id), ...course.granted] : []) {
    if ((await accessOf(gate, id).catch(() => null)) !== null) keyed.add(id);
  }
  return leftOn({ before, after, keyed }, course);
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
  /** `situation`: of the core, once it has told this. */
  heard(notice: Notice, situation: string): void;
  go(): Promise<Ending>;
  course(): Course;
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
    heard(notice, situation): void {
      wait.note(notice);
      // Who chooses has to see among whom, wherever what is told goes.
      if (notice.event === 'choose' && !stage.isWaitingShown) {
        for (const line of choiceText(notice).split('\n')) stage.screen.line(line);
      }
      run.heard(notice, situation);
    },
  };
}

function makeRun(stage: Stage): Run {
  const { session, narrator } = stage;
  const { protocol } = stage.options;
  const hasRoles = protocol === 'annex';
  let course = outset;
  let isOver = false;
  let staying: NodeJS.Timeout | undefined;
  let lonely: NodeJS.Timeout | undefined;
  let finish: (ending: Ending) => void = () => undefined;
  const finished = new Promise<Ending>((resolve) => {
    finish = resolve;
  });
  const off = callingOff(stage, { course: () => course, isOver: () => isOver, finish: (how) => finish(how) });
  const keyboard = keyboardOf(stage, { ...off, finish: (ending) => finish(ending) });
  const heard = (notice: Notice, situation: string): void => {
    course = courseAfter(course, notice, { protocol, situation, calledOff: off.calledOff() });
    // One of an earlier run, which became whole by the way, is not what the person waits for.
    const isPaired = notice.event === 'paired' && isPairedIn(situation);
    if (isPaired) stage.screen.bottom(null);
    narrator.notice(notice);
    // In lp1 nothing is said before the phrase is typed, so nothing can be heard either.
    if (notice.event === 'seeking' && (hasRoles || notice.role === 'asking')) {
      lonely ??= setTimeout(() => narrator.say(hearing(session.interfaces, session.heard)), lonelyAfterMs);
    }
    if (notice.event === 'proven') clearTimeout(lonely);
    // In lp1 a proof may still come to nothing, and the person stays of use.
    if (hasRoles ? notice.event === 'proven' : isPaired) keyboard.close();
    if (notice.event === 'choose') keyboard.choose(notice.candidates.map(({ candidate }) => candidate));
    if (notice.event === 'phraseRefused') keyboard.refused(notice.rule);
    if (notice.event === 'alarm' && notice.rule === 'guesses-used') keyboard.mayGrant();
    if (isPaired) staying ??= setTimeout(() => narrator.say(stayingNote), sayAfterMs);
    else if (notice.event === 'paired') narrator.say(healedNote);
    // lp1 tells the peer that it ended, and waits to hear that it was heard.
    if (notice.event === 'settled' || (hasRoles && notice.event === 'ended'))
      finish(course.reached ?? failed('ended without a reason'));
  };
  return {
    heard,
    course: () => course,
    async go(): Promise<Ending> {
      onceLeft(off.interrupt);
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

interface CallingOff {
  /** How it is to end, since we called it off. */
  readonly calledOff: () => Ending | null;
  /** The person has enough. */
  readonly interrupt: () => void;
  /** Nobody is there to choose. */
  readonly callOff: (detail: string) => void;
}

/** Whoever proved the phrase may hold a record of us: he is told, and we wait a while to hear that he heard. */
function callingOff(
  { options, session }: Stage,
  run: {
    readonly course: () => Course;
    readonly isOver: () => boolean;
    readonly finish: (ending: Ending) => void;
  },
): CallingOff {
  let calledOff: Ending | null = null;
  let isInterrupted = false;
  const begin = (ending: Ending, late: Ending): void => {
    // Said twice it would not be waited for.
    if (calledOff !== null) return;
    calledOff = ending;
    session.command({ name: 'cancel' });
    setTimeout(() => run.finish(late), undoMaxMs).unref();
  };
  return {
    calledOff: () => calledOff,
    callOff: (detail) => begin(failed(detail), failed(detail)),
    interrupt(): void {
      // The last words are being written, and what came out is to be said by the exit code, unless that takes for ever.
      if (run.isOver() && isInterrupted) process.exit(exitCode.interrupted);
      isInterrupted = true;
      if (calledOff !== null)
        return run.finish(interrupted('Ended at once, without waiting for what was begun to be taken back.'));
      // What is paired stays paired: only an unfinished pairing is taken back.
      const { reached } = run.course();
      if (run.isOver() || (reached !== null && reached.outcome !== 'failed'))
        return run.finish(reached ?? cancelled(''));
      begin(
        endingByHand(run.course()),
        interrupted(options.protocol === 'lp1' ? unheard : 'Taking it back took too long.'),
      );
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
  { interrupt, callOff, finish }: CallingOff & { readonly finish: (ending: Ending) => void },
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
    callOff,
    giveUp: (detail, code) => finish(failed(detail, code)),
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

const healedNote =
  'that pairing is of an earlier run; still looking for a machine with this phrase (Ctrl-C, if that was the one)';

const annexCosts =
  "git-annex's conversation: everybody on this network sees user, host, path and key, and can look for the phrase in what they record; nothing says what the other machine's ssh host key is. Without --protocol annex none of this is so.";
