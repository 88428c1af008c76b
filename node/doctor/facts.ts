/** What `lanpair doctor` saw on this machine. Whoever observes decides nothing; diagnosis.ts does, from this alone. */
import type { Kind } from '../interfaces.ts';
import type { PairingName } from '../pairing-names.ts';

export interface Facts {
  /** Interfaces that the person named; none: those that `lanpair pair` would speak on. */
  readonly named: readonly string[];
  readonly paths: readonly Path[];
  readonly sshd: readonly SshAnswer[];
  readonly firewall: Firewall;
  readonly names: Names;
  /** All addresses of this machine. */
  readonly ours: readonly string[];
  /** Machines that the person named, and whether they answered. */
  readonly peers: readonly Peer[];
  /** How long others were listened for. */
  readonly heardForMs: number;
}

/** One interface, one family and the port of one conversation. */
export interface Path {
  readonly interface: string;
  readonly kind: Kind;
  readonly isWireless: boolean;
  readonly family: 4 | 6;
  readonly address: string;
  readonly conversation: PairingName;
  readonly group: string;
  readonly port: number;
  /** Why binding or joining failed; null when both worked. */
  readonly openFailed: Failed | null;
  /** Why nothing could be sent to the group; null when something was. */
  readonly sendFailed: Failed | null;
  readonly hearsItself: boolean;
  /** Addresses that speak on the group, other than our own: whoever uses this port, other doctors among them. */
  readonly others: readonly string[];
  /** Addresses whose doctor we hear on the group. */
  readonly doctors: readonly string[];
  /** Addresses whose doctor says that it hears us on the group. */
  readonly heardBy: readonly string[];
}

export interface Failed {
  /** `EADDRINUSE`, `ENODEV`, ...; empty when the system gave none. */
  readonly code: string;
  readonly reason: string;
}

/** What answers at the ssh port of one of our own addresses. */
export interface SshAnswer {
  readonly address: string;
  readonly answer: 'ssh' | 'refused' | 'silent' | 'other';
  /** The first line that came, or why none did. */
  readonly detail: string;
}

/** What another program answered. */
export interface Reading {
  /** `refused`: it wants root. */
  readonly outcome: 'read' | 'absent' | 'refused' | 'failed';
  /** All that it said, when it was read; else why it was not. */
  readonly text: string;
}

/** By the commands that were asked. */
export const firewallQuestions = {
  nft: ['nft', '-j', 'list', 'ruleset'],
  iptables: ['iptables-save'],
  ip6tables: ['ip6tables-save'],
  // Where iptables speaks nft, rules of the old kind are beside it, and `iptables-save` does not show them.
  iptablesLegacy: ['iptables-legacy-save'],
  ip6tablesLegacy: ['ip6tables-legacy-save'],
  ufw: ['ufw', 'status', 'verbose'],
  firewalldDefault: ['firewall-cmd', '--get-default-zone'],
  firewalldZones: ['firewall-cmd', '--list-all-zones'],
} as const;

export type Firewall = { readonly [question in keyof typeof firewallQuestions]: Reading };

/** The name by which others may know us, as the system resolves it. */
export interface Names {
  /** `darkstar.local`. */
  readonly name: string;
  /** The line `hosts:` of /etc/nsswitch.conf; null: there is none. */
  readonly services: string | null;
  readonly hasAvahi: boolean;
  readonly addresses: readonly string[];
  readonly failed: string | null;
}

export interface Peer {
  readonly address: string;
  /** Its doctor answered what was sent to it alone. */
  readonly answered: boolean;
}
