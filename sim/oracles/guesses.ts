import { toHex } from '../../protocol/bytes.ts';
import type { Effect, Notice, Phrase } from '../../protocol/contract.ts';
import type { StepEvent } from '../events.ts';
import { type Oracle, verdictOf } from './oracle.ts';

/** A guess for each 2^21 phrases on each side: 2^-20 in all. */
const guessBits = 21;

/** One life of a host. */
export interface GuessCount {
  budget: number;
  granted: number;
  proven: number;
  readonly generators: Set<string>;
  /** Elements of others that were multiplied with a scalar: each is one K. */
  readonly keyed: Set<string>;
}

/**
 * Counted from outside: a product with an element that the host did not derive itself is a K. Whoever proved the phrase
 * gave his guess back.
 */
export const guesses: Oracle = {
  number: 4,
  name: 'guesses',
  claim: 'K is computed for no more unproven peers than the budget of the phrase allows: strangers have at most 2^-20.',
  watch() {
    /** Of the present life of each host. */
    const counts = new Map<string, { readonly boot: number; readonly count: GuessCount }>();
    const countOf = (host: string, boot: number): GuessCount => {
      const known = counts.get(host);
      if (known?.boot === boot) return known.count;
      const count = noGuesses();
      counts.set(host, { boot, count });
      return count;
    };
    const failures: string[] = [];
    let computed = 0;
    return {
      sees: {
        step(event) {
          const count = countOf(event.host, event.boot);
          const before = count.keyed.size;
          countGuesses(count, event);
          computed += count.keyed.size - before;
          const unproven = count.keyed.size - count.proven;
          const budget = count.budget + count.granted;
          if (count.keyed.size > before && unproven > budget)
            failures.push(
              `${event.host} computed K for ${unproven} who did not prove the phrase; its budget is ${budget}`,
            );
        },
      },
      finish: () => verdictOf(computed, 'keys computed', failures),
    };
  },
};

export function noGuesses(): GuessCount {
  return { budget: 0, granted: 0, proven: 0, generators: new Set(), keyed: new Set() };
}

export function countGuesses(count: GuessCount, { input, effects, calls }: StepEvent): void {
  const phrase: Phrase | null =
    input.type === 'start'
      ? input.phrase
      : input.type === 'command' && input.command.name === 'phrase'
        ? input.command.phrase
        : null;
  if (phrase !== null) count.budget = Math.floor(2 ** Math.min(phrase.bits - guessBits, 40));
  if (input.type === 'command' && input.command.name === 'grant') count.granted++;
  for (const effect of effects) if (provesIn(effect)) count.proven++;
  for (const call of calls) {
    if (call.of === 'element') count.generators.add(toHex(call.element));
    else if (call.of === 'multiply') {
      const element = toHex(call.element);
      if (!count.generators.has(element)) count.keyed.add(element);
    }
  }
}

/** Whose tag fitted knew the phrase, whatever is wrong with it otherwise. */
function provesIn(effect: Effect): boolean {
  if (effect.type !== 'notify') return false;
  const { notice } = effect;
  return notice.event === 'proven' || isFlawedProof(notice);
}

function isFlawedProof(notice: Notice): boolean {
  if (notice.event === 'alarm') return notice.rule === 'clone';
  return notice.event === 'refused' && (notice.refusal.rule === 'box' || notice.refusal.rule.startsWith('identity-'));
}
