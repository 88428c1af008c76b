/** From the text of a scenario file to a scenario, or to the list of what is wrong with it. */
import type { Vocabulary } from './context.ts';
import { meaningOf } from './meaning.ts';
import { type Problem, readYaml } from './problem.ts';
import type { RawScenario } from './raw.ts';
import type { Scenario } from './scenario.ts';
import { hasShape } from './shape.ts';

export type ReadResult =
  | {
      readonly ok: true;
      readonly scenario: Scenario;
      /** The file as it stands: for those who change it and write it down again. */
      readonly raw: RawScenario;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface ReadOptions {
  /** For messages: the path as the user gave it. */
  readonly file: string;
  /** `family/name`. */
  readonly name: string;
  readonly vocabulary: Vocabulary;
}

export function readScenario(text: string, { file, name, vocabulary }: ReadOptions): ReadResult {
  const { value, problems } = readYaml(text, file);
  if (problems.found.length === 0 && value === null)
    problems.add([], 'the file is empty', 'A scenario needs title, protocols, network, hosts and expect.');
  if (problems.found.length > 0 || !hasShape(value, problems)) return { ok: false, problems: problems.found };
  const scenario = meaningOf(value, name, vocabulary, problems);
  return problems.found.length > 0 ? { ok: false, problems: problems.found } : { ok: true, scenario, raw: value };
}
