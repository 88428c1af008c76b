/**
 * `locate` as a table: for every situation and every event, what is done, where it leads, and why.
 *
 *     Listening -find-> Asking -a HERE proves an address-> Resolving -names looked up-> Listening
 *     Asking -nobody answers-> Listening          any -cancel, time over-> Ended
 *
 * Peers are asked for reasons of our own in all of the first three, so nearly every rule is one of `active`. The situation
 * follows from what persons wait for (`situated`), after every action.
 */
import type { Effect } from '../contract.ts';
import { notify } from '../lp1/speech.ts';
import { type Act, impossible, type Matrix, moves, type Rule, stays, type Turn } from '../table.ts';
import { garbled, heardFailed, heardStored, paid, whereFresh, whereMoved, whereOld } from './answering.ts';
import { askTimer, epochFailed, epochStored, moved, sameAddresses, shoutTimer } from './asking.ts';
import type { Event } from './events.ts';
import { hereElsewhere, hereProven } from './finding.ts';
import {
  forget,
  provisioned,
  provisionFailed,
  tombstoned,
  tombstoneFailed,
  unprovisioned,
  unprovisionFailed,
} from './healing.ts';
import { betterTimer, looked } from './ladder.ts';
import {
  begin,
  end,
  find,
  notPossible,
  notThere,
  nudge,
  over,
  renew,
  sideFailed,
  tellRefusal,
  trialTimer,
  waits,
} from './session.ts';
import { calmTimer } from './speech.ts';
import type { LocateState, Situation } from './state.ts';

type Row = { readonly [type in Event['type']]: Rule<LocateState, Event & { readonly type: type }> };

// ------------------------------------------------------------------------------------------------------- the situation

/** Where a person's questions are: some still asked, or all proven and being named, or none. */
function situationOf({ partners }: LocateState): Situation {
  const wanted = partners.flatMap(({ ask }) => (ask?.wanted === true ? [ask] : []));
  if (wanted.some(({ rung }) => rung === null)) return 'Asking';
  return wanted.length > 0 ? 'Resolving' : 'Listening';
}

function busy({ partners }: LocateState): boolean {
  return partners.some(
    ({ ask, pending, life, bond, gone }) =>
      ask !== null ||
      pending.length > 0 ||
      life === 'storing' ||
      bond.step === 'installing' ||
      (bond.step === 'revoked' && !gone),
  );
}

/** The action, and then the situation that follows; `settled` when nothing is under way any more. */
function situated<E>(act: Act<LocateState, E>): Act<LocateState, E> {
  return (before, event, suite): Turn<LocateState> => {
    const [state, effects] = act(before, event, suite);
    if (state.situation === 'Ended') return [state, effects];
    const [situation, now] = [situationOf(state), busy(state)];
    const next = situation === state.situation && now === state.busy ? state : { ...state, situation, busy: now };
    const over: readonly Effect[] = state.busy && !now ? [notify({ event: 'settled' })] : [];
    return [next, [...effects, ...over]];
  };
}

// ----------------------------------------------------------------------------------------------------- groups of rules

/** From where to where an event may lead that changes what is asked: without a person's question it leads nowhere. */
function along<E>(here: Situation, act: Act<LocateState, E>, why: string): Rule<LocateState, E> {
  return here === 'Listening'
    ? stays(why, situated(act))
    : moves(['Asking', 'Resolving', 'Listening'], situated(act), why);
}

function active(here: 'Listening' | 'Asking' | 'Resolving'): Row {
  return {
    begin: impossible('start comes once'),
    whereFresh: along(here, whereFresh, 'a peer asks, for the first time in these words: HERE'),
    whereMoved: along(here, whereMoved, 'a peer has another address: HERE, and it is asked there'),
    whereOld: stays('asked before, or in an epoch that is over: a copy, or somebody’s recording', whereOld),
    hereProven: along(here, hereProven, 'a peer answers from an address of its own: it is found'),
    hereElsewhere: along(
      here,
      hereElsewhere,
      'a peer answers by way of another address: its word counts, the address does not',
    ),
    hereOld: stays('an answer to nothing that is still asked', paid),
    stranger: stays('of no peer of ours: others look for each other', paid),
    garbled: stays('sealed by a peer, and not what it should be', garbled),
    waits: stays('there is no token to try the keys: it waits its turn', waits),
    flooded: stays('its address has its turn already, or too many wait'),
    echo: stays('multicast lets us hear ourselves'),
    unheard: stays('a pairing of others, on the same port'),
    refused: stays('said, and counted outside; nothing that a stranger sends changes anything', tellRefusal),
    askTimer: along(
      here,
      askTimer,
      'WHERE once more; after three in a higher epoch; at last the person hears that nobody answers',
    ),
    betterTimer: along(here, betterTimer, 'a better address has not answered: asked once more, or given up'),
    calmTimer: stays('what was said may be said again', calmTimer),
    trialTimer: stays('a token', trialTimer),
    shoutTimer: stays('a token', shoutTimer),
    windowTimer: moves(['Ended'], (state) => end(state, 'timeout'), 'the time is over'),
    provisioned: along(here, provisioned, 'a key is installed: the peer is told'),
    provisionFailed: along(here, provisionFailed, 'a key could not be installed: half a pairing still'),
    unprovisioned: along(here, unprovisioned, 'a key is gone; the record too, if the peer knows'),
    unprovisionFailed: stays('said: a key could not be removed', unprovisionFailed),
    tombstoned: along(here, tombstoned, 'the tombstone is on the disk: the peer is told'),
    tombstoneFailed: stays('not on the disk, so the peer does not hear of it yet', tombstoneFailed),
    epochStored: along(here, epochStored, 'the epoch is ours: WHERE'),
    epochFailed: stays('no epoch, no WHERE; tried again', epochFailed),
    heardStored: along(here, heardStored, 'the peer’s epoch is on the disk: HERE'),
    heardFailed: along(here, heardFailed, 'not on the disk, not answered'),
    looked: along(here, looked, 'a name counts if it leads to a proven address'),
    outcomeNoted: stays('nothing waits for it'),
    sideFailed: stays('said; nothing depends on it', sideFailed),
    find: moves([here, 'Asking'], situated(find), 'a person looks for a peer: WHERE, as soon as there is an epoch'),
    forget: along(here, forget, 'a pairing is taken back: a tombstone first'),
    notThere: stays('the person is told', notThere),
    notPossible: stays('the person is told', notPossible),
    cancel: moves(['Ended'], (state) => end(state, 'cancelled'), 'the person has enough'),
    nudge: along(here, nudge, 'whatever is asked, from the beginning; what failed, again'),
    moved: along(here, moved, 'we have another address: every peer is told'),
    sameAddresses: stays('nothing new to tell', sameAddresses),
    resumed: along(here, renew, 'what is in memory may be old: new nonces, a new epoch'),
  };
}

const silent = impossible<LocateState, unknown>('an ended session tries no keys');

export const matrix: Matrix<LocateState, Event> = {
  Idle: {
    ...(Object.fromEntries(
      Object.keys(active('Listening')).map((type) => [type, impossible('nothing comes before start')]),
    ) as unknown as Row),
    begin: moves(['Listening'], situated(begin), 'the records of all peers; who is half a pairing is asked'),
  },
  Listening: {
    ...active('Listening'),
    looked: impossible('names are looked up for a person'),
  },
  Asking: active('Asking'),
  Resolving: active('Resolving'),
  Ended: {
    ...active('Listening'),
    whereFresh: silent,
    whereMoved: silent,
    whereOld: silent,
    hereProven: silent,
    hereElsewhere: silent,
    hereOld: silent,
    stranger: silent,
    garbled: silent,
    waits: silent,
    flooded: silent,
    echo: silent,
    looked: impossible('an ended session looks up nothing'),
    windowTimer: stays('over already'),
    cancel: stays('over already', (state) => [state, [notify({ event: 'settled' })]]),
    find: stays('the person is told', over),
    forget: stays('the person is told', over),
  },
};
