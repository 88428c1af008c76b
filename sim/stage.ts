/** The script on the stage: does what the scenario says at its times and moments, and takes datagrams away by meaning. */
import type { Protocol } from '../protocol/contract.ts';
import { createCues, type Moments, type Schedule } from './cues.ts';
import type { RunEvent } from './events.ts';
import { type Host, typedBy } from './host.ts';
import type { Datagram, Network, Station } from './network.ts';
import type { Action, ForProtocols, Scenario, Selector } from './scenario/scenario.ts';
import { actionText, selectorText } from './scenario/words.ts';
import type { Interception } from './wire.ts';

export interface Stage {
  /** Sets the times of the script. Once, before the run. */
  begin(): void;
  see(event: RunEvent): void;
  /** What the scenario does to this copy. Counts: ask once for each copy. */
  intercept(datagram: Datagram, to: Station): Interception;
  /** What the script waited for and never saw: it names something that this run has not. */
  stale(): readonly string[];
  /** When each moment that the script waited for came, in us, by its place in the script. */
  moments(): Moments;
}

export interface StageOptions {
  readonly scenario: Scenario;
  readonly protocol: Protocol;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly network: Network;
  readonly after: (delayUs: number, then: () => void) => void;
  readonly nowUs: () => number;
  readonly emit: (event: RunEvent) => void;
  readonly schedule?: Schedule | undefined;
}

export function createStage(options: StageOptions): Stage {
  const { scenario, after, hosts } = options;
  const act = (action: Action): void => {
    options.emit({ type: 'script', atUs: options.nowUs(), does: action.does, what: actionText(action) });
    perform(action, options);
  };
  const isMine = ({ protocols }: ForProtocols): boolean =>
    protocols === null || protocols.includes(options.protocol.name);
  const script = scenario.script.filter(isMine);
  const cues = createCues({ ...options, script, act });
  const counted = (selector: Selector): Count => ({ selector, last: 0, number: 0 });
  const drops = scenario.drops.filter(isMine).map(counted);
  const shifts = scenario.shifts.filter(isMine).map((shift) => ({ ...shift, count: counted(shift) }));
  const counts = [...drops, ...shifts.map(({ count }) => count)];
  const situations = new Map<string, string>();

  return {
    begin() {
      for (const { typesUs, phrase, name } of scenario.hosts) {
        if (typesUs !== null && phrase !== null) after(typesUs, () => act({ does: 'types', host: name, phrase }));
      }
      cues.begin();
    },
    see(event) {
      if (event.type === 'step') situations.set(event.host, event.state.situation);
      if (event.type === 'crashed') situations.delete(event.host);
      cues.see(event);
    },
    intercept(datagram, to) {
      const picks = (count: Count): boolean =>
        isMeant(count.selector, { datagram, to, situations, hosts, protocol: options.protocol }) &&
        turn(count, datagram);
      // Each of them counts, whichever takes it away.
      const dropped = drops.filter(picks).length > 0;
      let byUs = 0;
      let againUs = 0;
      for (const shift of shifts) {
        if (!picks(shift.count)) continue;
        if (shift.does === 'delay') byUs += shift.byUs;
        else againUs = shift.byUs;
      }
      if (dropped) return { does: 'drop' };
      return againUs === 0 ? { does: 'delay', byUs } : { does: 'repeat', byUs, againUs };
    },
    moments: () => cues.moments(),
    stale: () => [
      ...cues.stale(),
      ...counts
        .filter(({ selector, number }) => number < selector.first)
        .map(({ selector, number }) => `${selectorText(selector)} (seen ${number})`),
    ],
  };
}

/** How many of the datagrams that are meant were sent so far. */
interface Count {
  readonly selector: Selector;
  /** Id of the one that was counted last. */
  last: number;
  number: number;
}

/** Counts datagrams, not copies: true when it is the turn of this one. */
function turn(count: Count, { id }: Datagram): boolean {
  if (id !== count.last) {
    count.last = id;
    count.number++;
  }
  return count.number >= count.selector.first && count.number <= count.selector.last;
}

interface Sight {
  readonly datagram: Datagram;
  readonly to: Station;
  readonly situations: ReadonlyMap<string, string>;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly protocol: Protocol;
}

/** To everybody, or to the one that it names. */
function isMeant(selector: Selector, { datagram, to, situations, hosts, protocol }: Sight): boolean {
  const { from, meanwhile } = selector;
  if (datagram.sender.host !== from || (selector.to === null ? !hosts.has(to.host) : selector.to !== to.host))
    return false;
  if (meanwhile !== null && situations.get(meanwhile.host) !== meanwhile.situation) return false;
  return protocol.describe(datagram.bytes).kind === selector.kind;
}

function perform(action: Action, { hosts, network }: StageOptions): void {
  if (action.does === 'cut' || action.does === 'clog')
    return network[action.does](action.between, action.and, action.oneWay);
  if (action.does === 'heal') return network.heal();
  if (action.does === 'change') return network.change(action.segment, action.rules, action.family);
  if (action.does === 'changeLink') return network.changeLink(action.from, action.to, action.rules, action.family);
  const host = hosts.get(action.host);
  if (host !== undefined) performOn(host, action, hosts);
}

function performOn(host: Host, action: Extract<Action, { host: string }>, hosts: ReadonlyMap<string, Host>): void {
  switch (action.does) {
    case 'types':
      return host.command({ name: 'phrase', phrase: typedBy(host.spec, action.phrase) });
    case 'cancel':
      return host.command({ name: 'cancel' });
    case 'nudge':
    case 'grant':
      return host.command({ name: action.does });
    case 'chooses':
      return host.choose(hosts.get(action.peer)?.self.sshKey ?? action.peer);
    case 'finds':
    case 'forgets': {
      const record = host.disk.recordOf(hosts.get(action.peer)?.self.sshKey ?? '');
      return host.command({ name: action.does === 'finds' ? 'find' : 'forget', record });
    }
    case 'resume':
      return host.resume();
    case 'crash':
      return host.crash();
    case 'backup':
      return host.disk.backup();
    case 'restart':
      if (action.disk !== 'kept') host.replaceDisk(action.disk);
      return host.start(action.phrase);
    case 'pause':
    case 'sleep':
      return host.stop(action.does);
    case 'snapshot':
      return host.snapshot();
    case 'rollback':
      return host.rollback();
    case 'moves':
      return host.readdress(action.interface, action.address);
    case 'plug':
      return host.plug(action.interface, action.up);
    case 'rebinds':
      return host.rebind();
    case 'clock':
      return host.stepClock(action.byMs);
    case 'fails':
      host.faults = new Set(action.fails);
  }
}
