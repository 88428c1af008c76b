/**
 * What would have happened: changes to a scenario, made to its file as a person would make them, and read again as any
 * file. So whatever can be asked here can be kept as a scenario, and what cannot be read is refused in the same words.
 */
import type { RawScenario, RawScriptItem } from '../../../sim/scenario/raw.ts';
import { scenarioText } from '../../../sim/shrink/write.ts';
import type { Message, RunHistory } from './history.ts';

export interface Edits {
  /** Of every segment, in place of its own: `1/5`, or `20%`. */
  readonly loss: string | null;
  readonly rules: readonly Rule[];
}

/** One datagram by meaning: the `nth` of its kind that `from` sent to `to`. */
export interface Rule {
  readonly does: 'drop' | 'delay' | 'repeat';
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly nth: number;
  /** With delay and repeat. */
  readonly byMs: number;
}

export const noEdits: Edits = { loss: null, rules: [] };

export function isEdited({ loss, rules }: Edits): boolean {
  return loss !== null || rules.length > 0;
}

/** The file with the changes in it. */
export function editedText(raw: RawScenario, { loss, rules }: Edits, protocol: string, seed: number): string {
  const network = Object.entries(raw.network).map(([segment, own]) => [
    segment,
    loss === null ? own : { ...own, loss: ratioText(loss) },
  ]);
  const script: readonly RawScriptItem[] = [...(raw.script ?? []), ...rules.map((rule) => itemOf(rule, protocol))];
  const edited: RawScenario = { ...raw, seed, network: Object.fromEntries(network) as RawScenario['network'], script };
  return scenarioText(edited, '');
}

function itemOf({ does, kind, from, to, nth, byMs }: Rule, protocol: string): RawScriptItem {
  const which = { from, to, nth, for: protocol };
  if (does === 'drop') return { drop: kind, ...which };
  return does === 'delay' ? { delay: kind, ...which, byMs } : { repeat: kind, ...which, byMs };
}

/** Files say ratios of integers; people say per cent, too. */
function ratioText(text: string): string {
  const percent = /^\s*(\d{1,3})\s*%\s*$/.exec(text)?.[1];
  return percent === undefined ? text.trim() : `${percent}/100`;
}

/**
 * The message by meaning. As the script counts: datagrams of that kind on that way, in the order in which they left, but
 * for those that a cut kept from it.
 */
export function ruleFor(history: RunHistory, message: Message, does: Rule['does'], byMs: number): Rule {
  const { kind, from, to, id } = message;
  const ids = new Set(
    history.messages
      .filter((one) => one.kind === kind && one.from === from && one.to === to && one.id <= id && one.fate !== 'cut')
      .map((one) => one.id),
  );
  const nameOf = (lane: number): string => history.lanes[lane]?.name ?? '';
  return { does, kind, from: nameOf(from), to: nameOf(to), nth: ids.size, byMs };
}

export function ruleWords({ does, kind, from, to, nth, byMs }: Rule): string {
  const which = `${kind} ${nth} from ${from} to ${to}`;
  if (does === 'drop') return `${which} is taken away`;
  return does === 'delay' ? `${which} arrives ${byMs} ms later` : `${which} arrives again after ${byMs} ms`;
}

/** For an address: `SHARE,alice,bob,2` and, with delay and repeat, `,500`. */
export function ruleText({ does, kind, from, to, nth, byMs }: Rule): string {
  return [kind, from, to, nth, ...(does === 'drop' ? [] : [byMs])].join(',');
}

/** Null: it is none. */
export function ruleOf(does: Rule['does'], text: string): Rule | null {
  const [, kind, from, to, nth, byMs] =
    /^([^,]{1,64}),([a-z0-9-]+),([a-z0-9-]+),(\d{1,7})(?:,(\d{1,8}))?$/.exec(text) ?? [];
  if (kind === undefined || from === undefined || to === undefined) return null;
  return { does, kind, from, to, nth: Number(nth), byMs: Number(byMs ?? 0) };
}
