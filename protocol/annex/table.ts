/**
 * The conversation as a table: for every situation and every event, what is done, where it leads, and why.
 *
 *     Listening -phrase-> Seeking -3 s-> Requesting -PairAck-> Granting -stored, granted-> Paired -quiet-> Settled
 *         Seeking or Requesting -PairReq-> Granting -stored, granted-> Answering -PairDone-> Paired
 *                                                                      Answering -time over-> Half -PairDone-> Paired
 *     any -cancel-> Undoing -key gone, record gone-> Ended
 *
 * What is the same in many situations stands once, below, as a group of rules; a situation's own rules come after it.
 */
import { impossible, type Matrix, moves, type Rule, stays } from '../table.ts';
import {
  answerAgain,
  answeredMeanwhile,
  answerOnceMore,
  askedAgain,
  chooseOther,
  finished,
  halve,
  secondMachine,
  uuidStored,
  uuidStoreFailed,
} from './answering.ts';
import type { Event } from './events.ts';
import {
  answerFromRecord,
  answerStatelessly,
  closeOwnRequest,
  doneAgain,
  lingered,
  looked,
  paired,
  regranted,
  resign,
} from './finishing.ts';
import {
  end,
  forget,
  forgetStep,
  forgetStored,
  grantFailed,
  startAnswering,
  startGranting,
  stored,
  storeFailed,
  undo,
  undoFailed,
  undone,
} from './granting.ts';
import { alarmBadDigest, alarmClone, newAddresses, newEntropy, notHere, sideTrouble, tellRefusal } from './noticing.ts';
import {
  anotherProven,
  answer,
  ask,
  askAgain,
  begin,
  choose,
  crossing,
  noSuchCandidate,
  phraseGiven,
  phraseTooLate,
  phraseUnfit,
  phraseWhileChoosing,
  requestHeard,
  requestUnproven,
  yieldToRival,
} from './seeking.ts';
import { setTimer } from './speech.ts';
import { type AnnexState, times } from './state.ts';

type Row = { readonly [type in Event['type']]: Rule<AnnexState, Event & { readonly type: type }> };

// ------------------------------------------------------------------------------------------------- groups of rules

/** Whatever the situation, once started. */
const always = {
  begin: impossible('start comes once'),
  phraseUnfit: stays('the person is told what to change', phraseUnfit),
  choose: stays('there is nobody to choose', noSuchCandidate),
  nudge: stays('nothing is being repeated'),
  otherCommand: stays('annex has no guesses to grant and nothing to find', notHere),
  forget: stays('a stored pairing is taken back: its key, then its record', forgetStored),
  forgetStep: stays('one step of taking back is done', forgetStep),
  regranted: stays('what a crash interrupted is finished', regranted),
  ackAgain: stays('a finished pairing answers from its record', answerFromRecord),
  echo: stays('multicast lets us hear ourselves'),
  refused: stays('said and counted outside; nothing that a stranger sends changes anything', tellRefusal),
  unknownTimer: stays('no timer of ours'),
  outcomeNoted: stays('an outcome that nothing waits for'),
  sideFailed: stays('the person is told; the conversation does not depend on it', sideTrouble),
  interfaces: stays('later datagrams are signed for the new addresses', newAddresses),
  resumed: stays('what is derived from now on is derived afresh', newEntropy),
} satisfies Partial<Row>;

/** Timers and outcomes that belong to another situation: late ones are harmless. */
const late = {
  askTimer: stays('too late to matter'),
  repeatTimer: stays('too late to matter'),
  patienceTimer: stays('too late to matter'),
  lingerTimer: stays('too late to matter'),
  windowTimer: stays('too late to matter'),
  stored: impossible('only Granting waits for it'),
  granted: impossible('only Granting waits for it'),
  storeFailed: impossible('only Granting waits for it'),
  grantFailed: impossible('only Granting waits for it'),
  uuidStored: impossible('only Answering waits for it'),
  uuidStoreFailed: impossible('only Answering waits for it'),
  undone: impossible('only Undoing waits for it'),
  undoFailed: impossible('only Undoing waits for it'),
  looked: impossible('only Paired looks names up'),
} satisfies Partial<Row>;

/** Without a phrase nothing can be proven or disproven. */
const phraseless = {
  requestUnproven: impossible('there is no phrase to try'),
  requestProven: impossible('there is no phrase to prove it'),
  requestAgain: impossible('there is no phrase to prove it'),
  ackProven: impossible('there is no phrase to prove it'),
  doneProven: impossible('there is no phrase to prove it'),
  badDigest: impossible('there is no phrase to disprove it'),
  clone: impossible('there is no phrase to prove it'),
} satisfies Partial<Row>;

/** With a phrase, and nobody yet to speak with. */
const alone = {
  requestHeard: impossible('the phrase says at once whether it is proven'),
  requestUnproven: stays('shown: somebody asks with another phrase', requestUnproven),
  requestAgain: impossible('nobody is the partner yet'),
  doneProven: impossible('we have answered nobody'),
  clone: stays('this machine was copied: said', alarmClone),
  cancel: moves(['Ended'], (state) => end(state, 'cancelled', ''), 'nothing was granted'),
  windowTimer: moves(
    ['Ended'],
    (state) => end(state, 'timeout', 'nobody proved the phrase in time'),
    'the time is over',
  ),
} satisfies Partial<Row>;

/** With a partner. */
const together = {
  requestHeard: impossible('the phrase says at once whether it is proven'),
  requestUnproven: stays('somebody else asks somebody else'),
  badDigest: stays('counted and survived: the UUID is public', alarmBadDigest),
  clone: stays('this machine was copied: said', alarmClone),
  phraseGiven: stays('a partner was already proven with the first one', phraseTooLate),
  requestProven: stays('a second machine knows the phrase: said', secondMachine),
  ackProven: stays('a second machine knows the phrase: said', secondMachine),
  forget: moves(['Granting', 'Answering', 'Half', 'Paired', 'Undoing'], forget, 'the person takes it back'),
} satisfies Partial<Row>;

// ------------------------------------------------------------------------------------------------------- the matrix

const notBegun = impossible<AnnexState, never>('start comes first');

const Idle: Row = {
  ...(Object.fromEntries(
    [...Object.keys({ ...always, ...late, ...phraseless, ...alone, ...together }), 'phraseGiven', 'cancel'].map(
      (type) => [type, notBegun],
    ),
  ) as Row),
  begin: moves(['Listening', 'Seeking', 'Granting', 'Ended'], begin, 'a person started it'),
};

const Listening: Row = {
  ...late,
  ...always,
  ...phraseless,
  phraseGiven: moves(
    ['Seeking', 'Choosing', 'Granting'],
    phraseGiven,
    'the phrase proves, or not, what was heard before it',
  ),
  requestHeard: stays('shown once, kept until a phrase can prove it', requestHeard),
  cancel: alone.cancel,
  windowTimer: moves(['Ended'], (state) => end(state, 'timeout', 'no phrase was typed in time'), 'the time is over'),
};

const Seeking: Row = {
  ...late,
  ...always,
  ...alone,
  phraseGiven: moves(['Seeking', 'Granting'], phraseGiven, 'the person corrects the phrase'),
  requestProven: moves(['Granting'], answer, 'typing the phrase was the consent'),
  ackProven: impossible('we have asked nobody'),
  badDigest: impossible('no pairing of ours has a UUID yet'),
  askTimer: moves(['Requesting'], (state, _, suite) => ask(state, suite), 'nobody asked us, so we ask'),
};

const Choosing: Row = {
  ...late,
  ...always,
  ...alone,
  phraseGiven: moves(
    ['Choosing', 'Seeking', 'Granting'],
    phraseWhileChoosing,
    'the person corrects the phrase; the same one once more chooses nobody',
  ),
  requestProven: stays('one more to choose from', anotherProven),
  ackProven: stays('a second machine knows the phrase: said', secondMachine),
  badDigest: stays('counted and survived: the UUID is public', alarmBadDigest),
  choose: moves(['Choosing', 'Granting'], choose, 'the person decides'),
};

const Requesting: Row = {
  ...late,
  ...always,
  ...alone,
  phraseGiven: moves(['Seeking', 'Granting'], phraseGiven, 'another phrase is another pairing, with another UUID'),
  requestProven: moves(['Requesting', 'Granting'], crossing, 'both ask: the smaller UUID is answered'),
  ackProven: moves(
    ['Granting'],
    (state, { partner }, suite) => startGranting(state, 'initiator', partner, suite),
    'the partner proved the phrase',
  ),
  badDigest: stays('counted and survived: the UUID is public', alarmBadDigest),
  repeatTimer: stays('asked again, the same bytes', (state, _, suite) => askAgain(state, suite)),
  nudge: stays('asked again at once', (state, _, suite) => askAgain(state, suite)),
  patienceTimer: moves(
    ['Requesting', 'Choosing', 'Granting'],
    (state, _, suite) => yieldToRival(state, suite),
    'a git-annex that asks may never answer',
  ),
  interfaces: stays('asked at once from the new addresses', (state, event, suite) =>
    askAgain(newAddresses(state, event)[0], suite),
  ),
  resumed: stays('asked again at once', (state, event, suite) => askAgain(newEntropy(state, event)[0], suite)),
};

const Granting: Row = {
  ...late,
  ...always,
  ...together,
  requestAgain: stays('it will be answered when its key is installed'),
  doneProven: stays('a PairDone before our PairAck means nothing'),
  ackAgain: stays('it will be answered when its key is installed, or from its record', (state, event) =>
    event.record === state.current?.record ? [state, []] : answerFromRecord(state, event),
  ),
  cancel: moves(['Undoing'], (state) => undo(state, 'cancelled'), 'what was begun is taken back'),
  windowTimer: stays('a side effect is under way: looked at again soon', (state) => [
    state,
    [setTimer('window', times.grace)],
  ]),
  stored: stays('the record is on the disk: now the key', stored),
  storeFailed: moves(['Ended'], storeFailed, 'without a record nothing may be installed'),
  granted: moves(
    ['Answering', 'Paired'],
    (state, _, suite) => (state.current?.role === 'initiator' ? paired(state, suite) : startAnswering(state, suite)),
    'the key is installed: now the partner may hear of it',
  ),
  grantFailed: moves(['Undoing'], grantFailed, 'nothing was said yet, so the record is taken back'),
};

const Answering: Row = {
  ...late,
  ...always,
  ...together,
  requestAgain: stays('the partner may have moved or restarted', askedAgain),
  uuidStored: stays('the partner’s new request is answered, too', (state, _, suite) => uuidStored(state, suite)),
  uuidStoreFailed: stays('tried again when it is asked again', uuidStoreFailed),
  requestProven: stays('another machine knows the phrase: a person decides', anotherProven),
  ackProven: moves(['Answering', 'Granting'], answeredMeanwhile, 'both asked and both answered: the smaller UUID wins'),
  doneProven: moves(['Paired'], finished, 'the partner has our key'),
  choose: moves(['Answering', 'Granting'], chooseOther, 'the person prefers another machine'),
  cancel: moves(['Undoing'], (state) => undo(state, 'cancelled'), 'the key is taken back'),
  repeatTimer: stays('answered again, the same bytes', (state, _, suite) => answerAgain(state, suite)),
  nudge: stays('answered again at once', (state, _, suite) => answerAgain(state, suite)),
  patienceTimer: stays('the next PairAck to our own request counts', (state) => [{ ...state, patience: 'over' }, []]),
  windowTimer: moves(['Half'], halve, 'no PairDone came'),
  interfaces: stays('answered at once from the new addresses', (state, event, suite) =>
    answerAgain(newAddresses(state, event)[0], suite),
  ),
  resumed: stays('answered again at once', (state, event, suite) => answerAgain(newEntropy(state, event)[0], suite)),
};

const Half: Row = {
  ...late,
  ...always,
  ...together,
  requestAgain: moves(['Answering'], (state, _, suite) => answerOnceMore(state, suite), 'the partner is there again'),
  ackProven: moves(['Half', 'Granting'], answeredMeanwhile, 'both asked and both answered: the smaller UUID wins'),
  patienceTimer: stays('the next PairAck to our own request counts', (state) => [{ ...state, patience: 'over' }, []]),
  doneProven: moves(['Paired'], finished, 'the partner had our key all along'),
  nudge: moves(['Answering'], (state, _, suite) => answerOnceMore(state, suite), 'the person wants another try'),
  cancel: moves(['Undoing'], (state) => undo(state, 'cancelled'), 'the key is taken back'),
};

const Paired: Row = {
  ...late,
  ...always,
  ...together,
  requestAgain: stays('the partner lost its memory: it is answered, nothing changes here', answerStatelessly),
  ackProven: stays(
    'the partner answered our crossing request, too: closed; anybody else gets nothing',
    closeOwnRequest,
  ),
  ackAgain: stays('our PairDone was lost: again', doneAgain),
  doneProven: stays('heard before'),
  cancel: stays('it is done: forgetting is what takes it back'),
  lingerTimer: moves(['Paired', 'Settled'], lingered, 'nobody waits for a PairDone any more'),
  looked: moves(['Paired', 'Settled'], looked, 'one rung of the address ladder'),
  interfaces: stays('what is stored for late PairAcks carries the new addresses', (state, event, suite) =>
    resign(newAddresses(state, event)[0], suite),
  ),
};

const Settled: Row = {
  ...late,
  ...always,
  ...phraseless,
  phraseGiven: stays('this session is paired', phraseTooLate),
  requestHeard: stays('this session is paired'),
  cancel: stays('it is done: forgetting is what takes it back'),
  forget: moves(['Settled', 'Undoing'], forget, 'the person takes it back'),
};

const Undoing: Row = {
  ...late,
  ...always,
  phraseGiven: stays('it is ending', phraseTooLate),
  requestHeard: stays('it is ending'),
  requestUnproven: stays('it is ending'),
  requestProven: stays('it is ending'),
  requestAgain: stays('it is ending'),
  ackProven: impossible('our own request is withdrawn'),
  ackAgain: stays('it is ending'),
  doneProven: stays('it is ending'),
  badDigest: stays('it is ending'),
  clone: stays('it is ending'),
  cancel: stays('it is ending'),
  forget: stays('it is ending'),
  undone: moves(['Undoing', 'Ended'], undone, 'first the key goes, then the record'),
  undoFailed: moves(['Ended'], undoFailed, 'the record stays, so that what is left is visible'),
};

const Ended: Row = {
  ...late,
  ...always,
  ...phraseless,
  phraseGiven: stays('it is over', phraseTooLate),
  requestHeard: stays('it is over'),
  cancel: stays('it is over'),
};

export const matrix: Matrix<AnnexState, Event> = {
  Idle,
  Listening,
  Seeking,
  Choosing,
  Requesting,
  Granting,
  Answering,
  Half,
  Paired,
  Settled,
  Undoing,
  Ended,
};
