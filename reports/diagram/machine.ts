/**
 * A transition table as a graph that can be drawn. Rules that many situations share would be an arrow from everywhere to
 * everywhere: they are taken out, and told beside the drawing, once.
 */
import type { TableRow } from '../../protocol/contract.ts';

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** In the order of the table. */
  readonly events: readonly string[];
}

/** A rule of many situations: on any of these events to any of these situations, if one is not there already. */
export interface CommonRule {
  readonly events: readonly string[];
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export interface Machine {
  /** In the order of the table. */
  readonly situations: readonly string[];
  readonly edges: readonly Edge[];
  readonly common: readonly CommonRule[];
}

/** As many situations as a rule must be of to be taken out. */
const commonMin = 4;

/** A move as it is written in lists: `Ready Installing readyProven`. */
export type Move = readonly [from: string, to: string, event: string];

/** `apart` are moves that are drawn one by one, though a rule of many situations has them as well. */
export function machineOf(table: readonly TableRow[], apart: readonly Move[] = []): Machine {
  const situations = [...new Set([...table.map(({ situation }) => situation), ...table.flatMap(({ to }) => to)])];
  const moves = table.filter(({ kind }) => kind === 'moves');
  const common = [...new Set(moves.map(({ event }) => event))].flatMap((event) => commonOf(event, moves));
  const isCommon = (from: string, to: string, event: string): boolean =>
    common.some((rule) => rule.events[0] === event && rule.from.includes(from) && rule.to.includes(to));
  const own = moves
    .flatMap(({ situation, event, to }) => to.map((target): Move => [situation, target, event]))
    .filter((move) => !isCommon(...move));
  return { situations, edges: edgesOf([...own, ...apart]), common: merged(common) };
}

/** Those rules for an event that lead to the same places, but for staying where one is; the group that saves most arrows. */
function commonOf(event: string, moves: readonly TableRow[]): readonly CommonRule[] {
  const rows = moves.filter((row) => row.event === event);
  const groups = rows
    .flatMap(({ situation, to }) => [to, to.filter((target) => target !== situation)])
    .map((to) => [...new Set(to)])
    .map((to) => ({ from: rows.filter((row) => leadsTo(row, to)).map((row) => row.situation), to }))
    .filter(({ from, to }) => from.length >= commonMin && to.length > 0);
  const [best] = groups.sort((a, b) => arrowsOf(b) - arrowsOf(a));
  return best === undefined ? [] : [{ events: [event], ...best }];
}

/** Whether a rule leads to all of these, its own situation aside; it may lead elsewhere as well. */
function leadsTo({ situation, to }: TableRow, all: readonly string[]): boolean {
  return (
    all.some((target) => target !== situation) && all.every((target) => target === situation || to.includes(target))
  );
}

function arrowsOf({ from, to }: Pick<CommonRule, 'from' | 'to'>): number {
  return from.reduce((sum, here) => sum + to.filter((target) => target !== here).length, 0);
}

/** Rules of the same situations with the same ends are one. */
function merged(rules: readonly CommonRule[]): readonly CommonRule[] {
  const groups = new Map<string, CommonRule>();
  for (const rule of rules) {
    const key = `${rule.from.join()} ${[...rule.to].sort().join()}`;
    const known = groups.get(key);
    groups.set(key, known === undefined ? rule : { ...known, events: [...known.events, ...rule.events] });
  }
  return [...groups.values()];
}

function edgesOf(moves: readonly Move[]): readonly Edge[] {
  const edges = new Map<string, Edge>();
  for (const [from, to, event] of moves) {
    if (from === to) continue;
    const known = edges.get(`${from} ${to}`)?.events ?? [];
    edges.set(`${from} ${to}`, { from, to, events: [...new Set([...known, event])] });
  }
  return [...edges.values()];
}
