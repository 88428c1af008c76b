/** A run of `locate` with the records that it lives on: what find, connect and serve have in common. */
import { parseAddress } from '../protocol/address.ts';
import type { Endpoint, Notice, StoredRecord } from '../protocol/contract.ts';
import { printable } from '../protocol/display.ts';
import { type LocateState, locate } from '../protocol/index.ts';
import { nobody } from './identity.ts';
import { noKey } from './keys.ts';
import type { Resolve } from './lookup.ts';
import type { Places } from './places.ts';
import { ownProgram } from './program.ts';
import { openRecording, type Recording } from './recording.ts';
import { field } from './records.ts';
import { openSession, type Session } from './session.ts';

export interface Locating {
  readonly interfaces: readonly string[];
  readonly peers: readonly Endpoint[];
  /** Null: the protocol's own. */
  readonly port: number | null;
  /** The run is written down in this file, which must not be there yet. */
  readonly record: string | undefined;
}

export function openLocating(
  { interfaces, peers, port }: Pick<Locating, 'interfaces' | 'peers' | 'port'>,
  how: {
    readonly places: Places;
    readonly windowMs: number;
    readonly notify: (notice: Notice) => void;
    readonly sendFailed?: (interfaceName: string, reason: string) => void;
    readonly isServing?: boolean;
    readonly resolve?: Resolve;
    readonly recording: Recording | null;
    /** Told of each step that the core takes. */
    readonly watch?: (state: LocateState) => void;
  },
): Promise<Session> {
  const { places, recording, watch, ...rest } = how;
  return openSession({
    ...rest,
    places,
    ...(recording === null ? {} : { suite: recording.suite }),
    observe: (step) => {
      recording?.observe(step);
      watch?.(step.state);
    },
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

/** Runs it with its recording, if one is wished for. */
export async function recorded<T>({ record }: Locating, run: (recording: Recording | null) => Promise<T>): Promise<T> {
  if (record === undefined) return run(null);
  const say = (text: string): void => void process.stderr.write(`lanpair: ${text}\n`);
  const recording = openRecording({ file: record, protocol: locate.protocol.name, trouble: say });
  say(
    `written down in ${printable(record)}: who is paired with whom, where and when is in it, keys are not. Next: lanpair sim replay ${printable(record)}`,
  );
  try {
    return await run(recording);
  } finally {
    recording.close();
  }
}

/** The latest first: where it proved itself to be, then where the two were paired. */
export function lastAddresses(records: readonly StoredRecord[], { id, body }: StoredRecord): readonly string[] {
  const note = records.find((other) => other.protocol === 'locate' && field(other.body, 'record') === id);
  const known = note === undefined ? [] : field(note.body, 'addresses');
  const all = [...(Array.isArray(known) ? (known as readonly unknown[]) : []), field(body, 'address')];
  const texts = all.filter((each): each is string => typeof each === 'string' && parseAddress(each) !== null);
  return [...new Set(texts)];
}
