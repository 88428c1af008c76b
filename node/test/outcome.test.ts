/** How a run ends: exit code 2 where something of a pairing is, or may be, on one side alone, and nowhere else. */
import test from 'ava';
import type { Notice, PeerView, StoredRecord } from '../../protocol/contract.ts';
import type { Result } from '../narrator.ts';
import {
  type Course,
  cancelled,
  courseAfter,
  type Disk,
  type Ending,
  endingByHand,
  failed,
  interrupted,
  leftOn,
  outset,
  resultOf,
} from '../outcome.ts';
import type { PairingName } from '../pairing-names.ts';

const peer: PeerView = { hostName: 'bob-host', userName: 'bob', directory: '~/annex', key: 'k', address: '10.0.0.2' };
const [ours, older] = ['oooooooooooooooo', 'eeeeeeeeeeeeeeee'];

const asking: Notice = { event: 'seeking', role: 'asking' };
const proven: Notice = { event: 'proven', record: ours, peer };
const pairedByTheWay: Notice = { event: 'paired', record: older, peer, role: 'peer', isSeeking: true };
const provenByAnother: Notice = { ...proven, peer: { ...peer, key: 'another' } };
const choose: Notice = { event: 'choose', candidates: [] };
const notChosen: Notice = { event: 'alarm', rule: 'not-chosen', detail: '' };
const granted = (record: string): Notice => ({ event: 'granted', record, key: 'k' });
const paired = (record: string): Notice => ({ event: 'paired', record, peer, role: 'peer' });
const half = (record: string): Notice => ({ event: 'half', record, peer, why: 'silence' });
const ended = (reason: Extract<Notice, { event: 'ended' }>['reason'], detail = ''): Notice => ({
  event: 'ended',
  reason,
  detail,
});

const record = (id: string, step: string, heard: string): StoredRecord => ({
  id,
  protocol: 'lp1',
  body: { step, heard, peer: { hostName: 'bob-host', userName: 'bob' } },
});
const whole = (id: string): StoredRecord => record(id, 'installed', 'done');
const halved = (id: string): StoredRecord => record(id, 'installed', 'ready');
const tombstone = (id: string): StoredRecord => record(id, 'revoked', 'nothing');

/** A notice, and the core's situation once it has told it. */
type Told = readonly [notice: Notice, situation: string];

interface Row {
  readonly what: string;
  readonly told: readonly Told[];
  readonly protocol?: PairingName;
  readonly calledOff?: Ending;
  /** Ctrl-C, after all but the last. */
  readonly byHand?: boolean;
  /** What ended it, where that is not what was told. */
  readonly by?: Ending;
  readonly disk?: Partial<Disk>;
  /** Outcome, exit code, record. */
  readonly is: readonly [Result['outcome'], number, string | null];
  readonly says?: RegExp;
}

const noChoice = failed('Nobody to choose. Next: run it on a terminal');
const inCrowd: readonly Told[] = [
  [asking, 'Seeking'],
  [proven, 'Crowd'],
  [choose, 'Choosing'],
];

const rows: readonly Row[] = [
  {
    what: 'paired',
    told: [
      [asking, 'Seeking'],
      [proven, 'Crowd'],
      [granted(ours), 'Installed'],
      [paired(ours), 'Paired'],
    ],
    disk: { after: [whole(ours)] },
    is: ['paired', 0, ours],
  },
  {
    what: 'paired, one of an earlier run half still',
    told: [[paired(ours), 'Paired']],
    disk: { before: [halved(older)], after: [whole(ours), halved(older)] },
    is: ['paired', 0, ours],
  },
  {
    what: 'half, told before those of earlier runs',
    told: [
      [proven, 'Crowd'],
      [half(ours), 'Half'],
      [half(older), 'Half'],
    ],
    disk: { after: [halved(ours)] },
    is: ['half', 2, ours],
  },
  {
    what: 'half, and whole before the end',
    told: [
      [proven, 'Crowd'],
      [half(ours), 'Half'],
      [paired(ours), 'Paired'],
    ],
    disk: { after: [whole(ours)] },
    is: ['paired', 0, ours],
  },
  {
    what: 'nobody came',
    told: [
      [asking, 'Seeking'],
      [ended('timeout'), 'Ended'],
    ],
    is: ['failed', 1, null],
    says: /^Nobody with this phrase/,
  },
  {
    what: 'nobody came, and an earlier one is half still',
    told: [
      [asking, 'Seeking'],
      [half(older), 'Ended'],
      [ended('timeout'), 'Ended'],
    ],
    disk: { before: [halved(older)], after: [halved(older)] },
    is: ['failed', 1, null],
  },
  {
    what: 'nobody came, and an earlier one became whole, whose peer looks for somebody itself',
    told: [
      [asking, 'Seeking'],
      [granted(older), 'Seeking'],
      [pairedByTheWay, 'Seeking'],
      [ended('timeout'), 'Ended'],
    ],
    disk: { before: [halved(older)], after: [whole(older)] },
    is: ['failed', 1, null],
  },
  {
    what: 'nobody came, and an earlier one became whole',
    told: [
      [asking, 'Seeking'],
      [granted(older), 'Seeking'],
      [paired(older), 'Seeking'],
      [ended('timeout'), 'Ended'],
    ],
    disk: { before: [halved(older)], after: [whole(older)] },
    is: ['paired', 0, older],
    says: /^An earlier pairing became whole, and nobody else proved the phrase/,
  },
  {
    what: 'an earlier one became whole, and another machine proved the phrase too late',
    told: [
      [asking, 'Seeking'],
      [granted(older), 'Seeking'],
      [paired(older), 'Seeking'],
      [provenByAnother, 'Crowd'],
      [ended('timeout'), 'Ended'],
    ],
    disk: { before: [halved(older)], after: [whole(older)] },
    is: ['failed', 1, null],
    says: /^The phrase was proven/,
  },
  {
    what: 'a copy of this machine alone came',
    told: [
      [asking, 'Seeking'],
      [{ event: 'alarm', rule: 'clone', detail: 'it has our keys' }, 'Seeking'],
      [ended('timeout'), 'Ended'],
    ],
    is: ['failed', 1, null],
    says: /^The machine with this phrase has the ssh keys of this one\. Next: /,
  },
  {
    what: 'who came chose another machine',
    told: [
      [asking, 'Seeking'],
      [proven, 'Crowd'],
      [notChosen, 'Seeking'],
      [ended('timeout'), 'Ended'],
    ],
    is: ['failed', 1, null],
    says: /^Nobody with this phrase/,
  },
  {
    what: 'the time was over before the choice, and all heard of it',
    told: [...inCrowd, [ended('timeout'), 'Ended']],
    is: ['failed', 1, null],
    says: /^The phrase was proven, .* a longer --timeout$/,
  },
  {
    what: 'the time was over before the choice, and one did not hear of it',
    told: [...inCrowd, [ended('timeout'), 'Ended']],
    disk: { after: [tombstone(ours)] },
    is: ['failed', 2, ours],
    says: /^The phrase was proven, .*The other machine did not say that it heard/,
  },
  {
    what: 'the time was over before the choice, in a conversation without a word for it',
    told: [...inCrowd, [ended('timeout'), 'Ended']],
    protocol: 'annex',
    is: ['failed', 2, null],
    says: /^The phrase was proven, .*may keep a half/,
  },
  {
    what: 'nobody could choose, and all heard of it',
    told: [...inCrowd, [ended('cancelled'), 'Ended']],
    calledOff: noChoice,
    is: ['failed', 1, null],
    says: /^Nobody to choose\. Next: run it on a terminal$/,
  },
  {
    what: 'nobody could choose, and one did not hear of it',
    told: [...inCrowd, [ended('cancelled'), 'Ended']],
    calledOff: noChoice,
    disk: { after: [tombstone(ours)] },
    is: ['failed', 2, ours],
    says: /terminal\. The other machine did not say that it heard/,
  },
  {
    what: 'nobody could choose, in a conversation without a word for it',
    told: [...inCrowd, [ended('cancelled'), 'Ended']],
    protocol: 'annex',
    calledOff: noChoice,
    is: ['failed', 2, null],
    says: /may keep a half/,
  },
  {
    what: 'the other side cancelled',
    told: [
      [asking, 'Seeking'],
      [proven, 'Crowd'],
      [ended('cancelled', 'the other side cancelled'), 'Ended'],
    ],
    is: ['cancelled', 1, null],
    says: /^the other side cancelled$/,
  },
  {
    what: 'the other side cancelled, and its key stays here',
    told: [
      [proven, 'Crowd'],
      [granted(ours), 'Installed'],
      [ended('cancelled', 'the other side cancelled'), 'Ended'],
    ],
    disk: { keyed: new Set([ours]) },
    is: ['interrupted', 2, null],
    says: new RegExp(`cancelled\\. A key could not be taken out .* lanpair:${ours}$`),
  },
  {
    what: 'Ctrl-C',
    told: [
      [asking, 'Seeking'],
      [ended('cancelled'), 'Ended'],
    ],
    calledOff: cancelled(''),
    is: ['cancelled', 130, null],
    says: /^$/,
  },
  {
    what: 'Ctrl-C, once an earlier one became whole',
    told: [
      [paired(older), 'Seeking'],
      [ended('cancelled'), 'Ended'],
    ],
    byHand: true,
    disk: { before: [halved(older)], after: [whole(older)] },
    is: ['paired', 0, older],
  },
  {
    what: 'Ctrl-C, once an earlier one became whole with the machine that proved the phrase',
    told: [
      [proven, 'Crowd'],
      [paired(older), 'Crowd'],
      [ended('cancelled'), 'Ended'],
    ],
    byHand: true,
    disk: { before: [halved(older)], after: [whole(older)] },
    is: ['paired', 0, older],
  },
  {
    what: 'Ctrl-C, once an earlier one became whole, and another machine proved the phrase',
    told: [
      [paired(older), 'Seeking'],
      [provenByAnother, 'Crowd'],
      [ended('cancelled'), 'Ended'],
    ],
    byHand: true,
    disk: { before: [halved(older)], after: [whole(older)] },
    is: ['cancelled', 130, null],
  },
  {
    what: 'Ctrl-C, and the other side has not heard of it',
    told: [
      [proven, 'Crowd'],
      [ended('cancelled'), 'Ended'],
    ],
    calledOff: cancelled(''),
    by: interrupted('It did not say so.'),
    disk: { after: [tombstone(ours)] },
    is: ['interrupted', 130, ours],
  },
  {
    what: 'Ctrl-C, and its key stays here',
    told: [
      [proven, 'Crowd'],
      [granted(ours), 'Installed'],
      [ended('cancelled'), 'Ended'],
    ],
    calledOff: cancelled(''),
    disk: { keyed: new Set([ours]) },
    is: ['interrupted', 130, null],
  },
  {
    what: 'no record could be written; who proved the phrase may have one',
    told: [
      [asking, 'Seeking'],
      [proven, 'Crowd'],
      [ended('storage'), 'Ended'],
    ],
    is: ['failed', 2, null],
    says: /record could not be written.* may keep a half/,
  },
  {
    what: 'the key could not be installed before anything was said',
    told: [
      [proven, 'Granting'],
      [ended('provision'), 'Ended'],
    ],
    protocol: 'annex',
    is: ['failed', 1, null],
    says: /could not be installed/,
  },
  {
    what: 'the key could not be installed, and ours is there',
    told: [
      [asking, 'Asking'],
      [proven, 'Granting'],
      [ended('provision'), 'Ended'],
    ],
    protocol: 'annex',
    is: ['failed', 2, null],
    says: /may keep a half/,
  },
  {
    what: 'the key could not be installed, nor what an earlier life had taken be given back',
    told: [
      [proven, 'Granting'],
      [ended('provision'), 'Ended'],
    ],
    protocol: 'annex',
    disk: { after: [record(ours, 'pairing', '')] },
    is: ['failed', 2, ours],
    says: new RegExp(`forget ${ours}`),
  },
  { what: 'nothing was sent', told: [[ended('identity'), 'Ended']], is: ['failed', 1, null] },
  {
    what: 'a phrase that cannot be used',
    told: [],
    by: failed('weak', 64),
    disk: { before: [halved(older)], after: [halved(older)] },
    is: ['failed', 64, null],
  },
  {
    what: 'a tombstone of an earlier run, which nobody hears',
    told: [
      [asking, 'Seeking'],
      [ended('timeout'), 'Ended'],
    ],
    disk: { before: [tombstone(older)], after: [tombstone(older)], keyed: new Set([older]) },
    is: ['failed', 1, null],
  },
];

for (const {
  what,
  told,
  protocol = 'lp1',
  calledOff = null,
  byHand = false,
  by,
  disk = {},
  is,
  says = /(?:)/,
} of rows) {
  test(`${what}: ${is[0]}, exit code ${is[1]}`, (t) => {
    const course = told.reduce<Course>(
      (soFar, [notice, situation]) =>
        courseAfter(soFar, notice, { protocol, situation, calledOff: byHand ? endingByHand(soFar) : calledOff }),
      outset,
    );
    const left = leftOn({ before: [], after: [], keyed: new Set(), ...disk }, course);
    const ending = by ?? course.reached;
    if (ending === null) return t.fail('it has no end');
    const result = resultOf(ending, course, left);
    t.deepEqual([result.outcome, result.exitCode, result.record], [...is]);
    t.regex(result.detail, says);
  });
}

test('what was half before is told as what it is now; what is gone or forgotten is not', (t) => {
  const ids = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(16));
  const [a = '', b = '', c = '', d = ''] = ids;
  const before = [halved(a), record(b, 'stored', 'nothing'), halved(c), halved(d)];
  const after = [whole(a), record(b, 'stored', 'nothing'), tombstone(c)];
  const { earlier } = leftOn({ before, after, keyed: new Set() }, outset);
  t.deepEqual(
    earlier.whole.map((each) => [each.record, each.peer.hostName]),
    [[a, 'bob-host']],
  );
  t.deepEqual(
    earlier.half.map((each) => each.record),
    [b],
  );
  t.regex(earlier.half[0]?.why ?? '', /has not said that it stored us/);
});
