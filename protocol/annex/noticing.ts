/** What is only told: refusals, alarms and trouble become notices, and the state hardly changes. */
import type { Notice } from '../contract.ts';
import type { Turn } from '../table.ts';
import type { Event } from './events.ts';
import type { AnnexState } from './state.ts';

type On<T extends Event['type']> = Event & { readonly type: T };

export function tellRefusal(state: AnnexState, { refusal, from }: On<'refused'>): Turn<AnnexState> {
  return tell(state, { event: 'refused', refusal, source: from.source });
}

/** git-annex turns pairing off here; anybody on the LAN could make it do so. We say it, and carry on. */
export function alarmBadDigest(state: AnnexState, { message, from }: On<'badDigest'>): Turn<AnnexState> {
  const detail = `a ${message.stage} for this pairing was not made with the phrase`;
  return tell(state, {
    event: 'refused',
    refusal: { fault: 'misbehaved', rule: 'bad-digest', detail },
    source: from.source,
  });
}

/** Our own ssh key, proven with the phrase, in a pairing that we never made: the machine was copied, key and all. */
export function alarmClone(state: AnnexState, { message }: On<'clone'>): Turn<AnnexState> {
  const detail = `${message.data.remoteHostName ?? 'a machine'} uses the same ssh key as this one; give one of them a key of its own`;
  return tell(state, { event: 'alarm', rule: 'cloned-machine', detail });
}

export function sideTrouble(state: AnnexState, { what, reason }: On<'sideFailed'>): Turn<AnnexState> {
  return tell(state, { event: 'trouble', what, reason });
}

export function notHere(state: AnnexState, { name }: On<'otherCommand'>): Turn<AnnexState> {
  return tell(state, { event: 'trouble', what: name, reason: 'annex has no such thing' });
}

export function newAddresses(state: AnnexState, { interfaces }: On<'interfaces'>): Turn<AnnexState> {
  return [{ ...state, interfaces }, []];
}

export function newEntropy(state: AnnexState, { entropy }: On<'resumed'>): Turn<AnnexState> {
  return [state.secrets === null ? state : { ...state, secrets: { ...state.secrets, entropy } }, []];
}

function tell(state: AnnexState, notice: Notice): Turn<AnnexState> {
  return [state, [{ type: 'notify', notice }]];
}
