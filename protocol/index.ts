/** The public names of the core: `import { annex } from 'lanpair/protocol'`. */
export * from './contract.ts';
export { type Driver, type DriverOptions, drive, type Observer, type Ports } from './driver.ts';
export { realSuite } from './suite.ts';
