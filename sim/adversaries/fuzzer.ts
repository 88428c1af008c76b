/**
 * The fuzzer: mutates what it hears, and says it under the source that it heard it from. It begins with corpora of its
 * own, protocol by protocol: what has broken readers before.
 */
import { concat } from '../../protocol/bytes.ts';
import type { Stream } from '../random.ts';
import { type AdversaryKind, isAfter, recordingMax } from './adversary.ts';

/** Longest datagram of IPv4. */
const udpMax = 65_507;
const lengths: readonly number[] = [0, 1, 3, 4, 95, 97, 1023, 1024, 1200, 1201, 1472, 1473, 9000, udpMax];

/** `corpus`: datagrams that are said once each, at the start, to everybody and everyMs one. */
export function fuzzer(corpus: readonly Uint8Array[]): AdversaryKind {
  return {
    does: 'mutates what it hears and says it again from the same source; first what has broken readers before',
    powers: ['observe', 'sniff', 'spoof'],
    create(lair) {
      const { spec, stream } = lair;
      const recorded: Uint8Array[] = [];
      let left = spec.times;
      const source = { address: lair.self.address, port: lair.self.port };
      const say = (index: number): void => {
        const bytes = corpus[index];
        if (bytes === undefined || lair.nowUs() > spec.untilUs) return;
        lair.spoof(bytes, source, 'group', null);
        lair.after(spec.everyUs, () => say(index + 1));
      };
      return {
        start: () => say(0),
        hear({ bytes, source: heardFrom, to, toGroup }) {
          const now = lair.nowUs();
          if (left === 0 || now < spec.startsUs || now > spec.untilUs || !isAfter(spec, lair.kindOf(bytes))) return;
          left--;
          if (recorded.length < recordingMax) recorded.push(bytes);
          const other = recorded[stream.integer(0, recorded.length - 1)] ?? bytes;
          const mutant = mutated(bytes, other, stream);
          lair.after(spec.reactsUs, () => lair.spoof(mutant, heardFrom, toGroup ? 'group' : to, null));
        },
      };
    },
  };
}

const mutations: readonly ((bytes: Uint8Array, other: Uint8Array, stream: Stream) => Uint8Array)[] = [
  // One bit.
  (bytes, _, stream) => withByte(bytes, stream, (byte) => byte ^ (1 << stream.integer(0, 7))),
  // A byte that readers stumble over.
  (bytes, _, stream) =>
    withByte(bytes, stream, () => [0, 0x1f, 0x3b, 0x5f, 0x7f, 0x80, 0xbf, 0xff][stream.integer(0, 7)] ?? 0),
  // The end is missing.
  (bytes, _, stream) => bytes.slice(0, stream.integer(0, bytes.length)),
  // Something after the end.
  (bytes, _, stream) => concat(bytes, new Uint8Array(stream.integer(1, 64)).fill(stream.integer(0, 255))),
  // The head of one and the tail of another.
  (bytes, other, stream) => {
    const at = stream.integer(0, Math.min(bytes.length, other.length));
    return concat(bytes.subarray(0, at), other.subarray(at));
  },
  // A part of it twice.
  (bytes, _, stream) => {
    const from = stream.integer(0, bytes.length);
    const to = stream.integer(from, bytes.length);
    return concat(bytes.subarray(0, to), bytes.subarray(from));
  },
  // Four bytes of a length, all ones.
  (bytes, _, stream) => {
    const at = stream.integer(0, Math.max(0, bytes.length - 4));
    return Uint8Array.from(bytes, (byte, i) => (i >= at && i < at + 4 ? 255 : byte));
  },
  // Noise of an awkward length.
  (_, __, stream) => {
    const length = lengths[stream.integer(0, lengths.length - 1)] ?? 0;
    return Uint8Array.from({ length }, () => stream.integer(0, 255));
  },
  // Right at the beginning, noise to an awkward length behind it.
  (bytes, _, stream) => {
    const length = lengths[stream.integer(0, lengths.length - 1)] ?? 0;
    return Uint8Array.from({ length }, (__, i) => bytes[i] ?? stream.integer(0, 255));
  },
];

function mutated(bytes: Uint8Array, other: Uint8Array, stream: Stream): Uint8Array {
  const mutate = mutations[stream.integer(0, mutations.length - 1)];
  return mutate === undefined ? bytes : mutate(bytes, other, stream);
}

function withByte(bytes: Uint8Array, stream: Stream, change: (byte: number) => number): Uint8Array {
  const at = stream.integer(0, Math.max(0, bytes.length - 1));
  return Uint8Array.from(bytes, (byte, i) => (i === at ? change(byte) : byte));
}
