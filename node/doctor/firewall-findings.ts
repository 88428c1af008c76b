/** What the firewall of this machine means for pairing, and for ssh afterwards. */
import type { Facts, Path } from './facts.ts';
import { type Finding, listed } from './finding.ts';
import { type Judged, judge, judgePaths, opening, placeOf, sshPacketOf } from './firewall.ts';

export interface FirewallReport {
  readonly findings: readonly Finding[];
  /** What these suffer from is said already. */
  readonly explained: ReadonlySet<Path>;
}

export function firewallReport(facts: Facts): FirewallReport {
  const open = facts.paths.filter(({ openFailed, kind }) => openFailed === null && kind !== 'loopback');
  // Whoever was heard was let in.
  const judged = judgePaths({ ...facts, paths: open.filter(({ others }) => others.length === 0) });
  const dropped = judged.filter(({ judged: { fate } }) => fate === 'drop');
  const explained = new Set(dropped.map(({ path }) => path));
  const pairing = open.filter(({ conversation, kind }) => conversation === 'lp1' && kind === 'real');
  const isBlocked = pairing.length > 0 && pairing.every((path) => explained.has(path));
  const ssh = uniqueAddresses(open).map((path) => judge(facts.firewall, sshPacketOf(path)));
  const unknown = judged.filter(({ judged: { fate } }) => fate === null);
  const unclear = judged.filter(({ judged: { fate } }) => fate === 'maybe');
  return {
    explained,
    findings: [
      ...dropFinding(
        dropped.map((each) => each.judged),
        isBlocked ? 'blocks' : 'hinders',
      ),
      ...dropFinding(
        ssh.filter(({ fate }) => fate === 'drop'),
        'hinders',
      ),
      ...(unclear.length > 0 && unknown.length === 0 ? [unclearFinding(unclear.map((each) => each.judged))] : []),
      ...(unknown.length > 0 ? [unknownFinding(facts)] : []),
    ],
  };
}

/** All of one protocol, udp for pairing or tcp for ssh, in one finding. */
function dropFinding(judged: readonly Judged[], level: 'blocks' | 'hinders'): readonly Finding[] {
  const [first] = judged;
  if (first === undefined) return [];
  const { protocol } = first.packet;
  const ports = judged.map(({ packet }) => packet.port);
  const interfaces = [...new Set(judged.map(({ packet }) => packet.interface))];
  const droppers = judged.flatMap(({ by }) => by);
  const commands = [...new Set(droppers.map((dropper) => opening(dropper, protocol, ports)))];
  const places = listed(droppers.map(placeOf));
  const isRaw = droppers.some(({ tool }) => tool === 'nft' || tool.includes('tables'));
  const harm =
    protocol === 'udp'
      ? 'The other machine is not heard when it speaks first.'
      : 'After pairing the other machine reaches this one through ssh.';
  return [
    {
      level,
      rule: protocol === 'udp' ? 'firewall' : 'firewall-ssh',
      interface: interfaces.length === 1 ? (interfaces[0] ?? null) : null,
      what: `a firewall of this machine drops what comes in on ${listed(interfaces)} for ${protocol.toUpperCase()} port ${listed([...new Set(ports)].sort((a, b) => a - b))} (${places})`,
      why: isRaw ? `${harm} The command holds until the firewall is loaded anew: keep it where its rules are.` : harm,
      next: commands.includes(null) ? `allow that in ${places}` : commands.join(' && '),
    },
  ];
}

function unclearFinding(judged: readonly Judged[]): Finding {
  const places = listed(judged.flatMap(({ by }) => by).map(placeOf));
  const ports = [...new Set(judged.map(({ packet }) => packet.port))];
  return {
    level: 'note',
    rule: 'firewall-unclear',
    interface: null,
    what: `whether the firewall lets UDP port ${listed(ports)} in depends on more than can be told here (${places})`,
    why: 'Some of its rules look at who sends, or at what lanpair cannot read.',
    next: 'run lanpair doctor on the other machine at the same time: whoever is heard is let in',
  };
}

function unknownFinding({ firewall }: Facts): Finding {
  const isRefused = [firewall.nft, firewall.iptables].some(({ outcome }) => outcome === 'refused');
  const why = isRefused ? 'Only root may see its rules.' : `It did not say: ${firewall.nft.text}`;
  return {
    level: 'note',
    rule: 'firewall-unknown',
    interface: null,
    what: 'whether a firewall is in the way is not known',
    why: `${why} That this machine hears itself does not prove that it hears others.`,
    next: 'run lanpair doctor as root, or look yourself: sudo nft list ruleset',
  };
}

function uniqueAddresses(paths: readonly Path[]): readonly Path[] {
  return paths.filter((path, index) => paths.findIndex(({ address }) => address === path.address) === index);
}
