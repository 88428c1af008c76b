/** What an adversary knows at the cursor: what it heard, what it could read in that, and what that is worth to a guesser. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Moment, RunHistory } from '../history/history.ts';
import { type Guessing, type Knowledge, knowledgeOf, recordingOf } from '../history/knowledge.ts';
import { type Play, subjectOf } from '../history/play.ts';
import type { Background } from '../work/background.ts';
import { useAnswer } from './answer.ts';
import { Fault } from './fault.tsx';
import { grouped, seconds } from './format.ts';
import { Part } from './part.tsx';

interface Props {
  readonly history: RunHistory;
  readonly play: Play | null;
  readonly background: Background;
  readonly lane: number;
  readonly moment: Moment | undefined;
}

export function Eavesdropped({ history, play, background, lane, moment }: Props): JSX.Element {
  const one = history.lanes[lane];
  const n = moment?.n ?? 0;
  const protocol = play === null ? null : subjectOf(play.protocol).protocol;
  const knowledge = useMemo(() => knowledgeOf(history, lane, n, protocol), [history, lane, n, protocol]);
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
      {play === null ? null : <Guesses play={play} background={background} knowledge={knowledge} />}
      <Readable knowledge={knowledge} />
    </>
  );
}

function Powers({
  play: { scenario, protocol },
  name,
}: {
  readonly play: Play;
  readonly name: string | undefined;
}): JSX.Element {
  const { is } = scenario.adversaries.find((one) => one.name === name) ?? {};
  return <p class="why">Its powers: {subjectOf(protocol).adversaries[is ?? '']?.powers.join(', ') ?? 'none'}.</p>;
}

interface GuessesProps {
  readonly play: Play;
  readonly background: Background;
  readonly knowledge: Knowledge;
}

/** The dictionary is tried when somebody asks for it: it may take a second. */
function Guesses({ play, background, knowledge }: GuessesProps): JSX.Element {
  const [asked, setAsked] = useState<Knowledge | null>(null);
  const { protocol, scenario } = play;
  const trying = asked === knowledge;
  const taskOf = () => {
    const typed = [...new Set(scenario.hosts.flatMap(({ phrase }) => phrase ?? []))];
    return trying ? ({ does: 'guess', recording: recordingOf(knowledge), protocol, typed } as const) : null;
  };
  const result = useAnswer(background, taskOf, [knowledge, trying]);
  return (
    <Part title="Guessing the phrase at home">
      {trying && result !== null ? (
        result.ok ? (
          <GuessingWords result={result.is} />
        ) : (
          <Fault why={result.why} />
        )
      ) : (
        <button type="button" disabled={trying || knowledge.messages.length === 0} onClick={() => setAsked(knowledge)}>
          {trying ? 'Trying ...' : 'Try it on this recording'}
        </button>
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
