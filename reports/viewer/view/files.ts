/** Files that a person opens or drops: a scenario is run as one of the page's own, anything else is read as a trace. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { scenarioFileMax } from '../../../sim/scenario/problem.ts';
import type { Read } from '../history/saved.ts';
import type { Background } from '../work/background.ts';

/** What was opened last and is no scenario. */
export interface Opened {
  readonly name: string;
  readonly read: Read;
}

export function useFiles(
  background: Background,
  onScenario: (name: string, text: string) => void,
  /** There is a trace, or something that is none, and why. */
  onTrace: () => void,
): readonly [opened: Opened | null, open: (file: File) => void] {
  const [file, setFile] = useState<File | null>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  useEffect(() => {
    if (file === null) return;
    const { answer, cancel } = background.ask({ does: 'read', file });
    void answer.then((read) => setOpened({ name: file.name, read }));
    return cancel;
  }, [file]);
  const open = useCallback(
    (next: File) => {
      const refuse = (why: string): void => {
        setFile(null);
        setOpened({ name: next.name, read: { ok: false, why } });
        onTrace();
      };
      if (!/\.ya?ml$/i.test(next.name)) {
        setFile(next);
        onTrace();
        // One character is at most four bytes; a longer file is not even read.
      } else if (next.size > 4 * scenarioFileMax) refuse('This file is too long for a scenario.');
      else
        next.text().then(
          (text) => onScenario(next.name, text),
          () => refuse('This file cannot be read. Is it still there?'),
        );
    },
    [onScenario, onTrace],
  );
  useDrop(open);
  return [opened, open];
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
