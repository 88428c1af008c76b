/** What failed in a run, as something that can be found again in another run. */
import type { RunResult } from '../run.ts';

export type Failure =
  | { readonly of: 'core'; readonly name: 'threw' }
  /** The name of an oracle that the scenario does not say to break. */
  | { readonly of: 'oracle'; readonly name: string }
  /** An expectation in words. */
  | { readonly of: 'expectation'; readonly name: string };

/** All that failed, the worst first. A stated break that did not come is no failure that could be made smaller. */
export function failuresOf({ oracles, expectations, expected, failures }: RunResult): readonly Failure[] {
  const stated = expected === 'pass' ? null : expected.breaks;
  const threw = failures.some((failure) => failure.startsWith('the core of '));
  return [
    ...(threw ? [{ of: 'core', name: 'threw' } as const] : []),
    ...oracles
      .filter(({ verdict, name }) => verdict === 'fail' && name !== stated)
      .map(({ name }) => ({ of: 'oracle', name }) as const),
    ...expectations.filter(({ held }) => !held).map(({ what }) => ({ of: 'expectation', name: what }) as const),
  ];
}

export function sameFailure(a: Failure, b: Failure): boolean {
  return a.of === b.of && a.name === b.name;
}

export function failureText({ of, name }: Failure): string {
  if (of === 'core') return 'the core throws';
  return of === 'oracle' ? `oracle ${name} is broken` : `expected, and not so: ${name}`;
}
