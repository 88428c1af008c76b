/** One thing that a doctor found: what is wrong, why it matters, what to do. */

/** `blocks`: nobody can pair here. `hinders`: some of it does not work. `note`: good to know, nothing is wrong. */
export type Level = 'blocks' | 'hinders' | 'note';

export interface Finding {
  readonly level: Level;
  /** Its name for programs. */
  readonly rule: string;
  /** Null: it is not about one interface. */
  readonly interface: string | null;
  readonly what: string;
  readonly why: string;
  /** A command or a sentence. Null: nothing need be done. */
  readonly next: string | null;
}

/** `a`, `a and b`, `a, b and c`; each once. */
export function listed(words: readonly (string | number)[]): string {
  const each = [...new Set(words.map(String))];
  const last = each.pop() ?? '';
  return each.length === 0 ? last : `${each.join(', ')} and ${last}`;
}
