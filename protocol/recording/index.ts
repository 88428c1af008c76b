/** Recordings of real runs, and their replay through the same core. */
export { makeRecorder, type Recorder } from './recorder.ts';
export { type ReplayOptions, replay, type Verdict } from './replay.ts';
