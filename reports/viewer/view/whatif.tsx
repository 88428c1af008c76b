/** What would have happened: the changes that were made to the scenario, and what comes out differently for them. */
import type { JSX } from 'preact';
import { printable } from '../../../protocol/display.ts';
import { type Edits, isEdited, noEdits, ruleWords } from '../history/edits.ts';
import { differing, type Judged, type Play } from '../history/play.ts';
import type { Catalogue } from '../page.ts';
import type { Route } from '../route.ts';
import type { Background } from '../work/background.ts';
import { type Answer, useAnswer } from './answer.ts';
import { verdictWords } from './bar.tsx';
import { Fault } from './fault.tsx';

interface Props {
  readonly play: Play;
  readonly judged: Answer<Judged> | null;
  readonly catalogue: Catalogue;
  readonly background: Background;
  readonly route: Route;
  readonly onEdit: (edits: Edits) => void;
}

/** Nothing while nothing is changed. */
export function WhatIf(props: Props): JSX.Element | null {
  const { play, judged, route, onEdit } = props;
  const { edits } = route;
  const edited = isEdited(edits);
  const before = useBefore(props, edited);
  if (!edited) return null;
  const { loss, rules } = edits;
  return (
    <section class="whatif" aria-label="What if">
      <b>What if</b>
      {loss === null ? null : (
        <Chip words={`${loss} of all datagrams are lost`} onRemove={() => onEdit({ ...edits, loss: null })} />
      )}
      {rules.map((rule) => (
        <Chip
          key={ruleWords(rule)}
          words={ruleWords(rule)}
          onRemove={() => onEdit({ ...edits, rules: rules.filter((one) => one !== rule) })}
        />
      ))}
      <button type="button" onClick={() => onEdit(noEdits)}>
        Reset
      </button>
      <Save text={play.text} name={route.name} />
      <Compared before={before} after={judged} />
    </section>
  );
}

/** What came of the same seed without the changes. */
function useBefore({ play, catalogue, background }: Props, edited: boolean): Answer<Judged> | null {
  const { name, protocol, suite, seed } = play;
  const taskOf = () => {
    const text = edited ? catalogue.textOf(name) : null;
    return text === null ? null : ({ does: 'judge', which: { name, text, protocol, suite, seed } } as const);
  };
  return useAnswer(background, taskOf, [catalogue, name, protocol, suite, seed, edited]);
}

interface ComparedProps {
  readonly before: Answer<Judged> | null;
  readonly after: Answer<Judged> | null;
}

function Compared({ before, after }: ComparedProps): JSX.Element {
  // That of the run on show is told where its verdict stands.
  if (before?.ok === false) return <Fault why={before.why} />;
  if (before === null || after?.ok !== true) return <p class="note compared">...</p>;
  const [was, is] = [verdictWords(before.is), verdictWords(after.is)];
  const differences = differing(before.is.result, after.is.result);
  return (
    <div class="compared" role="status">
      <p>
        {was === is ? `The verdict stays: ${is}.` : `Was: ${was}. Is now: ${is}.`}
        {differences.length === 0 ? ' Nothing that is looked at came out differently.' : ''}
      </p>
      <ul class="plain">
        {differences.map(({ what, before: old, after: now, worse }) => (
          <li key={what} class={worse ? 'worse' : ''}>
            <bdi>{printable(what, 300)}</bdi>: <del>{printable(old, 300)}</del> <ins>{printable(now, 300)}</ins>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Chip({ words, onRemove }: { readonly words: string; readonly onRemove: () => void }): JSX.Element {
  return (
    <span class="change">
      <bdi>{printable(words, 200)}</bdi>
      <button type="button" aria-label={`Take back: ${words}`} onClick={onRemove}>
        ✕
      </button>
    </span>
  );
}

/** The scenario with its changes, as a file to be kept. */
function Save({ text, name }: { readonly text: string; readonly name: string }): JSX.Element {
  const save = (): void => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
    link.download = `${name.split('/').at(-1) ?? 'scenario'}-what-if.yaml`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <button type="button" onClick={save}>
      Save as a scenario
    </button>
  );
}
