/** Where each machine stands: its interfaces, segments and addresses. */
import { formatAddress } from '../../protocol/address.ts';
import { addressText, isHostIn, parseAddress, parseSubnet, type Subnet, subnetText } from './address.ts';
import { suggestion } from './nearest.ts';
import type { Path, Problems } from './problem.ts';
import { listOf, type RawPlace, type RawScenario, type RawSegment } from './raw.ts';
import type { InterfaceSpec } from './scenario.ts';

export interface Places {
  of(machine: string): readonly InterfaceSpec[];
  readonly subnets: ReadonlyMap<string, Subnet>;
}

/** Stands for a subnet that is wrong, so that only it is told and not what follows from it. */
const fallback: Subnet = { base: 10 * 2 ** 24, prefix: 8 };

/** Addresses are given out from here on in each subnet, those of the file first. */
const firstHost = 1;

export function placesOf(raw: RawScenario, problems: Problems): Places {
  const subnets = new Map<string, Subnet>();
  Object.entries(raw.network).forEach(([segment, spec], index) => {
    const text = spec.subnet ?? `10.0.${index}.0/24`;
    const subnet = parseSubnet(text);
    if (subnet === null)
      problems.add(
        ['network', segment, 'subnet'],
        `"${text}" is no subnet`,
        'Write an IPv4 subnet such as 10.0.0.0/24, prefix 8 to 30, host bits 0.',
      );
    subnets.set(segment, subnet ?? fallback);
  });
  const machines: [Path, string, RawPlace][] = [
    ...Object.entries(raw.hosts).map(([name, spec]): [Path, string, RawPlace] => [['hosts', name], name, spec]),
    ...Object.entries(raw.adversaries ?? {}).map(([name, spec]): [Path, string, RawPlace] => [
      ['adversaries', name],
      name,
      spec,
    ]),
  ];
  const taken = chosenAddresses(machines, subnets, problems);
  const ipv6 = new Map(Object.entries(raw.network).map(([segment, spec]) => [segment, spec.ipv6]));
  const found = new Map<string, readonly InterfaceSpec[]>();
  for (const [path, name, spec] of machines)
    found.set(name, interfacesOf(path, spec, { subnets, ipv6, taken, problems }));
  return { of: (machine) => found.get(machine) ?? [], subnets };
}

/** The addresses that the file gives out itself, each once and inside its subnet. */
function chosenAddresses(
  machines: readonly [Path, string, RawPlace][],
  subnets: ReadonlyMap<string, Subnet>,
  problems: Problems,
): Map<number, string> {
  const taken = new Map<number, string>();
  for (const [path, name, spec] of machines) {
    if (spec.address === undefined) continue;
    const segment = listOf(spec.on)[0] ?? '';
    const address = checkedAddress(spec.address, segment, subnets, [...path, 'address'], problems);
    if (address === null) continue;
    const owner = taken.get(address);
    if (owner !== undefined)
      problems.add(
        [...path, 'address'],
        `${spec.address} belongs to ${owner} already`,
        'Give each machine an address of its own.',
      );
    taken.set(address, name);
  }
  return taken;
}

/** The address as a number if a host may have it on that segment; else null, and a problem. */
export function checkedAddress(
  text: string,
  segment: string,
  subnets: ReadonlyMap<string, Subnet>,
  path: Path,
  problems: Problems,
): number | null {
  const address = parseAddress(text);
  if (address === null) {
    problems.add(path, `"${text}" is no IPv4 address`, 'Write four numbers from 0 to 255, such as 10.0.0.9.');
    return null;
  }
  const subnet = subnets.get(segment);
  if (subnet !== undefined && !isHostIn(address, subnet)) {
    problems.add(
      path,
      `${text} is outside of ${segment}, which is ${subnetText(subnet)}`,
      'Take an address of that subnet, or give the segment another subnet.',
    );
    return null;
  }
  return address;
}

interface Giving {
  readonly subnets: ReadonlyMap<string, Subnet>;
  readonly ipv6: ReadonlyMap<string, RawSegment['ipv6']>;
  readonly taken: Map<number, string>;
  readonly problems: Problems;
}

function interfacesOf(
  path: Path,
  spec: RawPlace,
  { subnets, ipv6, taken, problems }: Giving,
): readonly InterfaceSpec[] {
  const segments = listOf(spec.on);
  return segments.flatMap((segment, index) => {
    const subnet = subnets.get(segment);
    if (subnet === undefined) {
      const at = typeof spec.on === 'string' ? [...path, 'on'] : [...path, 'on', index];
      problems.add(at, `there is no segment "${segment}"`, suggestion(segment, [...subnets.keys()]));
      return [];
    }
    const address =
      index === 0 && spec.address !== undefined ? spec.address : freeAddress(subnet, taken, path, problems);
    const [families, { prefix }] = [ipv6.get(segment), subnet];
    const linkLocal = families === undefined ? null : linkLocalOf(parseAddress(address) ?? 0);
    return [{ name: `eth${index}`, segment, address: families === 'alone' ? null : address, prefix, linkLocal }];
  });
}

/** The IPv4 address that is given out is the interface identifier: a reader sees whose it is. It stays when that one changes. */
function linkLocalOf(address: number): string {
  return formatAddress({
    family: 6,
    bytes: Uint8Array.of(
      0xfe,
      0x80,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...[24, 16, 8, 0].map((by) => (address >>> by) & 255),
    ),
    zone: null,
  });
}

function freeAddress(subnet: Subnet, taken: Map<number, string>, path: Path, problems: Problems): string {
  let address = subnet.base + firstHost;
  while (taken.has(address)) address++;
  if (!isHostIn(address, subnet))
    problems.add(
      path,
      `no address is left in ${subnetText(subnet)}`,
      'Give the segment a larger subnet, such as 10.0.0.0/16.',
      'key',
    );
  taken.set(address, String(path[1]));
  return addressText(address);
}
