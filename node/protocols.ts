/** The pairing conversations that a person can choose. */
import type { Protocol } from '../protocol/contract.ts';
import { annex } from '../protocol/index.ts';

export const pairings: { readonly annex: { readonly protocol: Protocol } } = {
  annex: { protocol: annex.protocol },
};

export type PairingName = keyof typeof pairings;

export const pairingNames: readonly PairingName[] = ['annex'];
