/**
 * What is derived from what (SPEC.md §3): the session's own keys from its entropy, a candidate's keys from CPace's ISK, and
 * every proof. Pure functions of bytes; nothing here decides.
 */
import { compareBytes, concat, toHex, utf8 } from '../bytes.ts';
import { CborMap, encode } from '../cbor.ts';
import type { Endpoint, Suite } from '../contract.ts';
import { lvCat, type Setting, type Share, suiteName } from './cpace.ts';
import { type Fin, shareDomain, types } from './messages.ts';

/** What is said before what is hashed. Written out once: every datagram has need of one or two. */
const word = {
  iid: utf8('lanpair/1 iid'),
  owns: utf8('lanpair/1 owns'),
  cookie: utf8('cookie'),
  lp1: utf8('lanpair/1'),
  suite: utf8(suiteName),
  confirm: utf8('confirm'),
  th: utf8('lanpair/1 TH'),
  fin: utf8('fin'),
  record: utf8('lanpair/1 record'),
} as const;
const keyWord = wordsFor(['mac lo', 'mac hi', 'box lo', 'box hi', 'fin lo', 'fin hi', 'pair', 'sas'], (name) =>
  utf8(`lanpair/1 ${name}`),
);
const finTypes = wordsFor(['READY', 'DONE', 'CANCEL'], (kind) => Uint8Array.of(types[kind]));
const nothing: Uint8Array = new Uint8Array(0);

function wordsFor<Name extends string>(
  names: readonly Name[],
  make: (name: Name) => Uint8Array,
): { readonly [name in Name]: Uint8Array } {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as { readonly [name in Name]: Uint8Array };
}

/** Of one session, which a restart ends. `seed` and `vk` are an Ed25519 key; `cookieKey` makes the cookies. */
export interface SessionKeys {
  readonly seed: Uint8Array;
  readonly vk: Uint8Array;
  readonly iid: Uint8Array;
  readonly cookieKey: Uint8Array;
}

export function sessionKeys(suite: Suite, entropy: Uint8Array): SessionKeys {
  const seed = suite.derive(entropy, 'vk', nothing, 32);
  const vk = suite.signatures.publicKey(seed);
  return { seed, vk, iid: iidOf(suite, vk), cookieKey: suite.derive(entropy, 'cookie', nothing, 32) };
}

/** Self-certifying: who cannot sign as `vk` cannot speak under its iid. */
export function iidOf(suite: Suite, vk: Uint8Array): Uint8Array {
  return suite.hash(concat(word.iid, vk)).slice(0, 16);
}

/** What the user's ssh key signs, once a session: that it owns vk. */
export function possessionMessage(vk: Uint8Array): Uint8Array {
  return lvCat(word.owns, vk);
}

/** The name of that request: what is answered after the machine slept was asked for another session. */
export function signingOf(iid: Uint8Array): string {
  return `possession/${toHex(iid)}`;
}

/** AD, frozen when the session starts: the versions and capabilities that are offered, the iid, the group's port. */
export function associatedData(iid: Uint8Array, port: number): Uint8Array {
  return encode(
    new CborMap([
      [1, [1]],
      [2, 0],
      [3, iid],
      [4, port],
    ]),
  );
}

/** Says nothing but: who returns it was reached at that source. Stateless, and bound to the iid that asked. */
export function cookieFor(suite: Suite, cookieKey: Uint8Array, source: Endpoint, from: Uint8Array): Uint8Array {
  const port = Uint8Array.of(source.port >> 8, source.port & 0xff);
  return suite.hmac(cookieKey, lvCat(word.cookie, utf8(source.address), port, from)).slice(0, 8);
}

/** The two iids, sorted: neither side is first. */
export function sortedIids(a: Uint8Array, b: Uint8Array): readonly [lo: Uint8Array, hi: Uint8Array] {
  return compareBytes(a, b) < 0 ? [a, b] : [b, a];
}

export function sidOf(a: Uint8Array, b: Uint8Array): Uint8Array {
  return concat(word.lp1, ...sortedIids(a, b));
}

export function settingOf(prs: Uint8Array, channel: string, mine: Uint8Array, theirs: Uint8Array): Setting {
  return { prs, ci: lvCat(word.lp1, word.suite, utf8(channel)), sid: sidOf(mine, theirs) };
}

/** One scalar for each peer iid: a candidate that has to be rebuilt is rebuilt to the same bytes. */
export function scalarFor(suite: Suite, entropy: Uint8Array, peer: Uint8Array): Uint8Array {
  return suite.group.scalar(suite.derive(entropy, 'y', peer, 64));
}

export function shareSigned(body: Uint8Array): Uint8Array {
  return lvCat(shareDomain, body);
}

/** The keys of one direction: `mac` makes the tag of a CONFIRM, `box` seals its identity, `fin` ends the conversation. */
export interface DirectionKeys {
  readonly mac: Uint8Array;
  readonly box: Uint8Array;
  readonly fin: Uint8Array;
}

export interface CandidateKeys {
  readonly mine: DirectionKeys;
  readonly theirs: DirectionKeys;
  readonly pair: Uint8Array;
  readonly sas: Uint8Array;
}

export function candidateKeys(suite: Suite, isk: Uint8Array, mine: Uint8Array, theirs: Uint8Array): CandidateKeys {
  const sid = sidOf(mine, theirs);
  const keyOf = (name: keyof typeof keyWord): Uint8Array => suite.expand(isk, sid, keyWord[name], 32);
  const direction = (side: 'lo' | 'hi'): DirectionKeys => ({
    mac: keyOf(`mac ${side}`),
    box: keyOf(`box ${side}`),
    fin: keyOf(`fin ${side}`),
  });
  const low = compareBytes(mine, theirs) < 0;
  return {
    mine: direction(low ? 'lo' : 'hi'),
    theirs: direction(low ? 'hi' : 'lo'),
    pair: keyOf('pair'),
    sas: keyOf('sas'),
  };
}

const boxNonce: Uint8Array = new Uint8Array(12);

/** Once per key: the nonce is always zero. The caller keeps the result and repeats it. */
export function sealIdentity(
  suite: Suite,
  boxKey: Uint8Array,
  identity: Uint8Array,
  from: Uint8Array,
  to: Uint8Array,
): Uint8Array {
  return suite.aead.seal(boxKey, boxNonce, identity, concat(from, to));
}

export function openIdentity(
  suite: Suite,
  boxKey: Uint8Array,
  box: Uint8Array,
  from: Uint8Array,
  to: Uint8Array,
): Uint8Array | null {
  return suite.aead.open(boxKey, boxNonce, box, concat(from, to));
}

/** Tag of a CONFIRM over all of it but the tag; checked before the box is opened (ChaCha20-Poly1305 does not commit). */
export function confirmTag(suite: Suite, macKey: Uint8Array, body: Uint8Array): Uint8Array {
  return suite.hmac(macKey, lvCat(word.confirm, body)).slice(0, 32);
}

/** One side's part of the transcript. */
export interface Spoken extends Share {
  readonly iid: Uint8Array;
  readonly box: Uint8Array;
}

/** TH: what both sides must have seen alike. */
export function transcriptHash(suite: Suite, a: Spoken, b: Spoken): Uint8Array {
  const [lo, hi] = compareBytes(a.iid, b.iid) < 0 ? [a, b] : [b, a];
  const sid = sidOf(a.iid, b.iid);
  return suite.hash(lvCat(word.th, sid, lo.ad, lo.y, lo.box, hi.ad, hi.y, hi.box));
}

export function finMac(
  suite: Suite,
  finKey: Uint8Array,
  kind: Fin['kind'],
  body: Uint8Array,
  th: Uint8Array,
): Uint8Array {
  return suite.hmac(finKey, lvCat(word.fin, finTypes[kind], body, th)).slice(0, 32);
}

/** The id of a record: the same on both sides, and says nothing to others. */
export function recordId(suite: Suite, pair: Uint8Array): string {
  const digits = '0123456789abcdefghijklmnopqrstuv';
  const bytes = suite.expand(pair, nothing, word.record, 16);
  return Array.from(bytes, (byte) => digits[byte & 31] ?? '').join('');
}
