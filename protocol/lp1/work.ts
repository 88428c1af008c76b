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
import { equalBytes, fromHex } from '../bytes.ts';
import { decodeMap } from '../cbor.ts';
import type { Effect, Suite } from '../contract.ts';
import type { Turn } from '../table.ts';
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
import { confirmBody, type Share, shareBody, writeConfirm, writeHint, writeShare } from './messages.ts';
import { chain, emit, notify, sendTo, setTimer, tellOnce } from './speech.ts';
import {
  type Candidate,
  candidateOf,
  type Job,
  keysOf,
  type Lp1State,
  limits,
  put,
  putCandidate,
  type Tokens,
  times,
  type Unit,
} from './state.ts';

/** What is to be done for a candidate next; null: nothing, until something is heard. */
function unitFor(state: Lp1State, candidate: Candidate): Unit | null {
  if (candidate.dead !== null) return null;
  if (candidate.pending !== null) return 'verify';
  if (candidate.share === null && candidate.cookie !== null) return 'share';
  if (candidate.verified === null || candidate.y === null || candidate.confirm !== null) return null;
  return state.guesses.used < state.guesses.budget ? 'key' : null;
}

function unitOf(state: Lp1State, { iid }: Job): Unit | null {
  const candidate = candidateOf(state, iid);
  return candidate === undefined ? null : unitFor(state, candidate);
}

/** Gives a candidate a place in the queue, or its address's, and does the first unit at once where that is free. */
export function enqueue(state: Lp1State, suite: Suite, iid: string): Turn<Lp1State> {
  const candidate = candidateOf(state, iid);
  if (candidate === undefined || unitFor(state, candidate) === null) return held(state, candidate);
  const { address } = (candidate.pending?.route ?? candidate.route).endpoint;
  const next = { ...state, queue: placed(state, iid, address) };
  return state.working ? [next, []] : work(next, suite);
}

/**
 * An address keeps its place from the first thing that it wants to its key, also while it wants nothing; and is then served
 * at the end, as it is when it wants something for the second time in one turn.
 */
function placed(state: Lp1State, iid: string, address: string): readonly Job[] {
  const { queue } = state;
  const at = queue.findIndex((job) => job.address === address);
  const known = queue[at];
  if (known === undefined) return [...queue, { iid, address, done: [] }];
  if (known.iid !== iid && unitOf(state, known) !== null) return queue;
  const job = { ...known, iid };
  const unit = unitOf(state, job);
  if (unit === null || !job.done.includes(unit)) return queue.with(at, job);
  return [...queue.filter((other) => other !== known), { iid, address, done: [] }];
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
  const candidate = job === undefined ? undefined : candidateOf(state, job.iid);
  const unit = candidate === undefined ? null : unitFor(state, candidate);
  if (job === undefined || candidate === undefined || unit === null) return [{ ...state, working: false }, []];
  return chain(
    state,
    (next) => spend(next, job.address, unit),
    (next) => units[unit](next, candidate, suite),
    (next) => passOn(next, job, unit),
  );
}

/** A unit was done for this job: it keeps its place until its turn is over. */
function passOn(state: Lp1State, job: Job, unit: Unit): Turn<Lp1State> {
  const wanted = unitOf(state, job);
  const done = [...job.done, unit];
  const over = unit === 'key' || (wanted !== null && done.includes(wanted));
  const others = state.queue.filter(({ address }) => address !== job.address);
  const again = wanted === null ? [] : [{ ...job, done: [] }];
  const kept = state.queue.map((one) => (one.address === job.address ? { ...job, done } : one));
  const next = { ...state, queue: over ? [...others, ...again] : kept };
  const ready = next.queue.some((one) => affordable(next, one));
  const [after, effects] = wanted === null ? held(next, candidateOf(next, job.iid)) : [next, []];
  return [{ ...after, working: ready }, ready ? [...effects, setTimer('work', 0)] : effects];
}

// -------------------------------------------------------------------------------------------------------------- tokens

function reservedFor(state: Lp1State, address: string): boolean {
  return state.peers.some((peer) => peer.address === address);
}

function affordable(state: Lp1State, job: Job): boolean {
  const tokens = reservedFor(state, job.address) ? state.reserved : state.open;
  if (tokens.units === 0) return false;
  const unit = unitOf(state, job);
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
  return [{ ...state, [kind]: tokens }, effects];
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
  const next = { ...state, open: more('open'), reserved: more('reserved') };
  const again =
    missing(next, which) > 0 ? [setTimer(which, period(state, times[which === 'units' ? 'unit' : 'key']))] : [];
  return chain(next, emit(...again), (after) => (after.working ? [after, []] : work(after, suite)));
}

// --------------------------------------------------------------------------------------------------------------- units

const units: { readonly [unit in Unit]: (state: Lp1State, candidate: Candidate, suite: Suite) => Turn<Lp1State> } = {
  verify: verifyShare,
  share: makeShare,
  key: computeKey,
};

/** A SHARE counts only under its own iid's signature; a second one that says something else is misbehaviour. */
function verifyShare(state: Lp1State, candidate: Candidate, suite: Suite): Turn<Lp1State> {
  const { pending } = candidate;
  if (pending === null) return [state, []];
  const { share, route } = pending;
  const drop = putCandidate(state, { ...candidate, pending: null });
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
  const fresh = candidate.cookie === null || !equalBytes(candidate.cookie, share.cookie);
  const verified: Candidate = {
    ...candidate,
    pending: null,
    verified: share,
    route,
    cookie: share.cookie,
    share: fresh ? null : candidate.share,
  };
  if (versions.includes(1)) return [putCandidate(state, verified), []];
  const hint = writeHint({ from: state.iid, to: share.from, versions: [1] });
  return [putCandidate(state, { ...verified, dead: 'version' }), [sendTo(route, hint)]];
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
function makeShare(state: Lp1State, candidate: Candidate, suite: Suite): Turn<Lp1State> {
  const { entropy, prs, seed, cookieKey } = state.secrets;
  if (entropy === null || prs === null || seed === null || cookieKey === null || candidate.cookie === null) {
    return [state, []];
  }
  const peer = fromHex(candidate.iid);
  const y = candidate.y ?? makeY(state, { entropy, prs, peer }, suite);
  if (y === null) return [putCandidate(state, { ...candidate, dead: 'scalar' }), []];
  const content = {
    from: state.iid,
    to: peer,
    vk: state.vk,
    y,
    ad: state.ad,
    cookie: cookieFor(suite, cookieKey, candidate.route.endpoint, peer),
    returned: candidate.cookie,
  };
  const sig = suite.signatures.sign(seed, shareSigned(shareBody(content)));
  const made = { ...candidate, y, share: writeShare({ ...content, sig }), shareSent: false, repeats: 0 };
  return [putCandidate(state, made), [setTimer(`say ${candidate.iid}`, ...times.cover)]];
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
function computeKey(state: Lp1State, candidate: Candidate, suite: Suite): Turn<Lp1State> {
  const { entropy } = state.secrets;
  const { verified, y, iid } = candidate;
  if (entropy === null || verified === null || y === null) return [state, []];
  const counted = { ...state, guesses: { ...state.guesses, used: state.guesses.used + 1 } };
  const peer = fromHex(iid);
  const sid = sidOf(state.iid, peer);
  const mine = { y, ad: state.ad };
  const isk = equalBytes(verified.y, y)
    ? null
    : sessionKey(suite, { scalar: scalarFor(suite, entropy, peer), sid, mine, theirs: verified });
  if (isk === null) return [putCandidate(counted, { ...candidate, dead: 'point' }), []];
  const keys = candidateKeys(suite, isk, state.iid, peer);
  const box = sealIdentity(suite, keys.mine.box, state.identity, state.iid, peer);
  const content = { from: state.iid, to: peer, y, ad: state.ad, box };
  const tag = confirmTag(suite, keys.mine.mac, confirmBody(content));
  const keyed = { ...candidate, confirm: writeConfirm({ ...content, tag }), repeats: 0 };
  const secrets = {
    ...state.secrets,
    candidates: put(state.secrets.candidates, { iid, keys }, (entry) => entry.iid),
  };
  return [{ ...putCandidate(counted, keyed), secrets }, [setTimer(`say ${iid}`, ...times.cover)]];
}

/** The person granted a guess: it goes to whoever waits. */
export function grantGuess(state: Lp1State, suite: Suite): Turn<Lp1State> {
  const granted = {
    ...state,
    guesses: { ...state.guesses, budget: Math.max(state.guesses.budget, state.guesses.used) + 1 },
  };
  const waiting = granted.candidates.filter(
    (candidate) => unitFor(granted, candidate) === 'key' && keysOf(granted, candidate.iid) === undefined,
  );
  return chain(
    granted,
    ...waiting.map(
      ({ iid }) =>
        (next: Lp1State) =>
          enqueue(next, suite, iid),
    ),
  );
}
