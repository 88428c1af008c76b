/** While our answer is on the air: the partner asks again, changes its address, finishes, or turns out to have answered us. */
import type { Suite } from '../contract.ts';
import type { Turn } from '../table.ts';
import { adopt, viewOf, withText } from './conversation.ts';
import type { Event } from './events.ts';
import { paired } from './finishing.ts';
import { answers, forgetStored, startAnswering, startGranting, writeRecord } from './granting.ts';
import { crowd } from './seeking.ts';
import { cancelTimers, sendAll, setTimer, spoken } from './speech.ts';
import { type AnnexState, type Candidate, limits, times } from './state.ts';

type On<T extends Event['type']> = Event & { readonly type: T };

export function answerAgain(state: AnnexState, suite: Suite): Turn<AnnexState> {
  return [state, [...sendAll(state, answers(state, suite)), setTimer('repeat', times.repeat)]];
}

/**
 * The partner asks again: perhaps from another address, perhaps after a restart with a new UUID. A new UUID is written
 * down before it is answered, or a crash in between would forget what the partner then finishes.
 */
export function askedAgain(state: AnnexState, event: On<'requestAgain'>): Turn<AnnexState> {
  const { current } = state;
  if (current === null) return [state, []];
  const isNew = !current.uuids.includes(event.uuid) && current.writing === null;
  const adopted = adopt(current, event);
  if (!isNew) {
    return adopted === current
      ? [state, []]
      : writeRecord({ ...state, current: adopted }, 'pairing', `update ${current.record}`);
  }
  return writeRecord({ ...state, current: { ...adopted, writing: event.uuid } }, 'pairing', `uuid ${current.record}`);
}

/** The new UUID is on the disk: now it is answered, too. */
export function uuidStored(state: AnnexState, suite: Suite): Turn<AnnexState> {
  const { current } = state;
  if (current?.writing == null) return [state, []];
  const uuids = withText(current.uuids, current.writing, limits.uuidsMax);
  const next: AnnexState = { ...state, current: { ...current, uuids, writing: null } };
  return [next, sendAll(next, spoken(next, 'PairAck', current.writing, suite))];
}

/** It will be asked again, and then tried again. */
export function uuidStoreFailed(state: AnnexState, event: On<'uuidStoreFailed'>): Turn<AnnexState> {
  const { current } = state;
  const next: AnnexState = current === null ? state : { ...state, current: { ...current, writing: null } };
  return [next, [{ type: 'notify', notice: { event: 'trouble', what: 'writing a record', reason: event.reason } }]];
}

/** Half, and the partner is there again: answer once more, for another window. */
export function answerOnceMore(state: AnnexState, suite: Suite): Turn<AnnexState> {
  const [next, effects] = startAnswering(state, suite);
  return [next, [...effects, setTimer('window', { minMs: state.windowMs, maxMs: state.windowMs })]];
}

/** The time is over and no PairDone came: the partner may be paired with us or not, and we say so. */
export function halve(state: AnnexState): Turn<AnnexState> {
  const { current } = state;
  if (current === null) return [state, []];
  const why = 'its key is installed here, but it never said that ours is installed there';
  return [
    { ...state, situation: 'Half' },
    [
      ...cancelTimers('repeat', 'patience'),
      { type: 'notify', notice: { event: 'half', record: current.record, peer: viewOf(current.partner), why } },
      { type: 'notify', notice: { event: 'settled' } },
    ],
  ];
}

export function finished(state: AnnexState, event: On<'doneProven'>, suite: Suite): Turn<AnnexState> {
  const { current } = state;
  if (current === null) return [state, []];
  return paired({ ...state, current: adopt(current, event) }, suite);
}

/**
 * Both asked, we answer theirs, and now they answer ours. If our request has the smaller UUID it wins at once. If not, a
 * lanpair will see our answer and stop; a git-annex may have sent its one PairDone into the void, and then only finishing
 * our own request ends its PairAcks.
 */
export function answeredMeanwhile(state: AnnexState, event: On<'ackProven'>, suite: Suite): Turn<AnnexState> {
  const { current, own } = state;
  if (current === null || own === null) return [state, []];
  const ours = own < (current.uuids[0] ?? '');
  if (ours || state.patience === 'over') return change(state, event.partner, 'initiator', suite);
  if (state.patience === 'running') return [state, []];
  return [{ ...state, patience: 'running' }, [setTimer('patience', times.patience)]];
}

/** A person prefers another one that proved the phrase. */
export function chooseOther(state: AnnexState, event: On<'choose'>, suite: Suite): Turn<AnnexState> {
  const other = state.rivals.find(({ candidate }) => candidate === event.candidate);
  return other === undefined ? [state, []] : change({ ...state, rivals: [] }, other, 'responder', suite);
}

/** Leave the current partner for this one. What the first was given is taken back, unless both have the same key. */
function change(state: AnnexState, to: Candidate, role: 'initiator' | 'responder', suite: Suite): Turn<AnnexState> {
  const { current } = state;
  const [granting, effects] = startGranting(state, role, to, suite);
  if (current === null || current.record === to.candidate) return [granting, effects];
  const [next, taken] = forgetStored(granting, current);
  return [next, [...taken, ...effects]];
}

/** A second machine answered our request, or asks with the phrase, when we are already with another one. */
export function secondMachine(state: AnnexState, event: On<'ackProven' | 'requestProven'>): Turn<AnnexState> {
  return [state, [...crowd(event.partner)]];
}
