/** What an adversary knows at the cursor: what it heard, what it could read in that, and what that is worth to a guesser. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Moment, RunHistory } from '../history/history.ts';
import { type Guessing, guessing, type Knowledge, knowledgeOf } from '../history/knowledge.ts';
import type { Play } from '../history/play.ts';
import { grouped, seconds } from './format.ts';
import { Part } from './part.tsx';

interface Props {
  readonly history: RunHistory;
  readonly play: Play | null;
  readonly lane: number;
  readonly moment: Moment | undefined;
}

export function Eavesdropped({ history, play, lane, moment }: Props): JSX.Element {
  const one = history.lanes[lane];
  const n = moment?.n ?? 0;
  const knowledge = useMemo(() => knowledgeOf(history, lane, n), [history, lane, n]);
  return (
    <>
      <h2>
        <small>adversary, at {seconds(moment?.atUs ?? 0)}</small>⚑ {one?.name}
      </h2>
      <p class="why">{one?.about}</p>
      {play === null ? null : <Powers play={play} name={one?.name} />}
      <Part title="Heard so far">
        {knowledge.heard.length === 0 ? <p class="note">Nothing yet.</p> : null}
        <ul class="plain">
          {knowledge.heard.map(({ kind, from, count }) => (
            <li key={`${kind} ${from}`}>
              {grouped(count)} {kind} <span class="note">from {from}</span>
            </li>
          ))}
        </ul>
      </Part>
      {play === null ? null : <Guesses play={play} knowledge={knowledge} />}
      <Readable knowledge={knowledge} />
    </>
  );
}

function Powers({
  play: { scenario, subject },
  name,
}: {
  readonly play: Play;
  readonly name: string | undefined;
}): JSX.Element {
  const { is } = scenario.adversaries.find((one) => one.name === name) ?? {};
  return <p class="why">Its powers: {subject.adversaries[is ?? '']?.powers.join(', ') ?? 'none'}.</p>;
}

/** The dictionary is tried when somebody asks for it: it may take a second. */
function Guesses({ play, knowledge }: { readonly play: Play; readonly knowledge: Knowledge }): JSX.Element | null {
  const [tried, setTried] = useState<{ readonly of: Knowledge; readonly guessing: Guessing | null } | null>(null);
  const { subject, scenario } = play;
  const typed = [...new Set(scenario.hosts.flatMap(({ phrase }) => phrase ?? []))];
  const result = tried?.of === knowledge ? tried.guessing : undefined;
  return (
    <Part title="Guessing the phrase at home">
      {result === undefined ? (
        <button
          type="button"
          disabled={knowledge.messages.length === 0}
          onClick={() =>
            setTried({ of: knowledge, guessing: guessing(knowledge.messages, subject.name, subject.suite, typed) })
          }
        >
          Try it on this recording
        </button>
      ) : (
        <GuessingWords result={result} />
      )}
    </Part>
  );
}

function GuessingWords({ result }: { readonly result: Guessing | null }): JSX.Element {
  if (result === null) return <p role="status">There is no phrase in this conversation.</p>;
  const { against, confirms, tries, found } = result;
  if (against === null) return <p role="status">Nothing in it can be compared with a guess.</p>;
  return (
    <div role="status">
      <p>
        {confirms === null
          ? '✓ The right phrase looks as wrong as any other'
          : `✗ The right phrase is confirmed by ${confirms}`}
        : compared with {against}.
      </p>
      <p>
        {found === null
          ? `A dictionary of ${grouped(tries)} found nothing.`
          : `A dictionary found “${found}” at try ${grouped(tries)}.`}
      </p>
    </div>
  );
}

function Readable({ knowledge }: { readonly knowledge: Knowledge }): JSX.Element | null {
  if (knowledge.fields.length === 0) return null;
  return (
    <Part title="What everybody can read in it">
      <ul class="changes">
        {knowledge.fields.map(({ field, values, more }) => (
          <li key={field}>
            <span class="key">{field}</span>
            {values.map((value) => (
              <bdi key={value} class="side">
                {value}
              </bdi>
            ))}
            {more > 0 ? <span class="note side">and {grouped(more)} more</span> : null}
          </li>
        ))}
      </ul>
    </Part>
  );
}
