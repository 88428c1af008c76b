/**
 * The phrase from where it cannot leak: typed at a terminal without echo, or the first line of a file descriptor or of
 * standard input. Never an argument or an environment variable, which `ps` and crash reports show.
 */
import { createReadStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { isatty, ReadStream } from 'node:tty';
import { Complaint, exitCode, reasonOf } from './complaint.ts';

/** Longest first line that is read, in bytes. */
const lineMax = 4096;

/** The first line of that descriptor, without its end. */
export async function readPhrase(descriptor: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    const stream = open(descriptor);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (chunk.includes(0x0a) || length > lineMax) break;
    }
  } catch (thrown) {
    throw new Complaint(
      `Cannot read the phrase from file descriptor ${descriptor}: ${reasonOf(thrown)}.`,
      'Next: open it for reading, for example `lanpair pair --phrase-fd 3 3< file`.',
      exitCode.usage,
    );
  }
  if (length === 0) {
    throw new Complaint(
      `No phrase came from file descriptor ${descriptor}: it was at its end.`,
      'Next: run it at a terminal, or write the phrase there, for example `lanpair pair --phrase-fd 3 3< file`.',
      exitCode.usage,
    );
  }
  try {
    const [line = ''] = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)).split('\n', 1);
    return line.replace(/\r$/, '');
  } catch {
    throw new Complaint(
      'The phrase is not written in UTF-8.',
      'Next: write it in UTF-8, or in plain letters and digits alone.',
      exitCode.usage,
    );
  } finally {
    for (const chunk of chunks) chunk.fill(0);
  }
}

/**
 * A pipe or a terminal must not be read as a file is: that blocks one of Node's worker threads until somebody writes, and the
 * program could not even end before.
 */
function open(descriptor: number): Readable {
  const kind = fstatSync(descriptor);
  if (kind.isFIFO() || kind.isSocket()) return new Socket({ fd: descriptor, readable: true, writable: false });
  if (isatty(descriptor)) return new ReadStream(descriptor);
  // Anything else is no descriptor of our caller's but one of Node's own, which must not be closed.
  if (!kind.isFile() && !kind.isCharacterDevice()) throw new Error('it is not open');
  return createReadStream('', { fd: descriptor, autoClose: descriptor > 2 });
}
