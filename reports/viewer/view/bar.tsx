/** Above the diagram: which run this is, what came out, and the steps through it. */
import type { JSX } from 'preact';
import { printable } from '../../../protocol/display.ts';
import type { Moment } from '../history/history.ts';
import type { Judged, Play } from '../history/play.ts';
import type { Catalogue } from '../page.ts';
import { type Route, traceRoute } from '../route.ts';
import type { Answer } from './answer.ts';
import { Fault } from './fault.tsx';
import { grouped, seconds } from './format.ts';
import type { Way } from './keys.ts';

interface Props {
  readonly play: Play;
  readonly judged: Answer<Judged> | null;
  /** Asks the oracles; null: they look already. */
  readonly onJudge: (() => void) | null;
  readonly catalogue: Catalogue;
  readonly route: Route;
  readonly onRoute: (route: Route) => void;
}

export function Bar({ play, judged, onJudge, catalogue, route, onRoute }: Props): JSX.Element {
  const { scenario, protocol, seed } = play;
  return (
    <header class="masthead">
      <div class="title">
        <span class="links">
          <a href="#/" class="back">
            Report
          </a>
          <a href="#/run/trace">Open a file ...</a>
        </span>
        <h1>
          <bdi>{printable(scenario.title, 300)}</bdi>
          {route.suite === null ? null : <small> real cryptography</small>}
        </h1>
      </div>
      <div class="choices">
        <label>
          scenario
          <select value={route.name} onChange={(event) => onRoute({ ...traceRoute, name: event.currentTarget.value })}>
            {catalogue.names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          conversation
          <select
            value={protocol}
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
        <LossField route={route} onRoute={onRoute} />
        <Outcome judged={judged} onJudge={onJudge} />
      </div>
      <p class="which">
        {printable(route.name, 300)}, {protocol}, seed {seed}
        {route.edits.loss === null ? '' : `, loss ${printable(route.edits.loss, 40)}`}
      </p>
    </header>
  );
}

/** Of the whole network, in place of the scenario's own. */
function LossField({ route, onRoute }: Pick<Props, 'route' | 'onRoute'>): JSX.Element {
  return (
    <label>
      loss
      <input
        class="ratio"
        placeholder="its own"
        value={route.edits.loss ?? ''}
        title="A ratio such as 1/5, or 20%; empty: the scenario's own"
        onChange={(event) => {
          const loss = event.currentTarget.value.trim();
          onRoute({ ...route, edits: { ...route.edits, loss: loss === '' ? null : loss } });
        }}
      />
    </label>
  );
}

/** Never by colour alone. */
export function verdictWords({ result, oracles }: Judged): string {
  const { verdict, expected } = result;
  if (verdict === 'fail') return '✗ failed';
  if (verdict === 'inconclusive') return '? inconclusive';
  const broken = oracles.filter((oracle) => oracle.verdict === 'fail').map(({ name }) => name);
  return expected === 'pass' ? '✓ held' : `✓ breaks ${broken.join(', ')}, as stated`;
}

function Outcome({ judged, onJudge }: Pick<Props, 'judged' | 'onJudge'>): JSX.Element {
  if (judged === null && onJudge !== null)
    return (
      <button type="button" onClick={onJudge}>
        Ask the oracles
      </button>
    );
  if (judged === null) return <output class="outcome waiting">oracles are looking ...</output>;
  return judged.ok ? <Verdict judged={judged.is} /> : <Fault why={judged.why} />;
}

function Verdict({ judged }: { readonly judged: Judged }): JSX.Element {
  const { verdict, failures, expectations, hash, events, deliveries } = judged.result;
  return (
    <details class={`outcome menu ${verdict}`}>
      <summary>{verdictWords(judged)}</summary>
      <div class="sheet">
        <ul class="plain">
          {failures.map((failure) => (
            <li key={failure}>
              <bdi>{printable(failure, 600)}</bdi>
            </li>
          ))}
        </ul>
        <p class="note">
          hash {hash} · {grouped(events)} events · {grouped(deliveries)} deliveries
        </p>
        <h3>Expected</h3>
        <ul class="plain">
          {expectations.map(({ what, held, saw }) => (
            <li key={what}>
              {held ? '✓' : '✗'} <bdi>{printable(what, 300)}</bdi> <span class="note">{printable(saw, 300)}</span>
            </li>
          ))}
        </ul>
        <h3>Oracles</h3>
        <Oracles judged={judged} />
      </div>
    </details>
  );
}

const marks = { pass: '✓', fail: '✗', inconclusive: '?' } as const;

function Oracles({ judged }: { readonly judged: Judged }): JSX.Element {
  return (
    <ul class="plain">
      {judged.oracles.map(({ name, number, verdict, saw, why }) => (
        <li key={name}>
          {marks[verdict]} {number} {name} <span class="note">{printable(why ?? saw, 600)}</span>
        </li>
      ))}
    </ul>
  );
}

interface StepsProps {
  readonly moment: Moment | undefined;
  readonly events: number;
  readonly onStep: (way: Way) => void;
  /** How the run went is told at the side. */
  readonly isStory: boolean;
  readonly onStory: () => void;
}

export function Steps({ moment, events, onStep, isStory, onStory }: StepsProps): JSX.Element {
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
      <button type="button" class="wide" aria-pressed={isStory} onClick={onStory}>
        How it went
      </button>
      <span class="place">
        {moment === undefined ? '' : `${seconds(moment.atUs)} · event ${grouped(moment.n)} of ${grouped(events)}`}
      </span>
    </div>
  );
}
