/**
 * What comes of a run of `lanpair pair`: from what is told in it, and from what is on the disk before and after it. Exit code 2 says
 * that something of a pairing is, or may be, on one side alone; what is on neither side, or on both, must not get it.
 */
import type { Notice, PeerView, StoredRecord } from '../protocol/contract.ts';
import { type ExitCode, exitCode } from './complaint.ts';
import type { Earlier, Result } from './narrator.ts';
import type { PairingName } from './pairing-names.ts';
import { forgotten, peerOf } from './peers.ts';
import { field } from './records.ts';

/** How the run is to end, once it is known. */
export interface Ending {
  readonly outcome: Result['outcome'];
  readonly exitCode: ExitCode;
  readonly detail: string;
}

/** How far it has come. */
export interface Course {
  /** Of this run's own pairing; earlier ones that heal, or do not, by the way are none. */
  readonly reached: Ending | null;
  /** The pairing that it is about. */
  readonly record: string | null;
  /** One of an earlier run became whole by the way. `isSeeking`: its peer looks for somebody by a phrase itself. */
  readonly healed: { readonly record: string; readonly key: string; readonly isSeeking: boolean } | null;
  /** Somebody may have heard of us. */
  readonly isAsking: boolean;
  /** Keys of those who proved the phrase, and have not taken it back. */
  readonly proven: readonly string[];
  /** A machine with our own keys proved the phrase. */
  readonly isCloned: boolean;
  /** It is over, and whoever proved the phrase has not been told. */
  readonly isUntold: boolean;
  /** The records whose keys were let in. */
  readonly granted: readonly string[];
}

export const outset: Course = {
  reached: null,
  record: null,
  healed: null,
  isAsking: false,
  proven: [],
  isCloned: false,
  isUntold: false,
  granted: [],
};

interface Circumstances {
  readonly protocol: PairingName;
  /** Of the core, once it has told this. */
  readonly situation: string;
  /** How it was to end when we called it off ourselves. */
  readonly calledOff: Ending | null;
}

/** With what was just told. */
export function courseAfter(course: Course, notice: Notice, how: Circumstances): Course {
  const { situation } = how;
  const { reached } = course;
  const isRecordOpen = reached === null && (notice.event === 'proven' || notice.event === 'granted');
  const next = isRecordOpen ? { ...course, record: notice.record } : course;
  if (notice.event === 'seeking') return { ...next, isAsking: next.isAsking || notice.role !== 'listening' };
  if (notice.event === 'proven') return { ...next, proven: [...next.proven, notice.peer.key] };
  if (notice.event === 'alarm' && notice.rule === 'clone') return { ...next, isCloned: true };
  // It chose another machine, and we go on looking.
  if (notice.event === 'alarm' && notice.rule === 'not-chosen' && situation === 'Seeking')
    return { ...next, proven: [] };
  if (notice.event === 'granted') return { ...next, granted: [...next.granted, notice.record] };
  // Of several that are told at once the first is this run's.
  if (notice.event === 'paired' && reached?.outcome !== 'paired')
    return isPairedIn(situation)
      ? { ...next, reached: paired, record: notice.record }
      : { ...next, healed: { record: notice.record, key: notice.peer.key, isSeeking: notice.isSeeking === true } };
  if (notice.event === 'half' && situation === 'Half' && reached?.outcome !== 'half')
    return { ...next, reached: half, record: notice.record };
  return notice.event === 'ended' ? endedAfter(next, notice, how) : next;
}

/** Whether this run's own pairing is whole, not one of an earlier run by the way. */
export function isPairedIn(situation: string): boolean {
  return situation === 'Paired' || situation === 'Settled';
}

const paired: Ending = { outcome: 'paired', exitCode: exitCode.done, detail: '' };
const half: Ending = { outcome: 'half', exitCode: exitCode.inconclusive, detail: '' };

function endedAfter(
  course: Course,
  { reason, detail }: Extract<Notice, { event: 'ended' }>,
  { protocol, calledOff }: Circumstances,
): Course {
  // lp1 goes on saying CANCEL, and holds a record as long as that is not heard. git-annex's conversation has no word for it, and
  // who presses Ctrl-C there is told what is true of this machine.
  const isTold =
    protocol === 'lp1'
      ? reason === 'cancelled' || reason === 'timeout'
      : reason === 'cancelled' && calledOff?.outcome !== 'failed';
  const isUntold = course.isAsking && course.proven.length > 0 && !isTold;
  if (reason === 'cancelled') {
    const reached: Ending = calledOff ?? { outcome: 'cancelled', exitCode: exitCode.failed, detail: '' };
    const record = reached.outcome === 'paired' ? (course.healed?.record ?? null) : course.record;
    return { ...course, isUntold, record, reached: { ...reached, detail: sentences(reached.detail, detail) } };
  }
  if (reason === 'timeout' && course.healed?.isSeeking === false && isForHealed(course))
    return { ...course, isUntold, record: course.healed.record, reached: { ...paired, detail: healedAlone } };
  return { ...course, isUntold, reached: failed(reason === 'timeout' ? tooLate(course) : endings[reason]) };
}

function tooLate({ proven, isCloned }: Course): string {
  if (proven.length > 0) return undecided;
  return isCloned ? cloned : nobody;
}

const endings: Readonly<Record<'storage' | 'provision' | 'identity' | 'forgotten', string>> = {
  storage:
    'The record could not be written, so nothing was installed. Next: free some space or make the state directory writable, and pair again',
  provision:
    'The key could not be installed, so nothing was kept. Next: look at ~/.ssh and its authorized_keys, and pair again, or use --no-ssh',
  identity:
    'Nothing was sent. Next: mend what the line before this one names (another name for this machine, the user or the directory; an ed25519 key, or one that is in the agent)',
  forgotten: 'The pairing was forgotten',
};

const nobody =
  'Nobody with this phrase was found in time. Is the other machine on this network, with the phrase typed? On guest Wi-Fi machines often cannot see each other. Next: lanpair doctor, on both at the same time, or lanpair pair --peer ADDRESS on both';

const cloned =
  'The machine with this phrase has the ssh keys of this one. Next: give the copy keys of its own (ssh-keygen -A for the host, and another user key), then pair again';

const undecided =
  'The phrase was proven, but the time was over before it came to a pairing. Next: pair again on both, with a longer --timeout';

export function cancelled(detail: string): Ending {
  return { outcome: 'cancelled', exitCode: exitCode.interrupted, detail };
}

const healedAlone =
  'An earlier pairing became whole, and nobody else proved the phrase. If it was meant for another machine, pair again with that one';

/**
 * Who came back after a crash, with the same phrase, has what he came for once the earlier record is whole, whether nobody proves the
 * phrase to him any more or that same machine alone. By time it ends well only if that one does not look for somebody itself: else
 * the two met by chance.
 */
function isForHealed({ healed, proven }: Course): boolean {
  return healed !== null && proven.every((key) => key === healed.key);
}

/** What Ctrl-C ends it with. */
export function endingByHand(course: Course): Ending {
  return isForHealed(course) ? paired : cancelled('');
}

export function interrupted(detail: string): Ending {
  return { ...cancelled(detail), outcome: 'interrupted' };
}

export function failed(detail: string, code: ExitCode = exitCode.failed): Ending {
  return { outcome: 'failed', exitCode: code, detail };
}

// --------------------------------------------------------------------------------------------- what is on the disk

/** Ids of records. */
export interface Left {
  /** Half, by this run. */
  readonly half: readonly string[];
  /** Taken back, but for a line in authorized_keys. */
  readonly keyed: readonly string[];
  /** Taken back, and the other machine has not heard of it. */
  readonly owed: readonly string[];
  /** What was half when this run began, and is whole now, or half still. */
  readonly earlier: Earlier;
}

export interface Disk {
  readonly before: readonly StoredRecord[];
  readonly after: readonly StoredRecord[];
  /** Records that have a line in authorized_keys. */
  readonly keyed: ReadonlySet<string>;
}

export function leftOn({ before, after, keyed }: Disk, { granted }: Course): Left {
  const stood = new Map(before.map((record) => [record.id, peerOf(record).step]));
  const stands = new Map(after.map((record) => [record.id, peerOf(record).step]));
  const changed = (step: string): readonly string[] =>
    [...stands].filter(([id, now]) => now === step && stood.get(id) !== step).map(([id]) => id);
  const mine = new Set([...granted, ...[...stood].filter(([, step]) => step !== forgotten).map(([id]) => id)]);
  const were = (step: string): readonly StoredRecord[] =>
    after.filter(({ id }) => stood.get(id) === 'half' && stands.get(id) === step);
  return {
    half: changed('half'),
    keyed: [...mine].filter((id) => keyed.has(id) && (stands.get(id) ?? forgotten) === forgotten),
    owed: changed(forgotten),
    earlier: {
      whole: were('paired').map((record) => ({ record: record.id, peer: viewOf(record) })),
      half: were('half').map((record) => ({ record: record.id, peer: viewOf(record), why: whyHalf(record) })),
    },
  };
}

function viewOf(record: StoredRecord): PeerView {
  const { hostName, userName, directory, key, host } = peerOf(record);
  return { hostName, userName, directory, key, address: host };
}

function whyHalf({ body }: StoredRecord): string {
  return field(body, 'step') === 'installed'
    ? 'its key is installed here; it has not said that ours is installed there'
    : 'it was begun, and the other side has not said that it stored us';
}

/** What is told last. */
export function resultOf(ending: Ending, { record, isUntold }: Course, left: Left): Result {
  if (ending.outcome === 'paired' || ending.outcome === 'half' || ending.outcome === 'interrupted')
    return { ...ending, record };
  const what = leftText(left, isUntold);
  if (what === '') return { ...ending, record: null };
  return {
    outcome: ending.outcome === 'cancelled' ? 'interrupted' : ending.outcome,
    exitCode: ending.exitCode === exitCode.failed ? exitCode.inconclusive : ending.exitCode,
    detail: sentences(ending.detail, what),
    record: left.half[0] ?? left.owed[0] ?? null,
  };
}

function leftText({ half: halves, keyed, owed }: Left, isUntold: boolean): string {
  return sentences(
    ...halves.map((id) => `A half of it is left here. Next, for that: lanpair peers forget ${id}`),
    ...keyed.map(
      (id) =>
        `A key could not be taken out of ~/.ssh/authorized_keys. Next, for that: delete the line there that ends with lanpair:${id}`,
    ),
    owed.length > 0 ? unheard : '',
    isUntold ? 'The other machine proved the phrase, and may keep a half of it until the two pair again' : '',
  );
}

/** Of lp1, which can say that it is over. */
export const unheard =
  'The other machine did not say that it heard of it; it is told as soon as both run lanpair pair again.';

/** The last one ends as it did. */
function sentences(...texts: readonly string[]): string {
  const [last = '', ...others] = texts.filter((text) => text !== '').reverse();
  return [...others.reverse().map((text) => text.replace(/\.?$/, '.')), last].join(' ');
}
