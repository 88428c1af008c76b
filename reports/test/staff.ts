/** Who works for a `Background` in tests: does nothing by itself. */
import type { Hire } from '../viewer/work/background.ts';
import type { Task, Told } from '../viewer/work/task.ts';

/** The test says what it tells, and hears when it is dismissed. */
export interface Hand {
  readonly tasks: Task[];
  readonly tell: (told: Told) => void;
  readonly fail: () => void;
  readonly dismissed: Promise<void>;
}

export function staff(): { readonly hired: readonly Hand[]; readonly hire: Hire } {
  const hired: Hand[] = [];
  const hire: Hire = (tell, fail) => {
    const tasks: Task[] = [];
    let dismiss = (): void => undefined;
    const dismissed = new Promise<void>((then) => {
      dismiss = then;
    });
    hired.push({ tasks, tell, fail, dismissed });
    return { perform: (given) => void tasks.push(given), dismiss };
  };
  return { hired, hire };
}
