/** What is behind the names of the conversations. */
import type { Protocol } from '../protocol/contract.ts';
import { annex, lp1 } from '../protocol/index.ts';
import type { PairingName } from './pairing-names.ts';

export const pairings: { readonly [name in PairingName]: { readonly protocol: Protocol } } = {
  lp1: { protocol: lp1.protocol },
  annex: { protocol: annex.protocol },
};
