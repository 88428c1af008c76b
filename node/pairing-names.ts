/** The pairing conversations that a person can choose; the first one is spoken unless another is named. */
export type PairingName = 'lp1' | 'annex';

export const pairingNames: readonly PairingName[] = ['lp1', 'annex'];
