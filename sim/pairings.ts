/**
 * What hosts have on their disks before a run begins: the records of pairings that lp1 made. Each is made by lp1 itself,
 * by the two hosts alone on a quiet network, and then set back to where the scenario wants it.
 */
import type { Json, Protocol, StoredRecord } from '../protocol/contract.ts';
import { lp1 } from '../protocol/index.ts';
import { quietLink } from './network.ts';
import type { Held, HostSpec, Scenario } from './scenario/scenario.ts';
import type { Contents } from './storage.ts';
import type { Subject } from './subject.ts';
import { createWorld } from './world.ts';

/** By host; only of hosts that hold something. */
export function disksOf({ hosts }: Scenario, subject: Subject): ReadonlyMap<string, Contents> {
  const disks = new Map<string, Contents>();
  hosts.forEach((host, index) => {
    for (const peer of hosts.slice(index + 1)) {
      const here = host.holds.find((held) => held.peer === peer.name);
      const there = peer.holds.find((held) => held.peer === host.name);
      if (here === undefined && there === undefined) continue;
      const [mine, theirs] = pair(host, peer, subject);
      if (here !== undefined) add(disks, host.name, setBack(mine, here));
      if (there !== undefined) add(disks, peer.name, setBack(theirs, there));
    }
  });
  return disks;
}

function add(disks: Map<string, Contents>, name: string, { records, lines }: Contents): void {
  const before = disks.get(name) ?? { records: [], lines: [] };
  disks.set(name, { records: [...before.records, ...records], lines: [...before.lines, ...lines] });
}

/** Of the meeting before the run. With a seed that runs use too, both would draw the same iids, and know them as their own. */
const meetingSeed = 0x6d_65_65_74;

/** The two disks after they paired. */
function pair(a: HostSpec, b: HostSpec, subject: Subject): readonly [Contents, Contents] {
  const specs = [a, b].map(
    (spec): HostSpec => ({
      ...spec,
      interfaces: spec.interfaces.slice(0, 1).map((place) => ({ ...place, segment: 'meeting' })),
      phrase: '7-ladder-acid-hope-rabbit',
      startsUs: 0,
      typesUs: null,
      fails: [],
      peers: [],
      holds: [],
      phraseBits: 44,
      windowMs: 600_000,
    }),
  );
  const scenario: Scenario = {
    name: 'meeting',
    title: 'two pair before the run',
    covers: [],
    protocols: {},
    seed: meetingSeed,
    segments: { meeting: quietLink },
    links: [],
    routed: [],
    hosts: specs,
    adversaries: [],
    drops: [],
    shifts: [],
    script: [],
    expect: [],
    endsUs: 60_000_000,
  };
  const meeting: Subject = { ...subject, name: 'lp1', protocol: lp1.protocol as unknown as Protocol };
  const world = createWorld({ scenario, subject: meeting, seed: meetingSeed, watch: () => {}, silent: [] });
  world.run(100_000);
  const contents = (name: string): Contents => {
    const disk = world.hosts.get(name)?.disk;
    if (disk === undefined || disk.records.length !== 1 || disk.lines.length !== 1)
      throw new RangeError(`${a.name} and ${b.name} did not pair before the run`);
    return { records: disk.records, lines: disk.lines };
  };
  return [contents(a.name), contents(b.name)];
}

/** As if the pairing had been interrupted there, or taken back since. */
function setBack({ records, lines }: Contents, { as }: Held): Contents {
  const fields = {
    whole: {},
    unheard: { heard: 'ready' },
    stored: { step: 'stored', heard: 'nothing' },
    revoked: { step: 'revoked', heard: 'nothing', reason: 5 },
  } as const;
  const altered = records.map((record): StoredRecord => {
    const { body } = record;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return record;
    return { ...record, body: { ...(body as { readonly [name: string]: Json }), ...fields[as] } };
  });
  return { records: altered, lines: as === 'whole' || as === 'unheard' ? lines : [] };
}
