/**
 * Flaws of lp1 that give the phrase to whoever only listens. No oracle sees them: each run alone looks sound. It is the
 * eavesdropper who must find them, with the attack that finds nothing in lp1 (adversaries/eavesdropper-lp1.ts).
 */
import type { Input, PlainState, Protocol, Suite } from '../../protocol/contract.ts';
import { checkPhrase } from '../../protocol/lp1/phrase.ts';
import type { Subject } from '../subject.ts';

export interface OverheardSpecimen {
  readonly name: string;
  readonly flaw: string;
  /** What gives the phrase away, in the eavesdropper's words. */
  readonly confirmedBy: string;
  readonly subject: Subject;
}

/** A suite with a hole in it. `prs`: the phrase as the core has it, once it has it. */
type Hole = (suite: Suite, prs: Uint8Array | null) => Suite;

const holes: readonly (Omit<OverheardSpecimen, 'subject'> & { readonly hole: Hole })[] = [
  {
    name: 'scalar-of-zeros',
    flaw: 'its scalars follow from no secret: the entropy was wiped before they were drawn',
    confirmedBy: 'a Y whose scalar is no secret',
    hole: (suite) => ({
      ...suite,
      derive: (entropy, label, context, length) =>
        suite.derive(label === 'y' ? new Uint8Array(32) : entropy, label, context, length),
    }),
  },
  {
    name: 'scalar-of-the-phrase',
    flaw: 'its scalars are derived from the phrase, so that both sides need no randomness',
    confirmedBy: 'a Y whose scalar is no secret',
    hole: (suite, prs) => ({
      ...suite,
      derive: (entropy, label, context, length) =>
        suite.derive(label === 'y' && prs !== null ? prs : entropy, label, context, length),
    }),
  },
  {
    name: 'tag-of-the-phrase',
    flaw: "a CONFIRM's tag is keyed from the phrase, not from K",
    confirmedBy: 'the tag of a CONFIRM',
    hole: (suite, prs) => expanding(suite, prs, 'lanpair/1 mac '),
  },
  {
    name: 'box-of-the-phrase',
    flaw: 'the identity is sealed under a key of the phrase, not of K',
    confirmedBy: 'the box of a CONFIRM',
    hole: (suite, prs) => expanding(suite, prs, 'lanpair/1 box '),
  },
  {
    name: 'end-of-the-phrase',
    flaw: 'READY and DONE are keyed from the phrase, not from K',
    confirmedBy: 'the mac of a READY',
    hole: (suite, prs) => expanding(suite, prs, 'lanpair/1 fin '),
  },
  {
    name: 'cookie-of-the-phrase',
    flaw: 'its cookies are keyed with the phrase, so that a crash does not make them stale',
    confirmedBy: 'a cookie under a key of the phrase',
    hole: (suite, prs) => ({
      ...suite,
      hmac: (key, bytes) => suite.hmac(prs !== null && startsWith(bytes, '\u0006cookie') ? prs : key, bytes),
    }),
  },
];

/** On the sound subject; they keep its name, so that scenarios take them for it. */
export function overheardSpecimens(sound: Subject): readonly OverheardSpecimen[] {
  return holes.map(({ hole, ...specimen }) => ({ ...specimen, subject: holed(sound, hole) }));
}

/** The core alone gets the suite with the hole: an adversary's cryptography stays sound. */
function holed(sound: Subject, hole: Hole): Subject {
  const { protocol } = sound;
  const step: Protocol['step'] = (state, input, suite) => protocol.step(state, input, hole(suite, prsOf(state, input)));
  return { ...sound, protocol: { ...protocol, step } };
}

function prsOf({ secrets }: PlainState, input: Input): Uint8Array | null {
  if (secrets !== null && 'prs' in secrets && secrets.prs instanceof Uint8Array) return secrets.prs;
  if (input.type !== 'start' || input.phrase === null) return null;
  const check = checkPhrase(input.phrase);
  return check.ok ? check.prs : null;
}

function expanding(suite: Suite, prs: Uint8Array | null, label: string): Suite {
  return {
    ...suite,
    expand: (key, salt, info, length) =>
      suite.expand(prs !== null && startsWith(info, label) ? prs : key, salt, info, length),
  };
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return String.fromCharCode(...bytes.slice(0, text.length)) === text;
}
