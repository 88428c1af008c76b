/** The session around the peers: its start from lp1's records, what a person asks for, sleep, and its end. */
import { concat } from '../bytes.ts';
import type { Command, Effect, Endpoint, EndReason, Refusal, StartInput, StoredRecord, Suite } from '../contract.ts';
import { grantEffect } from '../lp1/bond.ts';
import { readRecord } from '../lp1/record.ts';
import { cancelTimers, notify, peerView, setTimer } from '../lp1/speech.ts';
import { put } from '../lp1/state.ts';
import type { Turn } from '../table.ts';
import { ask, askAgain, tell } from './asking.ts';
import { retry } from './healing.ts';
import { type Note, readNote } from './note.ts';
import { type Standing, sealKeys } from './sealed.ts';
import { chain, change, emit, halved, type Step, troubled } from './speech.ts';
import { type Bond, finished, idle, type LocateState, limits, type Partner, type PartnerKeys, times } from './state.ts';

/** `start`: everybody that a record is held of; who is half a pairing is asked at once. A phrase is not ours. */
export function begin(_: LocateState, { start }: { start: StartInput }, suite: Suite): Turn<LocateState> {
  const notes = start.records.flatMap((record) => readNote(record) ?? []);
  const known = start.records
    .flatMap((record) => readRecord(record) ?? [])
    .toSorted((a, b) => Number(finished(a.bond)) - Number(finished(b.bond)) || (a.bond.record < b.bond.record ? -1 : 1))
    .slice(0, limits.partners);
  let partners: readonly Partner[] = [];
  let keys: readonly PartnerKeys[] = [];
  for (const entry of known) {
    const { record, mine, theirs } = entry.bond;
    const note = notes.find((one) => one.record === record);
    partners = put(partners, partnerFrom(entry.bond, note), (partner) => partner.record);
    const sealing = sealKeys(suite, entry.keys.pair, mine, theirs);
    keys = put(keys, { record, bond: entry.keys, ...sealing }, (one) => one.record);
  }
  const state: LocateState = {
    ...idle,
    situation: 'Listening',
    secrets: { entropy: start.entropy.slice(), partners: keys },
    interfaces: start.interfaces,
    peers: start.peers,
    partners,
  };
  return chain(
    state,
    emit(
      ...(start.windowMs > 0 ? [setTimer('window', start.windowMs)] : []),
      notify({ event: 'seeking', role: 'listening' }),
      ...orphans(start.records),
    ),
    ...partners.filter(({ bond }) => !finished(bond)).map((partner) => goOn(partner, suite)),
  );
}

function partnerFrom(bond: Bond, note: Note | undefined): Partner {
  const heard = note?.heard ?? 0;
  return {
    record: bond.record,
    bond,
    standing: standingOf(bond),
    gone: false,
    epoch: note?.epoch ?? 0,
    step: note?.step ?? 1,
    life: 'none',
    n: 0,
    heard: { epoch: heard, n: null, by: [], stored: heard },
    pending: [],
    addresses: note?.addresses ?? [],
    route: null,
    ask: null,
    calm: [],
  };
}

function standingOf({ step }: Bond): Standing {
  return step === 'revoked' || step === 'installed' ? step : 'stored';
}

/** Notes of peers that there is no record of any more. */
function orphans(records: readonly StoredRecord[]): readonly Effect[] {
  const ids = new Set(records.map(({ id }) => id));
  return records.flatMap((record): readonly Effect[] => {
    const note = readNote(record);
    return note === null || ids.has(note.record) ? [] : [{ type: 'discard', id: 'orphan/discard', record: record.id }];
  });
}

/** Half a pairing is told, and the peer asked; of a tombstone the key is removed once more, in case it was not yet. */
function goOn({ record, bond }: Partner, suite: Suite): Step {
  const { step, peer, route } = bond;
  const told = notify({ event: 'unfinished', record, peer: peerView(peer, route), step });
  const again = step === 'revoked' ? [grantEffect(bond, 'unprovision')] : [];
  return (state) => chain(state, emit(told, ...again), tell(record, suite));
}

// ------------------------------------------------------------------------------------------------------- a person asks

export function find(state: LocateState, { partner }: { partner: Partner }, suite: Suite): Turn<LocateState> {
  return ask(partner.record, { wanted: true, proof: true }, suite)(state);
}

export function notThere(state: LocateState, { command }: { command: Command['name'] }): Turn<LocateState> {
  return [state, [troubled(command, 'there is no such record: `lanpair peers` lists them')]];
}

export function notPossible(state: LocateState, { command }: { command: Command['name'] }): Turn<LocateState> {
  return [state, [troubled(command, 'there is nothing to do that for while peers are looked for')]];
}

export function over(state: LocateState, { type }: { type: string }): Turn<LocateState> {
  return [state, [troubled(type, 'this session is over: start another one')]];
}

export function nudge(state: LocateState, _: unknown, suite: Suite): Turn<LocateState> {
  return chain(state, ...state.partners.map(({ record }) => retry(record)), (next) => askAgain(next, suite));
}

// ------------------------------------------------------------------------------------------------------- sleep and end

/**
 * The machine slept, or is a copy of one that goes on elsewhere: what is in memory may have been said already. New
 * nonces, a new epoch, and of the peers only epochs that are higher than all heard.
 */
export function renew(state: LocateState, { entropy }: { entropy: Uint8Array }, suite: Suite): Turn<LocateState> {
  const before = state.secrets.entropy ?? new Uint8Array(0);
  const mixed = suite.derive(concat(before, entropy), 'resumed', new Uint8Array(0), 32);
  const asking = state.partners.filter((partner) => partner.ask !== null);
  return chain(
    { ...state, secrets: { ...state.secrets, entropy: mixed } },
    ...state.partners.map(({ record }) =>
      change(record, (partner) => ({
        ...partner,
        life: 'none',
        heard: { ...partner.heard, n: null, by: [] },
        pending: [],
        ask: partner.ask === null ? null : { ...partner.ask, nonces: [] },
      })),
    ),
    ...asking.map(({ record }) => ask(record, {}, suite)),
  );
}

/** Nothing more is said. What is being written is still brought to its end. */
export function end(state: LocateState, reason: EndReason): Turn<LocateState> {
  const asks = state.partners
    .filter((partner) => partner.ask !== null)
    .flatMap(({ record }) => [`ask ${record}`, `better ${record}`]);
  const open = state.partners.filter(({ bond }) => bond.step !== 'revoked' && !finished(bond));
  const next: LocateState = {
    ...state,
    situation: 'Ended',
    secrets: { ...state.secrets, entropy: null },
    partners: state.partners.map((partner) => ({ ...partner, ask: null, pending: [] })),
    trials: idle.trials,
    busy: false,
  };
  return [
    next,
    [
      ...cancelTimers('window', 'shout', 'trial known', 'trial open', ...asks),
      ...open.map((partner) => halved(partner, 'the other side has not been heard; it heals at the next contact')),
      notify({ event: 'ended', reason, detail: '' }),
      notify({ event: 'settled' }),
    ],
  ];
}

export function tellRefusal(
  state: LocateState,
  { refusal, source }: { refusal: Refusal; source: Endpoint },
): Turn<LocateState> {
  return [state, [notify({ event: 'refused', refusal, source })]];
}

export function sideFailed(state: LocateState, { what, reason }: { what: string; reason: string }): Turn<LocateState> {
  return [state, [troubled(what, reason)]];
}

/** The timer brought a token and nothing waited for it. */
export function trialTimer(state: LocateState, { group }: { group: keyof LocateState['trials'] }): Turn<LocateState> {
  const tokens = Math.min(state.trials[group].tokens + 1, limits.trials);
  const next = { ...state, trials: { ...state.trials, [group]: { ...state.trials[group], tokens } } };
  return [next, tokens < limits.trials ? [setTimer(`trial ${group}`, times.trial)] : []];
}

/** There is no token for it yet. */
export function waits(
  state: LocateState,
  { group, job }: { group: keyof LocateState['trials']; job: LocateState['trials']['open']['queue'][number] },
): Turn<LocateState> {
  const { tokens, queue } = state.trials[group];
  return [{ ...state, trials: { ...state.trials, [group]: { tokens, queue: [...queue, job] } } }, []];
}
