/**
 * The conversation as a table: for every situation and every event, what is done, where it leads, and why.
 *
 *     Waiting -phrase-> Signing -signed-> Seeking -proof-> Crowd -1 s-> Committing -stored-> Ready
 *     Ready -peer's READY-> Installing -key installed-> Installed -peer's DONE-> Paired
 *     Crowd, Committing, Ready -proof of another machine-> Choosing -choice-> Committing or Ready
 *     Ready, Installing, Installed -time over, or a side failed-> Half -contact-> Paired
 *     any -cancel-> Ended
 *
 * What is the same in many situations stands once, below, as a group of rules; a situation's own rules come after it.
 * Bonds of earlier sessions go on beside all of this: their READY, DONE and CANCEL are rules of every situation.
 */

import { impossible, type Matrix, moves, type Rule, stays } from '../table.ts';
import { calmed } from './calm.ts';
import { beaconReturned, beaconUnproven, confirmEarly, say, shareAgain, shareFresh } from './candidate.ts';
import { stateWith } from './changes.ts';
import { choose, confirmAgain, confirmProven, crowdOver, readyAhead } from './crowd.ts';
import {
  cancel,
  cancelAhead,
  cancelProven,
  end,
  forget,
  proofAfterCancel,
  settle,
  unprovisioned,
  windowOver,
} from './ending.ts';
import type { Event } from './events.ts';
import { sayFin } from './fin.ts';
import {
  confirmBonded,
  doneProven,
  lingered,
  provisioned,
  provisionFailed,
  readyProven,
  retry,
  stored,
  storeFailed,
  trouble,
} from './finishing.ts';
import {
  begin,
  elsewhere,
  hinted,
  interfacesChanged,
  interfacesNoted,
  notPossible,
  nudgeSeeking,
  phraseGood,
  phraseUnfit,
  renew,
  renewBonded,
  sideFailed,
  signed,
  signFailed,
  tellRefusal,
} from './session.ts';
import { beacon, refillMulticasts, repeatEcho } from './speech.ts';
import type { Lp1State, Situation } from './state.ts';
import { watchedProof } from './watch.ts';
import { grantGuess, refill, work } from './work.ts';

type Row = { readonly [type in Event['type']]: Rule<Lp1State, Event & { readonly type: type }> };

/** A bond, this session's or an earlier one's, may end the session wherever it is. */
const byBond: readonly Situation[] = ['Seeking', 'Installing', 'Installed', 'Paired', 'Half', 'Ended'];
const bondMoves = (here: Situation): readonly Situation[] => [...new Set([here, ...byBond])];

// ------------------------------------------------------------------------------------------------- groups of rules

/** Whatever the situation, once started. */
function always(here: Situation): Row {
  return {
    begin: impossible('start comes once'),
    phraseGood: stays('a phrase is being used; another one needs another session', notPossible('phrase')),
    phraseUnfit: stays('the person is told what to change', phraseUnfit),
    signed: stays('too late to matter'),
    signFailed: stays('too late to matter'),
    beaconPlain: stays('not looking for anybody'),
    beaconCookie: stays('not looking for anybody'),
    beaconReturned: impossible('cookies are known only while looking'),
    beaconElsewhere: stays('not looking for anybody'),
    echo: stays('multicast lets us hear ourselves'),
    shareFresh: impossible('cookies are known only while looking'),
    shareAgain: impossible('cookies are known only while looking'),
    confirmProven: impossible('keys of candidates are known only while looking'),
    confirmEarly: impossible('candidates are known only while looking'),
    confirmWatched: stays('a proof after the pairing: the peer’s, which started anew, or an alarm', watchedProof),
    confirmAgain: impossible('keys of candidates are known only while looking'),
    confirmBonded: stays('the peer lacks our CONFIRM: the same bytes again', confirmBonded),
    readyProven: moves(
      here === 'Ready' ? [...bondMoves(here), 'Committing'] : bondMoves(here),
      readyProven,
      'the peer holds a record: its key is installed, or it is told that it is',
    ),
    doneProven: moves(bondMoves(here), doneProven, 'the peer installed our key'),
    cancelProven: moves(
      here === 'Ready' ? [...bondMoves(here), 'Committing'] : bondMoves(here),
      cancelProven,
      'the peer takes it back: so do we',
    ),
    readyAhead: impossible('candidates are known only while looking'),
    cancelAhead: impossible('candidates are known only while looking'),
    hint: stays('shown as what somebody says', hinted),
    refused: stays('said, and counted outside; nothing that a stranger sends changes anything', tellRefusal),
    sayTimer: stays('too late to matter'),
    finTimer: stays('READY, DONE or CANCEL once more', (state, { name }, suite) =>
      sayFin(state, suite, name.slice('fin '.length)),
    ),
    beaconTimer: stays('too late to matter'),
    echoTimer: stays('too late to matter'),
    workTimer: stays('too late to matter'),
    crowdTimer: stays('too late to matter'),
    windowTimer: stays('too late to matter'),
    lingerTimer: stays('nothing is repeated any more', lingered),
    calmTimer: stays('what waited for its 200 ms to pass is said', calmed),
    refill: stays('a token, or the end of a rest', refillNamed),
    stored: stays('the record of another bond', stored),
    storeFailed: stays('said; the bond is tried again at the next start', (state, { reason }) =>
      trouble(state, 'store', reason),
    ),
    provisioned: moves(bondMoves(here), provisioned, 'a key is installed'),
    provisionFailed: moves(bondMoves(here), provisionFailed, 'a key could not be installed: the peer is told'),
    unprovisioned: stays('a key is gone', unprovisioned),
    unprovisionFailed: stays('said: a key could not be removed', (state, { reason }) =>
      trouble(state, 'unprovision', reason),
    ),
    outcomeNoted: stays('nothing waits for it'),
    sideFailed: stays('said; the conversation does not depend on it', sideFailed),
    choose: stays('there is nobody to choose', notPossible('choose')),
    cancel: moves(['Ended'], cancelRule, 'whoever may hold a record of us is told'),
    forget: moves([here, 'Ended'], forget, 'a pairing is taken back'),
    nudge: stays('what failed is tried again, what is owed said again', retry),
    grant: stays('no guess is waited for', notPossible('grant')),
    find: stays('locate finds peers', notPossible('find')),
    interfaces: stays('what is owed is said again', interfacesNoted),
    resumed: stays('what is derived from now on is derived afresh', renewBonded),
  };
}

/** While others are looked for: until the peer's READY is verified. */
function looking(here: Situation): Partial<Row> {
  return {
    beaconPlain: stays('answered with a cookie', beaconUnproven),
    beaconCookie: stays('its cookie is returned, with one of ours', beaconUnproven),
    beaconReturned: stays('its source is proven: a candidate', beaconReturned),
    beaconElsewhere: stays('counted for the person', elsewhere),
    shareFresh: stays('its signature is to be verified', shareFresh),
    shareAgain: stays('it is there still', shareAgain),
    confirmProven: moves(onProof(here), confirmProven, 'the phrase is proven'),
    confirmEarly: stays('kept until its SHARE is read', confirmEarly),
    confirmAgain: moves(onProof(here), confirmAgain, 'which of a machine’s sessions is alive'),
    confirmWatched: impossible('keys to watch for are kept when the others are wiped'),
    readyAhead: stays('we are not that far; it will be said again'),
    cancelAhead: moves([here, 'Seeking', 'Ended'], cancelAhead, 'it took its proof back'),
    sayTimer: stays('SHARE or CONFIRM once more', (state, { name }, suite) => say(state, name, suite)),
    beaconTimer: stays('a BEACON', beacon),
    echoTimer: stays('the answer to a BEACON once more', (state, { name }, suite) => repeatEcho(state, name, suite)),
    workTimer: stays('one unit of work', (state, _, suite) => work(state, suite)),
    grant: stays('one more guess', (state, _, suite) => grantGuess(state, suite)),
    nudge: stays('BEACONs from the beginning of the schedule', nudgeSeeking),
    interfaces: stays('BEACONs from the beginning of the schedule', interfacesChanged),
  };
}

const onProof = (here: Situation): readonly Situation[] =>
  here === 'Seeking' ? ['Seeking', 'Crowd', 'Choosing'] : [here, 'Choosing'];

const timeOver: Rule<Lp1State, Event & { readonly type: 'windowTimer' }> = moves(
  ['Ended', 'Half'],
  windowOver,
  'the time is over; with a record it is half a pairing; who has not been chosen is told',
);
const afresh: Rule<Lp1State, Event & { readonly type: 'resumed' }> = moves(
  ['Waiting', 'Signing'],
  renew,
  'a new iid and new keys; the guesses stay counted',
);

function cancelRule(state: Lp1State, _: Event, suite: Parameters<typeof cancel>[1]): ReturnType<typeof cancel> {
  // Whoever has our CONFIRM may have stored us.
  const promised =
    state.current !== null || state.candidates.some(({ confirm, dead }) => confirm !== null && dead === null);
  return promised ? cancel(state, suite) : end(state, 'cancelled', '');
}

/** Timers that bring one token, or end a rest. */
function refillNamed(
  state: Lp1State,
  { name }: { readonly name: string },
  suite: Parameters<typeof refill>[1],
): ReturnType<typeof refill> {
  switch (name) {
    case 'units':
    case 'keys':
      return state.secrets.entropy === null ? [state, []] : refill(state, suite, name);
    case 'multicast':
      return refillMulticasts(state);
    default:
      return [stateWith(state, { rested: false }), []];
  }
}

// ------------------------------------------------------------------------------------------------------- the matrix

export const matrix: Matrix<Lp1State, Event> = {
  Idle: {
    ...(Object.fromEntries(
      Object.keys(always('Idle')).map((type) => [type, impossible('nothing comes before start')]),
    ) as unknown as Row),
    begin: moves(['Waiting', 'Signing', 'Ended'], begin, 'stored pairings, the phrase if there is one, our ssh key'),
  },
  Waiting: {
    ...always('Waiting'),
    confirmWatched: impossible('keys to watch for are kept when the others are wiped'),
    hint: impossible('there is no iid yet that it could be for'),
    phraseGood: moves(['Signing'], phraseGood, 'the ssh key signs before anything leaves'),
    windowTimer: timeOver,
    resumed: afresh,
  },
  Signing: {
    ...always('Signing'),
    confirmWatched: impossible('keys to watch for are kept when the others are wiped'),
    beaconReturned: stays('nothing has left yet: no cookie of this session can be known'),
    shareFresh: stays('nothing has left yet: no cookie of this session can be known'),
    signed: moves(['Seeking', 'Ended'], signed, 'the first BEACON leaves at once'),
    signFailed: moves(['Ended'], signFailed, 'without possession nobody would believe us'),
    windowTimer: timeOver,
    resumed: afresh,
  },
  Seeking: {
    ...always('Seeking'),
    ...looking('Seeking'),
    readyAhead: impossible('who proved the phrase ended the seeking'),
    cancelAhead: impossible('who proved the phrase ended the seeking'),
    windowTimer: timeOver,
    resumed: afresh,
  },
  Crowd: {
    ...always('Crowd'),
    ...looking('Crowd'),
    crowdTimer: moves(['Committing', 'Ready', 'Seeking'], crowdOver, 'it was one machine: its record is written'),
    windowTimer: timeOver,
    resumed: afresh,
  },
  Choosing: {
    ...always('Choosing'),
    ...looking('Choosing'),
    choose: moves(['Choosing', 'Committing', 'Ready', 'Installing'], choose, 'the person chose; the others get CANCEL'),
    windowTimer: timeOver,
    resumed: moves(
      ['Waiting', 'Signing', 'Choosing'],
      // Of who was taken before there was a choice a record is held. Else nothing is, and there would be nobody left to choose.
      (state, event, suite) => (state.current === null ? renew : renewBonded)(state, event, suite),
      'a new iid and new keys; the guesses stay counted',
    ),
  },
  Committing: {
    ...always('Committing'),
    ...looking('Committing'),
    stored: moves(['Committing', 'Ready'], stored, 'the record is on the disk: READY'),
    storeFailed: moves(['Committing', 'Ended'], storeFailed, 'no record, no pairing'),
    windowTimer: timeOver,
  },
  Ready: {
    ...always('Ready'),
    ...looking('Ready'),
    readyAhead: moves(['Ready', 'Committing'], readyAhead, 'the peer restarted and holds no older record'),
    windowTimer: timeOver,
  },
  Installing: { ...always('Installing'), windowTimer: timeOver },
  Installed: { ...always('Installed'), windowTimer: timeOver },
  Paired: {
    ...always('Paired'),
    cancel: stays('done: taking a pairing back is `forget`', settle),
  },
  Half: {
    ...always('Half'),
    windowTimer: stays('the time is over: nothing more is waited for, what heals it heals it later', settle),
  },
  Ended: {
    ...always('Ended'),
    confirmProven: stays('cancelled before this proof: it may have stored us, and hears CANCEL', proofAfterCancel),
    cancel: stays('ended already', settle),
  },
};
