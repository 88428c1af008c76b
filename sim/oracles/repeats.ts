import type { StepEvent } from '../events.ts';
import type { Subject } from '../subject.ts';

/**
 * Repeated datagrams that a host did something about: it went elsewhere, wrote a record, let a key in, or waits to. As `kind host`, so
 * that a difference in the end can be held to what was repeated to whom.
 */
export function actedOnRepeats({ protocol }: Subject): {
  readonly see: (step: StepEvent) => void;
  readonly acted: () => readonly string[];
  /** Those that it said something to. */
  readonly answered: () => readonly string[];
} {
  const acted = new Set<string>();
  const answered = new Set<string>();
  return {
    see(event) {
      if (event.heard === null || event.heard.repeats === null) return;
      const acts = event.effects.some(({ type }) => type === 'store' || type === 'provision' || type === 'setTimer');
      const name = `${protocol.describe(event.heard.bytes).kind} ${event.host}`;
      if (event.effects.some(({ type }) => type === 'send')) answered.add(name);
      if (acts || event.state.situation !== event.cell.situation) acted.add(name);
    },
    acted: () => [...acted].sort(),
    answered: () => [...answered].sort(),
  };
}
