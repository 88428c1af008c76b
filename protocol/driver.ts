/**
 * The one driver: a small synchronous interpreter of effects over `Ports`.
 *
 * `sim` and `node` supply only the ports, so that "the same code in all worlds" includes the order in which effects are
 * carried out: all effects of one step, in order, before the next input. A port may answer at once (by calling `input`
 * from inside): that input waits in line. The driver keeps no clock and draws nothing; a port's `setTimer` does.
 */
import type { Cell, Effect, Input, PlainState, Protocol, Suite } from './contract.ts';
import { Misuse } from './contract.ts';

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** The world, as a host has it. Every method returns at once; outcomes come back later through `Driver.input`. */
export interface Ports {
  send(effect: Of<'send'>): void;
  setTimer(effect: Of<'setTimer'>): void;
  cancelTimer(effect: Of<'cancelTimer'>): void;
  store(effect: Of<'store'>): void;
  discard(effect: Of<'discard'>): void;
  provision(effect: Of<'provision'>): void;
  unprovision(effect: Of<'unprovision'>): void;
  sign(effect: Of<'sign'>): void;
  lookup(effect: Of<'lookup'>): void;
  notify(effect: Of<'notify'>): void;
}

/** One step as it was taken: for traces, recorders, oracles and coverage. Called before its effects are carried out. */
export type Observer<S> = (step: {
  readonly input: Input;
  readonly effects: readonly Effect[];
  readonly state: S;
  readonly cell: Cell;
}) => void;

/** Call `input` with `start` first. `state` is the state after the last completed step. */
export interface Driver<S> {
  input(input: Input): void;
  readonly state: S;
}

export interface DriverOptions<S extends PlainState> {
  readonly protocol: Protocol<S>;
  readonly suite: Suite;
  readonly ports: Ports;
  readonly observe?: Observer<S>;
}

/** Inputs that may wait while a step's effects are carried out. One step's effects bound it far below. */
const waitingMax = 4096;

export function drive<S extends PlainState>(options: DriverOptions<S>): Driver<S> {
  return new Interpreter(options);
}

/** A class, so that all drivers of a process have one hidden class: a getter in a literal gives each of them its own. */
class Interpreter<S extends PlainState> implements Driver<S> {
  state: S;
  private readonly options: DriverOptions<S>;
  private readonly waiting: Input[] = [];
  private busy = false;

  constructor(options: DriverOptions<S>) {
    this.options = options;
    this.state = options.protocol.initial();
  }

  input(input: Input): void {
    const { waiting } = this;
    if (waiting.length >= waitingMax) throw new Misuse(`driver: more than ${waitingMax} inputs wait for one step`);
    waiting.push(input);
    if (this.busy) return;
    this.busy = true;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) this.step(next);
    } finally {
      this.busy = false;
    }
  }

  private step(input: Input): void {
    const { protocol, suite, ports, observe } = this.options;
    const [next, effects, cell] = protocol.step(this.state, input, suite);
    this.state = next;
    observe?.({ input, effects, state: next, cell });
    for (const effect of effects) carryOut(effect, ports);
  }
}

function carryOut(effect: Effect, ports: Ports): void {
  switch (effect.type) {
    case 'send':
      return ports.send(effect);
    case 'setTimer':
      return ports.setTimer(effect);
    case 'cancelTimer':
      return ports.cancelTimer(effect);
    case 'store':
      return ports.store(effect);
    case 'discard':
      return ports.discard(effect);
    case 'provision':
      return ports.provision(effect);
    case 'unprovision':
      return ports.unprovision(effect);
    case 'sign':
      return ports.sign(effect);
    case 'lookup':
      return ports.lookup(effect);
    case 'notify':
      return ports.notify(effect);
  }
}
