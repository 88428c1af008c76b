/**
 * Rules of the protocols, and what has to turn red when one of them is taken out. A scenario can lose its teeth unseen: another rule
 * comes to stop what it tells of, or its luck changes. `npm run plants` takes each rule out of a copy of the program and
 * requires red, so that "does anything notice if this check goes?" is a command and not a memory.
 */
export interface Plant {
  /** Below the root, without its ending. */
  readonly file: string;
  /** There once in the source and once in what the compiler makes of it: a piece of one line, without types. */
  readonly takes: string;
  readonly puts: string;
  /** Scenarios of which at least one has to fail, as `family/name`; none: nothing in the catalogue notices, and `why` says why. */
  readonly red: readonly string[];
  /** What is gone. */
  readonly rule: string;
  /** Of a plant that nothing notices. */
  readonly why?: string;
}

const lp1: readonly Plant[] = [
  {
    file: 'protocol/lp1/work',
    rule: 'a second port does not wait for ever for the turn of the first',
    takes: 'first.repeats >= limits.shareTries',
    puts: 'false',
    red: ['network/port-changes-before-the-share'],
  },
  {
    file: 'protocol/lp1/session',
    rule: 'who starts with a tombstone takes the key out once more',
    takes: "step === 'revoked' ? [grantEffect(bond, 'unprovision')] : []",
    puts: '[]',
    red: ['replay/killed-before-the-key-goes'],
  },
  {
    file: 'protocol/lp1/events',
    rule: 'an iid is the hash of its key',
    takes: '!equalBytes(iidOf(suite, share.vk), share.from)',
    puts: 'false',
    red: ['crypto/somebody-elses-iid'],
  },
  {
    file: 'protocol/lp1/events',
    rule: 'a CONFIRM has the tag of the same phrase',
    takes: '!equalBytes(confirmTag(suite, mac, confirm.body), confirm.tag)',
    puts: 'false',
    red: ['crypto/man-in-the-middle', 'crypto/half-right-guess'],
  },
  {
    file: 'protocol/lp1/events',
    rule: 'a cookie is of this session and of this place',
    takes: 'equalBytes(cookieFor(suite, cookieKey, source, from), cookie)',
    puts: 'true',
    red: ['crypto/guesser-spoofed'],
  },
  {
    file: 'protocol/lp1/events',
    rule: 'a SHARE that was sent to another address says nothing about its place',
    takes: 'const relayed = !meantForUs(state, share.sentTo, source)',
    puts: 'const relayed = false',
    red: ['crypto/relayed-to-another', 'crypto/relayed'],
  },
  {
    file: 'protocol/lp1/events',
    rule: 'READY, DONE and CANCEL of a record have its mac',
    takes: 'if (!proves(keys?.theirs, bond.th))',
    puts: 'if (false)',
    red: ['crypto/spoofed-proofs', 'replay/forged-cancel-after-pairing'],
  },
  {
    file: 'protocol/lp1/events',
    rule: 'READY and CANCEL of a candidate have the mac of its keys',
    takes: 'if (!proves(keysOf(state, from)?.theirs.fin, candidate.proof.th))',
    puts: 'if (false)',
    red: ['crypto/forged-cancel', 'crypto/spoofed-proofs'],
  },
  {
    file: 'protocol/lp1/events',
    rule: 'a CONFIRM repeats the Y and AD of its SHARE',
    takes: '!equalBytes(verified.y, confirm.y) || !equalBytes(verified.ad, confirm.ad)',
    puts: 'false',
    red: [],
    why: 'keys and transcript hash take Y and AD from the SHARE: what a CONFIRM repeats is compared, and used for nothing else',
  },
  {
    file: 'protocol/lp1/events',
    rule: 'our own SHARE is not that of another',
    takes: 'if (ours(state, share.from))',
    puts: 'if (false)',
    red: [],
    why: 'our own Y makes no key either, and our own CONFIRM is refused; with all three out crypto/reflected-messages still holds: no reflector here comes so far',
  },
  {
    file: 'protocol/lp1/work',
    rule: "a SHARE is signed by its iid's key",
    takes: '!suite.signatures.verify(share.vk, shareSigned(share.body), share.sig)',
    puts: 'false',
    red: ['crypto/somebody-elses-iid', 'replay/ids-swapped'],
  },
  {
    file: 'protocol/lp1/work',
    rule: 'one iid has one Y and one AD',
    takes: 'before !== null && !(equalBytes(before.y, share.y) && equalBytes(before.ad, share.ad))',
    puts: 'false',
    red: ['crypto/two-shares-of-one-iid'],
  },
  {
    file: 'protocol/lp1/work',
    rule: 'our own Y makes no key',
    takes: 'equalBytes(verified.y, y)',
    puts: 'false',
    red: [],
    why: 'our own SHARE is refused before; as of that rule, no reflector here comes so far',
  },
  {
    file: 'protocol/lp1/work',
    rule: 'a phrase has so many guesses as its bits allow',
    takes: 'candidate.confirm === null && state.guesses.used < state.guesses.budget',
    puts: 'candidate.confirm === null',
    red: ['crypto/guesses-used-up', 'crypto/guesser-21-bits-stalls'],
  },
  {
    file: 'protocol/lp1/work',
    rule: 'an AD is of the iid that signs it',
    takes: '!(iid instanceof Uint8Array) || !equalBytes(iid, from)',
    puts: '!(iid instanceof Uint8Array)',
    red: [],
    why: 'an AD goes into the keys of both, so that a bent one proves nothing',
  },
  {
    file: 'protocol/lp1/candidate',
    rule: 'who has our keys is a copy of us',
    takes: 'if (clone)',
    puts: 'if (false)',
    red: ['fields/cloned-machine', 'fields/clone-that-moves'],
  },
  {
    file: 'protocol/lp1/candidate',
    rule: 'where a peer was not verified it gets a SHARE and nothing else',
    takes: 'const confirm = here ? candidate.confirm : null',
    puts: 'const confirm = candidate.confirm',
    red: [],
    why: 'no scenario shows yet what a CONFIRM is good for at a place that proved nothing',
  },
  {
    file: 'protocol/lp1/candidate',
    rule: 'a cookie of another iid does not take our SHARE away',
    takes: 'source.share !== null && source.repeats < limits.cookieTries',
    puts: 'false',
    red: [],
    why: 'no scenario shows it yet',
  },
  {
    file: 'protocol/lp1/crowd',
    rule: 'two machines that prove one phrase are shown, and a person chooses',
    takes: 'if (machines.size > 1)',
    puts: 'if (false)',
    red: ['crypto/overheard-phrase-crowd', 'replay/three-with-one-phrase'],
  },
  {
    file: 'protocol/lp1/crowd',
    rule: 'a peer that stored anew holds no older record: ours goes',
    takes: 'return both ? [state, []] : recommit(state, candidate.iid, older)',
    puts: 'return [state, []]',
    red: ['replay/crash-after-commit'],
  },
  {
    file: 'protocol/lp1/ending',
    rule: 'who cancels tells whoever may hold a record',
    takes: '(current === undefined ? [next, []] : revoke(next, current, suite, reasons.person))',
    puts: '[next, []]',
    red: ['replay/cancel-lost'],
  },
  {
    file: 'protocol/lp1/ending',
    rule: 'who types no phrase hears that his pairing is half',
    takes: "(state.situation !== 'Waiting' || left.length === 0)",
    puts: 'true',
    red: ['replay/half-without-a-phrase'],
  },
  {
    file: 'protocol/lp1/session',
    rule: 'a whole pairing that both begin anew is ended by a challenge',
    takes: "toHex(suite.derive(entropy, 'challenge', fromHex(bond.th), 4))",
    puts: "''",
    red: ['replay/whole-here-half-there', 'replay/whole-records-pair-anew'],
  },
  {
    file: 'protocol/lp1/finishing',
    rule: 'and by its echo alone, not by what was said in earlier sessions',
    takes: 'repeats === challenge && proves(state, before)',
    puts: 'true',
    red: ['replay/old-words-and-a-new-peer'],
  },
  {
    file: 'protocol/lp1/fin',
    rule: 'a session is not ended by another pairing than that of who proved its phrase',
    takes: 'proven(state).every(({ proof }) => proof?.peer.sshKey === peer.sshKey)',
    puts: 'true',
    red: ['replay/old-record-heals-in-the-crowd'],
  },
  {
    file: 'protocol/lp1/fin',
    rule: 'a READY that nobody hears goes to the groups',
    takes: 'unheard ? sayAround(bond, bytes, confirm) : emit()',
    puts: 'emit()',
    red: ['replay/one-moves-one-restarts'],
  },
  {
    file: 'protocol/lp1/fin',
    rule: 'a CANCEL that nobody answers goes to the groups, too',
    takes: "message.kind === 'CANCEL' && !bond.old",
    puts: 'false',
    red: ['replay/cancels-while-the-other-restarts'],
  },
  {
    file: 'protocol/lp1/fin',
    rule: 'and now and then the CONFIRM, without which it cannot be read',
    takes: 'repeats % limits.everyConfirm === limits.unheard ? confirm : []',
    puts: '[]',
    red: ['network/moves-before-the-confirm-came'],
  },
  {
    file: 'protocol/lp1/fin',
    rule: 'our CONFIRM goes along until the peer has spoken of its record',
    takes: "bond.step === 'stored' && bond.heard === 'nothing' ? [fromHex(bond.confirm)] : []",
    puts: '[]',
    red: ['replay/cancel-before-the-proof-came'],
  },
  {
    file: 'protocol/lp1/bond',
    rule: 'a new pairing buries the tombstones of that key',
    takes: '(next) => bury(next, bond)',
    puts: '(next) => [next, []]',
    red: [],
    why: 'no scenario shows it yet',
  },
  {
    file: 'protocol/lp1/calm',
    rule: 'one thing is said once in 200 ms',
    takes: 'if (known !== undefined)',
    puts: 'if (false)',
    red: ['replay/start-together', 'replay/whole-session'],
  },
  {
    file: 'protocol/lp1/identity',
    rule: 'an ssh key signs for the session that shows it',
    takes: '!signed || !verifyPossession(suite, sshKey, possessionMessage(vk), possession)',
    puts: '!signed',
    red: ['fields/key-of-somebody-else'],
  },
  {
    file: 'protocol/lp1/identity',
    rule: 'names hold nothing that a screen or a file takes for more',
    takes: 'const flaw = textFlaw(texts);',
    puts: 'const flaw = null;',
    red: ['fields/name-turned-round', 'fields/host-name-with-a-newline', 'fields/names-with-escapes'],
  },
  {
    file: 'protocol/lp1/identity',
    rule: 'the padding of an identity is zeros',
    takes: '!zerosFrom(padded, 2 + length)',
    puts: 'false',
    red: [],
    why: 'nobody reads what is there',
  },
  {
    file: 'protocol/lp1/identity',
    rule: 'an address of a peer is one that a peer can have',
    takes: 'if (usablePeerAddress(text) !== null)',
    puts: 'if (false)',
    red: ['fields/loopback-address', 'fields/multicast-address'],
  },
];

const annex: readonly Plant[] = [
  {
    file: 'protocol/annex/seeking',
    rule: 'the same phrase once more chooses nobody',
    takes: 'before != null && equalBytes(before, event.key)',
    puts: 'false',
    red: ['replay/annex-types-again-instead-of-choosing'],
  },
  {
    file: 'protocol/annex/digest',
    rule: 'a digest is that of the phrase',
    takes: 'equalBytes(utf8(message.digest), utf8(digestOf(message, key, suite)))',
    puts: 'true',
    red: ['crypto/imposter-answers-first', 'crypto/imposter-asks-first'],
  },
  {
    file: 'protocol/annex/events',
    rule: 'a PairAck answers our own request',
    takes: 'if (uuid === state.own)',
    puts: 'if (true)',
    red: ['replay/old-answer-of-another-partner'],
  },
  {
    file: 'protocol/annex/events',
    rule: 'a PairDone is of the request that we answered',
    takes: "current?.role === 'responder' && current.uuids.includes(uuid)",
    puts: "current?.role === 'responder'",
    red: ['replay/old-done-in-the-same-phrase'],
  },
  {
    file: 'protocol/annex/events',
    rule: 'a PairDone is of the key that asked',
    takes: 'if (same)',
    puts: 'if (true)',
    red: [],
    why: 'no scenario shows it yet: it takes a third machine with the phrase',
  },
  {
    file: 'protocol/annex/events',
    rule: 'a request whose PairDone we had is over',
    takes: "if (!same && finishedRecord(state, partner.candidate, uuid, 'responder') !== null)",
    puts: 'if (false)',
    red: ['replay/old-request-to-who-waits-again'],
  },
  {
    file: 'protocol/annex/events',
    rule: 'our own key in a message that is not ours: somebody copied this machine',
    takes: 'isKnown(state, uuid) || secret === null || !verify(message, secret, suite)',
    puts: 'true',
    red: ['fields/cloned-machine'],
  },
  {
    file: 'protocol/annex/events',
    rule: "where the signed address can be nobody's, the source counts",
    takes: 'usablePeerAddress(message.address, onLoopback) === null ? message.address : from.source.address',
    puts: 'message.address',
    red: ['fields/loopback-address-annex'],
  },
  {
    file: 'protocol/annex/events',
    rule: 'a bad digest under our UUID ends nothing, and somebody hears of it',
    takes: 'if (isCurrent(state, uuid))',
    puts: 'if (false)',
    red: ['crypto/spoofed-digest'],
  },
  {
    file: 'protocol/annex/granting',
    rule: 'what is owed after a crash is in the record before the key is in',
    takes: '{ sent: owed(granting, suite) }',
    puts: '{ sent: [] }',
    red: [],
    why: 'no scenario shows it yet',
  },
  {
    file: 'protocol/annex/answering',
    rule: 'the smaller UUID of two requests that cross wins',
    takes: "const ours = own < (current.uuids[0] ?? '')",
    puts: 'const ours = false',
    red: ['replay/smaller-request-wins'],
  },
  {
    file: 'protocol/annex/answering',
    rule: 'who finds another partner takes back what the first was given',
    takes: 'forgetStored(granting, current)',
    puts: '[granting, []]',
    red: ['replay/chooses-another-after-answering'],
  },
  {
    file: 'protocol/annex/answering',
    rule: 'an answer is repeated',
    takes: "setTimer('repeat', times.repeat)",
    puts: '',
    red: ['replay/lost-done'],
  },
];

const both: readonly Plant[] = [
  {
    file: 'protocol/nearby',
    rule: 'who is not on the link is not heard',
    takes: 'inPrefix(heard.source.address, address, prefix)',
    puts: 'true',
    red: ['network/from-off-the-lan'],
  },
];

/** What an oracle must not excuse, or must. */
const oracles: readonly Plant[] = [
  {
    file: 'sim/oracles/amplification',
    rule: 'oracle 9: a cookie in a refused datagram proves nothing',
    takes: "cell.event !== 'refused' && ",
    puts: '',
    red: ['network/answers-bent-on-the-way'],
  },
  {
    file: 'sim/oracles/oracle',
    rule: 'oracle 3: an old record is of the session that proved it',
    takes: 'proven?.boot ?? boot',
    puts: 'boot',
    red: ['replay/old-record-and-a-new-peer'],
  },
];

export const plants: readonly Plant[] = [...lp1, ...annex, ...both, ...oracles];
