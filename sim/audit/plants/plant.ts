/**
 * Rules of the protocols, and what has to turn red when one of them is taken out. A scenario can lose its teeth unseen: another rule
 * comes to stop what it tells of, or its luck changes. `npm run plants` takes each rule out of a copy of the program and
 * requires red, so that "does anything notice if this check goes?" is a command and not a memory.
 */
export interface Plant {
  /** Below the root, without its ending. */
  readonly file: string;
  /** There once in the source and once in what the compiler makes of it: a piece of one line, without types. */
  readonly takes: string;
  readonly puts: string;
  /** Scenarios of which at least one has to fail, as `family/name`; none: nothing in the catalogue notices, and `why` says why. */
  readonly red: readonly string[];
  /** What is gone. */
  readonly rule: string;
  /** Of a plant that nothing notices. */
  readonly why?: string;
}
