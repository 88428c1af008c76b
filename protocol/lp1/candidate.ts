/**
 * Candidates: whoever speaks on our channel, from a returned cookie to the proof of the phrase.
 *
 *     SEEN -> SHARED -> KEYED (own tag released) -> CONFIRMED        dead, with a reason, from anywhere
 *
 * Which of them it is shows in what is there: `share`, `confirm`, `proof`, `dead`. Nothing that a stranger sends takes a
 * candidate back. A route is replaced only by a SHARE whose signature covers a cookie of that very source.
 */
import { equalBytes, fromHex, toHex } from '../bytes.ts';
import { Misuse, type Notice, type Suite } from '../contract.ts';
import type { Turn } from '../table.ts';
import { heldBytes, holding } from './bond.ts';
import { samePlace, speak } from './calm.ts';
import { readIdentity } from './identity.ts';
import { openIdentity, recordId, transcriptHash } from './keys.ts';
import { type Confirm, type Message, read, type Share } from './messages.ts';
import { threeWords } from './phrase.ts';
import {
  answerBeacon,
  chain,
  dropEchoes,
  emit,
  notify,
  peerView,
  repeatTimer,
  type Step,
  sayEcho,
  setTimer,
} from './speech.ts';
import {
  type Candidate,
  candidateOf,
  keysOf,
  type Lp1State,
  limits,
  proven,
  putCandidate,
  type Route,
  times,
} from './state.ts';
import { enqueue } from './work.ts';

type Heard = { readonly beacon: Extract<Message, { kind: 'BEACON' }>; readonly route: Route };

/** A BEACON from a source that has proved nothing: answered statelessly, whatever it carries. */
export function beaconUnproven(state: Lp1State, { beacon, route }: Heard, suite: Suite): Turn<Lp1State> {
  return answerBeacon(state, suite, { route, from: beacon.from, cookie: beacon.cookie });
}

/** Our cookie came back: the source is proven, and work for it may begin. */
export function beaconReturned(state: Lp1State, { beacon, route }: Heard, suite: Suite): Turn<Lp1State> {
  const iid = toHex(beacon.from);
  const quiet = dropEchoes(state, iid);
  const known = candidateOf(quiet, iid);
  if (known === undefined) {
    const added = addCandidate(quiet, suite, { ...blank(iid, route), cookie: beacon.cookie });
    if (added === null) return [quiet, []];
    // Our SHARE returns its cookie; where that has to wait a BEACON does, or it would get its place with us only then.
    const waits: Step = (next) =>
      candidateOf(next, iid)?.share === null
        ? sayEcho(suite, { route, iid: beacon.from, returned: beacon.cookie })(next)
        : [next, []];
    return chain(added, (next) => enqueue(next, suite, iid), waits);
  }
  if (known.dead !== null || beacon.cookie === null) return [quiet, []];
  // Any iid can be claimed in a BEACON: before a signed SHARE the claim may only add a route, after it nothing is moved.
  if (known.verified !== null && samePlace(route, known.route)) return revive(quiet, known);
  const share = known.cookie !== null && equalBytes(known.cookie, beacon.cookie) ? known.share : null;
  return enqueue(putCandidate(quiet, { ...known, route, cookie: beacon.cookie, share }), suite, iid);
}

/** A candidate that had fallen silent is spoken to again when its peer shows that it is there. */
function revive(state: Lp1State, candidate: Candidate): Turn<Lp1State> {
  if (candidate.repeats < limits.repeats || candidate.proof !== null) return [state, []];
  const revived = { ...candidate, repeats: limits.repeats - 2 };
  return [putCandidate(state, revived), [repeatTimer(`say ${candidate.iid}`, 0)]];
}

/** A SHARE from a proven source that says something new: it waits for its signature to be verified. */
export function shareFresh(state: Lp1State, heard: { share: Share; route: Route }, suite: Suite): Turn<Lp1State> {
  const iid = toHex(heard.share.from);
  const quiet = dropEchoes(state, iid);
  const known = candidateOf(quiet, iid);
  if (known?.dead != null) return [quiet, []];
  const candidate = { ...(known ?? blank(iid, heard.route)), pending: heard };
  const next = known === undefined ? addCandidate(quiet, suite, candidate) : putCandidate(quiet, candidate);
  return next === null ? [quiet, []] : enqueue(next, suite, iid);
}

/** The same SHARE once more. */
export function shareAgain(state: Lp1State, { share }: { share: Share }, suite: Suite): Turn<Lp1State> {
  const known = candidateOf(state, toHex(share.from));
  if (known === undefined || known.dead !== null) return [state, []];
  return chain(
    state,
    (next) => revive(next, known),
    (next) => enqueue(next, suite, known.iid),
  );
}

function blank(iid: string, route: Route): Candidate {
  return {
    iid,
    route,
    cookie: null,
    pending: null,
    verified: null,
    y: null,
    share: null,
    confirm: null,
    proof: null,
    repeats: 0,
    shareSent: false,
    dead: null,
  };
}

/**
 * Into a full table by putting out one that has not proved the phrase, of the address that has most of them, chosen by a
 * keyed hash: whoever invents iids puts out his own. Null: all have proved it.
 */
function addCandidate(state: Lp1State, suite: Suite, candidate: Candidate): Lp1State | null {
  if (state.candidates.length < limits.candidates) return putCandidate(state, candidate);
  const unproven = crowded(state.candidates.filter(({ proof }) => proof === null));
  const { cookieKey } = state.secrets;
  if (unproven.length === 0 || cookieKey === null) return null;
  const draw = suite.hmac(cookieKey, fromHex(candidate.iid));
  const out = unproven[(((draw[0] ?? 0) << 8) | (draw[1] ?? 0)) % unproven.length];
  const keep = (entry: { readonly iid: string }): boolean => entry.iid !== out?.iid;
  const secrets = { ...state.secrets, candidates: state.secrets.candidates.filter(keep) };
  const rest = { ...state, secrets, candidates: state.candidates.filter(keep), queue: state.queue.filter(keep) };
  return putCandidate(rest, candidate);
}

/** Those of the addresses that have most. */
function crowded(candidates: readonly Candidate[]): readonly Candidate[] {
  const counts = new Map<string, number>();
  const addressOf = ({ route }: Candidate): string => route.endpoint.address;
  for (const one of candidates) counts.set(addressOf(one), (counts.get(addressOf(one)) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return candidates.filter((one) => counts.get(addressOf(one)) === most);
}

// ---------------------------------------------------------------------------------------------------------- repetition

/** What this candidate still needs from us, once more; then the timer for the next time. */
export function say(state: Lp1State, name: string, suite: Suite): Turn<Lp1State> {
  const candidate = candidateOf(state, name.slice('say '.length));
  // A copy of this machine still gets its CONFIRM: its person has to hear of it as well.
  if (candidate === undefined || (candidate.dead !== null && candidate.dead !== 'clone')) return [state, []];
  const { iid, route, share, confirm, repeats, shareSent, proof } = candidate;
  const bonded = state.bonds.some(({ theirs }) => theirs === iid);
  if (share === null || bonded || repeats >= limits.repeats) return [state, []];
  // Who proved the phrase has our SHARE. Else it goes first, and again with every repetition of the CONFIRM.
  const withShare = proof === null && (confirm === null || !shareSent || repeats > 0);
  const older = holding(state, candidate);
  const held = older === undefined ? null : heldBytes(state, suite, candidate, older);
  const datagrams = [withShare ? share : null, confirm, held].filter((bytes) => bytes !== null);
  const mine = toHex(state.iid);
  return chain(
    putCandidate(state, { ...candidate, repeats: repeats + 1, shareSent: true }),
    ...datagrams.map((bytes) => speak({ mine, theirs: iid, route, bytes })),
    emit(repeatTimer(name, repeats)),
  );
}

// --------------------------------------------------------------------------------------------------------------- proof

/**
 * The tag fits: this peer knows the phrase. Its identity is opened and every field checked, the ssh key's signature
 * included (the heavy unit of this step). A flawed one ends the candidate, by the rule's name.
 */
export function prove(
  state: Lp1State,
  { candidate, confirm, route }: { candidate: Candidate; confirm: Confirm; route: Route },
  suite: Suite,
): Turn<Lp1State> {
  const keys = keysOf(state, candidate.iid);
  const { verified, y } = candidate;
  if (keys === undefined || verified === null || y === null || candidate.confirm === null) return [state, []];
  const padded = openIdentity(suite, keys.theirs.box, confirm.box, confirm.from, confirm.to);
  const identity = padded === null ? null : readIdentity(suite, padded, verified.vk);
  const settled = { ...state, guesses: { ...state.guesses, used: Math.max(0, state.guesses.used - 1) } };
  const end = (dead: string, notice: Notice): Turn<Lp1State> => [
    putCandidate(settled, { ...candidate, dead }),
    [notify(notice)],
  ];
  if (identity === null) {
    const refusal = { fault: 'misbehaved', rule: 'box', detail: 'expected a box of this key' } as const;
    return end('box', { event: 'refused', refusal, source: route.endpoint });
  }
  if (!identity.ok) {
    return end(identity.refusal.rule, { event: 'refused', refusal: identity.refusal, source: route.endpoint });
  }
  const peer = identity.value;
  const clone = peer.sshKey === state.self.sshKey || peer.hostKeys.some((key) => state.self.hostKeys.includes(key));
  if (clone) {
    const detail = `${route.endpoint.address} has this machine's ssh keys: one is a copy of the other; give the copy keys of its own (ssh-keygen -A, and a new lanpair key), then pair again`;
    return end('clone', { event: 'alarm', rule: 'clone', detail });
  }
  const own = ownBox(candidate.confirm);
  const th = transcriptHash(
    suite,
    { iid: state.iid, y, ad: state.ad, box: own },
    { iid: confirm.from, y: verified.y, ad: verified.ad, box: confirm.box },
  );
  const record = recordId(suite, keys.pair);
  const proof = { peer, th: toHex(th), words: threeWords(keys.sas), record };
  return chain(
    superseded(settled, candidate, peer.sshKey),
    (next) => [putCandidate(next, { ...candidate, proof, repeats: 0 }), []],
    emit(
      notify({ event: 'proven', record, peer: peerView(peer, route) }),
      // Its own CONFIRM may have been lost, and ours may be: the schedule begins anew, well apart from the last one.
      setTimer(`say ${candidate.iid}`, times.repeat, times.repeat * 1.5),
    ),
  );
}

/** The same ssh key under a new iid is a restart of the same machine: what came before it is over. */
function superseded(state: Lp1State, by: Candidate, sshKey: string): Lp1State {
  const older = proven(state).filter(({ iid, proof }) => iid !== by.iid && proof?.peer.sshKey === sshKey);
  return older.reduce((next, candidate) => putCandidate(next, { ...candidate, dead: 'restarted' }), state);
}

/** The box in our own CONFIRM, as it was sent. */
function ownBox(datagram: Uint8Array): Uint8Array {
  const reading = read(datagram);
  if (!reading.ok || reading.message.kind !== 'CONFIRM') throw new Misuse('lp1: our own CONFIRM does not read');
  return reading.message.box;
}
