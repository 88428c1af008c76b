/**
 * A stranger who runs lp1 itself, with the phrase that it guesses and an ssh key of its own: all that somebody without
 * the phrase can say that an honest machine takes seriously.
 */
import { concat, utf8 } from '../../protocol/bytes.ts';
import type { Effect, Input, Interface, Protocol, Suite } from '../../protocol/contract.ts';
import { type Driver, drive, type Ports } from '../../protocol/driver.ts';
import { protocol } from '../../protocol/lp1/index.ts';
import { sessionKeys } from '../../protocol/lp1/keys.ts';
import { type Message, read } from '../../protocol/lp1/messages.ts';
import { sshsigBlob } from '../../protocol/lp1/sshsig.ts';
import type { Lp1State } from '../../protocol/lp1/state.ts';
import { identityOf, sshKeyOf } from '../identity.ts';
import { linkLocalPrefix } from '../places.ts';
import type { InterfaceSpec } from '../scenario/scenario.ts';
import type { Adversary, AdversaryKind, Lair } from './adversary.ts';

export const imposter: AdversaryKind = {
  does: 'speaks lp1 as an honest machine does, with its own phrase and key; from the start, or asksAfterMs later',
  powers: ['observe', 'inject'],
  create: (lair) => machineOf(lair),
};

/** How a machine departs from lp1. */
export interface Bent {
  /** What it computes with, in place of everybody's. */
  readonly suite?: Suite;
  /** The identity that it seals for its peers, in place of its own one. */
  readonly identity?: (own: Uint8Array) => Uint8Array;
  /** What it says in place of a datagram; it may sign with the session's own key, as `sign` does. */
  readonly says?: (
    message: Message,
    bytes: Uint8Array,
    sign: (bytes: Uint8Array) => Uint8Array,
  ) => readonly Uint8Array[];
}

/** A whole lp1 machine in a lair. Its disk and its key never fail, and take no time. */
export function machineOf(lair: Lair, bent: Bent = {}): Adversary {
  let driver: Driver<Lp1State> | null = null;
  const input = (given: Input): void => {
    if (lair.nowUs() <= lair.spec.untilUs) driver?.input(given);
  };
  const begin = (): void => {
    driver = drive({
      protocol: bentProtocol(bent),
      suite: bent.suite ?? lair.suite,
      ports: portsOf(lair, input, bent),
    });
    input(startOf(lair));
  };
  return {
    start: () => lair.after(lair.spec.asksAfterUs ?? 0, begin),
    hear({ bytes, source }) {
      input({ type: 'datagram', bytes, source, interface: lair.spec.place.name, via: 'group' });
    },
  };
}

/** lp1, but for the identity that is put into boxes. */
function bentProtocol({ identity }: Bent): Protocol<Lp1State> {
  if (identity === undefined) return protocol;
  return {
    ...protocol,
    step(state, input, suite) {
      const [next, effects, cell] = protocol.step(state, input, suite);
      const isMade = state.identity.length === 0 && next.identity.length > 0;
      return [isMade ? { ...next, identity: identity(next.identity) } : next, effects, cell];
    },
  };
}

/** Its secrets of a session all follow from this. */
function entropyOf({ spec, seed, suite }: Lair): Uint8Array {
  return suite.hash(concat(utf8(`lanpair adversary, seed ${seed}, `), utf8(spec.name))).slice(0, 32);
}

function startOf(lair: Lair): Input {
  const { spec, suite } = lair;
  return {
    type: 'start',
    phrase: { text: spec.phrase ?? 'nothing but a guess', bits: 44, accepted: ['weak', 'slip'] },
    self: identityOf(spec.name, suite),
    interfaces: [interfaceOf(spec.place)],
    peers: spec.at.map((at) => ({ address: at, port: protocol.network.port })),
    entropy: entropyOf(lair),
    records: [],
    windowMs: 600_000,
  };
}

function interfaceOf({ name, address, prefix, linkLocal }: InterfaceSpec): Interface {
  return {
    name,
    addresses: [
      ...(address === null ? [] : [{ family: 4 as const, address, prefix }]),
      ...(linkLocal === null ? [] : [{ family: 6 as const, address: linkLocal, prefix: linkLocalPrefix }]),
    ],
  };
}

function portsOf(lair: Lair, input: (given: Input) => void, { says }: Bent): Ports {
  const { suite } = lair;
  const { seed } = sessionKeys(suite, entropyOf(lair));
  const words = (bytes: Uint8Array): readonly Uint8Array[] => {
    const reading = read(bytes);
    if (says === undefined || !reading.ok) return [bytes];
    return says(reading.message, bytes, (body) => suite.signatures.sign(seed, body));
  };
  const timers = new Map<string, number>();
  let settings = 0;
  const done = (of: 'store' | 'provision' | 'unprovision', { id }: { readonly id: string }): void =>
    lair.after(0, () => input({ type: 'outcome', outcome: { of, id, ok: true } }));
  return {
    send({ bytes, to }: Extract<Effect, { type: 'send' }>) {
      for (const word of words(bytes)) lair.send(word, to);
    },
    setTimer({ name, minMs, maxMs }) {
      const setting = ++settings;
      timers.set(name, setting);
      lair.after(lair.stream.integer(minMs * 1000, maxMs * 1000), () => {
        if (timers.get(name) === setting) input({ type: 'timer', name });
      });
    },
    cancelTimer: ({ name }) => void timers.delete(name),
    store: (effect) => done('store', effect),
    discard: (effect) => done('store', effect),
    provision: (effect) => done('provision', effect),
    unprovision: (effect) => done('unprovision', effect),
    sign({ id, bytes }) {
      const signature = sshsigBlob(lair.suite, sshKeyOf(lair.spec.name, lair.suite).seed, bytes);
      lair.after(0, () => input({ type: 'outcome', outcome: { of: 'sign', id, ok: true, signature } }));
    },
    lookup: ({ id }) =>
      lair.after(0, () => input({ type: 'outcome', outcome: { of: 'lookup', id, ok: true, answers: [] } })),
    notify: () => undefined,
  };
}
