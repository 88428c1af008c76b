/** What is wrong with a scenario file: where, what, and what to do next. Data; a program prints it with `problemText`. */
import { isCollection, isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from 'yaml';

export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly what: string;
  readonly next: string;
}

export function problemText({ file, line, column, what, next }: Problem): string {
  return `${file}:${line}:${column}: ${what}\n    ${next}`;
}

/** A place in the file: keys and indices from the top. */
export type Path = readonly (string | number)[];

/** Collects problems and knows where things stand in the file. */
export interface Problems {
  readonly found: readonly Problem[];
  /** `at: 'key'` points to the key itself, otherwise to its value. */
  add(path: Path, what: string, next: string, at?: 'key' | 'value'): void;
}

/** Largest scenario file, in characters: about 4,000 hosts. */
export const scenarioFileMax = 1_000_000;

/** Aliases in one file, counted as they unfold: against "billion laughs". */
const aliasesMax = 100;

/** Problems shown for one file. */
const problemsMax = 20;

/** Reads YAML: the value and a collector of problems that knows its lines. The value is null when there are problems. */
export function readYaml(text: string, file: string): { readonly value: unknown; readonly problems: Problems } {
  const lines = new LineCounter();
  const found: Problem[] = [];
  const addAt = (offset: number, what: string, next: string): void => {
    if (found.length >= problemsMax) return;
    const { line, col } = lines.linePos(offset);
    found.push({ file, line: Math.max(line, 1), column: Math.max(col, 1), what, next });
  };
  if (text.length > scenarioFileMax) {
    addAt(
      0,
      `${text.length} characters are more than a scenario may have (${scenarioFileMax})`,
      'Split it into several files.',
    );
    return { value: null, problems: { found, add: () => undefined } };
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: false, logLevel: 'error' });
  const problems: Problems = {
    found,
    add: (path, what, next, at = 'value') => addAt(offsetOf(document.contents, path, at), what, next),
  };
  for (const error of document.errors) addAt(error.pos[0], ...yamlAdvice(error.code, error.message));
  if (found.length > 0) return { value: null, problems };
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
    return { value, problems };
  } catch (error) {
    addAt(
      0,
      error instanceof Error ? error.message : String(error),
      `At most ${aliasesMax} aliases are unfolded: write the values out.`,
    );
    return { value: null, problems };
  }
}

function yamlAdvice(code: string, message: string): [what: string, next: string] {
  if (code === 'DUPLICATE_KEY')
    return ['this name stands here twice', 'Names are unique within hosts, adversaries and segments: rename one.'];
  if (code === 'TAB_AS_INDENT') return ['a tab is used for indentation', 'Indent with spaces.'];
  const firstLine = message.split('\n', 1)[0] ?? message;
  return [`this is not YAML: ${firstLine}`, 'Check brackets, quotes and indentation near this place.'];
}

/** Offset of what is at `path`, or of the nearest thing around it that exists. */
function offsetOf(root: Node | null, path: Path, at: 'key' | 'value'): number {
  let node: unknown = root;
  let offset = startOf(root) ?? 0;
  for (const [depth, step] of path.entries()) {
    if (!isCollection(node)) break;
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(step),
      );
      if (pair === undefined) break;
      const keyOffset = startOf(pair.key);
      const valueOffset = startOf(pair.value);
      offset = (last && at === 'key' ? keyOffset : (valueOffset ?? keyOffset)) ?? offset;
      node = pair.value;
    } else {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    }
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  const range = node !== null && typeof node === 'object' && 'range' in node ? node.range : undefined;
  const start: unknown = Array.isArray(range) ? range[0] : undefined;
  return typeof start === 'number' ? start : undefined;
}
