/** Small things that every part of `locate` uses: steps in order, notes to the disk, tokens, and what a person reads. */
import type { Effect, Suite } from '../contract.ts';
import { peerView, setTimer } from '../lp1/speech.ts';
import { sequence, type Turn } from '../table.ts';
import type { Trial } from './events.ts';
import { writeNote } from './note.ts';
import { type LocateState, limits, type Partner, type PartnerKeys, partnerOf, putPartner, times } from './state.ts';

export type Step = (state: LocateState) => Turn<LocateState>;

export const chain: (state: LocateState, ...steps: readonly Step[]) => Turn<LocateState> = sequence;

export function emit(...effects: readonly Effect[]): Step {
  return (state) => [state, effects];
}

/** Changes one partner as it is then; nothing where it is gone. */
export function change(record: string, how: (partner: Partner) => Partner, ...effects: readonly Effect[]): Step {
  return (state) => {
    const partner = partnerOf(state, record);
    return partner === undefined ? [state, []] : [putPartner(state, how(partner)), effects];
  };
}

/** One step for the partner as it is then. */
export function withPartner(record: string, step: (state: LocateState, partner: Partner) => Turn<LocateState>): Step {
  return (state) => {
    const partner = partnerOf(state, record);
    return partner === undefined ? [state, []] : step(state, partner);
  };
}

export function keysOf(state: LocateState, record: string): PartnerKeys | undefined {
  return state.secrets.partners.find((keys) => keys.record === record);
}

/** What is not to be forgotten of this partner. `why` names what waits for the outcome; nothing waits for `seen`. */
export function noteEffect(suite: Suite, partner: Partner, why: 'epoch' | 'heard' | 'seen'): Effect {
  const { record, epoch, step, heard, addresses } = partner;
  const which = why === 'heard' ? `/${heard.epoch}` : '';
  return {
    type: 'store',
    id: `${record}/${why}${which}`,
    record: writeNote(suite, { record, epoch, step, heard: heard.epoch, addresses }),
  };
}

/** From now on, for 200 ms, this is not said to the partner again. */
export function calmed(partner: Partner, said: readonly string[]): readonly [Partner, Effect] {
  const calm = [...partner.calm, ...said].slice(-limits.calm);
  return [{ ...partner, calm }, setTimer(`calm ${partner.record}`, times.calm)];
}

export function calmTimer(state: LocateState, { partner }: { partner: Partner }): Turn<LocateState> {
  return [putPartner(state, { ...partner, calm: [] }), []];
}

export function troubled(what: string, reason: string): Effect {
  return { type: 'notify', notice: { event: 'trouble', what, reason } };
}

/** Half a pairing, and why: for a person. */
export function halved({ record, bond, route }: Partner, why: string): Effect {
  return { type: 'notify', notice: { event: 'half', record, peer: peerView(bond.peer, route ?? bond.route), why } };
}

/** Pays for a trial: by a token, or, where it had waited, with the timer's. */
export function spend({ group, queued }: Trial): Step {
  return (state) => {
    const { tokens, queue } = state.trials[group];
    const left = queued ? { tokens, queue: queue.slice(1) } : { tokens: tokens - 1, queue };
    const next = { ...state, trials: { ...state.trials, [group]: left } };
    const first = queued || tokens === limits.trials;
    return [next, first ? [setTimer(`trial ${group}`, times.trial)] : []];
  };
}
