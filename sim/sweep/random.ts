/** A scenario made up from a stream: a few machines on one or two segments, some of which want to pair. Calm weather. */
import type { Stream } from '../random.ts';
import type { RawHost, RawScenario } from '../scenario/raw.ts';
import { harmless } from '../shrink/atoms.ts';
import { pick } from './swarm.ts';

const names = ['alice', 'bob', 'carol', 'dave', 'erin'] as const;

const phrases = ['my hovercraft is full of eels', 'colourless green ideas sleep', 'the quick brown fox jumps'] as const;

export function randomScenario(stream: Stream, name: string, protocols: readonly string[]): RawScenario {
  const segments = stream.integer(1, 4) === 1 ? ['lan', 'wlan'] : ['lan'];
  // Two of five runs are of two machines, which is what pairing is about.
  const count = Math.max(2, stream.integer(0, 5));
  const hosts: { [host: string]: RawHost } = {};
  for (const host of names.slice(0, count)) {
    const on = stream.integer(1, 3) === 1 ? segments : pick(stream, segments);
    const startsMs = pick(stream, [0, stream.integer(0, 5000), stream.integer(0, 30_000)]);
    // Most of them the same phrase: who has one of his own only waits.
    const phrase = stream.integer(1, 4) === 1 ? pick(stream, phrases) : phrases[0];
    const late = stream.integer(1, 5) === 1 ? { typesMs: startsMs + stream.integer(1, 10_000) } : {};
    hosts[host] = { on, phrase, startsMs, ...late };
  }
  return {
    title: `made up: ${name}`,
    protocols: Object.fromEntries(protocols.map((protocol) => [protocol, 'pass'])),
    network: Object.fromEntries(segments.map((segment) => [segment, {}])),
    hosts,
    expect: [harmless('alice')],
  };
}
