/**
 * Bad input at the border: what happened, what to do next, and the exit code. The program prints it and ends; it is
 * never a stack trace. Exit codes from 64 up are those of sysexits.h, so that scripts can tell them apart.
 */

export const exitCode = {
  done: 0,
  failed: 1,
  /** Something of a pairing is, or may be, on one side alone; or nothing can be said yet. */
  inconclusive: 2,
  /** Wrong command line, or a phrase that cannot be used. */
  usage: 64,
  /** A stored file cannot be read as what it should be. */
  data: 65,
  /** A file or directory that was named is not there. */
  noInput: 66,
  /** No network to speak on, or the port is taken. */
  unavailable: 69,
  /** A file or directory cannot be written. */
  cannotCreate: 73,
  /** Another lanpair holds what we need; later it may work. */
  busy: 75,
  /** Ended by Ctrl-C, as shells say it: 128 + SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export class Complaint extends Error {
  override readonly name = 'Complaint';
  readonly exitCode: ExitCode;
  /** What the person can do now: a sentence. */
  readonly next: string;

  constructor(message: string, next: string, code: ExitCode) {
    super(message);
    this.next = next;
    this.exitCode = code;
  }
}

/** The text of whatever was thrown, in one line. */
export function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.split('\n', 1)[0] ?? '';
}

/** The `code` of a system error (`ENOENT`, ...), or an empty text. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}
