/**
 * Which scenarios bear upon a claim: those in which what it forbids could come about at all. Where nobody repeats anything no
 * repetition changes an end, and with two machines nobody is taken for a third. The audit looks there first. It asks of the
 * claim that is to be broken, and of nothing that is planted: who plants a flaw knows which claim it breaks, or plants another.
 */
import { listOf, type RawHost, type RawScenario } from '../scenario/raw.ts';
import { typedBy } from '../sweep/limits.ts';

const bears: { readonly [oracle: string]: (raw: RawScenario) => boolean } = {
  // A key is given to who has not proved the phrase: somebody has to be there who has not.
  proof: hasAdversary,
  // Somebody is taken for another one: it takes a third.
  agreement: (raw) => machinesIn(raw) > 2,
  'one-peer': (raw) => [...typedBy(raw).values()].some(({ size }) => size > 2),
  // A budget can be used up where it is small.
  guesses: (raw) => hasAdversary(raw) && hostsOf(raw).some(({ phraseBits }) => phraseBits !== undefined),
  strangers: hasAdversary,
  // Half is what is left where one of two is kept from its end.
  'quiet-end': (raw) => failsIn(raw) || deedsIn(raw).some((deed) => ['cancel', 'cut'].includes(deed)),
  // Nothing is left behind by who is interrupted between two writes.
  crash: (raw) => failsIn(raw) || deedsIn(raw).includes('crash'),
  replay: ({ adversaries }) => Object.values(adversaries ?? {}).some(({ is }) => is === 'replayer'),
};

/** Of other claims all of them bear: any run may let out a secret, or say too much. */
export function bearsOn(oracle: string, raw: RawScenario): boolean {
  return bears[oracle]?.(raw) ?? true;
}

function hostsOf({ hosts }: RawScenario): readonly RawHost[] {
  return Object.values(hosts);
}

function machinesIn({ hosts, adversaries }: RawScenario): number {
  return Object.keys(hosts).length + Object.keys(adversaries ?? {}).length;
}

function hasAdversary({ adversaries }: RawScenario): boolean {
  return Object.keys(adversaries ?? {}).length > 0;
}

function failsIn(raw: RawScenario): boolean {
  const scripted = (raw.script ?? []).some(({ fails }) => fails !== undefined);
  return scripted || hostsOf(raw).some(({ fails, flaky }) => listOf(fails).length > 0 || flaky !== undefined);
}

function deedsIn({ script }: RawScenario): readonly string[] {
  return (script ?? []).flatMap(({ do: deed, network }) => [deed, network].filter((word) => word !== undefined));
}
