/**
 * Heavy work, one unit a step: verifying a SHARE, making our own, computing K (1 to 2 ms each with the real suite).
 *
 * Only a source that returned a cookie has a place in the queue, one for each address. A turn is one unit of each sort, the
 * key last, and the place is kept until then: were it given up after each unit, or while the peer's answer is awaited, n
 * strangers would delay an honest peer by three rounds. So it is n keys and not more, however much each of them sends. Units come in at 20 a second and keys
 * at 6; with `--peer`s half of both is theirs alone.
 *
 * A guess is an iid for which K was computed and which has not proved itself. Beyond the budget that the phrase's entropy
 * allows nothing more is computed until a person grants it; strangers can spend it, but an honest peer of a phrase of 34
 * bits or more is always in time.
 */

import { mappedAddress } from '../address.ts';
import { equalBytes, fromHex, toHex } from '../bytes.ts';
import { decodeMap } from '../cbor.ts';
import type { Effect, Suite } from '../contract.ts';
import type { Turn } from '../table.ts';
import { candidateWith, sourceWith, stateWith } from './changes.ts';
import { generator, sessionKey } from './cpace.ts';
import {
  candidateKeys,
  confirmTag,
  cookieFor,
  scalarFor,
  sealIdentity,
  settingOf,
  shareSigned,
  sidOf,
} from './keys.ts';
import { limits, times } from './limits.ts';
import { confirmBody, type Share, shareBody, writeConfirm, writeHint, writeShare } from './messages.ts';
import { chain, emit, notify, sendTo, setTimer, tellOnce } from './speech.ts';
import {
  type Candidate,
  candidateOf,
  earlyTimer,
  type Job,
  type Lp1State,
  placeOf,
  put,
  putCandidate,
  type Route,
  type Source,
  sayTimer,
  type Tokens,
  type Unit,
  withSource,
} from './state.ts';

/** What is to be done next for a candidate at one of its places; null: nothing, until something is heard. */
function unitFor(state: Lp1State, candidate: Candidate, source: Source): Unit | null {
  if (candidate.dead !== null) return null;
  if (source.pending !== null) return 'verify';
  if (source.share === null && source.cookie !== null) return 'share';
  if (source.heard === null || candidate.verified === null || candidate.y === null) return null;
  return candidate.confirm === null && state.guesses.used < state.guesses.budget ? 'key' : null;
}

/** What a job is about; null where nothing is wanted. */
function taskOf(state: Lp1State, { iid, place }: Job): Task | null {
  const candidate = candidateOf(state, iid);
  const source = candidate?.sources.find((one) => one.place === place);
  const unit = candidate === undefined || source === undefined ? null : unitFor(state, candidate, source);
  return candidate === undefined || source === undefined || unit === null ? null : { candidate, source, unit };
}

interface Task {
  readonly candidate: Candidate;
  readonly source: Source;
  readonly unit: Unit;
}

/** Gives an address a place in the queue, if it has none, and does the first unit at once where that is free. */
export function enqueue(state: Lp1State, suite: Suite, iid: string, route: Route): Turn<Lp1State> {
  const job = { iid, address: route.endpoint.address, place: placeOf(route), done: [] };
  const task = taskOf(state, job);
  if (task === null) return held(state, candidateOf(state, iid));
  const next = stateWith(state, { queue: placed(state, job, task) });
  return state.working ? [next, []] : work(next, suite);
}

/**
 * An address keeps its place from the first thing that it wants to its key, also while it wants nothing; and is then served
 * at the end, as it is when it wants something for the second time in one turn.
 */
function placed(state: Lp1State, wanted: Job, { candidate, unit }: Task): readonly Job[] {
  const { queue } = state;
  const at = queue.findIndex((job) => job.address === wanted.address);
  const known = queue[at];
  if (known === undefined) return [...queue, wanted];
  const other = known.iid !== wanted.iid || known.place !== wanted.place;
  if (other && taskOf(state, known) !== null) return queue;
  if (!known.done.includes(unit)) return queue.with(at, { ...wanted, done: known.done });
  // A SHARE for a second port of it can wait until its turn is over; but not where nobody answers at the first any more.
  const first = candidate.sources.find(({ place }) => place === known.place);
  const vain = first === undefined || first.repeats >= limits.shareTries;
  const extra = known.iid === wanted.iid && other && candidate.y !== null && candidate.confirm === null;
  return extra && !vain ? queue : [...queue.filter((job) => job !== known), wanted];
}

/**
 * What an address wants once its turn is over: its candidates one after the other, and of each first what leads to its
 * keys. They stand in a ring, in an order that only we know: a stranger may speak from the peer's own address under as many
 * iids as he likes, and in the order of iids he would always come before the peer.
 */
function nextJob(state: Lp1State, suite: Suite, { address, iid: last }: Job): Job | undefined {
  const jobs = state.candidates.flatMap((candidate) =>
    candidate.sources.flatMap((source): readonly { job: Job; rank: number }[] => {
      const unit = source.route.endpoint.address === address ? unitFor(state, candidate, source) : null;
      if (unit === null) return [];
      const leads = unit === 'verify' ? candidate.verified === null : unit === 'key' || candidate.y === null;
      return [{ job: { address, iid: candidate.iid, place: source.place, done: [] }, rank: leads ? 0 : 1 }];
    }),
  );
  const first = jobs.filter(({ rank }) => rank === Math.min(...jobs.map((one) => one.rank)));
  if (first.length < 2) return first[0]?.job;
  const seat = (iid: string): string => toHex(suite.hmac(state.secrets.cookieKey ?? new Uint8Array(0), fromHex(iid)));
  const from = seat(last);
  const ring = first
    .map(({ job }) => ({ job, at: seat(job.iid) }))
    .toSorted((a, b) => Number(a.at <= from) - Number(b.at <= from) || (a.at < b.at ? -1 : 1));
  return ring[0]?.job;
}

/** Tells a person that the guesses are used up and who waits: again when more do, and after each guess that was granted. */
function held(state: Lp1State, candidate: Candidate | undefined): Turn<Lp1State> {
  const { used, budget } = state.guesses;
  if (candidate === undefined || !waitsForLeave(candidate) || used < budget) return [state, []];
  const waiting = state.candidates.filter(waitsForLeave).map(({ route }) => route.endpoint.address);
  const sources = [...new Set(waiting)].slice(0, sourcesMax);
  const detail = `${used} of ${budget} guesses of the phrase did not fit; waiting for leave to try: ${sources.join(', ')}`;
  return tellOnce(`guesses ${budget} ${sources.length}`, { event: 'alarm', rule: 'guesses-used', detail })(state);
}

/** Addresses that a person is shown. */
const sourcesMax = 8;

function waitsForLeave({ verified, confirm, dead }: Candidate): boolean {
  return verified !== null && confirm === null && dead === null;
}

/** One unit for the first in the queue that wants one and that there are tokens for; then the timer for the next one. */
export function work(state: Lp1State, suite: Suite): Turn<Lp1State> {
  const job = state.queue.find((one) => affordable(state, one));
  const task = job === undefined ? null : taskOf(state, job);
  if (job === undefined || task === null) return [stateWith(state, { working: false }), []];
  return chain(
    state,
    (next) => spend(next, job.address, task.unit),
    (next) => units[task.unit](next, task, suite),
    (next) => passOn(next, suite, job, task.unit),
  );
}

/** A unit was done for this job: it keeps its place until its turn is over. */
function passOn(state: Lp1State, suite: Suite, job: Job, unit: Unit): Turn<Lp1State> {
  const wanted = taskOf(state, job)?.unit ?? null;
  const done = [...job.done, unit];
  const over = unit === 'key' || (wanted !== null && done.includes(wanted));
  const others = state.queue.filter(({ address }) => address !== job.address);
  const more = over ? nextJob(state, suite, job) : undefined;
  const kept = state.queue.map((one) => (one.address === job.address ? { ...job, done } : one));
  const next = stateWith(state, { queue: over ? [...others, ...(more === undefined ? [] : [more])] : kept });
  const ready = next.queue.some((one) => affordable(next, one));
  const [after, effects] = wanted === null ? held(next, candidateOf(next, job.iid)) : [next, []];
  return [stateWith(after, { working: ready }), ready ? [...effects, setTimer('work', 0)] : effects];
}

// -------------------------------------------------------------------------------------------------------------- tokens

function reservedFor(state: Lp1State, address: string): boolean {
  return state.peers.some((peer) => peer.address === address);
}

function affordable(state: Lp1State, job: Job): boolean {
  const tokens = reservedFor(state, job.address) ? state.reserved : state.open;
  if (tokens.units === 0) return false;
  const unit = taskOf(state, job)?.unit ?? null;
  return unit !== null && (unit !== 'key' || tokens.keys > 0);
}

/** What a class of sources may save up: all of it, or half where some is reserved for `--peer`s. */
export function tokensMax(state: Lp1State): { readonly open: Tokens; readonly reserved: Tokens } {
  const all = { units: limits.units, keys: limits.keys };
  const half = { units: limits.units / 2, keys: limits.keys / 2 };
  return state.peers.length === 0 ? { open: all, reserved: { units: 0, keys: 0 } } : { open: half, reserved: half };
}

function spend(state: Lp1State, address: string, unit: Unit): Turn<Lp1State> {
  const kind = reservedFor(state, address) ? 'reserved' : 'open';
  const { units: left, keys } = state[kind];
  const tokens = { units: left - 1, keys: unit === 'key' ? keys - 1 : keys };
  const max = tokensMax(state)[kind];
  const full = (which: keyof Tokens): boolean => missing(state, which) === 0;
  const effects: Effect[] = [];
  if (full('units') && left === max.units) effects.push(setTimer('units', period(state, times.unit)));
  if (full('keys') && unit === 'key' && keys === max.keys) effects.push(setTimer('keys', period(state, times.key)));
  return [stateWith(state, { [kind]: tokens }), effects];
}

/** Halves of a rate come in half as often. */
function period(state: Lp1State, ms: number): number {
  return state.peers.length === 0 ? ms : ms * 2;
}

function missing(state: Lp1State, which: keyof Tokens): number {
  const max = tokensMax(state);
  return max.open[which] - state.open[which] + max.reserved[which] - state.reserved[which];
}

/** The timer `units` or `keys` fired: one token to each class that lacks one; then what waited for it. */
export function refill(state: Lp1State, suite: Suite, which: keyof Tokens): Turn<Lp1State> {
  const max = tokensMax(state);
  const more = (kind: 'open' | 'reserved'): Tokens => ({
    ...state[kind],
    [which]: Math.min(state[kind][which] + 1, max[kind][which]),
  });
  const next = stateWith(state, { open: more('open'), reserved: more('reserved') });
  const again =
    missing(next, which) > 0 ? [setTimer(which, period(state, times[which === 'units' ? 'unit' : 'key']))] : [];
  return chain(next, emit(...again), (after) => (after.working ? [after, []] : work(after, suite)));
}

// --------------------------------------------------------------------------------------------------------------- units

const units: { readonly [unit in Unit]: (state: Lp1State, task: Task, suite: Suite) => Turn<Lp1State> } = {
  verify: verifyShare,
  share: makeShare,
  key: computeKey,
};

/** A SHARE counts only under its own iid's signature; a second one that says something else is misbehaviour. */
function verifyShare(state: Lp1State, { candidate, source }: Task, suite: Suite): Turn<Lp1State> {
  const { pending: share, route } = source;
  if (share === null) return [state, []];
  const drop = putCandidate(state, withSource(candidate, sourceWith(source, { pending: null })));
  const refuse = (rule: string, expected: string): Turn<Lp1State> => [
    drop,
    [
      notify({
        event: 'refused',
        refusal: { fault: 'misbehaved', rule, detail: `expected ${expected}` },
        source: route.endpoint,
      }),
    ],
  ];
  if (!suite.signatures.verify(share.vk, shareSigned(share.body), share.sig)) {
    return refuse('share-signature', "a SHARE signed by its iid's key");
  }
  const before = candidate.verified;
  if (before !== null && !(equalBytes(before.y, share.y) && equalBytes(before.ad, share.ad))) {
    return refuse('second-share', 'one Y and one AD of one iid');
  }
  const versions = versionsOf(share);
  if (versions === null) return refuse('ad', 'AD of versions, capabilities, this iid and a port');
  const fresh = source.cookie === null || !equalBytes(source.cookie, share.cookie);
  const heard: Source = sourceWith(source, {
    pending: null,
    heard: share.body,
    cookie: share.cookie,
    share: fresh ? null : source.share,
  });
  const verified = candidateWith(withSource(candidate, heard), { verified: before ?? share, route });
  // A second place of a peer whose keys are there needs only to be spoken to.
  const known = candidate.confirm === null || fresh ? [] : [setTimer(sayTimer(candidate.iid, source), ...times.cover)];
  if (versions.includes(1)) return [putCandidate(state, verified), known];
  const hint = writeHint({ from: state.iid, to: share.from, versions: [1] });
  return [putCandidate(state, candidateWith(verified, { dead: 'version' })), [sendTo(route, hint)]];
}

/** The versions that an AD offers; null for an AD that is none, or is another iid's. */
function versionsOf({ ad, from }: Share): readonly number[] | null {
  const decoded = decodeMap(ad);
  if (!decoded.ok) return null;
  const [versions, capabilities, iid, port] = [1, 2, 3, 4].map((key) => decoded.value.get(key));
  if (!Array.isArray(versions) || versions.length === 0 || versions.length > 8) return null;
  if (!(iid instanceof Uint8Array) || !equalBytes(iid, from)) return null;
  if (typeof capabilities !== 'number' || typeof port !== 'number') return null;
  return (versions as readonly unknown[]).filter((version) => typeof version === 'number');
}

/** Our SHARE for this peer: Y from its own scalar, both cookies, signed. Signed anew when the peer's cookie is another. */
function makeShare(state: Lp1State, { candidate, source }: Task, suite: Suite): Turn<Lp1State> {
  const { entropy, prs, seed, cookieKey } = state.secrets;
  if (entropy === null || prs === null || seed === null || cookieKey === null || source.cookie === null) {
    return [state, []];
  }
  const peer = fromHex(candidate.iid);
  const y = candidate.y ?? makeY(state, { entropy, prs, peer }, suite);
  if (y === null) return [putCandidate(state, candidateWith(candidate, { dead: 'scalar' })), []];
  const { endpoint } = source.route;
  const content = {
    from: state.iid,
    to: peer,
    vk: state.vk,
    y,
    ad: state.ad,
    cookie: cookieFor(suite, cookieKey, endpoint, peer),
    returned: source.cookie,
    sentTo: mappedAddress(endpoint.address) ?? new Uint8Array(16),
  };
  const sig = suite.signatures.sign(seed, shareSigned(shareBody(content)));
  const made = sourceWith(source, { share: writeShare({ ...content, sig }), shareSent: false, repeats: 0 });
  const next = putCandidate(state, withSource(candidateWith(candidate, { y }), made));
  return [next, [setTimer(sayTimer(candidate.iid, source), ...times.cover)]];
}

function makeY(
  state: Lp1State,
  { entropy, prs, peer }: { entropy: Uint8Array; prs: Uint8Array; peer: Uint8Array },
  suite: Suite,
): Uint8Array | null {
  const g = generator(suite, settingOf(prs, state.channel, state.iid, peer));
  return suite.group.multiply(scalarFor(suite, entropy, peer), g);
}

/** K, the keys, and our CONFIRM, once: its bytes are kept, for its box key must never see a second plaintext. */
function computeKey(state: Lp1State, { candidate }: Task, suite: Suite): Turn<Lp1State> {
  const { entropy } = state.secrets;
  const { verified, y, iid } = candidate;
  if (entropy === null || verified === null || y === null) return [state, []];
  const counted = stateWith(state, { guesses: { ...state.guesses, used: state.guesses.used + 1 } });
  const peer = fromHex(iid);
  const sid = sidOf(state.iid, peer);
  const mine = { y, ad: state.ad };
  const isk = equalBytes(verified.y, y)
    ? null
    : sessionKey(suite, { scalar: scalarFor(suite, entropy, peer), sid, mine, theirs: verified });
  if (isk === null) return [putCandidate(counted, candidateWith(candidate, { dead: 'point' })), []];
  const keys = candidateKeys(suite, isk, state.iid, peer);
  const box = sealIdentity(suite, keys.mine.box, state.identity, state.iid, peer);
  const content = { from: state.iid, to: peer, y, ad: state.ad, box };
  const tag = confirmTag(suite, keys.mine.mac, confirmBody(content));
  const sources = candidate.sources.map((source) => sourceWith(source, { repeats: 0 }));
  const keyed = candidateWith(candidate, { sources, confirm: writeConfirm({ ...content, tag }) });
  const secrets = {
    ...state.secrets,
    candidates: put(state.secrets.candidates, { iid, keys }, (entry) => entry.iid),
  };
  const says = sources
    .filter(({ heard }) => heard !== null)
    .flatMap((source) => [
      setTimer(sayTimer(iid, source), ...times.cover),
      ...(source.early === null ? [] : [setTimer(earlyTimer(iid, source), 0)]),
    ]);
  return [stateWith(putCandidate(counted, keyed), { secrets }), says];
}

/** The person granted a guess: it goes to whoever waits. */
export function grantGuess(state: Lp1State, suite: Suite): Turn<Lp1State> {
  const granted = stateWith(state, {
    guesses: { ...state.guesses, budget: Math.max(state.guesses.budget, state.guesses.used) + 1 },
  });
  const waiting = granted.candidates.flatMap((candidate) =>
    candidate.sources
      .filter((source) => unitFor(granted, candidate, source) === 'key')
      .map(({ route }) => ({ iid: candidate.iid, route })),
  );
  return chain(
    granted,
    ...waiting.map(
      ({ iid, route }) =>
        (next: Lp1State) =>
          enqueue(next, suite, iid, route),
    ),
  );
}
