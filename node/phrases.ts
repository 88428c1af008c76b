/** Phrases before the core gets them: made anew, weighed, and what a mistyped word may have been meant as. */
import { randomBytes } from 'node:crypto';
import type { Phrase } from '../protocol/contract.ts';
import { lp1 } from '../protocol/index.ts';
import { estimateBits } from './entropy.ts';
import type { PairingName } from './pairing-names.ts';

/** Four words of 2,048. */
const generatedBits = 44;

/** `73-ladder-acid-hope-rabbit`, from the system's randomness. One that repeats a word is drawn again: it would be weighed as less. */
export function newPhrase(): string {
  for (;;) {
    const text = lp1.generatePhrase(randomBytes(16));
    if (bitsOf('lp1', text) === generatedBits) return text;
  }
}

export function phraseFor(protocol: PairingName, text: string, accepted: Phrase['accepted'] = []): Phrase {
  return { text, bits: bitsOf(protocol, text), accepted };
}

/** lp1 folds spellings together, so what is left after that is weighed, without the channel, which is public. */
export function bitsOf(protocol: PairingName, text: string): number {
  if (protocol === 'annex') return estimateBits(text);
  if (!lp1.isGeneratedShape(text)) return estimateBits(lp1.normalise(text));
  return Math.min(generatedBits, estimateBits(lp1.tokens(text).slice(1).join('-')));
}

/** Words of the list for each word of a nearly generated phrase that is not on it. For the person's own terminal alone. */
export function corrections(text: string): readonly string[] {
  return lp1
    .tokens(text)
    .slice(1)
    .filter((word) => lp1.completions(word, 1)[0] !== word)
    .flatMap((word) => lp1.meantPerhaps(word));
}
