/** What is read follows what moves: while the cursor runs, words beside it are made anew only now and then. */
import { useEffect, useRef, useState } from 'preact/hooks';

/** Frames from one to the next while it runs: a fifth of a second. Nobody reads faster, and a browser takes 20 addresses a second at most. */
const paceFrames = 12;

/** The value at once where it rested before; else the newest one of each pace, and the last one in any case. */
export function usePaced<T>(value: T): T {
  const [, redraw] = useState(0);
  const newest = useRef(value);
  const shown = useRef(value);
  const frame = useRef(0);
  newest.current = value;
  if (frame.current === 0) shown.current = value;
  useEffect(() => {
    if (frame.current !== 0) return;
    const wait = (left: number): void => {
      frame.current = left === 0 ? 0 : requestAnimationFrame(() => wait(left - 1));
      if (left > 0 || shown.current === newest.current) return;
      shown.current = newest.current;
      redraw((count) => count + 1);
    };
    wait(paceFrames);
  }, [value, shown.current]);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  return shown.current;
}
