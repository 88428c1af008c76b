/** What comes of work that is done beside the page, for who looks at it. */
import { useEffect, useState } from 'preact/hooks';
import { printable } from '../../../protocol/display.ts';
import type { Background } from '../work/background.ts';
import type { Answers, Task } from '../work/task.ts';

/** `why`, fit to be shown: nothing will come of it. */
export type Answer<T> = { readonly ok: true; readonly is: T } | { readonly ok: false; readonly why: string };

/** Null: nothing is asked for (`taskOf` says null), or it is on its way. Asked for anew when one of `inputs` is another. */
export function useAnswer<T extends Task>(
  background: Background,
  taskOf: () => T | null,
  inputs: readonly unknown[],
): Answer<Answers[T['does']]> | null {
  const [answer, setAnswer] = useState<Answer<Answers[T['does']]> | null>(null);
  useEffect(() => {
    setAnswer(null);
    const task = taskOf();
    if (task === null) return;
    const errand = background.ask<T>(task);
    errand.answer.then(
      (is) => setAnswer({ ok: true, is }),
      (error: Error) => setAnswer({ ok: false, why: faultWords(error) }),
    );
    return errand.cancel;
  }, inputs);
  return answer;
}

export function faultWords(error: Error): string {
  return `An error of lanpair's own: please report it.\n${printable(error.message, 2000)}`;
}
