/** The pairing conversations that a person can choose; the first one is spoken unless another is named. */
import type { Protocol } from '../protocol/contract.ts';
import { annex, lp1 } from '../protocol/index.ts';

export type PairingName = 'lp1' | 'annex';

export const pairings: { readonly [name in PairingName]: { readonly protocol: Protocol } } = {
  lp1: { protocol: lp1.protocol },
  annex: { protocol: annex.protocol },
};

export const pairingNames: readonly PairingName[] = ['lp1', 'annex'];
