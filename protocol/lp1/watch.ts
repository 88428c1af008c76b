/**
 * Proofs that come when the secrets are gone: too late to matter. By the peer itself, which started anew, they are nothing to be told;
 * by anybody else a person should hear that the phrase is known to more than two.
 */

import type { Suite } from '../contract.ts';
import type { Turn } from '../table.ts';
import { stateWith } from './changes.ts';
import { readIdentity } from './identity.ts';
import { openIdentity } from './keys.ts';
import { limits } from './limits.ts';
import type { Confirm } from './messages.ts';
import { tellOnce } from './speech.ts';
import { bondOf, candidateOf, type Lp1State, type Route, type Watched } from './state.ts';

/** Those whose K was computed, and who have not proved the phrase. */
export function watchFor(state: Lp1State): readonly Watched[] {
  return state.secrets.candidates
    .flatMap(({ iid, keys }): Watched[] => {
      const known = candidateOf(state, iid);
      if (known?.verified == null || known.proof !== null || known.dead !== null) return [];
      return [{ iid, vk: known.verified.vk, mac: keys.theirs.mac, box: keys.theirs.box }];
    })
    .slice(0, limits.watch);
}

/** Its tag is good. The box is read once, and its key goes then. Where the session has ended without a pairing it is nobody's. */
export function watchedProof(
  state: Lp1State,
  { watched, confirm, route }: { watched: Watched; confirm: Confirm; route: Route },
  suite: Suite,
): Turn<Lp1State> {
  const peer = state.current === null ? undefined : bondOf(state, state.current)?.peer;
  if (watched.box === null || peer === undefined) return [state, []];
  const padded = openIdentity(suite, watched.box, confirm.box, confirm.from, confirm.to);
  const identity = padded === null ? null : readIdentity(suite, padded, watched.vk);
  const watch = state.secrets.watch.map((one) => (one.iid === watched.iid ? { ...one, box: null } : one));
  const next = stateWith(state, { secrets: { ...state.secrets, watch } });
  if (identity?.ok === true && identity.value.sshKey === peer.sshKey) return [next, []];
  const detail = `a second machine at ${route.endpoint.address} proved the phrase after the pairing; was the phrase overheard?`;
  return tellOnce('second proof', { event: 'alarm', rule: 'second-proof', detail })(next);
}
