/**
 * What the viewer finds in its page, whoever wrote it:
 *
 *     <main id="pages">...</main>
 *     <div id="viewer" hidden></div>
 *     <script type="application/json" id="lanpair-scenarios">{"version": 1, "files": {"scenarios/crypto/x.yaml": "..."}}</script>
 *
 * While the hash is one of the viewer's (`route.ts`), #viewer is shown and #pages is hidden; else the reverse.
 */
import { printable } from '../../protocol/display.ts';

export interface Catalogue {
  /** Names (`family/name`) in the order of the page. */
  readonly names: readonly string[];
  textOf(name: string): string | null;
}

/** A sentence for the person where the page has none, or one that this viewer cannot read. */
export function catalogueOf(json: string | null): Catalogue | string {
  if (json === null) return 'This page holds no scenarios.';
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return 'The scenarios of this page cannot be read: they are no JSON.';
  }
  const { version, files } = (value ?? {}) as { readonly version?: unknown; readonly files?: unknown };
  if (version !== 1)
    return `The scenarios of this page are in form ${String(version)}; this viewer reads form 1. Write the report again with one version of lanpair.`;
  const texts = new Map(
    Object.entries(files ?? {}).flatMap(([path, text]: [string, unknown]) =>
      typeof text === 'string' ? [[nameOf(path), text] as const] : [],
    ),
  );
  return { names: [...texts.keys()], textOf: (name) => texts.get(name) ?? null };
}

/** The same and one more, which a person opened: its name, by which it stands among the others. */
export function withOpened(catalogue: Catalogue, file: string, text: string): readonly [Catalogue, name: string] {
  const stem = `opened/${printable(file.replace(/\.ya?ml$/i, ''), 80).replaceAll('/', ' ')}`;
  // Whoever changes a file and opens it again goes back to the run of before with the browser's own key.
  const free = (nth: number): string => {
    const name = nth === 1 ? stem : `${stem} (${nth})`;
    return [null, text].includes(catalogue.textOf(name)) ? name : free(nth + 1);
  };
  const name = free(1);
  if (catalogue.textOf(name) !== null) return [catalogue, name];
  return [
    {
      names: [...catalogue.names, name],
      textOf: (wanted) => (wanted === name ? text : catalogue.textOf(wanted)),
    },
    name,
  ];
}

/** `scenarios/crypto/x.yaml` is `crypto/x`. */
function nameOf(path: string): string {
  return path
    .replace(/\.ya?ml$/, '')
    .split('/')
    .slice(-2)
    .join('/');
}
