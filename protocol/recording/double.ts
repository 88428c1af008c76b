/** A core that lives on what a recording says: its inputs, and the answers of the suite in the order in which it asked. */
import type { Input, PlainState, Protocol } from '../contract.ts';
import { drive, type Observer, type Ports } from '../driver.ts';
import type { Answer } from './format.ts';
import { OtherCall, playingSuite } from './suites.ts';

export type Played = Parameters<Observer<PlainState>>[0];

/** Takes one step after the other, and answers with what came of it, or with why nothing can. */
export function makeDouble(protocol: Protocol): (input: Input, answers: readonly Answer[]) => Played | string {
  let waiting: Answer[] = [];
  let seen: Played | null = null;
  const driver = drive({
    protocol,
    suite: playingSuite('recorded', () => waiting.shift()),
    ports: nowhere,
    observe: (step) => {
      seen = step;
    },
  });
  return (input, answers) => {
    waiting = [...answers];
    seen = null;
    try {
      driver.input(input);
    } catch (thrown) {
      const text = thrown instanceof Error ? thrown.message : String(thrown);
      return thrown instanceof OtherCall ? text : `the core throws: ${text}`;
    }
    const now = seen as Played | null;
    if (now === null) return 'the core took no step';
    return waiting.length === 0 ? now : `the core asks the suite ${waiting.length} times less`;
  };
}

/** Nothing happens in a replay: what became of each effect is an input of the recording. */
const nowhere: Ports = {
  send: () => undefined,
  setTimer: () => undefined,
  cancelTimer: () => undefined,
  store: () => undefined,
  discard: () => undefined,
  provision: () => undefined,
  unprovision: () => undefined,
  sign: () => undefined,
  lookup: () => undefined,
  notify: () => undefined,
};
