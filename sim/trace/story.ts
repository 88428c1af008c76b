/**
 * The plain-text story of a run: numbered, in the order of time, each entry with its cause. Who hears what, in which
 * situation, what the table says to it, what was sent and what became of that, and what the machine knows from then on.
 */
import { printable } from '../../protocol/display.ts';
import type { Fate } from '../network.ts';
import type { RunResult } from '../run.ts';
import { type Chronicle, condensed, type Sending, type Told } from './chronicle.ts';

/** Entries told; the rest is counted. */
const toldMax = 2000;

/** What a copy's fate is called, if it did not arrive as sent. */
const fates: Readonly<Record<Fate, string>> = {
  delivered: 'reaches',
  duplicated: 'doubled for',
  lost: 'lost on the way to',
  cut: 'cut off from',
  dropped: 'taken away before',
  deaf: 'nobody listens at',
  clogged: 'held back before',
  delayed: 'held back by somebody before',
  corrupted: 'arrives changed at',
  truncated: 'arrives cut short at',
  faded: 'lost in a burst before',
  pruned: 'not passed on to',
  oversized: 'too long for the way to',
  overflowed: 'no room for it on the way to',
  isolated: 'kept from',
};

export function storyText(chronicle: Chronicle, result: RunResult): string {
  const { scenario, title, protocol, seed, verdict, failures, hash, virtualMs } = result;
  const lines = [
    `${printable(title)}`,
    `${scenario}, ${protocol}, seed ${seed}, hash ${hash}: ${verdict}`,
    ...failures.map((failure) => `  ${printable(failure, 400)}`),
    '',
    ...toldLines(chronicle),
    '',
    `The end, after ${seconds(virtualMs * 1000)} s.`,
    ...untoldLines(chronicle),
  ];
  return `${lines.join('\n')}\n`;
}

/** The entries alone. `unseen` is what became of a datagram of which no fate is known. */
export function toldLines({ entries }: Chronicle, unseen = 'nobody is there'): readonly string[] {
  return condensed(entries)
    .slice(0, toldMax)
    .flatMap((told) => entryLines(told, unseen));
}

/** How much is not told. */
export function untoldLines({ entries, leftOut }: Chronicle): readonly string[] {
  const hidden = condensed(entries).length - toldMax;
  return [
    ...(hidden > 0 ? [`${hidden} more entries are not told; the NDJSON trace has them.`] : []),
    ...(leftOut > 0 ? [`${leftOut} steps that changed nothing are left out.`] : []),
  ];
}

function entryLines({ entry, again, lastUs }: Told, unseen: string): readonly string[] {
  const { number, atUs, who, what, from, situation, why, deeds, knows, sendings } = entry;
  const place = situation === null ? '' : `, ${situation[0]},`;
  const cause = from === null ? '' : ` (sent in ${from})`;
  const change = situation === null || situation[0] === situation[1] ? '' : `: now ${situation[1]}`;
  const margin = ' '.repeat(18);
  const repeated = again === 0 ? [] : [`${margin}the same ${again} times more, the last at ${seconds(lastUs)} s`];
  return [
    `${String(number).padStart(4)} ${seconds(atUs).padStart(10)}   ${who === null ? '' : `${who}${place} `}${what}${cause}${change}`,
    ...(why === null ? [] : [`${margin}because: ${why}`]),
    ...deeds.map((deed) => `${margin}${deed}`),
    ...sendings.map((sending) => `${margin}${sendingText(sending, unseen)}`),
    ...(knows === null ? [] : [`${margin}${who ?? ''} knows: ${knows}`]),
    ...repeated,
  ];
}

function sendingText({ kind, to, spoofed, repeats, fates: seen }: Sending, unseen: string): string {
  const how = `${spoofed ? ', under a false source' : ''}${repeats === null ? '' : `, repeating ${repeats}`}`;
  const names = new Map<Fate, string[]>();
  for (const [name, fate] of seen) names.set(fate, [...(names.get(fate) ?? []), name]);
  const became = [...names].map(([fate, who]) => `${fates[fate]} ${who.join(', ')}`);
  return `sends ${kind} to ${to}${how}: ${became.length === 0 ? unseen : became.join('; ')}`;
}

function seconds(us: number): string {
  return `${Math.floor(us / 1_000_000)}.${String(Math.floor(us / 1000) % 1000).padStart(3, '0')}`;
}
