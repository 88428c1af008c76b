/** The keys of the page, unless somebody types or chooses. */
import { useEffect } from 'preact/hooks';

export type Way = 'first' | 'back' | 'on' | 'last' | 'matters' | 'mattered' | 'hit' | 'unhit';

const ways: { readonly [key: string]: Way } = {
  ArrowRight: 'on',
  ArrowDown: 'on',
  j: 'on',
  ArrowLeft: 'back',
  ArrowUp: 'back',
  k: 'back',
  Home: 'first',
  End: 'last',
  n: 'matters',
  N: 'mattered',
  f: 'hit',
  F: 'unhit',
};

export interface KeyActions {
  readonly step: (way: Way) => void;
  readonly back: () => void;
  readonly search: () => void;
}

export function useKeys({ step, back, search }: KeyActions): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const { target, key } = event;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (target instanceof Element && target.closest('input, select, textarea, summary') !== null) return;
      const way = ways[key];
      if (key === 'Escape') return back();
      if (key !== '/' && way === undefined) return;
      event.preventDefault();
      if (way === undefined) search();
      else step(way);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [step, back, search]);
}
