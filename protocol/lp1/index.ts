/**
 * `lp1`: our own pairing conversation. Two machines whose people know one phrase, a symmetric PAKE over lossy multicast,
 * and nothing for strangers. SPEC.md says it byte for byte; table.ts is the machine.
 */
import type { Protocol } from '../contract.ts';
import { isGeneratedShape, tokens } from '../generated-phrase.ts';
import { publish, take } from '../table.ts';
import { perceive } from './events.ts';
import { limits } from './limits.ts';
import { datagramMax, describe } from './messages.ts';
import { checkPhrase, completions, generatePhrase, meantPerhaps, normalise } from './phrase.ts';
import { sshsigBlob } from './sshsig.ts';
import { idle, type Lp1State, port } from './state.ts';
import { matrix } from './table.ts';

export type { Lp1State };

export const protocol: Protocol<Lp1State> = {
  name: 'lp1',
  network: { groups: { 4: '224.0.0.251', 6: 'ff02::fb' }, port, datagramMax },
  initial: () => idle,
  step: (state, input, suite) => take(matrix, state, perceive(state, input, suite), suite),
  describe,
  table: publish(matrix),
  limits,
};

/** The conversation as a value, and what a program needs around it: the phrase before it is handed over, and `sign`. */
export const lp1: {
  readonly protocol: Protocol<Lp1State>;
  readonly generatePhrase: typeof generatePhrase;
  readonly normalise: typeof normalise;
  readonly checkPhrase: typeof checkPhrase;
  readonly tokens: typeof tokens;
  readonly isGeneratedShape: typeof isGeneratedShape;
  readonly completions: typeof completions;
  readonly meantPerhaps: typeof meantPerhaps;
  readonly sshsigBlob: typeof sshsigBlob;
} = {
  protocol,
  generatePhrase,
  normalise,
  checkPhrase,
  tokens,
  isGeneratedShape,
  completions,
  meantPerhaps,
  sshsigBlob,
};
