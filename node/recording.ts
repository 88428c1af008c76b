/**
 * The file of `--record`: made anew, for its owner alone, a line for each step, at most so large. What goes
 * wrong with it ends the recording and nothing else. Written at once, so that what led to a crash is on the disk.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { makeRecorder, type Recorder, realSuite } from '../protocol/index.ts';
import { Complaint, codeOf, exitCode, reasonOf } from './complaint.ts';
import { program } from './program.ts';

/** Bytes of one recording. A pairing takes some tens of thousands; a flood shall not fill the disk. */
const recordingMax = 32 * 1024 * 1024;
/** Kept free for the last line. */
const lastLineMax = 128;

export interface Recording extends Pick<Recorder, 'suite' | 'observe'> {
  /** A run that never began is taken away as well. */
  close(): void;
  /** Nothing began, so nothing was recorded: takes the file away. */
  discard(): void;
}

export interface RecordingOptions {
  readonly file: string;
  readonly protocol: string;
  /** Told once, when the recording ends before the run. */
  readonly trouble: (text: string) => void;
  readonly bytesMax?: number;
  /** Writes the whole text, or throws. */
  readonly put?: (descriptor: number, text: string) => void;
}

export function openRecording(options: RecordingOptions): Recording {
  const { file, protocol, trouble, bytesMax = recordingMax, put = putWhole } = options;
  const descriptor = create(file);
  let isOpen = true;
  let isBegun = false;
  let left = bytesMax - lastLineMax;
  const startedMs = performance.now();
  const close = (): void => {
    if (isOpen) closeSync(descriptor);
    isOpen = false;
  };
  let isMade = false;
  const stop = (reason: string): void => {
    if (!isOpen) return;
    close();
    if (!isMade) {
      rmSync(file, { force: true });
      throw unwritable(file, reason);
    }
    trouble(`The recording ends here, all else goes on: ${reason}.`);
  };
  const discard = (): void => {
    close();
    rmSync(file, { force: true });
  };
  const recorder = makeRecorder({
    protocol,
    program,
    suite: realSuite,
    draw: (length) => randomBytes(length),
    nowMs: () => performance.now() - startedMs,
    failed: (thrown) => stop(reasonOf(thrown)),
    write(line) {
      if (!isOpen) return;
      left -= Buffer.byteLength(line) + 1;
      if (left >= 0) return put(descriptor, `${line}\n`);
      // The last line has its own room.
      left = lastLineMax;
      recorder.end('full');
      stop(`${file} is as large as it may become`);
    },
  });
  isMade = true;
  return {
    suite: recorder.suite,
    observe(step): void {
      isBegun = true;
      recorder.observe(step);
    },
    close(): void {
      if (!isBegun) return discard();
      left = lastLineMax;
      recorder.end('closed');
      close();
    },
    discard,
  };
}

function create(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw unwritable(file, reasonOf(thrown));
    throw new Complaint(
      `${file} is there already.`,
      'Next: name a new file for --record; nothing is overwritten.',
      exitCode.cannotCreate,
    );
  }
}

function unwritable(file: string, reason: string): Complaint {
  return new Complaint(
    `${file} cannot be written: ${reason}`,
    'Next: name a file where you may write, and where there is space.',
    exitCode.cannotCreate,
  );
}

function putWhole(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}
