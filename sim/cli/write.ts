/** Files and directories that commands write, and what is said when they cannot. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { exitCode, WrongUse } from './complaint.ts';

export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new WrongUse(
      `cannot make the directory ${directory}: ${reasonOf(error)}`,
      'Name one where you may write.',
      exitCode.cannotCreate,
    );
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
