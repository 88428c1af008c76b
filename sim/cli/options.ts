/** What options of several commands have in common. */
import { subjects } from '../protocols.ts';
import { exitCode, WrongUse } from './complaint.ts';

export const protocolOption: {
  readonly type: 'string';
  readonly choices: readonly string[];
  readonly describe: string;
} = {
  type: 'string',
  choices: [...subjects.keys()],
  describe: 'only this conversation',
};

export const suiteOption = {
  choices: ['real', 'symbolic'],
  default: 'symbolic',
  describe: 'an ideal cryptography, or the real one at a tenth of the speed (lp1; annex is always real)',
} as const;

export const seedOption = { type: 'number', describe: "instead of the scenario's own seed" } as const;

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
