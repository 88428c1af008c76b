/** The run that an address asks for, made beside the page; the one before stays until it is there. */
import { useEffect, useState } from 'preact/hooks';
import { printable } from '../../../protocol/display.ts';
import { firstEventsMax, type Played } from '../history/play.ts';
import type { Catalogue } from '../page.ts';
import { type Route, runOf } from '../route.ts';
import type { Background } from '../work/background.ts';
import type { Progress } from '../work/task.ts';
import { faultWords } from './answer.ts';

/** A run that is there, and which it is. */
export interface Ready {
  readonly run: string;
  readonly eventsMax: number;
  readonly route: Route;
  readonly played: Played;
}

export interface Playing {
  /** Null: there is none yet. */
  readonly ready: Ready | null;
  /** Null: nothing runs. */
  readonly progress: Progress | null;
  readonly stopped: boolean;
  readonly stop: () => void;
  /** Begins again after a stop. */
  readonly again: () => void;
  /** Runs beyond the first events. */
  readonly whole: () => void;
}

const begun: Progress = { events: 0, atUs: 0 };

export function usePlaying(route: Route, catalogue: Catalogue, background: Background): Playing {
  const run = runOf(route);
  const [eventsMax, setEventsMax] = useState(firstEventsMax);
  const [ready, setReady] = useState<Ready | null>(null);
  const [progress, setProgress] = useState<Progress | null>(begun);
  const [stopped, setStopped] = useState(false);
  useEffect(() => {
    const isThere = ready?.run === run && ready.eventsMax === eventsMax;
    setProgress(isThere || stopped ? null : begun);
    if (isThere || stopped) return;
    const tell = (played: Played): void => {
      setReady({ run, eventsMax, route, played });
      setProgress(null);
    };
    const text = catalogue.textOf(route.name);
    if (text === null)
      return tell({
        ok: false,
        why: `There is no scenario ${printable(route.name, 80)} in this page.${route.name.startsWith('opened/') ? ' A file that was opened is gone with the page that it was opened in: open it again.' : ''}`,
      });
    const { name, protocol, seed, suite, edits } = route;
    const order = { name, protocol, seed, suite, edits, eventsMax };
    const { answer, cancel } = background.ask({ does: 'play', text, order }, setProgress);
    answer.then(tell, (error: Error) => tell({ ok: false, why: faultWords(error) }));
    return cancel;
  }, [catalogue, run, eventsMax, stopped]);
  useEffect(() => setStopped(false), [run]);
  return {
    ready,
    progress,
    stopped,
    stop: () => {
      if (ready?.run === run) setEventsMax(ready.eventsMax);
      else setStopped(true);
    },
    again: () => setStopped(false),
    whole: () => setEventsMax(Number.MAX_SAFE_INTEGER),
  };
}
