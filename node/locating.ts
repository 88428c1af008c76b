/** A run of `locate` with the records that it lives on: what find, connect and serve have in common. */
import { parseAddress } from '../protocol/address.ts';
import type { Endpoint, Notice, StoredRecord } from '../protocol/contract.ts';
import { locate } from '../protocol/index.ts';
import { nobody } from './identity.ts';
import { noKey } from './keys.ts';
import type { Resolve } from './lookup.ts';
import type { Places } from './places.ts';
import { ownProgram } from './program.ts';
import { field } from './records.ts';
import { openSession, type Session } from './session.ts';

export interface Locating {
  readonly interfaces: readonly string[];
  readonly peers: readonly Endpoint[];
  /** Null: the protocol's own. */
  readonly port: number | null;
}

export function openLocating(
  { interfaces, peers, port }: Locating,
  how: {
    readonly places: Places;
    readonly windowMs: number;
    readonly notify: (notice: Notice) => void;
    readonly isServing?: boolean;
    readonly resolve?: Resolve;
  },
): Promise<Session> {
  const { places } = how;
  return openSession({
    ...how,
    protocol: locate.protocol,
    reads: ['lp1'],
    gate: { ssh: places.ssh, program: ownProgram, state: places.unusualState },
    key: noKey,
    self: nobody,
    network: { named: interfaces, port },
    peers,
    phrase: null,
    waitMs: how.isServing === true ? 500 : turnMs,
  });
}

/** Another one that asks where somebody is takes seconds. */
const turnMs = 8000;

/** The latest first: where it proved itself to be, then where the two were paired. */
export function lastAddresses(records: readonly StoredRecord[], { id, body }: StoredRecord): readonly string[] {
  const note = records.find((other) => other.protocol === 'locate' && field(other.body, 'record') === id);
  const known = note === undefined ? [] : field(note.body, 'addresses');
  const all = [...(Array.isArray(known) ? (known as readonly unknown[]) : []), field(body, 'address')];
  const texts = all.filter((each): each is string => typeof each === 'string' && parseAddress(each) !== null);
  return [...new Set(texts)];
}
