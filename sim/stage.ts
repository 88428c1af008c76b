/** The script on the stage: does what the scenario says at its times and moments, and takes datagrams away by meaning. */
import type { Protocol } from '../protocol/contract.ts';
import type { RunEvent } from './events.ts';
import { type Host, typedBy } from './host.ts';
import type { Datagram, Network, Station } from './network.ts';
import type { Action, ForProtocols, Moment, Scenario, Selector } from './scenario/scenario.ts';
import { actionText, momentText, selectorText } from './scenario/words.ts';
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

/** By place in the script, in us. */
export type Moments = ReadonlyMap<number, number>;

/**
 * When things befell the machines in another run that this one is compared with: here they do at the same times, so much sooner
 * (below 0: later), and only if they did there. Else the two would differ by that, and not by what the one has more.
 */
export interface Schedule {
  readonly moments: Moments;
  readonly soonerUs: number;
}

/** What helps a pairing, or ends what does not. Anything else befalls somebody. */
const helps: ReadonlySet<Action['does']> = new Set(['types', 'chooses', 'nudge', 'grant', 'finds', 'resume', 'heal']);

export interface StageOptions {
  readonly scenario: Scenario;
  readonly protocol: Protocol;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly network: Network;
  readonly after: (delayUs: number, then: () => void) => void;
  readonly nowUs: () => number;
  readonly emit: (event: RunEvent) => void;
  readonly schedule?: Schedule;
}

export function createStage(options: StageOptions): Stage {
  const { scenario, after, hosts } = options;
  const act = (action: Action): void => {
    options.emit({ type: 'script', atUs: options.nowUs(), what: actionText(action) });
    perform(action, options);
  };
  const isMine = ({ protocols }: ForProtocols): boolean =>
    protocols === null || protocols.includes(options.protocol.name);
  const script = scenario.script.filter(isMine);
  const waiting = script.flatMap(({ trigger, action }, place) =>
    'when' in trigger ? [{ place, moment: trigger.when, plusUs: trigger.plusUs, action, seen: 0 }] : [],
  );
  const came = new Map<number, number>();
  /** At once when no delay is asked for: a crash then comes before anything else that the event leads to. */
  const comes = ({ place, plusUs, action }: (typeof waiting)[number]): void => {
    came.set(place, options.nowUs());
    if (plusUs === 0) act(action);
    else after(plusUs, () => act(action));
  };
  const { schedule } = options;
  const isScheduled = (action: Action): boolean => schedule !== undefined && !helps.has(action.does);
  /** In us; a moment of before the run is at its begin. */
  const shifted = (atUs: number, action: Action): number =>
    isScheduled(action) ? Math.max(0, atUs - (schedule?.soonerUs ?? 0)) : atUs;
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
      for (const { trigger, action } of script) {
        if ('atUs' in trigger) after(shifted(trigger.atUs, action), () => act(action));
      }
      for (const one of waiting) {
        const atUs = schedule?.moments.get(one.place);
        if (atUs === undefined || !isScheduled(one.action)) continue;
        // Where the moment came at that time here as well it was seen by now.
        after(shifted(atUs, one.action) + 1, () => {
          if (!came.has(one.place)) comes(one);
        });
      }
    },
    see(event) {
      if (event.type === 'step') situations.set(event.host, event.state.situation);
      if (event.type === 'crashed') situations.delete(event.host);
      for (const one of waiting) {
        if (one.seen >= one.moment.nth || !isMoment(event, one.moment, options.protocol)) continue;
        one.seen++;
        if (one.seen < one.moment.nth) continue;
        const isDue = schedule?.soonerUs === 0 && schedule.moments.get(one.place) === options.nowUs();
        if (!isScheduled(one.action) || isDue) comes(one);
      }
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
    moments: () => came,
    stale: () => [
      ...waiting
        .filter(({ seen, moment }) => seen < moment.nth)
        .map(({ moment, seen }) => `${momentText(moment)} (seen ${seen} times)`),
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

function isMoment(event: RunEvent, { host, sees, what }: Moment, protocol: Protocol): boolean {
  if (event.type === 'stored') return sees === 'stores' && event.host === host;
  if (event.type === 'authorized') return sees === 'authorizes' && event.host === host;
  if (event.type === 'sent') {
    const { sender, bytes } = event.datagram;
    return sees === 'sends' && sender.host === host && protocol.describe(bytes).kind === what;
  }
  if (event.type !== 'step' || event.host !== host) return false;
  if (sees === 'situation') return event.state.situation === what && event.cell.situation !== what;
  if (sees === 'notice')
    return event.effects.some((effect) => effect.type === 'notify' && effect.notice.event === what);
  // A host hears its own multicasts: a script means those of others, and what they say, not what somebody repeats of it.
  const { heard } = event;
  if (sees !== 'hears' || heard === null || heard.sender.host === host || heard.repeats !== null) return false;
  return protocol.describe(heard.bytes).kind === what;
}

function perform(action: Action, { hosts, network }: StageOptions): void {
  if (action.does === 'cut' || action.does === 'clog')
    return network[action.does](action.between, action.and, action.oneWay);
  if (action.does === 'heal') return network.heal();
  if (action.does === 'change') return network.change(action.segment, action.rules);
  if (action.does === 'changeLink') return network.changeLink(action.from, action.to, action.rules);
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
