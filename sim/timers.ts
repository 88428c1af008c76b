/** A host's timers by name; setting one anew, or cancelling it, makes an earlier one of that name nothing. */
import type { Input } from '../protocol/contract.ts';
import type { Ports } from '../protocol/driver.ts';
import type { Stream } from './random.ts';

export interface HostTimers extends Pick<Ports, 'setTimer' | 'cancelTimer'> {
  /** What is left of each, in us of virtual time. */
  left(): readonly TimerLeft[];
  restore(left: readonly TimerLeft[]): void;
}

export interface TimerLeft {
  readonly name: string;
  readonly us: number;
}

export interface TimersOptions {
  readonly stream: (purpose: string) => Stream;
  readonly later: (delayUs: number, then: () => void) => void;
  readonly nowUs: () => number;
  readonly input: (input: Input) => void;
  /** How much too fast its clock runs, in millionths. */
  readonly driftPpm: number;
}

const million = 1_000_000;

export function hostTimers({ stream, later, nowUs, input, driftPpm }: TimersOptions): HostTimers {
  const timers = new Map<string, { readonly setting: number; readonly dueUs: number }>();
  const bonds: string[] = [];
  /** Record ids follow from keys, and luck must not: such a timer is the first, second, ... of its host. */
  const streamName = (name: string): string => {
    const [, word, record] = /^(\w+) ([0-9a-z]{16})$/.exec(name) ?? [];
    if (word === undefined || record === undefined) return name;
    if (!bonds.includes(record)) bonds.push(record);
    return `${word} ${bonds.indexOf(record)}`;
  };
  const luck = new Map<string, Stream>();
  const luckOf = (name: string): Stream => {
    const known = luck.get(name) ?? stream(`timer ${streamName(name)}`);
    luck.set(name, known);
    return known;
  };
  let settings = 0;
  const set = (name: string, us: number): void => {
    const setting = ++settings;
    timers.set(name, { setting, dueUs: nowUs() + us });
    later(us, () => {
      if (timers.get(name)?.setting !== setting) return;
      timers.delete(name);
      input({ type: 'timer', name });
    });
  };
  return {
    setTimer({ name, minMs, maxMs }) {
      // Most of them leave nothing to luck, and a stream is made for each name.
      const us = minMs === maxMs ? minMs * 1000 : luckOf(name).integer(minMs * 1000, maxMs * 1000);
      set(name, driftPpm === 0 ? us : Math.round((us * million) / (million + driftPpm)));
    },
    cancelTimer({ name }) {
      timers.delete(name);
    },
    left: () => [...timers].map(([name, { dueUs }]) => ({ name, us: Math.max(0, dueUs - nowUs()) })),
    restore(left) {
      for (const { name, us } of left) set(name, us);
    },
  };
}
