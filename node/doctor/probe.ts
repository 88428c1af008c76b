/**
 * Opens the very sockets that pairing would open, and says on each group, twice a second, that it is here. Another doctor
 * that hears it answers: as long as the question and once for each, so that nobody is flooded through us.
 */
import { randomBytes } from 'node:crypto';
import type { Endpoint, Interface, NetworkUse } from '../../protocol/contract.ts';
import { codeOf, reasonOf } from '../complaint.ts';
import { type Kind, kindOf, type Seen, selectInterfaces } from '../interfaces.ts';
import { type Planned, planOf } from '../network.ts';
import { openPort, type Port } from '../port.ts';
import type { PairingName } from '../protocols.ts';
import type { Failed, Path } from './facts.ts';
import { readWord, type Word, writeWord } from './wire.ts';

export interface ProbeOptions {
  readonly seen: Seen;
  readonly interfaces: readonly Interface[];
  readonly uses: readonly { readonly conversation: PairingName; readonly use: NetworkUse }[];
  readonly forMs: number;
}

const everyMs = 500;
/** Addresses remembered for each path. */
const addressesMax = 64;

export async function probe(options: ProbeOptions): Promise<readonly Path[]> {
  const { seen, interfaces, uses, forMs } = options;
  const id = randomBytes(16).toString('hex');
  const ours = new Set(
    selectInterfaces(seen, { named: Object.keys(seen), families: [4, 6] }).flatMap(({ addresses }) =>
      addresses.map(({ address }) => address),
    ),
  );
  const planned = uses.flatMap(({ conversation, use }) =>
    planOf(interfaces, { use }).map((plan) => ({ plan, conversation, port: use.port })),
  );
  const probes: Probe[] = [];
  for (const { plan, conversation, port } of planned) {
    probes.push(await openProbe({ plan, conversation, port, kind: kindOf(seen, plan.name), id, ours }));
  }
  const speak = (): void => {
    for (const each of probes) void each.speak();
  };
  speak();
  const again = setInterval(speak, everyMs);
  await new Promise((resolve) => setTimeout(resolve, forMs));
  clearInterval(again);
  await Promise.all(probes.map((each) => each.close()));
  return probes.map((each) => each.path());
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
}

async function openProbe({ plan, conversation, port: number, kind, id, ours }: ProbePlan): Promise<Probe> {
  const heard = { others: new Set<string>(), doctors: new Set<string>(), heardBy: new Set<string>() };
  let hearsItself = false;
  let wasSent = false;
  let openFailed: Failed | null = null;
  let sendFailed: Failed | null = null;
  let port: Port | null = null;
  const send = (word: Word, to: 'group' | Endpoint): Promise<void> =>
    port === null ? Promise.resolve() : port.send(writeWord(word), 'unicast', to);
  const receive = (bytes: Uint8Array, source: Endpoint, via: 'group' | 'unicast'): void => {
    const said = readWord(bytes);
    if (source.address === plan.address.address && said?.word === 'probe' && said.id === id) hearsItself = true;
    if (ours.has(source.address)) return;
    if (said?.word === 'answer') return said.id === id ? note(heard.heardBy, source.address) : undefined;
    if (via !== 'group') return;
    note(heard.others, source.address);
    if (said === null) return;
    note(heard.doctors, source.address);
    void send({ word: 'answer', id: said.id }, source).catch(() => undefined);
  };
  try {
    const { name, networks, address, group } = plan;
    const trouble = (reason: string): void => {
      sendFailed ??= { code: '', reason };
    };
    port = await openPort({ interface: name, address, networks, group, port: number, receive, trouble });
  } catch (thrown) {
    openFailed = failed(thrown);
  }
  return {
    async speak(): Promise<void> {
      if (port === null) return;
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
      interface: plan.name,
      kind,
      family: plan.address.family,
      address: plan.address.address,
      conversation,
      group: plan.group,
      port: number,
      openFailed,
      sendFailed: wasSent ? null : sendFailed,
      hearsItself,
      others: [...heard.others].sort(),
      doctors: [...heard.doctors].sort(),
      heardBy: [...heard.heardBy].sort(),
    }),
    close: async () => port?.close(),
  };
}

function note(addresses: Set<string>, address: string): void {
  if (addresses.size < addressesMax) addresses.add(address);
}

function failed(thrown: unknown): Failed {
  return { code: codeOf(thrown), reason: reasonOf(thrown) };
}
