/** Is a firewall of this machine in the way, where, and the command that opens it. */
import type { Facts, Firewall, Path } from './facts.ts';
import { iptablesGates } from './iptables.ts';
import { firewalldFate, ufwFate } from './managers.ts';
import { nftGates } from './nft.ts';
import type { Fate, Packet } from './rules.ts';

/** What is known of one packet. `by`: where it is dropped, or may be. */
export interface Judged {
  readonly packet: Packet;
  /** Null: nobody let us look. */
  readonly fate: Fate | null;
  readonly by: readonly Dropper[];
}

export type Dropper =
  | { readonly tool: 'nft'; readonly family: string; readonly table: string; readonly chain: string }
  | { readonly tool: 'iptables' | 'ip6tables'; readonly table: string; readonly chain: string }
  | { readonly tool: 'ufw' }
  | { readonly tool: 'firewalld'; readonly zone: string };

export function packetOf({ interface: name, family, group, port }: Path): Packet {
  return { interface: name, family, protocol: 'udp', port, to: group, isMulticast: true };
}

/** A connection to the ssh port of one of our addresses. */
export function sshPacketOf({ interface: name, family, address }: Path): Packet {
  return { interface: name, family, protocol: 'tcp', port: 22, to: address, isMulticast: false };
}

export function judge(firewall: Firewall, packet: Packet): Judged {
  const gates = gatesOf(firewall, packet);
  const ufw = ufwFate(firewall.ufw, packet);
  const managed = firewalldFate({ zones: firewall.firewalldZones, usual: firewall.firewalldDefault }, packet);
  const manager: readonly Dropper[] =
    ufw === null ? (managed === null ? [] : [{ tool: 'firewalld', zone: managed.zone }]) : [{ tool: 'ufw' }];
  const managerFate = ufw ?? managed?.fate ?? null;
  const kernelFate = gates === null ? null : worst(gates.map(({ fate }) => fate));
  // The rules themselves know better, where they can be read.
  const fate = kernelFate === null || (kernelFate === 'maybe' && managerFate !== null) ? managerFate : kernelFate;
  if (fate === null || fate === 'accept') return { packet, fate, by: [] };
  const droppers = (gates ?? []).filter((gate) => gate.fate === fate).map(({ by }) => by);
  return { packet, fate, by: manager.length > 0 ? manager : droppers };
}

interface Gate {
  readonly fate: Fate;
  readonly by: Dropper;
}

/** Null: the rules could not be read. Without any program that makes rules there are none. */
function gatesOf({ nft, iptables, ip6tables }: Firewall, packet: Packet): readonly Gate[] | null {
  const [tool, tables] = packet.family === 4 ? (['iptables', iptables] as const) : (['ip6tables', ip6tables] as const);
  if (nft.outcome !== 'read' && tables.outcome !== 'read') {
    return nft.outcome === 'absent' && tables.outcome === 'absent' ? [] : null;
  }
  const old = tables.outcome === 'read' ? iptablesGates(tables.text, packet) : [];
  const isOld = (family: string, table: string, chain: string): boolean =>
    family !== 'inet' && old.some((gate) => gate.table === table && gate.chain === chain);
  const read = nft.outcome === 'read' ? nftGates(nft.text, packet) : [];
  return [
    ...old.map(({ table, chain, fate }) => ({ fate, by: { tool, table, chain } as const })),
    // iptables writes its rules as nft's, and reads them better.
    ...(read ?? [])
      .filter(({ family, table, chain }) => !isOld(family, table, chain))
      .map(({ family, table, chain, fate }) => ({ fate, by: { tool: 'nft', family, table, chain } as const })),
  ];
}

function worst(fates: readonly Fate[]): Fate {
  return fates.includes('drop') ? 'drop' : fates.includes('maybe') ? 'maybe' : 'accept';
}

/** Where it is dropped, in words. */
export function placeOf(dropper: Dropper): string {
  switch (dropper.tool) {
    case 'nft':
      return `nftables, table ${dropper.family} ${dropper.table}, chain ${dropper.chain}`;
    case 'iptables':
    case 'ip6tables':
      return `${dropper.tool}, table ${dropper.table}, chain ${dropper.chain}`;
    case 'ufw':
      return 'ufw';
    case 'firewalld':
      return `firewalld, zone ${dropper.zone}`;
  }
}

/**
 * The command that lets these ports in there. An accept in another table of nftables would not override a drop, so it is put
 * first in the very chain. Null: a name in it would need quoting.
 */
export function opening(dropper: Dropper, protocol: 'udp' | 'tcp', ports: readonly number[]): string | null {
  const [from, to] = [Math.min(...ports), Math.max(...ports)];
  const range = (dash: string): string => (from === to ? `${from}` : `${from}${dash}${to}`);
  switch (dropper.tool) {
    case 'nft': {
      const { family, table, chain } = dropper;
      const isPlain = [family, table, chain].every((word) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(word));
      return isPlain ? `sudo nft insert rule ${family} ${table} ${chain} ${protocol} dport ${range('-')} accept` : null;
    }
    case 'iptables':
    case 'ip6tables':
      return `sudo ${dropper.tool} -t ${dropper.table} -I ${dropper.chain} -p ${protocol} --dport ${range(':')} -j ACCEPT`;
    case 'ufw':
      return `sudo ufw allow ${range(':')}/${protocol}`;
    case 'firewalld': {
      const { zone } = dropper;
      const add = `sudo firewall-cmd --permanent --zone=${zone} --add-port=${range('-')}/${protocol}`;
      return /^[A-Za-z0-9_-]+$/.test(zone) ? `${add} && sudo firewall-cmd --reload` : null;
    }
  }
}

export function judgePaths({ firewall, paths }: Facts): readonly { readonly path: Path; readonly judged: Judged }[] {
  return paths.map((path) => ({ path, judged: judge(firewall, packetOf(path)) }));
}
