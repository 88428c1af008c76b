/** What becomes of a copy by the rarer faults of its link: each has a stream of its own, so that none shifts another's luck. */
import { type Stream, streamOf } from '../random.ts';
import type { Burst, LinkRules } from './rules.ts';

/** Of IPv4 and UDP, before each datagram. */
const headerBytes = 28;

/** What the rarer faults need to know of a link from one datagram to the next. */
export interface LinkState {
  /** Of a burst. */
  bad: boolean;
  /** When the last byte that waits will have left, in virtual us. */
  freeUs: number;
}

/** Why a copy is not on its way. */
export type Loss = 'faded' | 'pruned' | 'oversized' | 'overflowed' | 'isolated';

export interface Damage {
  readonly loss: Loss | null;
  /** In the link's queue, before the delay. */
  readonly waitUs: number;
  /** How it arrives; null: as it was sent. */
  readonly bytes: Uint8Array | null;
  readonly how: 'corrupted' | 'truncated' | null;
}

export interface Passage {
  readonly rules: LinkRules;
  readonly state: LinkState;
  readonly bytes: Uint8Array;
  readonly toGroup: boolean;
  /** Address of the group, where it goes to one. */
  readonly group: string;
  readonly nowUs: number;
  /** How long the receiver has listened. */
  readonly listensUs: number;
  readonly streamFor: (fault: string) => Stream;
}

/** Every draw is made, whatever comes of the others: the luck of the next copy stays what it was. */
export function damageOf(passage: Passage): Damage {
  const { rules, bytes, toGroup, streamFor } = passage;
  const faded = rules.burst !== null && fades(rules.burst, passage.state, streamFor('burst'));
  const pruned = toGroup && streamFor('multicast').chance(rules.multicastLoss);
  const corrupted = corrupt(rules, bytes, streamFor('corrupt'));
  const truncated = truncate(rules, bytes, streamFor('truncate'));
  const waitUs = queued(passage);
  const lost = (loss: Loss): Damage => ({ loss, waitUs: 0, bytes: null, how: null });
  if (rules.isolated) return lost('isolated');
  if (rules.mtu !== null && bytes.length + headerBytes > rules.mtu) return lost('oversized');
  if (waitUs === null) return lost('overflowed');
  if (pruned || isForgotten(passage)) return lost('pruned');
  if (faded) return lost('faded');
  if (truncated !== null) return { loss: null, waitUs, bytes: truncated, how: 'truncated' };
  return { loss: null, waitUs, bytes: corrupted, how: corrupted === null ? null : 'corrupted' };
}

/** The stream of one fault on one link. */
export function faultStreams(seed: number, ...link: readonly string[]): (fault: string) => Stream {
  const made = new Map<string, Stream>();
  return (fault) => {
    const known = made.get(fault);
    if (known !== undefined) return known;
    const stream = streamOf(seed, 'fault', fault, ...link);
    made.set(fault, stream);
    return stream;
  };
}

function fades({ starts, ends, loss }: Burst, state: LinkState, stream: Stream): boolean {
  state.bad = state.bad ? !stream.chance(ends) : stream.chance(starts);
  return state.bad && stream.chance(loss);
}

function corrupt({ corrupt: ratio }: LinkRules, bytes: Uint8Array, stream: Stream): Uint8Array | null {
  if (bytes.length === 0 || !stream.chance(ratio)) return null;
  const bit = stream.integer(0, bytes.length * 8 - 1);
  const other = new Uint8Array(bytes);
  other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return other;
}

/** It may lose anything from its last byte to all of them: a datagram of no bytes can arrive, too. */
function truncate({ truncate: ratio }: LinkRules, bytes: Uint8Array, stream: Stream): Uint8Array | null {
  if (bytes.length === 0 || !stream.chance(ratio)) return null;
  return bytes.slice(0, stream.integer(0, bytes.length - 1));
}

/** How long it waits until its last byte has left, in us; null: there is no room for it. Bytes of IP and UDP are not counted. */
function queued({ rules, state, bytes, nowUs }: Passage): number | null {
  if (rules.rate === null) return 0;
  const waits = Math.max(state.freeUs - nowUs, 0);
  if (Math.floor((waits * rules.rate) / 1_000_000) + bytes.length > rules.queueBytes) return null;
  state.freeUs = nowUs + waits + Math.ceil((bytes.length * 1_000_000) / rules.rate);
  return state.freeUs - nowUs;
}

function isForgotten({ rules, toGroup, group, listensUs }: Passage): boolean {
  return toGroup && rules.forgetsUs !== null && listensUs > rules.forgetsUs && !/^224\.0\.0\.\d+$/.test(group);
}
