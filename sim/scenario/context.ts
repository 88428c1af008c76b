/** What every part of a scenario file may refer to: the words of the simulator, and the names of the file itself. */
import type { Places } from './places.ts';
import type { Path, Problems } from './problem.ts';
import { listOf, type Names } from './raw.ts';

/** The words that the simulator knows, beside those of the file itself. */
export interface Vocabulary {
  readonly protocols: readonly string[];
  /** Named in files already, and skipped until they are there. */
  readonly futureProtocols: readonly string[];
  /** The kinds of adversaries that each protocol has. */
  readonly adversaries: { readonly [protocol: string]: readonly string[] };
  readonly oracles: readonly string[];
}

/** What every part of a file may refer to. */
export interface Context {
  readonly problems: Problems;
  readonly vocabulary: Vocabulary;
  readonly hosts: readonly string[];
  readonly adversaries: readonly string[];
  readonly segments: readonly string[];
  readonly places: Places;
  /** False, and a problem, when `name` is none of `known`. */
  readonly knows: (name: string, known: readonly string[], what: string, path: Path) => boolean;
}

/** Protocols that a part of a file is meant for; null when it does not say: all. */
export function protocolsOf(
  names: Names | undefined,
  path: Path,
  { vocabulary, knows }: Context,
): readonly string[] | null {
  if (names === undefined) return null;
  const known = [...vocabulary.protocols, ...vocabulary.futureProtocols];
  return listOf(names).filter((name) => knows(name, known, 'protocol', path));
}
