/**
 * Candidates: whoever speaks on our channel, from a returned cookie to the proof of the phrase.
 *
 *     SEEN -> SHARED -> KEYED (own tag released) -> CONFIRMED        dead, with a reason, from anywhere
 *
 * Which of them it is shows in what is there: `share`, `confirm`, `proof`, `dead`. Nothing that a stranger sends takes a
 * candidate back, nor takes it anywhere else: who claims an iid adds a place (`Source`), and what is said there is a SHARE for that
 * place. The rest is said only where a SHARE came from whose signature covers a cookie of that very place, and our address.
 */

import { equalBytes, toHex } from '../bytes.ts';
import { type Effect, Misuse, type Notice, type Suite } from '../contract.ts';
import type { Turn } from '../table.ts';
import { speak } from './calm.ts';
import { candidateWith, sourceWith, stateWith } from './changes.ts';
import { heldBytes, holding } from './fin.ts';
import { readIdentity } from './identity.ts';
import { openIdentity, recordId, transcriptHash } from './keys.ts';
import { limits, times } from './limits.ts';
import { type Confirm, type Message, read, type Share } from './messages.ts';
import { threeWords } from './phrase.ts';
import { withPlace } from './sources.ts';
import {
  answerBeacon,
  chain,
  dropEcho,
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
  proven,
  putCandidate,
  type Route,
  type Source,
  sayTimer,
  sourceAt,
  withSource,
} from './state.ts';
import { enqueue } from './work.ts';

type Heard = { readonly beacon: Extract<Message, { kind: 'BEACON' }>; readonly route: Route };

/** A BEACON from a source that has proved nothing: answered statelessly, whatever it carries. */
export function beaconUnproven(state: Lp1State, { beacon, route }: Heard, suite: Suite): Turn<Lp1State> {
  return answerBeacon(state, suite, { route, from: beacon.from, cookie: beacon.cookie });
}

/** Our cookie came back: the source is proven, and work for it may begin. Any iid can be claimed so: it only adds a place. */
export function beaconReturned(state: Lp1State, { beacon, route }: Heard, suite: Suite): Turn<Lp1State> {
  const iid = toHex(beacon.from);
  const quiet = dropEcho(state, iid, route);
  const known = candidateOf(quiet, iid);
  if (known?.dead != null || beacon.cookie === null) return [quiet, []];
  const before = sourceAt(known, route);
  if (known !== undefined && before !== undefined && before.heard !== null) return revive(quiet, known, before);
  const next = withPlace(quiet, suite, iid, route);
  const candidate = next === null ? undefined : candidateOf(next, iid);
  const source = sourceAt(candidate, route);
  if (next === null || candidate === undefined || source === undefined) return [quiet, []];
  const same = source.cookie !== null && equalBytes(source.cookie, beacon.cookie);
  // Who feigns our address has the peer give us cookies of other iids: each is tried in turn, none takes the other's SHARE away.
  if (!same && source.share !== null && source.repeats < limits.cookieTries) return [quiet, []];
  const share = same ? source.share : null;
  const proven = withSource(candidate, sourceWith(source, { cookie: beacon.cookie, share }));
  // Our SHARE returns its cookie; where that has to wait a BEACON does, or it would get its place with us only then.
  const waits: Step = (after) =>
    before === undefined && sourceAt(candidateOf(after, iid), route)?.share === null
      ? sayEcho(suite, { route, iid: beacon.from, returned: beacon.cookie })(after)
      : [after, []];
  return chain(putCandidate(next, proven), (after) => enqueue(after, suite, iid, route), waits);
}

/** A place that had fallen silent is spoken to again when the peer shows that it is there. */
function revive(state: Lp1State, candidate: Candidate, source: Source): Turn<Lp1State> {
  if (source.repeats < limits.repeats || candidate.proof !== null) return [state, []];
  const revived = withSource(candidate, sourceWith(source, { repeats: limits.repeats - 2 }));
  return [putCandidate(state, revived), [repeatTimer(sayTimer(candidate.iid, source), 0)]];
}

/** A SHARE from a proven source that says something new: it waits for its signature to be verified. */
export function shareFresh(
  state: Lp1State,
  { share, route, relayed }: HeardShare & { readonly relayed: boolean },
  suite: Suite,
): Turn<Lp1State> {
  const iid = toHex(share.from);
  const quiet = dropEcho(state, iid, route);
  if (candidateOf(quiet, iid)?.dead != null) return [quiet, []];
  const next = withPlace(quiet, suite, iid, route);
  const candidate = next === null ? undefined : candidateOf(next, iid);
  const source = sourceAt(candidate, route);
  // The place is proven, for its cookie came back; what was sent to another address says nothing about it.
  if (relayed) return [next ?? quiet, [notify({ event: 'refused', refusal: relayedShare, source: route.endpoint })]];
  if (next === null || candidate === undefined || source === undefined) return [quiet, []];
  return enqueue(putCandidate(next, withSource(candidate, sourceWith(source, { pending: share }))), suite, iid, route);
}

const relayedShare = {
  fault: 'misbehaved',
  rule: 'relayed',
  detail: 'expected a SHARE that was sent to an address of ours',
} as const;

type HeardShare = { readonly share: Share; readonly route: Route };

/** A CONFIRM that overtook its SHARE, or came while that waits for its unit of work: it is read when the keys are there. */
export function confirmEarly(state: Lp1State, { confirm, route }: { confirm: Confirm; route: Route }): Turn<Lp1State> {
  const candidate = candidateOf(state, toHex(confirm.from));
  const source = sourceAt(candidate, route);
  if (candidate === undefined || source === undefined) return [state, []];
  return [putCandidate(state, withSource(candidate, sourceWith(source, { early: confirm }))), []];
}

/** The same SHARE once more. */
export function shareAgain(state: Lp1State, { share, route }: HeardShare, suite: Suite): Turn<Lp1State> {
  const known = candidateOf(state, toHex(share.from));
  const source = sourceAt(known, route);
  if (known === undefined || source === undefined || known.dead !== null) return [state, []];
  return chain(
    state,
    (next) => revive(next, known, source),
    (next) => enqueue(next, suite, known.iid, route),
  );
}

// ---------------------------------------------------------------------------------------------------------- repetition

/** What this place still needs from us, once more; then the timer for the next time. */
export function say(state: Lp1State, name: string, suite: Suite): Turn<Lp1State> {
  const candidate = candidateOf(state, name.split(' ', 2)[1] ?? '');
  // A copy of this machine still gets its CONFIRM: its person has to hear of it as well.
  if (candidate === undefined || (candidate.dead !== null && candidate.dead !== 'clone')) return [state, []];
  const source = candidate.sources.find((one) => sayTimer(candidate.iid, one) === name);
  // A record of an earlier session of ours does not answer who is still in his: he is told of the new one, and READY 2 of the old.
  const bonded = state.bonds.some((bond) => bond.theirs === candidate.iid && bond.mine === toHex(state.iid));
  if (source === undefined || bonded || source.share === null || source.repeats >= limits.repeats) return [state, []];
  const { iid, proof } = candidate;
  const { route, share, repeats, shareSent } = source;
  const older = holding(state, candidate);
  const here = source.heard !== null;
  // All but SHARE is said where the peer itself was verified: who claims its iid elsewhere gets what he can do nothing with.
  const confirm = here ? candidate.confirm : null;
  const held = here && older !== undefined ? heldBytes(state, suite, candidate, older) : null;
  // Who proved the phrase has our SHARE. Else it goes first, and again with every repetition of the CONFIRM.
  const withShare = !here || (proof === null && (confirm === null || !shareSent || repeats > 0));
  const datagrams = [withShare ? share : null, confirm, held].filter((bytes) => bytes !== null);
  const mine = toHex(state.iid);
  return chain(
    putCandidate(state, withSource(candidate, sourceWith(source, { repeats: repeats + 1, shareSent: true }))),
    ...datagrams.map((bytes) => speak({ mine, theirs: iid, route, bytes })),
    emit(repeatTimer(name, repeats)),
  );
}

/** Wherever the candidate was verified, what it needs is said after this time. */
export function heardTimers({ iid, sources }: Candidate, minMs: number, maxMs: number = minMs): readonly Effect[] {
  return sources.filter(({ heard }) => heard !== null).map((source) => setTimer(sayTimer(iid, source), minMs, maxMs));
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
  const settled = stateWith(state, { guesses: { ...state.guesses, used: Math.max(0, state.guesses.used - 1) } });
  const end = (dead: string, notice: Notice): Turn<Lp1State> => [
    putCandidate(settled, candidateWith(candidate, { dead })),
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
  const fresh = candidate.sources.map((source) => sourceWith(source, { early: null, repeats: 0 }));
  return chain(
    superseded(settled, candidate, peer.sshKey),
    (next) => [putCandidate(next, candidateWith(candidate, { proof, sources: fresh })), []],
    emit(
      notify({ event: 'proven', record, peer: peerView(peer, route) }),
      // Its own CONFIRM may have been lost, and ours may be: the schedule begins anew, well apart from the last one.
      ...heardTimers(candidate, times.repeat, times.repeat * 1.5),
    ),
  );
}

/** The same ssh key under a new iid is a restart of the same machine: what came before it is over. */
function superseded(state: Lp1State, by: Candidate, sshKey: string): Lp1State {
  const older = proven(state).filter(({ iid, proof }) => iid !== by.iid && proof?.peer.sshKey === sshKey);
  return older.reduce((next, candidate) => putCandidate(next, candidateWith(candidate, { dead: 'restarted' })), state);
}

/** The box in our own CONFIRM, as it was sent. */
function ownBox(datagram: Uint8Array): Uint8Array {
  const reading = read(datagram);
  if (!reading.ok || reading.message.kind !== 'CONFIRM') throw new Misuse('lp1: our own CONFIRM does not read');
  return reading.message.box;
}
