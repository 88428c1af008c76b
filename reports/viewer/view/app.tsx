/** The viewer as a whole: plays what the address asks for, and shows the run, or says why there is none. */
import type { JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import { printable } from '../../../protocol/display.ts';
import { isEdited, noEdits } from '../history/edits.ts';
import type { Catalogue } from '../page.ts';
import { hashOf, type Route, runOf, traceRoute } from '../route.ts';
import type { Background } from '../work/background.ts';
import { Busy } from './busy.tsx';
import { useFiles } from './files.ts';
import { usePlaying } from './played.ts';
import { Run } from './run.tsx';
import { Saved } from './saved.tsx';

export interface AppProps {
  readonly route: Route;
  readonly catalogue: Catalogue;
  readonly background: Background;
  /** Goes to another run, or to another step of this one. */
  readonly onRoute: (route: Route, how: 'push' | 'replace') => void;
  /** A scenario file was opened: it joins those of the page, and is run. */
  readonly onScenario: (file: string, text: string) => void;
}

export function App(props: AppProps): JSX.Element {
  const { route, catalogue, background, onRoute, onScenario } = props;
  const onTrace = useCallback(() => {
    if (route.name !== traceRoute.name) onRoute(traceRoute, 'push');
  }, [route]);
  const isForTraces = route.name === traceRoute.name;
  const { opened, open } = useFiles(background, { at: runOf(route), isForTraces, onScenario, onTrace });
  return isForTraces ? (
    <Saved opened={opened} catalogue={catalogue} background={background} onFile={open} />
  ) : (
    <Scenario {...props} />
  );
}

function Scenario(props: AppProps): JSX.Element {
  const { route, catalogue, background, onRoute } = props;
  const { ready, progress, stopped, stop, again, whole } = usePlaying(route, catalogue, background);
  const what = printable(route.name, 80);
  // Back to the run that is on show, if there is one.
  const cancel = (): void => {
    if (ready?.played.ok === true && ready.run !== runOf(route)) onRoute(ready.route, 'push');
    else stop();
  };
  const busy = progress === null ? null : <Busy what={what} progress={progress} onStop={cancel} />;
  if (stopped && progress === null) return <Stopped what={what} onAgain={again} />;
  if (ready === null) return busy ?? <p class="trouble">Nothing was run.</p>;
  const { played } = ready;
  if (!played.ok) return busy ?? <Trouble why={played.why} route={route} />;
  return (
    <>
      <Run
        key={`${ready.run} ${ready.eventsMax}`}
        play={played.play}
        busy={progress !== null || ready.run !== runOf(route)}
        onWhole={whole}
        {...props}
      />
      {busy}
    </>
  );
}

function Stopped({ what, onAgain }: { readonly what: string; readonly onAgain: () => void }): JSX.Element {
  return (
    <div class="trouble" role="alert">
      <h1>This run was stopped</h1>
      <p>
        <bdi>{what}</bdi>
      </p>
      <p class="jumps">
        <button type="button" onClick={onAgain}>
          Run it again
        </button>
        <a href="#/">Back to the report</a>
      </p>
    </div>
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
