/** Rules of links, ratios and ranges, from a file's numbers and texts. */
import { presets } from '../faults/presets.ts';
import { type DelayBand, hullOf, type LinkRules, quietLink } from '../faults/rules.ts';
import { never, parseRange, parseRatio, type Range, type Ratio } from '../random.ts';
import type { Path, Problems } from './problem.ts';
import type { Numeric, RawRules } from './raw.ts';

/** Longest time in a range: a day. */
const rangeMaxMs = 86_400_000;

/** Most copies of one datagram. */
const copiesMax = 100;

const defaults: LinkRules = {
  ...quietLink,
  duplicateAfterUs: { min: 1_000, max: 50_000 },
  reorderByUs: { min: 5_000, max: 100_000 },
};

export function rulesOf(raw: RawRules, path: Path, problems: Problems): LinkRules {
  return { ...defaults, ...partOfRules(raw, path, problems) };
}

/** Only what is said. */
export function partOfRules(raw: RawRules, path: Path, problems: Problems): Partial<LinkRules> {
  const part: { -readonly [K in keyof LinkRules]?: LinkRules[K] } = { ...presets[raw.preset ?? '']?.rules };
  const at = (key: keyof RawRules): Path => [...path, key];
  const ratios = ['loss', 'duplicate', 'reorder', 'corrupt', 'truncate', 'multicastLoss'] as const;
  for (const key of ratios) {
    const said = raw[key];
    if (said !== undefined) part[key] = ratio(said, at(key), problems);
  }
  if (raw.burst !== undefined) {
    const { starts, ends, loss } = raw.burst;
    const one = (key: string, said: Numeric): Ratio => ratio(said, [...at('burst'), key], problems);
    part.burst = { starts: one('starts', starts), ends: one('ends', ends), loss: one('loss', loss ?? 1) };
  }
  if (raw.delayMs !== undefined) Object.assign(part, delayOf(raw.delayMs, at('delayMs'), problems));
  if (raw.duplicateAfterMs !== undefined)
    part.duplicateAfterUs = usRange(raw.duplicateAfterMs, at('duplicateAfterMs'), problems);
  if (raw.reorderByMs !== undefined) part.reorderByUs = usRange(raw.reorderByMs, at('reorderByMs'), problems);
  if (raw.copies !== undefined) part.copies = copiesOf(raw.copies, at('copies'), problems);
  if (raw.rate !== undefined) part.rate = raw.rate;
  if (raw.queueBytes !== undefined) part.queueBytes = raw.queueBytes;
  if (raw.mtu !== undefined) part.mtu = raw.mtu;
  if (raw.forgetsMs !== undefined) part.forgetsUs = raw.forgetsMs * 1000;
  if (raw.isolated !== undefined) part.isolated = raw.isolated;
  return part;
}

function delayOf(
  raw: NonNullable<RawRules['delayMs']>,
  path: Path,
  problems: Problems,
): Pick<LinkRules, 'delayUs' | 'delayTable'> {
  if (typeof raw === 'number' || typeof raw === 'string')
    return { delayUs: usRange(raw, path, problems), delayTable: [] };
  const delayTable = raw.map(
    ({ weight, ms }, index): DelayBand => ({ weight, us: usRange(ms, [...path, index, 'ms'], problems) }),
  );
  return { delayUs: hullOf(delayTable), delayTable };
}

function copiesOf(raw: Numeric, path: Path, problems: Problems): Range {
  const range = countRange(raw, path, problems);
  if (range.max > copiesMax)
    problems.add(path, `${range.max} copies of a datagram are too many`, `Expected at most ${copiesMax}.`);
  return range;
}

/** Milliseconds in the file, microseconds here. */
export function usRange(raw: Numeric, path: Path, problems: Problems): Range {
  const range = countRange(raw, path, problems, 'milliseconds, an integer or a range such as 1..20');
  if (range.max > rangeMaxMs)
    problems.add(path, `${range.max} ms are more than a day`, `Expected at most ${rangeMaxMs} ms.`);
  return { min: range.min * 1000, max: range.max * 1000 };
}

export function countRange(
  raw: Numeric,
  path: Path,
  problems: Problems,
  expected = 'an integer or a range such as 1..3',
): Range {
  const range = parseRange(String(raw));
  if (range !== null) return range;
  problems.add(path, `"${raw}" is no range`, `Expected ${expected}, the smaller number first, without a unit.`);
  return { min: 0, max: 0 };
}

export function ratio(raw: Numeric, path: Path, problems: Problems): Ratio {
  const found = parseRatio(String(raw));
  if (found !== null) return found;
  problems.add(
    path,
    `"${raw}" is no ratio from 0 to 1`,
    'Write a ratio of integers such as 1/5 (not 0.2, not 20%), 0 or 1.',
  );
  return never;
}
