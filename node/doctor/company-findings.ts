/**
 * Do two machines hear each other? What this one hears says little when nobody else speaks, so two doctors at the same time
 * tell it: each says what it hears, and answers the other.
 */
import type { Facts, Path } from './facts.ts';
import { type Finding, listed } from './finding.ts';

/** `open`: the paths that work as far as this machine can tell by itself. */
export function companyFindings({ peers, heardForMs }: Facts, open: readonly Path[]): readonly Finding[] {
  const real = open.filter(({ kind }) => kind !== 'loopback');
  if (real.length === 0) return [];
  const seconds = Math.round(heardForMs / 1000);
  const doctors = new Set(real.flatMap((path) => path.doctors));
  const heardBy = new Set(real.flatMap((path) => path.heardBy));
  const isCompany = doctors.size + heardBy.size > 0;
  const findings = peers.flatMap(({ address, answered }) => {
    if (!answered) return [silentPeer(address, real, seconds)];
    return doctors.has(address) || heardBy.has(address) ? [] : [noMulticast(address)];
  });
  if (isCompany) return [...findings, ...oneWay(doctors, heardBy)];
  return peers.length > 0 ? findings : [alone(real, seconds)];
}

function alone(real: readonly Path[], seconds: number): Finding {
  const isAnybody = real.some(({ others }) => others.length > 0);
  const wireless = [...new Set(real.filter(({ isWireless }) => isWireless).map((path) => path.interface))];
  const isolation =
    isAnybody || wireless.length === 0
      ? ''
      : ` If it runs there and hears nobody either, the access point of ${listed(wireless)} keeps its machines apart (guest Wi-Fi often does).`;
  return {
    level: 'note',
    rule: isolation === '' ? 'alone' : 'isolation-suspected',
    interface: null,
    what: `${isAnybody ? 'no other doctor' : 'nobody else'} was heard in ${seconds} s`,
    why: `Whether two machines hear each other shows only when both speak.${isolation}`,
    next: 'run lanpair doctor on the other machine at the same time',
  };
}

function silentPeer(address: string, real: readonly Path[], seconds: number): Finding {
  const isWireless = real.some((path) => path.isWireless);
  return {
    level: 'hinders',
    rule: isWireless ? 'isolation-suspected' : 'peer-silent',
    interface: null,
    what: `${address} did not answer in ${seconds} s`,
    why: `If lanpair doctor runs there now, a firewall there or the network between keeps the two apart${isWireless ? ': the access point may isolate its machines, as guest Wi-Fi often does' : ''}.`,
    next: 'run lanpair doctor there at the same time; if it finds nothing wrong there, try another network (a phone as hotspot, a cable)',
  };
}

function noMulticast(address: string): Finding {
  return {
    level: 'hinders',
    rule: 'no-multicast',
    interface: null,
    what: `${address} answers, but multicast does not pass between the two`,
    why: 'lanpair finds machines by multicast. An access point, a switch or a router between may filter it.',
    next: `lanpair pair --peer ${address}, and the same there with the address of this machine`,
  };
}

/** They pair all the same, a little later. */
function oneWay(doctors: ReadonlySet<string>, heardBy: ReadonlySet<string>): readonly Finding[] {
  if (doctors.size > 0 && heardBy.size > 0) return [];
  const who = listed([...doctors, ...heardBy]);
  return [
    {
      level: 'note',
      rule: 'one-way',
      interface: null,
      what: doctors.size > 0 ? `we hear ${who}, and no answer comes back` : `${who} hears us, and we do not hear it`,
      why: 'One direction is enough to pair, but something drops the other one.',
      next: 'look at what lanpair doctor says on the other machine',
    },
  ];
}
