/** What a scenario expects beside its oracles. */
import { type Context, protocolsOf } from './context.ts';
import type { Path } from './problem.ts';
import { listOf, type RawExpectation } from './raw.ts';
import { countRange } from './rules.ts';
import type { Expectation } from './scenario.ts';

const claims = ['paired', 'unpaired', 'never', 'notice', 'lines', 'sends', 'learns'] as const;

type Claim = Expectation extends infer E ? (E extends Expectation ? Omit<E, 'protocols'> : never) : never;

export function expectationsOf(items: readonly RawExpectation[], context: Context): readonly Expectation[] {
  return items.flatMap((item, index) => {
    const path: Path = ['expect', index];
    const said = claims.filter((claim) => item[claim] !== undefined);
    if (said.length !== 1) {
      const what =
        said.length === 0 ? 'nothing is expected here' : `two things are expected here: ${said.join(' and ')}`;
      context.problems.add(path, what, `One item has one of: ${claims.join(', ')}.`);
      return [];
    }
    const protocols = protocolsOf(item.for, [...path, 'for'], context);
    const claim = claimOf(item, path, context);
    return claim === null ? [] : [{ ...claim, protocols }];
  });
}

function claimOf(item: RawExpectation, path: Path, context: Context): Claim | null {
  if (item.paired !== undefined) {
    const hosts = hostsOf(listOf(item.paired), [...path, 'paired'], context);
    if (listOf(item.paired).length !== 2)
      context.problems.add([...path, 'paired'], 'two are paired', 'Name two hosts: paired: [alice, bob].');
    return { that: 'paired', hosts, withinUs: item.withinMs === undefined ? null : item.withinMs * 1000 };
  }
  if (item.withinMs !== undefined)
    context.problems.add([...path, 'withinMs'], 'withinMs belongs to paired', 'Take it away.', 'key');
  if (item.unpaired !== undefined)
    return { that: 'unpaired', hosts: hostsOf(listOf(item.unpaired), [...path, 'unpaired'], context) };
  if (item.learns !== undefined) return learnsOf(item, item.learns, path, context);
  const hosts = hostsOf(listOf(item.host), [...path, 'host'], context);
  const host = hosts[0];
  if (host === undefined) {
    if (item.host === undefined) context.problems.add(path, 'of whom is this expected?', 'Add host: <name>.');
    return null;
  }
  if (item.never !== undefined) {
    const key = item.key ?? '';
    if (item.key === undefined) context.problems.add(path, 'whose key is never authorized?', 'Add key: <machine>.');
    else context.knows(key, [...context.hosts, ...context.adversaries], 'machine', [...path, 'key']);
    return { that: 'neverAuthorized', hosts, key };
  }
  const count = item.count === undefined ? null : countRange(item.count, [...path, 'count'], context.problems);
  if (item.notice !== undefined) {
    // Without its rule, a refusal for any other reason would pass for the one that is meant. "None at all" means every rule.
    if (item.notice === 'refused' && item.detail === undefined && count?.max !== 0)
      context.problems.add(path, 'by which rule is this refused?', 'Add detail: <rule>, as tag or identity-key.');
    return { that: 'notice', host, event: item.notice, detail: item.detail ?? null, count };
  }
  if (item.sends !== undefined)
    return { that: 'sends', host, kind: item.sends, count: count ?? { min: 1, max: Number.MAX_SAFE_INTEGER } };
  return { that: 'lines', host, count: item.lines ?? 0 };
}

function learnsOf(
  { who }: RawExpectation,
  what: NonNullable<RawExpectation['learns']>,
  path: Path,
  context: Context,
): Claim | null {
  if (who === undefined) {
    context.problems.add(path, `who learns ${what}?`, 'Add who: <adversary>.');
    return null;
  }
  return context.knows(who, context.adversaries, 'adversary', [...path, 'who']) ? { that: 'learns', who, what } : null;
}

function hostsOf(names: readonly string[], path: Path, context: Context): readonly string[] {
  return names.filter((name) => context.knows(name, context.hosts, 'host', path));
}
