/** What `.local` names mean for a person here. lanpair finds its peers without them, so that nothing of this stops a pairing. */
import type { Facts, Names } from './facts.ts';
import type { Finding } from './finding.ts';

export function nameFindings({ names, ours }: Facts): readonly Finding[] {
  const finding = ailment(names, ours);
  return finding === null ? [] : [{ level: 'note', interface: null, ...finding }];
}

function ailment(names: Names, ours: readonly string[]): Pick<Finding, 'rule' | 'what' | 'why' | 'next'> | null {
  const { name, addresses, services, hasAvahi } = names;
  if (addresses.some((address) => ours.some((own) => own.split('%')[0] === address.split('%')[0]))) return null;
  const why = 'lanpair finds its peers without, but ping, browsers and ssh by that name do not.';
  if (addresses.length > 0) {
    return {
      rule: 'local-name-taken',
      what: `${name} leads to ${addresses.join(', ')}, which is not this machine`,
      why: 'Two machines of one name on a network are mistaken for each other.',
      next: 'give one of them another name: sudo hostnamectl set-hostname NAME',
    };
  }
  if (services !== null && !/\b(mdns\w*|resolve)\b/.test(services)) {
    return {
      rule: 'local-not-asked',
      what: '.local names are not looked up here: the line `hosts:` of /etc/nsswitch.conf has no mdns',
      why,
      next: 'sudo apt install libnss-mdns avahi-daemon (or nss-mdns and avahi of your system)',
    };
  }
  return {
    rule: hasAvahi ? 'local-not-found' : 'no-avahi',
    what: hasAvahi ? `${name} is not found, though avahi runs` : `${name} is not found: avahi does not run`,
    why,
    next: hasAvahi
      ? `avahi-resolve -n ${name} says what avahi itself finds`
      : 'sudo systemctl enable --now avahi-daemon',
  };
}
