/**
 * Delta debugging (Zeller and Hildebrandt, 2002, section 3): the parts of a list without which the test no longer fails.
 * Pure, and sparing with tests: only complements are tried, larger ones first, because most parts of a run do not matter.
 */

/**
 * A sublist of `parts` for which `fails` still holds; no single part of it can go, unless `fails` stopped answering (it
 * may throw, to end the search: the caller then has what it accepted last). `fails(parts)` is taken for granted.
 */
export function ddmin<T>(parts: readonly T[], fails: (parts: readonly T[]) => boolean): readonly T[] {
  let left = parts;
  let size = left.length;
  while (size >= 1 && left.length > 0) {
    let found = false;
    for (let at = 0; at < left.length; ) {
      const without = [...left.slice(0, at), ...left.slice(at + size)];
      if (fails(without)) {
        left = without;
        found = true;
      } else at += size;
    }
    // What went may have been what kept something else: at the finest size until nothing goes any more.
    if (size > 1) size = Math.floor(Math.min(size, left.length) / 2) || 1;
    else if (!found) break;
  }
  return left;
}
