/**
 * What the facts mean: findings for a person, the worst first, and one sentence above them. Pure: nothing is looked up.
 */
import { type ExitCode, exitCode } from '../complaint.ts';
import { companyFindings } from './company-findings.ts';
import type { Facts, Path, SshAnswer } from './facts.ts';
import type { Finding, Level } from './finding.ts';
import { firewallReport } from './firewall-findings.ts';
import { nameFindings } from './name-findings.ts';

export interface Diagnosis {
  readonly verdict: 'well' | 'hindered' | 'blocked';
  readonly exitCode: ExitCode;
  readonly headline: string;
  readonly findings: readonly Finding[];
}

const levels: readonly Level[] = ['blocks', 'hinders', 'note'];

export function diagnose(facts: Facts): Diagnosis {
  const firewall = firewallReport(facts);
  const found = [
    ...networkFindings(facts),
    ...firewall.findings,
    ...pathFindings(facts, firewall.explained),
    ...sshdFindings(facts),
    ...companyFindings(facts, facts.paths.filter(worksWell)),
    ...nameFindings(facts),
  ];
  const findings = levels.flatMap((level) => found.filter((finding) => finding.level === level));
  const [worst] = findings;
  if (worst?.level === 'blocks') {
    return { verdict: 'blocked', exitCode: exitCode.failed, headline: `Nobody can pair here: ${worst.what}`, findings };
  }
  const works = [...new Set(facts.paths.filter(worksWell).map((path) => path.interface))].join(' and ');
  if (worst?.level === 'hinders') {
    const headline = `Pairing can work on ${works}, but: ${worst.what}`;
    return { verdict: 'hindered', exitCode: exitCode.failed, headline, findings };
  }
  return {
    verdict: 'well',
    exitCode: exitCode.done,
    headline: `All is well here: pairing can work on ${works}`,
    findings,
  };
}

function worksWell({ openFailed, sendFailed, hearsItself }: Path): boolean {
  return openFailed === null && sendFailed === null && hearsItself;
}

function networkFindings({ paths, named }: Facts): readonly Finding[] {
  const isLoopbackAlone = named.length === 0 && paths.every(({ kind }) => kind === 'loopback');
  if (!isLoopbackAlone) return [];
  return [
    {
      level: 'blocks',
      rule: 'no-network',
      interface: null,
      what: 'this machine is on no network',
      why: 'No interface is up with an address, the loopback one aside, and that one leads to no other machine.',
      next: 'connect to the network (or to the same Wi-Fi as the other machine), then run lanpair doctor again',
    },
  ];
}

/** What keeps a path from working; where another one of the interface works, it is no more than a note. */
function pathFindings({ paths }: Facts, explained: ReadonlySet<Path>): readonly Finding[] {
  const isHopeless = paths.length > 0 && !paths.some((path) => path.conversation === 'lp1' && worksWell(path));
  const found = new Map<string, Finding>();
  for (const path of paths) {
    if (worksWell(path) || (explained.has(path) && path.sendFailed === null)) continue;
    const same = (other: Path): boolean =>
      other.interface === path.interface && other.conversation === path.conversation && worksWell(other);
    const level: Level =
      isHopeless && path.kind !== 'virtual'
        ? 'blocks'
        : path.kind === 'virtual' || paths.some(same)
          ? 'note'
          : 'hinders';
    const finding = { level, interface: path.interface, ...ailment(path) };
    const key = `${finding.rule} ${path.interface} ${finding.what}`;
    if (!found.has(key)) found.set(key, finding);
  }
  return [...found.values()];
}

function ailment(path: Path): Pick<Finding, 'rule' | 'what' | 'why' | 'next'> {
  const { interface: name, family, openFailed, sendFailed, port, group } = path;
  const where = `${name} (IPv${family})`;
  if (openFailed?.code === 'EADDRINUSE') {
    return {
      rule: 'port-taken',
      what: `UDP port ${port} is taken by a program that does not share it`,
      why: 'lanpair cannot listen where the other machine speaks.',
      next: `find it with \`ss -ulpn sport = :${port}\`, and end it`,
    };
  }
  if (openFailed?.code === 'EADDRNOTAVAIL' && family === 6) {
    return {
      rule: 'address-not-ready',
      what: `the address ${path.address} of ${name} cannot be used yet`,
      why: 'The system asks first whether another machine has it: some seconds, or for ever when one has.',
      next: `run lanpair doctor again in a moment; if it stays so, look for "dadfailed" in \`ip -6 addr show dev ${name}\``,
    };
  }
  if (openFailed !== null) {
    return {
      rule: 'cannot-listen',
      what: `${where} cannot be listened on: ${openFailed.reason}`,
      why: `lanpair has to bind to its address and join the group ${group}.`,
      next: `look at \`ip addr show dev ${name}\`: is it up, and does it say MULTICAST?`,
    };
  }
  if (sendFailed !== null) {
    const isRefused = sendFailed.code === 'EPERM' || sendFailed.code === 'EACCES';
    return {
      rule: isRefused ? 'send-refused' : 'cannot-send',
      what: `${where} lets nothing out to the group ${group}: ${sendFailed.reason}`,
      why: isRefused
        ? 'A firewall of this machine refuses what leaves it, so nobody hears that we are here.'
        : 'The system knows no way to the group, so nobody hears that we are here.',
      next: isRefused
        ? `allow outgoing UDP to ${group} port ${port} in the firewall`
        : `give it a way: sudo ip ${family === 6 ? '-6 ' : ''}route add ${family === 4 ? '224.0.0.0/4' : 'ff00::/8'} dev ${name}${family === 6 ? ' table local' : ''}`,
    };
  }
  return {
    rule: 'no-echo',
    what: `${where} does not hear itself on UDP port ${port}`,
    why: `What this machine sends to the group ${group} comes back to it, unless a firewall here drops it; others would be dropped as well.`,
    next: `let UDP port ${port} in: sudo nft list ruleset shows which chain drops it`,
  };
}

function sshdFindings({ sshd }: Facts): readonly Finding[] {
  const bad = sshd.filter(({ answer }) => answer !== 'ssh');
  const [first] = bad;
  if (first === undefined) return [];
  const some = bad.length < sshd.length;
  const addresses = bad.map(({ address }) => address).join(', ');
  return [
    {
      level: 'hinders',
      rule: 'no-sshd',
      interface: null,
      what: some ? `no sshd answers at ${addresses}` : 'no sshd answers on this machine',
      why: 'Pairing goes well without it, but the other machine reaches this one through ssh, at port 22.',
      next: sshdNext(first, some),
    },
  ];
}

function sshdNext({ answer, address, detail }: SshAnswer, isSome: boolean): string {
  if (answer === 'other') return `something else answers at port 22 of ${address} (${detail}): give sshd that port`;
  if (isSome) return 'look at ListenAddress in /etc/ssh/sshd_config';
  return 'sudo apt install openssh-server (or the package of your system), then sudo systemctl enable --now ssh';
}
