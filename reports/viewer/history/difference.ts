/** What became different between two plain values: states of one host, a step apart. */

export interface Change {
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly before: unknown;
  readonly after: unknown;
}

/** Changes listed; a state that was thrown over is better looked at whole. */
const changesMax = 200;

/** Parts that both share are the same object, mostly, and cost nothing. */
export function differences(before: unknown, after: unknown): readonly Change[] {
  const found: Change[] = [];
  compare(before, after, '', found);
  return found;
}

function compare(before: unknown, after: unknown, path: string, found: Change[]): void {
  if (before === after || found.length >= changesMax || alike(before, after)) return;
  if (before === undefined) return void found.push({ path, kind: 'added', before, after });
  if (after === undefined) return void found.push({ path, kind: 'removed', before, after });
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(before, after, path, found);
  if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      // Nothing secret is shown, and whether it changed is not either.
      if (key !== 'secrets') compare(before[key], after[key], path === '' ? key : `${path}.${key}`, found);
    }
    return;
  }
  found.push({ path, kind: 'changed', before, after });
}

/** What stands at both ends in both lists stayed; between, entries came, went or changed. */
function compareLists(before: readonly unknown[], after: readonly unknown[], path: string, found: Change[]): void {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && alike(before[head], after[head])) head++;
  let tail = 0;
  while (tail < shorter - head && alike(before.at(-1 - tail), after.at(-1 - tail))) tail++;
  const [old, now] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  for (let at = 0; at < Math.max(old.length, now.length); at++)
    compare(old[at], now[at], `${path}[${head + at}]`, found);
}

export function alike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((byte, at) => byte === b[at]);
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, at) => alike(one, b[at]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && alike(a[key], b[key]));
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}
