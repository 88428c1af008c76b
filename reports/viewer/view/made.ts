/** Keeps what was drawn: an element that is given back as it was is not looked at again while a person scrolls. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

/** Kept at once; then all are forgotten. */
const keptMax = 5000;

/** Gives the element of that index, made anew if its classes changed; all are forgotten when one of `of` changes. */
export function useMade(
  of: readonly unknown[],
): (index: number, classes: string, make: () => JSX.Element) => JSX.Element {
  return useMemo(() => {
    const kept = new Map<number, { readonly classes: string; readonly element: JSX.Element }>();
    return (index, classes, make) => {
      const known = kept.get(index);
      if (known?.classes === classes) return known.element;
      const element = make();
      if (kept.size >= keptMax) kept.clear();
      kept.set(index, { classes, element });
      return element;
    };
  }, of);
}
