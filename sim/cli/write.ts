/** Files and directories that commands write, and what is said when they cannot. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { exitCode, WrongUse } from './complaint.ts';

export function makeDirectory(directory: string): void {
  try {
    makeEach(directory);
  } catch (error) {
    throw new WrongUse(
      `cannot make the directory ${directory === '' ? 'without a name' : directory}: ${reasonOf(error)}`,
      'Name one where you may write.',
      exitCode.cannotCreate,
    );
  }
}

/** Node's own way of making all of them asks for ever where the system says of a new one that it is not there, as /proc does. */
function makeEach(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const above = dirname(directory);
  if (above !== directory) makeEach(above);
  try {
    mkdirSync(directory);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

export function writeOut(file: string, content: string | Uint8Array): void {
  try {
    writeFileSync(file, content);
  } catch (error) {
    throw new WrongUse(
      `cannot write ${file}: ${reasonOf(error)}`,
      'Name a file where you may write.',
      exitCode.cannotCreate,
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
