/**
 * Preloaded with `node --import`: writes the URL of every module that is then resolved to standard output, one a line.
 * What it prints is the transitive set of modules behind an entry point, as the loader itself sees it.
 */
import { writeSync } from 'node:fs';
import { type ResolveHook, register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// The loader's hooks live in a thread of their own, which loads this same file.
if (isMainThread) register(import.meta.url);

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  write(`${resolved.url}\n`);
  return resolved;
};

/** All of it. A pipe whose reader is slow takes a part, or nothing for now: an error here would end what is looked at. */
function write(text: string): void {
  const bytes = Buffer.from(text);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}
