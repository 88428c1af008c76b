/**
 * When the acts of a script come: at their times, or at the moments that they wait for. Two runs of one scenario see its moments
 * at other times; where they are compared, what befalls the machines comes in the second as it came in the first.
 */
import type { Protocol } from '../protocol/contract.ts';
import type { RunEvent } from './events.ts';
import type { Action, Moment, ScriptItem } from './scenario/scenario.ts';
import { momentText } from './scenario/words.ts';

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

export interface CueOptions {
  readonly script: readonly ScriptItem[];
  readonly protocol: Protocol;
  readonly act: (action: Action) => void;
  readonly after: (delayUs: number, then: () => void) => void;
  readonly nowUs: () => number;
  readonly schedule?: Schedule | undefined;
}

export interface Cues {
  /** Sets the times. Once, before the run. */
  begin(): void;
  see(event: RunEvent): void;
  /** What was waited for in vain so far. */
  stale(): readonly string[];
  /** Those that came so far. */
  moments(): Moments;
}

/** An act that waits for its moment. */
interface Waiting {
  readonly place: number;
  readonly moment: Moment;
  readonly plusUs: number;
  readonly action: Action;
  seen: number;
}

export function createCues({ script, protocol, act, after, nowUs, schedule }: CueOptions): Cues {
  const waiting = script.flatMap(({ trigger, action }, place): Waiting[] =>
    'when' in trigger ? [{ place, moment: trigger.when, plusUs: trigger.plusUs, action, seen: 0 }] : [],
  );
  const came = new Map<number, number>();
  const comes = ({ place, plusUs, action }: Waiting): void => {
    came.set(place, nowUs());
    // At once when no delay is asked for: a crash then comes before anything else that the event leads to.
    if (plusUs === 0) act(action);
    else after(plusUs, () => act(action));
  };
  const isScheduled = ({ does }: Action): boolean => schedule !== undefined && !helps.has(does);
  /** In us; what would come before the run comes at its begin. */
  const shifted = (atUs: number, action: Action): number =>
    isScheduled(action) ? Math.max(0, atUs - (schedule?.soonerUs ?? 0)) : atUs;
  return {
    begin() {
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
      for (const one of waiting) {
        if (one.seen >= one.moment.nth || !isMoment(event, one.moment, protocol)) continue;
        one.seen++;
        if (one.seen < one.moment.nth) continue;
        const isDue = schedule?.soonerUs === 0 && schedule.moments.get(one.place) === nowUs();
        if (!isScheduled(one.action) || isDue) comes(one);
      }
    },
    stale: () =>
      waiting
        .filter(({ seen, moment }) => seen < moment.nth)
        .map(({ moment, seen }) => `${momentText(moment)} (seen ${seen} times)`),
    moments: () => came,
  };
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
