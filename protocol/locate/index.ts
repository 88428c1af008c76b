/**
 * `locate`: where is a paired peer now? Asked and answered under keys that only the two have, so that nobody else learns
 * who looks for whom; and half a pairing heals by the way. SPEC.md says it byte for byte; table.ts is the machine.
 */
import type { Protocol } from '../contract.ts';
import { datagramMax, describe } from '../lp1/messages.ts';
import { port } from '../lp1/state.ts';
import { publish, take } from '../table.ts';
import { perceive } from './events.ts';
import { idle, type LocateState, limits } from './state.ts';
import { matrix } from './table.ts';

export type { LocateState };

const protocol: Protocol<LocateState> = {
  name: 'locate',
  network: { groups: { 4: '224.0.0.251', 6: 'ff02::fb' }, port, datagramMax },
  initial: () => idle,
  step: (state, input, suite) => take(matrix, state, perceive(state, input, suite), suite),
  describe,
  table: publish(matrix),
  limits,
};

/** The conversation as a value. It lives on lp1's records and its own: a host hands it the records of both protocols. */
export const locate: {
  readonly protocol: Protocol<LocateState>;
  /** Where the peer has proven itself since it was last asked for, while the best of it is still being looked for. */
  readonly provenNow: (state: LocateState, record: string) => readonly string[];
} = {
  protocol,
  provenNow: ({ partners }, record) => partners.find((one) => one.record === record)?.ask?.proven ?? [],
};
