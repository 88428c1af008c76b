/** The whole run at once, beside the diagram: where it is busy, what was lost, what was forged, where situations change. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { lostFates } from '../history/history.ts';
import { px } from './format.ts';
import type { Shown } from './shown.ts';

interface Props {
  readonly shown: Shown;
  readonly top: number;
  readonly height: number;
  readonly onSeek: (y: number) => void;
}

const width = 56;

export function Minimap({ shown, top, height, onSeek }: Props): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [tall, setTall] = useState(600);
  useEffect(() => {
    const box = canvas.current?.parentElement;
    if (box === null || box === undefined) return;
    const sizes = new ResizeObserver(() => setTall(box.clientHeight));
    sizes.observe(box);
    return () => sizes.disconnect();
  }, []);
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const paint = (): void => {
      if (canvas.current !== null) draw(canvas.current, shown, tall);
    };
    paint();
    dark.addEventListener('change', paint);
    return () => dark.removeEventListener('change', paint);
  }, [shown, tall]);
  const scale = tall / shown.layout.height;
  const seek = (event: PointerEvent): void => {
    if (event.buttons !== 1 || !(event.currentTarget instanceof Element)) return;
    const y = event.clientY - event.currentTarget.getBoundingClientRect().top;
    onSeek(Math.max(0, y / scale - height / 2));
  };
  return (
    <div class="minimap" aria-hidden="true" onPointerDown={seek} onPointerMove={seek}>
      <canvas ref={canvas} width={width} height={tall} />
      <div class="seen" style={{ top: px(top * scale), height: px(Math.max(8, height * scale)) }} />
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, { history, layout }: Shown, tall: number): void {
  const ink = canvas.getContext('2d');
  if (ink === null) return;
  canvas.width = width;
  canvas.height = tall;
  const colour = (name: string): string => {
    canvas.style.color = `var(${name})`;
    return getComputedStyle(canvas).color;
  };
  const scale = tall / layout.height;
  const lane = (width - 10) / Math.max(1, history.lanes.length);
  const mark = (y: number, from: number, to: number): void =>
    ink.fillRect(
      5 + Math.min(from, to) * lane + lane / 2,
      Math.floor(y * scale),
      Math.max(2, Math.abs(to - from) * lane),
      1,
    );
  ink.globalAlpha = 0.35;
  ink.fillStyle = colour('--ink-2');
  for (const { index, from, to, fate, forgery } of history.messages)
    if (forgery === null && !lostFates.has(fate)) mark(layout.leaves[index] ?? 0, from, to);
  ink.globalAlpha = 0.9;
  for (const { index, from, to, fate, forgery } of history.messages) {
    if (forgery === null && !lostFates.has(fate)) continue;
    ink.fillStyle = colour(forgery === null ? '--bad' : '--forged');
    mark(layout.leaves[index] ?? 0, from, from + (to - from) * 0.5);
  }
  for (const { index, lane: at, topics } of history.moments) {
    if (!topics.has('situation') && !topics.has('fault') && !topics.has('person')) continue;
    ink.fillStyle = colour(topics.has('fault') ? '--fault' : '--accent');
    const x = at === null ? 2 : 5 + at * lane + lane / 2;
    ink.fillRect(x - 2, Math.floor((layout.y[index] ?? 0) * scale) - 1, at === null ? width - 4 : 5, 2);
  }
}
