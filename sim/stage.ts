/** The script on the stage: does what the scenario says at its times and moments, and takes datagrams away by meaning. */
import type { Protocol } from '../protocol/contract.ts';
import type { RunEvent } from './events.ts';
import { type Host, typedBy } from './host.ts';
import type { Datagram, Network, Station } from './network.ts';
import type { Action, Drop, ForProtocols, Moment, Scenario } from './scenario/scenario.ts';

export interface Stage {
  /** Sets the times of the script. Once, before the run. */
  begin(): void;
  see(event: RunEvent): void;
  /** Whether a scenario's drop takes this copy away. Counts: ask once for each copy. */
  drops(datagram: Datagram, to: Station): boolean;
  /** What the script waited for and never saw: it names something that this run has not. */
  stale(): readonly string[];
}

export interface StageOptions {
  readonly scenario: Scenario;
  readonly protocol: Protocol;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly network: Network;
  readonly after: (delayUs: number, then: () => void) => void;
  readonly nowUs: () => number;
  readonly emit: (event: RunEvent) => void;
}

export function createStage(options: StageOptions): Stage {
  const { scenario, after, hosts } = options;
  const act = (action: Action): void => {
    options.emit({ type: 'script', atUs: options.nowUs(), what: inWords(action) });
    perform(action, options);
  };
  const isMine = ({ protocols }: ForProtocols): boolean =>
    protocols === null || protocols.includes(options.protocol.name);
  const script = scenario.script.filter(isMine);
  const waiting = script.flatMap((item) =>
    'when' in item.trigger
      ? [{ moment: item.trigger.when, plusUs: item.trigger.plusUs, action: item.action, seen: 0 }]
      : [],
  );
  const counts = scenario.drops.filter(isMine).map((drop) => ({ drop, last: 0, number: 0 }));

  return {
    begin() {
      for (const { typesUs, phrase, name } of scenario.hosts) {
        if (typesUs !== null && phrase !== null) after(typesUs, () => act({ does: 'types', host: name, phrase }));
      }
      for (const { trigger, action } of script) {
        if ('atUs' in trigger) after(trigger.atUs, () => act(action));
      }
    },
    see(event) {
      for (const one of waiting) {
        if (one.seen >= one.moment.nth || !isMoment(event, one.moment, options.protocol)) continue;
        one.seen++;
        if (one.seen < one.moment.nth) continue;
        // At once when no delay is asked for: a crash then comes before anything else that the event leads to.
        if (one.plusUs === 0) act(one.action);
        else after(one.plusUs, () => act(one.action));
      }
    },
    drops(datagram, to) {
      let dropped = false;
      for (const count of counts) {
        if (!isMeant(count.drop, datagram, to, options.protocol, hosts)) continue;
        if (datagram.id !== count.last) {
          count.last = datagram.id;
          count.number++;
        }
        if (count.number >= count.drop.first && count.number <= count.drop.last) dropped = true;
      }
      return dropped;
    },
    stale: () => [
      ...waiting
        .filter(({ seen, moment }) => seen < moment.nth)
        .map(({ moment, seen }) => `${momentInWords(moment)} (seen ${seen} times)`),
      ...counts
        .filter(({ drop, number }) => number < drop.first)
        .map(({ drop, number }) => `${drop.kind} number ${drop.first} from ${drop.from} (seen ${number})`),
    ],
  };
}

/** A drop counts datagrams, not copies: to everybody, or to the one that it names. */
function isMeant(
  drop: Drop,
  datagram: Datagram,
  to: Station,
  protocol: Protocol,
  hosts: ReadonlyMap<string, Host>,
): boolean {
  if (datagram.sender.host !== drop.from || (drop.to === null ? !hosts.has(to.host) : drop.to !== to.host))
    return false;
  return protocol.describe(datagram.bytes).kind === drop.kind;
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
  // A host hears its own multicasts: a script means those of others.
  const { heard } = event;
  return (
    sees === 'hears' && heard !== null && heard.sender.host !== host && protocol.describe(heard.bytes).kind === what
  );
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

function momentInWords({ host, sees, what, nth }: Moment): string {
  return `${host} ${sees}${what === null ? '' : ` ${what}`}, number ${nth}`;
}

/** For traces: without what is typed. */
function inWords(action: Action): string {
  switch (action.does) {
    case 'types':
      return `${action.host} types a phrase`;
    case 'restart':
      return `${action.host} restarts${action.disk === 'kept' ? '' : ` with its disk ${action.disk}`}${action.phrase === null ? '' : ' and types a phrase'}`;
    case 'chooses':
      return `${action.host} chooses ${action.peer}`;
    case 'moves':
      return `${action.host} moves to ${action.address}`;
    case 'plug':
      return `${action.host}: ${action.interface} is plugged ${action.up ? 'in' : 'out'}`;
    case 'rebinds':
      return `${action.host} binds its own sockets to other ports`;
    case 'clock':
      return `the wall clock of ${action.host} is set by ${action.byMs} ms`;
    case 'fails':
      return `${action.host}: from now on fails: ${action.fails.join(', ') || 'nothing'}`;
    case 'cut':
      return `the network is cut between ${action.between.join(', ')} and ${action.and.join(', ')}${action.oneWay ? ', one way' : ''}`;
    case 'clog':
      return `the network is clogged between ${action.between.join(', ')} and ${action.and.join(', ')}${action.oneWay ? ', one way' : ''}`;
    case 'changeLink':
      return `the rules from ${action.from} to ${action.to} change`;
    case 'heal':
      return 'the network heals';
    case 'change':
      return `the rules of ${action.segment} change`;
    case 'cancel':
    case 'nudge':
    case 'grant':
    case 'resume':
    case 'crash':
    case 'backup':
    case 'pause':
    case 'sleep':
    case 'snapshot':
    case 'rollback':
      return `${action.host}: ${action.does}`;
  }
}
