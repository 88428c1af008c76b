/** Messages as arrows: what became of each is told by its shape and by a word, and by colour as well. */
import type { JSX } from 'preact';
import { fateWords, lostFates, type Message } from '../history/history.ts';
import type { Layout } from '../history/layout.ts';
import { fitted } from './format.ts';
import { isBent, type Lanes, letterPx, shapeOf } from './geometry.ts';
import { useMade } from './made.ts';

interface Props {
  readonly messages: readonly Message[];
  readonly layout: Layout;
  readonly lanes: Lanes;
  /** Index of the message that was picked. */
  readonly picked: number | null;
  /** Messages of the moment at the cursor. */
  readonly lit: ReadonlySet<number>;
}

export function Arrows({ messages, layout, lanes, picked, lit }: Props): JSX.Element {
  const made = useMade([layout, lanes]);
  return (
    <g class="arrows">
      {messages.map((message) => {
        const { index } = message;
        const classes = [classOf(message), lit.has(index) ? 'lit' : '', picked === index ? 'picked' : ''].join(' ');
        return made(index, classes, () => (
          <Arrow key={index} message={message} layout={layout} lanes={lanes} classes={classes} />
        ));
      })}
    </g>
  );
}

/** The class of an arrow: at most one of lost and deaf, and what else is true of it. */
function classOf(message: Message): string {
  const { fate, copy, forgery, overheard } = message;
  return [
    'arrow',
    lostFates.has(fate) ? 'lost' : fate === 'deaf' ? 'deaf' : '',
    copy > 1 ? 'copy' : '',
    isBent(message) ? 'bent' : '',
    forgery === null ? (overheard ? 'overheard' : '') : 'forged',
  ].join(' ');
}

function Arrow({
  message,
  layout,
  lanes,
  classes,
}: {
  readonly message: Message;
  readonly layout: Layout;
  readonly lanes: Lanes;
  readonly classes: string;
}): JSX.Element {
  const { line, end, words } = shapeOf(message, layout, lanes);
  const text = layout.worded && isWorded(message) ? wordsOf(message) : '';
  return (
    <g class={classes} data-message={message.index}>
      <path class="grip" d={line} />
      <path class="line" d={line} />
      {message.copy > 1 ? <path class="core" d={line} /> : null}
      <path class="end" d={end} />
      {text === '' ? null : (
        <text x={words[0]} y={words[1]} text-anchor="middle">
          {fitted(text, lanes.gap - 26, letterPx)}
        </text>
      )}
    </g>
  );
}

/** Copies of a multicast that share a fate with the first say so by their shape alone; so does what is overheard. */
function isWorded({ first, multicast, overheard, fate, marks }: Message): boolean {
  return first || (!multicast && !overheard) || lostFates.has(fate) || marks.length > 0;
}

/** `⚑ SHARE as bob, again, changed on the way`. */
export function wordsOf({ kind, fate, marks, copy, forgery }: Message): string {
  const more = [
    copy > 1 ? 'again' : '',
    ...marks.filter((mark) => mark !== 'duplicated').map((mark) => fateWords[mark]),
    fateWords[fate],
    forgery?.repeats === null || forgery === null ? '' : 'replayed',
  ].filter((word) => word !== '');
  const said = forgery === null ? kind : `⚑ ${kind}${forgery.claims === null ? '' : ` as ${forgery.claims}`}`;
  return [said, ...more].join(', ');
}
