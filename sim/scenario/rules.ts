/** Rules of links, ratios and ranges, from a file's numbers and texts. */
import { type LinkRules, quietLink } from '../network.ts';
import { never, parseRange, parseRatio, type Range, type Ratio } from '../random.ts';
import type { Path, Problems } from './problem.ts';
import type { Numeric, RawRules } from './raw.ts';

/** Longest time in a range: a day. */
const rangeMaxMs = 86_400_000;

const defaults: LinkRules = {
  ...quietLink,
  duplicateAfterUs: { min: 1_000, max: 50_000 },
  reorderByUs: { min: 5_000, max: 100_000 },
};

export function rulesOf(raw: RawRules, path: Path, problems: Problems, base: LinkRules = defaults): LinkRules {
  return { ...base, ...partOfRules(raw, path, problems) };
}

/** Only what is said. */
export function partOfRules(raw: RawRules, path: Path, problems: Problems): Partial<LinkRules> {
  const part: { -readonly [K in keyof LinkRules]?: LinkRules[K] } = {};
  if (raw.loss !== undefined) part.loss = ratio(raw.loss, [...path, 'loss'], problems);
  if (raw.duplicate !== undefined) part.duplicate = ratio(raw.duplicate, [...path, 'duplicate'], problems);
  if (raw.reorder !== undefined) part.reorder = ratio(raw.reorder, [...path, 'reorder'], problems);
  if (raw.delayMs !== undefined) part.delayUs = usRange(raw.delayMs, [...path, 'delayMs'], problems);
  if (raw.duplicateAfterMs !== undefined)
    part.duplicateAfterUs = usRange(raw.duplicateAfterMs, [...path, 'duplicateAfterMs'], problems);
  if (raw.reorderByMs !== undefined) part.reorderByUs = usRange(raw.reorderByMs, [...path, 'reorderByMs'], problems);
  return part;
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

function ratio(raw: Numeric, path: Path, problems: Problems): Ratio {
  const found = parseRatio(String(raw));
  if (found !== null) return found;
  problems.add(
    path,
    `"${raw}" is no ratio from 0 to 1`,
    'Write a ratio of integers such as 1/5 (not 0.2, not 20%), 0 or 1.',
  );
  return never;
}
