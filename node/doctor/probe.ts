/**
 * Opens the very sockets that pairing would open, but takes nothing from one that runs already, and says on each group, twice a second, that it is here. Another doctor
 * that hears it answers: as long as the question and once for each, so that nobody is flooded through us.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Endpoint, Interface, NetworkUse, Via } from '../../protocol/contract.ts';
import { codeOf, reasonOf } from '../complaint.ts';
import { type Kind, kindOf, type Seen, selectInterfaces } from '../interfaces.ts';
import { type Planned, planOf } from '../network.ts';
import type { PairingName } from '../pairing-names.ts';
import { openPort, type Port } from '../port.ts';
import type { Failed, Path, Peer } from './facts.ts';
import { readWord, type Word, writeWord } from './wire.ts';

export interface ProbeOptions {
  /** Addresses to knock at, at the port of each conversation that the path is for. */
  readonly peers: readonly string[];
  readonly seen: Seen;
  readonly interfaces: readonly Interface[];
  readonly uses: readonly { readonly conversation: PairingName; readonly use: NetworkUse }[];
  readonly forMs: number;
}

const everyMs = 500;
/** Answers that are given for each path: two doctors need one. */
const repliesMax = 1000;
/** Addresses remembered for each path. */
const addressesMax = 64;

export async function probe(
  options: ProbeOptions,
): Promise<{ readonly paths: readonly Path[]; readonly peers: readonly Peer[]; readonly ours: readonly string[] }> {
  const { seen, interfaces, uses, forMs, peers } = options;
  const answered = new Set<string>();
  const id = randomBytes(16).toString('hex');
  const ours = new Set(
    selectInterfaces(seen, { named: Object.keys(seen), families: [4, 6] }).flatMap(({ addresses }) =>
      addresses.map(({ address }) => address),
    ),
  );
  const planned = uses.flatMap(({ conversation, use }) =>
    planOf(interfaces, { use, peers: peers.map((address) => ({ address, port: use.port })) }).map((plan) => ({
      plan,
      conversation,
      port: use.port,
    })),
  );
  const probes: Probe[] = [];
  for (const { plan, conversation, port } of planned) {
    probes.push(
      await openProbe({ plan, conversation, port, kind: kindOf(seen, plan.name), id, ours, peers, answered }),
    );
  }
  const speak = (): void => {
    for (const each of probes) void each.speak();
  };
  speak();
  const again = setInterval(speak, everyMs);
  await new Promise((resolve) => setTimeout(resolve, forMs));
  clearInterval(again);
  await Promise.all(probes.map((each) => each.close()));
  return {
    paths: probes.map((each) => each.path()),
    peers: peers.map((address) => ({ address, answered: answered.has(address) })),
    ours: [...ours],
  };
}

interface Probe {
  speak(): Promise<void>;
  path(): Path;
  close(): Promise<void>;
}

interface ProbePlan {
  readonly plan: Planned;
  readonly conversation: PairingName;
  readonly port: number;
  readonly kind: Kind;
  readonly id: string;
  /** All addresses of this machine. */
  readonly ours: ReadonlySet<string>;
  readonly peers: readonly string[];
  /** Those of them that answered. */
  readonly answered: Set<string>;
}

async function openProbe(planned: ProbePlan): Promise<Probe> {
  const { plan, conversation, port: number, kind, id, peers } = planned;
  const { name, networks, address, group } = plan;
  let wasSent = false;
  let openFailed: Failed | null = null;
  let sendFailed: Failed | null = null;
  let port: Port | null = null;
  const send = (word: Word, to: 'group' | Endpoint): Promise<void> =>
    port === null ? Promise.resolve() : port.send(writeWord(word), 'unicast', to);
  const ears = makeEars(planned, (word, to) => void send(word, to).catch(() => undefined));
  const trouble = (reason: string): void => {
    sendFailed ??= { code: '', reason };
  };
  try {
    port = await openPort({
      interface: name,
      address,
      networks,
      group,
      port: number,
      receive: (bytes, source, via) => ears.hear(bytes, source, via),
      isGuest: true,
      trouble,
    });
  } catch (thrown) {
    openFailed = failed(thrown);
  }
  return {
    async speak(): Promise<void> {
      if (port === null) return;
      for (const each of peers.filter((peer) => peer.includes(':') === (address.family === 6))) {
        // Whether a way leads there is seen by the answer.
        await send({ word: 'knock', id }, { address: each, port: number }).catch(() => undefined);
      }
      await send({ word: 'probe', id }, 'group').then(
        () => {
          wasSent = true;
        },
        (thrown: unknown) => {
          sendFailed = failed(thrown);
        },
      );
    },
    path: () => ({
      interface: name,
      kind,
      isWireless: ['wireless', 'phy80211'].some((mark) => existsSync(`/sys/class/net/${name}/${mark}`)),
      family: address.family,
      address: address.address,
      conversation,
      group,
      port: number,
      openFailed,
      sendFailed: wasSent ? null : sendFailed,
      ...ears.heard(),
    }),
    close: async () => port?.close(),
  };
}

/** What one path hears, and the answers that others are given. */
function makeEars(
  { plan, id, ours, peers, answered }: ProbePlan,
  send: (word: Word, to: Endpoint) => void,
): {
  hear(bytes: Uint8Array, source: Endpoint, via: Via): void;
  heard(): Pick<Path, 'hearsItself' | 'others' | 'doctors' | 'heardBy'>;
} {
  const [others, doctors, heardBy] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let hearsItself = false;
  let replies = 0;
  const reply = (word: Word, to: Endpoint): void => {
    if (replies++ < repliesMax) send(word, to);
  };
  return {
    hear(bytes, source, via): void {
      const said = readWord(bytes);
      const isOwn = said?.id === id;
      if (source.address === plan.address.address && isOwn && said.word === 'probe') hearsItself = true;
      if (ours.has(source.address)) return;
      if (isOwn && said.word === 'answer') note(heardBy, source.address);
      if (isOwn && said.word === 'here' && peers.includes(source.address)) answered.add(source.address);
      if (said?.word === 'knock') reply({ word: 'here', id: said.id }, source);
      // What was sent to our address and the port of the group comes in by the same door.
      if (via !== 'group' || (said !== null && said.word !== 'probe')) return;
      note(others, source.address);
      if (said === null) return;
      note(doctors, source.address);
      reply({ word: 'answer', id: said.id }, source);
    },
    heard: () => ({
      hearsItself,
      others: [...others].sort(),
      doctors: [...doctors].sort(),
      heardBy: [...heardBy].sort(),
    }),
  };
}

function note(addresses: Set<string>, address: string): void {
  if (addresses.size < addressesMax) addresses.add(address);
}

function failed(thrown: unknown): Failed {
  return { code: codeOf(thrown), reason: reasonOf(thrown) };
}
