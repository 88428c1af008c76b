/** Looks for words, goes to what matters, and leaves out what does not. */
import type { JSX, RefObject } from 'preact';
import { useMemo } from 'preact/hooks';
import { countsOf, type Filter, kindsOf, topics } from '../history/filter.ts';
import type { Topic } from '../history/history.ts';
import { zooms } from '../route.ts';
import { grouped } from './format.ts';
import type { Way, ZoomWay } from './keys.ts';
import type { Shown } from './shown.ts';

/** What a person looks for, and how it is changed. */
export interface Look {
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly wanted: ReadonlySet<Topic>;
  readonly onWanted: (wanted: ReadonlySet<Topic>) => void;
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
  readonly zoom: number;
  readonly onZoom: (way: ZoomWay) => void;
}

interface Props {
  readonly look: Look;
  readonly search: RefObject<HTMLInputElement | null>;
  readonly shown: Shown;
  readonly onStep: (way: Way) => void;
}

export function Find(props: Props): JSX.Element {
  const { search, shown, look, onStep } = props;
  const { query, onQuery } = look;
  return (
    <div class="find" role="search">
      <div class="group">
        <button type="button" aria-label="Back to what mattered" onClick={() => onStep('mattered')}>
          ‹
        </button>
        <Matters {...props} />
        <button type="button" aria-label="On to what matters" onClick={() => onStep('matters')}>
          ›
        </button>
      </div>
      <Leave {...props} />
      <Zoom look={look} />
      <div class="group">
        <input
          ref={search}
          type="search"
          placeholder="Search  /"
          aria-label="Search"
          value={query}
          onInput={(event) => onQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') onStep(event.shiftKey ? 'unhit' : 'hit');
            if (event.key === 'Escape') event.currentTarget.blur();
          }}
        />
        <output class="note">{query === '' ? '' : `${grouped(shown.hits.length)} found`}</output>
      </div>
    </div>
  );
}

/** Stretches and shrinks time. */
function Zoom({ look: { zoom, onZoom } }: Pick<Props, 'look'>): JSX.Element {
  return (
    <div class="group" role="group" aria-label="Time">
      <button type="button" aria-label="Shrink time" disabled={zoom <= (zooms[0] ?? 1)} onClick={() => onZoom('out')}>
        −
      </button>
      <button type="button" title="As at first (0)" onClick={() => onZoom('normal')}>
        time × {zoom < 1 ? `1/${1 / zoom}` : zoom}
      </button>
      <button
        type="button"
        aria-label="Stretch time"
        disabled={zoom >= (zooms.at(-1) ?? 1)}
        onClick={() => onZoom('in')}
      >
        +
      </button>
    </div>
  );
}

function Matters({ shown, look: { wanted, onWanted } }: Props): JSX.Element {
  const counts = useMemo(() => countsOf(shown.history), [shown.history]);
  return (
    <details class="menu">
      <summary>what matters</summary>
      <div class="sheet">
        {topics.map(([topic, word]) => (
          <Choice key={topic} on={wanted.has(topic)} onChange={(on) => onWanted(changed(wanted, topic, on))}>
            {word} <span class="note">{grouped(counts.get(topic) ?? 0)}</span>
          </Choice>
        ))}
      </div>
    </details>
  );
}

function Leave({ shown, look: { filter, onFilter } }: Props): JSX.Element {
  const kinds = useMemo(() => kindsOf(shown.history), [shown.history]);
  const { hidden, idle, overheard } = filter;
  const less = hidden.size > 0 || !overheard;
  return (
    <details class="menu">
      <summary>{less ? 'shown in part' : 'shown'}</summary>
      <div class="sheet">
        {kinds.map(([kind, count]) => (
          <Choice
            key={kind}
            on={!hidden.has(kind)}
            onChange={(on) => onFilter({ ...filter, hidden: changed(hidden, kind, !on) })}
          >
            {kind} <span class="note">{grouped(count)}</span>
          </Choice>
        ))}
        <hr />
        <Choice on={overheard} onChange={(on) => onFilter({ ...filter, overheard: on })}>
          what adversaries overhear
        </Choice>
        <Choice on={idle} onChange={(on) => onFilter({ ...filter, idle: on })}>
          steps of which nothing comes
        </Choice>
      </div>
    </details>
  );
}

function Choice({
  on,
  onChange,
  children,
}: {
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly children: JSX.Element | string | (JSX.Element | string)[];
}): JSX.Element {
  return (
    <label class="choice">
      <input type="checkbox" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{children}</span>
    </label>
  );
}

function changed<T>(set: ReadonlySet<T>, one: T, on: boolean): ReadonlySet<T> {
  const next = new Set(set);
  if (on) next.add(one);
  else next.delete(one);
  return next;
}
