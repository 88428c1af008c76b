/**
 * What a person is told while nothing happens: what was heard, from whom (unproven, so addresses and numbers and no names),
 * what is missing, what to try. One line that changes, on a terminal; a paragraph, after a minute of nothing.
 */
import type { Interface, Notice } from '../protocol/contract.ts';
import { printable } from '../protocol/display.ts';

/** For each interface the addresses that were heard on its group. */
export type HeardOn = ReadonlyMap<string, ReadonlySet<string>>;

/** What has come of the wait until now. */
export interface Progress {
  /** Devices that pair on other channels. */
  readonly elsewhere: number;
  /** The address that last proved another phrase than ours. */
  readonly otherPhrase: string | null;
  /** Somebody proved the phrase, and is not done. */
  readonly isProven: boolean;
}

export const noProgress: Progress = { elsewhere: 0, otherPhrase: null, isProven: false };

/** With what was just told. */
export function progressAfter(progress: Progress, notice: Notice): Progress {
  if (notice.event === 'others') return { ...progress, elsewhere: notice.count };
  if (notice.event === 'proven') return { ...progress, isProven: true };
  const isOther = notice.event === 'refused' && notice.refusal.rule === 'tag';
  return isOther ? { ...progress, otherPhrase: notice.source?.address ?? null } : progress;
}

/** By then somebody who is there has long been heard, in ms. */
const soonMs = 10_000;
/** Of an address; the longest of IPv4 has 15 characters. */
const addressMax = 18;

/** At most 38 characters: with the time and the keys it has to fit a line of 80. */
export function progressText(
  { elsewhere, otherPhrase, isProven }: Progress,
  {
    interfaces,
    heard,
    ms,
  }: { readonly interfaces: readonly Interface[]; readonly heard: HeardOn; readonly ms: number },
): string {
  if (isProven) return 'proven; its last word is missing';
  if (otherPhrase !== null) {
    const who = otherPhrase.length > addressMax ? 'a machine' : printable(otherPhrase);
    return `${who} has another phrase`;
  }
  const company = interfaces.map((each) => companyOn(each, heard));
  const others = company.reduce((sum, each) => sum + each.others, 0);
  if (elsewhere > 0)
    return elsewhere === 1 ? '1 device is on another channel' : `${elsewhere} devices are on other channels`;
  if (others > 0) return others === 1 ? 'heard 1 machine, no proof yet' : `heard ${others} machines, no proof yet`;
  if (ms < soonMs) return 'waiting for the other machine';
  return company.some(({ hearsItself }) => hearsItself)
    ? 'nobody heard; phrase typed there?'
    : 'we hear nothing; try lanpair doctor';
}

/** One wait, from its beginning. */
export function makeWait(
  session: { readonly interfaces: readonly Interface[]; readonly heard: HeardOn },
  startedMs: number,
): { note(notice: Notice): void; readonly text: () => string } {
  let progress = noProgress;
  return {
    note(notice): void {
      progress = progressAfter(progress, notice);
    },
    text: () =>
      progressText(progress, {
        interfaces: session.interfaces,
        heard: session.heard,
        ms: performance.now() - startedMs,
      }),
  };
}

/** After a while of nothing: what each interface hears, so that a person sees which network is the trouble. */
export function hearing(interfaces: readonly Interface[], heard: HeardOn): string {
  const each = interfaces.map((one) => {
    const { hearsItself, others } = companyOn(one, heard);
    const whom = others === 0 ? 'nobody else' : others === 1 ? '1 other machine' : `${others} other machines`;
    return !hearsItself && others === 0 ? `${one.name} hears nothing, not even itself` : `${one.name} hears ${whom}`;
  });
  return `nobody with this phrase yet: ${each.join('; ')}.\nIs the other machine on this network with the phrase typed? On guest Wi-Fi machines often cannot see each other.\nNext: lanpair doctor, on both at the same time, or lanpair pair --peer ADDRESS on both`;
}

function companyOn(
  { name, addresses }: Interface,
  heard: HeardOn,
): { readonly hearsItself: boolean; readonly others: number } {
  const known = heard.get(name) ?? new Set<string>();
  const strangers = [...known].filter((heardOf) => addresses.every(({ address }) => address !== heardOf));
  // One machine speaks from an address of each family.
  const sixes = strangers.filter((address) => address.includes(':')).length;
  return {
    hearsItself: addresses.some(({ address }) => known.has(address)),
    others: Math.max(sixes, strangers.length - sixes),
  };
}
