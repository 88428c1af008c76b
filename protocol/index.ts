/** The public names of the core: `import { annex, lp1 } from 'lanpair/protocol'`. */

export { type AnnexState, annex, type Body, type Message, type PairData, type Stage } from './annex/index.ts';
export * from './contract.ts';
export { type Driver, type DriverOptions, drive, type Observer, type Ports } from './driver.ts';
export { type LocateState, locate } from './locate/index.ts';
export { type Lp1State, lp1 } from './lp1/index.ts';
export {
  makeRecorder,
  type Recorder,
  type ReplayOptions,
  replay,
  type Verdict,
} from './recording/index.ts';
export { realSuite } from './suite.ts';
export { symbolicSuite } from './suite-symbolic.ts';
