/**
 * Specimens: variants of a protocol with one flaw each, which the testbed must convict. A testbed that convicts nobody
 * proves nothing. A specimen wraps the sound protocol and bends what it hears or does; it stays plain state.
 */
import type { Effect, Input, Json, PlainState, Protocol, Suite } from '../../protocol/contract.ts';
import type { Subject } from '../subject.ts';

export interface Specimen {
  readonly name: string;
  /** What it does wrong, in one sentence. */
  readonly flaw: string;
  /** The oracle that must convict it. */
  readonly breaks: string;
  readonly subject: Subject;
}

/** What a flaw sees of one step. `memory` is its own plain value; null at first. */
export interface Moment {
  readonly state: PlainState;
  readonly input: Input;
  readonly memory: Json;
  readonly suite: Suite;
}

export interface Flaw {
  /** Bends an input before the sound protocol gets it; null: it is not heard at all. */
  hear?(moment: Moment): Input | null;
  /** Bends the effects of a step; answers with them and with what it wants to remember. */
  act?(moment: Moment & { readonly effects: readonly Effect[] }): {
    readonly effects: readonly Effect[];
    readonly memory: Json;
  };
}

interface BentState extends PlainState {
  readonly inner: PlainState;
  readonly memory: Json;
}

/** The subject with this flaw. It keeps the name, so that scenarios take it for the sound one. */
export function flawed(subject: Subject, flaw: Flaw): Subject {
  const { protocol } = subject;
  const wrap = (inner: PlainState, memory: Json): BentState => {
    const { secrets, ...open } = inner;
    return { situation: inner.situation, secrets, inner: { ...open, secrets: null }, memory };
  };
  const unwrap = (state: BentState): PlainState => ({ ...state.inner, secrets: state.secrets });
  const bent: Protocol<BentState> = {
    ...protocol,
    initial: () => wrap(protocol.initial(), null),
    step(state, input, suite) {
      const before = unwrap(state);
      const moment: Moment = { state: before, input, memory: state.memory, suite };
      const heard = flaw.hear === undefined ? input : flaw.hear(moment);
      if (heard === null) return [state, [], { situation: state.situation, event: 'ignored' }];
      const [after, effects, cell] = protocol.step(before, heard, suite);
      const acted = flaw.act?.({ ...moment, state: after, input: heard, effects }) ?? { effects, memory: state.memory };
      return [wrap(after, acted.memory), acted.effects, cell];
    },
  };
  // A protocol's own state type is its own affair: the testbed sees any as plain state.
  return { ...subject, protocol: bent as Protocol };
}
