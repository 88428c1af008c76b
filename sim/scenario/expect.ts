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
    return claimsOf(item, path, context).map((claim) => ({ ...claim, protocols }));
  });
}

/** What is expected of several hosts is expected of each. */
function claimsOf(item: RawExpectation, path: Path, context: Context): readonly Claim[] {
  if (item.paired !== undefined) {
    const hosts = hostsOf(listOf(item.paired), [...path, 'paired'], context);
    if (listOf(item.paired).length !== 2)
      context.problems.add([...path, 'paired'], 'two are paired', 'Name two hosts: paired: [alice, bob].');
    return [{ that: 'paired', hosts, withinUs: item.withinMs === undefined ? null : item.withinMs * 1000 }];
  }
  if (item.withinMs !== undefined)
    context.problems.add([...path, 'withinMs'], 'withinMs belongs to paired', 'Take it away.', 'key');
  if (item.unpaired !== undefined)
    return [{ that: 'unpaired', hosts: hostsOf(listOf(item.unpaired), [...path, 'unpaired'], context) }];
  if (item.learns !== undefined) return learnsOf(item, item.learns, path, context);
  const hosts = hostsOf(listOf(item.host), [...path, 'host'], context);
  if (hosts.length === 0) {
    if (item.host === undefined) context.problems.add(path, 'of whom is this expected?', 'Add host: <name>.');
    return [];
  }
  if (item.never !== undefined) {
    const key = item.key ?? '';
    if (item.key === undefined) context.problems.add(path, 'whose key is never authorized?', 'Add key: <machine>.');
    else context.knows(key, [...context.hosts, ...context.adversaries], 'machine', [...path, 'key']);
    return [{ that: 'neverAuthorized', hosts, key }];
  }
  return ofEach(item, path, context, hosts);
}

function ofEach(item: RawExpectation, path: Path, context: Context, hosts: readonly string[]): readonly Claim[] {
  const count = item.count === undefined ? null : countRange(item.count, [...path, 'count'], context.problems);
  const { notice, sends } = item;
  if (notice !== undefined) {
    // Without its rule, a refusal for any other reason would pass for the one that is meant. "None at all" means every rule.
    if (notice === 'refused' && item.detail === undefined && count?.max !== 0)
      context.problems.add(path, 'by which rule is this refused?', 'Add detail: <rule>, as tag or identity-key.');
    return hosts.map((host) => ({ that: 'notice', host, event: notice, detail: item.detail ?? null, count }));
  }
  if (sends !== undefined)
    return hosts.map((host) => ({
      that: 'sends',
      host,
      kind: sends,
      count: count ?? { min: 1, max: Number.MAX_SAFE_INTEGER },
    }));
  return hosts.map((host) => ({ that: 'lines', host, count: item.lines ?? 0 }));
}

function learnsOf(
  { who }: RawExpectation,
  what: NonNullable<RawExpectation['learns']>,
  path: Path,
  context: Context,
): readonly Claim[] {
  if (who === undefined) {
    context.problems.add(path, `who learns ${what}?`, 'Add who: <adversary>.');
    return [];
  }
  return context.knows(who, context.adversaries, 'adversary', [...path, 'who']) ? [{ that: 'learns', who, what }] : [];
}

function hostsOf(names: readonly string[], path: Path, context: Context): readonly string[] {
  return names.filter((name) => context.knows(name, context.hosts, 'host', path));
}
