/** `lanpair doctor` on a host of the lab, read as a script would. */
import { type Host, inside } from './lab.ts';
import type { Event } from './lanpair.ts';

export interface Report {
  readonly code: number;
  readonly events: readonly Event[];
  /** `level rule`, in order, without `noNames`. */
  readonly findings: readonly string[];
  readonly next: (rule: string) => string;
  readonly paths: readonly Event[];
}

interface More {
  readonly user?: string;
  readonly seconds?: number;
  readonly peer?: string;
}

/** The hosts of the lab look up no `.local` names, and every report says so. */
export const noNames = 'local-not-asked';

export async function doctor(host: Host, { user, seconds = 3, peer }: More = {}): Promise<Report> {
  const how = ['doctor', '--json', '--timeout', `${seconds}s`, ...(peer === undefined ? [] : ['--peer', peer])];
  const { code, stdout, stderr } = await host.run(user ?? null, [inside.node, inside.cli, ...how]);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  const found = events.filter(({ event }) => event === 'finding');
  if (stderr !== '') throw new Error(stderr);
  return {
    code,
    events,
    findings: found.filter(({ rule }) => rule !== noNames).map(({ level, rule }) => `${String(level)} ${String(rule)}`),
    next: (rule) => String(found.find((finding) => finding['rule'] === rule)?.['next']),
    paths: events.filter(({ event }) => event === 'path'),
  };
}
