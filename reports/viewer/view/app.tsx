/** The viewer as a whole: plays what the address asks for, and shows the run, or says why there is none. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { printable } from '../../../protocol/display.ts';
import { isEdited, noEdits } from '../history/edits.ts';
import { firstEventsMax, type Played, play } from '../history/play.ts';
import type { Catalogue } from '../page.ts';
import { hashOf, type Route, traceRoute } from '../route.ts';
import { Run } from './run.tsx';
import { Saved, useDrop, useOpened } from './saved.tsx';
import { soon } from './soon.ts';

export interface AppProps {
  readonly route: Route;
  readonly catalogue: Catalogue;
  /** Goes to another run, or to another step of this one. */
  readonly onRoute: (route: Route, how: 'push' | 'replace') => void;
}

export function App(props: AppProps): JSX.Element {
  const { route, onRoute } = props;
  const [opened, open] = useOpened();
  const drop = useCallback((file: File) => {
    open(file);
    onRoute(traceRoute, 'push');
  }, []);
  useDrop(drop);
  return route.name === traceRoute.name ? (
    <Saved opened={opened} catalogue={props.catalogue} onFile={open} />
  ) : (
    <Scenario {...props} />
  );
}

function Scenario({ route, catalogue, onRoute }: AppProps): JSX.Element {
  const run = hashOf({ ...route, step: null });
  const [eventsMax, setEventsMax] = useState(firstEventsMax);
  const [played, setPlayed] = useState<{ readonly run: string; readonly played: Played } | null>(null);
  useEffect(() => {
    // The shell is painted first: a run may take a second, and the one before stays until then.
    return soon(() => {
      const { name } = route;
      const text = catalogue.textOf(name);
      const next: Played =
        text === null
          ? { ok: false, why: `There is no scenario ${printable(name, 80)} in this page.` }
          : play(text, { ...route, eventsMax });
      setPlayed({ run, played: next });
    });
  }, [catalogue, run, eventsMax]);
  if (played === null)
    return (
      <p class="busy" role="status">
        <span class="spinner" /> Running {printable(route.name, 80)} ...
      </p>
    );
  if (!played.played.ok) return <Trouble why={played.played.why} route={route} />;
  return (
    <Run
      key={`${played.run} ${played.played.play.history.events}`}
      play={played.played.play}
      busy={played.run !== run}
      route={route}
      catalogue={catalogue}
      onRoute={onRoute}
      onWhole={() => setEventsMax(Number.MAX_SAFE_INTEGER)}
    />
  );
}

function Trouble({ why, route }: { readonly why: string; readonly route: Route }): JSX.Element {
  return (
    <div class="trouble" role="alert">
      <h1>This run cannot be shown</h1>
      <pre>{why}</pre>
      {isEdited(route.edits) ? (
        <p>
          <a href={hashOf({ ...route, edits: noEdits })}>Take the changes back</a>
        </p>
      ) : null}
      <a href="#/">Back to the report</a>
    </div>
  );
}
