/**
 * Wrong use of the program: what happened, what to do next, and the exit code (64 and up, as sysexits.h has them). The
 * program prints it without a stack trace.
 */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
  readonly exitCode: number;
  readonly next: string;

  constructor(message: string, next: string, exitCode: number) {
    super(message);
    this.next = next;
    this.exitCode = exitCode;
  }
}

export const exitCode = {
  passed: 0,
  failed: 1,
  inconclusive: 2,
  usage: 64,
  /** A scenario file is wrong. */
  data: 65,
  noInput: 66,
  cannotCreate: 73,
} as const;
