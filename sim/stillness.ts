/** A machine that stands still: what would happen to it waits, in order, until it goes on. */

export type Stillness = 'pause' | 'sleep';

export interface Gate {
  still(): Stillness | null;
  /** Now, or when it goes on. */
  pass(then: () => void): void;
  /** A datagram: into the socket's buffer, or away when that is full. */
  hear(then: () => void): void;
  stop(kind: Stillness): void;
  /** What waited happens now. */
  go(): void;
}

/** Datagrams in the buffer of a stopped process: 212,992 B, as Linux has it, with 1.5 kB and a little for each. */
const bufferMax = 128;

export function makeGate(): Gate {
  let still: Stillness | null = null;
  let waiting: (() => void)[] = [];
  let buffered = 0;
  const pass = (then: () => void): void => {
    if (still === null) then();
    else waiting.push(then);
  };
  return {
    still: () => still,
    pass,
    hear(then) {
      if (still !== null && ++buffered > bufferMax) return;
      pass(then);
    },
    stop(kind) {
      still = kind;
    },
    go() {
      const all = waiting;
      still = null;
      waiting = [];
      buffered = 0;
      for (const then of all) then();
    },
  };
}
