/** A replayed recording as a story: the one machine that was recorded, and what it heard from elsewhere. */
import { familyOf } from '../../protocol/address.ts';
import type { Endpoint, Input, PlainState } from '../../protocol/contract.ts';
import type { Observer } from '../../protocol/driver.ts';
import {} from '../network.ts';
import type { Subject } from '../subject.ts';
import type { Datagram, Station } from '../wire.ts';
import { type Chronicle, createChronicle } from './chronicle.ts';
import { toldLines, untoldLines } from './story.ts';

export interface Retelling {
  /** Before the first step. */
  open(subject: Subject): void;
  step(step: Parameters<Observer<PlainState>>[0], atMs: number): void;
  lines(): readonly string[];
}

const here = 'this machine';

export function createRetelling(): Retelling {
  let chronicle: Chronicle | null = null;
  let datagrams = 0;
  const heardOf = (input: Input): Datagram | null =>
    input.type === 'datagram'
      ? datagramOf(
          ++datagrams,
          input.bytes,
          { host: '', ...input.source },
          { ...nobody, toGroup: input.via === 'group' },
        )
      : null;
  return {
    open(subject) {
      chronicle = createChronicle({ hosts: [], adversaries: [] }, subject, 'a peer');
    },
    step({ input, effects, state, cell }, atMs) {
      const atUs = Math.round(atMs * 1000);
      chronicle?.watch({
        type: 'step',
        atUs,
        host: here,
        boot: 1,
        input,
        effects,
        state,
        cell,
        calls: [],
        heard: heardOf(input),
      });
      for (const effect of effects) {
        if (effect.type !== 'send') continue;
        const to = effect.to === 'group' ? { ...nobody, toGroup: true } : { ...effect.to, toGroup: false };
        chronicle?.watch({
          type: 'sent',
          atUs,
          datagram: datagramOf(++datagrams, effect.bytes, { host: here, ...nobody }, to),
        });
      }
    },
    lines: () =>
      chronicle === null
        ? []
        : [...toldLines(chronicle, 'what became of it is not recorded'), ...untoldLines(chronicle), ''],
  };
}

const nobody: Endpoint = { address: '', port: 0 };

function datagramOf(
  id: number,
  bytes: Uint8Array,
  source: Endpoint & { readonly host: string },
  to: Endpoint & { readonly toGroup: boolean },
): Datagram {
  const sender: Station = {
    host: source.host,
    address: source.address,
    interface: '',
    segment: '',
    family: familyOf(source.address),
    index: 0,
    up: true,
    listening: true,
    unicastPort: source.port,
    listensUs: 0,
    sniffs: false,
  };
  return { id, bytes, source, to, toGroup: to.toGroup, sender, repeats: null };
}
