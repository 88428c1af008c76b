/** What stands behind the options of the command line, read strictly: what it cannot be is said with how it is written. */
import { isLinkLocal, parseAddress, usablePeerAddress } from '../protocol/address.ts';
import type { Endpoint } from '../protocol/contract.ts';
import { Complaint, exitCode } from './complaint.ts';
import { isRemoteName } from './git-remote.ts';
import type { PairingName } from './pairing-names.ts';

/** `90s`, `10m`, `1h` in ms. */
export function durationOf(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(digits) * (unit === 's' ? 1000 : unit === 'm' ? 60_000 : 3_600_000);
  if (digits === '' || ms < 1000 || ms > 86_400_000) {
    throw new Complaint(
      `--timeout ${JSON.stringify(text)} is no length of time between 1s and 24h.`,
      'Next: write a number and s, m or h, as in --timeout 10m.',
      exitCode.usage,
    );
  }
  return ms;
}

/** `10.0.0.7`, `10.0.0.7:55556`, `[fe80::1%eth0]:55556`. */
export function peerOf(text: string, port: number): Endpoint {
  const [, bracketed, plain, portText] =
    /^(?:\[([^\]]+)\]|([^:\s]+|[^\s]*:[^\s]*:[^\s]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? '';
  if (parseAddress(address) === null) {
    throw new Complaint(
      `--peer ${JSON.stringify(text)} is no IP address.`,
      'Next: write it as 10.0.0.7 or 10.0.0.7:55556; `ip addr` on the other machine shows it.',
      exitCode.usage,
    );
  }
  const flaw = usablePeerAddress(address, true);
  if (flaw !== null) {
    throw new Complaint(
      `--peer ${text} ${flaw}, and no machine's own.`,
      'Next: name the address of the other machine; `ip addr` over there shows it.',
      exitCode.usage,
    );
  }
  if (isLinkLocal(address) && !address.includes('%')) {
    throw new Complaint(
      `--peer ${text} is an address of one link, and of which link it does not say.`,
      `Next: add the interface of this machine, as in --peer ${address}%eth0.`,
      exitCode.usage,
    );
  }
  return { address, port: portText === undefined ? port : portOf(Number(portText)) };
}

export function remoteOf(name: string, protocol: PairingName, ssh: boolean): string {
  if (!isRemoteName(name)) {
    throw new Complaint(
      `--git-remote ${JSON.stringify(name)} is no name for a remote.`,
      'Next: write letters, digits, dots and dashes, as in --git-remote darkstar.',
      exitCode.usage,
    );
  }
  if (protocol === 'lp1' && ssh) return name;
  throw new Complaint(
    `--git-remote needs the ssh alias, which ${ssh ? "git-annex's conversation" : '--no-ssh'} does not give.`,
    'Next: leave one of the two away.',
    exitCode.usage,
  );
}

export function portOf(port: number): number {
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Complaint(`${port} is no UDP port.`, 'Next: write a number from 1 to 65535.', exitCode.usage);
}

export function descriptorOf(descriptor: number): number {
  if (Number.isInteger(descriptor) && descriptor >= 0 && descriptor !== 1 && descriptor !== 2) return descriptor;
  throw new Complaint(
    `--phrase-fd ${descriptor} is no file descriptor that a phrase can come from.`,
    'Next: write 0 for standard input, or a number from 3, as in `lanpair pair --phrase-fd 3 3< file`.',
    exitCode.usage,
  );
}
