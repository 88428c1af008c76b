/** Where the diagram's window stands, whether it flies, and how it keeps the cursor in view. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { gutterPx, type Lanes } from './geometry.ts';
import type { ZoomWay } from './keys.ts';
import type { Shown } from './shown.ts';

export interface View {
  readonly top: number;
  readonly height: number;
  readonly width: number;
  readonly left: number;
  /** It is scrolled faster than anybody can read. */
  readonly flies: boolean;
}

type Box = { readonly current: HTMLDivElement | null };

/** The step in which the drawing follows the scrolling. */
export const stepPx = 300;
/** Height of the lanes' names, which stay at the top. */
export const headsPx = 58;
/** Scrolled in one frame and in the one before it flies: at sixty frames a second these are three screens. */
const flightPx = 48;
/** After so many frames without any it rests. Frames, not a time: on a busy machine they are far apart. */
const restFrames = 5;

export interface Scrolling {
  readonly view: View;
  /** Goes somewhere at once: that is no flight, unless it does so again and again. */
  readonly jump: (to: ScrollToOptions) => void;
  /** Tells of a step. */
  readonly step: () => void;
}

/** The view in steps: between two of them nothing is drawn anew. */
export function useScrolling(scroller: Box): Scrolling {
  const [view, setView] = useState<View>({ top: 0, height: 800, width: 900, left: 0, flies: false });
  const moved = useRef({ jump: false, step: false });
  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    let [frame, still, last, swift] = [0, restFrames, box.scrollTop, 0];
    const measure = (): void => {
      frame = 0;
      const { scrollTop, clientHeight, clientWidth, scrollLeft } = box;
      const { jump, step } = moved.current;
      moved.current = { jump: false, step: false };
      // One jump is no flight; one upon the other is, and lasts while steps come as fast.
      const isSwift = jump ? still < restFrames : Math.abs(scrollTop - last) > flightPx;
      if (isSwift) swift += jump ? 2 : 1;
      else if (jump || still >= restFrames) swift = 0;
      still = isSwift || jump || (step && swift > 1) ? 0 : still + 1;
      last = scrollTop;
      const flies = swift > 1;
      // Nothing more is heard when it comes to rest.
      if (flies || still < restFrames) soon();
      const next = { top: round(scrollTop), height: clientHeight, width: clientWidth, left: round(scrollLeft), flies };
      setView((old) => (Object.entries(next).every(([key, value]) => old[key as keyof View] === value) ? old : next));
    };
    const soon = (): void => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    const sizes = new ResizeObserver(soon);
    sizes.observe(box);
    box.addEventListener('scroll', soon, { passive: true });
    measure();
    return () => {
      sizes.disconnect();
      box.removeEventListener('scroll', soon);
      cancelAnimationFrame(frame);
    };
  }, []);
  const jump = (to: ScrollToOptions): void => {
    moved.current.jump = true;
    scroller.current?.scrollTo(to);
  };
  const step = (): void => {
    moved.current.step = true;
  };
  return { view, jump, step };
}

function round(px: number): number {
  return Math.floor(px / stepPx) * stepPx;
}

/** Keeps the cursor in view. */
export function useFollow(
  scroller: Box,
  { jump, step }: Scrolling,
  { history, layout }: Shown,
  lanes: Lanes,
  cursor: number,
): void {
  const before = useRef(layout);
  useEffect(() => {
    const box = scroller.current;
    const y = layout.y[cursor];
    if (box === null || y === undefined) return;
    step();
    // Time is stretched, or something is left out: the cursor stays where it is on the screen.
    if (before.current !== layout) jump({ top: box.scrollTop + y - (before.current.y[cursor] ?? y) });
    before.current = layout;
    const { clientHeight, clientWidth, scrollTop, scrollLeft } = box;
    const out = y < scrollTop + 30 || y > scrollTop + clientHeight - headsPx - 90;
    const lane = history.moments[cursor]?.lane ?? null;
    const x = lanes.x(lane ?? 0);
    const aside =
      lane !== null && (x < scrollLeft + gutterPx + lanes.gap / 2 - 1 || x > scrollLeft + clientWidth - lanes.gap / 2);
    if (out || aside)
      jump({
        left: aside ? Math.max(0, x - clientWidth / 2) : scrollLeft,
        top: out ? Math.max(0, y - clientHeight * 0.35) : scrollTop,
      });
  }, [history, layout, lanes, cursor]);
}

/** Pixels of a wheel that are one step of the zoom. */
const notchPx = 60;

/** The wheel with Ctrl, or two fingers that spread, stretch time as they stretch a page. */
export function useWheel(scroller: Box, onZoom: (way: ZoomWay) => void): void {
  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    let turned = 0;
    const turn = (event: WheelEvent): void => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      turned += event.deltaY;
      if (Math.abs(turned) < notchPx) return;
      onZoom(turned > 0 ? 'out' : 'in');
      turned = 0;
    };
    box.addEventListener('wheel', turn, { passive: false });
    return () => box.removeEventListener('wheel', turn);
  }, [onZoom]);
}
