/**
 * Makes the test vectors of lp1: fixed entropy in, every intermediate value and datagram out. Straight-line code over the
 * key schedule and the codec, without the state machine: what somebody would write first who has only SPEC.md.
 *
 *     node dist/protocol/test/lp1-vectors.js > protocol/test/vectors/lp1/pairing.json
 */
import { pathToFileURL } from 'node:url';
import { mappedAddress } from '../address.ts';
import { concat, toHex } from '../bytes.ts';
import type { Endpoint, Identity, Interface } from '../contract.ts';
import { generator, generatorString, type Setting, sessionKey } from '../lp1/cpace.ts';
import { edLine, writeIdentity } from '../lp1/identity.ts';
import * as keys from '../lp1/keys.ts';
import * as messages from '../lp1/messages.ts';
import { checkPhrase, threeWords } from '../lp1/phrase.ts';
import { signatureIn, sshsigBlob } from '../lp1/sshsig.ts';
import { port } from '../lp1/state.ts';
import { realSuite as suite } from '../suite.ts';

export const phrase = '73 Ladder acid HOPE rabb';

export interface Party {
  readonly name: string;
  readonly entropy: Uint8Array;
  readonly sshSeed: Uint8Array;
  readonly endpoint: Endpoint;
  readonly self: Identity;
  readonly interfaces: readonly Interface[];
}

function party(name: string, byte: number, address: string): Party {
  const sshSeed = new Uint8Array(32).fill(byte + 1);
  return {
    name,
    entropy: new Uint8Array(32).fill(byte),
    sshSeed,
    endpoint: { address, port: 40_001 },
    interfaces: [{ name: 'eth0', addresses: [{ family: 4, address, prefix: 24 }] }],
    self: {
      hostName: `${name}.example.org`,
      userName: name,
      directory: '~/annex',
      sshKey: edLine(suite.signatures.publicKey(sshSeed)),
      hostKeys: [edLine(suite.signatures.publicKey(new Uint8Array(32).fill(byte + 2)))],
      displayName: `${name}'s laptop`,
      repository: '',
      program: 'lanpair 0.1.0',
    },
  };
}

export const alice: Party = party('alice', 0x10, '10.0.0.1');
export const bob: Party = party('bob', 0x20, '10.0.0.2');

/** All that one party derives before it hears of anybody. */
export interface Opened extends keys.SessionKeys {
  readonly who: Party;
  readonly possessionMessage: Uint8Array;
  readonly possession: Uint8Array;
  readonly identity: Uint8Array;
  readonly ad: Uint8Array;
}

function opened(who: Party): Opened {
  const session = keys.sessionKeys(suite, who.entropy);
  const possessionMessage = keys.possessionMessage(session.vk);
  const blob = sshsigBlob(suite, who.sshSeed, possessionMessage);
  const possession = signatureIn(blob, suite.signatures.publicKey(who.sshSeed));
  if (possession === null) throw new Error('the possession signature does not read');
  const identity = writeIdentity(who.self, who.interfaces, possession);
  if (!identity.ok) throw new Error(identity.refusal.rule);
  return {
    who,
    ...session,
    possessionMessage,
    possession,
    identity: identity.value,
    ad: keys.associatedData(session.iid, port),
  };
}

/** What `me` computes and says towards `peer`: the values that CPace and the schedule pass through. */
export interface Spoken {
  readonly me: Opened;
  readonly peer: Opened;
  readonly setting: Setting;
  readonly generatorString: Uint8Array;
  readonly g: Uint8Array;
  readonly scalar: Uint8Array;
  readonly y: Uint8Array;
  /** What the SHARE says, before it is signed. */
  readonly content: Parameters<typeof messages.shareBody>[0];
  readonly share: Uint8Array;
  readonly cookieForPeer: Uint8Array;
  readonly cookieOfPeer: Uint8Array;
}

function spoken(me: Opened, peer: Opened, phraseOf: { prs: Uint8Array; channel: string }): Spoken {
  const setting = keys.settingOf(phraseOf.prs, phraseOf.channel, me.iid, peer.iid);
  const scalar = keys.scalarFor(suite, me.who.entropy, peer.iid);
  const g = generator(suite, setting);
  const y = suite.group.multiply(scalar, g);
  if (y === null) throw new Error('no Y');
  /** Both cookies are for the sources at which the two speak in these vectors. */
  const cookieForPeer = keys.cookieFor(suite, me.cookieKey, peer.who.endpoint, peer.iid);
  const cookieOfPeer = keys.cookieFor(suite, peer.cookieKey, me.who.endpoint, me.iid);
  const sentTo = mappedAddress(peer.who.endpoint.address) ?? new Uint8Array(16);
  const share = {
    from: me.iid,
    to: peer.iid,
    vk: me.vk,
    y,
    ad: me.ad,
    cookie: cookieForPeer,
    returned: cookieOfPeer,
    sentTo,
  };
  const sig = suite.signatures.sign(me.seed, keys.shareSigned(messages.shareBody(share)));
  return {
    me,
    peer,
    setting,
    generatorString: generatorString(setting),
    g,
    scalar,
    y,
    content: share,
    share: messages.writeShare({ ...share, sig }),
    cookieForPeer,
    cookieOfPeer,
  };
}

/** The second half: K, ISK, keys, box and tag. */
export interface Confirmed {
  readonly k: Uint8Array;
  readonly isk: Uint8Array;
  readonly schedule: keys.CandidateKeys;
  readonly box: Uint8Array;
  readonly tag: Uint8Array;
  readonly confirm: Uint8Array;
}

function confirmed(mine: Spoken, theirs: Spoken): Confirmed {
  const { me, peer } = mine;
  const isk = sessionKey(suite, {
    scalar: mine.scalar,
    sid: mine.setting.sid,
    mine: { y: mine.y, ad: me.ad },
    theirs: { y: theirs.y, ad: peer.ad },
  });
  const k = suite.group.multiply(mine.scalar, theirs.y);
  if (isk === null || k === null) throw new Error('no ISK');
  const schedule = keys.candidateKeys(suite, isk, me.iid, peer.iid);
  const box = keys.sealIdentity(suite, schedule.mine.box, me.identity, me.iid, peer.iid);
  const content = { from: me.iid, to: peer.iid, y: mine.y, ad: me.ad, box };
  const tag = keys.confirmTag(suite, schedule.mine.mac, messages.confirmBody(content));
  return { k, isk, schedule, box, tag, confirm: messages.writeConfirm({ ...content, tag }) };
}

export function fin(
  kind: messages.Fin['kind'],
  status: number,
  from: Opened,
  to: Opened,
  key: Uint8Array,
  th: Uint8Array,
  held: Uint8Array = new Uint8Array(8),
): Uint8Array {
  const content = { from: from.iid, to: to.iid, status, reason: 0, held };
  return messages.writeFin({ kind, ...content, mac: keys.finMac(suite, key, kind, messages.finBody(content), th) });
}

/** A tree of bytes, texts and numbers. */
type Value = Uint8Array | string | number | { readonly [name: string]: Value };

function challengeOf({ who }: Opened, th: Uint8Array): Uint8Array {
  return suite.derive(who.entropy, 'challenge', th, 4);
}

/** What one side is, derives and says. */
function side(s: Spoken, c: Confirmed, th: Uint8Array, channel: string): Value {
  const beacon = (cookie: boolean, returned: boolean): Uint8Array =>
    messages.writeBeacon({
      from: s.me.iid,
      channel,
      cookie: cookie ? s.cookieForPeer : null,
      returned: returned ? s.cookieOfPeer : null,
    });
  /** The beginning of the TH of an older record: here any 8 bytes, and none of this one's. */
  const held = new Uint8Array(8).fill(0x5a);
  /** When both begin anew: of the record of this pairing, with the entropies that made it. */
  const challenge = challengeOf(s.me, th);
  const nothing = new Uint8Array(4);
  const done = (status: number, pledge: Uint8Array): Uint8Array =>
    fin('DONE', status, s.me, s.peer, c.schedule.mine.fin, th, pledge);
  /** The same SHARE to an IPv6 address; its cookies are those of the IPv4 ones. */
  const sentTo6 = mappedAddress('fd00::2') ?? nothing;
  const six = { ...s.content, sentTo: sentTo6 };
  return {
    entropy: s.me.who.entropy,
    sshSeed: s.me.who.sshSeed,
    sshKey: s.me.who.self.sshKey,
    address: s.me.who.endpoint.address,
    port: s.me.who.endpoint.port,
    seed: s.me.seed,
    vk: s.me.vk,
    iid: s.me.iid,
    cookieKey: s.me.cookieKey,
    ad: s.me.ad,
    possessionMessage: s.me.possessionMessage,
    possession: s.me.possession,
    identity: s.me.identity,
    scalar: s.scalar,
    y: s.y,
    cookieForPeer: s.cookieForPeer,
    macKey: c.schedule.mine.mac,
    boxKey: c.schedule.mine.box,
    finKey: c.schedule.mine.fin,
    box: c.box,
    tag: c.tag,
    beacon: beacon(false, false),
    beaconCookie: beacon(true, false),
    beaconReturned: beacon(true, true),
    share: s.share,
    confirm: c.confirm,
    ready: fin('READY', 0, s.me, s.peer, c.schedule.mine.fin, th),
    readyAnswer: fin('READY', 1, s.me, s.peer, c.schedule.mine.fin, th),
    held,
    readyHeld: fin('READY', 2, s.me, s.peer, c.schedule.mine.fin, th, held),
    hint: messages.writeHint({ from: s.me.iid, to: s.peer.iid, versions: [1] }),
    done: fin('DONE', 0, s.me, s.peer, c.schedule.mine.fin, th),
    doneAnswer: fin('DONE', 1, s.me, s.peer, c.schedule.mine.fin, th),
    cancel: fin('CANCEL', 0, s.me, s.peer, c.schedule.mine.fin, th),
    cancelAnswer: fin('CANCEL', 1, s.me, s.peer, c.schedule.mine.fin, th),
    challenge,
    readyChallenge: fin('READY', 0, s.me, s.peer, c.schedule.mine.fin, th, concat(challenge, nothing)),
    doneChallenge: done(0, concat(challenge, nothing)),
    doneChallengeEcho: done(0, concat(challenge, challengeOf(s.peer, th))),
    doneEchoAlone: done(0, concat(nothing, challengeOf(s.peer, th))),
    doneEcho: done(1, concat(nothing, challengeOf(s.peer, th))),
    sentTo6,
    share6: messages.writeShare({
      ...six,
      sig: suite.signatures.sign(s.me.seed, keys.shareSigned(messages.shareBody(six))),
    }),
  };
}

/** Both sides with all that they derive and say. */
export interface Conversation {
  readonly channel: string;
  readonly prs: Uint8Array;
  readonly a: Opened;
  readonly b: Opened;
  readonly sa: Spoken;
  readonly sb: Spoken;
  readonly ca: Confirmed;
  readonly cb: Confirmed;
  readonly th: Uint8Array;
}

export function conversation(): Conversation {
  const check = checkPhrase({ text: phrase, bits: 44 });
  if (!check.ok) throw new Error(check.rule);
  const [a, b] = [opened(alice), opened(bob)];
  const [sa, sb] = [spoken(a, b, check), spoken(b, a, check)];
  const [ca, cb] = [confirmed(sa, sb), confirmed(sb, sa)];
  const th = keys.transcriptHash(
    suite,
    { iid: a.iid, y: sa.y, ad: a.ad, box: ca.box },
    { iid: b.iid, y: sb.y, ad: b.ad, box: cb.box },
  );
  return { channel: check.channel, prs: check.prs, a, b, sa, sb, ca, cb, th };
}

function pairingVectors(): { readonly [name: string]: Value } {
  const { channel, prs, sa, sb, ca, cb, th } = conversation();
  return {
    about: 'lp1, one pairing: fixed entropy in, every value and datagram out; bytes are hex (SPEC.md)',
    phrase,
    channel,
    prs,
    ci: sa.setting.ci,
    sid: sa.setting.sid,
    generatorString: sa.generatorString,
    generatorHash: suite.hash(sa.generatorString),
    g: sa.g,
    k: ca.k,
    isk: ca.isk,
    pairKey: ca.schedule.pair,
    sasKey: ca.schedule.sas,
    words: threeWords(ca.schedule.sas),
    record: keys.recordId(suite, ca.schedule.pair),
    th,
    alice: side(sa, ca, th, channel),
    bob: side(sb, cb, th, channel),
  };
}

/** As JSON has it: bytes in hex. */
export function printVectors(): string {
  const plain = (_: string, value: unknown): unknown => (value instanceof Uint8Array ? toHex(value) : value);
  return `${JSON.stringify(pairingVectors(), plain, 2)}\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(printVectors());
}
