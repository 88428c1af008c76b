/**
 * The network interfaces of this machine, as the core wants them: real ones first, virtual ones after them, the loopback
 * one only when it was named or nothing else is there. Watched by asking the system every 2 s (Node has no event for it).
 */
import type { networkInterfaces } from 'node:os';
import { isLinkLocal } from '../protocol/address.ts';
import type { Interface, InterfaceAddress } from '../protocol/contract.ts';
import { Complaint, exitCode } from './complaint.ts';

/** What `os.networkInterfaces()` gives. */
export type Seen = ReturnType<typeof networkInterfaces>;
export type SeeInterfaces = () => Seen;

/** A bound, so that a machine with a thousand containers opens no thousand sockets. */
const interfacesMax = 16;
const pollMs = 2000;

/** Whether the person named interfaces, and which families the protocol speaks. */
export interface Selection {
  readonly named: readonly string[];
  readonly families: readonly (4 | 6)[];
}

export function selectInterfaces(seen: Seen, { named, families }: Selection): readonly Interface[] {
  const usable = Object.entries(seen).flatMap(([name, infos]) => {
    const addresses = (infos ?? [])
      .map((info) => addressOf(name, info))
      .filter(({ family }) => families.includes(family));
    return addresses.length === 0 ? [] : [{ name, addresses, rank: kinds.indexOf(kindOf(seen, name)) }];
  });
  const wanted = named.length > 0 ? usable.filter(({ name }) => named.includes(name)) : withoutLoopback(usable);
  return wanted
    .map((entry, index) => ({ entry, index }))
    .sort((a, b) => a.entry.rank - b.entry.rank || a.index - b.index)
    .slice(0, interfacesMax)
    .map(({ entry: { name, addresses } }) => ({ name, addresses }));
}

/** In the order in which they are spoken on. */
const kinds = ['real', 'virtual', 'loopback'] as const;
export type Kind = (typeof kinds)[number];

export function kindOf(seen: Seen, name: string): Kind {
  if ((seen[name] ?? []).some(({ internal }) => internal)) return 'loopback';
  return virtualName.test(name) ? 'virtual' : 'real';
}

/** As `selectInterfaces`, at the start, when a person can still be told. */
export function requireInterfaces(seen: Seen, selection: Selection): readonly Interface[] {
  const existing = byKind(seen);
  const unknown = selection.named.filter((name) => !existing.includes(name));
  if (unknown.length > 0) {
    throw new Complaint(
      `There is no interface ${unknown.map((name) => JSON.stringify(name)).join(', ')} that is up here.`,
      `Next: name one of these with --iface: ${existing.join(', ') || '(none is up)'}.`,
      exitCode.usage,
    );
  }
  const selected = selectInterfaces(seen, selection);
  if (selected.length === 0) {
    throw new Complaint(
      selection.named.length > 0
        ? `${selection.named.join(', ')} has no IPv${selection.families.join(' or IPv')} address.`
        : 'This machine is on no network: no interface is up with an address that we can use.',
      'Next: connect to the network (or to the same Wi-Fi as the other machine), then run it again.',
      exitCode.unavailable,
    );
  }
  return selected;
}

/** The likely ones first. */
function byKind(seen: Seen): readonly string[] {
  const rank = (name: string): number => kinds.indexOf(kindOf(seen, name));
  return Object.keys(seen).toSorted((a, b) => rank(a) - rank(b));
}

/** What a person named with `--peer` can be spoken to from here, as far as that is to be seen at the start. */
export function requirePeers(seen: Seen, { named, families }: Selection, peers: readonly string[]): void {
  for (const peer of peers) {
    const [bare = '', zone] = peer.split('%');
    const wrong = (what: string, next: string): Complaint =>
      new Complaint(`--peer ${peer} ${what}.`, `Next: ${next}.`, exitCode.usage);
    // A zone that is not there is as good as none to the system, which then takes some interface.
    if (zone !== undefined && !Object.hasOwn(seen, zone)) {
      const names = byKind(seen).join(', ') || '(none is up)';
      throw wrong(`names an interface that is not up here`, `write one of these behind the %: ${names}`);
    }
    if (zone !== undefined && named.length > 0 && !named.includes(zone)) {
      throw wrong(
        `is on ${zone}, which --iface leaves out`,
        `add --iface ${zone}, or name an address on ${named.join(' or ')}`,
      );
    }
    if (bare.includes(':') && !families.includes(6)) {
      throw wrong("is of IPv6, which git-annex's conversation does not know", 'name its address of IPv4');
    }
    // Of a link-local one only what is on that link: another link has its own fe80::1.
    const near = zone === undefined ? Object.values(seen).flat() : seen[zone];
    if (near?.some((own) => own?.internal === false && own.address.split('%')[0] === bare) === true) {
      throw wrong('is this machine itself', 'name the address of the other machine; `ip addr` over there shows it');
    }
  }
}

/** Calls `changed` with the whole new list whenever it differs from the last one. Returns how to stop. */
export function watchInterfaces(
  see: SeeInterfaces,
  selection: Selection,
  first: readonly Interface[],
  changed: (interfaces: readonly Interface[]) => void,
): () => void {
  let last = JSON.stringify(first);
  const timer = setInterval(() => {
    const now = selectInterfaces(see(), selection);
    const text = JSON.stringify(now);
    if (text === last) return;
    last = text;
    changed(now);
  }, pollMs);
  timer.unref();
  return () => clearInterval(timer);
}

function addressOf(name: string, info: NonNullable<Seen[string]>[number]): InterfaceAddress {
  const prefix = Number(info.cidr?.split('/')[1] ?? (info.family === 'IPv4' ? 32 : 128));
  if (info.family === 'IPv4') return { family: 4, address: info.address, prefix };
  const needsZone = isLinkLocal(info.address) && !info.address.includes('%');
  return { family: 6, address: needsZone ? `${info.address}%${name}` : info.address, prefix };
}

function withoutLoopback<T extends { readonly rank: number }>(usable: readonly T[]): readonly T[] {
  const others = usable.filter(({ rank }) => rank < 2);
  return others.length > 0 ? others : usable;
}

/** Bridges and tunnels of containers, virtual machines and VPNs: rarely where the other person is, so they come last. */
const virtualName = /^(docker|veth|virbr|br-|vmnet|vboxnet|tun|tap|wg|tailscale|zt|lxc|cni|flannel|podman|utun|bridge)/;
