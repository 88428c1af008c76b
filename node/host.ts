/**
 * The real world behind `Ports`: each effect is begun at once and its outcome comes back as an input. What touches the
 * disk is done one after the other, in the order in which it was asked for; nothing ever blocks the receiver.
 */
import type { Effect, Input, Notice, Outcome } from '../protocol/contract.ts';
import type { Ports } from '../protocol/driver.ts';
import { reasonOf } from './complaint.ts';
import type { OwnKey } from './keys.ts';
import type { Lookups } from './lookup.ts';
import type { Network } from './network.ts';
import { signWith } from './possession.ts';
import type { Provisioning } from './provisioning.ts';
import { discardRecord, storeRecord } from './records.ts';
import type { Timers } from './timers.ts';

export interface HostOptions {
  readonly peers: string;
  readonly provisioning: Provisioning;
  readonly key: OwnKey;
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  readonly network: () => Network | null;
  readonly timers: Timers;
  readonly lookups: Lookups;
  readonly input: (input: Input) => void;
  readonly notify: (notice: Notice) => void;
}

export interface Host extends Ports {
  /** Resolves when nothing that was begun on the disk is unanswered. */
  quiet(): Promise<void>;
  /** What a crash left half written for ssh is put right, before anything else on the disk. */
  refresh(): void;
  /** Ends what signs for us. */
  close(): void;
}

type DiskOutcome = Extract<Outcome, { of: 'store' | 'provision' | 'unprovision' }>;

export function makeHost(options: HostOptions): Host {
  const { peers, provisioning, key, input, notify } = options;
  let disk: Promise<void> = Promise.resolve();
  const tell = (outcome: Outcome): void => input({ type: 'outcome', outcome });
  const onDisk = (of: DiskOutcome['of'], id: string, work: () => Promise<void>): void => {
    disk = disk.then(work).then(
      () => tell({ of, id, ok: true }),
      (thrown: unknown) => tell({ of, id, ok: false, reason: reasonOf(thrown) }),
    );
  };
  const closing = new AbortController();
  const sign = ({ id, namespace, bytes }: Extract<Effect, { type: 'sign' }>): void => {
    signWith(key, { namespace, bytes }, { hash: options.hash, signal: closing.signal }).then(
      (signature) => tell({ of: 'sign', id, ok: true, signature }),
      (thrown: unknown) => {
        if (!closing.signal.aborted) tell({ of: 'sign', id, ok: false, reason: reasonOf(thrown) });
      },
    );
  };
  return {
    send(effect): void {
      const network = options.network();
      if (network !== null) network.send(effect);
      else {
        const name = effect.interface ?? '';
        queueMicrotask(() => tell({ of: 'send', ok: false, interface: name, reason: 'no network is open' }));
      }
    },
    setTimer: (effect) => options.timers.set(effect),
    cancelTimer: ({ name }) => options.timers.cancel(name),
    store: ({ id, record }) => onDisk('store', id, () => storeRecord(peers, record)),
    discard: ({ id, record }) =>
      onDisk('store', id, () => discardRecord(peers, record).then(() => provisioning.refresh())),
    provision: ({ id, grant }) => onDisk('provision', id, () => provisioning.give(grant)),
    unprovision: ({ id, grant }) => onDisk('unprovision', id, () => provisioning.take(grant.record)),
    sign,
    lookup: ({ id, query }) => options.lookups.ask(id, query),
    notify: ({ notice }) => {
      // The key of who was forgotten is taken back once more at each start, in case a crash had left it: mostly it is long gone.
      if (notice.event !== 'revoked' || provisioning.hasTaken(notice.record)) notify(notice);
    },
    close: () => closing.abort(),
    refresh(): void {
      disk = disk.then(() => provisioning.refresh());
    },
    async quiet(): Promise<void> {
      // An outcome may ask for more: wait until the line that we saw is still the last one.
      for (let seen: Promise<void> | null = null; seen !== disk; ) {
        seen = disk;
        await seen;
      }
    },
  };
}
