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
  writeSync(1, `${resolved.url}\n`);
  return resolved;
};
