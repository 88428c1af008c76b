/** Above the diagram: which run this is, what came out, and the steps through it. */
import type { JSX } from 'preact';
import type { Moment } from '../history/history.ts';
import type { Judged, Play } from '../history/play.ts';
import type { Catalogue } from '../page.ts';
import type { Route } from '../route.ts';
import { grouped, seconds } from './format.ts';

interface Props {
  readonly play: Play;
  readonly judged: Judged | null;
  readonly catalogue: Catalogue;
  readonly route: Route;
  readonly onRoute: (route: Route) => void;
}

export function Bar({ play, judged, catalogue, route, onRoute }: Props): JSX.Element {
  const { scenario, subject, seed } = play;
  return (
    <header class="bar">
      <div class="title">
        <a href="#/" class="back">
          Report
        </a>
        <h1>{scenario.title}</h1>
      </div>
      <div class="choices">
        <label>
          scenario
          <select
            value={route.name}
            onChange={(event) => onRoute({ name: event.currentTarget.value, protocol: null, seed: null, step: null })}
          >
            {catalogue.names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          conversation
          <select
            value={subject.name}
            onChange={(event) => onRoute({ ...route, protocol: event.currentTarget.value, step: null })}
          >
            {Object.keys(scenario.protocols).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          seed
          <input
            type="number"
            min="0"
            value={seed}
            onChange={(event) =>
              onRoute({ ...route, seed: Math.max(0, Math.floor(event.currentTarget.valueAsNumber || 0)), step: null })
            }
          />
        </label>
        <Outcome play={play} judged={judged} />
      </div>
    </header>
  );
}

/** Never by colour alone. */
function Outcome({ play, judged }: { readonly play: Play; readonly judged: Judged | null }): JSX.Element {
  const { expected } = play.result;
  if (judged === null) return <output class="outcome waiting">oracles are looking ...</output>;
  const { verdict, failures } = judged.result;
  const breaks = judged.oracles.filter((oracle) => oracle.verdict === 'fail').map(({ name }) => name);
  const word =
    verdict === 'pass'
      ? expected === 'pass'
        ? '✓ held'
        : `✓ breaks ${breaks.join(', ')}, as stated`
      : verdict === 'fail'
        ? '✗ failed'
        : '? inconclusive';
  return (
    <details class={`outcome ${verdict}`}>
      <summary>{word}</summary>
      <div class="sheet">
        {failures.length === 0 ? null : (
          <ul class="plain">
            {failures.map((failure) => (
              <li key={failure}>
                <bdi>{failure}</bdi>
              </li>
            ))}
          </ul>
        )}
        <p class="note">
          hash {judged.result.hash} · {grouped(judged.result.events)} events · {grouped(judged.result.deliveries)}{' '}
          deliveries
        </p>
        <h3>Expected</h3>
        <ul class="plain">
          {judged.result.expectations.map(({ what, held, saw }) => (
            <li key={what}>
              {held ? '✓' : '✗'} {what} <span class="note">{saw}</span>
            </li>
          ))}
        </ul>
        <h3>Oracles</h3>
        <ul class="plain">
          {judged.oracles.map(({ name, number, verdict: one, saw, why }) => (
            <li key={name}>
              {one === 'pass' ? '✓' : one === 'fail' ? '✗' : '?'} {number} {name} <span class="note">{why ?? saw}</span>
            </li>
          ))}
        </ul>
      </div>
    </details>
  );
}

interface StepsProps {
  readonly moment: Moment | undefined;
  readonly events: number;
  readonly onStep: (way: 'first' | 'back' | 'on' | 'last') => void;
}

export function Steps({ moment, events, onStep }: StepsProps): JSX.Element {
  return (
    <div class="steps" role="toolbar" aria-label="Steps">
      <button type="button" aria-label="First moment" onClick={() => onStep('first')}>
        ⇤
      </button>
      <button type="button" aria-label="Step back" onClick={() => onStep('back')}>
        ←
      </button>
      <button type="button" aria-label="Step forward" onClick={() => onStep('on')}>
        →
      </button>
      <button type="button" aria-label="Last moment" onClick={() => onStep('last')}>
        ⇥
      </button>
      <span class="place">
        {moment === undefined ? '' : `${seconds(moment.atUs)} · event ${grouped(moment.n)} of ${grouped(events)}`}
      </span>
    </div>
  );
}
