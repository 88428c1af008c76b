/** What options of several commands have in common. */
import { availableParallelism } from 'node:os';
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

/** Numbers are read as texts, so that what is none can be told as it was typed. */
export const seedOption = {
  type: 'string',
  requiresArg: true,
  describe: "instead of the scenario's own seed",
} as const;

export const jobsOption: {
  readonly type: 'string';
  readonly requiresArg: true;
  readonly default: string;
  readonly describe: string;
} = {
  type: 'string',
  requiresArg: true,
  default: String(availableParallelism()),
  describe: 'workers',
};

/** Refuses an option that is given twice: neither of the two is meant more than the other. */
export function once<T extends object>(args: T, names: readonly (keyof T & string)[]): void {
  const twice = names.find((name) => Array.isArray(args[name]));
  if (twice !== undefined)
    throw new WrongUse(`--${twice} is given more than once`, 'Next: give it once.', exitCode.usage);
}

export function seedOf(seed: string | undefined): number | undefined {
  if (seed === undefined) return seed;
  return wholeNumber({ seed }, 'seed', { min: 0, max: Number.MAX_SAFE_INTEGER });
}

export function jobsOf(args: { readonly jobs: string }): number {
  return wholeNumber(args, 'jobs', { min: 1, max: 1024 });
}

/** The option of that name. Throws WrongUse for all but decimal digits within these bounds. */
export function wholeNumber<K extends string>(
  args: { readonly [key in K]: string },
  name: K,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const text = args[name];
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new WrongUse(
    `--${name} ${JSON.stringify(text.slice(0, 80))} is not a whole number from ${min} to ${max}`,
    `Next: write it in digits, --${name} ${Math.max(min, 7)} for one.`,
    exitCode.usage,
  );
}
