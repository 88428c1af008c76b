/** How the run went, from its first step to its last, to be read before any arrow is looked at. */
import { Fragment, type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { endsOf, type OutlineItem, outlineMax, outlineOf } from '../history/outline.ts';
import { grouped, seconds } from './format.ts';
import { signed } from './lifelines.tsx';
import { Part } from './part.tsx';
import type { Picked, Shown } from './shown.ts';

interface Props {
  readonly shown: Shown;
  readonly onPick: (picked: Picked) => void;
}

export function Story({ shown: { history }, onPick }: Props): JSX.Element {
  const items = useMemo(() => outlineOf(history), [history]);
  const ends = useMemo(() => endsOf(history), [history]);
  return (
    <>
      <h2>How it went</h2>
      <dl class="ends">
        {history.lanes.slice(0, lanesMax).map(({ name, kind }, lane) => (
          <Fragment key={name}>
            <dt>{kind === 'adversary' ? `⚑ ${name}` : name}</dt>
            <dd>{ends[lane]}</dd>
          </Fragment>
        ))}
      </dl>
      {history.lanes.length > lanesMax ? <p class="note">... and {history.lanes.length - lanesMax} more</p> : null}
      <Part title="What mattered">
        <ol class="outline">
          {items.map((item) => (
            <Item key={item.index} item={item} who={history.lanes[item.lane ?? -1]?.name} onPick={onPick} />
          ))}
        </ol>
        {items.length >= outlineMax ? <p class="note">... and more, in the diagram</p> : null}
      </Part>
    </>
  );
}

const lanesMax = 12;

interface ItemProps {
  readonly item: OutlineItem;
  readonly who: string | undefined;
  readonly onPick: Props['onPick'];
}

function Item({ item: { index, atUs, words, count }, who, onPick }: ItemProps): JSX.Element {
  return (
    <li>
      <button type="button" class="link" onClick={() => onPick({ what: 'moment', index })}>
        <span class="note when">{seconds(atUs)}</span>
        <span>
          <b>{who ?? 'the network'}</b>{' '}
          {words.map((line, at) => (
            <span key={at} class={`said ${line.topic}`}>
              {signed(line)}{' '}
            </span>
          ))}
          {count > 1 ? <span class="note">{grouped(count)} times</span> : null}
        </span>
      </button>
    </li>
  );
}
