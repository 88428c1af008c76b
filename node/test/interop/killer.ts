/**
 * Preloaded before `lanpair` (`node --import .../killer.js?at=7&log=FILE`): kills the process, as kill -9 does, right before
 * its 7th change to what a pairing writes: records, the files in ~/.ssh, what ssh is told, the git remote. Each change is a
 * step: a file is made, half of it is written, all of it, it is renamed into its place, one is removed, git is called.
 * Nothing of the program knows of it. Every step is a line of the log, the last one was not taken.
 */
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';

const { searchParams } = new URL(import.meta.url);
const at = Number(searchParams.get('at') ?? '0');
const log = searchParams.get('log') ?? '/dev/null';
const book = fs.openSync(log, 'a');
let steps = 0;

function step(what: string): void {
  // The program's own lock and key are not of a pairing.
  if (what.includes(' lanpair/')) return;
  steps++;
  fs.writeSync(book, `${what}\n`);
  if (steps === at) process.kill(process.pid, 'SIGKILL');
}

/** A temporary file has another name each time. */
const nameOf = (path: unknown): string => {
  const text = String(path);
  return text.endsWith('.lanpair-tmp')
    ? `${basename(dirname(text))}/new`
    : `${basename(dirname(text))}/${basename(text)}`;
};

const files = fs.promises;
const { open, rename, rm } = files;
files.open = async (path, flags, mode) => {
  const isMade = flags === 'wx';
  if (isMade) step(`make ${nameOf(path)}`);
  const handle = await open(path, flags, mode);
  if (!isMade) return handle;
  const write = handle.writeFile.bind(handle);
  handle.writeFile = async (content) => {
    const bytes = Buffer.from(content as Uint8Array);
    const half = bytes.length >> 1;
    step(`write half of ${nameOf(path)}`);
    await write(bytes.subarray(0, half));
    step(`write the rest of ${nameOf(path)}`);
    await write(bytes.subarray(half));
  };
  return handle;
};
files.rename = async (from, to) => {
  step(`rename to ${nameOf(to)}`);
  await rename(from, to);
};
files.rm = async (path, options) => {
  if (fs.existsSync(path)) step(`remove ${nameOf(path)}`);
  await rm(path, options);
};
const { writeFileSync, linkSync, unlinkSync } = fs;
fs.writeFileSync = (path, data, options) => {
  step(`write ${nameOf(path)}`);
  writeFileSync(path, data, options);
};
fs.linkSync = (from, to) => {
  step(`link ${nameOf(to)}`);
  linkSync(from, to);
};
fs.unlinkSync = (path) => {
  step(`unlink ${nameOf(path)}`);
  unlinkSync(path);
};

const { execFile } = childProcess;
const run = promisify(execFile);
const counted = {
  [promisify.custom]: (file: string, parameters: readonly string[], options: object) => {
    const asks = parameters.some((word) => word.startsWith('--get'));
    if (file === 'git' && !asks) step(`git ${parameters.slice(2, 4).join(' ')}`);
    return run(file, parameters, options);
  },
};
childProcess.execFile = Object.assign(
  (...given: Parameters<typeof execFile>) => execFile(...given),
  counted,
) as unknown as typeof execFile;

syncBuiltinESMExports();
