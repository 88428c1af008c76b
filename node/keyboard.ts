/**
 * The person at `lanpair pair`: the phrase, made anew or typed and perhaps corrected, a choice among machines, impatience.
 * Without a terminal the phrase comes from a descriptor, and nothing can be asked back; with one a person is asked there, wherever
 * the phrase comes from.
 */
import type { ReadStream } from 'node:tty';
import type { Command } from '../protocol/contract.ts';
import { Complaint, type ExitCode, exitCode } from './complaint.ts';
import { elapsed, type Narrator } from './narrator.ts';
import type { PairingName } from './pairing-names.ts';
import { readPhrase } from './phrase-source.ts';
import { bitsOf, corrections, newPhrase, phraseFor } from './phrases.ts';
import { ask, type Screen, watchKeys } from './screen.ts';

export type Accepted = 'weak' | 'slip';

export interface KeyboardOptions {
  readonly protocol: PairingName;
  /** Standard input, if that is a terminal, and the phrase is not read from it as from a file. */
  readonly typing: ReadStream | null;
  readonly phraseDescriptor: number | undefined;
  /** Refusals that the command line overrules. */
  readonly accepted: readonly Accepted[];
  readonly narrator: Narrator;
  readonly screen: Screen;
  /** A bottom line that says how long we wait; not where others' lines would run into it. */
  readonly isWaitingShown: boolean;
  /** What is awaited, in a few words. */
  readonly awaited: () => string;
  readonly startedMs: number;
  readonly command: (command: Command) => void;
  readonly interrupt: () => void;
  /** Without a terminal nobody can choose: those who proved the phrase are told that it is over. */
  readonly callOff: (detail: string) => void;
  /** Without a terminal there is nothing more to be done. */
  readonly giveUp: (detail: string, code: ExitCode) => void;
}

export interface Keyboard {
  askPhrase(): void;
  /** The phrase was refused by this rule; the narrator has said why. */
  refused(rule: string): void;
  choose(candidates: readonly string[]): void;
  /** Somebody used up the guesses: the person may grant one more. */
  mayGrant(): void;
  close(): void;
}

/** Below this, who recorded one datagram of annex finds the phrase with a rack of graphics cards in a year. */
const annexBitsMin = 77;

interface Asked {
  /** A line of its own above: with what is typed it would be too long for one. */
  readonly above: string | null;
  readonly text: string;
  readonly isHidden: boolean;
}

const questions: Readonly<Record<PairingName, Asked>> = {
  // Made to be said aloud, of use once, and hard to type blindly.
  lp1: {
    above: 'Phrase for both machines (type the one you agreed on, or Enter for a new one):',
    text: '  phrase: ',
    isHidden: false,
  },
  annex: { above: null, text: 'Phrase for both machines (not shown while you type): ', isHidden: true },
};

export function makeKeyboard(options: KeyboardOptions): Keyboard {
  const { typing, narrator, screen, command, interrupt, callOff } = options;
  const terminal = screen.isLive && typing !== null ? makeTerminal(typing, screen, interrupt) : null;
  const choose = (candidates: readonly string[]): void => {
    if (terminal === null) return callOff(chooseNowhere);
    terminal.prompt('Number (Ctrl-C: none of them): ', false, (answer) => {
      const candidate = candidates[Number(answer) - 1];
      if (candidate === undefined) choose(candidates);
      else command({ name: 'choose', candidate });
    });
  };
  return {
    ...phraseDialogue(options, terminal),
    choose,
    mayGrant: () => narrator.say(terminal === null ? grantNowhere : grantHere),
    close: () => terminal?.close(),
  };
}

/** Asks until the core takes a phrase; without a terminal there is one attempt. */
function phraseDialogue(options: KeyboardOptions, terminal: Terminal | null): Pick<Keyboard, 'askPhrase' | 'refused'> {
  const { protocol, narrator, screen, startedMs, command, giveUp } = options;
  let refusal: string | null = null;
  let last = '';
  const hasKeys = terminal !== null && protocol === 'lp1';
  const keys = hasKeys ? 'Enter: ask again, Ctrl-C: end' : 'Ctrl-C: end';
  const waiting = (): string => `${elapsed(performance.now() - startedMs).padStart(6)}  ${options.awaited()} (${keys})`;
  // What was accepted of one phrase is not accepted of another.
  let accepted = options.accepted;
  const give = (text: string): void => {
    [last, refusal] = [text, null];
    if (options.isWaitingShown) screen.bottom(waiting);
    command({ name: 'phrase', phrase: phraseFor(protocol, text, accepted) });
    if (refusal !== null) return;
    const warning = warningOf(protocol, bitsOf(protocol, text));
    if (warning !== null) narrator.say(warning);
    last = '';
    if (hasKeys) terminal.watch({ '\r': () => command({ name: 'nudge' }), g: () => command({ name: 'grant' }) });
  };
  const typed = (text: string): void => {
    accepted = options.accepted;
    if (protocol !== 'lp1' || text.trim() !== '') return give(text);
    const made = newPhrase();
    screen.line(`  ${screen.strong(made)}       say it to the other person`);
    give(made);
  };
  const { above, text: prompt, isHidden } = questions[protocol];
  const askAtTerminal = (): void => {
    if (above !== null) screen.line(above);
    terminal?.prompt(prompt, isHidden, typed);
  };
  const askPhrase = (): void => {
    if (options.phraseDescriptor !== undefined) return fromDescriptor(options, give);
    if (terminal !== null) return askAtTerminal();
    const isTyped = options.typing !== null;
    if (isTyped) screen.line(above ?? 'Phrase for both machines (this terminal shows what you type):');
    fromDescriptor(options, isTyped ? typed : give);
  };
  /** Another phrase, or Enter for the same one, its flaw accepted. */
  const askAgain = (flaw: Accepted, question: string): void => {
    const before = last;
    terminal?.prompt(question, false, (text) => {
      if (text.trim() !== '') return typed(text);
      accepted = [...accepted, flaw];
      give(before);
    });
  };
  return {
    askPhrase,
    refused(rule): void {
      refusal = rule;
      if (terminal === null) return giveUp(withoutTerminal[rule] ?? anotherPhrase[protocol], exitCode.usage);
      queueMicrotask(() => {
        if (rule === 'phrase-weak') return askAgain('weak', 'Another phrase, or Enter to take this one all the same: ');
        if (rule !== 'phrase-slip') return askAtTerminal();
        const meant = corrections(last);
        if (meant.length > 0) screen.line(`  meant perhaps: ${meant.join(', ')}`);
        askAgain('slip', 'Type it again, or Enter if it is right as it is: ');
      });
    },
  };
}

interface Terminal {
  /** One question at a time; the answer goes to `then`, Ctrl-D interrupts. */
  prompt(question: string, isHidden: boolean, then: (answer: string) => void): void;
  /** Single keys, unless something is asked. */
  watch(keys: Readonly<Record<string, () => void>>): void;
  close(): void;
}

function makeTerminal(input: ReadStream, screen: Screen, interrupt: () => void): Terminal {
  let open: { close(): void } | null = null;
  const close = (): void => {
    open?.close();
    open = null;
  };
  return {
    close,
    prompt(question, isHidden, then): void {
      close();
      const asked = ask(screen, input, { prompt: question, isHidden, onInterrupt: interrupt });
      open = asked;
      void asked.answer.then((answer) => {
        open = null;
        if (answer === null) interrupt();
        else then(answer);
      });
    },
    watch(keys): void {
      const onKey = (key: string): void => {
        if (Object.hasOwn(keys, key)) keys[key]?.();
      };
      open ??= watchKeys(input, { onInterrupt: interrupt, onKey });
    },
  };
}

function fromDescriptor({ phraseDescriptor, giveUp }: KeyboardOptions, give: (text: string) => void): void {
  readPhrase(phraseDescriptor ?? 0).then(give, (thrown: unknown) => {
    if (!(thrown instanceof Complaint)) throw thrown;
    giveUp(`${thrown.message} ${thrown.next}`, thrown.exitCode);
  });
}

const chooseNowhere =
  'Several machines know the phrase, and only a person can choose. Next: run it on a terminal; the phrase may still come from --phrase-fd 3';
const grantHere =
  'Next: press g to let it try once, if that is your other machine; or Ctrl-C, and take a longer phrase';
const grantNowhere = 'Next: end this and take a longer phrase on both, or a new one from lanpair phrase';

const withoutTerminal: Readonly<Record<string, string>> = {
  'phrase-weak': 'Next: take a longer phrase on both, or accept that with --weak-phrase',
  'phrase-slip': 'Next: correct it, or say with --as-typed that it is meant so',
};

const anotherPhrase: Readonly<Record<PairingName, string>> = {
  lp1: 'Next: agree on another phrase (lanpair phrase makes one), and run it again on both',
  // Those that lanpair makes are for its own conversation.
  annex: 'Next: agree on another phrase, of seven random words for one, and run it again on both',
};

/** What the conversation costs with such a phrase, said before it is used. */
function warningOf(protocol: PairingName, bits: number): string | null {
  if (protocol !== 'annex' || bits >= annexBitsMin) return null;
  return `careful: this phrase is worth about ${bits} bits. With git-annex's conversation, anybody on this network who records one datagram can try phrases on it at home; from ${annexBitsMin} bits (seven random words) that is hopeless.`;
}
