import type { Protocol } from '../../protocol/contract.ts';
import { arrivesAtLeast, quietLink } from '../faults/rules.ts';
import type { HostSpec, InterfaceSpec, Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';
import type { HostSummary } from '../summary.ts';
import {
  type Break,
  type Couple,
  couplesOf,
  inconclusive,
  type Oracle,
  pairedWith,
  type Sights,
  sessionOf,
  stallable,
  verdictOf,
} from './oracle.ts';

/** With less chance than this to arrive, a window may well be too short. */
const fairLoss = { numerator: 1, denominator: 2 };

export const fairLossPairs: Oracle = {
  number: 6,
  name: 'fair-loss',
  claim: 'Under fair loss both sides end paired.',
  watch: (setting) => {
    const { scenario, subject } = setting;
    const network = networkWatch();
    return {
      sees: { script: network.see },
      finish({ summary, stopped }) {
        if (stopped === 'events') return inconclusive('the run was cut off');
        const couples =
          network.wasFair() && !keptApart(scenario, subject)
            ? couplesOf(summary, setting).filter((couple) => isFairFor(couple, scenario, subject))
            : [];
        const failures = couples
          .filter(([a, b]) => !pairedWith(a, b) || !pairedWith(b, a))
          .map(
            ([a, b]): Break => ({
              text: `${a.name} ends ${a.situation ?? 'down'}, ${b.name} ends ${b.situation ?? 'down'}: not paired`,
              hosts: [a.name, b.name],
              facts: {
                paired: [...(pairedWith(a, b) ? [a.name] : []), ...(pairedWith(b, a) ? [b.name] : [])],
                half: [a, b].filter(({ situation }) => situation === 'Half').map(({ name }) => name),
                earlier: [a, b].filter((host) => endedAnother(host, [a, b])).map(({ name }) => name),
              },
            }),
          );
        return verdictOf(couples.length, 'couples with a fair chance', failures);
      },
    };
  },
};

/**
 * What the script cut it healed again, soon enough. As it came in this run: a script tells only what each deed waits for, and a heal at
 * some time heals nothing that was cut when the machine came so far after it.
 */
function networkWatch(): { readonly see: NonNullable<Sights['script']>; wasFair(): boolean } {
  let isCut = false;
  let healedUs = 0;
  return {
    see(event) {
      if (event.does === 'cut' || event.does === 'clog') isCut = true;
      if (event.does !== 'heal') return;
      if (isCut) healedUs = event.atUs;
      isCut = false;
    },
    wasFair: () => !isCut && healedUs <= healedUsMax,
  };
}

/** Its last life came to the end of a pairing of an earlier one, with somebody else. */
function endedAnother(host: HostSummary, couple: Couple): boolean {
  return host.pairings.some(
    (pairing) =>
      pairing.boot === host.boot &&
      sessionOf(host, pairing) < host.boot &&
      !couple.some(({ key }) => key === pairing.key),
  );
}

/** A network that heals later may heal when a window is over: of 10 minutes, unless the scenario says otherwise. */
const healedUsMax = 300_000_000;

/** Whether somebody on the path can take away what he likes for longer than a network that heals is given. */
function keptApart({ adversaries }: Scenario, subject: Subject): boolean {
  return adversaries.some(({ is, untilUs }) => {
    const powers = subject.adversaries[is]?.powers ?? [];
    return (powers.includes('drop') || powers.includes('modify')) && untilUs > healedUsMax;
  });
}

/** Whether nothing but loss, delay, doubling, disorder, crashes with restart and strangers stood between the two. */
function isFairFor(couple: Couple, scenario: Scenario, { protocol }: Subject): boolean {
  const names = couple.map((host) => host.name);
  const specs = scenario.hosts.filter((spec) => names.includes(spec.name));
  const segments = specs.map((spec) =>
    spec.interfaces.filter((one) => speaks(one, protocol)).map((one) => one.segment),
  );
  const shared = segments[0]?.filter((segment) => segments[1]?.includes(segment)) ?? [];
  const rules = [
    ...shared.map((segment) => scenario.segments[segment] ?? quietLink),
    ...scenario.links.map((link) => link.rules),
  ];
  const fairLosses = rules.every((one) => arrivesAtLeast(one, fairLoss));
  return (
    shared.length > 0 &&
    fairLosses &&
    !names.some((name) => stallable(scenario).has(name)) &&
    specs.every((spec) => spec.fails.length === 0 && Object.keys(spec.flaky).length === 0 && spec.cloneOf === null) &&
    hasFamilyLeft(scenario, specs, protocol) &&
    isFairScript(scenario, names, Math.min(...specs.map(({ windowMs }) => windowMs))) &&
    couple.every(stayedToTheEnd)
  );
}

/** Not of IPv4 alone where there is IPv6 alone. */
function speaks({ address, linkLocal }: InterfaceSpec, { network: { groups } }: Protocol): boolean {
  return (address !== null && groups[4] !== null) || (linkLocal !== null && groups[6] !== null);
}

/** Whatever becomes of one family, there is the other one. */
function hasFamilyLeft({ script }: Scenario, specs: readonly HostSpec[], protocol: Protocol): boolean {
  const changed = new Set(script.flatMap(({ action }) => (action.does === 'change' ? [action.family] : [])));
  const { groups } = protocol.network;
  const hasBoth = ({ address, linkLocal }: InterfaceSpec): boolean => address !== null && linkLocal !== null;
  const speakBoth = groups[4] !== null && groups[6] !== null && specs.every((spec) => spec.interfaces.every(hasBoth));
  return changed.size === 0 || (changed.size === 1 && speakBoth);
}

/** Deeds after which a pair need not come to its end. */
const unfair: readonly string[] = ['cancel', 'fails', 'pause', 'sleep', 'plug', 'rollback'];

/**
 * So many words in a row may get lost in a window of 10 minutes, and in a shorter one as many fewer: of those that are repeated every
 * few seconds it could be all that are said in it.
 */
const dropsMax = 50;
const windowMsMax = 600_000;

function isFairScript({ script, drops, endsUs }: Scenario, names: readonly string[], windowMs: number): boolean {
  for (const { action } of script) {
    if (action.does === 'changeLink' || (action.does === 'change' && action.family === null)) return false;
    if ('host' in action && names.includes(action.host) && unfair.includes(action.does)) return false;
    if (action.does === 'forgets' && [action.host, action.peer].every((name) => names.includes(name))) return false;
    if (action.does === 'restart' && action.disk === 'wiped' && names.includes(action.host)) return false;
  }
  const most = dropsMax * Math.min(1, windowMs / windowMsMax);
  const finite = drops.every((drop) => drop.last - drop.first < most);
  return finite && endsUs >= 300_000_000;
}

/** Up at the end, and its person typed the phrase in its last life, or it was paired before. */
function stayedToTheEnd(host: HostSummary): boolean {
  return host.up && (host.typed.at(-1)?.boot === host.boot || host.pairings.length > 0);
}
