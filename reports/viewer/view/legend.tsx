/** What the shapes mean, and the keys: drawn by the diagram's own rules. */
import type { JSX } from 'preact';

const shapes: readonly {
  readonly classes: string;
  readonly line: string;
  readonly end: string;
  readonly words: string;
}[] = [
  { classes: '', line: 'M2 8L40 8', end: 'M46 8L38 4.5L38 11.5Z', words: 'arrives' },
  { classes: 'lost', line: 'M2 8L34 8', end: 'M31 3L41 13M31 13L41 3', words: 'lost on the way' },
  { classes: 'deaf', line: 'M2 8L40 8', end: 'M46 8L38 4.5L38 11.5Z', words: 'nobody listens' },
  { classes: 'copy', line: 'M2 8L40 8', end: 'M46 8L38 4.5L38 11.5Z', words: 'a second copy' },
  {
    classes: 'bent',
    line: 'M2 8L8 5L14 11L20 5L26 11L32 5L40 8',
    end: 'M46 8L38 4.5L38 11.5Z',
    words: 'changed on the way',
  },
  { classes: 'forged', line: 'M2 8L40 8', end: 'M46 8L38 4.5L38 11.5Z', words: '⚑ by an adversary' },
  { classes: 'overheard', line: 'M2 8L40 8', end: 'M46 8L38 4.5L38 11.5Z', words: 'overheard' },
];

const keys: readonly (readonly [keys: string, does: string])[] = [
  ['→ ↓ j', 'next moment'],
  ['← ↑ k', 'the one before'],
  ['n N', 'what matters'],
  ['/ f', 'search, next hit'],
  ['+ − 0', 'time'],
  ['s', 'how it went'],
  ['Home End', 'first, last'],
];

export function Legend(): JSX.Element {
  return (
    <footer class="legend">
      {shapes.map(({ classes, line, end, words }) => (
        <span key={words}>
          <svg width="48" height="16" aria-hidden="true">
            <g class={`arrow ${classes}`}>
              <path class="line" d={line} />
              {classes === 'copy' ? <path class="core" d={line} /> : null}
              <path class="end" d={end} />
            </g>
          </svg>
          {words}
        </span>
      ))}
      <span class="keys">
        {keys.map(([key, does]) => (
          <span key={key}>
            <kbd>{key}</kbd> {does}
          </span>
        ))}
      </span>
    </footer>
  );
}
