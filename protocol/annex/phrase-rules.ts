/** Which phrases `annex` takes. What a phrase becomes on the wire is in phrase.ts. */
import { isGeneratedShape } from '../generated-phrase.ts';
import { phraseBytesMin, phraseKey, unassigned } from './phrase.ts';

/** Null where the phrase will do; otherwise which rule it breaks, and what to do. Never quotes the phrase. */
export function phraseFault(text: string): { readonly rule: string; readonly advice: string } | null {
  if (unassigned(text) !== null) {
    return {
      rule: 'phrase-unassigned',
      advice:
        'The phrase has a character that older programs do not know, so both sides might read it differently. Leave it out on both machines.',
    };
  }
  if (phraseKey(text).length < phraseBytesMin) {
    return {
      rule: 'phrase-short',
      advice: `The phrase must have at least ${phraseBytesMin} letters or digits; spaces, marks and symbols do not count. Agree on a longer one.`,
    };
  }
  if (isGeneratedShape(text)) {
    return {
      rule: 'phrase-generated',
      advice:
        "The phrase looks like one that lanpair made for its own conversation; git-annex's would give its four words to whoever records one datagram. Agree on another one, or leave --protocol annex away.",
    };
  }
  return null;
}
