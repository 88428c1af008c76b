/** Files that a person opens or drops: a scenario is run as one of the page's own, anything else is read as a trace. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { scenarioFileMax } from '../../../sim/scenario/problem.ts';
import type { Read } from '../history/saved.ts';
import type { Background } from '../work/background.ts';
import { faultWords } from './answer.ts';

/** What was opened last and is no scenario. */
export interface Opened {
  /** Of all that were opened: another one may have the same name. */
  readonly nth: number;
  readonly name: string;
  /** Null: it is being read. */
  readonly read: Read | null;
}

interface Given {
  readonly nth: number;
  readonly file: File;
}

export interface Files {
  readonly opened: Opened | null;
  readonly open: (file: File) => void;
}

/** Where what is opened goes. */
export interface FilesPlace {
  /** Whoever is somewhere else when a scenario has been read stays there. */
  readonly at: string;
  /** Traces are looked at here: they are read only meanwhile. */
  readonly isForTraces: boolean;
  readonly onScenario: (name: string, text: string) => void;
  /** There is a trace, or something that is none, and why. */
  readonly onTrace: () => void;
}

export function useFiles(background: Background, { at, isForTraces, onScenario, onTrace }: FilesPlace): Files {
  const [given, setGiven] = useState<Given | null>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  const count = useRef(0);
  // What was asked for before is nobody's by then. At once: what is opened as soon as the new place can be seen is somebody's.
  useLayoutEffect(() => () => void count.current++, [at]);
  useEffect(() => {
    if (given === null || !isForTraces || opened?.nth === given.nth) return;
    const { nth, file } = given;
    const tell = (read: Read): void => setOpened({ nth, name: file.name, read });
    const { answer, cancel } = background.ask({ does: 'read', file });
    answer.then(tell, (error: Error) => tell({ ok: false, why: faultWords(error) }));
    return cancel;
  }, [given, isForTraces]);
  const open = useCallback(
    (file: File) => {
      const nth = ++count.current;
      const refuse = (why: string): void => {
        setGiven(null);
        setOpened({ nth, name: file.name, read: { ok: false, why } });
        onTrace();
      };
      if (!/\.ya?ml$/i.test(file.name)) {
        setGiven({ nth, file });
        onTrace();
        // One character is at most four bytes; a longer file is not even read.
      } else if (file.size > 4 * scenarioFileMax) refuse('This file is too long for a scenario.');
      else
        file.text().then(
          (text) => (nth === count.current ? onScenario(file.name, text) : undefined),
          () => (nth === count.current ? refuse('This file cannot be read. Is it still there?') : undefined),
        );
    },
    [onScenario, onTrace],
  );
  useDrop(open);
  const isRead = given === null || opened?.nth === given.nth;
  return { opened: isRead ? opened : { nth: given.nth, name: given.file.name, read: null }, open };
}

/** Files that are dropped anywhere on the page while the viewer is there. */
function useDrop(onFile: (file: File) => void): void {
  useEffect(() => {
    const over = (event: DragEvent): void => event.preventDefault();
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      const [file] = event.dataTransfer?.files ?? [];
      if (file !== undefined) onFile(file);
    };
    addEventListener('dragover', over);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('drop', drop);
    };
  }, [onFile]);
}
