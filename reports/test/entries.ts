/** A small table and runs on it, for tests. */
import type { TableRow } from '../../protocol/contract.ts';
import type { Entry, Report } from '../data/report.ts';

export const table: readonly TableRow[] = [
  { situation: 'Idle', event: 'begin', kind: 'moves', to: ['Asking'], why: 'it begins' },
  { situation: 'Idle', event: 'answer', kind: 'impossible', to: [], why: 'nobody was asked' },
  { situation: 'Asking', event: 'begin', kind: 'impossible', to: [], why: 'start comes once' },
  { situation: 'Asking', event: 'answer', kind: 'stays', to: ['Asking'], why: 'heard' },
];

export function entry(changes: Partial<Entry> = {}): Entry {
  return {
    scenario: 'crypto/x',
    title: 'a title',
    file: 'scenarios/crypto/x.yaml',
    covers: ['A01'],
    protocol: 'lp1',
    suite: 'symbolic',
    seed: 1,
    hash: '0123456789abcdef',
    verdict: 'pass',
    breaks: null,
    virtualMs: 1,
    tookMs: 1,
    events: 1,
    deliveries: 1,
    steps: 1,
    oracles: [],
    expectations: [],
    failures: [],
    threw: [],
    cells: {},
    moves: {},
    ...changes,
  };
}

export function on(runs: readonly Entry[]): Report {
  return {
    lanpair: 'report',
    version: 1,
    program: 'lanpair 0',
    made: '2026-11-28T00:00:00.000Z',
    seconds: 1,
    tables: { lp1: table },
    runs,
    specimens: [],
    figures: null,
    walks: [],
  };
}
