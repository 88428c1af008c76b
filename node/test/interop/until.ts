/** Waiting for another program, which tells nobody that it is done: look again until it is, or say what did not come. */
import { setTimeout as pause } from 'node:timers/promises';

/** How long between two looks, in ms. */
const lookMs = 100;

/** The first answer that is neither false nor null. Fails after `seconds`, naming what was waited for. */
export async function until<T>(
  what: string,
  seconds: number,
  look: () => T | Promise<T>,
): Promise<Exclude<T, false | null>> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await pause(lookMs)) {
    const seen = await look();
    if (seen !== false && seen !== null) return seen as Exclude<T, false | null>;
  }
  throw new Error(`waited ${seconds} s for ${what}, in vain`);
}
