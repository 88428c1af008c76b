/**
 * The diagram while it flies past: every arrow, dot and word as a stroke, in a few paths. A frame of it costs little, and
 * nobody can read at that speed. When it rests, the whole is drawn in its place.
 */
import type { JSX } from 'preact';
import { lostFates, type Message, type Moment } from '../history/history.ts';
import type { Layout } from '../history/layout.ts';
import { type Lanes, letterPx } from './geometry.ts';

interface Props {
  readonly messages: readonly Message[];
  readonly moments: readonly Moment[];
  readonly layout: Layout;
  readonly lanes: Lanes;
}

export function Sketch({ messages, moments, layout, lanes }: Props): JSX.Element {
  const arrows = { '': '', lost: '', forged: '', overheard: '' };
  for (const message of messages) arrows[classOf(message)] += lineOf(message, layout, lanes);
  let [dots, words] = ['', ''];
  for (const { index, lane, lines } of moments) {
    const y = layout.y[index] ?? 0;
    const x = lane === null ? lanes.width / 2 : lanes.x(lane);
    dots += `M${x} ${y}h0`;
    if (layout.full[index] === 0) continue;
    lines.forEach(({ text }, row) => {
      const width = Math.min(lanes.gap - 8, (text.length + 2) * letterPx);
      words += `M${x - width / 2} ${y + 13 + row * 16}h${width}`;
    });
  }
  return (
    <g class="sketch">
      {Object.entries(arrows).map(([kind, d]) => (
        <g key={kind} class={`arrow ${kind}`}>
          <path class="line" d={d} />
        </g>
      ))}
      <path class="dots" d={dots} />
      <path class="greek" d={words} />
    </g>
  );
}

function classOf({ fate, forgery, overheard }: Message): '' | 'lost' | 'forged' | 'overheard' {
  if (forgery !== null) return 'forged';
  return lostFates.has(fate) ? 'lost' : overheard ? 'overheard' : '';
}

function lineOf({ index, from, to, fate }: Message, { leaves, ends }: Layout, lanes: Lanes): string {
  const [x1, y1] = [lanes.x(from), leaves[index] ?? 0];
  const x2 = lanes.x(to) - (lostFates.has(fate) ? Math.sign(to - from) * lanes.gap * 0.3 : 0);
  return `M${x1} ${y1}L${x2} ${ends[index] ?? y1}`;
}
