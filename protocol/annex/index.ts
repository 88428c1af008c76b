/**
 * `annex`: git-annex's local pairing, as its assistant spoke it up to 10.20251215, without its faults.
 *
 * The wire is in reader.ts and writer.ts, the phrase in phrase.ts, the proof in digest.ts; what is done with them is the
 * table in table.ts. What this conversation cannot do, whoever implements it: hide anything, resist an offline attack on
 * the phrase, pin the ssh host key.
 */
import type { Protocol } from '../contract.ts';
import { publish, take } from '../table.ts';
import { sign, verify } from './digest.ts';
import { perceive } from './events.ts';
import type { Body, Message, PairData, Stage } from './message.ts';
import { phraseKey } from './phrase.ts';
import { phraseFault } from './phrase-rules.ts';
import { read } from './reader.ts';
import { type AnnexState, idle, limits } from './state.ts';
import { matrix } from './table.ts';
import { write } from './writer.ts';

export type { AnnexState, Body, Message, PairData, Stage };

const protocol: Protocol<AnnexState> = {
  name: 'annex',
  network: { groups: { 4: '224.0.0.251', 6: null }, port: 55556, datagramMax: limits.datagramMax },
  initial: () => idle,
  step: (state, input, suite) => take(matrix, state, perceive(state, input, suite), suite),
  describe: (bytes) => {
    const reading = read(bytes);
    if (!reading.ok) return { kind: 'foreign', fields: { rule: reading.refusal.rule } };
    const { stage, data, address, digest } = reading.message;
    return { kind: stage, fields: { ...data, address, digest } };
  },
  table: publish(matrix),
  limits,
};

/** The conversation as a value, and its parts for those who want to look inside. */
export const annex: {
  readonly read: typeof read;
  readonly write: typeof write;
  readonly phraseKey: typeof phraseKey;
  readonly phraseFault: typeof phraseFault;
  readonly sign: typeof sign;
  readonly verify: typeof verify;
  readonly protocol: Protocol<AnnexState>;
} = { read, write, phraseKey, phraseFault, sign, verify, protocol };
