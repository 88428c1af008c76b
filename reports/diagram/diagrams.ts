/** The diagrams of the conversations that are paired with, and of what comes after: drawn from their transition tables alone. */
import type { TableRow } from '../../protocol/contract.ts';
import { drawMachine, type Walked } from './draw.ts';
import { type Move, machineOf } from './machine.ts';

/** The way that a pairing by lp1 goes. Its steps are rules of every situation, for bonds of earlier sessions as well. */
const pairing: readonly Move[] = [
  ['Crowd', 'Choosing', 'confirmProven'],
  ['Ready', 'Installing', 'readyProven'],
  ['Installing', 'Installed', 'provisioned'],
  ['Installed', 'Paired', 'doneProven'],
  ['Half', 'Paired', 'doneProven'],
];

const drawnApart: ReadonlyMap<string, readonly Move[]> = new Map([['lp1', pairing]]);

export function diagramOf(protocol: string, table: readonly TableRow[], walked: Walked | null = null): string {
  // What is drawn apart must be in the table all the same: a drawing is no place to claim anything.
  const apart = (drawnApart.get(protocol) ?? []).filter(([from, to, event]) =>
    table.some((row) => row.situation === from && row.event === event && row.to.includes(to)),
  );
  return drawMachine(protocol, machineOf(table, apart), walked).markup;
}
