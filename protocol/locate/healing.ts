/**
 * Healing: where the peer says it stands is as good as its READY, DONE or CANCEL, for it is as fresh and as authentic. So
 * half a pairing becomes a whole one, and what was taken back reaches the other side, at the next contact.
 *
 *     stored    = READY: it holds a record, so its key may be installed
 *     installed = DONE: our key is installed there
 *     revoked   = CANCEL: it takes the pairing back, or knows that we do
 *
 * The records are lp1's own, written as lp1 writes them. `revoked` is said only once the tombstone is on the disk, and a
 * record goes only once its key has gone: a crash at any step leaves something that the next start goes on from.
 */
import type { Effect, Suite } from '../contract.ts';
import { grantEffect } from '../lp1/bond.ts';
import { reasons } from '../lp1/fin.ts';
import { writeRecord } from '../lp1/record.ts';
import { notify, peerView } from '../lp1/speech.ts';
import type { Turn } from '../table.ts';
import { ask, endAsk, stand, tell } from './asking.ts';
import { noteId } from './note.ts';
import type { Standing } from './sealed.ts';
import { chain, change, emit, halved, keysOf, type Step, troubled, withPartner } from './speech.ts';
import { type Bond, type LocateState, type Partner, partnerOf } from './state.ts';

/** The peer's word about itself. */
export function regard(record: string, said: Standing, suite: Suite): Step {
  return withPartner(record, (state, partner) => {
    const { step } = partner.bond;
    if (said === 'revoked') {
      return step === 'revoked' ? acknowledged(state, partner, suite) : takeBack(state, partner, 'cancel');
    }
    if (step === 'revoked') return [state, []];
    const heard: Bond['heard'] = said === 'installed' || partner.bond.heard === 'done' ? 'done' : 'ready';
    if (step === 'stored') return install(state, partner, heard);
    if (step !== 'installed' || heard === partner.bond.heard) return rebond(record, { heard })(state);
    return chain(state, rebond(record, { heard }), heard === 'done' ? paired(record) : keep(record));
  });
}

function rebond(record: string, fields: Partial<Bond>): Step {
  return change(record, (partner) => ({ ...partner, bond: { ...partner.bond, ...fields } }));
}

/** lp1's record as it is now. `tombstone` is waited for. */
function keep(record: string, why: 'keep' | 'tombstone' = 'keep'): Step {
  return (state) => {
    const [partner, keys] = [partnerOf(state, record), keysOf(state, record)];
    if (partner === undefined || keys === undefined) return [state, []];
    return [state, [{ type: 'store', id: `${record}/${why}`, record: writeRecord(partner.bond, keys.bond) }]];
  };
}

// ---------------------------------------------------------------------------------------------------------- half to whole

/** The peer holds a record of us, so it can always heal: its key may be installed. */
function install(state: LocateState, { record, bond }: Partner, heard: Bond['heard']): Turn<LocateState> {
  return chain(state, rebond(record, { step: 'installing', heard }), emit(grantEffect(bond, 'provision')));
}

export function provisioned(state: LocateState, { partner }: { partner: Partner }, suite: Suite): Turn<LocateState> {
  const { record, bond } = partner;
  // Taken back while it was being given.
  if (bond.step === 'revoked') return [state, [grantEffect(bond, 'unprovision')]];
  if (bond.step !== 'installing') return [state, []];
  return chain(
    state,
    rebond(record, { step: 'installed' }),
    stand(record, 'installed'),
    emit(notify({ event: 'granted', record, key: bond.peer.sshKey })),
    // A peer that is done still waits to hear that we are.
    bond.heard === 'done' ? ask(record, {}, suite) : tell(record, suite),
    bond.heard === 'done' ? paired(record) : keep(record),
  );
}

/** Both sides are done. */
function paired(record: string): Step {
  return withPartner(record, (state, { bond, route }) =>
    chain(
      state,
      keep(record),
      emit(notify({ event: 'paired', record, peer: peerView(bond.peer, route ?? bond.route), role: 'peer' })),
    ),
  );
}

export function provisionFailed(
  state: LocateState,
  { partner, reason }: { partner: Partner; reason: string },
): Turn<LocateState> {
  if (partner.bond.step !== 'installing') return [state, [troubled('provision', reason)]];
  const why = `its key could not be installed here: ${reason}`;
  return chain(
    state,
    rebond(partner.record, { step: 'failed', reason: reasons.provision }),
    emit(troubled('provision', reason), halved(partner, why)),
  );
}

// -------------------------------------------------------------------------------------------------------------- taken back

/** A person takes a pairing back. */
export function forget(state: LocateState, { partner }: { partner: Partner }): Turn<LocateState> {
  return takeBack(state, partner, 'nothing');
}

/** The tombstone first; then the key goes; and only then somebody hears of it. */
function takeBack(state: LocateState, { record, bond }: Partner, heard: Bond['heard']): Turn<LocateState> {
  const revoked: Partial<Bond> = { step: 'revoked', heard, reason: reasons.forgotten };
  return chain(
    state,
    rebond(record, revoked),
    endAsk(record),
    change(record, (partner) => ({ ...partner, pending: [] })),
    keep(record, 'tombstone'),
    emit(grantEffect(bond, 'unprovision')),
  );
}

/** It is on the disk: the peer may hear of it. */
export function tombstoned(state: LocateState, { partner }: { partner: Partner }, suite: Suite): Turn<LocateState> {
  const { record } = partner;
  return chain(state, stand(record, 'revoked'), ask(record, {}, suite));
}

/** Without a tombstone the peer is not told: it would forget, and we, after a crash, would not. The key goes all the same. */
export function tombstoneFailed(
  state: LocateState,
  { partner, reason }: { partner: Partner; reason: string },
): Turn<LocateState> {
  return [state, [troubled('store', reason), halved(partner, `taken back, but not on the disk: ${reason}`)]];
}

/** The peer knows. */
function acknowledged(state: LocateState, { record, bond, gone }: Partner, suite: Suite): Turn<LocateState> {
  if (bond.heard === 'cancel') return [state, []];
  return chain(state, rebond(record, { heard: 'cancel' }), gone ? discard(record, suite) : keep(record));
}

/** The key is gone; so may the record, when the peer knows. */
export function unprovisioned(state: LocateState, { partner }: { partner: Partner }, suite: Suite): Turn<LocateState> {
  const { record, bond } = partner;
  if (bond.step !== 'revoked' || partner.gone) return [state, []];
  return chain(
    state,
    change(record, (then) => ({ ...then, gone: true })),
    emit(notify({ event: 'revoked', record, key: bond.peer.sshKey })),
    bond.heard === 'cancel' ? discard(record, suite) : emit(),
  );
}

/** What is in memory stays until the program ends: the peer may ask once more. */
function discard(record: string, suite: Suite): Step {
  const effects: readonly Effect[] = [record, noteId(suite, record)].map((id) => ({
    type: 'discard',
    id: `${record}/discard`,
    record: id,
  }));
  return emit(...effects);
}

/** The person is impatient: what failed is tried again. */
export function retry(record: string): Step {
  return withPartner(record, (state, { bond, standing }) => {
    if (bond.step === 'failed') {
      return chain(state, rebond(record, { step: 'installing' }), emit(grantEffect(bond, 'provision')));
    }
    const unsaid = bond.step === 'revoked' && standing !== 'revoked';
    return unsaid ? chain(state, keep(record, 'tombstone'), emit(grantEffect(bond, 'unprovision'))) : [state, []];
  });
}

export function unprovisionFailed(
  state: LocateState,
  { partner, reason }: { partner: Partner; reason: string },
): Turn<LocateState> {
  const why = `its key could not be removed here: ${reason}`;
  return [state, [troubled('unprovision', reason), halved(partner, why)]];
}
