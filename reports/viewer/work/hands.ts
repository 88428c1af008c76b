/**
 * Who does the work: a worker that is made of the page's own script, since a page from the disk may load no other file. Where no
 * worker can be had the page does it itself.
 */
import { soon } from '../view/soon.ts';
import type { Hand, Hire } from './background.ts';
import { perform, type Task, type Told } from './task.ts';

/** `script`: the text of the page's script; null: there is none, and no worker either. */
export function hiring(script: string | null): Hire {
  let text = script;
  return (onTold, onFailure) => {
    if (text === null) return page(onTold);
    return worker(text, onTold, () => {
      // The page's policy or the browser forbids it.
      text = null;
      onFailure();
    });
  };
}

function worker(script: string, onTold: (told: Told) => void, onFailure: () => void): Hand {
  const hired = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
  hired.onmessage = ({ data }: MessageEvent<Told>): void => onTold(data);
  hired.onerror = onFailure;
  return {
    perform: (task) => hired.postMessage(task),
    dismiss: () => {
      // What it said before that is on its way still.
      hired.onmessage = null;
      hired.terminate();
    },
  };
}

function page(onTold: (told: Told) => void): Hand {
  let isThere = true;
  return {
    // The page is painted first: it will be busy.
    perform: (task) =>
      void soon(() => {
        if (isThere) void perform(task, (told) => (isThere ? onTold(told) : undefined));
      }),
    dismiss: () => {
      isThere = false;
    },
  };
}

/** The other side, in the worker. */
export function serve(): void {
  onmessage = ({ data }: MessageEvent<Task>): void => void perform(data, (told) => postMessage(told));
}
