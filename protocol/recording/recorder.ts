/** Writes a run down as it happens: what to give to the driver, and what comes out as lines. */
import type { PlainState, Suite } from '../contract.ts';
import type { Observer } from '../driver.ts';
import { disguiseOf } from './disguises.ts';
import { type End, encode, type Head, recordingVersion, type Step } from './format.ts';
import { type Call, recordingSuite } from './suites.ts';

export interface Recorder {
  /** In place of the suite that it was made with. */
  readonly suite: Suite;
  readonly observe: Observer<PlainState>;
  /** The last line. Nothing is written after it. */
  end(why: End['end']): void;
}

export interface RecorderOptions {
  readonly protocol: string;
  readonly program: string;
  readonly suite: Suite;
  /** That many random bytes, for what stands in place of secrets. */
  readonly draw: (length: number) => Uint8Array;
  /** Since the recording began. */
  readonly nowMs: () => number;
  /** Takes each line, without its end. May throw. */
  readonly write: (line: string) => void;
  /** Told once: something could not be written, or replaced. Nothing more is recorded, and the run goes on. */
  readonly failed: (thrown: unknown) => void;
}

export function makeRecorder(options: RecorderOptions): Recorder {
  const { protocol, program, suite, draw, nowMs, write, failed } = options;
  const disguise = disguiseOf(protocol, draw);
  const head: Head = { recording: 'lanpair', version: recordingVersion, protocol, program, about: disguise.about };
  let calls: Call[] = [];
  let steps = 0;
  let isOver = false;
  const guarded = (work: () => void): void => {
    if (isOver) return;
    try {
      work();
    } catch (thrown) {
      isOver = true;
      failed(thrown);
    }
  };
  guarded(() => write(encode(head)));
  return {
    suite: recordingSuite(suite, (call) => {
      if (!isOver) calls.push(call);
    }),
    observe: (real) =>
      guarded(() => {
        const made = calls;
        calls = [];
        const input = disguise.input(real.input);
        const answers = made.map(disguise.answer);
        const effects = disguise.effects(real, { input, answers });
        const step: Step = { atMs: Math.round(nowMs()), input, answers, effects, cell: real.cell };
        write(encode(step));
        steps++;
      }),
    end(why) {
      guarded(() => write(encode({ end: why, steps } satisfies End)));
      isOver = true;
    },
  };
}
