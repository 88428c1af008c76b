/**
 * Named, relative timers on a clock that counts sleep, and the news that the machine slept.
 *
 * setTimeout runs on a clock that stands still while a laptop sleeps. Once a second we compare it with the system's
 * uptime, which goes on (CLOCK_BOOTTIME on Linux): where they part, the machine slept; timers that are due fire now, the
 * others are set to what is left of them. A jump of the wall clock alone (a restored snapshot) moves no timer, but is
 * told as well: fresh entropy costs nothing. Nothing here is ever compared across processes.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { uptime } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Effect } from '../protocol/contract.ts';

/** All in ms. `running` stands still in sleep, `boot` does not, `wall` may be set by anybody. */
export interface Clocks {
  running(): number;
  boot(): number;
  wall(): number;
}

export const systemClocks: Clocks = {
  running: () => performance.now(),
  boot: () => uptime() * 1000,
  wall: () => Date.now(),
};

export interface Timers {
  set(effect: Extract<Effect, { type: 'setTimer' }>): void;
  cancel(name: string): void;
  /** Compare the clocks now; also done every second. */
  check(): void;
  close(): void;
}

const checkMs = 1000;
/** uptime() counts in hundredths of a second, and a busy machine is late: less than this is no sleep. */
const sleepMinMs = 2000;
const wallJumpMinMs = 60_000;
/** setTimeout fires at once beyond this. */
const delayMax = 2 ** 31 - 1;

export function makeTimers(
  fired: (name: string) => void,
  resumed: (entropy: Uint8Array) => void,
  clocks: Clocks = systemClocks,
): Timers {
  const set = new Map<string, { readonly handle: NodeJS.Timeout; readonly due: number }>();
  const now = (): { running: number; boot: number; wall: number } => ({
    running: clocks.running(),
    boot: clocks.boot(),
    wall: clocks.wall(),
  });
  let last = now();

  const arm = (name: string, due: number, delay: number): void => {
    const handle = setTimeout(
      () => {
        set.delete(name);
        fired(name);
      },
      Math.min(delay, delayMax),
    );
    set.set(name, { handle, due });
  };
  const cancel = (name: string): void => {
    clearTimeout(set.get(name)?.handle);
    set.delete(name);
  };
  const check = (): void => {
    const before = last;
    last = now();
    const ran = last.running - before.running;
    const slept = last.boot - before.boot - ran;
    if (slept >= sleepMinMs) {
      const left = [...set].sort(([, a], [, b]) => a.due - b.due);
      for (const [name, { handle, due }] of left) {
        clearTimeout(handle);
        arm(name, due, Math.max(0, due - last.boot));
      }
    }
    if (slept >= sleepMinMs || last.wall - before.wall - ran >= wallJumpMinMs) resumed(randomBytes(32));
  };
  const heart = setInterval(check, checkMs);
  heart.unref();

  return {
    set({ name, minMs, maxMs }): void {
      cancel(name);
      const delay = minMs >= maxMs ? minMs : randomInt(minMs, maxMs + 1);
      arm(name, clocks.boot() + delay, delay);
    },
    cancel,
    check,
    close(): void {
      clearInterval(heart);
      for (const name of set.keys()) cancel(name);
    },
  };
}
