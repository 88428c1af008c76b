/** Where adversaries stand: each gets a station, and the functions that its powers allow and no other. */
import { familyOf } from '../protocol/address.ts';
import type { Endpoint } from '../protocol/contract.ts';
import { type Adversary, type Lair, onPath, type Power } from './adversaries/adversary.ts';
import { identityOf } from './identity.ts';
import type { Datagram, Network, Station } from './network.ts';
import { addressesOf, stationsOf } from './places.ts';
import { streamOf } from './random.ts';
import type { AdversarySpec, Scenario } from './scenario/scenario.ts';
import type { Subject } from './subject.ts';
import type { Interception } from './wire.ts';

/** Somebody on the path: what it does to a copy that passes it. */
export type Path = (datagram: Datagram, to: Station) => Interception;

/** Who may stop a copy or hold it back: the script, by meaning, and whoever is on the path. Null where nobody is, which saves the asking. */
export function interceptors(
  { drops, shifts, adversaries }: Scenario,
  subject: Subject,
  paths: readonly Path[],
  scripted: Path,
): ((datagram: Datagram, to: Station) => Interception) | null {
  const isOnPath = ({ is }: AdversarySpec): boolean =>
    subject.adversaries[is]?.powers.some((power) => onPath.includes(power)) ?? false;
  if (drops.length + shifts.length === 0 && !adversaries.some(isOnPath)) return null;
  return (datagram, to) => {
    let [byUs, againUs]: [number, number | null] = [0, null];
    for (const path of [scripted, ...paths]) {
      const done = path(datagram, to);
      if (done.does === 'drop') return done;
      if ('byUs' in done) byUs += done.byUs;
      if (done.does === 'repeat') againUs = done.againUs;
    }
    if (againUs !== null) return { does: 'repeat', byUs, againUs };
    return byUs === 0 ? { does: 'pass' } : { does: 'delay', byUs };
  };
}

export interface Placement {
  readonly spec: AdversarySpec;
  readonly subject: Subject;
  readonly seed: number;
  readonly network: Network;
  readonly after: (delayUs: number, then: () => void) => void;
  readonly nowUs: () => number;
  readonly muted: boolean;
}

/** Gives an adversary its stations and the functions that its powers allow. */
export function placeAdversary({ spec, subject, seed, network, after, nowUs, muted }: Placement): {
  stations: readonly Station[];
  adversary: Adversary;
  path: Path | null;
} {
  const kind = subject.adversaries[spec.is];
  if (kind === undefined) throw new RangeError(`${subject.name} has no adversary "${spec.is}"`);
  const { protocol } = subject;
  const stations = stationsOf(spec.name, [spec.place], network, protocol);
  const { port } = protocol.network;
  const allow = (power: Power): void => {
    if (!kind.powers.includes(power)) throw new RangeError(`${spec.is} has no power to ${power}`);
  };
  for (const station of stations) {
    if (kind.powers.includes('observe')) network.listen(station, port);
    if (kind.powers.includes('sniff')) network.sniff(station);
  }
  const self = { address: addressesOf(spec.place)[0] ?? '', port, sshKey: identityOf(spec.name, subject.suite).sshKey };
  /** In the family of that address; to the group in both, unless it has a source that is of one of them. */
  const from = (to: 'group' | Endpoint, source: string | null): readonly Station[] => {
    const address = to === 'group' ? source : to.address;
    return stations.filter(({ family }) => address === null || family === familyOf(address));
  };
  const lair: Lair = {
    spec,
    seed,
    stream: streamOf(seed, 'adversary', spec.name),
    self,
    nowUs,
    after,
    send(bytes, to, ownPort = port) {
      allow('inject');
      if (muted) return;
      for (const one of from(to, null)) network.send(one, { address: one.address, port: ownPort }, to, bytes);
    },
    sshKeyOf: (machine) => identityOf(machine, subject.suite).sshKey,
    spoof(bytes, source, to, repeats) {
      allow('spoof');
      if (muted) return;
      for (const one of from(to, source.address)) network.send(one, source, to, bytes, repeats ?? undefined);
    },
    suite: subject.suite,
    kindOf: (bytes) => subject.protocol.describe(bytes).kind,
  };
  const adversary = kind.create(lair);
  const isOnPath = kind.powers.some((power) => onPath.includes(power));
  if (adversary.intercept === undefined || !isOnPath || muted) return { stations, adversary, path: null };
  const path: Path = (datagram, to) => {
    const { sender } = datagram;
    const there = stations.find(({ segment, family }) => segment === sender.segment && family === sender.family);
    const passes = there !== undefined && to.segment === there.segment;
    if (!passes || sender.index === there.index || to.index === there.index) return { does: 'pass' };
    const done = adversary.intercept?.(datagram, to) ?? { does: 'pass' };
    if (done.does === 'pass') return done;
    allow(done.does);
    if (done.does !== 'modify') return done;
    network.sendTo(there, datagram.source, datagram, to, done.bytes);
    return { does: 'drop' };
  };
  return { stations, adversary, path };
}
