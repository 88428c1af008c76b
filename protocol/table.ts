/**
 * Transition tables: what a protocol does, as a matrix that a person can read, a diagram can be drawn from and coverage
 * can be counted on.
 *
 * A protocol first turns an input into exactly one *event* (its own vocabulary: "requestProven", "repeatTimer"), purely
 * from the state and the input. The matrix then has one rule for every (situation, event); the compiler refuses a matrix
 * with a missing one. A rule says where it may lead and why; `take` holds it to that.
 */
import type { Cell, Effect, PlainState, StepResult, Suite, TableRow } from './contract.ts';
import { Misuse } from './contract.ts';

/** What an action yields: the next state and the effects, in the order in which they are to be carried out. */
export type Turn<S> = readonly [state: S, effects: readonly Effect[]];

export type Act<S, E> = (state: S, event: E, suite: Suite) => Turn<S>;

/**
 * `moves`: the action decides, among `to`. `stays`: the situation stays (the rest of the state may change).
 * `impossible`: the protocol's own reading of inputs cannot yield this event here; met nevertheless, it is our bug.
 */
export type Rule<S, E> =
  | { readonly kind: 'moves'; readonly to: readonly string[]; readonly act: Act<S, E>; readonly why: string }
  | { readonly kind: 'stays'; readonly act: Act<S, E>; readonly why: string }
  | { readonly kind: 'impossible'; readonly why: string };

export type Matrix<S extends PlainState, E extends { readonly type: string }> = {
  readonly [situation in S['situation']]: { readonly [type in E['type']]: Rule<S, E & { readonly type: type }> };
};

export function moves<S, E>(to: readonly string[], act: Act<S, E>, why: string): Rule<S, E> {
  return { kind: 'moves', to, act, why };
}

/** With no action: heard, and nothing done about it. */
export function stays<S, E>(why: string, act: Act<S, E> = (state) => [state, []]): Rule<S, E> {
  return { kind: 'stays', act, why };
}

export function impossible<S, E>(why: string): Rule<S, E> {
  return { kind: 'impossible', why };
}

/** Thrown where the table is broken: an event that cannot be, or a step that its rule does not allow. */
export class TableBroken extends Misuse {
  readonly cell: Cell;

  constructor(message: string, cell: Cell) {
    super(message);
    this.cell = cell;
  }
}

/** The rule for this situation and event, carried out and held to its word. Throws TableBroken. */
export function take<S extends PlainState, E extends { readonly type: string }>(
  matrix: Matrix<S, E>,
  state: S,
  event: E,
  suite: Suite,
): StepResult<S> {
  const situation: S['situation'] = state.situation;
  const type: E['type'] = event.type;
  const rule = matrix[situation][type] as Rule<S, E>;
  const cell = { situation, event: event.type };
  if (rule.kind === 'impossible') throw new TableBroken(`${situation} cannot hear ${type}: ${rule.why}`, cell);
  const [next, effects] = rule.act(state, event, suite);
  const allowed = rule.kind === 'stays' ? next.situation === situation : rule.to.includes(next.situation);
  if (!allowed)
    throw new TableBroken(`${situation} on ${type} led to ${next.situation}, which its rule does not allow`, cell);
  return [next, effects, cell];
}

/** One action after the other on the same state, their effects in order. */
export function sequence<S>(state: S, ...steps: readonly ((state: S) => Turn<S>)[]): Turn<S> {
  let next = state;
  const effects: Effect[] = [];
  for (const step of steps) {
    const [after, more] = step(next);
    next = after;
    for (const effect of more) effects.push(effect);
  }
  return [next, effects];
}

/** The matrix as rows, in the order in which it is written. */
export function publish<S extends PlainState, E extends { readonly type: string }>(
  matrix: Matrix<S, E>,
): readonly TableRow[] {
  return Object.entries<{ readonly [type: string]: Rule<S, never> }>(matrix).flatMap(([situation, rules]) =>
    Object.entries(rules).map(([event, rule]) => ({
      situation,
      event,
      kind: rule.kind,
      to: rule.kind === 'moves' ? rule.to : rule.kind === 'stays' ? [situation] : [],
      why: rule.why,
    })),
  );
}
