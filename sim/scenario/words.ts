/** A script in words: for traces, for what was waited for in vain, and for what is left of a failure. Nothing typed is in it. */
import type { Family } from '../network.ts';
import type { Action, Moment, Scenario, Selector, Trigger } from './scenario.ts';

/** The whole script, an item a line, datagrams first: "PairDone number 1 from bob to alice is taken away". */
export function scriptText({ drops, shifts, script }: Scenario): readonly string[] {
  return [
    ...drops.map((drop) => `${selectorText(drop)} is taken away`),
    ...shifts.map((shift) => {
      const how = shift.does === 'delay' ? 'arrives later, by' : 'arrives again, after';
      return `${selectorText(shift)} ${how} ${shift.byUs / 1000} ms`;
    }),
    ...script.map(({ trigger, action }) => `${triggerText(trigger)}: ${actionText(action)}`),
  ];
}

function triggerText(trigger: Trigger): string {
  if ('atUs' in trigger) return `at ${trigger.atUs / 1000} ms`;
  return `${trigger.plusUs === 0 ? '' : `${trigger.plusUs / 1000} ms after `}${momentText(trigger.when)}`;
}

/** Without what is typed. */
export function actionText(action: Action): string {
  switch (action.does) {
    case 'types':
      return `${action.host} types a phrase`;
    case 'restart':
      return `${action.host} restarts${action.disk === 'kept' ? '' : ` with its disk ${action.disk}`}${action.phrase === null ? '' : ' and types a phrase'}`;
    case 'chooses':
      return `${action.host} chooses ${action.peer}`;
    case 'finds':
    case 'forgets':
      return `${action.host} ${action.does} ${action.peer}`;
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
      return `the rules from ${action.from} to ${action.to} change${familyText(action.family)}`;
    case 'heal':
      return 'the network heals';
    case 'change':
      return `the rules of ${action.segment} change${familyText(action.family)}`;
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

function familyText(family: Family | null): string {
  return family === null ? '' : ` for IPv${family}`;
}

export function selectorText({ kind, first, last, from, to, meanwhile }: Selector): string {
  const whom = to === null ? '' : ` to ${to}`;
  const when = meanwhile === null ? '' : ` while ${meanwhile.host} is ${meanwhile.situation}`;
  return `${kind} number ${first === last ? first : `${first} to ${last}`} from ${from}${whom}${when}`;
}

export function momentText({ host, sees, what, nth }: Moment): string {
  return `${host} ${sees}${what === null ? '' : ` ${what}`}, number ${nth}`;
}
