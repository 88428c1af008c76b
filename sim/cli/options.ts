/** What options of several commands have in common. */
import { exitCode, WrongUse } from './complaint.ts';

/** Refuses an option that is given twice: neither of the two is meant more than the other. */
export function once<T extends object>(args: T, names: readonly (keyof T & string)[]): void {
  const twice = names.find((name) => Array.isArray(args[name]));
  if (twice !== undefined)
    throw new WrongUse(`--${twice} is given more than once`, 'Next: give it once.', exitCode.usage);
}

export function seedOf(seed: number | undefined): number | undefined {
  if (seed === undefined || (Number.isSafeInteger(seed) && seed >= 0)) return seed;
  throw new WrongUse(`--seed ${seed} is no seed`, 'A seed is an integer from 0 on.', exitCode.usage);
}
