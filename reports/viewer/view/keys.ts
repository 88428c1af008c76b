/** The keys of the page, unless somebody types or chooses. */
import { useEffect, useLayoutEffect } from 'preact/hooks';

export type Way = 'first' | 'back' | 'on' | 'last' | 'matters' | 'mattered' | 'hit' | 'unhit';

export type ZoomWay = 'in' | 'out' | 'normal';

const zoomWays: { readonly [key: string]: ZoomWay } = { '+': 'in', '=': 'in', '-': 'out', '0': 'normal' };

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
  readonly zoom: (way: ZoomWay) => void;
  readonly story: () => void;
}

export function useKeys({ step, back, search, zoom, story }: KeyActions): void {
  // At once, not after the next frame: until then a second key would step from where the first one did, and be lost.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const { target, key } = event;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (target instanceof Element && target.closest('input, select, textarea, summary') !== null) return;
      const way = ways[key];
      if (key === 'Escape') return back();
      const zoomWay = zoomWays[key];
      if (zoomWay !== undefined) return zoom(zoomWay);
      if (key === 's') return story();
      if (key !== '/' && way === undefined) return;
      event.preventDefault();
      if (way === undefined) search();
      else step(way);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [step, back, search, zoom, story]);
}

/** Menus close with Escape, and when something beside them is pressed. */
export function useMenus(): void {
  useEffect(() => {
    const close = (keep: (menu: Element) => boolean): boolean => {
      const open = [...document.querySelectorAll<HTMLDetailsElement>('#viewer details.menu[open]')];
      const closing = open.filter((menu) => !keep(menu));
      for (const menu of closing) {
        if (menu.contains(document.activeElement)) menu.querySelector('summary')?.focus();
        menu.open = false;
      }
      return closing.length > 0;
    };
    const escape = (event: KeyboardEvent): void => {
      // What was open is closed, and nothing else comes of the key.
      if (event.key === 'Escape' && close(() => false)) event.stopPropagation();
    };
    const press = ({ target }: Event): void => void close((menu) => target instanceof Node && menu.contains(target));
    document.addEventListener('keydown', escape, true);
    document.addEventListener('pointerdown', press, true);
    return () => {
      document.removeEventListener('keydown', escape, true);
      document.removeEventListener('pointerdown', press, true);
    };
  }, []);
}
