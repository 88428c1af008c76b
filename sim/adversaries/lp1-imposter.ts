/**
 * A stranger who runs lp1 itself, with the phrase that it guesses and an ssh key of its own: all that somebody without
 * the phrase can say that an honest machine takes seriously.
 */
import { concat, utf8 } from '../../protocol/bytes.ts';
import type { Effect, Input } from '../../protocol/contract.ts';
import { type Driver, drive, type Ports } from '../../protocol/driver.ts';
import { protocol } from '../../protocol/lp1/index.ts';
import { sshsigBlob } from '../../protocol/lp1/sshsig.ts';
import type { Lp1State } from '../../protocol/lp1/state.ts';
import { identityOf, sshKeyOf } from '../identity.ts';
import type { Adversary, AdversaryKind, Lair } from './adversary.ts';

export const imposter: AdversaryKind = {
  does: 'speaks lp1 as an honest machine does, with its own phrase and key; from the start, or asksAfterMs later',
  powers: ['observe', 'inject'],
  create: (lair) => machineOf(lair),
};

/** A whole lp1 machine in a lair. Its disk and its key never fail, and take no time. */
export function machineOf(lair: Lair): Adversary {
  let driver: Driver<Lp1State> | null = null;
  const input = (given: Input): void => {
    if (lair.nowUs() <= lair.spec.untilUs) driver?.input(given);
  };
  const begin = (): void => {
    driver = drive({ protocol, suite: lair.suite, ports: portsOf(lair, input) });
    input(startOf(lair));
  };
  return {
    start: () => lair.after(lair.spec.asksAfterUs ?? 0, begin),
    hear({ bytes, source }) {
      input({ type: 'datagram', bytes, source, interface: lair.spec.place.name, via: 'group' });
    },
  };
}

function startOf({ spec, seed, suite }: Lair): Input {
  const { name, address, prefix } = spec.place;
  return {
    type: 'start',
    phrase: { text: spec.phrase ?? 'nothing but a guess', bits: 44, accepted: ['weak', 'slip'] },
    self: identityOf(spec.name, suite),
    interfaces: [{ name, addresses: [{ family: 4, address, prefix }] }],
    peers: [],
    entropy: suite.hash(concat(utf8(`lanpair adversary, seed ${seed}, `), utf8(spec.name))).slice(0, 32),
    records: [],
    windowMs: 600_000,
  };
}

function portsOf(lair: Lair, input: (given: Input) => void): Ports {
  const timers = new Map<string, number>();
  let settings = 0;
  const done = (of: 'store' | 'provision' | 'unprovision', { id }: { readonly id: string }): void =>
    lair.after(0, () => input({ type: 'outcome', outcome: { of, id, ok: true } }));
  return {
    send: ({ bytes, to }: Extract<Effect, { type: 'send' }>) => lair.send(bytes, to),
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
