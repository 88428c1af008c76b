/** A scenario as a YAML file, in the form in which people write them: one line for each machine, item and expectation. */
import { Document, isCollection, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { RawScenario } from '../scenario/raw.ts';

/** `comment` comes first, a line for each line of it. */
export function scenarioText(raw: RawScenario, comment: string): string {
  const document = new Document(tidy(raw), { aliasDuplicateObjects: false });
  if (comment !== '')
    document.commentBefore = comment
      .split('\n')
      .map((line) => ` ${line}`)
      .join('\n');
  const { contents } = document;
  if (isMap(contents)) {
    for (const { key, value } of contents.items) {
      const name = isScalar(key) ? String(key.value) : '';
      if (!isCollection(value)) continue;
      if (['network', 'hosts', 'adversaries'].includes(name) && isMap(value)) {
        for (const item of value.items) flow(item.value);
      } else if (['links', 'script', 'expect'].includes(name) && isSeq(value)) {
        for (const item of value.items) flow(item);
      } else flow(value);
    }
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function flow(node: unknown): void {
  if (isCollection(node as Node)) (node as { flow?: boolean }).flow = true;
}

/** Keys in the order in which files have them, and nothing that is empty. */
const order: readonly (keyof RawScenario)[] = [
  ...(['title', 'covers', 'protocols', 'seed', 'network', 'links'] as const),
  ...(['hosts', 'adversaries', 'script', 'expect', 'endsMs'] as const),
];

function tidy(raw: RawScenario): object {
  return Object.fromEntries(
    order.flatMap((key) => {
      const value = raw[key];
      const empty = value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
      return empty ? [] : [[key, value]];
    }),
  );
}
